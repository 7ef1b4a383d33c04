"""``--trace``: what a run sends and receives, line by line on standard error."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mongoping.cli._trace import MAX_TEXT, Trace
from mongoping.sandbox import scripts
from mongoping.sandbox.fault import faults
from mongoping.sandbox.played import SimulatedServer
from mongoping.uri.target import parse
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

LINE = re.compile(r" *\d+\.\d{4} s  (dns|tcp|tls|probe|driver) +(\S*)  (.*)")
PROGRAM = """
import asyncio, os, pymongo

async def main():
    client = pymongo.AsyncMongoClient(os.environ["MONGODB_URI"], serverSelectionTimeoutMS=300)
    await client.admin.command("ping")

asyncio.run(main())
"""


def rows(err: str) -> list[tuple[str, str, str]]:
    """Return kind, peer and text of each line; all lines are of that form."""
    matches = [LINE.fullmatch(line) for line in err.splitlines()]
    assert all(matches), err
    return [(match[1], match[2], match[3]) for match in matches if match]


def test_without_it_nothing_is_written(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    assert run_mongoping("check", mongod.uri).err == ""


def test_every_kind_of_step_is_a_line_and_no_secret_is_in_it(
    certificates: Certificates, run_mongoping: Callable[..., Run]
) -> None:
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    tls = ServerTls(certificates.good, certificates.authority)
    with having(), standalone(tls=tls, users=[User("ada")]) as deployment:
        run = run_mongoping("check", deployment.uri, "--trace", "--format", "json")
    lines = rows(run.err)
    assert run.json["layers"]
    texts = {kind: [text for name, _, text in lines if name == kind] for kind, _, _ in lines}
    assert set(texts) == {"dns", "tcp", "tls", "probe", "driver"}
    assert texts["dns"][0].startswith("localhost: 127.0.0.1")
    assert re.fullmatch(r"connected  \d+\.\d ms", texts["tcp"][0])
    assert texts["tls"][0].startswith("> handshake client_hello, ")
    assert any(text.startswith("> {ismaster: 1") for text in texts["probe"])
    assert any(re.search(r"< \{.*ok: 1\.0\}  \d+\.\d ms$", text) for text in texts["probe"])
    assert any("saslContinue: 1, conversationId: 1, payload: ***" in t for t in texts["driver"])
    assert any(text.startswith("connection ready") for text in texts["driver"])
    assert any(text.startswith("> {ping: 1") for text in texts["driver"])
    assert deployment.password
    assert deployment.password not in run.err


@pytest.mark.parametrize("command", ["atlas", "local", "smoke", "topology", "watch"])
def test_every_command_that_connects_has_it(
    mongod: Deployment, run_mongoping: Callable[..., Run], command: str
) -> None:
    target = mongod.host if command == "local" else mongod.uri
    more = ("--count", "1") if command in ("local", "watch") else ()
    run = run_mongoping(command, target, "--trace", *more)
    assert {"tcp", "probe", "driver"} <= {kind for kind, _, _ in rows(run.err)}


def test_questions_to_a_name_server_are_lines(run_mongoping: Callable[..., Run]) -> None:
    with having(), faults()["dns.srv-not-found"].make() as fault:
        run = run_mongoping("check", fault.uri, *fault.args, "--trace")
    name = fault.uri.removeprefix("mongodb+srv://").partition("/")[0].rpartition("@")[2]
    questions = [(peer, text) for kind, peer, text in rows(run.err) if kind == "dns"]
    assert {peer for peer, _ in questions} == {fault.args[1]}
    assert any(text.startswith(f"_mongodb._tcp.{name} SRV: ") for _, text in questions)


def test_an_alert_and_the_driver_s_own_exception_are_lines(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """The exception is the one that a program with the same connection string shows."""
    with having(), faults()["tls.unknown-ca"].make() as fault:
        run = run_mongoping("check", fault.uri, "--trace")
        env = {**clean_environment(tmp_path), "MONGODB_URI": fault.uri}
        program = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False
        )
    lines = rows(run.err)
    assert any(text.startswith("> alert unknown_ca") for kind, _, text in lines if kind == "tls")
    exception = next(text for _, peer, text in lines if peer == "raises")
    last_line = program.stderr.strip().splitlines()[-1]
    assert last_line.startswith("pymongo.errors.ServerSelectionTimeoutError: ")
    first = re.sub(r" \(configured timeouts: [^)]*\)", "", last_line).partition(", Timeout: ")[0]
    assert exception.startswith(f"{first}, Timeout: 30.0s, Topology Description: ")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("tcp.refused", "pymongo.errors.ServerSelectionTimeoutError: "),
        ("dns.srv-not-found", "pymongo.errors.ConfigurationError: "),
    ],
)
def test_the_exception_is_shown_also_if_the_run_did_not_need_the_driver(
    run_mongoping: Callable[..., Run], tmp_path: Path, code: str, kind: str
) -> None:
    """Except for the name server, which the program does not know."""
    with having(), faults()[code].make() as fault:
        run = run_mongoping("check", fault.uri, *fault.args, "--trace")
        env = {**clean_environment(tmp_path), "MONGODB_URI": fault.uri}
        program = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False
        )
    exception = next(text for _, peer, text in rows(run.err) if peer == "raises")
    assert exception.startswith(kind)
    if code != "dns.srv-not-found":
        last_line = program.stderr.strip().splitlines()[-1]
        first = re.sub(r" ?\(configured timeouts: [^)]*\)", "", last_line).partition(", Timeout: ")[
            0
        ]
        assert exception.startswith(first)


def test_a_refused_login_shows_the_driver_s_exception_and_no_password(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    uri = f"mongodb://ada:wrong-Canary-77@{mongod_auth.host}/"
    run = run_mongoping("check", uri, "--trace")
    exception = next(text for _, peer, text in rows(run.err) if peer == "raises")
    assert exception.startswith("pymongo.errors.OperationFailure: Authentication failed.")
    assert "Canary" not in run.err + run.out


def test_control_characters_of_a_peer_are_escaped(run_mongoping: Callable[..., Run]) -> None:
    """A simulated server: no real one sends such a text."""
    script = scripts.failing("ping", 1, "evil\x1b[2J\r\nforged 0.1 s  tls", "Bad")
    with SimulatedServer(script) as server:
        run = run_mongoping("check", f"mongodb://{server.address}/", "--trace")
    assert "\x1b" not in run.err
    assert "\\x1b[2J" in run.err
    assert rows(run.err)


def trace_of(text: str, uri: str = "mongodb://ada:s3cret-canary@db/") -> str:
    """Return the line for a reply of a peer that contains a text."""
    stream = io.StringIO()
    trace = Trace(stream)
    credentials = parse(uri).credentials
    assert credentials is not None
    trace.learn(credentials)
    trace.message("driver", "db:27017", {"ok": 0.0, "errmsg": text}, is_sent=False)
    trace.note("driver", "db:27017", text)
    return stream.getvalue()


@pytest.mark.parametrize("before", [0, 50, 88, 93, 96, 99, 992, 998, 4000])
def test_a_secret_is_hidden_also_where_a_text_is_cut(before: int) -> None:
    """The cut must not leave a part of the secret that is not recognized any more."""
    line = trace_of("x" * before + "s3cret-canary" + "y" * 9000)
    assert "s3c" not in line
    assert max(map(len, line.splitlines())) < 2 * MAX_TEXT


@pytest.mark.parametrize("name", ["payload", "pwd", "Password", "key", "nonce", "signature"])
def test_secret_fields_are_hidden_at_any_depth(name: str) -> None:
    stream = io.StringIO()
    document = {"a": [{"speculativeAuthenticate": {name: "n=ada,r=abc", "db": "admin"}}]}
    Trace(stream).message("driver", "db:27017", document, is_sent=True)
    assert f"{name}: ***" in stream.getvalue()
    assert "n=ada" not in stream.getvalue()
    assert "db: 'admin'" in stream.getvalue()


def test_a_closed_standard_error_does_not_end_the_run() -> None:
    stream = io.StringIO()
    stream.close()
    Trace(stream).note("tcp", "db:27017", "connected", 1.0)
