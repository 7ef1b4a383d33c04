"""Causes of compatibility, of the client and of its network: one true case and a look-alike each.

Pure: the evidence is built by hand, as checks would have left it.
"""

from __future__ import annotations

import re

import pytest

from mongoping.causes.messages import patterns_of
from mongoping.compat.facts import facts
from mongoping.compat.versions import release
from mongoping.diagnosis import diagnose
from mongoping.model import LAYERS, Cause, Evidence, Failure, Result, remedy_of
from mongoping.observations import Attempt, TcpFacts
from mongoping.settings import Settings
from tests.causes import test_program as of_program
from tests.causes.compat_rows import (
    CAUSES,
    INCOMPATIBLE,
    INJECT,
    OLD,
    SHADOW,
    WORKING,
    clock_skew,
    evidence,
    facts_row,
    hello,
    import_row,
    limit,
    match_of,
    result,
    tcp,
)
from tests.causes.test_program import there

TRUE: list[tuple[str, Evidence, str]] = [
    (
        "client.bson-conflict",
        evidence(
            of_program.WORKS,
            there(import_error=of_program.error("ImportError"), packages={"bson": "0.5.10"}),
        ),
        "has the package bson 0.5.10",
    ),
    ("client.clock-skew", clock_skew(3600.0), "3600 s ahead of"),
    ("client.clock-skew", clock_skew(-90.0), "90 s behind"),
    ("client.ocsp-cost", import_row(ocsp=True), "pyOpenSSL"),
    (
        "compat.server-too-old",
        evidence(facts_row(servers=OLD), INCOMPATIBLE),
        "needs MongoDB 4.4",
    ),
    (
        "compat.server-too-old",
        evidence(facts_row(servers={"a:27017": "4.4.2"}), WORKING, stable_api=True),
        "a:27017 runs MongoDB 4.4.2, which does not support the Stable API",
    ),
    (
        "compat.server-end-of-life",
        evidence(facts_row(servers={"a:27017": "6.0.5"})),
        "2025-07-31",
    ),
    ("compat.driver-end-of-life", evidence(facts_row(pymongo="4.12.0")), "PyMongo 4.12.0"),
    ("compat.not-genuine", evidence(hello("a:27017", "ferretdb")), "a:27017 is FerretDB"),
    ("compat.not-genuine", evidence(hello("a:27017", "cosmosdb")), "Azure Cosmos DB"),
    ("client.motor-end-of-life", evidence(facts_row(motor="3.7.1")), "2026-05-14"),
    (
        "client.motor-pymongo-mismatch",
        evidence(facts_row(motor="3.3.2")),
        "works with PyMongo >=4.5,<4.9",
    ),
    ("client.python-too-old", evidence(facts_row(python="3.10.4")), "requires Python >=3.11"),
    ("client.python-too-new", evidence(facts_row(python="3.16.0")), "up to 3.15"),
    ("client.driver-too-old", evidence(facts_row(pymongo="4.8.0")), "no AsyncMongoClient"),
    (
        "client.dnspython-missing",
        evidence(result("srv", failure=Failure("dependency-missing", "no dns"))),
        "dnspython is not installed",
    ),
    (
        "client.python-ssl-missing",
        evidence(facts_row(openssl=None), uri="mongodb://a/?tls=true"),
        "no ssl module",
    ),
    (
        "client.compressor-missing",
        evidence(facts_row(compressors_missing=("zstd",), compressors_install=INJECT)),
        "zstd",
    ),
    (
        "client.fd-limit",
        evidence(result("tcp", host="a:27017", failure=Failure("os", "too many", errno="EMFILE"))),
        "a:27017 (EMFILE)",
    ),
    ("client.no-local-port", limit("no-local-port", "EADDRNOTAVAIL"), "a:27017 (EADDRNOTAVAIL)"),
    ("client.resource-limit", limit("resource-limit", "ENOBUFS"), "a:27017 (ENOBUFS)"),
    ("client.no-sockets", limit("no-sockets", "EPERM"), "a:27017 (EPERM)"),
    (
        "client.module-shadowed",
        evidence(result("import", failure=Failure("import", "no name x", facts=SHADOW))),
        "/app/bson.py is imported instead of the module bson",
    ),
    ("network.slow", evidence(tcp("a:27017", 900.0), tcp("b:27017", 700.0)), "900 ms"),
]

FALSE: list[tuple[str, Evidence]] = [
    # the same error without that package, and the package without an error
    (
        "client.bson-conflict",
        evidence(of_program.WORKS, there(import_error=of_program.error("ImportError"))),
    ),
    (
        "client.bson-conflict",
        evidence(of_program.WORKS, there(of_program.PINGS, packages={"bson": "0.5.10"})),
    ),
    ("client.clock-skew", clock_skew(-59.0)),
    ("client.ocsp-cost", import_row(ocsp=False)),
    ("compat.server-too-old", evidence(facts_row(servers={"a:27017": "4.4.2"}), WORKING)),
    (
        "compat.server-too-old",
        evidence(facts_row(servers={"a:27017": "5.0.4"}), WORKING, stable_api=True),
    ),
    (  # what imitates 4.4 is asked about the Stable API by the api layer, not judged by name
        "compat.server-too-old",
        evidence(
            hello("a:27017", "ferretdb"),
            facts_row(servers={"a:27017": "4.4.2"}, genuine=False),
            stable_api=True,
        ),
    ),
    ("compat.server-end-of-life", evidence(facts_row(servers={"a:27017": "8.0.4"}))),
    (
        "compat.server-end-of-life",
        evidence(facts_row(servers={"a:27017": "5.0"}, genuine=False)),
    ),
    ("compat.driver-end-of-life", evidence(facts_row(pymongo="4.13.0"))),
    ("compat.driver-end-of-life", evidence(facts_row(pymongo="4.8.0"))),
    ("compat.not-genuine", evidence(hello("a:27017", "atlas"), hello("b:27017", "unknown"))),
    ("client.motor-end-of-life", evidence(facts_row(motor=None))),
    ("client.motor-pymongo-mismatch", evidence(facts_row(motor="3.7.1"))),
    ("client.python-too-old", evidence(facts_row(python="3.11.0"))),
    ("client.python-too-new", evidence(facts_row(python="3.15.1"))),
    ("client.driver-too-old", evidence(facts_row(pymongo="4.9.0"))),
    ("client.dnspython-missing", evidence(result("srv", failure=Failure("nxdomain", "no name")))),
    ("client.python-ssl-missing", evidence(facts_row(openssl=None))),
    ("client.python-ssl-missing", evidence(facts_row(), uri="mongodb://a/?tls=true")),
    ("client.compressor-missing", evidence(facts_row())),
    (
        "client.fd-limit",
        evidence(result("tcp", host="a:27017", failure=Failure("refused", "", "ECONNREFUSED"))),
    ),
    ("client.no-local-port", limit("unreachable", "EADDRNOTAVAIL")),
    ("client.resource-limit", limit("fd-limit", "EMFILE")),
    ("client.no-sockets", limit("prohibited", "EPERM")),
    (
        "client.module-shadowed",
        evidence(result("import", failure=Failure("import", "no name x", facts={"module": "x"}))),
    ),
    ("network.slow", evidence(tcp("a:27017", 900.0), tcp("b:27017", 12.0))),
    (
        "network.slow",
        evidence(result("tcp", TcpFacts(()), "a:27017", failure=Failure("timeout", ""))),
    ),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    match = match_of(code, evidence)
    assert match is not None
    assert words in match.detail


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_merely_looks_like_it(code: str, evidence: Evidence) -> None:
    assert match_of(code, evidence) is None


def test_every_cause_with_a_test_has_a_true_case_and_a_look_alike() -> None:
    codes_with_test = {code for code, cause in CAUSES.items() if cause.is_decided}
    assert codes_with_test == {code for code, _, _ in TRUE} == {code for code, _ in FALSE}


@pytest.mark.parametrize("code", [code for code, cause in CAUSES.items() if cause.is_decided])
def test_no_cause_is_true_before_anything_was_seen(code: str) -> None:
    assert match_of(code, Evidence(None, Settings())) is None


@pytest.mark.parametrize("cause", CAUSES.values(), ids=list(CAUSES))
def test_every_record_is_complete(cause: Cause) -> None:
    assert cause.remedies, cause.code
    assert cause.links, cause.code
    assert cause.is_decided or patterns_of(cause), cause.code
    assert all(link.startswith("https://www.mongodb.com/") for link in cause.links)
    assert not cause.title.endswith("."), cause.code
    assert cause.explanation.endswith("."), cause.code
    assert all(re.compile(pattern) for pattern in patterns_of(cause))


def verdict_of(evidence: Evidence) -> tuple[str | None, dict[str, str]]:
    diagnosis = diagnose(evidence, tuple(CAUSES.values()))
    severities = {finding.cause: finding.severity for finding in diagnosis.findings}
    return (diagnosis.verdict.cause if diagnosis.verdict else None), severities


def test_a_working_driver_makes_every_version_a_warning() -> None:
    """The driver is the judge: Motor, an old server and a new Python do not stop it."""
    case = evidence(facts_row(servers=OLD, motor="3.3.2", python="3.16.0"), WORKING)
    verdict, severities = verdict_of(case)
    assert verdict is None
    assert set(severities.values()) == {"warning"}
    assert "client.motor-pymongo-mismatch" in severities


def test_a_server_below_the_floor_is_the_verdict_when_the_driver_refuses_it() -> None:
    verdict, severities = verdict_of(evidence(facts_row(servers=OLD), INCOMPATIBLE))
    assert verdict == "compat.server-too-old"
    assert "compat.server-end-of-life" not in severities


def test_the_hello_layer_speaks_for_both_when_it_saw_the_wire_version() -> None:
    hello_cause = Cause(
        "hello.wire-version-too-old", "too old", "x.", ("y",), lambda case: "wire 8 of 9"
    )
    case = evidence(facts_row(servers=OLD), INCOMPATIBLE)
    diagnosis = diagnose(case, (hello_cause, *CAUSES.values()))
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "hello.wire-version-too-old"
    assert "compat.server-too-old" not in {finding.cause for finding in diagnosis.findings}


def test_a_missing_dnspython_explains_the_failed_lookup() -> None:
    case = evidence(result("srv", failure=Failure("dependency-missing", "no dns")))
    verdict, severities = verdict_of(case)
    assert verdict == "client.dnspython-missing"
    assert "dns.unexplained" not in severities


def test_findings_of_the_client_have_a_layer_with_an_exit_code() -> None:
    from mongoping.exit_codes import EXIT_CODES

    for cause in CAUSES.values():
        assert cause.layer in {*LAYERS, "client"}, cause.code
        assert cause.layer in EXIT_CODES, cause.code


def test_the_remedy_for_an_old_server_is_an_exact_pin_for_the_program_itself() -> None:
    match = match_of("compat.server-too-old", evidence(facts_row(servers=OLD), INCOMPATIBLE))
    assert match is not None
    (remedy,) = match.remedies
    assert 'pip install "pymongo<4.18"' in str(remedy)
    assert "not of mongoping" in str(remedy)


def test_an_imitation_is_told_the_options_of_its_service() -> None:
    match = match_of("compat.not-genuine", evidence(hello("a:27017", "documentdb")))
    assert match is not None
    assert "retryWrites=false" in str(match.remedies[0])


def test_the_words_of_causes_agree_with_the_facts() -> None:
    """Dates and versions in explanations are repeated from the table, never differ from it."""
    life = facts().motor_life
    motor = CAUSES["client.motor-end-of-life"].explanation
    for day in (life.deprecated, life.end_of_life, life.critical_until):
        assert str(day) in motor
    stable = next(support for support in facts().pymongo if support.async_api == "stable").series
    beta = next(support for support in facts().pymongo if support.async_api == "beta").series
    for code in ("compat.driver-end-of-life", "client.driver-too-old"):
        assert stable in CAUSES[code].explanation
        assert beta in CAUSES[code].explanation
    python = CAUSES["client.python-too-old"].explanation
    first = {"3.11": first_with(">=3.11"), "3.9": first_with(">=3.9")}
    assert all(f"{series}" in python and needs in python for needs, series in first.items())
    version = max((fix.version for fix in facts().fixes), key=release)
    assert version in str(CAUSES["compat.driver-end-of-life"].remedies[0])


def first_with(spec: str) -> str:
    return next(support.series for support in facts().pymongo if support.python == spec)


def throwaway(address: str, port: int, *others: Result) -> str:
    """Return the severity of an old server at an address, in a run that the sandbox started."""
    host = f"a:{port}"
    row = result("tcp", TcpFacts((Attempt(address, "ipv4", True, 1.0),), address), host)
    case = evidence(
        facts_row(servers={host: "6.0.5"} | dict.fromkeys(OTHERS[: len(others)], "6.0.5")),
        row,
        *others,
        sandbox_ports=(20001, 20002),
    )
    match = match_of("compat.server-end-of-life", case)
    assert match is not None
    assert ("throwaway server" in match.detail) == (match.severity == "info")
    return str(match.severity)


OTHERS = ("b:27017",)


def test_a_throwaway_server_s_end_of_life_is_no_warning() -> None:
    assert throwaway("127.0.0.1", 20001) == "info"
    assert throwaway("::1", 20002) == "info"


def test_other_servers_end_of_life_is_a_warning_in_a_sandbox_too() -> None:
    """Another port on this machine, the same port elsewhere, and a second server beside ours."""
    assert throwaway("127.0.0.1", 20003) == "warning"
    assert throwaway("192.0.2.1", 20001) == "warning"
    assert throwaway("127.0.0.1", 20001, tcp(OTHERS[0], 1.0)) == "warning"


def test_a_compressor_is_installed_with_the_tool_that_installed_mongoping() -> None:
    """If nothing can be added, only zlib is left, which needs no module."""
    for command in (INJECT, None):
        case = evidence(facts_row(compressors_missing=("zstd",), compressors_install=command))
        match = match_of("client.compressor-missing", case)
        assert match is not None
        remedies = [remedy_of(remedy) for remedy in match.remedies]
        assert [remedy.command for remedy in remedies] == [*filter(None, [command]), None]
        assert remedies[-1].uri == "mongodb://a/?compressors=zlib"
