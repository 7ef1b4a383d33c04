"""Every number and name with which TLS fails has a cause, or a reason to have none."""

from __future__ import annotations

import _ssl
import re

import pytest

from mongoping import explain, registry
from mongoping.data import tls_codes
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence
from mongoping.observations import TlsFacts
from mongoping.probe.certificates import CertificateFacts
from tests.evidence import ago, evidence, failed, result

A = "a:27017"
URI = "mongodb://a:27017/?tls=true"
CLIENT = f"{URI}&tlsCertificateKeyFile=/c.pem"
LAST = 104  # X509_V_ERR_DUPLICATE_EXTENSION, OpenSSL 4.0
SILENT = {1, 17, 50, 69, 70}  # about the program that verifies, not about a certificate

NEVER_SENT = "not an error that a server sends to a client that speaks TLS 1.2 or 1.3"
DAMAGE = "the bytes were damaged or misunderstood; no alert says by what"
UNEXPLAINED_ALERTS = {
    0: "an orderly end",
    10: DAMAGE,
    20: DAMAGE,
    21: DAMAGE,
    22: DAMAGE,
    30: DAMAGE,
    47: DAMAGE,
    50: DAMAGE,
    60: NEVER_SENT,
    90: "the peer gave up for a reason of its own",
    100: NEVER_SENT,
    110: DAMAGE,
    111: NEVER_SENT,
    113: NEVER_SENT,
    114: NEVER_SENT,
    115: NEVER_SENT,
    120: NEVER_SENT,
    121: NEVER_SENT,
}
HANDSHAKE = {
    **dict.fromkeys((40, 70, 71, 86), "tls.protocol-version"),
    80: "tls.alert-internal-error",
    **dict.fromkeys((109, 112), "tls.hostname-mismatch"),
}
CERTIFICATE = CertificateFacts("CN=a", "CN=ca", ago(9), ago(-9), ("a",))


def codes(case: Evidence) -> set[str]:
    return {finding.cause for finding in diagnose(case, registry.causes()).findings}


def test_every_verify_result_has_its_cause() -> None:
    assert set(tls_codes.VERIFY_CODES) == set(range(1, LAST + 1))
    facts = TlsFacts(chain=(CERTIFICATE,), chain_length=1)
    wrong = {}
    for code in tls_codes.VERIFY_CODES:
        row = failed("tls", "certificate", A, code=code, data=facts)
        causes = codes(evidence(row, uri=URI))
        if causes != {f"tls.{tls_codes.verify_kind(code) or 'unexplained'}"}:
            wrong[code] = causes
    assert wrong == {}
    without = {code for code in tls_codes.VERIFY_CODES if tls_codes.verify_kind(code) is None}
    assert without == SILENT


@pytest.mark.parametrize("form", [": {} (_ssl.c:1006)", " ({})"], ids=["python", "ruby"])
def test_explain_knows_the_text_of_every_verify_result(form: str) -> None:
    wrong = {}
    verify_codes = [code for code in tls_codes.VERIFY_CODES.values() if code.text]
    for code in verify_codes:
        message = f"certificate verify failed{form.format(code.text)}"
        explanation = explain(
            f"pymongo.errors.ServerSelectionTimeoutError: db:27017: SSL handshake failed: {message}"
        )
        if explanation.cause != (f"tls.{code.kind}" if code.kind else None):
            wrong[code.name] = explanation.cause
    assert len(verify_codes) > 90
    assert wrong == {}


def test_an_unknown_verify_result_is_not_guessed_at() -> None:
    row = failed("tls", "certificate", A, code=LAST + 1, data=TlsFacts(chain=(CERTIFICATE,)))
    assert codes(evidence(row, uri=URI)) == {"tls.unexplained"}


def test_the_names_are_openssls() -> None:
    """The same number cannot stand for two names."""
    names = [verify_code.name for verify_code in tls_codes.VERIFY_CODES.values()]
    assert len(names) == len(set(names)) == LAST


def expected(code: int, asks: bool, uri: str) -> str:
    """Return the cause of an alert during the handshake."""
    sends = uri == CLIENT
    missing = tls_codes.MISSING_CERTIFICATE_ALERTS if asks else {tls_codes.CERTIFICATE_REQUIRED}
    rejections = tls_codes.CERTIFICATE_ALERTS | ({tls_codes.HANDSHAKE_FAILURE} if asks else set())
    if not sends and code in missing:
        return "tls.client-certificate-required"
    if sends and code in rejections:
        return "tls.client-certificate-rejected"
    if asks and code in (40, 71):  # may be about the client's certificate
        return "tls.unexplained"
    return HANDSHAKE.get(code, "tls.unexplained")


@pytest.mark.parametrize("uri", [URI, CLIENT])
@pytest.mark.parametrize("asks", [True, False])
def test_every_alert_has_a_cause_or_a_reason_to_have_none(asks: bool, uri: str) -> None:
    codes_with_cause = {*HANDSHAKE, *tls_codes.CERTIFICATE_ALERTS, 116}
    assert set(tls_codes.ALERTS.values()) <= codes_with_cause | set(UNEXPLAINED_ALERTS)
    wrong = {}
    for name, code in tls_codes.ALERTS.items():
        alert = failed("tls", "alert", A, code=code, data=TlsFacts(asks_certificate=asks))
        during = codes(evidence(alert, uri=uri))
        silent = code in UNEXPLAINED_ALERTS
        if during != {expected(code, asks, uri)} or (silent and during != {"tls.unexplained"}):
            wrong[name] = during
    assert wrong == {}


@pytest.mark.parametrize("uri", [URI, CLIENT])
def test_an_alert_after_the_handshake_is_about_the_client_certificate(uri: str) -> None:
    """With TLS 1.3, servers verify it when the client has already finished its handshake."""
    shaken = result("tls", TlsFacts(asks_certificate=True), A)
    causes_by_code = {
        code: expected(code, True, uri) for code in tls_codes.CERTIFICATE_ALERTS | {40, 116}
    }
    about_client = {
        code: cause for code, cause in causes_by_code.items() if cause.startswith("tls.client")
    }
    assert about_client
    wrong = {}
    for code, cause in about_client.items():
        later = failed("hello", "alert", A, code=code, tls=True)
        if (causes := codes(evidence(shaken, later, uri=uri))) != {cause}:
            wrong[code] = causes
    assert wrong == {}


def test_reasons_are_names_that_openssl_has() -> None:
    ours = tls_codes.PROTOCOL_REASONS | tls_codes.WEAK_REASONS
    assert ours - {*_ssl.err_names_to_codes} == set()


def test_every_reason_has_its_cause() -> None:
    wrong = {}
    for reason in tls_codes.PROTOCOL_REASONS | tls_codes.WEAK_REASONS:
        causes = codes(evidence(failed("tls", "tls", A, message=reason, data=TlsFacts()), uri=URI))
        if causes != {f"tls.{tls_codes.reason_kind(reason)}"}:
            wrong[reason] = causes
    assert wrong == {}


@pytest.mark.parametrize(
    "reason", ["TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "TLSV1_UNRECOGNIZED_NAME"]
)
def test_an_alert_is_known_with_and_without_the_word_in_its_reason(reason: str) -> None:
    name = re.sub(r"^\w+?_(?:ALERT_)?", "", reason)
    assert tls_codes.alert_number(reason) == tls_codes.ALERTS[name]
