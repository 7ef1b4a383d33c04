"""Members of a set whose role or address does not fit the connection: which cause is named."""

from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.observations import MemberAnswer
from mongoping.probe.replset import MemberState
from tests.causes.replica_sets import (
    ALIKE,
    DIRECT,
    OF_RS0,
    RECOVERING,
    RS0,
    SEED,
    members,
    no_server,
    status,
    works,
)
from tests.causes.table import (
    A,
    B,
    C,
    match_of,
    verdict,
)
from tests.evidence import evidence, failed, hello


def test_names_behind_a_tunnel_are_not_the_fault_of_the_members() -> None:
    case = evidence(
        hello("localhost:5", "primary", set_name="rs0", hosts=("10.0.0.1:27017",)),
        failed("tcp", "timeout", "10.0.0.1:27017"),
        no_server(),
        seeds=("localhost:5",),
    )
    assert verdict(case) == "topology.direct-connection-needed"


def test_a_member_that_is_down_is_one_warning() -> None:
    """Its refused connection is a consequence, and "start the server" would lose its data."""
    case = evidence(
        hello(A, "primary", set_name="rs0", hosts=(A, B)),
        failed("tcp", "refused", B),
        works(),
        uri=OF_RS0,
    )
    diagnosis = diagnose(case, registry.causes())
    assert [finding.cause for finding in diagnosis.findings] == ["topology.member-unreachable"]
    assert diagnosis.verdict is None


def test_a_host_of_several_is_not_started_with_new_data() -> None:
    case = evidence(
        failed("tcp", "refused", "127.0.0.1:1"),
        failed("tcp", "refused", "127.0.0.1:2"),
        no_server("Unknown"),
        uri="mongodb://127.0.0.1:1,127.0.0.1:2/?replicaSet=rs0",
    )
    diagnosis = diagnose(case, registry.causes())
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "tcp.refused"
    assert not any("mkdir" in str(remedy) for remedy in diagnosis.verdict.remedies)


def test_names_that_lead_to_another_server_are_the_cause_and_nothing_else_is_advised() -> None:
    """The other server is not to be initiated, and replicaSet is right as it is."""
    for role in ("standalone", "uninitialized"):
        case = evidence(
            hello(A, "primary", **SEED),
            hello(ALIKE, role, process="2"),
            no_server("Unknown"),
            uri=OF_RS0,
            seeds=(A,),
        )
        diagnosis = diagnose(case, registry.causes())
        assert [finding.cause for finding in diagnosis.findings] == [
            "topology.direct-connection-needed"
        ]
        assert diagnosis.verdict is not None
        assert "directConnection=true" in str(diagnosis.verdict.remedies[0])


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
    case = evidence(hello(A, role, **RS0), works("Single"), uri=DIRECT + options)
    diagnosis = diagnose(case, registry.causes())
    assert [(finding.cause, finding.severity) for finding in diagnosis.findings] == [
        ("topology.not-primary", severity)
    ]
    assert (diagnosis.verdict is None) == (severity == "info")


def test_an_arbiter_is_the_cause_and_a_refused_ping_its_consequence() -> None:
    row = failed("ping", "command", code=18, message="Authentication failed.")
    arbiter = evidence(hello(A, "arbiter", **RS0), works("Single"), row, uri=DIRECT)
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
    case = evidence(
        hello(A, "recovering", **RECOVERING), works(), status(states=(MemberState(A, state),))
    )
    match = match_of("topology.member-not-ready", case)
    assert match is not None
    assert words in str(match.remedies[0])


def test_one_address_of_several_members_is_the_only_verdict_whichever_member_answers() -> None:
    """With w=majority a secondary would be reported too, a primary would not."""
    answers = {A: (MemberAnswer("primary", B, "1"), MemberAnswer("secondary", C, "2"))}
    for role in ("primary", "secondary", "arbiter"):
        case = evidence(
            hello(A, role, me=B, **RS0),
            works("Single"),
            members(answers=answers),
            uri=f"{DIRECT}&w=majority",
        )
        assert [finding.cause for finding in diagnose(case, registry.causes()).findings] == [
            "topology.unexpected"
        ]
