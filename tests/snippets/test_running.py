"""Run every snippet that can run here on the servers listed in its header."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import UserDict
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from mongoping import signals
from mongoping.sandbox.listeners import Listener, silent
from mongoping.snippets import Snippet, all_snippets, find, running
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import fill
from mongoping.snippets.record import PLACEHOLDER
from mongoping.snippets.running import RUNNABLE, CannotRunError, RunResult, run
from tests import wheelhouse
from tests.conftest import building, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, KeysView

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

PING_MESSAGE = "Pinged your deployment. You are connected to MongoDB!\n"
EVERY = [snippet for snippet in all_snippets() if snippet.language in RUNNABLE]
CLAIMS = [
    pytest.param(snippet, version, id=f"{snippet.name}-{version}")
    for snippet in EVERY
    for version in re.findall(r"\d+\.\d+", snippet.tested)
]
NO_AWS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "absent",
    "AWS_SHARED_CREDENTIALS_FILE": "absent",
}


def find_snippet(name: str) -> Snippet:
    snippet = find(name)
    assert snippet is not None
    return snippet


def needs(request: pytest.FixtureRequest, snippet: Snippet) -> None:
    """Request Node.js and mongosh only for their own programs."""
    if snippet.language != "Python":
        request.getfixturevalue("with_node")


def test_the_headers_list_the_expected_servers() -> None:
    """The Stable API needs 5.0, other programs 4.4; there is no server for AWS and OIDC."""
    names = {snippet.name for snippet in EVERY if not re.search(r"\d+\.\d+", snippet.tested)}
    assert names == {"pymongo-async-aws", "pymongo-async-oidc"}
    assert len(CLAIMS) > 40
    for snippet in EVERY:
        assert not (snippet.stable_api and "4.4" in snippet.tested)


@pytest.mark.parametrize(("snippet", "version"), CLAIMS)
def test_it_runs_unchanged_on_the_servers_in_its_header(
    snippet: Snippet,
    version: str,
    server_of: Callable[[str], Deployment],
    certificates: Certificates,
    request: pytest.FixtureRequest,
) -> None:
    """Run the file itself, with a connection string in the environment."""
    needs(request, snippet)
    server = server_of(version)
    uri = server.uri_with(user=None) if snippet.auth == "X.509" else server.uri
    extra = {
        "MONGODB_CA_FILE": str(certificates.authority),
        "MONGODB_CERTIFICATE_KEY_FILE": str(certificates.client()),
    }
    result = run(snippet, snippet.text, uri, limit=30, extra=extra)
    assert (result.out, result.code) == (PING_MESSAGE, 0), result.err


WITHOUT_TLS = [
    pytest.param(snippet, id=snippet.name)
    for snippet in EVERY
    if snippet.auth in ("SCRAM", "none") and "MONGODB_CA_FILE" not in snippet.text
]


@pytest.mark.parametrize("snippet", WITHOUT_TLS)
def test_the_chosen_stable_api_is_declared_on_the_wire(
    snippet: Snippet, requiring_api: Deployment, request: pytest.FixtureRequest
) -> None:
    """A server that requires an API version accepts the program, also in strict mode."""
    needs(request, snippet)
    program = fill(snippet, Choices(stable_api=True, strict=True))
    result = run(snippet, program, requiring_api.uri, limit=30)
    assert (result.out, result.code) == (PING_MESSAGE, 0), result.err


@pytest.mark.parametrize(
    "name", ["pymongo-async-atlas", "pymongo-atlas", "motor-asyncio-atlas", "node-atlas"]
)
def test_the_same_server_refuses_a_program_without_the_stable_api(
    name: str, requiring_api: Deployment, request: pytest.FixtureRequest
) -> None:
    """This shows that the previous test depends on the declaration."""
    snippet = find_snippet(name)
    needs(request, snippet)
    program = fill(snippet, Choices(stable_api=False, timeout=1))
    result = run(snippet, program, requiring_api.uri, limit=30)
    assert result.code == 1
    assert "Not connected to MongoDB: " in result.err
    assert "apiVersion" in result.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pymongo-async-aws", "credentials could not be obtained"),
        ("pymongo-async-oidc", "No such file or directory: 'token.jwt'"),
    ],
)
def test_programs_with_cloud_identities_fail_for_lack_of_credentials(
    name: str, words: str, tls_server: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no cloud here, so the programs run until they need credentials."""
    monkeypatch.chdir(tmp_path)
    snippet = find_snippet(name)
    result = run(snippet, snippet.text, tls_server.uri_with(user=None), limit=30, extra=NO_AWS)
    assert result.code == 1
    assert words in result.err


def test_an_available_token_is_sent(tls_server: Deployment, tmp_path: Path) -> None:
    """The server does not support OIDC; its refusal shows that the callback worked."""
    token = tmp_path / "token.jwt"
    token.write_text("e30.e30.\n")
    snippet = find_snippet("pymongo-async-oidc")
    extra = {"OIDC_TOKEN_FILE": str(token)}
    result = run(snippet, snippet.text, tls_server.uri_with(user=None), limit=30, extra=extra)
    assert result.code == 1
    assert "token.jwt" not in result.err
    assert "MONGODB-OIDC" in result.err or "mechanism" in result.err.lower()


@pytest.mark.parametrize(
    "name",
    [
        "pymongo-async-atlas",
        "pymongo-async-ca-file",
        "pymongo-async-fastapi",
        "pymongo-async-x509",
        "pymongo-local",
        "motor-tornado",
        "mongosh-local",
        "node-atlas",
    ],
)
def test_an_inline_string_is_used(
    name: str,
    tls_server: Deployment,
    request: pytest.FixtureRequest,
    certificates: Certificates,
) -> None:
    """It overrides the environment, which has an unreachable server."""
    snippet = find_snippet(name)
    needs(request, snippet)
    choices = Choices(
        uri=tls_server.uri_with(user=None) if snippet.auth == "X.509" else tls_server.uri,
        ca_file=str(certificates.authority) if "MONGODB_CA_FILE" in snippet.text else None,
        certificate_key_file=str(certificates.client()) if snippet.auth == "X.509" else None,
    )
    result = run(snippet, fill(snippet, choices), "mongodb://127.0.0.1:1/", limit=30)
    assert (result.out, result.code) == (PING_MESSAGE, 0), result.err


@pytest.mark.parametrize(
    "name", ["pymongo-async-oidc", "pymongo-atlas", "motor-tornado", "mongosh-local", "node-atlas"]
)
def test_the_driver_refuses_the_placeholder_at_once(
    name: str, request: pytest.FixtureRequest
) -> None:
    """The program prints one line without a traceback and does not exit with 0."""
    snippet = find_snippet(name)
    needs(request, snippet)
    result = run(snippet, snippet.text, PLACEHOLDER, limit=15)
    assert result.code == 1
    output = result.out + result.err  # mongosh has one stream for both
    assert output.startswith("Not connected to MongoDB: ")
    assert output.count("\n") == 1


def test_the_fastapi_program_runs_under_uvicorn(mongod: Deployment, tmp_path: Path) -> None:
    """Its lifespan opens one client, and a request uses it."""
    snippet = find_snippet("pymongo-async-fastapi")
    (tmp_path / "program.py").write_text(fill(snippet, Choices()))
    words = [sys.executable, "-m", "uvicorn", "program:app", "--port", "0", "--host", "127.0.0.1"]
    environment = {**os.environ, "MONGODB_URI": mongod.uri}
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            address = next(
                match[0]
                for line in process.stderr
                if (match := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
            with urllib.request.urlopen(f"{address}/ping", timeout=20) as answer:  # noqa: S310
                assert answer.read() == b'{"ok":1.0}'
        finally:
            process.send_signal(signal.SIGINT)


class TestProcess:
    """The process of a snippet: environment, end and output."""

    SNIPPET = find_snippet("pymongo-local")

    def ran(self, program: str, limit: float = 20, uri: str = "mongodb://u:canary@h/") -> RunResult:
        return run(self.SNIPPET, program, uri, limit=limit)

    def test_the_string_is_in_the_environment_and_not_in_the_arguments(self) -> None:
        """Any user can see the arguments with ``ps``."""
        result = self.ran(
            "import os, sys; print(os.environ['MONGODB_URI'], sys.orig_argv, __file__)\n"
            "print(oct(os.stat(__file__).st_mode & 0o777))"
        )
        assert result.out.count("canary") == 1
        assert result.out.startswith("mongodb://u:canary@h/ [")
        if os.name == "posix":
            assert result.out.endswith("0o600\n")

    def test_settings_of_mongoping_are_not_passed_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """They may belong to another deployment."""
        monkeypatch.setenv("MONGOPING_URI", "mongodb://other/")
        monkeypatch.setenv("MONGOPING_PASSWORD", "other")
        monkeypatch.setenv("MONGODB_URI", "mongodb://other/")
        assert "other" not in self.ran("import os; print(dict(os.environ))").out

    def test_a_program_that_hangs_is_stopped_with_its_children(self) -> None:
        """The program ignores SIGTERM and has children."""
        result = self.ran(
            "import signal, subprocess, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "child = subprocess.Popen(['sleep', '90'])\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(90)\n",
            limit=3,  # on a busy machine it takes a while to start an interpreter
        )
        assert result.code is None
        assert not result.ok
        assert has_ended(int(result.out))

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_to_mongoping_also_ends_the_program(self, number: int, tmp_path: Path) -> None:
        """No process is left that keeps looking for a server."""
        file = tmp_path / "pid"
        program = (
            f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(90)"
        )
        script = (
            "from mongoping.snippets import find\n"
            "from mongoping.snippets.running import run\n"
            f"run(find('pymongo-local'), {program!r}, 'mongodb://h/', limit=60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
            while not (file.exists() and file.read_text()):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(number)
            process.communicate(timeout=20)
        assert has_ended(int(file.read_text()))

    def test_a_signal_while_the_program_starts_ends_it(self) -> None:
        """It arrives between the start of the process and the block that waits for it."""

        class Environment(UserDict[str, str]):
            def keys(self) -> KeysView[str]:
                os.kill(os.getpid(), signal.SIGINT)
                return super().keys()

        command, environment = ["sleep", "90"], Environment(os.environ)
        before = set(psutil.Process().children())
        start = running._start(command, environment, None)
        with pytest.raises(KeyboardInterrupt), signals.raising(), start:
            pytest.fail("the signal was lost")
        assert set(psutil.Process().children()) <= before

    def test_a_silent_server_does_not_block_the_program(self) -> None:
        """Unchanged, the program would wait 30 seconds for server selection."""
        with Listener(silent) as listener:
            snippet = find_snippet("pymongo-async-atlas")
            result = run(snippet, snippet.text, f"mongodb://{listener.address}/", limit=1)
        assert result.code is None
        assert result.out == ""

    @pytest.mark.parametrize(
        ("program", "missing"),
        [
            ("import motor_of_a_dream", "No module named 'motor_of_a_dream'"),
            ("from pymongo import ClientOfADream", "cannot import name 'ClientOfADream'"),
            (
                "raise SystemExit('Not connected to MongoDB: MONGODB-AWS authentication requires "
                "pymongo-auth-aws: install with')",
                "MONGODB-AWS authentication requires pymongo-auth-aws",
            ),
        ],
    )
    def test_a_missing_driver_is_reported_with_the_install_command(
        self, program: str, missing: str
    ) -> None:
        """The driver is missing, too old, or lacks an extra."""
        text = find_snippet("pymongo-async-aws").text.partition("import asyncio")[0] + program
        result = self.ran(text)
        assert result.missing is not None
        assert result.missing.startswith(missing)
        assert result.install == 'python -m pip install "pymongo[aws]>=4.13"'

    def test_other_failures_are_not_taken_for_a_missing_driver(self) -> None:
        result = self.ran("raise SystemExit('Not connected to MongoDB: refused')")
        assert (result.code, result.missing, result.install) == (1, None, None)

    def test_endless_output_is_cut(self) -> None:
        assert len(self.ran("print('x' * 1_000_000)").out) == 20_000

    def test_languages_that_cannot_be_run_are_refused(self) -> None:
        """The message has the command that installs the driver."""
        snippet = find_snippet("ruby-local")
        with pytest.raises(CannotRunError, match="gem install mongo"):
            run(snippet, snippet.text, "mongodb://h/", limit=1)

    def test_a_missing_tool_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        snippet = find_snippet("mongosh-local")
        with pytest.raises(CannotRunError, match="npm install --global mongosh"):
            run(snippet, snippet.text, "mongodb://h/", limit=1)

    @pytest.mark.usefixtures("node_packages")
    def test_a_missing_driver_of_node_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("NODE_PATH", raising=False)
        snippet = find_snippet("node-local")
        result = run(snippet, snippet.text, "mongodb://h/", limit=20)
        assert (result.missing, result.install) == (
            "Cannot find module 'mongodb'",
            "npm install mongodb",
        )


def is_running(pid: int) -> bool:
    """Return whether the process exists and is not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def has_ended(pid: int) -> bool:
    """Return whether the process ends within some seconds; a killed one may not end at once."""
    for _ in range(500):
        if not is_running(pid):
            return True
        time.sleep(0.02)
    return False


def test_isolated_installs_its_own_driver(
    mongod: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from pip's package index; PyMongo is not the one of the tests."""
    monkeypatch.setenv("PIP_NO_COMPILE", "0")  # it means no: the program runs once
    snippet = find_snippet("pymongo-local")
    program = snippet.text + "import pymongo; print(pymongo.__file__)\n"
    try:
        result = run(snippet, program, mongod.uri, limit=30, is_isolated=True)
    except CannotRunError as error:
        unavailable(str(error))
        raise
    assert result.ok, result.err
    assert result.out.startswith(PING_MESSAGE)
    assert sys.prefix not in result.out


def test_a_failed_isolated_environment_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message has the output of the installer, which is uv if it is on PATH."""
    building()
    folder = wheelhouse.program("uv", "uv").parent
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    empty = tmp_path / "index"
    empty.mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", empty.as_uri())
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    snippet = find_snippet("pymongo-local")
    with pytest.raises(CannotRunError, match=r"temporary environment.*: uv failed: .*pymongo"):
        run(snippet, snippet.text, "mongodb://h/", limit=30, is_isolated=True)
