"""Every number and name with which TLS fails has a cause, or a reason to have none."""

from __future__ import annotations

import _ssl
import re

import pytest

from mongoping import explain, registry
from mongoping.checks.tls import TlsSeen
from mongoping.data import tls_codes
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence
from mongoping.probe.certificates import CertificateSeen
from tests.evidence import ago, evidence, failed, result

A = "a:27017"
URI = "mongodb://a:27017/?tls=true"
CLIENT = f"{URI}&tlsCertificateKeyFile=/c.pem"
LAST = 104  # X509_V_ERR_DUPLICATE_EXTENSION, OpenSSL 4.0
SILENT = {1, 17, 50, 69, 70}  # about the program that verifies, not about a certificate

NEVER_SENT = "not an error that a server sends to a client that speaks TLS 1.2 or 1.3"
BROKEN = "the bytes were damaged or misunderstood; no alert says by what"
UNEXPLAINED_ALERTS = {
    0: "an orderly end",
    10: BROKEN,
    20: BROKEN,
    21: BROKEN,
    22: BROKEN,
    30: BROKEN,
    47: BROKEN,
    50: BROKEN,
    60: NEVER_SENT,
    90: "the peer gave up for a reason of its own",
    100: NEVER_SENT,
    110: BROKEN,
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
CERTIFICATE = CertificateSeen("CN=a", "CN=ca", ago(9), ago(-9), ("a",))


def codes(given: Evidence) -> set[str]:
    return {finding.cause for finding in diagnose(given, registry.causes()).findings}


@pytest.mark.parametrize("code", range(1, LAST + 1))
def test_every_verify_result_has_its_cause(code: int) -> None:
    assert code in tls_codes.VERIFY_CODES
    seen = TlsSeen(chain=(CERTIFICATE,), chain_length=1)
    row = failed("tls", "certificate", A, code=code, data=seen)
    kind = tls_codes.verify_kind(code)
    expected = {f"tls.{kind}"} if kind else {"tls.unexplained"}
    assert codes(evidence(row, uri=URI)) == expected
    assert (kind is None) is (code in SILENT)


TEXTS = [found for found in tls_codes.VERIFY_CODES.values() if found.text]


@pytest.mark.parametrize("found", TEXTS, ids=lambda found: found.name)
@pytest.mark.parametrize("form", [": {} (_ssl.c:1006)", " ({})"], ids=["python", "ruby"])
def test_explain_knows_the_text_of_every_verify_result(
    found: tls_codes.VerifyCode, form: str
) -> None:
    text = f"db:27017: SSL handshake failed: certificate verify failed{form.format(found.text)}"
    explained = explain(f"pymongo.errors.ServerSelectionTimeoutError: {text}")
    assert explained.cause == (f"tls.{found.kind}" if found.kind else None)


def test_an_unknown_verify_result_is_not_guessed_at() -> None:
    row = failed("tls", "certificate", A, code=LAST + 1, data=TlsSeen(chain=(CERTIFICATE,)))
    assert codes(evidence(row, uri=URI)) == {"tls.unexplained"}


def test_the_names_are_openssls() -> None:
    """The same number cannot stand for two names."""
    names = [found.name for found in tls_codes.VERIFY_CODES.values()]
    assert len(names) == len(set(names)) == LAST


def expected(code: int, asks: bool, uri: str) -> str:
    """Return the cause of an alert during the handshake."""
    sends = uri == CLIENT
    missing = tls_codes.MISSING_CERTIFICATE_ALERTS if asks else {tls_codes.CERTIFICATE_REQUIRED}
    refused = tls_codes.CERTIFICATE_ALERTS | ({tls_codes.HANDSHAKE_FAILURE} if asks else set())
    if not sends and code in missing:
        return "tls.client-certificate-required"
    if sends and code in refused:
        return "tls.client-certificate-rejected"
    if asks and code in (40, 71):  # may be about the client's certificate
        return "tls.unexplained"
    return HANDSHAKE.get(code, "tls.unexplained")


@pytest.mark.parametrize("uri", [URI, CLIENT])
@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("name", tls_codes.ALERTS)
def test_every_alert_has_a_cause_or_a_reason_to_have_none(name: str, asks: bool, uri: str) -> None:
    code, seen = tls_codes.ALERTS[name], TlsSeen(asks_certificate=asks)
    during = codes(evidence(failed("tls", "alert", A, code=code, data=seen), uri=uri))
    assert during == {expected(code, asks, uri)}
    silent = code in UNEXPLAINED_ALERTS
    assert not silent or during == {"tls.unexplained"}
    assert silent or code in {*HANDSHAKE, *tls_codes.CERTIFICATE_ALERTS, 116}


@pytest.mark.parametrize("uri", [URI, CLIENT])
@pytest.mark.parametrize("code", sorted(tls_codes.CERTIFICATE_ALERTS | {40, 116}))
def test_an_alert_after_the_handshake_is_about_the_client_certificate(code: int, uri: str) -> None:
    """With TLS 1.3, servers judge it when the client has already finished its handshake."""
    later = failed("hello", "alert", A, code=code, tls=True)
    shaken = result("tls", TlsSeen(asks_certificate=True), A)
    named = expected(code, True, uri)
    if named.startswith("tls.client"):
        assert codes(evidence(shaken, later, uri=uri)) == {named}


def test_reasons_are_names_that_openssl_has() -> None:
    ours = tls_codes.PROTOCOL_REASONS | tls_codes.WEAK_REASONS
    assert ours - {*_ssl.err_names_to_codes} == set()


@pytest.mark.parametrize("reason", sorted(tls_codes.PROTOCOL_REASONS | tls_codes.WEAK_REASONS))
def test_every_reason_has_its_cause(reason: str) -> None:
    row = failed("tls", "tls", A, message=reason, data=TlsSeen())
    kind = tls_codes.reason_kind(reason)
    assert codes(evidence(row, uri=URI)) == {f"tls.{kind}"}


@pytest.mark.parametrize(
    "reason", ["TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "TLSV1_UNRECOGNIZED_NAME"]
)
def test_an_alert_is_known_with_and_without_the_word_in_its_reason(reason: str) -> None:
    name = re.sub(r"^\w+?_(?:ALERT_)?", "", reason)
    assert tls_codes.alert_number(reason) == tls_codes.ALERTS[name]
