"""Connections that are refused or reset, and pings that are refused: what is said of them."""

from __future__ import annotations

import socket
import sys

import pytest

from mongoping import registry
from mongoping.causes import _refused_connections as refused
from mongoping.causes import ping, tcp
from mongoping.checks._process_table import address_of, owner
from mongoping.diagnosis import diagnose
from mongoping.model import Failure, Match
from mongoping.observations import Attempt, DriverFacts, ListenerFacts, NeighborsFacts, TcpFacts
from tests.evidence import evidence, failed, hello, result

HOST = "[::1]:27018"


@pytest.mark.parametrize(
    ("check", "facts", "words"),
    [
        ("tls", {}, "during the TLS handshake"),
        ("hello", {"closes_first": True}, "before any data was sent"),
        ("hello", {"closes_first": False}, "in reply to hello"),
        ("hello", {"closes_first": False, "tls": True}, "in reply to hello over TLS"),
    ],
)
def test_a_reset_is_told_with_its_moment(check: str, facts: dict[str, bool], words: str) -> None:
    match = tcp.connection_reset(evidence(failed(check, "reset", "a:27017", **facts)), "a:27017")
    assert isinstance(match, Match)
    assert match.detail == f"a:27017 accepted the connection and reset it {words}"


def _refusal(*addresses: str) -> Match:
    why = Failure("refused", "Connection refused", "ECONNREFUSED")
    facts = TcpFacts((Attempt("::1", "ipv6", True, 0.1, why),))
    listener = ListenerFacts(27018, "mongod", 7, addresses) if addresses else None
    rows = failed("tcp", "refused", HOST, data=facts), result("listener", listener, HOST)
    match = refused.connection_refused(evidence(*rows, uri=f"mongodb://{HOST}/"), HOST)
    assert isinstance(match, Match)
    return match


@pytest.mark.parametrize(
    ("address", "text"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("10.1.2.3", "10.1.2.3")],  # noqa: S104 - not bound
)
def test_what_listens_on_another_address_here_is_the_remedy(address: str, text: str) -> None:
    match = _refusal(address)
    assert f"mongod listens on {text}:27018" in match.detail
    assert str(match.remedies[0]).endswith(f": mongodb://{text}:27018/")
    assert not any("Start the server" in remedy for remedy in map(str, match.remedies))


def test_where_nothing_else_listens_the_server_has_to_be_started() -> None:
    assert any("Start the server" in remedy for remedy in map(str, _refusal().remedies))


def test_in_a_container_the_remedies_name_servers_outside_it() -> None:
    """Each address can be copied, with the port of the string; the general sentence is absent."""
    facts = NeighborsFacts((), True, ())
    rows = failed("tcp", "refused", "localhost:27018"), result("neighbors", facts)
    verdict = diagnose(evidence(*rows, preset="local"), tcp.CAUSES).verdict
    assert verdict is not None
    uris = [remedy.uri for remedy in verdict.remedies[:2]]
    assert uris == ["mongodb://mongo:27018", "mongodb://host.docker.internal:27018"]
    assert refused.IN_CONTAINER not in map(str, verdict.remedies)


def test_another_host_is_not_started_here_nor_the_container_itself() -> None:
    facts = NeighborsFacts((), True, ("start it: mongod",))
    rows = failed("tcp", "refused", "db.example.com:27018"), result("neighbors", facts)
    case = evidence(*rows, preset="local", uri="mongodb://db.example.com:27018/")
    verdict = diagnose(case, tcp.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "tcp.refused"
    texts = " ".join(map(str, verdict.remedies))
    assert "localhost" not in texts
    assert "start it" not in texts


@pytest.mark.skipif(sys.platform != "linux", reason="the table of sockets is Linux's")
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_the_address_of_a_listening_port_is_found(family: int, host: str) -> None:
    with socket.create_server((host, 0), family=family) as listening:
        listener = owner(listening.getsockname()[1])
    assert listener is not None
    assert listener.addresses == (host,)


@pytest.mark.skipif(sys.byteorder != "little", reason="the words are of this machine's order")
def test_an_address_of_the_kernel_is_read() -> None:
    assert address_of("0100007F") == "127.0.0.1"
    assert address_of("00000000000000000000000001000000") == "::1"


@pytest.mark.parametrize(
    ("kind", "code", "message", "cause"),
    [
        ("command", 11600, "interrupted at shutdown", "ping.refused"),
        ("command", 13, "not authorized", "ping.refused"),
        ("driver", None, "connection closed", "ping.timeout"),
        ("timeout", None, "none of 5 pings came back", "ping.timeout"),
    ],
)
def test_a_ping_that_is_answered_with_an_error_did_come_back(
    kind: str, code: int | None, message: str, cause: str
) -> None:
    case = evidence(failed("ping", kind, code=code, message=message))
    verdict = diagnose(case, ping.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == cause
    assert message in verdict.evidence[0]


def test_a_server_that_ended_after_its_hello_is_named_by_what_it_does_now() -> None:
    """The driver's error alone could be that of a full server."""
    host = "a:27017"
    for again, cause in (("refused", "tcp.refused"), ("eof", "hello.too-many-connections")):
        why = Failure("driver", "reset", facts={"type": "AutoReconnect"})
        facts = DriverFacts("unreachable", "Unknown", None, (), {host: why}, again={host: again})
        case = evidence(hello(host), failed("driver", "driver", data=facts))
        verdict = diagnose(case, registry.causes()).verdict
        assert verdict is not None
        assert verdict.cause == cause


def _docker(*hosts: str) -> list[str | None]:
    """Return the commands with Docker for hosts on this machine that refuse a connection."""
    why = Failure("refused", "Connection refused", "ECONNREFUSED")
    facts = TcpFacts((Attempt("127.0.0.1", "ipv4", True, 0.1, why),))
    rows = [failed("tcp", "refused", host, data=facts) for host in hosts]
    verdict = diagnose(
        evidence(*rows, uri=f"mongodb://{','.join(hosts)}/"), registry.causes()
    ).verdict
    assert verdict is not None
    remedies = verdict.remedies
    return [remedy.command for remedy in remedies if remedy.text == refused.PUBLISH]


def test_docker_publishes_the_port_of_the_string() -> None:
    assert _docker("localhost:27999") == ["docker run -d -p 27999:27017 mongo"]
    assert _docker("localhost:27017") == ["docker run -d -p 27017:27017 mongo"]
    assert _docker("localhost:27998", "localhost:27999") == []
