"""Chains that break one rule each, on real handshakes: OpenSSL refuses, and the cause is named.

The server is OpenSSL behind Python's ssl module; nothing behind the handshake is needed.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.data import tls_codes
from mongoping.sandbox import listeners
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.x509 import issue
from tests.checks.broken_chains import CASES, Case, root, server
from tests.checks.real import check_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import Evidence, Verdict
    from mongoping.sandbox.nameserver import NameServer

SMALL_GROUP = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBANzyCwHSwsABEJONR1HnveM3H0AeuzTj1uyNZebFUi7v+VhS2eIpjSaI
1fj1FQegFuBL6RLCu5pLuXgfvVJY8Q3zamf3+lh6QT/WZL9/pJ4fLbu7fggfMA9Z
XtQRiKpooWvw8CQIL7e5ytxMhfIGYhCfabnG2+EtotImOBv40LwnAgEC
-----END DH PARAMETERS-----
"""  # 1024 bits


def judge(
    case: Case, certificates: Certificates, host: str = "localhost", resolver: str | None = None
) -> tuple[Evidence, Verdict]:
    context = listeners.server_context(certificates.chain(case.leaf, *case.intermediates), level=0)
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        uri = (
            f"mongodb://{host}:{front.port}/?tls=true&tlsCAFile={certificates.trusted(*case.roots)}"
        )
        if case.crl is not None:
            uri += f"&tlsCRLFile={certificates.revocations(case.crl)}"
        evidence, report = check_uri(uri, resolver=resolver)
    assert report.verdict is not None
    return evidence, report.verdict


def test_an_address_in_a_dns_entry_has_to_be_an_ip_entry(tmp_path: Path) -> None:
    top = root()
    leaf = issue("server", top, names=("localhost",), dns_entries=("127.0.0.1",))
    case = Case("hostname-mismatch", 64, "", "", leaf, (), (top,))
    _, verdict = judge(case, Certificates(tmp_path), "127.0.0.1")
    assert verdict.cause == "tls.hostname-mismatch"
    assert (
        "lists 127.0.0.1 as a DNS name, but an IP address must be an IP entry"
        in verdict.evidence[0]
    )
    connect, reissue = verdict.remedies[:2]
    assert str(connect.uri).startswith("mongodb://localhost:")
    assert reissue.text == "Reissue the certificate with IP:127.0.0.1 in its subjectAltName."


def test_a_wildcard_covers_one_label(tmp_path: Path, nameserver: NameServer) -> None:
    top = root()
    leaf = server(top, names=("*.example.test",))
    nameserver.zone[("a.b.example.test", "A")] = ["127.0.0.1"]
    case = Case("hostname-mismatch", 62, "", "", leaf, (), (top,))
    _, verdict = judge(case, Certificates(tmp_path), "a.b.example.test", nameserver.address)
    assert verdict.cause == "tls.hostname-mismatch"
    assert "so *.example.test does not cover a.b.example.test" in verdict.evidence[0]
    assert "DNS:a.b.example.test" in str(verdict.remedies[0])


def test_small_diffie_hellman_parameters_are_named(tmp_path: Path) -> None:
    """Not a certificate, but the same security level, and not a matter of TLS versions."""
    top, group = root(), tmp_path / "dh.pem"
    group.write_text(SMALL_GROUP)
    certificates = Certificates(tmp_path)
    context = listeners.server_context(certificates.chain(server(top, bits=2048)))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
    context.load_dh_params(str(group))
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        uri = f"mongodb://localhost:{front.port}/?tls=true&tlsCAFile={certificates.trusted(top)}"
        _, report = check_uri(uri)
    assert report.verdict is not None
    assert report.verdict.cause == "tls.weak-certificate"
    assert "Diffie-Hellman parameters" in report.verdict.evidence[0]
    assert "Diffie-Hellman parameters of at least 2048 bits" in str(report.verdict.remedies[0])


STORES = [
    ("SSL_CERT_FILE", None, "which does not exist"),
    ("SSL_CERT_FILE", b"", "which is empty"),
    ("SSL_CERT_FILE", b"no certificate", "which contains no certificate in PEM form"),
]


@pytest.mark.parametrize(("name", "content", "words"), STORES)
def test_a_variable_that_names_no_certificates_is_named(
    name: str, content: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(name, str(path))
    verdict = unknown_ca(tmp_path)
    assert f"{name} names {path}, {words}" in verdict.evidence[0]
    assert (
        str(verdict.remedies[0]) == f"Correct or unset the variable: {name} names {path}, {words}."
    )


def test_a_folder_without_certificates_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    verdict = unknown_ca(tmp_path)
    assert f"SSL_CERT_DIR names {tmp_path}, which contains no certificate" in verdict.evidence[0]


def test_a_variable_that_names_another_ca_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the file, but it does not contain this CA."""
    path = Certificates(tmp_path).trusted(root("other"))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    verdict = unknown_ca(tmp_path)
    assert f"which {path} (from SSL_CERT_FILE) does not contain" in verdict.evidence[0]
    assert "Correct or unset" not in str(verdict.remedies[0])


def unknown_ca(folder: Path) -> Verdict:
    """Return the verdict on a server of an unknown CA, with the system's store."""
    certificates = Certificates(folder)
    context = listeners.server_context(certificates.chain(server(root())))
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        _, report = check_uri(f"mongodb://localhost:{front.port}/?tls=true")
    assert report.verdict is not None
    assert report.verdict.cause == "tls.unknown-ca"
    return report.verdict


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_broken_chain_is_named(make: Callable[[], Case], tmp_path: Path) -> None:
    case = make()
    evidence, verdict = judge(case, Certificates(tmp_path))
    failure = next(result.failure for result in evidence.of("tls"))
    assert failure is not None
    assert (failure.kind, failure.code) == ("certificate", case.code), failure
    assert verdict.cause == f"tls.{case.cause}"
    assert case.words in " ".join(verdict.evidence)
    assert case.remedy in str(verdict.remedies[0])


def test_every_kind_of_verify_result_is_made_for_real() -> None:
    """Except for dates of hosts, names and self-signed ones, which other tests make."""
    kinds = {code.kind for code in tls_codes.VERIFY_CODES.values() if code.kind}
    assert kinds - {"hostname-mismatch"} == {make().cause for make in CASES}


def test_everything_that_is_wrong_with_one_certificate_is_listed(tmp_path: Path) -> None:
    """OpenSSL stops at the name; renewing the certificate alone would not be enough."""
    top = root()
    leaf = issue("server", top, names=("db.example.test",), start=-30, end=-3)
    case = Case("certificate-expired", 62, "", "", leaf, (), (top,))
    _, verdict = judge(case, Certificates(tmp_path))
    assert verdict.cause == "tls.certificate-expired"
    expiry, wrong_name = verdict.evidence
    assert "expired on" in expiry
    assert "is for db.example.test, not for localhost" in wrong_name
    renewal, rename = verdict.remedies[:2]
    assert str(renewal).startswith("Renew the server's certificate")
    assert "db.example.test" in str(rename) or "DNS:localhost" in str(rename)


def test_a_certificate_that_has_only_expired_gets_no_advice_about_its_name(tmp_path: Path) -> None:
    top = root()
    leaf = issue("server", top, names=("localhost",), start=-30, end=-3)
    case = Case("certificate-expired", 10, "", "", leaf, (), (top,))
    _, verdict = judge(case, Certificates(tmp_path))
    assert verdict.cause == "tls.certificate-expired"
    assert len(verdict.evidence) == 1
    assert "subjectAltName" not in " ".join(map(str, verdict.remedies))
