"""Deployments whose first connection works, and later ones or later commands do not.

The server at its limit is a real one; the others are played.
"""

from __future__ import annotations

import itertools
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.deployment import standalone
from mongoping.sandbox.listeners import Listener, forward
from mongoping.sandbox.played import SimulatedServer, error
from mongoping.sandbox.played import standalone as played
from tests.checks.real import check_uri, check_uris
from tests.conftest import having

if TYPE_CHECKING:
    from mongoping.model import Report
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.listeners import Handler
    from mongoping.sandbox.played import Document, Reply

LIMIT = 12
QUEUE_S = 0.5  # longer than mongoping waits for another hello, and shorter than the driver
LONG = 300  # bytes: mongoping's own messages are shorter, and the driver's hello is longer


def report_of(uri: str, **settings: int | float) -> Report:
    return check_uri(uri, **settings)[1]


def cause(report: Report) -> str | None:
    return report.verdict.cause if report.verdict is not None else None


def codes(report: Report) -> set[str]:
    return {finding.cause for layer in report.layers for finding in layer.findings}


def test_a_server_that_fills_up_after_the_first_connection() -> None:
    """It says itself that no connection is left."""
    with having(), standalone(extra=("--maxConns", str(LIMIT))) as server, ExitStack() as stack:
        for _ in range(LIMIT - 1):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.ports[0])))
        report = report_of(server.uri)
    assert cause(report) == "hello.too-many-connections"
    assert report.exit_code() == 14
    assert report.verdict is not None
    assert "0 available" in report.verdict.evidence[0]
    assert not report.verdict.alternatives


def letting_in(count: int, port: int) -> Handler:
    """Forward a number of connections to a server, and close all later ones at once."""
    onward, connections = forward("127.0.0.1", port), itertools.count(1)

    def few(client: socket.socket, closing: threading.Event) -> None:
        if next(connections) <= count:
            onward(client, closing)

    return few


OWN_AND_MONITOR = 2  # connections that are opened before the driver runs its first command


def test_a_proxy_that_lets_in_few_is_distinguished_by_the_servers_own_count(
    mongod: Deployment,
) -> None:
    with Listener(letting_in(OWN_AND_MONITOR, mongod.ports[0])) as proxy:
        report = report_of(f"mongodb://{proxy.address}/")
    assert cause(report) == "hello.too-many-connections"
    assert report.verdict is not None
    assert "the limit is that of a proxy" in report.verdict.evidence[0]
    assert "hello.closed-by-server" in [other.cause for other in report.verdict.alternatives]


def test_a_login_on_a_connection_too_many_is_no_unanswered_login(mongod_auth: Deployment) -> None:
    """Without a login the server does not give its count: a likelihood, with a way to find out."""
    with Listener(letting_in(OWN_AND_MONITOR, mongod_auth.ports[0])) as proxy:
        report = report_of(mongod_auth.uri_with([proxy.address]))
    assert cause(report) == "hello.too-many-connections"
    assert report.verdict is not None
    assert "serverStatus().connections" in str(report.verdict.tell_apart)
    assert "auth.unanswered" not in codes(report)


def test_the_room_that_the_driver_leaves_does_not_hide_the_limit(mongod_auth: Deployment) -> None:
    """Two connections at a time: after its failed login, the driver may close its monitor's."""
    onward = forward("127.0.0.1", mongod_auth.ports[0])
    room = threading.BoundedSemaphore(2)

    def two(client: socket.socket, closing: threading.Event) -> None:
        if room.acquire(blocking=False):
            onward(client, closing)
            room.release()

    with Listener(two) as proxy:
        report = report_of(mongod_auth.uri_with([proxy.address]))
    assert cause(report) == "hello.too-many-connections"


def test_a_proxy_that_lets_new_connections_wait_is_no_silent_server(mongod: Deployment) -> None:
    """It serves one connection, and closes the others when their time in its queue is over."""
    onward, accepted = forward("127.0.0.1", mongod.ports[0]), itertools.count(1)

    def queue(client: socket.socket, closing: threading.Event) -> None:
        if next(accepted) == 1:
            onward(client, closing)
        else:
            closing.wait(QUEUE_S)

    with Listener(queue) as proxy:
        report = report_of(f"mongodb://{proxy.address}/")
    assert cause(report) == "hello.too-many-connections"
    assert report.verdict is not None
    assert "still serves a connection opened earlier" in report.verdict.evidence[0]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_port_that_refuses_later_connections_is_limited_if_it_serves_the_first(
    keeps: bool, mongod: Deployment
) -> None:
    """Its look-alike ends the first one too: a server that was stopped."""
    onward = forward("127.0.0.1", mongod.ports[0])
    is_refusing = threading.Event()
    proxy: Listener

    def once(client: socket.socket, closing: threading.Event) -> None:
        proxy.refuse()
        is_refusing.set()
        if keeps:
            onward(client, closing)
        else:
            with socket.create_connection(("127.0.0.1", mongod.ports[0])) as server:
                for _ in range(2):  # hello and buildInfo
                    server.sendall(client.recv(65_536))
                    client.sendall(server.recv(65_536))

    with Listener(once) as proxy:
        report = report_of(f"mongodb://{proxy.address}/", cap=3.0)
    assert is_refusing.is_set()
    assert cause(report) == ("hello.too-many-connections" if keeps else "tcp.refused")


def test_a_path_that_loses_long_messages_is_no_silent_server(
    mongod: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is played: the driver's hello, which is longer than mongoping's, does not pass."""
    monkeypatch.setattr("mongoping.checks.driver.AGAIN_S", 1.0)  # a busy machine is no silence

    def short_only(client: socket.socket, closing: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", mongod.ports[0])) as server:
            while (data := client.recv(65_536)) and len(data) < LONG:
                server.sendall(data)
                client.sendall(server.recv(65_536))
            closing.wait()

    with Listener(short_only) as path:
        report = report_of(f"mongodb://{path.address}/")
    assert cause(report) == "hello.no-reply"
    assert report.verdict is not None
    assert "answers a short hello, but not a long one" in report.verdict.evidence[0]


def test_a_connection_that_goes_silent_is_a_failure() -> None:
    """Each connection gets 3, 5 or 8 replies; earlier pings were answered."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(SimulatedServer(played(), replies=replies, hangs=True))
            for replies in (3, 5, 8)
        ]
        uris = [f"mongodb://{server.address}/" for server in servers]
        reports = [report for _, report in check_uris(uris, count=9, cap=3.0)]
    assert [cause(report) for report in reports] == ["ping.timeout"] * 3
    for report in reports:
        assert report.verdict is not None
        assert "got a reply, later ones did not" in report.verdict.evidence[0]
        assert report.exit_code() == 18


def test_connections_that_are_closed_after_some_commands_are_a_warning() -> None:
    """The driver opens new ones, which work."""
    with SimulatedServer(played(), replies=6) as server:
        report = report_of(f"mongodb://{server.address}/", count=8)
    assert cause(report) is None
    assert "ping.lost" in codes(report)
    assert "hello.too-many-connections" not in codes(report)
    assert "ping.slow" not in codes(report)  # the driver waits before it looks again


def test_connections_that_are_closed_at_the_first_ping_are_no_full_server() -> None:
    """A new connection answers hello, and mongoping's own is closed as well."""
    script = played() | {"ping": None}
    with SimulatedServer(script) as server:
        report = report_of(f"mongodb://{server.address}/")
    assert cause(report) == "ping.timeout"
    assert report.verdict is not None
    assert "answers hello, but not ping" in report.verdict.evidence[0]


@pytest.mark.parametrize("recovers", [False, True])
def test_an_error_after_some_answers_is_a_failure_unless_it_passes(recovers: bool) -> None:
    numbers = itertools.count(1)

    def ping(command: Document, address: str) -> Reply:
        number = next(numbers)
        bad = number == 5 if recovers else number > 4
        return error(11600, "interrupted at shutdown") if bad else {"ok": 1.0}

    with SimulatedServer(played() | {"ping": ping}) as server:
        report = report_of(f"mongodb://{server.address}/", count=8)
    assert cause(report) == (None if recovers else "ping.refused")
    assert ("ping.lost" in codes(report)) is recovers
    if report.verdict is not None:
        assert "interrupted at shutdown" in report.verdict.evidence[0]
