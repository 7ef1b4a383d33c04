"""Names become addresses as the driver's resolver has them, and failures are taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.checks.addresses import MAX_ADDRESSES, literal
from mongoping.observations import Address
from mongoping.sandbox.nameserver import Answer, NameServer, Silence, srv
from mongoping.uri.host import Host
from tests.checks.real import look

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import Behavior

NAME = "db.example.test"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (Host("127.0.0.1"), Address("127.0.0.1", "ipv4")),
        (Host("::1"), Address("::1", "ipv6")),
        (Host("fe80::1%eth0"), Address("fe80::1%eth0", "ipv6")),
        (Host("/tmp/mongodb-27017.sock", None), Address("/tmp/mongodb-27017.sock", "unix")),
        (Host("localhost"), None),
        (Host("1.2.3"), None),
        (Host(""), None),
    ],
)
def test_an_address_needs_no_lookup(host: Host, address: Address | None) -> None:
    assert literal(host) == address


def test_the_drivers_own_resolver_is_asked(mongod: Deployment) -> None:
    """IPv4 only for localhost, as PyMongo asks for it."""
    facts = look(mongod.uri).data("addresses", mongod.host)
    assert facts.source == "system"
    assert [address.text for address in facts.addresses if address.driver] == ["127.0.0.1"]


def test_local_looks_at_the_other_ways_as_well(mongod: Deployment) -> None:
    """IPv6 is tried, and marked as a way that the driver does not take."""
    facts = look(mongod.uri, preset="local").data("addresses", mongod.host)
    assert Address("::1", "ipv6", driver=False) in facts.addresses


def test_a_resolver_of_ones_own_gives_every_address(mongod: Deployment) -> None:
    """A and AAAA; the first that answers is used, and the dead one is a warning by itself."""
    with NameServer({(NAME, "A"): ["127.0.0.1"], (NAME, "AAAA"): ["::1"]}) as names:
        host = f"{NAME}:{mongod.ports[0]}"
        evidence = look(f"mongodb://{host}/", resolver=names.address)
        assert names.queries[NAME, "A"]
        assert names.queries[NAME, "AAAA"]
    facts = evidence.data("addresses", host)
    assert facts.source == "dns"
    assert {(address.text, address.family) for address in facts.addresses} == {
        ("127.0.0.1", "ipv4"),
        ("::1", "ipv6"),
    }
    assert evidence.data("tcp", host).used == "127.0.0.1"
    assert evidence.result("driver").ok  # type: ignore[union-attr]


def test_a_flood_of_addresses_is_dammed() -> None:
    with NameServer({(NAME, "A"): [f"127.0.0.{n}" for n in range(1, 200)]}) as names:
        evidence = look(f"mongodb://{NAME}:1/", resolver=names.address)
    assert len(evidence.data("addresses", f"{NAME}:1").addresses) == MAX_ADDRESSES


@pytest.mark.parametrize(
    ("behavior", "kind"),
    [
        (Answer("NXDOMAIN"), "nxdomain"),
        (Answer("NOERROR"), "no-data"),
        (Answer("REFUSED"), "refused"),
        (Answer("SERVFAIL"), "servfail"),
        (Silence(), "timeout"),
    ],
)
def test_each_failure_has_its_word(behavior: Behavior, kind: str) -> None:
    """getaddrinfo returns EAI_AGAIN for three of these."""
    # five seconds of silence are judged, and stalls of this machine do not count
    deadline = 12.0 if kind == "timeout" else 30.0
    with NameServer(behaviors={"*": behavior}) as names:
        evidence = look(f"mongodb://{NAME}:1/", resolver=names.address, deadline=deadline)
    failure = evidence.failure("addresses", f"{NAME}:1")
    assert failure is not None
    assert failure.kind == kind
    assert failure.facts["name"] == NAME


def test_ipv6_alone_is_an_address() -> None:
    with NameServer({(NAME, "AAAA"): ["::1"]}) as names:
        evidence = look(f"mongodb://{NAME}:1/", resolver=names.address)
    (one,) = evidence.data("addresses", f"{NAME}:1").addresses
    assert (one.text, one.family) == ("::1", "ipv6")


def test_a_cluster_name_without_its_scheme_is_noted() -> None:
    """A name that has SRV records and no address is one for mongodb+srv://."""
    zone = {(f"_mongodb._tcp.{NAME}", "SRV"): srv([("h.example.test", 1)])}
    with NameServer(zone) as names:
        evidence = look(f"mongodb://{NAME}/", resolver=names.address)
        several = look(f"mongodb://{NAME},other.example.test/", resolver=names.address)
    assert evidence.failure("addresses", f"{NAME}:27017").facts["has_srv"] is True  # type: ignore[union-attr]
    assert "has_srv" not in several.failure("addresses", f"{NAME}:27017").facts  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["a..b", "." + NAME, "x" * 70, "-"])
def test_what_is_no_name_is_a_failure_of_the_dns(name: str) -> None:
    evidence = look(f"mongodb://{name}:1/")
    failure = evidence.failure("addresses", f"{name}:1") or evidence.failure("uri")
    assert failure is not None
