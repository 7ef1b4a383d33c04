"""All problems of a server's certificate, not only the first one that OpenSSL reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mongoping.causes import tls
from mongoping.causes._certificates import covers
from mongoping.checks.tls import CHECK
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence
from mongoping.observations import TlsFacts, TlsFilesFacts
from mongoping.probe.certificates import CertificateFacts, describe
from tests.evidence import ago, evidence, failed, result

if TYPE_CHECKING:
    from mongoping.sandbox.certificates import Certificates

HOST = "a.example.com:27017"
FOREIGN, EXPIRED_CODE, NOT_YET, NAME = 20, 10, 9, 62


def _facts(*names: str, since: float = 90, until: float = -90, **more: Any) -> TlsFacts:
    """Return a handshake with a certificate that began and ends a number of days ago."""
    leaf = CertificateFacts("CN=a", "CN=authority", ago(since), ago(until), names, **more)
    return TlsFacts(version="TLSv1.3", chain=(leaf,), chain_length=1, days_left=-until)


def _refusal(code: int, facts: TlsFacts, options: str = "") -> Evidence:
    row = failed("tls", "certificate", HOST, code=code, data=facts)
    return evidence(row, uri=f"mongodb://{HOST}/?tls=true{options}")


def _causes(case: Evidence) -> dict[str, str]:
    return {finding.cause: finding.severity for finding in diagnose(case, tls.CAUSES).findings}


OWN, OTHER = "a.example.com", "b.example.com"


@pytest.mark.parametrize(
    ("code", "facts", "causes"),
    [
        (NAME, _facts(OTHER, until=3), {"certificate-expired", "hostname-mismatch"}),
        (FOREIGN, _facts(OWN, until=3), {"unknown-ca", "certificate-expired"}),
        (FOREIGN, _facts(OTHER), {"unknown-ca", "hostname-mismatch"}),
        (
            FOREIGN,
            _facts(OTHER, since=-3),
            {"unknown-ca", "certificate-not-yet-valid", "hostname-mismatch"},
        ),
        (EXPIRED_CODE, _facts(OTHER, until=3), {"certificate-expired", "hostname-mismatch"}),
        (FOREIGN, _facts(OWN), {"unknown-ca"}),
        (FOREIGN, _facts("*.example.com"), {"unknown-ca"}),
        (EXPIRED_CODE, _facts(OWN, until=3), {"certificate-expired"}),
        (NAME, _facts(OTHER), {"hostname-mismatch"}),
        (NOT_YET, _facts(OWN, since=-3), {"certificate-not-yet-valid"}),
    ],
)
def test_every_fault_of_a_refused_certificate_is_told(
    code: int, facts: TlsFacts, causes: set[str]
) -> None:
    severities = _causes(_refusal(code, facts))
    assert set(severities) == {f"tls.{cause}" for cause in causes}
    assert set(severities.values()) == {"error"}


def test_a_name_that_is_not_checked_is_no_fault() -> None:
    case = _refusal(FOREIGN, _facts(OTHER), "&tlsAllowInvalidHostnames=true")
    assert set(_causes(case)) == {"tls.unknown-ca"}


def _handshake(facts: TlsFacts, waiver: str | None = None) -> Evidence:
    files = TlsFilesFacts("system store", verifies=waiver is None, waived_by=waiver)
    rows = result("tls-files", files), result("tls", facts, HOST)
    option = f"&{waiver}=true" if waiver else ""
    return evidence(*rows, uri=f"mongodb://{HOST}/?tls=true{option}")


@pytest.mark.parametrize(
    ("case", "causes"),
    [
        (
            _handshake(_facts(OWN, until=3), "tlsAllowInvalidCertificates"),
            {"tls.certificate-expired"},
        ),
        (_handshake(_facts(OWN, until=-3)), {"tls.certificate-expiring"}),
        (_handshake(_facts(OWN)), set()),
        (_handshake(_facts(common_name=OWN)), {"tls.hostname-mismatch"}),
        (_handshake(_facts(OWN, common_name=OWN)), set()),
        (_handshake(_facts(common_name=OWN), "tlsInsecure"), set()),
    ],
)
def test_an_accepted_certificate_is_at_most_warned_of(case: Evidence, causes: set[str]) -> None:
    assert _causes(case) == dict.fromkeys(causes, "warning")


def test_an_expired_certificate_is_marked_in_its_row() -> None:
    rows = [line for line in CHECK.lines(_facts(OWN, until=3)) if line.label == "certificate"]
    assert [(row.status, row.text) for row in rows] == [("warn", f"for {OWN}, expired 3 days ago")]


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("A.example.com",), "a.example.com", True),
        (("*.example.com",), "a.b.example.com", False),
        (("*.example.com",), "example.com", False),
        (("10.0.0.1",), "10.0.0.1", True),
        (("::1",), "0:0:0:0:0:0:0:1", True),
        (("*.0.0.1",), "10.0.0.1", False),
        ((), "a", False),
    ],
)
def test_a_name_covers_its_host(names: tuple[str, ...], host: str, expected: bool) -> None:
    assert covers(names, host) is expected


def test_the_authority_is_asked_for_once() -> None:
    verdict = diagnose(_refusal(FOREIGN, _facts(OWN)), tls.CAUSES).verdict
    assert verdict is not None
    assert str(verdict.remedies[0]).startswith("Trust CN=authority")
    assert tls.GIVE_CA not in map(str, verdict.remedies)


@pytest.mark.parametrize(("name", "is_offered"), [("db*.example.com", False), (OTHER, True)])
def test_a_pattern_is_no_name_to_connect_to(name: str, is_offered: bool) -> None:
    case = _refusal(NAME, _facts(name))
    (finding,) = diagnose(case, tls.CAUSES).findings
    offered = [remedy.uri for remedy in finding.remedies if remedy.uri]
    assert bool(offered) is is_offered


def test_the_name_of_the_certificate_is_said_once() -> None:
    verdict = diagnose(_refusal(NAME, _facts(OTHER)), tls.CAUSES).verdict
    assert verdict is not None
    assert str(verdict.remedies[0]).startswith("Connect by a host name")
    assert OTHER in str(verdict.remedies[0].uri)
    assert tls.USE_ITS_NAME not in map(str, verdict.remedies)


def test_names_that_are_not_kept_are_counted(certificates: Certificates) -> None:
    """A certificate of nine hundred names, as content networks have them."""
    path = certificates.server(*(f"n{number}.example.test" for number in range(900)))
    pem = x509.load_pem_x509_certificates(path.read_bytes())[0]
    facts = describe(pem.public_bytes(Encoding.DER))
    assert facts is not None
    assert len(facts.names) + facts.more_names == 900
    assert facts.listed(2) == "n0.example.test, n1.example.test and 898 more"
    assert facts.replace(names=("a", "b"), more_names=0).listed(2) == "a, b"


def test_a_name_that_may_be_among_those_left_out_is_no_mismatch() -> None:
    """Unless OpenSSL says so, which saw all of them."""
    many = _facts(OTHER)
    many = many.replace(chain=(many.chain[0].replace(more_names=800),))
    assert set(_causes(_refusal(FOREIGN, many))) == {"tls.unknown-ca"}
    verdict = diagnose(_refusal(NAME, many), tls.CAUSES).verdict
    assert verdict is not None
    assert "800 more" in verdict.evidence[0]
