"""SRV and TXT by the driver's own rules, with real answers from a name server on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymongo
import pytest

from mongoping.sandbox.nameserver import NameServer, cluster, srv
from mongoping.uri.host import Host
from tests.checks.real import check_uri, look

if TYPE_CHECKING:
    from mongoping.model import Evidence
    from mongoping.sandbox.deployment import Deployment

NAME = "c0.ab.example.test"
SRV = f"_mongodb._tcp.{NAME}"
HOST = "h0.ab.example.test"


def lookup(zone: Any, options: str = "tls=false", **more: Any) -> Evidence:
    with NameServer(zone) as names:
        return look(f"mongodb+srv://{NAME}/?{options}", resolver=names.address, **more)


def test_seeds_and_options_come_from_the_dns(mongod: Deployment) -> None:
    """The driver finds the server by them, and is given the TXT record's options."""
    evidence = lookup(cluster(NAME, [(HOST, mongod.ports[0])], "authSource=shop"))
    data = evidence.data("srv")
    assert data.seeds == evidence.seeds == (Host(HOST, mongod.ports[0]),)
    assert (data.query, data.ttl, data.parent) == (SRV, 60, "ab.example.test")
    assert data.txt_options == {"authSource": "shop"}
    assert evidence.options["authSource"] == evidence.auth_source == "shop"
    assert evidence.result("ping").ok  # type: ignore[union-attr]


def test_the_string_wins_over_the_txt_record() -> None:
    zone = cluster(NAME, [(HOST, 1)], "authSource=shop&replicaSet=rs9")
    evidence = lookup(zone, "tls=false&authSource=own")
    assert evidence.options["authSource"] == "own"
    assert evidence.options["replicaSet"] == "rs9"


def test_tls_is_on_unless_it_is_turned_off() -> None:
    zone = cluster(NAME, [(HOST, 1)])
    assert lookup(zone, "w=majority").tls is True
    assert lookup(zone).tls is False


def test_srv_max_hosts_takes_a_sample(mongod: Deployment) -> None:
    zone = cluster(NAME, [(f"h{n}.ab.example.test", 1) for n in range(9)])
    evidence = lookup(zone, "tls=false&srvMaxHosts=2")
    every = {str(Host(f"h{n}.ab.example.test", 1)) for n in range(9)}
    assert len(evidence.seeds or ()) == 2
    assert set(map(str, evidence.seeds or ())) < every
    assert len(evidence.data("srv").records) == 9


def test_the_service_name_may_be_another() -> None:
    zone = {(f"_customer._tcp.{NAME}", "SRV"): srv([(HOST, 1)]), (HOST, "A"): ["127.0.0.1"]}
    evidence = lookup(zone, "tls=false&srvServiceName=customer")
    assert evidence.data("srv").query == f"_customer._tcp.{NAME}"
    assert evidence.seeds == (Host(HOST, 1),)


def test_a_domain_may_be_allowed_on_purpose(mongod: Deployment) -> None:
    """srvAllowedHostsSuffix, which PyMongo knows since 4.18: the driver works, and it is told."""
    zone = cluster(NAME, [("h0.elsewhere.test", mongod.ports[0])])
    refusal = lookup(zone)
    assert refusal.failure("srv").kind == "parent-domain"  # type: ignore[union-attr]
    if pymongo.version_tuple < (4, 18):
        pytest.skip("this PyMongo does not know the option")
    evidence = lookup(zone, "tls=false&srvAllowedHostsSuffix=elsewhere.test")
    assert evidence.result("srv").ok  # type: ignore[union-attr]
    assert evidence.result("driver").ok  # type: ignore[union-attr]


def test_a_public_suffix_is_refused_before_the_dns_is_asked() -> None:
    pytest.importorskip("pymongo._psl", reason="this PyMongo has no list of public suffixes")
    with NameServer(cluster(NAME, [("h0.elsewhere.co.uk", 1)])) as names:
        uri = f"mongodb+srv://{NAME}/?srvAllowedHostsSuffix=co.uk"
        _, report = check_uri(uri, resolver=names.address)
        assert names.queries.total() == 0
    assert report.verdict is not None
    assert report.verdict.cause == "uri.invalid-option"
    assert "co.uk is a public suffix" in report.verdict.evidence[0]


@pytest.mark.parametrize(
    ("zone", "kind", "address"),
    [
        ({}, "nxdomain", False),
        ({(NAME, "A"): ["127.0.0.1"]}, "nxdomain", True),
        ({(SRV, "TXT"): ['"x"']}, "no-data", False),
        ({(SRV, "SRV"): ["0 0 0 ."]}, "no-data", None),
        (cluster(NAME, [(HOST, 1)], "ssl=false"), "txt", None),
        (cluster(NAME, [(HOST, 1)], "v=spf1 -all"), "txt", None),
        (cluster(NAME, [(HOST, 1)]) | {(NAME, "TXT"): ['"a=b"', '"c=d"']}, "txt", None),
        (cluster(NAME, [("h.other.test", 1)]), "parent-domain", None),
        (cluster(NAME, [(HOST, 1)], "loadBalanced=true&replicaSet=rs0"), "conflict", None),
    ],
)
def test_answers_that_the_driver_refuses_have_a_kind(
    zone: Any, kind: str, address: bool | None
) -> None:
    """Also, the check notes whether the bare name has an address, as a server's own name has."""
    evidence = lookup(zone)
    failure = evidence.failure("srv")
    assert failure is not None
    assert failure.kind == kind
    assert evidence.data("srv").has_address is address
    assert evidence.result("driver").status in ("skipped", "failed")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "txt", "hosts", "words"),
    [
        ("replicaSet=rs0", "loadBalanced=true", 1, "Remove replicaSet"),
        ("loadBalanced=true", None, 2, "Remove loadBalanced"),
        ("srvMaxHosts=1", "replicaSet=rs0", 2, "Remove srvMaxHosts"),
    ],
)
def test_options_that_exclude_each_other_after_txt_are_the_verdict(
    options: str, txt: str | None, hosts: int, words: str
) -> None:
    """Nothing listens on the ports, which no driver would try."""
    zone = cluster(NAME, [(f"h{number}.ab.example.test", 1) for number in range(hosts)], txt)
    with NameServer(zone) as names:
        report = check_uri(f"mongodb+srv://{NAME}/?{options}", resolver=names.address)[1]
    assert report.verdict is not None
    assert report.verdict.cause == "uri.conflicting-options"
    assert report.exit_code() == 10
    assert str(report.verdict.remedies[0]).startswith(words)


def test_options_that_go_together_after_txt_leave_the_verdict_to_the_hosts() -> None:
    with NameServer(cluster(NAME, [(HOST, 1)], "loadBalanced=true")) as names:
        report = check_uri(f"mongodb+srv://{NAME}/?tls=false", resolver=names.address)[1]
    assert report.verdict is not None
    assert report.verdict.cause == "tcp.refused"
