"""Causes that are seen in the TLS handshake, on either side of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import tls, tls_client
from mongoping.checks.tls import TlsSeen
from mongoping.checks.tls_files import TlsFilesSeen
from mongoping.probe.tls import CertificateSeen
from tests.causes.table import (
    A,
    B,
    C,
    False_,
    True_,
    asked,
    is_complete,
    is_silent,
    is_true,
    verdict,
)
from tests.evidence import ago, evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

TLS = "mongodb://a:27017/?tls=true"
CLIENT = f"{TLS}&tlsCertificateKeyFile=/c.pem"
MONGOD = "It looks like you are trying to access MongoDB over HTTP on the native driver port."


def certificate(*names: str, **more: Any) -> CertificateSeen:
    fields = {
        "subject": "CN=server",
        "issuer": "CN=authority",
        "not_before": ago(100),
        "not_after": ago(-200),
        "names": names or ("a",),
        **more,
    }
    return CertificateSeen(**fields)


def refused(code: int, *chain: CertificateSeen, host: str = A, **more: Any) -> Result:
    """A handshake that ended at the server's certificate, with OpenSSL's code."""
    shown = TlsSeen(chain=chain, chain_length=len(chain), **more)
    return failed("tls", "certificate", host, data=shown, code=code)


def alert(name: str, code: int | None, host: str = A, **seen: Any) -> Result:
    return failed("tls", "alert", host, data=TlsSeen(**seen), code=code, message=name)


def shaken(host: str = A, **seen: Any) -> Result:
    """A handshake that succeeded."""
    leaf = seen.pop("leaf", certificate())
    days = seen.pop("days_left", 200.0)
    shown = TlsSeen("TLSv1.3", "x", (leaf,), 1, days_left=days, **seen)
    return result("tls", shown, host)


def first_word(kind: str, host: str = A, **more: Any) -> Result:
    """What became of the first word after it."""
    return failed("hello", kind, host, **{"tls": True, **more})


def of(*rows: Result, uri: str = TLS, **settings: Any) -> Evidence:
    return evidence(*rows, uri=uri, **settings)


FILES = result("tls-files", TlsFilesSeen("system store", "/c.pem", "CN=ada", ago(-30)))
LATE = result("tls-files", TlsFilesSeen("system store", "/c.pem", "CN=ada", ago(3)))
LOOSE = result("tls-files", TlsFilesSeen("system store", verifies=False))

TRUE: list[True_] = [
    (
        "tls.not-enabled-on-server",
        of(failed("tls", "eof", A, data=TlsSeen(plain_hello=True))),
        "answers hello without TLS",
    ),
    (
        "tls.required-by-server",
        evidence(failed("hello", "eof", A, speaks_tls=True, tls=False)),
        "answers in TLS",
    ),
    (
        "tls.required-by-server",
        evidence(failed("hello", "eof", A, speaks_tls=True, http=MONGOD)),
        "it is a mongod",
    ),
    ("tls.unknown-ca", of(refused(20, certificate())), "sends its own certificate alone"),
    ("tls.unknown-ca", of(refused(18, certificate(self_signed=True))), "signed by itself"),
    ("tls.unknown-ca", of(refused(19, certificate(), certificate())), "the chain of a:27017 ends"),
    ("tls.unknown-ca", of(refused(21)), "it is certificate"),
    (
        "tls.certificate-expired",
        of(refused(10, certificate(not_after=ago(3)))),
        "expired on 2026-11-19",
    ),
    (
        "tls.certificate-expired",
        of(refused(10, certificate(), certificate(subject="CN=root", not_after=ago(3)))),
        "the authority CN=root of a:27017 expired",
    ),
    (
        "tls.certificate-expired",
        of(refused(62, certificate("b", not_after=ago(3)))),
        "also expired",
    ),
    (
        "tls.certificate-expired",
        of(LOOSE, shaken(leaf=certificate(not_after=ago(3))), hello(A)),
        "nobody checks it here",
    ),
    (
        "tls.certificate-not-yet-valid",
        of(refused(9, certificate(not_before=ago(-3)))),
        "not valid before 2026-11-25",
    ),
    ("tls.hostname-mismatch", of(refused(62, certificate("b", "c"))), "is for b, c, not for a"),
    ("tls.hostname-mismatch", of(refused(64, certificate("b"))), "not for a"),
    ("tls.hostname-mismatch", of(refused(62, certificate(names=()))), "names no host at all"),
    ("tls.hostname-mismatch", of(refused(10, certificate("b", not_after=ago(3)))), "is for b"),
    (
        "tls.hostname-mismatch",
        of(shaken(leaf=certificate(names=(), common_name="a")), hello(A)),
        "in its common name alone",
    ),
    ("tls.protocol-version", of(alert("TLSV1_ALERT_PROTOCOL_VERSION", 70)), "no TLS version"),
    (
        "tls.protocol-version",
        of(failed("tls", "tls", A, data=TlsSeen(), message="UNSUPPORTED_PROTOCOL")),
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
        "closed the connection at the first word",
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
        "for want of a client certificate",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, shaken(asks_certificate=True), first_word("eof"), uri=CLIENT),
        "on seeing the client certificate (CN=ada)",
    ),
    (
        "tls.client-certificate-rejected",
        of(LATE, shaken(asks_certificate=True), first_word("eof"), uri=CLIENT),
        "which has expired",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, shaken(), first_word("alert", code=48, message="UNKNOWN_CA"), uri=CLIENT),
        "refused the client certificate (CN=ada): UNKNOWN_CA",
    ),
    (
        "tls.client-certificate-rejected",
        of(FILES, alert("SSLV3_ALERT_BAD_CERTIFICATE", 42), uri=CLIENT),
        "refused the client certificate",
    ),
]

FALSE: list[False_] = [
    ("tls.not-enabled-on-server", of(failed("tls", "eof", A, data=TlsSeen(plain_hello=False)))),
    (
        "tls.not-enabled-on-server",
        of(failed("tls", "eof", A, data=TlsSeen(plain_hello=False, http=MONGOD))),
    ),
    ("tls.required-by-server", evidence(failed("hello", "eof", A, speaks_tls=False))),
    ("tls.required-by-server", of(shaken(), first_word("eof", speaks_tls=True))),
    ("tls.required-by-server", evidence(hello(A))),
    ("tls.unknown-ca", of(refused(10, certificate(not_after=ago(3))))),
    ("tls.unknown-ca", of(alert("TLSV1_ALERT_UNKNOWN_CA", 48))),
    ("tls.certificate-expired", of(refused(9, certificate(not_before=ago(-3))))),
    ("tls.certificate-expired", of(shaken(leaf=certificate(not_after=ago(-1))), hello(A))),
    ("tls.certificate-expired", of(refused(62, certificate("b")))),
    ("tls.certificate-not-yet-valid", of(refused(10, certificate(not_after=ago(3))))),
    ("tls.certificate-not-yet-valid", of(refused(62, certificate("b")))),
    ("tls.hostname-mismatch", of(refused(20, certificate("a")))),
    ("tls.hostname-mismatch", of(refused(20, certificate("A.")))),
    ("tls.hostname-mismatch", of(shaken(), hello(A))),
    ("tls.hostname-mismatch", of(LOOSE, shaken(leaf=certificate("b")), hello(A))),
    ("tls.protocol-version", of(alert("TLSV1_ALERT_INTERNAL_ERROR", 80))),
    ("tls.protocol-version", of(failed("tls", "eof", A, data=TlsSeen()))),
    (
        "tls.protocol-version",
        of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40, asks_certificate=True)),
    ),
    ("tls.alert-internal-error", of(alert("SSLV3_ALERT_HANDSHAKE_FAILURE", 40))),
    ("tls.alert-internal-error", of(failed("tls", "eof", A, data=TlsSeen(), code=80))),
    ("tls.certificate-expiring", of(shaken(days_left=31.0), hello(A))),
    ("tls.certificate-expiring", of(shaken(days_left=5.0), hello(A), certificate_days=4)),
    ("tls.bad-key-file", of(failed("uri", "file", cause="uri.file-not-found"))),
    ("tls.bad-key-file", of(refused(20, certificate()))),
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


@pytest.mark.parametrize(("code", "given", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, given: Evidence, words: str) -> None:
    is_true(code, given, words)


@pytest.mark.parametrize(("code", "given"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, given: Evidence) -> None:
    is_silent(code, given)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([tls, tls_client], TRUE, FALSE)


def test_one_fault_of_three_hosts_is_one_verdict() -> None:
    rows = [refused(10, certificate(not_after=ago(3)), host=host) for host in (A, B, C)]
    given = evidence(*rows, uri="mongodb://a,b,c/?tls=true")
    assert verdict(given) == "tls.certificate-expired"


def test_a_certificate_that_nobody_checks_stops_nobody() -> None:
    match = asked(
        "tls.certificate-expired", of(LOOSE, shaken(leaf=certificate(not_after=ago(3))), hello(A))
    )
    assert match is not None
    assert match.severity == "warning"


def test_the_nearest_name_of_the_certificate_is_offered() -> None:
    names = ("db.example.test", "*.example.test", "other.test")
    uri = "mongodb://dp.example.test:27017/?tls=true"
    row = refused(62, certificate(*names), host="dp.example.test:27017")
    match = asked("tls.hostname-mismatch", evidence(row, uri=uri))
    assert match is not None
    assert match.remedies == ("Connect by a name of the certificate: db.example.test",)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("password-needed", "--tls-certificate-key-file-password-file FILE"),
        ("wrong-password", "percent-encoded"),
        ("no-key", "into one file"),
        ("no-certificate", "into one file"),
        ("mismatch", "Pair the certificate"),
        ("not-pem", "-inform der"),
    ],
)
def test_each_way_in_which_a_file_is_wrong_has_its_remedy(how: str, words: str) -> None:
    match = asked("tls.bad-key-file", of(failed("tls-files", "key-file", how=how, option="x")))
    assert match is not None
    assert words in match.remedies[0]
