"""Whatever surrounds the process: one cause, a documented exit code, no traceback, no secret.

Each situation is a real one: an environment, a limit, a file or a peer that somebody had.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mongoping.cli import main
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.users import User
from mongoping.smoke import files

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

CANARY = "K4narie-in-the-mine"


def clean(run: Run) -> None:
    """One report and nothing else, whatever is in it."""
    assert run.json is not None, run.err
    assert run.err == ""
    assert "Traceback" not in run.out
    assert CANARY not in run.out


def shell(script: str, uri: str, folder: Path) -> int:
    """Run a line of shell in a folder; ``$0`` is Python and ``$1`` the connection string."""
    return subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, uri],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        check=False,
        timeout=60,
    ).returncode


ENVIRONMENTS = {
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "no locale": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "proxies": {"HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "socks5://127.0.0.1:1"},
    "no home": {"HOME": "/nowhere"},
    "no key log": {"SSLKEYLOGFILE": "/nowhere/keys"},
    "no such zone": {"TZ": "Nowhere/Land"},
    "no columns": {"COLUMNS": "0"},
}


@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=list(ENVIRONMENTS))
def test_no_environment_changes_what_is_seen(
    env: dict[str, str], mongod_tls: Deployment, run_mongoping: Any
) -> None:
    run = run_mongoping("check", mongod_tls.uri, "--format", "json", env=env)
    clean(run)
    assert run.code == 0


def test_development_mode_finds_nothing_left_open(
    mongod_tls: Deployment, run_mongoping: Any
) -> None:
    """asyncio's own debugging may say that a step was slow, which a busy machine makes so."""
    run = run_mongoping("check", mongod_tls.uri, "--format", "json", env={"PYTHONDEVMODE": "1"})
    assert run.code == 0
    rest = [line for line in run.err.splitlines() if not line.startswith("Executing <")]
    assert rest == []


def test_a_width_beyond_all_terminals_costs_nothing(mongod: Deployment, run_mongoping: Any) -> None:
    """Rows are filled up to it, so it has an end."""
    run = run_mongoping("check", mongod.uri, env={"COLUMNS": "999999999"})
    assert run.code == 0
    assert max(map(len, run.out.splitlines())) <= 500


def test_the_store_of_openssl_is_the_drivers_own(
    mongod_tls: Deployment, certificates: Certificates, run_mongoping: Any
) -> None:
    """SSL_CERT_FILE replaces a missing tlsCAFile, for PyMongo as for mongoping."""
    uri = mongod_tls.uri_with(tlsCAFile=None)
    store = {"SSL_CERT_FILE": str(certificates.authority)}
    assert run_mongoping("check", uri, "--format", "json", env=store).code == 0
    run = run_mongoping("check", uri, "--format", "json", env={"SSL_CERT_FILE": "/nowhere"})
    clean(run)
    assert run.json["verdict"]["cause"] == "tls.unknown-ca"


@pytest.mark.parametrize("redirection", ["<&-", "2>&-", "<&- 2>&-", ">&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(redirection: str, mongod: Deployment, tmp_path: Path) -> None:
    """The parent process closed it, so nothing reads the output."""
    script = f'exec "$0" -m mongoping check "$1" --output report.json --format json {redirection}'
    code = shell(script, mongod.uri, tmp_path)
    assert code == 0
    assert (tmp_path / "report.json").read_text().startswith("{")


def test_a_folder_that_is_gone_is_no_place_to_fail(mongod: Deployment, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    script = f'cd {folder} && rmdir {folder} && exec "$0" -m mongoping check "$1" -q >/dev/null'
    assert shell(script, mongod.uri, tmp_path) == 0


@pytest.mark.parametrize(
    ("user", "code"),
    [
        (User("n" * 900, CANARY), 0),
        (User("jos\u00e9 \U0001f600", CANARY), 0),
        (User("col:on/@?#", CANARY), 0),
        (User("ada", f"{CANARY} \u2168"), 0),
    ],
    ids=["long", "emoji", "punctuation", "SASLprep"],
)
def test_users_of_any_name_sign_in(
    user: User, code: int, mongod_auth: Deployment, run_mongoping: Any
) -> None:
    """The Roman numeral is two letters to SASLprep, for server and driver alike."""
    same_user = User(user.name if user.name != "ada" else "roman", user.password)
    with mongod_auth.admin() as client:
        client.admin.command(same_user.command)
        try:
            run = run_mongoping("check", mongod_auth.uri_with(user=same_user), "--format", "json")
        finally:
            client.admin.command("dropUser", same_user.name)
    clean(run)
    assert run.code == code


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        ("%zz", "uri.unescaped-credentials"),
        ("100%", "uri.unescaped-credentials"),
        ("a@b", "uri.unescaped-credentials"),
        ("a/b", "uri.unescaped-credentials"),
        ("a?b", "uri.unescaped-credentials"),
        ("a:b", "uri.unescaped-credentials"),
        ("%ff%fe", "auth.password-characters"),
        ("%07", "auth.password-characters"),
    ],
)
def test_a_password_that_was_encoded_wrongly(
    raw: str, cause: str, mongod_auth: Deployment, run_mongoping: Any
) -> None:
    uri = f"mongodb://ada:{CANARY}{raw}@{mongod_auth.host}/"
    run = run_mongoping("check", uri, "--format", "json")
    clean(run)
    assert run.json["verdict"]["cause"] == cause


PEERS = {
    "HTTP over TLS": (True, listeners.http, "hello.not-mongodb"),
    "nothing over TLS": (True, listeners.close_after_first_bytes, "hello.closed-by-server"),
    "PostgreSQL, asked for TLS": (False, listeners.answer(b"N"), "hello.not-mongodb"),
    "closed at TLS": (False, listeners.close_after_first_bytes, "hello.closed-by-server"),
}


@pytest.mark.parametrize(("inside", "peer", "cause"), PEERS.values(), ids=list(PEERS))
def test_a_peer_that_is_asked_for_tls(
    inside: bool, peer: Any, cause: str, certificates: Certificates, run_mongoping: Any
) -> None:
    """``inside``: it shakes hands, and then is what it is."""
    context = listeners.server_context(certificates.good)
    handle = partial(listeners.tls, context)(peer) if inside else peer
    with Listener(handle) as listener:
        uri = f"mongodb://{listener.address}/?tls=true&tlsCAFile={certificates.authority}"
        run = run_mongoping("check", uri, "--format", "json")
    clean(run)
    assert run.json["verdict"]["cause"] == cause


def test_a_pipe_is_not_waited_for(tmp_path: Path, run_mongoping: Any) -> None:
    """Nobody writes into it, and opening it would wait for ever."""
    os.mkfifo(tmp_path / "ca.pem")
    uri = f"mongodb://localhost/?tls=true&tlsCAFile={tmp_path / 'ca.pem'}"
    run = run_mongoping("check", uri, "--format", "json", timeout=30)
    clean(run)
    assert run.json["verdict"]["cause"] == "uri.file-not-found"


FILES = {
    "a folder": ".",
    "memory": "/proc/self/mem",
    "nothing": "/dev/null",
    "no end": "/dev/zero",
    "no text": "binary",
    "large": "large",
    "no such file": "nowhere",
    "below a file": "binary/x",
}


@pytest.mark.parametrize("option", ["--uri-file", "--password-file", "--config"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_one_sentence(
    option: str, name: str, tmp_path: Path, run_mongoping: Any
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large").write_bytes(b"a" * 2_000_000)
    words = [option, FILES[name]]
    if option == "--password-file":
        words.append("mongodb://ada@h/")
    run = run_mongoping("smoke", *words)
    assert run.code == 2, run.err
    assert run.out == ""
    assert run.err.count("Error:") == 1
    assert "70" not in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize("option", ["--uri-file", "--password-file", "--config"])
def test_a_pipe_without_a_writer_is_one_sentence(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process, the limit is ten seconds."""
    monkeypatch.setattr(files, "PIPE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    uri = ["mongodb://ada@h/"] if option == "--password-file" else []
    run = CliRunner().invoke(main, ["smoke", option, str(tmp_path / "pipe"), *uri])
    assert run.exit_code == 2
    assert run.output.count("Error:") == 1
    assert "no data arrived for 0.1 s" in run.output


def test_a_password_may_come_through_a_pipe(tmp_path: Path) -> None:
    """As a shell makes it of ``<(command)``, and of a named one whose writer comes later."""
    script = 'exec "$0" -m mongoping check --password-file <(echo pw) mongodb://ada@127.0.0.1:1/'
    process = subprocess.run(
        ["/bin/bash", "-c", script, sys.executable],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert process.returncode == 12, process.stderr


@pytest.mark.parametrize("command", ["check", "local", "uri", "smoke", "topology", "watch"])
def test_what_is_no_connection_string_is_hidden(
    command: str, tmp_path: Path, run_mongoping: Any
) -> None:
    """The wrong variable or file may hold any secret."""
    (tmp_path / "secret").write_text(CANARY)
    for words, env in (((), {"MONGODB_URI": CANARY}), (("--uri-file", "secret"), {})):
        if command == "local" and not words:
            continue  # it takes no variable
        run = run_mongoping(command, *words, env=env)
        assert run.code == 10, run.err
        assert CANARY not in run.out + run.err
    run = run_mongoping("check", env={"MONGODB_URI": "undefined"})
    assert "placeholder-not-replaced" in run.out


@pytest.mark.parametrize("command", [["check"], ["watch", "--count", "3"], ["topology"]])
def test_a_stream_of_ascii_gets_drawings_of_ascii(
    command: list[str], mongod: Deployment, run_mongoping: Any
) -> None:
    """Bars and lines have plain forms; escapes are for the letters of names."""
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    run = run_mongoping(*command, mongod.uri, env=env)
    assert run.code == 0, run.err
    assert run.out.isascii()
    assert "\\u" not in run.out


def test_every_character_that_is_drawn_with_has_a_plain_form() -> None:
    """A drawing that is added later must not become a row of escapes."""
    from mongoping.checks.ping import BARS
    from mongoping.columns import ASCII, MARKS

    characters = {*BARS, *"".join(MARKS.values()), "\u2026", "\u00d7"}
    assert {char for char in characters if not char.isascii()} <= set(ASCII)
