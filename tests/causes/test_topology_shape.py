"""Causes where the deployment is not what the connection string describes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mongoping.causes import topology_shape
from mongoping.observations import MemberAnswer
from mongoping.probe.replset import MemberConfig, MemberState
from tests.causes.replica_sets import (
    ALIKE,
    DIRECT,
    OF_RS0,
    RECOVERING,
    RS0,
    SEED,
    config,
    member,
    members,
    no_server,
    status,
    turns,
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
)
from tests.evidence import evidence, failed, hello

if TYPE_CHECKING:
    from mongoping.model import Evidence

EPOCH = datetime.fromtimestamp(0, UTC)

TRUE: list[True_] = [
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
        "a hidden member, which serves reads but refuses writes; the option w applies to writes",
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
            no_server(),
            seeds=("localhost:5",),
        ),
        "(10.0.0.1:27017) cannot be reached from this machine",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
            failed("hello", "not-mongodb", "10.0.0.1:27017", head="SSH-2.0-x"),
            no_server(),
            seeds=("localhost:5",),
        ),
        "(10.0.0.1:27017) lead to other services than MongoDB from this machine",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, process="2"),
            no_server(),
            uri=OF_RS0,
            seeds=(A,),
        ),
        "a:27017 is primary of rs0 and calls itself localhost:5, but from this machine a different "
        "server answers at localhost:5 (standalone)",
    ),
    (
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, "uninitialized", process="2"),
            no_server(),
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
        evidence(hello(A), hello(B), no_server("Unknown"), seeds=(A, B)),
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
            members(
                answers={A: (MemberAnswer("primary", B, "1"), MemberAnswer("secondary", C, "2"))}
            ),
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
        evidence(hello(A, "uninitialized"), hello(B, "secondary", **RS0), no_server()),
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
        evidence(hello(A, "primary", **RS0), failed("tcp", "timeout", B), no_server(), seeds=(A,)),
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
        evidence(
            hello(A, "primary", **SEED), hello(ALIKE, "primary", **SEED), no_server(), seeds=(A,)
        ),
    ),
    (  # the server was restarted between the two: by now its address has the new process too
        "topology.direct-connection-needed",
        evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, "primary", **{**SEED, "process": "2"}),
            no_server(),
            members(
                answers={
                    A: (MemberAnswer("primary", ALIKE, "1"), MemberAnswer("primary", ALIKE, "2"))
                }
            ),
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
            members(answers={A: (MemberAnswer("primary", B, "1"),) * 5}),
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
            members(
                answers={A: (MemberAnswer("primary", B, "1"), MemberAnswer("primary", B, "2"))}
            ),
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


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([topology_shape], TRUE, FALSE)
