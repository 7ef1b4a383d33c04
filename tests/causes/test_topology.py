"""Causes in replica sets and other deployments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.causes import topology, topology_shape
from mongoping.checks.driver import DriverSeen, ServerSeen
from mongoping.checks.members import Answer, MembersSeen
from mongoping.checks.set_status import SetStatusSeen
from mongoping.diagnosis import diagnose
from mongoping.model import Member
from mongoping.probe.replset import MemberConfig, MemberState
from mongoping.uri.host import Host
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
from tests.evidence import ago, evidence, failed, hello, result
from tests.evidence import topology as tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import Evidence, Result

RS0 = {"set_name": "rs0", "hosts": (A, B, C)}
OF_RS0 = "mongodb://a:27017/?replicaSet=rs0"
DIRECT = "mongodb://a:27017/?directConnection=true"


def works(kind: str = "ReplicaSetWithPrimary", *servers: ServerSeen, **more: Any) -> Result:
    return result("driver", DriverSeen("ready", kind, "rs0", servers, **more))


def lost(kind: str = "ReplicaSetNoPrimary", *servers: ServerSeen) -> Result:
    """A driver that found nothing it could use."""
    return failed("driver", "unreachable", data=DriverSeen("unreachable", kind, "rs0", servers))


def members(*rows: Member, answers: Mapping[str, tuple[Answer, ...]] | None = None) -> Result:
    seen = MembersSeen(tree("ReplicaSetNoPrimary", *rows), {}, answers or {})
    return result("members", seen)


def status(**fields: Any) -> Result:
    """What the set says of members without a role."""
    return result("set-status", SetStatusSeen(**fields))


def turns(role: str, processes: str) -> tuple[Answer, ...]:
    """Servers without a name of their own, by the process that answered each connection."""
    return tuple(Answer(role, None, process) for process in processes)


def config(*hosts: str) -> tuple[MemberConfig, ...]:
    return tuple(MemberConfig(host) for host in hosts)


def member(host: str, role: str = "secondary", *, reachable: bool = True, **more: Any) -> Member:
    return Member(host, role, reachable, advertised=True, **more)


SECOND = ServerSeen(A, "RSSecondary")
ALIKE = "localhost:5"  # a member's name that leads to another server on the client's machine
SEED = {
    "set_name": "rs0",
    "hosts": (ALIKE,),
    "me": ALIKE,
    "advertised": (Host("localhost", 5),),
    "process": "1",
}
"""The hello of a primary whose only name is that of the client's machine."""
EPOCH = datetime.fromtimestamp(0, UTC)
RECOVERING = {"last_write": ago(1), "me": A, **RS0}

TRUE: list[True_] = [
    (
        "topology.set-name-mismatch",
        evidence(hello(A, "primary", **RS0), lost("Unknown"), uri="mongodb://a/?replicaSet=prod"),
        "has replicaSet=prod, but a:27017 is a member of the set rs0",
    ),
    (
        "topology.not-a-replica-set",
        evidence(hello(A), lost("Unknown"), uri=OF_RS0),
        "a:27017 is not in a replica set",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown"), status(code=94)),
        "rs.initiate() was never run there",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown"), status(code=13)),
        "whether it was ever initiated is unknown (replSetGetStatus: refused, code 13)",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown")),
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
        evidence(hello(A, "uninitialized"), lost("Unknown"), status(code=93)),
        "does not contain this address: it has moved to another address or port, or it was removed",
    ),
    (
        "topology.not-initialized",
        evidence(hello(A, "uninitialized"), lost("Unknown"), status(code=93, configured=config(B))),
        "its own configuration does not contain this address (it lists b:27017): it has moved",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            lost("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B, reachable=False), member(C, reachable=False)),
        ),
        "2 of 3 members cannot be reached (b:27017, c:27017), so the set has no majority",
    ),
    (
        "topology.no-primary",
        evidence(
            hello(A, "secondary", **RS0),
            lost("ReplicaSetNoPrimary", SECOND),
            members(member(A), member(B), member(C)),
        ),
        "3 of 3 members can be reached, but none is primary",
    ),
    (
        "topology.member-unresolvable",
        evidence(
            hello(A, "secondary", primary=B, **RS0), failed("addresses", "nxdomain", B), lost()
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
        evidence(hello(A, "primary", **RS0), lost("Unknown"), uri="mongodb://a/?replicaSet="),
        "replicaSet= has no value in the connection string",
    ),
    (
        "topology.set-name-missing",
        evidence(
            hello(A, "primary", **RS0), hello(B, "primary", set_name="rs1"), works(), seeds=(A, B)
        ),
        "members of 2 replica sets",
    ),
    (
        "topology.replica-set-required",
        evidence(hello(A), works("Single"), uri="mongodb://a/?w=2"),
        "w=2 needs a replica set, but a:27017 is a standalone server",
    ),
    (
        "topology.replica-set-required",
        evidence(hello(A), works("Single"), uri="mongodb://a/?w=twoDc"),
        "w=twoDc needs a replica set",
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(hello(A, "primary", **RS0), works(), uri="mongodb://a/?w=5"),
        "w=5 needs 5 data-bearing members, but the set rs0 has 3, not counting hidden members",
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(
            hello(A, "primary", **RS0),
            works(),
            status(configured=(*config(A, B), MemberConfig(C, arbiter=True))),
            uri="mongodb://a/?w=3",
        ),
        "the set rs0 has 2: every write will fail with code 100",
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(
            hello(A, "primary", **RS0),
            works(),
            members(member(A), member(B), member(C, reachable=False)),
            uri="mongodb://a/?w=3",
        ),
        "w=3 needs 3 of 3 data-bearing members, but c:27017 is not available",
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(
            hello(A, "primary", **RS0), works(), status(modes=("eu",)), uri="mongodb://a/?w=twoDc"
        ),
        "the set rs0 does not define (its modes: eu)",
    ),
    (
        "topology.not-primary",
        evidence(hello(A, "secondary", primary=B, **RS0), works("Single"), uri=DIRECT),
        "a secondary, which serves reads but refuses writes; the primary is b:27017",
    ),
    (
        "topology.not-primary",
        evidence(hello(A, "hidden", **RS0), works("Single"), uri=f"{DIRECT}&w=majority"),
        "a hidden member, which serves reads but refuses writes; the option w is about writes",
    ),
    (
        "topology.not-primary",
        evidence(hello(A, "arbiter", **RS0), works("Single"), uri=DIRECT),
        "an arbiter, which has no data and no users",
    ),
    (
        "topology.member-not-ready",
        evidence(
            hello(A, "recovering", **RECOVERING),
            works(),
            status(states=(MemberState(A, "RECOVERING"),)),
        ),
        "a:27017 is in state RECOVERING and serves no reads; its last write is from 2026-11-21",
    ),
    (
        "topology.member-not-ready",
        evidence(hello(A, "recovering", **{**RECOVERING, "last_write": EPOCH}), works()),
        "is neither primary nor secondary and serves no reads; it has no data yet",
    ),
    (
        "topology.member-not-ready",
        evidence(
            hello(A, "recovering", **RECOVERING),
            works(),
            status(states=(MemberState(A, "(NOT REACHABLE/HEALTHY)", authenticated=False),)),
        ),
        "it and the other members cannot authenticate to each other",
    ),
    (
        "topology.member-not-ready",
        evidence(hello(A, "uninitialized"), hello(B, "primary", **RS0), works()),
        "is a member of the set, but has not received the set's configuration",
    ),
    (
        "topology.no-matching-server",
        evidence(
            hello(A, "primary", **RS0),
            works(readable=False, read_preference="Secondary [{'dc': 'x'}]"),
        ),
        "no member matches the read preference of the connection string (Secondary",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
            failed("tcp", "timeout", "10.0.0.1:27017"),
            lost(),
            seeds=("localhost:5",),
        ),
        "(10.0.0.1:27017) cannot be reached from this machine",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED), hello(ALIKE, process="2"), lost(), uri=OF_RS0, seeds=(A,)
        ),
        "a:27017 is primary of rs0 and calls itself localhost:5, but from this machine a different "
        "server answers at localhost:5 (standalone)",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, "uninitialized", process="2"),
            lost(),
            uri=OF_RS0,
            seeds=(A,),
        ),
        "from this machine a different server answers at localhost:5 (uninitialized)",
    ),
    (
        "topology.load-balanced-mismatch",
        evidence(hello(A, "mongos"), uri="mongodb://a/?loadBalanced=true"),
        "a:27017 is not behind a load balancer",
    ),
    (
        "topology.replication-lag",
        evidence(hello(A, "primary", **RS0), works(), members(member(B, lag_s=60.0))),
        "b:27017 by 60 s",
    ),
    (
        "topology.unexpected",
        evidence(hello(A), hello(B), lost("Unknown"), seeds=(A, B)),
        "the hosts in the connection string are not one deployment",
    ),
    (
        "topology.unexpected",
        evidence(hello(A, "mongos"), hello(B, "primary", **RS0), works("Sharded"), seeds=(A, B)),
        "a:27017 is mongos, b:27017 is primary",
    ),
    (
        "topology.unexpected",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, "primary", **{**SEED, "process": "2"}),
            works(),
            seeds=(A,),
        ),
        "a different server answers at localhost:5 (primary of rs0); the driver uses",
    ),
    (
        "topology.unexpected",
        evidence(
            hello(A, "primary", me=B, **RS0),
            works("Single"),
            members(answers={A: (Answer("primary", B, "1"), Answer("secondary", C, "2"))}),
            uri=DIRECT,
        ),
        "connections to a:27017 reach different servers: b:27017 (primary), c:27017 (secondary)",
    ),
    (
        "topology.unexpected",
        evidence(hello(A), works("Single"), members(answers={A: turns("standalone", "12121")})),
        "connections to a:27017 reach different servers: 2 different processes",
    ),
    (
        "topology.unexpected",
        evidence(
            hello(A, "mongos"), works("Sharded"), members(answers={A: turns("mongos", "123")})
        ),
        "so cursors and transactions fail",
    ),
    (
        "topology.unexpected",
        evidence(hello(A, "primary", config_server=True, **RS0), works()),
        "a:27017 is a config server",
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
        "topology.replica-set-required",
        evidence(hello(A), works("Single"), uri="mongodb://a/?w=majority"),
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(hello(A, "primary", **RS0), works(), uri="mongodb://a/?w=3"),
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(
            hello(A, "primary", set_name="rs0", hosts=(A,)),
            works(),
            status(configured=(*config(A, B), MemberConfig(C, hidden=True))),
            uri="mongodb://a/?w=3",
        ),
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(hello(A, "primary", **RS0), works(), uri="mongodb://a/?w=twoDc"),
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(
            hello(A, "primary", **RS0),
            works(),
            members(member(A), member(B), member(C, reachable=False)),
            uri="mongodb://a/?w=2",
        ),
    ),
    (
        "topology.write-concern-unsatisfiable",
        evidence(hello(A, "mongos"), works("Sharded"), uri="mongodb://a/?w=5"),
    ),
    ("topology.member-not-ready", evidence(hello(A, "secondary", **RECOVERING), works())),
    ("topology.member-not-ready", evidence(hello(A, "hidden", **RECOVERING), works())),
    ("topology.member-not-ready", evidence(hello(A, "uninitialized"), works())),
    (
        "topology.member-not-ready",
        evidence(hello(A, "uninitialized"), hello(B, "secondary", **RS0), lost()),
    ),
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
    (  # the same server answers at its address and at its name: a forwarded port
        "topology.direct-connection-needed",
        evidence(hello(A, "primary", **SEED), hello(ALIKE, "primary", **SEED), lost(), seeds=(A,)),
    ),
    (  # the server was restarted between the two: by now its address has the new process too
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, "primary", **{**SEED, "process": "2"}),
            lost(),
            members(answers={A: (Answer("primary", ALIKE, "1"), Answer("primary", ALIKE, "2"))}),
            seeds=(A,),
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
    (  # one server by another name: a tunnel, or a container's published port
        "topology.unexpected",
        evidence(
            hello(A, "primary", me=B, **RS0),
            works("Single"),
            members(answers={A: (Answer("primary", B, "1"),) * 5}),
            uri=DIRECT,
        ),
    ),
    (  # a standalone server that was restarted in between
        "topology.unexpected",
        evidence(hello(A), works("Single"), members(answers={A: turns("standalone", "12222")})),
    ),
    (  # restarted in between: another process of the same member
        "topology.unexpected",
        evidence(
            hello(A, "primary", me=B, **RS0),
            works("Single"),
            members(answers={A: (Answer("primary", B, "1"), Answer("primary", B, "2"))}),
            uri=DIRECT,
        ),
    ),
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
    assert tuple(map(str, match.remedies)) == (
        "Start b:27017 or c:27017 again, so that a majority runs.",
    )


def test_names_behind_a_tunnel_are_not_the_fault_of_the_members() -> None:
    given = evidence(
        hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
        failed("tcp", "timeout", "10.0.0.1:27017"),
        lost(),
        seeds=("localhost:5",),
    )
    assert verdict(given) == "topology.direct-connection-needed"


def test_a_server_that_was_initiated_is_not_told_to_initiate() -> None:
    """It is refused with AlreadyInitialized. Both readings are given, the likelier one first."""
    one = evidence(
        hello(A, "uninitialized"), lost("Unknown"), status(code=93, configured=config(B))
    )
    found = diagnose(one, registry.causes()).verdict
    assert found is not None
    assert not any("rs.initiate" in remedy for remedy in map(str, found.remedies))
    assert (
        str(found.remedies[0])
        == "Start it with the host name and port in its configuration: b:27017."
    )
    assert "force: true" in str(found.remedies[1])
    three = evidence(
        hello(A, "uninitialized"), lost("Unknown"), status(code=93, configured=config(B, C))
    )
    several = diagnose(three, registry.causes()).verdict
    assert several is not None
    assert 'rs.add("a:27017")' in str(several.remedies[1])


def test_names_that_lead_to_another_server_are_the_cause_and_nothing_else_is_advised() -> None:
    """The other server is not to be initiated, and replicaSet is right as it is."""
    for role in ("standalone", "uninitialized"):
        given = evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, role, process="2"),
            lost("Unknown"),
            uri=OF_RS0,
            seeds=(A,),
        )
        found = diagnose(given, registry.causes())
        assert [finding.cause for finding in found.findings] == [
            "topology.direct-connection-needed"
        ]
        assert found.verdict is not None
        assert "directConnection=true" in str(found.verdict.remedies[0])


def test_a_standalone_beside_a_member_of_the_wanted_set_is_not_to_blame() -> None:
    """The set has no primary, so the driver fails; leaving replicaSet out would not help."""
    given = evidence(hello(A), hello(B, "secondary", **RS0), lost(), uri=OF_RS0, seeds=(A, B))
    assert asked("topology.not-a-replica-set", given) is None


@pytest.mark.parametrize(
    ("role", "options", "severity"),
    [
        ("secondary", "", "info"),
        ("hidden", "", "info"),
        ("secondary", "&retryWrites=true", "info"),
        ("secondary", "&readPreference=secondary&w=majority", "info"),
        ("secondary", "&w=majority", "error"),
        ("secondary", "&journal=true", "error"),
        ("arbiter", "", "error"),
        ("arbiter", "&readPreference=nearest", "error"),
    ],
)
def test_a_direct_connection_to_a_member_that_is_no_primary_is_an_error_if_it_cannot_serve(
    role: str, options: str, severity: str
) -> None:
    given = evidence(hello(A, role, **RS0), works("Single"), uri=DIRECT + options)
    found = diagnose(given, registry.causes())
    assert [(one.cause, one.severity) for one in found.findings] == [
        ("topology.not-primary", severity)
    ]
    assert (found.verdict is None) == (severity == "info")


def test_an_arbiter_is_the_cause_and_a_refused_ping_its_consequence() -> None:
    refused = failed("ping", "command", code=18, message="Authentication failed.")
    arbiter = evidence(hello(A, "arbiter", **RS0), works("Single"), refused, uri=DIRECT)
    assert verdict(arbiter) == "topology.not-primary"
    leaving = failed("ping", "command", code=91, message="shutting down")
    secondary = evidence(hello(A, "secondary", **RS0), works("Single"), leaving, uri=DIRECT)
    assert verdict(secondary) == "ping.refused"


def test_a_member_without_a_role_is_an_error_where_it_is_the_only_one_in_use() -> None:
    direct = evidence(hello(A, "recovering", **RECOVERING), works("Single"), uri=DIRECT)
    assert verdict(direct) == "topology.member-not-ready"
    of_set = evidence(
        hello(A, "recovering", **RECOVERING), hello(B, "primary", **RS0), works(), seeds=(A, B)
    )
    assert verdict(of_set) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("RECOVERING", "replSetMaintenance"),
        ("STARTUP2", "initialSyncStatus"),
        ("ROLLBACK", "rollback"),
    ],
)
def test_what_to_do_depends_on_the_state(state: str, words: str) -> None:
    given = evidence(
        hello(A, "recovering", **RECOVERING), works(), status(states=(MemberState(A, state),))
    )
    match = asked("topology.member-not-ready", given)
    assert match is not None
    assert words in str(match.remedies[0])


def test_an_empty_set_name_is_to_be_the_one_that_all_hosts_state() -> None:
    uri = "mongodb://a,b/?replicaSet="
    same = evidence(
        hello(A, "primary", **RS0), hello(B, "secondary", **RS0), lost("Unknown"), uri=uri
    )
    match = asked("topology.set-name-missing", same)
    assert match is not None
    assert tuple(map(str, match.remedies)) == (
        "Name the set in the connection string: mongodb://a,b/?replicaSet=rs0",
    )
    mixed = evidence(
        hello(A, "primary", **RS0), hello(B, "primary", set_name="rs1"), lost("Unknown"), uri=uri
    )
    match = asked("topology.set-name-missing", mixed)
    assert match is not None
    assert tuple(map(str, match.remedies)) == (
        "Name the set, or remove replicaSet= from the connection string.",
    )
    none = evidence(hello(A), lost("Unknown"), uri="mongodb://a/?replicaSet=")
    match = asked("topology.set-name-missing", none)
    assert match is not None
    assert str(match.remedies[0]).startswith("Remove replicaSet=")


def test_one_address_of_several_members_is_the_only_verdict_whichever_member_answers() -> None:
    """With w=majority a secondary would be reported too, a primary would not."""
    answers = {A: (Answer("primary", B, "1"), Answer("secondary", C, "2"))}
    for role in ("primary", "secondary", "arbiter"):
        given = evidence(
            hello(A, role, me=B, **RS0),
            works("Single"),
            members(answers=answers),
            uri=f"{DIRECT}&w=majority",
        )
        assert [one.cause for one in diagnose(given, registry.causes()).findings] == [
            "topology.unexpected"
        ]
