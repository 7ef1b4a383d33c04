"""Causes that are seen when a connection is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mongoping import registry
from mongoping.causes import _refused_connections as refused
from mongoping.causes import tcp
from mongoping.diagnosis import diagnose
from mongoping.model import Failure, Remedy
from mongoping.observations import (
    Address,
    AddressesFacts,
    Attempt,
    ListenerFacts,
    MachineFacts,
    Neighbor,
    NeighborsFacts,
    TcpFacts,
    TlsFacts,
)
from tests.causes.table import (
    A,
    B,
    False_,
    True_,
    is_complete,
    is_silent,
    is_true,
    match_of,
    verdict,
)
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence

ATLAS = "c0-shard-00-00.ab.mongodb.net:27017"
SOCKET = "/tmp/mongodb-27017.sock"


def attempt(address: str = "192.0.2.1", kind: str | None = None, **more: Any) -> Attempt:
    fields = {"family": "ipv6" if ":" in address else "ipv4", "driver": True, **more}
    failure = Failure(kind, f"it is {kind}") if kind else None
    return Attempt(address, fields["family"], fields["driver"], 1.2, failure)


def connect(kind: str, *attempts: Attempt, host: str = A, **facts: Any) -> Evidence:
    """A host to which no connection was made."""
    tcp_facts = TcpFacts(attempts or (attempt(kind=kind),))
    return evidence(failed("tcp", kind, host, data=tcp_facts, **facts))


def works(*attempts: Attempt) -> Evidence:
    """A host that works by the first address that did not fail."""
    address = next(attempt.address for attempt in attempts if attempt.failure is None)
    return evidence(result("tcp", TcpFacts(attempts, address), A), hello(A))


def first_bytes(head: str, kind: str = "not-mongodb") -> Evidence:
    return evidence(
        result("tcp", TcpFacts((attempt(),), "192.0.2.1"), A),
        failed("hello", kind, A, head=head, tls=False),
    )


TRUE: list[True_] = [
    ("tcp.refused", connect("refused"), "a:27017 refused the connection (192.0.2.1 after 1.2 ms)"),
    (
        "tcp.refused",
        connect("refused", attempt("127.0.0.1", "refused"), attempt("::1", driver=False)),
        "::1 accepts, but PyMongo uses only IPv4",
    ),
    ("tcp.refused", works(attempt("192.0.2.1"), attempt("192.0.2.2", "refused")), "192.0.2.2"),
    ("tcp.timeout", connect("timeout"), "a:27017 did not answer"),
    ("tcp.timeout", connect("timeout", host=ATLAS), "did not answer"),
    (
        "tcp.timeout",
        works(attempt("2001:db8::1", "timeout"), attempt("192.0.2.1")),
        "PyMongo tries the dead one first",
    ),
    ("tcp.reset", connect("reset"), "reset the connection while it was being opened"),
    ("tcp.reset", evidence(failed("hello", "reset", A, closes_first=True)), "before any data"),
    ("tcp.reset", evidence(failed("hello", "reset", A)), "in reply to hello"),
    ("tcp.reset", evidence(failed("tls", "reset", A, data=TlsFacts())), "during the TLS handshake"),
    ("tcp.unreachable", connect("unreachable", errno="ENETUNREACH"), "ENETUNREACH"),
    ("tcp.unreachable", connect("unreachable", errno="EINVAL"), "a blackhole route"),
    ("tcp.prohibited", connect("prohibited", errno="EACCES"), "did not let mongoping connect to a"),
    ("tcp.prohibited", evidence(failed("hello", "prohibited", A)), "did not let mongoping send"),
    ("tcp.socket-not-found", connect("not-found", host=SOCKET), f"there is no socket {SOCKET}"),
    ("tcp.socket-not-found", connect("denied", host=SOCKET), "has no permission to open"),
    ("tcp.socket-not-found", connect("os", host=SOCKET), "cannot be opened"),
    ("tcp.socket-not-found", connect("os", host=SOCKET, errno="EOPNOTSUPP"), "do not support"),
    ("tcp.socket-not-found", connect("os", host=SOCKET, errno="EPROTOTYPE"), "it takes datagrams"),
    ("tcp.proxy", first_bytes("HTTP/1.1 407 Proxy Authentication Required\r\n"), "a proxy answers"),
    (
        "tcp.proxy",
        first_bytes("HTTP/1.1 400 Bad Request\r\nVia: squid-proxy\r\n"),
        "a proxy answers",
    ),
]

FALSE: list[False_] = [
    ("tcp.refused", connect("timeout")),
    ("tcp.refused", works(attempt())),
    ("tcp.refused", evidence(failed("addresses", "refused", A))),
    ("tcp.timeout", connect("refused")),
    ("tcp.timeout", evidence(failed("hello", "timeout", A))),
    ("tcp.reset", evidence(failed("hello", "reset", A, speaks_tls=True))),
    ("tcp.reset", evidence(failed("hello", "reset", A, received=16))),
    ("tcp.reset", evidence(failed("tls", "reset", A, data=TlsFacts(plain_hello=True)))),
    ("tcp.reset", evidence(failed("hello", "eof", A))),
    ("tcp.unreachable", connect("timeout")),
    ("tcp.prohibited", connect("unreachable", errno="EHOSTUNREACH")),
    ("tcp.prohibited", connect("denied", host=SOCKET)),
    ("tcp.socket-not-found", connect("not-found")),
    ("tcp.socket-not-found", connect("refused", host=SOCKET)),
    ("tcp.proxy", first_bytes("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n")),
    ("tcp.proxy", first_bytes("SSH-2.0-proxy")),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([tcp], TRUE, FALSE)


def test_one_dead_address_of_a_host_that_works_is_a_warning() -> None:
    match = match_of("tcp.timeout", works(attempt("2001:db8::1", "timeout"), attempt("192.0.2.1")))
    assert match is not None
    assert match.severity == "warning"


def test_what_listens_instead_is_offered_first() -> None:
    nearby = NeighborsFacts((Neighbor("127.0.0.1:27018", True),), False, ("Start it.",))
    facts = TcpFacts((attempt("127.0.0.1", "refused"),))
    case = evidence(
        failed("tcp", "refused", "localhost:27017", data=facts), result("neighbors", nearby)
    )
    match = match_of("tcp.refused", case)
    assert match is not None
    assert str(match.remedies[0]).endswith(": mongodb://127.0.0.1:27018")
    assert str(match.remedies[1]) == "Start it."


def test_another_address_of_this_machine_on_the_same_port_is_offered() -> None:
    """The string says ::1, and the server listens on 127.0.0.1."""
    host = "[::1]:27017"
    listener = ListenerFacts(27017, "mongod", 1, ("127.0.0.1",))
    facts = TcpFacts((attempt("::1", "refused"),))
    case = evidence(failed("tcp", "refused", host, data=facts), result("listener", listener, host))
    match = match_of("tcp.refused", case)
    assert match is not None
    assert "mongodb://127.0.0.1:27017" in str(match.remedies[0])


def test_a_port_of_atlas_that_is_silent_may_be_several_things() -> None:
    match = match_of("tcp.timeout", connect("timeout", host=ATLAS))
    assert match is not None
    assert set(match.alternatives) == {"atlas.cluster-paused", "atlas.ip-not-allowed"}
    assert match.tell_apart


def test_a_dead_member_beside_a_live_one_stops_nobody() -> None:
    case = evidence(
        failed("tcp", "refused", A, data=TcpFacts((attempt(kind="refused"),))),
        hello(B, "mongos"),
    )
    assert verdict(case) is None


def remedies(evidence: Evidence) -> str:
    """Return every remedy of the verdict for a refused connection."""
    verdict = diagnose(evidence, registry.causes()).verdict
    assert verdict is not None
    return "\n".join(map(str, verdict.remedies))


def test_a_remote_address_gets_no_advice_about_this_machine() -> None:
    """Its look-alike is the same error on loopback."""
    there = remedies(connect("refused", attempt("192.0.2.1", "refused")))
    here = remedies(connect("refused", attempt("127.0.0.1", "refused"), host="localhost:27017"))
    assert refused.CHECK_RUNNING in there
    assert refused.IN_CONTAINER in here
    assert refused.IN_CONTAINER not in there
    assert refused.ONE_FAMILY not in there + here
    assert refused.ONE_FAMILY in remedies(
        connect("refused", attempt("::1", "refused"), host="[::1]:1")
    )
    remote = remedies(connect("refused", attempt("2001:db8::1", "refused")))
    assert refused.REMOTE_FAMILY in remote
    assert refused.ONE_FAMILY not in remote


def test_a_stale_socket_file_gets_no_advice_about_ports() -> None:
    evidence = connect("refused", attempt(SOCKET, "refused", family="unix"), host=SOCKET)
    text = remedies(evidence)
    assert f"rm {SOCKET}" in text
    assert "docker" not in text.lower()
    assert "localhost" not in text
    match = match_of("tcp.refused", evidence)
    assert match is not None
    assert match.title == "Nothing listens on the UNIX socket"


def test_an_address_that_a_search_domain_led_to_is_traced_back() -> None:
    host = "db.wild.test:27017"
    facts = AddressesFacts(
        (Address("192.0.2.1", "ipv4"),), "system", completed="db.wild.test.corp.test"
    )
    row = failed("tcp", "refused", host, data=TcpFacts((attempt(kind="refused"),)))
    match = match_of("tcp.refused", evidence(result("addresses", facts, host), row))
    assert match is not None
    assert "db.wild.test.corp.test: a search domain completed the name" in match.detail
    assert str(match.remedies[0]).endswith(": mongodb://db.wild.test.:27017")


@pytest.mark.parametrize("kind", ["refused", "timeout", "unreachable"])
@pytest.mark.parametrize("entry", ["192.0.2.1", "192.0.2.9"])
def test_an_address_from_the_hosts_file_is_traced_back(kind: str, entry: str) -> None:
    """Its look-alike is an entry with an address that was not used."""
    addresses = AddressesFacts((Address("192.0.2.1", "ipv4"),), "system")
    machine = MachineFacts(hosts_file={A: (entry,)}, hosts_path="/etc/hosts")
    row = failed("tcp", kind, A, data=TcpFacts((attempt(kind=kind),)))
    case = evidence(result("addresses", addresses, A), result("machine", machine), row)
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    is_traced = "the address comes from /etc/hosts" in verdict.evidence[0]
    assert is_traced is (entry == "192.0.2.1")
    assert (verdict.remedies[0].command == "grep -n a /etc/hosts") is is_traced


def test_a_missing_ipv6_is_no_advice_for_an_ipv4_address() -> None:
    four = remedies(connect("unreachable", attempt("192.0.2.1", "unreachable")))
    six = remedies(connect("unreachable", attempt("2001:db8::1", "unreachable")))
    assert tcp.NO_IPV6 not in four
    assert tcp.NO_IPV6 in six


def test_a_port_from_an_srv_record_is_traced_back() -> None:
    from mongoping.observations import SrvFacts

    query = "_mongodb._tcp.c.example.test"
    records = ({"target": "a", "port": 27017, "priority": 0, "weight": 0},)
    row = failed("tcp", "refused", A, data=TcpFacts((attempt(kind="refused"),)))
    case = evidence(result("srv", SrvFacts(query, None, records)), row)
    text = remedies(case)
    assert f"dig SRV {query}" in text
    assert "docker" not in text.lower()


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("10.77.0.2", "10.77.0.2:27017"),
        ("::1", "[::1]:27017"),
        ("0.0.0.0", None),  # noqa: S104 - not bound
        ("127.0.0.1", None),
    ],
)
def test_another_own_address_with_the_same_port_is_offered(address: str, here: str | None) -> None:
    host = "localhost:27017"
    listener = ListenerFacts(27017, "mongod", 1, (address,))
    facts = TcpFacts((attempt("127.0.0.1", "refused"),))
    case = evidence(failed("tcp", "refused", host, data=facts), result("listener", listener, host))
    match = match_of("tcp.refused", case)
    assert match is not None
    assert (f"mongod listens on {here}" in match.detail) is (here is not None)


@pytest.mark.parametrize(
    ("words", "interfaces", "uri"),
    [
        (
            "a link-local address needs its interface, and none is given",
            ["eth0", "eth1"],
            "%25eth0]",
        ),
        ("this machine has no interface en9", [], "%25eth0]"),
    ],
)
def test_a_link_local_address_needs_its_interface(
    words: str, interfaces: list[str], uri: str
) -> None:
    evidence = connect("unreachable", host=A, message=words, interfaces=interfaces)
    match = match_of("tcp.unreachable", evidence)
    assert match is not None
    assert words in match.detail
    assert all(name in match.detail for name in interfaces)
    assert uri in str(match.remedies[0])


def test_a_missing_socket_is_replaced_by_the_one_in_its_folder() -> None:
    """Its look-alike is a folder without any."""
    other = "/tmp/mongodb-27018.sock"
    case = evidence(
        failed("tcp", "not-found", SOCKET, sockets=[other]),
        uri=f"mongodb://{quote(SOCKET, safe='')}/db",
    )
    match = match_of("tcp.socket-not-found", case)
    assert match is not None
    (remedy,) = match.remedies
    assert isinstance(remedy, Remedy)
    assert remedy.uri == "mongodb://%2Ftmp%2Fmongodb-27018.sock/db"
    none = match_of("tcp.socket-not-found", evidence(failed("tcp", "not-found", SOCKET)))
    assert none is not None
    assert none.remedies == ()
