"""The health probe: real servers, real faults, and the imports that it avoids."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mongoping.healthcheck.look import look as look_at
from mongoping.healthcheck.oneshot import settings_for
from mongoping.healthcheck.verdict import report_of
from mongoping.sandbox.deployment import replica_set as make_set
from mongoping.sandbox.nameserver import cluster
from mongoping.sandbox.process import free_port
from mongoping.uri.target import parse
from tests.conftest import clean_environment, having, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.healthcheck.look import Look
    from mongoping.model import Report
    from tests.conftest import Run

HEAVY = ("pymongo", "bson", "rich", "asyncio", "click", "dns", "ssl", "cryptography", "dataclasses")


@contextmanager
def answering(reply: bytes | None) -> Iterator[int]:
    """A peer that is played: it accepts, says this, and closes; None: it says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            if reply is None:
                peers.append(peer)
                continue
            with peer:
                peer.recv(4096)
                peer.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for peer in peers:
            peer.close()


class LookReport(NamedTuple):
    """A look, and what its report says of it."""

    look: Look
    report: Report

    @property
    def cause(self) -> str | None:
        return None if self.report.verdict is None else self.report.verdict.cause

    @property
    def code(self) -> int:
        return self.report.exit_code()

    @property
    def roles(self) -> list[str | None]:
        return [visit.seen.role if visit.seen else None for visit in self.look.visits]


def look(uri: str, depth: str = "hello", timeout: float = 20.0, **settings: Any) -> LookReport:
    outcome = look_at(parse(uri), settings_for(timeout).replace(**settings), depth)
    report = report_of(outcome)
    assert (outcome.ready or outcome.candidate) is not None or report.verdict is not None
    return LookReport(outcome, report)


@pytest.mark.parametrize("depth", ["tcp", "hello", "primary"])
def test_a_standalone_is_ready_to_every_depth(depth: str, mongod: Any) -> None:
    result = look(mongod.uri, depth)
    assert result.cause is None, result
    assert result.roles == [None if depth == "tcp" else "standalone"]


def test_the_primary_is_found_from_a_secondary(replica_set: Any) -> None:
    """As a driver would, it asks the one that the secondary names."""
    result = look(f"mongodb://{replica_set.servers[1].address}/", "primary")
    assert result.cause is None, result
    assert result.roles == ["secondary", "primary"]
    assert result.look.detail == f"primary {replica_set.servers[0].address}"


def test_a_set_that_was_not_initiated_answers_and_has_no_primary() -> None:
    with having(), make_set(1, initiate=False) as deployment:
        uri = f"mongodb://{deployment.host}/"
        assert look(uri).cause is None
        assert look(uri, "primary").cause == "topology.not-initialized"


def test_a_set_without_a_majority_has_no_primary() -> None:
    with having(), make_set(2) as deployment:
        deployment.servers[0].stop()
        uri = f"mongodb://{deployment.servers[1].address}/"
        result = look(uri, "primary", 2.0)
        # until it notices: at first, it names the member that is gone as the primary
        while result.cause in (None, "topology.member-unreachable"):
            result = look(uri, "primary", 2.0)
        assert result.cause == "topology.no-primary"
        assert look(uri).cause is None


def test_tls_is_spoken_where_the_string_says_so(mongod_tls: Any) -> None:
    assert look(mongod_tls.uri).cause is None
    result = look(f"mongodb://{mongod_tls.host}/?tls=true")
    assert (result.cause, result.code) == ("tls.unknown-ca", 13)
    assert look(f"mongodb://{mongod_tls.host}/").cause == "hello.closed-by-server"


def test_a_server_that_demands_an_api_version_is_asked_by_one() -> None:
    from mongoping.sandbox.deployment import standalone

    with having(), standalone(require_api_version=True) as deployment:
        assert look(deployment.uri).cause is None


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (b"", "hello.closed-by-server"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "hello.not-mongodb"),
        (b"SSH-2.0-OpenSSH_9.2\r\n" * 2, "hello.not-mongodb"),
        (b"\xff" * 64, "hello.not-mongodb"),
        (None, "hello.no-reply"),
    ],
)
def test_what_is_no_mongodb_is_told(reply: bytes | None, cause: str) -> None:
    with answering(reply) as port:
        result = look(f"mongodb://127.0.0.1:{port}/", timeout=20.0 if reply is not None else 3.0)
    assert result.cause == cause


def test_the_first_host_that_is_silent_leaves_time_for_the_second(mongod: Any) -> None:
    with answering(None) as port:
        result = look(f"mongodb://127.0.0.1:{port},{mongod.host}/", timeout=6.0)
    assert result.cause is None
    assert [visit.stopped for visit in result.look.visits] == ["hello", None]


def test_srv_and_addresses_come_from_the_resolver(nameserver: Any, mongod: Any) -> None:
    hosts = [("node.example.test", mongod.ports[0])]
    nameserver.zone.update(cluster("cluster.example.test", hosts))
    uri = "mongodb+srv://cluster.example.test/?tls=false"
    assert look(uri, resolver=nameserver.address).cause is None
    result = look("mongodb+srv://nothing.example.test/", resolver=nameserver.address)
    assert (result.cause, result.code) == ("dns.srv-not-found", 11)


@pytest.mark.parametrize(
    ("uri", "code", "cause"),
    [
        ("mongodb://ada:canary@x@h/", 10, "uri."),
        ("mongodb://nosuchhost.invalid/", 11, "dns."),
        ("mongodb://127.0.0.1:1/", 12, "tcp.refused"),
        ("mongodb://%2Ftmp%2Fno-such.sock/", 12, "tcp.socket-not-found"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_exit_code_is_of_the_layer_in_every_form(
    uri: str, code: int, cause: str, form: str, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", "--probe", uri, "--format", form)
    assert run.code == code
    output = run.json["verdict"]["cause"] if form == "json" else run.out
    assert cause in output
    assert "canary" not in run.out + run.err


def test_one_line_is_printed_and_the_slow_way_says_the_same(
    mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    """The command line's framework is asked where an option is not known without it."""
    fast = run_mongoping("smoke", "--probe", mongod.uri)
    slow = run_mongoping("smoke", "--probe", mongod.uri, "--verbose")
    assert fast.code == slow.code == 0
    assert fast.out.count("\n") == slow.out.count("\n") == 1
    assert fast.out.split("  ")[0] == slow.out.split("  ")[0]
    assert fast.err == slow.err == ""


@pytest.mark.parametrize("form", ["json", "junit", "html", "markdown", "tap", "sarif", "github"])
def test_a_probe_is_a_report_in_every_form(
    form: str, mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    for uri, code in ((mongod.uri, 0), ("mongodb://127.0.0.1:1/", 12)):
        run = run_mongoping("smoke", "--probe", uri, "--format", form)
        assert run.code == code
        assert run.out
        if form == "json":
            validate(run.json)


def test_the_string_and_the_password_come_from_the_environment(
    mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    assert run_mongoping("smoke", "--probe", env={"MONGODB_URI": mongod.uri}).code == 0
    run = run_mongoping("smoke", "--probe")
    assert run.code == 2
    assert "No connection string" in run.err


def test_neither_the_driver_nor_anything_of_its_size_is_imported(
    mongod: Any, tmp_path: Path
) -> None:
    program = (
        "import sys; from mongoping.__main__ import run; code = run();"
        f"bad = [m for m in {HEAVY!r} if m in sys.modules]; print(bad, file=sys.stderr);"
        "sys.exit(code)"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "smoke", "--probe", mongod.uri],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr.strip() == "[]"


def test_the_help_of_smoke_needs_nothing_heavy_either(tmp_path: Path) -> None:
    heavy = tuple(name for name in HEAVY if name != "click")
    program = (
        "import sys; from mongoping.__main__ import run; code = run();"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "smoke", "--help"],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0
    assert process.stderr.strip() == "[]"


def test_a_port_that_nobody_listens_on_is_refused_at_once() -> None:
    result = look(f"mongodb://127.0.0.1:{free_port()}/", timeout=3600.0)
    assert result.cause == "tcp.refused"
