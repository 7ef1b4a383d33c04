"""Causes in replica sets: their names, members and elections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.causes import topology
from mongoping.diagnosis import diagnose
from mongoping.observations import ServerFacts
from tests.causes.replica_sets import (
    OF_RS0,
    RS0,
    config,
    member,
    members,
    no_server,
    status,
    works,
)
from tests.causes.table import (
    A,
    B,
    C,
    False_,
    True_,
    is_complete,
    is_silent,
    is_true,
    match_of,
    verdict,
)
from tests.evidence import evidence, failed, hello

if TYPE_CHECKING:
    from mongoping.model import Evidence

SECOND = ServerFacts(A, "RSSecondary")

TRUE: list[True_] = [
    (
        "topology.set-name-mismatch",
        evidence(
            hello(A, "primary", **RS0), no_server("Unknown"), uri="mongodb://a/?replicaSet=prod"
        ),
        "has replicaSet=prod, but a:27017 is a member of the set rs0",
    ),
    (
        "topology.not-a-replica-set",
        evidence(hello(A), no_server("Unknown"), uri=OF_RS0),
        "a:27017 is not in a replica set",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), no_server("Unknown"), status(code=94)),
        "rs.initiate() was never run there",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), no_server("Unknown"), status(code=13)),
        "whether it was ever initiated is unknown (replSetGetStatus: refused, code 13)",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), no_server("Unknown")),
        "whether it was ever initiated is unknown (replSetGetStatus: no reply)",
    ),
    (
        "topology.not-initialized",
        evidence(
            hello(A, "uninitialized"),
            hello(B, "primary", set_name="rs0", hosts=(B, C)),
            works(),
            status(code=93),
        ),
        "does not contain this address",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), no_server("Unknown"), status(code=93)),
        "does not contain this address: it has moved to another address or port, or it was removed",
    ),
    (
        "topology.not-initialized",
        evidence(
            hello(A, "uninitialized"), no_server("Unknown"), status(code=93, configured=config(B))
        ),
        "its own configuration does not contain this address (it lists b:27017): it has moved",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            no_server("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B, reachable=False), member(C, reachable=False)),
        ),
        "2 of 3 members cannot be reached (b:27017, c:27017), so the set has no majority",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            no_server("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B), member(C)),
        ),
        "3 of 3 members can be reached, but none is primary",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", passives=(A,), **RS0),
            hello(B, "arbiter", passives=(A,), **RS0),
            no_server("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B), member(C, reachable=False)),
        ),
        "none of them may become primary (arbiters, or members with priority 0)",
    ),
    (
        "topology.member-unresolvable",
        evidence(
            hello(A, "secondary", primary=B, **RS0), failed("addresses", "nxdomain", B), no_server()
        ),
        "lists b:27017 as a member, but this host name does not resolve here",
    ),
    (
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("tcp", "refused", B), works()),
        "b:27017 is a member of the set, but cannot be reached",
    ),
    (
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("hello", "timeout", B), works()),
        "b:27017 is a member of the set",
    ),
    (
        "topology.set-name-missing",
        evidence(hello(A, "primary", **RS0), no_server("Unknown"), uri="mongodb://a/?replicaSet="),
        "replicaSet= has no value in the connection string",
    ),
    (
        "topology.set-name-missing",
        evidence(
            hello(A, "primary", **RS0), hello(B, "primary", set_name="rs1"), works(), seeds=(A, B)
        ),
        "members of 2 replica sets",
    ),
]

FALSE: list[False_] = [
    ("topology.set-name-mismatch", evidence(hello(A, "primary", **RS0), uri=OF_RS0)),
    ("topology.set-name-mismatch", evidence(hello(A), uri=OF_RS0)),
    ("topology.set-name-mismatch", evidence(hello(A, "primary", **RS0))),
    ("topology.not-a-replica-set", evidence(hello(A), works("Single"))),
    ("topology.not-a-replica-set", evidence(hello(A, "primary", **RS0), no_server(), uri=OF_RS0)),
    ("topology.not-a-replica-set", evidence(hello(A, "uninitialized"), no_server(), uri=OF_RS0)),
    ("topology.not-initialized", evidence(hello(A, "secondary", **RS0), no_server())),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), hello(B, "primary", **RS0), works()),
    ),
    ("topology.no-primary", evidence(hello(A, "primary", **RS0), works())),
    (
        "topology.no-primary",
        evidence(hello(A, "secondary", primary=B, **RS0), no_server("ReplicaSetNoPrimary", SECOND)),
    ),
    ("topology.no-primary", evidence(failed("tcp", "refused", A), no_server())),
    (
        "topology.member-unresolvable",
        evidence(
            hello(A, "primary", set_name="rs0", hosts=(A,)), failed("addresses", "nxdomain", B)
        ),
    ),
    (
        "topology.member-unresolvable",
        evidence(hello(A, "primary", **RS0), failed("tcp", "refused", B)),
    ),
    ("topology.member-unreachable", evidence(failed("tcp", "refused", A), no_server())),
    (
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("hello", "eof", B), works()),
    ),
    (
        "topology.set-name-missing",
        evidence(hello(A, "primary", **RS0), hello(B, "secondary", **RS0), works(), seeds=(A, B)),
    ),
    (
        "topology.set-name-missing",
        evidence(
            hello(A, "primary", **RS0),
            hello(B, "primary", set_name="rs1"),
            uri=OF_RS0,
            seeds=(A, B),
        ),
    ),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([topology], TRUE, FALSE)


def test_a_member_that_the_set_can_do_without_is_a_warning() -> None:
    match = match_of(
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("tcp", "refused", B), works()),
    )
    assert match is not None
    assert match.severity == "warning"


def test_the_missing_primary_is_an_error() -> None:
    """The set works for others: this client cannot reach the one member that takes writes."""
    case = evidence(
        hello(A, "secondary", primary=B, **RS0), failed("tcp", "refused", B), no_server("Unknown")
    )
    match = match_of("topology.member-unreachable", case)
    assert match is not None
    assert match.severity == "error"


def test_without_a_majority_the_missing_members_are_what_has_to_come_back() -> None:
    case = evidence(
        hello(A, "secondary", **RS0),
        failed("tcp", "refused", B),
        failed("tcp", "refused", C),
        no_server("ReplicaSetNoPrimary", SECOND),
        members(member(A), member(B, reachable=False), member(C, reachable=False)),
        seeds=(A, B, C),
    )
    assert verdict(case) == "topology.no-primary"
    match = match_of("topology.no-primary", case)
    assert match is not None
    assert tuple(map(str, match.remedies)) == (
        "Start b:27017 or c:27017 again, so that a majority runs.",
    )


def test_members_that_all_run_need_no_start() -> None:
    """With a member down, starting it may help."""
    rows = hello(A, "secondary", **RS0), no_server("ReplicaSetNoPrimary", SECOND)
    for reachable in (True, False):
        last = member(C, reachable=reachable)
        case = evidence(*rows, members(member(A), member(B), last), seeds=(A, B, C))
        verdict = diagnose(case, registry.causes()).verdict
        assert verdict is not None
        assert ("Start members" in str(verdict.remedies)) is not reachable


def test_a_server_that_was_initiated_is_not_told_to_initiate() -> None:
    """It is refused with AlreadyInitialized. Both readings are given, the likelier one first."""
    one = evidence(
        hello(A, "uninitialized"), no_server("Unknown"), status(code=93, configured=config(B))
    )
    verdict = diagnose(one, registry.causes()).verdict
    assert verdict is not None
    assert not any("rs.initiate" in remedy for remedy in map(str, verdict.remedies))
    assert (
        str(verdict.remedies[0])
        == "Start it with the host name and port in its configuration: b:27017."
    )
    assert "force: true" in str(verdict.remedies[1])
    three = evidence(
        hello(A, "uninitialized"), no_server("Unknown"), status(code=93, configured=config(B, C))
    )
    several = diagnose(three, registry.causes()).verdict
    assert several is not None
    assert 'rs.add("a:27017")' in str(several.remedies[1])


def test_a_standalone_beside_a_member_of_the_wanted_set_is_not_to_blame() -> None:
    """The set has no primary, so the driver fails; leaving replicaSet out would not help."""
    case = evidence(hello(A), hello(B, "secondary", **RS0), no_server(), uri=OF_RS0, seeds=(A, B))
    assert match_of("topology.not-a-replica-set", case) is None


def test_an_empty_set_name_is_to_be_the_one_that_all_hosts_state() -> None:
    uri = "mongodb://a,b/?replicaSet="
    same = evidence(
        hello(A, "primary", **RS0), hello(B, "secondary", **RS0), no_server("Unknown"), uri=uri
    )
    match = match_of("topology.set-name-missing", same)
    assert match is not None
    assert tuple(map(str, match.remedies)) == (
        "Name the set in the connection string: mongodb://a,b/?replicaSet=rs0",
    )
    case = evidence(
        hello(A, "primary", **RS0),
        hello(B, "primary", set_name="rs1"),
        no_server("Unknown"),
        uri=uri,
    )
    match = match_of("topology.set-name-missing", case)
    assert match is not None
    assert tuple(map(str, match.remedies)) == (
        "Name the set, or remove replicaSet= from the connection string.",
    )
    none = evidence(hello(A), no_server("Unknown"), uri="mongodb://a/?replicaSet=")
    match = match_of("topology.set-name-missing", none)
    assert match is not None
    assert str(match.remedies[0]).startswith("Remove replicaSet=")
