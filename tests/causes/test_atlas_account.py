"""Causes that the Atlas API decides, and guesses that its answers remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.api import complete
from mongoping.causes import atlas_account
from mongoping.diagnosis import diagnose
from mongoping.model import Failure
from mongoping.observations import (
    AccessEntry,
    AtlasCluster,
    AtlasFacts,
    AtlasUser,
    AuthFacts,
    FailedLogin,
    SrvFacts,
    TlsFacts,
)
from mongoping.uri.target import parse
from tests.causes.table import False_, True_, is_complete, is_silent, is_true, verdict
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

URI = "mongodb+srv://ada:x@c0.ab.mongodb.net/"
NODE = "c0-shard-00-00.ab.mongodb.net:27017"
ADDRESS, OFFICE, EVERYWHERE = "203.0.113.7", "198.51.100.0/24", "0.0.0.0/0"
SRV = result("srv", SrvFacts("_mongodb._tcp.c0.ab.mongodb.net", None))
CLUSTER = AtlasCluster(
    "C0", "Shop", "5f0c", state="IDLE", paused=False, standard_srv="mongodb+srv://c0.ab.mongodb.net"
)
TLS_ALERT = failed("tls", "alert", NODE, data=TlsFacts(), code=80, message="ALERT")
NO_ADDRESS = failed("addresses", "nxdomain", NODE)
NO_SRV = failed("srv", "nxdomain", data=SrvFacts("_mongodb._tcp.c0.ab.mongodb.net", None))
WORKS = result("driver", None)
LOGIN_REFUSAL = failed("auth", "command", data=AuthFacts("ada", "admin", "shop"), code=8000)


def atlas_answer(cluster: AtlasCluster | None = CLUSTER, **facts: Any) -> Result:
    """The result of the check, with this machine at ADDRESS."""
    return result("atlas", AtlasFacts(address=ADDRESS, cluster=cluster, projects=2, **facts))


def run(*rows: Result, uri: str = URI) -> Evidence:
    lacks_srv = any(row is NO_SRV for row in rows)
    return evidence(*(() if lacks_srv else (SRV,)), *rows, uri=uri, hosts=(NODE,), preset="atlas")


def allowing(*entries: AccessEntry) -> Result:
    return atlas_answer(access=entries)


def entry(value: str, status: str = "ACTIVE", **fields: Any) -> AccessEntry:
    return AccessEntry(value, status, covers=value != OFFICE, **fields)


def with_users(*users: AtlasUser, **facts: Any) -> Evidence:
    return run(hello(NODE, "primary"), LOGIN_REFUSAL, atlas_answer(users=users, **facts))


ADA = AtlasUser("ada", "admin")
EXPIRED_USER = AtlasUser("ada", "admin", expires="2026-01-01T00:00:00Z", expired=True)
REPORTING_USER = AtlasUser("ada", "admin", ("Reporting",))

TRUE: list[True_] = [
    (
        "atlas.cluster-not-found",
        run(NO_SRV, atlas_answer(None, complete=True, nearest="c1.ab.mongodb.net")),
        "none of the 2 projects that this key can see has this cluster",
    ),
    (
        "atlas.cluster-changing",
        run(NO_ADDRESS, atlas_answer(CLUSTER.replace(state="CREATING"))),
        "is being created",
    ),
    (
        "atlas.cluster-changing",
        run(WORKS, atlas_answer(CLUSTER.replace(state="UPDATING"))),
        "is being changed",
    ),
    (
        "atlas.access-list-pending",
        run(TLS_ALERT, allowing(entry(ADDRESS, "PENDING"))),
        "the entry 203.0.113.7, which covers 203.0.113.7, has the status PENDING",
    ),
    (
        "atlas.user-not-in-project",
        with_users(),
        "the project Shop has no database user ada",
    ),
    ("atlas.user-not-in-project", with_users(EXPIRED_USER), "ada expired at 2026-01-01T00:00:00Z"),
    (
        "atlas.user-scoped-out",
        with_users(REPORTING_USER),
        "the user ada may use only Reporting, not C0",
    ),
]

FALSE: list[False_] = [
    (
        "atlas.cluster-not-found",
        run(NO_SRV, atlas_answer(None, complete=False)),
    ),  # not all projects
    (
        "atlas.cluster-not-found",
        run(TLS_ALERT, atlas_answer(None, complete=True)),
    ),  # it exists elsewhere
    ("atlas.cluster-not-found", run(NO_SRV)),
    ("atlas.cluster-changing", run(NO_ADDRESS, atlas_answer())),
    ("atlas.access-list-pending", run(TLS_ALERT, allowing(entry(EVERYWHERE)))),
    ("atlas.access-list-pending", run(WORKS, allowing(entry(ADDRESS, "PENDING")))),
    ("atlas.access-list-pending", run(TLS_ALERT, allowing(entry(OFFICE, "PENDING")))),
    ("atlas.user-not-in-project", with_users(ADA)),
    (
        "atlas.user-not-in-project",
        run(LOGIN_REFUSAL, atlas_answer()),
    ),  # the users could not be read
    ("atlas.user-not-in-project", run(WORKS, atlas_answer(users=()))),
    ("atlas.user-scoped-out", with_users(AtlasUser("ada", "admin", ("C0",)))),
    ("atlas.user-scoped-out", with_users(AtlasUser("ada", "$external", ("Reporting",)))),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([atlas_account], TRUE, FALSE)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (run(TLS_ALERT), "atlas.ip-not-allowed"),
        (run(TLS_ALERT, allowing(entry(OFFICE))), "atlas.ip-not-allowed"),
        (run(TLS_ALERT, allowing()), "atlas.ip-not-allowed"),
        (
            run(TLS_ALERT, allowing(entry(ADDRESS, expires="2026-01-01", expired=True))),
            "atlas.ip-not-allowed",
        ),
        (run(TLS_ALERT, allowing(entry(ADDRESS, "FAILED"))), "atlas.ip-not-allowed"),
        (run(TLS_ALERT, allowing(entry(ADDRESS, "PENDING"))), "atlas.access-list-pending"),
        (run(TLS_ALERT, allowing(entry(EVERYWHERE))), "tls.alert-internal-error"),
        (run(TLS_ALERT, allowing(AccessEntry("sg-1", covers=None))), "atlas.ip-not-allowed"),
        (run(NO_ADDRESS), "atlas.cluster-paused"),
        (run(NO_ADDRESS, atlas_answer(CLUSTER.replace(paused=True))), "atlas.cluster-paused"),
        (run(NO_ADDRESS, atlas_answer()), "dns.host-not-found"),
        (
            run(NO_ADDRESS, atlas_answer(CLUSTER.replace(state="CREATING"))),
            "atlas.cluster-changing",
        ),
        (run(NO_ADDRESS, atlas_answer(None, complete=True)), "atlas.cluster-not-found"),
        (run(NO_SRV, atlas_answer(None, complete=True)), "atlas.cluster-not-found"),
        (run(NO_SRV, atlas_answer(CLUSTER.replace(paused=True))), "atlas.cluster-paused"),
        (run(NO_SRV, atlas_answer()), "dns.srv-not-found"),
        (with_users(), "atlas.user-not-in-project"),
        (with_users(REPORTING_USER), "atlas.user-scoped-out"),
        (with_users(AtlasUser("ada", "$external")), "auth.wrong-auth-source"),
        (with_users(ADA), "auth.failed"),
    ],
)
def test_what_atlas_says_decides_and_removes_guesses(evidence: Evidence, expected: str) -> None:
    assert verdict(evidence) == expected


def test_a_certain_cause_has_no_alternatives() -> None:
    for case in (run(TLS_ALERT, allowing(entry(OFFICE))), with_users(ADA)):
        verdict = diagnose(case, registry.causes()).verdict
        assert verdict is not None
        assert verdict.alternatives == ()


def test_an_entry_that_is_pending_is_not_also_reported_as_missing() -> None:
    diagnosis = diagnose(run(TLS_ALERT, allowing(entry(ADDRESS, "PENDING"))), registry.causes())
    assert "atlas.ip-not-allowed" not in [finding.cause for finding in diagnosis.findings]
    texts = [remedy.text for remedy in diagnosis.verdict.remedies] if diagnosis.verdict else []
    assert len(texts) == 1
    assert texts[0].startswith("Wait until the entry is active")


def test_the_access_history_gives_the_reason_of_a_login_from_here() -> None:
    elsewhere = FailedLogin("locked out", here=False)
    logins = (elsewhere, FailedLogin("storedKey mismatch", here=True))
    verdict = diagnose(with_users(ADA, failed_logins=logins), registry.causes()).verdict
    assert verdict is not None
    assert 'says: "storedKey mismatch"' in verdict.evidence[0]
    assert "locked out" not in verdict.evidence[0]


def test_a_private_endpoint_gets_the_standard_string_that_atlas_has() -> None:
    private = failed("tcp", "timeout", NODE)
    verdict = diagnose(run(private, atlas_answer(private=True)), registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "atlas.private-endpoint"
    assert verdict.remedies[0].uri == "mongodb+srv://ada:***@c0.ab.mongodb.net/" or (
        verdict.remedies[0].text.endswith("c0.ab.mongodb.net.")
    )


def test_the_lowest_tls_version_of_the_cluster_is_named() -> None:
    row = failed("tls", "alert", NODE, data=TlsFacts(), code=70, message="protocol version")
    place = CLUSTER.replace(minimum_tls="TLS1_3")
    verdict = diagnose(run(row, atlas_answer(place)), registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "tls.protocol-version"
    assert "Atlas reports TLS1_3 as the lowest version of C0" in verdict.evidence[0]


def test_a_note_is_in_the_evidence_of_a_verdict_that_atlas_could_decide() -> None:
    evidence = run(
        TLS_ALERT, atlas_answer(None, notes=("the projects: the API answered HTTP 403",))
    )
    diagnosis = diagnose(evidence, registry.causes())
    report = complete(evidence, diagnosis, registry.checks(), parse(URI))
    assert report.verdict is not None
    assert "HTTP 403" in report.verdict.evidence[-1]


def test_a_report_without_a_key_says_in_one_line_how_to_get_certainty() -> None:
    diagnosis = diagnose(run(TLS_ALERT), registry.causes())
    (step,) = complete(run(TLS_ALERT), diagnosis, registry.checks(), parse(URI)).next_steps
    assert "MONGODB_ATLAS_PUBLIC_API_KEY" in step.code


def test_a_failing_login_needs_a_reply_of_the_server() -> None:
    silent = result(
        "auth", AuthFacts("ada", "admin", "shop"), failure=Failure("timeout", "silence")
    )
    assert verdict(run(hello(NODE, "primary"), silent, atlas_answer(users=()))) != (
        "atlas.user-not-in-project"
    )
