"""Evidence that contradicts the version that a server states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.probe.genuine import doubts
from mongoping.sandbox import scripts
from mongoping.sandbox.played import SimulatedServer, standalone
from tests.checks.real import check_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import Report
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.played import Script

FULL: dict[str, Any] = {
    "version": "7.0.14",
    "gitVersion": "ce59cfc6a3c5e5c067dca0d30697edd68d4f5188",
    "modules": [],
    "openssl": {"running": "OpenSSL 3.0.13"},
    "storageEngines": ["wiredTiger"],
    "ok": 1.0,
}


@pytest.mark.parametrize(
    ("build", "wire"),
    [
        (FULL, 21),
        (FULL | {"psmdbVersion": "7.0.14-8"}, 21),
        (FULL | {"newInALaterRelease": 1}, 21),
        (FULL | {"gitVersion": "nogitversion"}, 21),
        (FULL | {"version": "99.0.0"}, 200),
        ({"version": "8.2.1", "versionArray": [8, 2, 1, 0], "ok": 1.0}, 27),
        ({}, 21),
    ],
    ids=["full", "percona", "newer", "own build", "unknown series", "version only", "none"],
)
def test_nothing_contradicts_a_genuine_server(build: dict[str, Any], wire: int) -> None:
    assert doubts(build, 0, wire) == ()


@pytest.mark.parametrize(
    ("build", "wires", "words"),
    [
        (FULL | {"gitVersion": "0" * 40}, (0, 21), "no revision"),
        (FULL | {"version": "6.0.5"}, (0, 21), "MongoDB 6.0 has wire version 17, not 21"),
        (FULL, (17, 21), "lowest wire version of 0, not 17"),
        ({"version": "7.0.0", "process": "x", "ok": 1}, (0, 21), "lacks gitVersion, modules"),
        ({"version": "7.0.0", "process": "x", "ok": 1}, (0, 21), "has process, which MongoDB"),
    ],
)
def test_a_contradiction_is_named(
    build: dict[str, Any], wires: tuple[int, int], words: str
) -> None:
    assert words in "; ".join(doubts(build, *wires))


def details_by_cause(report: Report) -> dict[str, str]:
    """Return the details of all findings by cause."""
    rows = [finding for layer in report.layers for finding in layer.findings]
    return {finding.cause: finding.match.detail for finding in rows}


@pytest.mark.parametrize(
    ("make", "version"), [(scripts.secantus, "8.2.11"), (scripts.nx_27017, "7.0.0")]
)
def test_another_product_is_no_mongodb_of_that_version(
    make: Callable[[], Script], version: str
) -> None:
    """Simulated with the replies of two real ones. No support dates follow from the version."""
    with SimulatedServer(make()) as server:
        _, report = check_uri(f"mongodb://{server.address}/")
    causes = details_by_cause(report)
    assert f"states MongoDB {version}, but " in causes["compat.not-genuine"]
    assert "compat.server-end-of-life" not in causes
    assert report.verdict is None


def test_cosmos_db_is_not_too_old_by_the_version_that_it_states() -> None:
    with SimulatedServer(scripts.cosmos()) as server:
        _, report = check_uri(f"mongodb://{server.address}/?replicaSet=globaldb")
    causes = details_by_cause(report)
    assert "Azure Cosmos DB" in causes["compat.not-genuine"]
    assert "compat.server-too-old" not in causes


def test_mechanisms_for_every_user_say_nothing_of_one() -> None:
    with SimulatedServer(scripts.secantus()) as server:
        evidence, report = check_uri(f"mongodb://ada:secret@{server.address}/")
    assert report.verdict is not None
    assert report.verdict.cause == "auth.failed"
    assert "auth.user-not-found" in [other.cause for other in report.verdict.alternatives]
    assert evidence.data("auth").user_found_in == {}


def test_a_real_server_that_knows_the_user_says_so(mongod_auth: Deployment) -> None:
    """The look-alike: the random name has no mechanisms, the user has."""
    host = mongod_auth.servers[0].address
    evidence, _ = check_uri(f"mongodb://ada:not-the-password@{host}/")
    assert evidence.data("auth").user_found_in["admin"]
    assert "compat.not-genuine" not in details_by_cause(check_uri(mongod_auth.uri)[1])


def test_a_buildinfo_of_the_version_only_is_taken_at_its_word() -> None:
    with SimulatedServer(standalone()) as server:
        _, report = check_uri(f"mongodb://{server.address}/")
    assert "compat.not-genuine" not in details_by_cause(report)
