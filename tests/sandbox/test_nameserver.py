"""The name server really answers, and really misbehaves: asked by dnspython on a real socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from mongoping.sandbox.nameserver import Answer, NameServer, Silence, Slow, Truncation, cluster, srv

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = {
    **cluster("c.ab.test", [("h0.ab.test", 1), ("h1.ab.test", 2)], "replicaSet=rs0"),
    ("alias.test", "CNAME"): ["h1.ab.test."],
    ("round.test", "CNAME"): ["about.test."],
    ("about.test", "CNAME"): ["round.test."],
    ("many.test", "SRV"): srv([(f"host-{n}.a-rather-long-name.test", n) for n in range(90)]),
}
BEHAVIOURS = {
    "broken.test": Answer("SERVFAIL"),
    "barred.test": Answer("REFUSED"),
    ("h0.ab.test", "AAAA"): Answer("SERVFAIL"),
    "silent.test": Silence(),
    "h1.ab.test": Truncation(),
    "udp-only.test": Truncation(tcp=False),
}


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer(ZONE, BEHAVIOURS) as running:
        yield running


def ask(server: NameServer, name: str, kind: str = "A", *, tcp: bool = False) -> Any:
    query = dns.message.make_query(name, kind)
    by = dns.query.tcp if tcp else dns.query.udp
    return by(query, "127.0.0.1", port=server.port, timeout=2)


def records(message: Any) -> list[str]:
    return sorted(str(record) for rrset in message.answer for record in rrset)


@pytest.mark.parametrize("tcp", [False, True])
def test_it_answers_over_udp_and_tcp(server: NameServer, tcp: bool) -> None:
    assert records(ask(server, "_mongodb._tcp.c.ab.test", "SRV", tcp=tcp)) == [
        "0 0 1 h0.ab.test.",
        "0 0 2 h1.ab.test.",
    ]
    assert records(ask(server, "c.ab.test", "TXT", tcp=tcp)) == ['"replicaSet=rs0"']
    assert records(ask(server, "localhost", tcp=tcp)) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("nothing.test", "A", "NXDOMAIN"),
        ("c.ab.test", "A", "NOERROR"),  # the name exists, with other types
        ("broken.test", "A", "SERVFAIL"),
        ("barred.test", "TXT", "REFUSED"),
        ("h0.ab.test", "AAAA", "SERVFAIL"),
    ],
)
def test_an_error_is_the_one_that_was_asked_for(
    server: NameServer, name: str, kind: str, rcode: str
) -> None:
    message = ask(server, name, kind)
    assert dns.rcode.to_text(message.rcode()) == rcode
    assert message.answer == []


def test_an_alias_comes_with_what_it_leads_to(server: NameServer) -> None:
    message = ask(server, "alias.test", tcp=True)
    assert [rrset.to_text().split()[3] for rrset in message.answer] == ["CNAME", "A"]


def test_a_loop_of_aliases_ends_where_it_began(server: NameServer) -> None:
    message = ask(server, "round.test")
    assert records(message) == ["about.test.", "round.test."]


@pytest.mark.parametrize("name", ["h1.ab.test", "many.test"])
def test_what_is_truncated_over_udp_is_whole_over_tcp(server: NameServer, name: str) -> None:
    """By order for one name; for the other since ninety records do not fit."""
    kind = "SRV" if name == "many.test" else "A"
    short = ask(server, name, kind)
    assert short.flags & dns.flags.TC
    assert short.answer == []
    whole = ask(server, name, kind, tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(records(whole)) == (90 if kind == "SRV" else 1)


def test_silence_is_silence_and_a_closed_tcp_is_closed(server: NameServer) -> None:
    query = dns.message.make_query("silent.test", "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, "127.0.0.1", port=server.port, timeout=0.2)
    with pytest.raises((EOFError, OSError)):
        ask(server, "udp-only.test", tcp=True)


def test_a_slow_name_keeps_no_other_waiting() -> None:
    """The late answer comes, and another name is answered before it."""
    with NameServer(ZONE, {"c.ab.test": Slow(0.4)}) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waiting:
            waiting.settimeout(5)
            late = dns.message.make_query("c.ab.test", "TXT")
            waiting.sendto(late.to_wire(), ("127.0.0.1", server.port))
            assert records(ask(server, "h0.ab.test")) == ["127.0.0.1"]
            answer = dns.message.from_wire(waiting.recv(4096))
        assert answer.id == late.id
        assert records(answer) == ['"replicaSet=rs0"']


def test_queries_are_counted_by_name_and_type() -> None:
    with NameServer(ZONE) as server:
        ask(server, "C.ab.test", "TXT")
        ask(server, "c.ab.test", "TXT")
        ask(server, "c.ab.test", "A")
        assert server.queries["c.ab.test", "TXT"] == 2
        assert server.queries["c.ab.test", "A"] == 1


def test_its_port_is_free_again_afterwards() -> None:
    with NameServer() as server:
        port = server.port
        assert server.args == ("--resolver", f"127.0.0.1:{port}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", port))
        assert probe.getsockname()[1] == port
