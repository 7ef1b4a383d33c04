"""Causes that are seen in the TLS handshake, on either side of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.causes import tls
from mongoping.model import remedy_of
from mongoping.observations import TlsFacts
from tests.causes.table import (
    A,
    B,
    C,
    False_,
    True_,
    is_complete,
    is_silent,
    is_true,
    match_of,
    verdict,
)
from tests.evidence import ago, evidence, failed, hello

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result
from tests.causes.tls_rows import (
    CLIENT,
    FILES,
    LATE,
    LOOSE,
    TLS,
    WITH_CRL,
    alert,
    certificate,
    first_word,
    of,
    refusal,
    shaken,
)

MONGOD = "It looks like you are trying to access MongoDB over HTTP on the native driver port."


TRUE: list[True_] = [
    (
        "tls.not-enabled-on-server",
        of(failed("tls", "eof", A, data=TlsFacts(plain_hello=True))),
        "answers hello without TLS",
    ),
    (
        "tls.required-by-server",
        evidence(failed("hello", "eof", A, speaks_tls=True, tls=False)),
        "answers a TLS handshake",
    ),
    (
        "tls.required-by-server",
        evidence(failed("hello", "eof", A, speaks_tls=True, http=MONGOD)),
        "is that of a mongod",
    ),
    (
        "tls.unknown-ca",
        of(refusal(20, certificate())),
        "a:27017 sends no intermediate certificate",
    ),
    (
        "tls.unknown-ca",
        of(refusal(18, certificate(self_signed=True))),
        "is self-signed (CN=server)",
    ),
    (
        "tls.unknown-ca",
        of(refusal(19, certificate(), certificate())),
        "is signed by CN=authority, which this system's CA store does not contain",
    ),
    ("tls.unknown-ca", of(refusal(21)), "it is certificate"),
    (
        "tls.certificate-expired",
        of(refusal(10, certificate(not_after=ago(3)))),
        "expired on 2026-11-19",
    ),
    (
        "tls.certificate-expired",
        of(refusal(10, certificate(), certificate(subject="CN=root", not_after=ago(3)))),
        "the intermediate certificate CN=root, which a:27017 sends, expired on 2026-11-19",
    ),
    (
        "tls.certificate-expired",
        of(refusal(62, certificate("b", not_after=ago(3)))),
        "the certificate of a:27017 expired on 2026-11-19 12:00 UTC",
    ),
    (
        "tls.certificate-expired",
        of(LOOSE, shaken(leaf=certificate(not_after=ago(3))), hello(A)),
        "but this client does not verify certificates",
    ),
    (
        "tls.certificate-not-yet-valid",
        of(refusal(9, certificate(not_before=ago(-3)))),
        "not valid before 2026-11-25",
    ),
    (
        "tls.hostname-mismatch",
        of(refusal(62, certificate("b", "c"))),
        "is for b, c, not for a",
    ),
    ("tls.hostname-mismatch", of(refusal(64, certificate("b"))), "not for a"),
    (
        "tls.hostname-mismatch",
        of(refusal(62, certificate(names=()))),
        "has no subjectAltName",
    ),
    (
        "tls.hostname-mismatch",
        of(refusal(10, certificate("b", not_after=ago(3)))),
        "is for b",
    ),
    (
        "tls.hostname-mismatch",
        of(shaken(leaf=certificate(names=(), common_name="a")), hello(A)),
        "only the common name a",
    ),
    (
        "tls.hostname-mismatch",
        of(alert("TLSV1_UNRECOGNIZED_NAME", 112)),
        "has no certificate for a (TLS alert 112",
    ),
    (
        "tls.revoked",
        of(refusal(23, certificate()), uri=WITH_CRL),
        "revocation list in /list.pem",
    ),
    ("tls.revoked", of(refusal(74, certificate())), "it is certificate"),
    (
        "tls.crl-invalid",
        of(refusal(3, certificate()), uri=WITH_CRL),
        "no revocation list from CN=auth",
    ),
    ("tls.crl-invalid", of(refusal(33, certificate()), uri=WITH_CRL), "cannot be used"),
    (
        "tls.weak-certificate",
        of(refusal(66, certificate(key="RSA 512 bits"))),
        "(RSA 512 bits)",
    ),
    (
        "tls.weak-certificate",
        of(failed("tls", "tls", A, data=TlsFacts(), message="DH_KEY_TOO_SMALL")),
        "Diffie-Hellman",
    ),
    (
        "tls.certificate-purpose",
        of(refusal(26, certificate(usages=("clientAuth",)))),
        "is clientAuth, without serverAuth",
    ),
    (
        "tls.invalid-chain",
        of(refusal(79, certificate(), certificate(subject="CN=ca", authority=False))),
        "CN=ca, which a:27017 sends, is not marked as a CA",
    ),
    ("tls.invalid-chain", of(refusal(7, certificate())), "was not signed with the key of"),
    ("tls.protocol-version", of(alert("TLSV1_ALERT_PROTOCOL_VERSION", 70)), "no TLS version"),
    (
        "tls.protocol-version",
        of(failed("tls", "tls", A, data=TlsFacts(), message="UNSUPPORTED_PROTOCOL")),
        "no TLS version",
    ),
    (
        "tls.protocol-version",
        of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40)),
        "no TLS version or cipher in common",
    ),
    ("tls.alert-internal-error", of(alert("TLSV1_ALERT_INTERNAL_ERROR", 80)), "alert 80"),
    (
        "tls.certificate-expiring",
        of(shaken(days_left=5.0, leaf=certificate(not_after=ago(-5))), hello(A)),
        "expires in 5 days, on 2026-11-27",
    ),
    (
        "tls.bad-key-file",
        of(failed("tls-files", "key-file", how="no-key", option="tlsCertificateKeyFile")),
        "tlsCertificateKeyFile: it is key-file",
    ),
    (
        "tls.client-certificate-required",
        of(shaken(asks_certificate=True), first_word("eof")),
        "got none, and closed the connection after the handshake",
    ),
    (
        "tls.client-certificate-required",
        of(shaken(asks_certificate=None), first_word("reset")),
        "asked for a client certificate",
    ),
    (
        "tls.client-certificate-required",
        of(shaken(), first_word("alert", code=116)),
        "TLS alert 116",
    ),
    (
        "tls.client-certificate-required",
        of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40, asks_certificate=True)),
        "requires a client certificate, but none was sent (TLS alert 40",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, shaken(asks_certificate=True), first_word("eof"), uri=CLIENT),
        "received the client certificate (CN=ada)",
    ),
    (
        "tls.client-certificate-rejected",
        of(LATE, shaken(asks_certificate=True), first_word("eof"), uri=CLIENT),
        "it expired on 2026-11-19",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, shaken(), first_word("alert", code=48, message="UNKNOWN_CA"), uri=CLIENT),
        "refused the client certificate (CN=ada): TLS alert 48, UNKNOWN_CA",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, alert("SSLV3_ALERT_BAD_CERTIFICATE", 42), uri=CLIENT),
        "refused the client certificate",
    ),
]

FALSE: list[False_] = [
    ("tls.not-enabled-on-server", of(failed("tls", "eof", A, data=TlsFacts(plain_hello=False)))),
    (
        "tls.not-enabled-on-server",
        of(failed("tls", "eof", A, data=TlsFacts(plain_hello=False, http=MONGOD))),
    ),
    ("tls.required-by-server", evidence(failed("hello", "eof", A, speaks_tls=False))),
    ("tls.required-by-server", of(shaken(), first_word("eof", speaks_tls=True))),
    ("tls.required-by-server", evidence(hello(A))),
    ("tls.unknown-ca", of(refusal(10, certificate(not_after=ago(3))))),
    ("tls.unknown-ca", of(alert("TLSV1_ALERT_UNKNOWN_CA", 48))),
    ("tls.certificate-expired", of(refusal(9, certificate(not_before=ago(-3))))),
    ("tls.certificate-expired", of(shaken(leaf=certificate(not_after=ago(-1))), hello(A))),
    ("tls.certificate-expired", of(refusal(62, certificate("b")))),
    ("tls.certificate-not-yet-valid", of(refusal(10, certificate(not_after=ago(3))))),
    ("tls.certificate-not-yet-valid", of(refusal(62, certificate("b")))),
    ("tls.hostname-mismatch", of(refusal(20, certificate("a")))),
    ("tls.hostname-mismatch", of(refusal(20, certificate("A.")))),
    ("tls.hostname-mismatch", of(shaken(), hello(A))),
    ("tls.hostname-mismatch", of(LOOSE, shaken(leaf=certificate("b")), hello(A))),
    ("tls.revoked", of(refusal(12, certificate()), uri=WITH_CRL)),
    ("tls.crl-invalid", of(refusal(23, certificate()), uri=WITH_CRL)),
    ("tls.weak-certificate", of(refusal(20, certificate(key="RSA 1024 bits")))),
    ("tls.weak-certificate", of(failed("tls", "tls", A, data=TlsFacts(), message="BAD_SIGNATURE"))),
    ("tls.certificate-purpose", of(refusal(79, certificate()))),
    ("tls.invalid-chain", of(refusal(26, certificate(usages=("clientAuth",))))),
    ("tls.invalid-chain", of(refusal(50, certificate()))),
    ("tls.protocol-version", of(alert("TLSV1_ALERT_INTERNAL_ERROR", 80))),
    ("tls.protocol-version", of(failed("tls", "eof", A, data=TlsFacts()))),
    (
        "tls.protocol-version",
        of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40, asks_certificate=True)),
    ),
    ("tls.alert-internal-error", of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40))),
    ("tls.alert-internal-error", of(failed("tls", "eof", A, data=TlsFacts(), code=80))),
    ("tls.certificate-expiring", of(shaken(days_left=31.0), hello(A))),
    ("tls.certificate-expiring", of(shaken(days_left=5.0), hello(A), certificate_days=4)),
    ("tls.bad-key-file", of(failed("uri", "file", cause="uri.file-not-found"))),
    ("tls.bad-key-file", of(refusal(20, certificate()))),
    (
        "tls.client-certificate-required",
        of(shaken(asks_certificate=False), first_word("eof")),
    ),
    (
        "tls.client-certificate-required",
        of(FILES, shaken(asks_certificate=True), first_word("eof"), uri=CLIENT),
    ),
    ("tls.client-certificate-required", of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40))),
    ("tls.client-certificate-required", of(shaken(asks_certificate=True), hello(A))),
    (
        "tls.client-certificate-rejected",
        of(shaken(asks_certificate=True), first_word("eof")),
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, shaken(asks_certificate=False), first_word("eof"), uri=CLIENT),
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, alert("TLSV1_ALERT_INTERNAL_ERROR", 80), uri=CLIENT),
    ),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([tls], TRUE, FALSE)


@pytest.mark.parametrize("kind", ["reset", "eof"])
@pytest.mark.parametrize(
    ("uri", "cause"),
    [(TLS, "tls.client-certificate-required"), (CLIENT, "tls.client-certificate-rejected")],
)
def test_a_client_certificate_that_was_asked_for_wins_over_the_end_of_the_connection(
    kind: str, uri: str, cause: str
) -> None:
    """A reset is a fault of a lower layer, but here only a consequence."""
    assert verdict(of(FILES, shaken(asks_certificate=True), first_word(kind), uri=uri)) == cause


def test_a_reset_is_the_root_where_no_client_certificate_was_asked_for() -> None:
    assert verdict(of(shaken(asks_certificate=False), first_word("reset"))) == "tcp.reset"


@pytest.mark.parametrize(
    ("files", "alert_code", "remedy"),
    [
        (LATE, 48, "Renew the client certificate in /c.pem: it expired on 2026-11-19 12:00 UTC."),
        (FILES, 45, "Compare the clocks of both machines (date -u): by the server's clock"),
        (FILES, 44, "Ask the CA for a new client certificate: the one in /c.pem is revoked."),
        (FILES, 48, "Use a client certificate that is signed by a CA in the server's CA file"),
    ],
)
def test_the_remedy_for_a_client_certificate_fits_what_is_wrong_with_it(
    files: Result, alert_code: int, remedy: str
) -> None:
    row = alert("ALERT", alert_code, asks_certificate=True)
    match = match_of("tls.client-certificate-rejected", of(files, row, uri=CLIENT))
    assert match is not None
    assert str(match.remedies[0]).startswith(remedy)


def test_one_fault_of_three_hosts_is_one_verdict() -> None:
    rows = [refusal(10, certificate(not_after=ago(3)), host=host) for host in (A, B, C)]
    case = evidence(*rows, uri="mongodb://a,b,c/?tls=true")
    assert verdict(case) == "tls.certificate-expired"


def test_a_certificate_that_nobody_checks_stops_nobody() -> None:
    match = match_of(
        "tls.certificate-expired", of(LOOSE, shaken(leaf=certificate(not_after=ago(3))), hello(A))
    )
    assert match is not None
    assert match.severity == "warning"


def test_the_nearest_name_of_the_certificate_is_offered() -> None:
    names = ("db.example.test", "*.example.test", "other.test")
    uri = "mongodb://dp.example.test:27017/?tls=true"
    row = refusal(62, certificate(*names), host="dp.example.test:27017")
    match = match_of("tls.hostname-mismatch", evidence(row, uri=uri))
    assert match is not None
    assert remedy_of(match.remedies[0]).uri == "mongodb://db.example.test:27017/?tls=true"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("password-needed", "--tls-certificate-key-file-password-file FILE"),
        ("wrong-password", "percent-encoded"),
        ("no-key", "cat FILE client.key > client.pem"),
        ("no-certificate", "cat client.crt FILE > client.pem"),
        ("mismatch", "Replace the private key"),
        ("not-pem", "-inform der"),
    ],
)
def test_each_way_in_which_a_file_is_wrong_has_its_remedy(how: str, words: str) -> None:
    match = match_of("tls.bad-key-file", of(failed("tls-files", "key-file", how=how, option="x")))
    assert match is not None
    assert words in str(match.remedies[0])


@pytest.mark.parametrize(
    ("option", "command"),
    [
        ("tlsCertificateKeyFile", "openssl x509 -inform der -in FILE -out client.crt"),
        ("tlsCAFile", "openssl x509 -inform der -in FILE -out ca.pem"),
        ("tlsCRLFile", "openssl crl -inform der -in FILE -out crl.pem"),
    ],
)
def test_only_a_client_certificate_needs_a_private_key(option: str, command: str) -> None:
    failure = failed("tls-files", "key-file", how="not-pem", option=option)
    match = match_of("tls.bad-key-file", of(failure))
    assert match is not None
    remedy = remedy_of(match.remedies[0])
    assert remedy.command == command
    assert ("private key" in remedy.text) is (option == "tlsCertificateKeyFile")
