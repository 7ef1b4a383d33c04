"""Run every snippet that can run here on the servers listed in its header."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.snippets import Snippet, all_snippets
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import fill
from mongoping.snippets.record import PLACEHOLDER
from mongoping.snippets.running import RUNNABLE, CannotRunError, run
from tests import wheelhouse
from tests.conftest import building, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
from tests.snippets.programs import find_snippet

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
