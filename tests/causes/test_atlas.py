"""Causes that only Atlas has. They weigh all nodes: one of three is that node's own fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.causes import atlas
from mongoping.checks.uri import look
from mongoping.diagnosis import diagnose
from mongoping.observations import SrvFacts, TlsFacts
from mongoping.uri.target import parse
from tests.causes.table import False_, True_, is_complete, is_silent, is_true, verdict
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

URI = "mongodb+srv://c0.ab.mongodb.net/"
NODES = tuple(f"c0-shard-00-0{number}.ab.mongodb.net:27017" for number in range(3))
PRIVATE = tuple(f"c0-shard-00-0{number}-pri.ab.mongodb.net:27017" for number in range(3))
HERE = tuple(f"h{number}.example.test:27017" for number in range(3))
SRV = result("srv", SrvFacts("_mongodb._tcp.c0.ab.mongodb.net", None))


def aborting(host: str, code: int = 80) -> Result:
    return failed("tls", "alert", host, data=TlsFacts(), code=code, message="ALERT")


def shaken(host: str) -> Result:
    return result("tls", TlsFacts("TLSv1.3"), host)


def cluster(*rows: Result, hosts: tuple[str, ...] = NODES, uri: str = URI, **more: str) -> Evidence:
    return evidence(SRV, *rows, uri=uri, hosts=hosts, **more)


def string(uri: str, preset: str = "atlas") -> Evidence:
    return evidence(result("uri", look(parse(uri)).data), uri=uri, hosts=(), preset=preset)


TRUE: list[True_] = [
    ("atlas.ip-not-allowed", cluster(*map(aborting, NODES)), "all 3 nodes abort TLS with alert 80"),
    (
        "atlas.ip-not-allowed",
        cluster(aborting(NODES[0]), hosts=NODES[:1]),
        "the only node aborts TLS",
    ),
    (
        "atlas.cluster-paused",
        cluster(*(failed("addresses", "nxdomain", node) for node in NODES)),
        "lists 3 nodes, but no such host name resolves",
    ),
    (
        "atlas.private-endpoint",
        cluster(*(failed("tcp", "timeout", host) for host in PRIVATE), hosts=PRIVATE),
        "is a host name for a private network",
    ),
    ("atlas.not-atlas", string("mongodb://localhost/"), "TLS is off"),
    (
        "atlas.not-atlas",
        string("mongodb+srv://c0.ab.example.test/"),
        "no host name ends in .mongodb.net",
    ),
]

FALSE: list[False_] = [
    ("atlas.ip-not-allowed", cluster(aborting(NODES[0]), *map(shaken, NODES[1:]))),
    ("atlas.ip-not-allowed", cluster(*(aborting(node, 40) for node in NODES))),
    ("atlas.ip-not-allowed", cluster(*map(aborting, HERE), hosts=HERE)),
    ("atlas.ip-not-allowed", cluster(*(failed("tcp", "timeout", node) for node in NODES))),
    ("atlas.cluster-paused", cluster(failed("addresses", "nxdomain", NODES[0]))),
    (
        "atlas.cluster-paused",
        cluster(*(failed("addresses", "servfail", node) for node in NODES)),
    ),
    (
        "atlas.cluster-paused",
        cluster(*(failed("addresses", "nxdomain", host) for host in HERE), hosts=HERE),
    ),
    (
        "atlas.private-endpoint",
        cluster(*(failed("tcp", "timeout", node) for node in NODES)),
    ),
    ("atlas.private-endpoint", cluster(failed("tcp", "timeout", PRIVATE[0]), hosts=PRIVATE)),
    ("atlas.not-atlas", string("mongodb://localhost/", "check")),
    ("atlas.not-atlas", string(URI)),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([atlas], TRUE, FALSE)


def test_the_access_list_is_the_verdict_and_the_alert_is_its_echo() -> None:
    assert verdict(cluster(*map(aborting, NODES))) == "atlas.ip-not-allowed"
    assert verdict(cluster(*map(aborting, HERE), hosts=HERE)) == "tls.alert-internal-error"


def test_one_node_that_aborts_is_a_warning_about_that_node() -> None:
    rows = [
        aborting(NODES[0]),
        *map(shaken, NODES[1:]),
        *(hello(node, "mongos") for node in NODES[1:]),
    ]
    assert verdict(cluster(*rows, result("driver"))) is None


def test_a_private_network_that_refuses_is_told_once() -> None:
    """The refused port is a consequence: the right machine cannot be reached from here."""
    rows = [
        failed("tcp", kind, pair)
        for kind, pair in zip(("refused", "timeout", "refused"), PRIVATE, strict=True)
    ]
    findings = diagnose(cluster(*rows, hosts=PRIVATE), registry.causes()).findings
    assert [finding.cause for finding in findings] == ["atlas.private-endpoint"]
