"""Every address of every host is tried, and the one that the driver would get is kept."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from mongoping.checks._socket_addresses import socket_address
from mongoping.observations import Address
from mongoping.probe import unix_sockets
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.nameserver import NameServer
from mongoping.sandbox.process import free_port
from mongoping.uri.host import Host
from tests.checks.real import check_uri, look

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

NAME = "db.example.test"


@pytest.mark.parametrize(
    ("address", "host", "family", "where"),
    [
        (Address("127.0.0.1", "ipv4"), Host("a", 5), socket.AF_INET, ("127.0.0.1", 5)),
        (Address("::1", "ipv6"), Host("a", 5), socket.AF_INET6, ("::1", 5, 0, 0)),
        (Address("fe80::1%7", "ipv6"), Host("a", 5), socket.AF_INET6, ("fe80::1", 5, 0, 7)),
        (Address("/x.sock", "unix"), Host("/x.sock", None), socket.AF_UNIX, "/x.sock"),
    ],
)
def test_addresses_are_what_sockets_want(
    address: Address, host: Host, family: int, where: object
) -> None:
    assert socket_address(address, host) == (family, where)


def test_an_interface_that_is_not_there_is_named() -> None:
    evidence = look("mongodb://[fe80::1%25nowhere0]:1/")
    failure = evidence.failure("tcp", "[fe80::1%nowhere0]:1")
    assert failure is not None
    assert (failure.kind, failure.message) == (
        "unreachable",
        "this machine has no interface nowhere0",
    )


def test_the_first_address_that_answers_is_used(mongod: Deployment) -> None:
    """The other addresses are reported with their results, and are not errors."""
    host = f"{NAME}:{mongod.ports[0]}"
    with NameServer({(NAME, "A"): ["127.0.0.2", "127.0.0.1", "127.255.255.255"]}) as names:
        evidence = look(f"mongodb://{host}/", resolver=names.address)
    facts = evidence.data("tcp", host)
    assert facts.used == "127.0.0.1"
    failures = {
        attempt.address: attempt.failure and attempt.failure.kind for attempt in facts.attempts
    }
    assert failures == {"127.0.0.1": None, "127.0.0.2": "refused", "127.255.255.255": "unreachable"}


def test_a_port_that_drops_costs_the_cap_and_no_more() -> None:
    with listeners.dropping() as port:
        evidence = look(
            f"mongodb://127.0.0.1:{port}/", deadline=60.0, cap=4.0
        )  # a busy machine may stall for a while
    failure = evidence.failure("tcp", f"127.0.0.1:{port}")
    assert failure is not None
    assert failure.kind == "timeout"


def test_the_patience_of_the_string_counts() -> None:
    """connectTimeoutMS, where it is shorter than our own."""
    with listeners.dropping() as port:
        uri = f"mongodb://127.0.0.1:{port}/?connectTimeoutMS=200"
        evidence = look(uri, deadline=3600.0, cap=3600.0)
    (row,) = evidence.of("tcp")
    assert row.failure is not None
    assert row.failure.kind == "timeout"


def test_a_socket_is_connected_to_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mongodb-1.sock"
    with Listener(listeners.silent, path=path):
        evidence = look(f"mongodb://{quote(str(path), safe='')}/", cap=0.4)
        assert evidence.data("tcp", str(path)).used == str(path)
    absent = look(f"mongodb://{quote(str(tmp_path / 'x.sock'), safe='')}/")
    assert absent.failure("tcp", str(tmp_path / "x.sock")).kind == "not-found"  # type: ignore[union-attr]


def test_a_regular_file_is_no_socket_that_was_left_behind(tmp_path: Path) -> None:
    """It is not to be removed; the look-alike is the file of a server that was stopped."""
    path, stale = tmp_path / "mongodb-1.sock", tmp_path / "mongodb-2.sock"
    path.write_text("keep")
    with unix_sockets.new_socket() as server:
        server.bind(str(stale))
    for name, is_socket in ((path, False), (stale, True)):
        _, report = check_uri(f"mongodb://{quote(str(name), safe='')}/")
        assert report.verdict is not None
        assert report.verdict.cause == "tcp.refused"
        assert any("rm " in (each.command or "") for each in report.verdict.remedies) is is_socket


def test_hosts_are_tried_at_once() -> None:
    """The run takes less time than its connections do together."""
    with ExitStack() as stack:
        ports = [stack.enter_context(listeners.dropping()) for _ in range(6)]
        hosts = [f"127.0.0.1:{port}" for port in ports]
        evidence = look(
            f"mongodb://{','.join(hosts)}/", deadline=60.0, cap=4.0
        )  # a busy machine may stall for a while
    rows = evidence.of("tcp")
    assert all(row.failure and row.failure.kind == "timeout" for row in rows)
    assert evidence.duration_ms < sum(row.duration_ms for row in rows)


def test_nothing_is_sent_to_a_port_that_is_closed() -> None:
    port = free_port()
    evidence = look(f"mongodb://127.0.0.1:{port}/")
    assert evidence.failure("tcp", f"127.0.0.1:{port}").errno == "ECONNREFUSED"  # type: ignore[union-attr]
    assert all(row.status == "skipped" for row in evidence.of("hello"))


def test_an_address_that_the_driver_does_not_try_is_never_the_one_in_use() -> None:
    """`local` also tries ::1 for localhost, and PyMongo does not: a listener there is no way in."""
    with Listener(listeners.silent, host="::1") as only_ipv6:
        evidence = look(f"mongodb://localhost:{only_ipv6.port}/", preset="local")
    (row,) = evidence.of("tcp")
    reachability = {
        attempt.address: (attempt.driver, attempt.failure is None) for attempt in row.data.attempts
    }
    assert reachability == {"127.0.0.1": (True, False), "::1": (False, True)}
    assert row.status == "failed"
    assert row.data.used is None
    assert row.failure is not None
    assert row.failure.kind == "refused"
