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
FOREIGN, EXPIRED, NOT_YET, NAME = 20, 10, 9, 62


def _seen(*names: str, since: float = 90, until: float = -90, **more: Any) -> TlsFacts:
    """Return a handshake with a certificate that began and ends a number of days ago."""
    leaf = CertificateFacts("CN=a", "CN=authority", ago(since), ago(until), names, **more)
    return TlsFacts(version="TLSv1.3", chain=(leaf,), chain_length=1, days_left=-until)


def _refused(code: int, seen: TlsFacts, options: str = "") -> Evidence:
    row = failed("tls", "certificate", HOST, code=code, data=seen)
    return evidence(row, uri=f"mongodb://{HOST}/?tls=true{options}")


def _causes(case: Evidence) -> dict[str, str]:
    return {finding.cause: finding.severity for finding in diagnose(case, tls.CAUSES).findings}


OWN, OTHER = "a.example.com", "b.example.com"


@pytest.mark.parametrize(
    ("code", "seen", "causes"),
    [
        (NAME, _seen(OTHER, until=3), {"certificate-expired", "hostname-mismatch"}),
        (FOREIGN, _seen(OWN, until=3), {"unknown-ca", "certificate-expired"}),
        (FOREIGN, _seen(OTHER), {"unknown-ca", "hostname-mismatch"}),
        (
            FOREIGN,
            _seen(OTHER, since=-3),
            {"unknown-ca", "certificate-not-yet-valid", "hostname-mismatch"},
        ),
        (EXPIRED, _seen(OTHER, until=3), {"certificate-expired", "hostname-mismatch"}),
        (FOREIGN, _seen(OWN), {"unknown-ca"}),
        (FOREIGN, _seen("*.example.com"), {"unknown-ca"}),
        (EXPIRED, _seen(OWN, until=3), {"certificate-expired"}),
        (NAME, _seen(OTHER), {"hostname-mismatch"}),
        (NOT_YET, _seen(OWN, since=-3), {"certificate-not-yet-valid"}),
    ],
)
def test_every_fault_of_a_refused_certificate_is_told(
    code: int, seen: TlsFacts, causes: set[str]
) -> None:
    found = _causes(_refused(code, seen))
    assert set(found) == {f"tls.{cause}" for cause in causes}
    assert set(found.values()) == {"error"}


def test_a_name_that_is_not_checked_is_no_fault() -> None:
    case = _refused(FOREIGN, _seen(OTHER), "&tlsAllowInvalidHostnames=true")
    assert set(_causes(case)) == {"tls.unknown-ca"}


def _accepted(seen: TlsFacts, waived: str | None = None) -> Evidence:
    files = TlsFilesFacts("system store", verifies=waived is None, waived_by=waived)
    rows = result("tls-files", files), result("tls", seen, HOST)
    option = f"&{waived}=true" if waived else ""
    return evidence(*rows, uri=f"mongodb://{HOST}/?tls=true{option}")


@pytest.mark.parametrize(
    ("case", "causes"),
    [
        (
            _accepted(_seen(OWN, until=3), "tlsAllowInvalidCertificates"),
            {"tls.certificate-expired"},
        ),
        (_accepted(_seen(OWN, until=-3)), {"tls.certificate-expiring"}),
        (_accepted(_seen(OWN)), set()),
        (_accepted(_seen(common_name=OWN)), {"tls.hostname-mismatch"}),
        (_accepted(_seen(OWN, common_name=OWN)), set()),
        (_accepted(_seen(common_name=OWN), "tlsInsecure"), set()),
    ],
)
def test_an_accepted_certificate_is_at_most_warned_of(case: Evidence, causes: set[str]) -> None:
    assert _causes(case) == dict.fromkeys(causes, "warning")


def test_an_expired_certificate_is_marked_in_its_row() -> None:
    rows = [line for line in CHECK.lines(_seen(OWN, until=3)) if line.label == "certificate"]
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
    verdict = diagnose(_refused(FOREIGN, _seen(OWN)), tls.CAUSES).verdict
    assert verdict is not None
    assert str(verdict.remedies[0]).startswith("Trust CN=authority")
    assert tls.GIVE_CA not in map(str, verdict.remedies)


def test_the_name_of_the_certificate_is_said_once() -> None:
    verdict = diagnose(_refused(NAME, _seen(OTHER)), tls.CAUSES).verdict
    assert verdict is not None
    assert str(verdict.remedies[0]).startswith("Connect by a host name")
    assert OTHER in str(verdict.remedies[0].uri)
    assert tls.USE_ITS_NAME not in map(str, verdict.remedies)


def test_names_that_are_not_kept_are_counted(certificates: Certificates) -> None:
    """A certificate of nine hundred names, as content networks have them."""
    path = certificates.server(*(f"n{number}.example.test" for number in range(900)))
    pem = x509.load_pem_x509_certificates(path.read_bytes())[0]
    seen = describe(pem.public_bytes(Encoding.DER))
    assert seen is not None
    assert len(seen.names) + seen.more_names == 900
    assert seen.listed(2) == "n0.example.test, n1.example.test and 898 more"
    assert seen.replace(names=("a", "b"), more_names=0).listed(2) == "a, b"


def test_a_name_that_may_be_among_those_left_out_is_no_mismatch() -> None:
    """Unless OpenSSL says so, which saw all of them."""
    many = _seen(OTHER)
    many = many.replace(chain=(many.chain[0].replace(more_names=800),))
    assert set(_causes(_refused(FOREIGN, many))) == {"tls.unknown-ca"}
    found = diagnose(_refused(NAME, many), tls.CAUSES).verdict
    assert found is not None
    assert "800 more" in found.evidence[0]
