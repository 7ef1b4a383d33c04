"""SRV and TXT rules: tables, and PyMongo itself as the judge of what a client accepts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pymongo
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient
from pymongo.asynchronous.srv_resolver import _SrvResolver
from pymongo.errors import ConfigurationError, InvalidURI

from mongoping.model import Failure
from mongoping.probe.dns import ask, system_override
from mongoping.probe.srv_rules import (
    allowed_domain,
    parent_domain,
    query_name,
    seed_list,
    suffix_failure,
)
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.uri.host import Host
from mongoping.uri.target import Target, parse

if TYPE_CHECKING:
    from mongoping.probe.srv_rules import SeedList

NAME = "c0.ab.example.test"
INSIDE = ("h0.ab.example.test", 27017)
OTHER = ("h1.ab.example.test", 27018)
LABELS = st.sampled_from(["a", "b", "AB", "example", "test"])
DOMAINS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)


def target(options: str = "", name: str = NAME, user: str = "") -> Target:
    result = parse(f"mongodb+srv://{user}{name}/?{options}")
    assert result.target is not None, result.problem
    return result.target


def rules(
    options: str = "", *texts: bytes, records: Any = (INSIDE,), user: str = "", **more: Any
) -> SeedList:
    return seed_list(target(options, user=user), records, texts, **more)


def kind(result: SeedList) -> str | None:
    return None if result.failure is None else result.failure.kind


@given(DOMAINS, DOMAINS)
@example("c0.ab.example.test", "ab.example.test")
@example("c0.ab.example.test", "xab.example.test")
@example("example.test", "example.test")
@example("example.test", "a.example.test")
def test_the_same_targets_are_refused_as_by_the_driver(name: str, host: str) -> None:
    """Compare with PyMongo's resolver, by a private method of it."""
    judge = _SrvResolver(name, None, "mongodb")
    try:
        judge._validate_host(host.lower())
        is_refused = False
    except ConfigurationError:
        is_refused = True
    assert bool(seed_list(target(name=name), [(host, 1)], []).outside) == is_refused


@pytest.mark.parametrize(
    ("name", "parent"),
    [(NAME, "ab.example.test"), ("Example.Test", "example.test"), ("localhost", "localhost")],
)
def test_the_parent_is_the_name_without_its_first_label(name: str, parent: str) -> None:
    assert parent_domain(name) == parent


def test_the_options_choose_query_and_domain() -> None:
    assert query_name(target()) == f"_mongodb._tcp.{NAME}"
    assert query_name(target("srvServiceName=customer")) == f"_customer._tcp.{NAME}"
    assert allowed_domain(target("srvAllowedHostsSuffix=.Else.Where.")) == "else.where"
    assert allowed_domain(target()) == "ab.example.test"


@pytest.mark.parametrize(
    ("suffix", "is_refused"),
    [
        ("co.uk", True),
        (".CO.UK.", True),
        ("github.io", True),  # of the list's private part
        ("example.co.uk", False),
        ("example.com", False),
        ("internal", False),
        ("local", False),
    ],
)
def test_a_public_suffix_is_refused_as_by_the_driver(suffix: str, is_refused: bool) -> None:
    pytest.importorskip("pymongo._psl", reason="this PyMongo has no list of public suffixes")
    from pymongo.asynchronous.srv_resolver import _SrvResolver

    try:
        _SrvResolver(NAME, None, "mongodb", 0, suffix)
        driver = False
    except ConfigurationError:
        driver = True
    failure = suffix_failure(target(f"srvAllowedHostsSuffix={suffix}"))
    assert (failure is not None) is driver is is_refused


def test_seeds_are_in_lower_case_as_the_driver_has_them() -> None:
    assert rules(records=[("H0.AB.Example.Test", 1)]).seeds == (Host("h0.ab.example.test", 1),)


def test_srv_max_hosts_limits_the_seeds_and_zero_does_not() -> None:
    many = [(f"h{number}.ab.example.test", 1) for number in range(9)]
    every = set(rules(records=many).seeds)
    assert len(every) == 9
    assert len(rules("srvMaxHosts=0", records=many).seeds) == 9
    assert len(rules("srvMaxHosts=20", records=many).seeds) == 9
    seeds = rules("srvMaxHosts=2", records=many).seeds
    assert len(seeds) == 2
    assert set(seeds) < every


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (rules(), None),
        (rules(records=()), "no-data"),
        (rules(records=[(".", 0)]), "no-data"),
        (rules(records=[("", 0), INSIDE]), "parent-domain"),
        (rules(records=[INSIDE, ("h.evil.test", 1)]), "parent-domain"),
        (rules("srvAllowedHostsSuffix=evil.test", records=[("h.evil.test", 1)]), None),
        (rules("srvAllowedHostsSuffix=evil.test"), "parent-domain"),
        (rules("", b"authSource=a&replicaSet=b"), None),
        (rules("", b""), None),
        (rules("", b"a=b", b"c=d"), "txt"),
        (rules("", b"ssl=false"), "txt"),
        (rules("", b"authSource=\xff"), "txt"),
        (rules("", txt_failure=Failure("no-data", "")), None),
        (rules("", txt_failure=Failure("timeout", "")), "timeout"),
    ],
)
def test_records_that_the_driver_refuses_have_a_kind(
    result: SeedList, expected: str | None
) -> None:
    assert kind(result) == expected


CONFLICTS = [
    ("", b"loadBalanced=true", 1, False),
    ("", b"loadBalanced=true", 2, True),
    ("loadBalanced=true", b"", 2, True),
    ("loadBalanced=true", b"", 1, False),
    ("loadBalanced=true", b"replicaSet=rs0", 1, True),
    ("replicaSet=rs0", b"loadBalanced=true", 1, True),
    ("loadBalanced=false", b"loadBalanced=true&replicaSet=rs0", 2, False),
    ("", b"loadBalanced=true&replicaSet=rs0", 1, True),
    ("loadBalanced=true", b"replicaSet=", 1, False),
    ("srvMaxHosts=1", b"replicaSet=rs0", 2, True),
    ("srvMaxHosts=1", b"loadBalanced=true", 2, True),
    ("srvMaxHosts=1", b"loadBalanced=false", 2, False),
    ("srvMaxHosts=0", b"replicaSet=rs0", 2, False),
    ("srvMaxHosts=1", b"authSource=a", 2, False),
    ("authMechanism=MONGODB-X509", b"authSource=admin", 1, True),
    ("authMechanism=MONGODB-X509&authSource=$external", b"authSource=admin", 1, False),
    ("authMechanism=MONGODB-X509", b"authSource=$external", 1, False),
]


@pytest.mark.parametrize(("options", "txt", "hosts", "is_refused"), CONFLICTS)
def test_options_conflict_after_txt_exactly_where_the_driver_refuses_them(
    options: str, txt: bytes, hosts: int, is_refused: bool
) -> None:
    """A client is made for a real answer of a name server, and connects to nothing."""
    if pymongo.version_tuple < (4, 18) and "X509" in options:
        pytest.skip("older clients raise where this test does not look")
    records = [INSIDE, OTHER][:hosts]
    result = rules(options, *([txt] if txt else []), records=records)
    assert (kind(result) == "conflict") == is_refused
    zone = cluster(NAME, records, txt.decode() or None)
    with NameServer(zone) as names, system_override(names.address):
        assert asyncio.run(_driver_refuses(f"mongodb+srv://{NAME}/?{options}")) == is_refused


async def _driver_refuses(uri: str) -> bool:
    try:
        client: AsyncMongoClient[Any] = AsyncMongoClient(uri)
        await client.aconnect()
    except (ConfigurationError, InvalidURI, ValueError):
        return True
    await client.close()
    return False


def test_a_conflict_names_the_options_and_where_they_are() -> None:
    failure = rules("loadBalanced=true", b"replicaSet=rs0").failure
    assert failure is not None
    assert failure.facts == {"uri": ("loadBalanced",), "txt": ("replicaSet",)}
    assert "replicaSet=rs0 (TXT record)" in failure.message
    assert "loadBalanced=true (connection string)" in failure.message


def test_the_rules_read_the_answers_of_a_name_server() -> None:
    with NameServer(cluster(NAME, [INSIDE], "authSource=shop")) as names:
        answer = asyncio.run(ask(f"_mongodb._tcp.{NAME}", "SRV", names.address, 3.0))
    (record,) = answer.records
    result = rules("", records=[(record.target.to_text(omit_final_dot=True), record.port)])
    assert result.seeds == (Host(*INSIDE),)
