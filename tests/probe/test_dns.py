"""Questions to a real name server on loopback, with each kind of answer taken apart."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.probe.blocking import BlockingCall
from mongoping.probe.dns import (
    MAX_RECORDS,
    DnsAnswer,
    Server,
    ask,
    ask_blocking,
    parse_server,
    resolver,
    system_override,
    system_servers,
)
from mongoping.sandbox.nameserver import Answer, NameServer, Silence, Truncation, srv
from mongoping.sandbox.process import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.nameserver import Behavior

NAME = "c0.ab.example.test"
SRV = f"_mongodb._tcp.{NAME}"


def look_up(server: str, name: str = NAME, kind: str = "A", lifetime: float = 2.0) -> DnsAnswer:
    return asyncio.run(ask(name, kind, server, lifetime))


@pytest.mark.parametrize(
    ("text", "server", "expected"),
    [
        ("1.1.1.1", Server("1.1.1.1", 53), "1.1.1.1"),
        ("127.0.0.1:5353", Server("127.0.0.1", 5353), "127.0.0.1:5353"),
        ("::1", Server("::1", 53), "[::1]"),
        ("[::1]", Server("::1", 53), "[::1]"),
        ("[2001:DB8::1]:5353", Server("2001:db8::1", 5353), "[2001:db8::1]:5353"),
    ],
)
def test_a_resolver_is_an_address_with_a_port_or_without(
    text: str, server: Server, expected: str
) -> None:
    assert parse_server(text) == server
    assert str(server) == expected
    assert parse_server(str(server)) == server


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dns.google", "'dns.google' is not an IP address"),
        ("1.1.1", "'1.1.1' is not an IP address"),
        ("", "'' is not an IP address"),
        ("1.1.1.1:", "'' is not a port"),
        ("1.1.1.1:x", "'x' is not a port"),
        ("1.1.1.1:0", "'0' is not a port"),
        ("1.1.1.1:65536", "'65536' is not a port"),
        ("1.1.1.1:٥٣", "is not a port"),
        ("[::1]53", "']53' is not a port"),
        ("[::1]x:53", "is not a port"),
    ],
)
def test_what_is_no_resolver_is_told_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="is not") as error:
        parse_server(text)
    assert words in str(error.value)


@given(st.text(max_size=30))
def test_any_text_is_a_resolver_or_a_value_error(text: str) -> None:
    try:
        server = parse_server(text)
    except ValueError:
        return
    assert 0 < server.port < 65536


def test_records_come_with_their_ttl(nameserver: NameServer) -> None:
    nameserver.zone |= {(NAME, "A"): ["127.0.0.1", "127.0.0.2"], (SRV, "SRV"): srv([("h", 1)])}
    answer = look_up(nameserver.address)
    assert {str(record) for record in answer.records} == {"127.0.0.1", "127.0.0.2"}
    assert answer.ttl == 60
    assert answer.failure is None
    assert look_up(nameserver.address, SRV, "SRV").records[0].port == 1


BEHAVIOURS: dict[str, tuple[Behavior | None, str]] = {
    "no such name": (Answer("NXDOMAIN"), "nxdomain"),
    "no data": (Answer("NOERROR"), "no-data"),
    "refused": (Answer("REFUSED"), "refused"),
    "failed": (Answer("SERVFAIL"), "servfail"),
    "not implemented": (Answer("NOTIMP"), "resolver-failed"),
    "broken question": (Answer("FORMERR"), "resolver-failed"),
    "silence": (Silence(), "timeout"),
    "too long, and no TCP": (Truncation(tcp=False), "resolver-failed"),
}


@pytest.mark.parametrize(("behavior", "kind"), BEHAVIOURS.values(), ids=list(BEHAVIOURS))
def test_each_wrong_answer_has_a_word_of_its_own(
    behavior: Behavior, kind: str, nameserver: NameServer
) -> None:
    """The system's resolver has one word (EAI_AGAIN) for most of them."""
    nameserver.behaviors["*"] = behavior
    answer = look_up(nameserver.address, lifetime=0.6)
    assert answer.records == []
    assert answer.failure is not None
    assert answer.failure.kind == kind, answer.failure
    assert answer.failure.facts["name"] == NAME
    if kind in ("refused", "servfail", "timeout"):
        attempt = answer.failure.facts["attempts"][0]
        assert (attempt["server"], attempt["port"]) == ("127.0.0.1", nameserver.port)


def test_an_answer_that_needs_tcp_and_an_alias_of_nothing_are_recorded(
    nameserver: NameServer,
) -> None:
    nameserver.behaviors[NAME] = Truncation(tcp=False)
    failure = look_up(nameserver.address, lifetime=0.6).failure
    assert failure is not None
    assert failure.facts["tcp_needed"] is True
    nameserver.behaviors.clear()
    nameserver.zone[NAME, "CNAME"] = ["gone.test."]
    nameserver.zone.pop((NAME, "A"), None)
    alias = look_up(nameserver.address).failure
    assert alias is not None
    assert alias.facts["alias_of"] == "gone.test"


def test_what_does_not_fit_a_datagram_comes_over_tcp(nameserver: NameServer) -> None:
    """A truncated answer is asked for again; more records than a report bears are left out."""
    nameserver.zone[NAME, "A"] = [f"127.0.{n // 250}.{n % 250 + 1}" for n in range(300)]
    nameserver.behaviors[NAME] = Truncation()
    assert len(look_up(nameserver.address).records) == MAX_RECORDS


def test_nobody_at_the_resolvers_address_is_no_answer() -> None:
    """UDP knows of no refusal that would be passed on everywhere."""
    failure = look_up(f"127.0.0.1:{free_port()}", lifetime=0.5).failure
    assert failure is not None
    assert failure.kind in ("timeout", "unreachable-resolver")


@pytest.mark.parametrize(
    "name",
    ["a..b", "." * 3, "x" * 64 + ".test", ".".join(["x" * 60] * 6), "\x00", "\udcff", "ü" * 70],
)
def test_what_is_no_name_is_a_failure(name: str, nameserver: NameServer) -> None:
    """Members may advertise anything at all as their host."""
    failure = look_up(nameserver.address, name).failure
    assert failure is not None
    assert failure.kind in ("bad-name", "nxdomain", "resolver-failed"), failure


@given(st.text(max_size=80))
def test_any_text_can_be_asked_for(name: str) -> None:
    """Whatever stands where a name should: an answer or a failure, never an exception."""
    answer = asyncio.run(ask(name, "A", "127.0.0.1:1", 0.05))
    assert answer.failure is not None


def test_the_systems_servers_are_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_bytes(
        b"# nameserver 9.9.9.9\nnameserver 1.1.1.1\nnameserver\nsearch x\nnameserver  ::1 \n\xff\n"
    )
    assert system_servers(str(path)) == ("1.1.1.1", "::1")
    assert system_servers(str(tmp_path / "absent")) == ()


def test_without_a_server_dnspython_chooses_as_it_does_for_pymongo() -> None:
    import dns.asyncresolver
    import dns.resolver

    try:
        own = resolver(None)
    except dns.resolver.NoResolverConfiguration:
        pytest.skip("this machine has no resolver at all")
    assert own is dns.asyncresolver.get_default_resolver()


def test_the_override_is_for_the_driver_and_ends(nameserver: NameServer) -> None:
    """Inside, addresses and SRV alike come from that server; after it, nothing is left."""
    import dns.asyncresolver

    nameserver.zone |= {(NAME, "A"): ["127.0.0.9"], (SRV, "SRV"): srv([("h.ab.example.test", 7)])}
    before = (socket.getaddrinfo, dns.asyncresolver.default_resolver)

    async def look() -> tuple[Any, Any]:
        loop = asyncio.get_running_loop()
        rows = await loop.getaddrinfo(NAME, 27017, type=socket.SOCK_STREAM)
        records = await dns.asyncresolver.resolve(SRV, "SRV")
        return rows[0][4][0], records[0].port

    with system_override(nameserver.address):
        assert asyncio.run(look()) == ("127.0.0.9", 7)
    assert (socket.getaddrinfo, dns.asyncresolver.default_resolver) == before
    with system_override(None):
        assert (socket.getaddrinfo, dns.asyncresolver.default_resolver) == before


ENDLESS_S = 3600.0  # longer than any test may take
PATIENCE_S = 60.0


def test_a_closed_port_is_noticed_before_the_query_times_out() -> None:
    server = f"127.0.0.1:{free_port()}"
    call = BlockingCall(lambda: ask_blocking(NAME, "A", server, ENDLESS_S))
    failure = call.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == "unreachable-resolver"
    assert failure.facts["attempts"][0]["said"] == "Connection refused"


def test_a_resolver_that_answers_late_is_awaited() -> None:
    """It answers the query only after the second query, which looks for a closed port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(("127.0.0.1", 0))
        late.settimeout(PATIENCE_S)
        server = f"127.0.0.1:{late.getsockname()[1]}"
        call = BlockingCall(lambda: ask_blocking(NAME, "A", server, ENDLESS_S))
        query, client = late.recvfrom(512)
        while late.recvfrom(512)[1] == client:  # dnspython sends it again
            pass
        reply = NameServer({(NAME, "A"): ["127.0.0.5"]}).reply(query, tcp=False)
        assert reply is not None
        late.sendto(reply, client)
        answer = call.result(PATIENCE_S)
    assert answer.failure is None
    assert [str(record) for record in answer.records] == ["127.0.0.5"]


def test_a_silent_resolver_is_not_a_closed_port(nameserver: NameServer) -> None:
    nameserver.behaviors["*"] = Silence()
    failure = ask_blocking(NAME, "A", nameserver.address, 1.0).failure
    assert failure is not None
    assert failure.kind == "timeout"
