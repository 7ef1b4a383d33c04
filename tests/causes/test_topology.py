"""Causes that are seen when the members of a deployment are put side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import topology, topology_shape
from mongoping.checks.driver import DriverSeen, ServerSeen
from mongoping.checks.members import MembersSeen
from mongoping.model import Member
from tests.causes.table import (
    A,
    B,
    C,
    False_,
    True_,
    asked,
    is_complete,
    is_silent,
    is_true,
    verdict,
)
from tests.evidence import evidence, failed, hello, result
from tests.evidence import topology as tree

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

RS0 = {"set_name": "rs0", "hosts": (A, B, C)}
OF_RS0 = "mongodb://a:27017/?replicaSet=rs0"
DIRECT = "mongodb://a:27017/?directConnection=true"


def works(kind: str = "ReplicaSetWithPrimary", *servers: ServerSeen, **more: Any) -> Result:
    return result("driver", DriverSeen("ready", kind, "rs0", servers, **more))


def lost(kind: str = "ReplicaSetNoPrimary", *servers: ServerSeen) -> Result:
    """A driver that found nothing it could use."""
    return failed("driver", "unreachable", data=DriverSeen("unreachable", kind, "rs0", servers))


def members(*rows: Member, status: int | None = None) -> Result:
    return result("members", MembersSeen(tree("ReplicaSetNoPrimary", *rows), {}, status))


def member(host: str, role: str = "secondary", *, reachable: bool = True, **more: Any) -> Member:
    return Member(host, role, reachable, advertised=True, **more)


SECOND = ServerSeen(A, "RSSecondary")

TRUE: list[True_] = [
    (
        "topology.set-name-mismatch",
        evidence(hello(A, "primary", **RS0), lost("Unknown"), uri="mongodb://a/?replicaSet=prod"),
        'says replicaSet=prod, and a:27017 is a member of "rs0"',
    ),
    (
        "topology.not-a-replica-set",
        evidence(hello(A), lost("Unknown"), uri=OF_RS0),
        "a:27017 belongs to no set",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown")),
        "rs.initiate() was never run there",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown"), members(status=93)),
        "it was removed from its set",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            lost("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B, reachable=False), member(C, reachable=False)),
        ),
        "2 of 3 members cannot be reached (b:27017, c:27017), so there is no majority",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            lost("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B), member(C)),
        ),
        "3 of 3 members can be reached, and none is primary",
    ),
    (
        "topology.member-unresolvable",
        evidence(
            hello(A, "secondary", primary=B, **RS0), failed("addresses", "nxdomain", B), lost()
        ),
        "a:27017 names b:27017 as a member, and that name does not resolve here",
    ),
    (
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("tcp", "refused", B), works()),
        "b:27017 is a member of the set, and cannot be reached",
    ),
    (
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("hello", "timeout", B), works()),
        "b:27017 is a member of the set",
    ),
    (
        "topology.set-name-missing",
        evidence(hello(A, "primary", **RS0), lost("Unknown"), uri="mongodb://a/?replicaSet="),
        "without a name",
    ),
    (
        "topology.set-name-missing",
        evidence(
            hello(A, "primary", **RS0), hello(B, "primary", set_name="rs1"), works(), seeds=(A, B)
        ),
        "members of 2 sets",
    ),
    (
        "topology.replica-set-required",
        evidence(hello(A), works("Single"), uri="mongodb://a/?w=2"),
        "w=2 is asked for, and a:27017 belongs to no replica set",
    ),
    (
        "topology.not-primary",
        evidence(hello(A, "secondary", primary=B, **RS0), works("Single"), uri=DIRECT),
        "is secondary: writes will be refused; the primary is b:27017",
    ),
    (
        "topology.no-matching-server",
        evidence(
            hello(A, "primary", **RS0),
            works(readable=False, read_preference="Secondary [{'dc': 'x'}]"),
        ),
        "no member fits the read preference of the connection string (Secondary",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
            failed("tcp", "timeout", "10.0.0.1:27017"),
            lost(),
            seeds=("localhost:5",),
        ),
        "whose own names (10.0.0.1:27017) cannot be reached from here",
    ),
    (
        "topology.load-balanced-mismatch",
        evidence(hello(A, "mongos"), uri="mongodb://a/?loadBalanced=true"),
        "a:27017 is no load balancer",
    ),
    (
        "topology.replication-lag",
        evidence(hello(A, "primary", **RS0), works(), members(member(B, lag_s=60.0))),
        "b:27017 by 60 s",
    ),
    (
        "topology.unexpected",
        evidence(hello(A), hello(B), lost("Unknown"), seeds=(A, B)),
        "the seeds are not of one deployment",
    ),
    (
        "topology.unexpected",
        evidence(hello(A, "mongos"), hello(B, "primary", **RS0), works("Sharded"), seeds=(A, B)),
        "a:27017 is mongos, b:27017 is primary",
    ),
    (
        "topology.mixed-versions",
        evidence(
            hello(A, "primary", version="6.0.5", **RS0),
            hello(B, "secondary", version="5.0.4", **RS0),
            works(),
        ),
        "a:27017 6.0.5, b:27017 5.0.4",
    ),
]

FALSE: list[False_] = [
    ("topology.set-name-mismatch", evidence(hello(A, "primary", **RS0), uri=OF_RS0)),
    ("topology.set-name-mismatch", evidence(hello(A), uri=OF_RS0)),
    ("topology.set-name-mismatch", evidence(hello(A, "primary", **RS0))),
    ("topology.not-a-replica-set", evidence(hello(A), works("Single"))),
    ("topology.not-a-replica-set", evidence(hello(A, "primary", **RS0), lost(), uri=OF_RS0)),
    ("topology.not-a-replica-set", evidence(hello(A, "uninitialized"), lost(), uri=OF_RS0)),
    ("topology.not-initialized", evidence(hello(A, "secondary", **RS0), lost())),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), hello(B, "primary", **RS0), works()),
    ),
    ("topology.no-primary", evidence(hello(A, "primary", **RS0), works())),
    (
        "topology.no-primary",
        evidence(hello(A, "secondary", primary=B, **RS0), lost("ReplicaSetNoPrimary", SECOND)),
    ),
    ("topology.no-primary", evidence(failed("tcp", "refused", A), lost())),
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
    ("topology.member-unreachable", evidence(failed("tcp", "refused", A), lost())),
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
    (
        "topology.replica-set-required",
        evidence(hello(A, "primary", **RS0), works(), uri="mongodb://a/?w=2"),
    ),
    ("topology.replica-set-required", evidence(hello(A), works("Single"), uri="mongodb://a/?w=1")),
    (
        "topology.not-primary",
        evidence(hello(A, "primary", **RS0), works("Single"), uri=DIRECT),
    ),
    ("topology.not-primary", evidence(hello(A, "secondary", primary=B, **RS0), works())),
    ("topology.no-matching-server", evidence(hello(A, "primary", **RS0), works(readable=True))),
    ("topology.no-matching-server", evidence(hello(A, "primary", **RS0), works())),
    (
        "topology.direct-connection-needed",
        evidence(hello(A, "primary", **RS0), failed("tcp", "timeout", B), lost(), seeds=(A,)),
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
            works(),
            seeds=("localhost:5",),
        ),
    ),
    (
        "topology.load-balanced-mismatch",
        evidence(hello(A, "load-balancer", service_id=True), uri="mongodb://a/?loadBalanced=true"),
    ),
    ("topology.load-balanced-mismatch", evidence(hello(A, "mongos"))),
    (
        "topology.replication-lag",
        evidence(hello(A, "primary", **RS0), works(), members(member(B, lag_s=1.0))),
    ),
    (
        "topology.replication-lag",
        evidence(hello(A, "primary", **RS0), works(), members(member(B, lag_s=60.0)), lag=90.0),
    ),
    (
        "topology.unexpected",
        evidence(hello(A, "primary", **RS0), hello(B, "secondary", **RS0), works(), seeds=(A, B)),
    ),
    ("topology.unexpected", evidence(hello(A), works("Single"), seeds=(A,))),
    (
        "topology.mixed-versions",
        evidence(
            hello(A, "primary", version="6.0.5", **RS0),
            hello(B, "secondary", version="6.0.27", **RS0),
            works(),
        ),
    ),
]


@pytest.mark.parametrize(("code", "given", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, given: Evidence, words: str) -> None:
    is_true(code, given, words)


@pytest.mark.parametrize(("code", "given"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, given: Evidence) -> None:
    is_silent(code, given)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([topology, topology_shape], TRUE, FALSE)


def test_a_member_that_the_set_can_do_without_is_a_warning() -> None:
    match = asked(
        "topology.member-unreachable",
        evidence(hello(A, "primary", **RS0), failed("tcp", "refused", B), works()),
    )
    assert match is not None
    assert match.severity == "warning"


def test_the_missing_primary_is_an_error() -> None:
    """The set works for others: this client cannot reach the one member that takes writes."""
    given = evidence(
        hello(A, "secondary", primary=B, **RS0), failed("tcp", "refused", B), lost("Unknown")
    )
    match = asked("topology.member-unreachable", given)
    assert match is not None
    assert match.severity == "error"


def test_without_a_majority_the_missing_members_are_what_has_to_come_back() -> None:
    given = evidence(
        hello(A, "secondary", **RS0),
        failed("tcp", "refused", B),
        failed("tcp", "refused", C),
        lost("ReplicaSetNoPrimary", SECOND),
        members(member(A), member(B, reachable=False), member(C, reachable=False)),
        seeds=(A, B, C),
    )
    assert verdict(given) == "topology.no-primary"
    match = asked("topology.no-primary", given)
    assert match is not None
    assert match.remedies == ("Bring back b:27017 or another one.",)


def test_names_behind_a_tunnel_are_not_the_fault_of_the_members() -> None:
    given = evidence(
        hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
        failed("tcp", "timeout", "10.0.0.1:27017"),
        lost(),
        seeds=("localhost:5",),
    )
    assert verdict(given) == "topology.direct-connection-needed"
