"""Chains that break one rule each, on real handshakes: OpenSSL refuses, and the cause is named.

The server is OpenSSL behind Python's ssl module; nothing behind the handshake is needed.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mongoping.data import tls_codes
from mongoping.sandbox import listeners
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.x509 import Issued, issue, revocation_list
from tests.checks.real import looked

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
OWN = ("localhost", "127.0.0.1")


class Case(NamedTuple):
    """A server's certificates, what the client holds against them, and what has to come out."""

    cause: str
    code: int
    words: str
    remedy: str
    leaf: Issued
    sent: tuple[Issued, ...] = ()
    trusted: tuple[Issued, ...] = ()
    crl: bytes | None = None


def root(name: str = "root", **how: Any) -> Issued:
    return issue(name, authority=True, **how)


def ca(name: str, issuer: Issued, **how: Any) -> Issued:
    return issue(name, issuer, authority=True, **how)


def server(issuer: Issued, **how: Any) -> Issued:
    return issue("server", issuer, **{"names": OWN, **how})


def below(
    top: Issued, *sent: Issued, cause: str, code: int, words: str, remedy: str = "", **leaf: Any
) -> Case:
    """Return a server whose certificate is signed by the first of ``sent``, or by the root."""
    return Case(cause, code, words, remedy, server((*sent, top)[0], **leaf), sent, (top,))


def revoked() -> Case:
    top = root()
    leaf = server(top)
    crl = revocation_list(top, leaf)
    return Case("revoked", 23, "on the revocation list in", "Ask the CA", leaf, (), (top,), crl)


def list_expired() -> Case:
    top = root()
    crl = revocation_list(top, start=-60, end=-30)
    words = "the revocation list from CN=root in"
    return Case(
        "crl-invalid",
        12,
        words,
        "with the CA's current revocation list",
        server(top),
        (),
        (top,),
        crl,
    )


def list_too_early() -> Case:
    top = root()
    crl = revocation_list(top, start=2, end=30)
    return Case("crl-invalid", 11, "is not valid before", "clock", server(top), (), (top,), crl)


def list_of_another_ca() -> Case:
    top = root()
    crl = revocation_list(root("other"))
    words = "contains no revocation list from CN=root"
    return Case(
        "crl-invalid",
        3,
        words,
        "with the CA's current revocation list",
        server(top),
        (),
        (top,),
        crl,
    )


def list_by_another_key() -> Case:
    """A list in the CA's name, signed by another key, without a key identifier."""
    top, impostor = root(), root()
    crl = revocation_list(Issued(top.certificate, impostor.key), key_identifier=False)
    return Case("crl-invalid", 8, "cannot be used", "Replace", server(top), (), (top,), crl)


def weak_key() -> Case:
    words, remedy = "the certificate of localhost", "2048 bits"
    return below(root(), cause="weak-certificate", code=66, words=words, remedy=remedy, bits=1024)


def weak_ca_key() -> Case:
    top = root()
    weak = ca("weak", top, bits=1024)
    words = "the intermediate certificate CN=weak"
    return below(top, weak, cause="weak-certificate", code=67, words=words, remedy="2048 bits")


def weak_signature() -> Case:
    top = root(bits=2048)
    return below(
        top,
        cause="weak-certificate",
        code=68,
        words="the certificate of localhost",
        remedy="SHA-256",
        sha1=True,
    )


def client_purpose() -> Case:
    words = "is clientAuth, without serverAuth"
    return below(
        root(),
        cause="certificate-purpose",
        code=26,
        words=words,
        remedy="extendedKeyUsage serverAuth",
        usages=["clientAuth"],
    )


def ca_purpose() -> Case:
    """The server's own certificate allows everything, a CA above it only clients."""
    top = root()
    limited = ca("clients", top, usages=["clientAuth"])
    words = "the intermediate certificate CN=clients"
    return below(
        top, limited, cause="certificate-purpose", code=26, words=words, remedy="serverAuth"
    )


def not_a_ca() -> Case:
    top = root()
    leaf = issue("leaf", top)
    words = "the intermediate certificate CN=leaf, which localhost"
    return below(top, leaf, cause="invalid-chain", code=79, words=words, remedy="reissue")


def may_not_sign() -> Case:
    top = root()
    barred = ca("barred", top, may_sign=False)
    words = "is not allowed to sign certificates"
    return below(top, barred, cause="invalid-chain", code=79, words=words, remedy="reissue")


def too_long() -> Case:
    top = root(path_length=0)
    middle = ca("middle", top)
    words = "path length constraint exceeded (X509_V_ERR_PATH_LENGTH_EXCEEDED)"
    return below(top, middle, cause="invalid-chain", code=25, words=words, remedy="reissue")


def other_domain() -> Case:
    top = root(permitted="example.test")
    words = "is not allowed to sign for localhost"
    return below(top, cause="invalid-chain", code=47, words=words, remedy="reissue")


def unknown_extension() -> Case:
    words = "unhandled critical extension"
    return below(
        root(),
        cause="invalid-chain",
        code=34,
        words=words,
        remedy="reissue",
        critical_oid="1.3.6.1.4.1.99999.1",
    )


def damaged() -> Case:
    """The CA's own name and key identifier, and a signature by another key."""
    top, other = root(), root()
    leaf = server(Issued(top.certificate, other.key))
    return Case(
        "unknown-ca", 20, "but with a different key", "created a second time", leaf, (), (top,)
    )


def other_ca() -> Case:
    words = "does not contain the CA that signed the certificate"
    return Case(
        "unknown-ca",
        20,
        words,
        "Add the certificate of CN=",
        server(root()),
        (),
        (root("other"),),
    )


def own_expired() -> Case:
    return below(
        root(),
        cause="certificate-expired",
        code=10,
        words="the certificate of localhost",
        remedy="Renew the server's certificate",
        start=-30,
        end=-3,
    )


def root_expired() -> Case:
    words = "the CA certificate CN=root in"
    return below(
        root(start=-90, end=-3),
        cause="certificate-expired",
        code=10,
        words=words,
        remedy="Replace CN=root in ",
    )


def root_expired_and_sent() -> Case:
    """The server sends the root as well: the client's copy is the one that counts."""
    top = root(start=-90, end=-3)
    words = "the CA certificate CN=root in"
    return Case(
        "certificate-expired",
        10,
        words,
        "Replace CN=root in ",
        server(top),
        (top,),
        (top,),
    )


def intermediate_expired() -> Case:
    top = root()
    late = ca("middle", top, start=-90, end=-3)
    words = "the intermediate certificate CN=middle, which localhost"
    return below(
        top,
        late,
        cause="certificate-expired",
        code=10,
        words=words,
        remedy="Replace CN=middle in the server's certificate file",
    )


def kept_intermediate_expired() -> Case:
    """The server leaves it out, and the client's own copy is too old."""
    top = root()
    late = ca("middle", top, start=-90, end=-3)
    words = "the CA certificate CN=middle in"
    return Case(
        "certificate-expired",
        10,
        words,
        "Replace CN=middle in ",
        server(late),
        (),
        (late, top),
    )


def root_too_early() -> Case:
    words = "the CA certificate CN=root in"
    return below(
        root(start=3, end=90),
        cause="certificate-not-yet-valid",
        code=9,
        words=words,
        remedy="Check this machine's clock",
    )


def expired_for_another() -> Case:
    words = (
        "more problems of the server's certificate: it is for db.example.test, not for localhost"
    )
    return below(
        root(),
        cause="certificate-expired",
        code=62,
        words=words,
        remedy="Renew",
        start=-30,
        end=-3,
        names=("db.example.test",),
    )


CASES = [
    value
    for name, value in [*globals().items()]
    if getattr(value, "__annotations__", {}) == {"return": "Case"}
]


def judge(
    case: Case, made: Certificates, host: str = "localhost", resolver: str | None = None
) -> tuple[Evidence, Verdict]:
    context = listeners.server_context(made.chain(case.leaf, *case.sent), level=0)
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        uri = f"mongodb://{host}:{front.port}/?tls=true&tlsCAFile={made.trusted(*case.trusted)}"
        if case.crl is not None:
            uri += f"&tlsCRLFile={made.revocations(case.crl)}"
        evidence, report = looked(uri, resolver=resolver)
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
    made = Certificates(tmp_path)
    context = listeners.server_context(made.chain(server(top, bits=2048)))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
    context.load_dh_params(str(group))
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        uri = f"mongodb://localhost:{front.port}/?tls=true&tlsCAFile={made.trusted(top)}"
        _, report = looked(uri)
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
    found = untrusted(tmp_path)
    assert f"{name} names {path}, {words}" in found.evidence[0]
    assert str(found.remedies[0]) == f"Correct or unset the variable: {name} names {path}, {words}."


def test_a_folder_without_certificates_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    found = untrusted(tmp_path)
    assert f"SSL_CERT_DIR names {tmp_path}, which contains no certificate" in found.evidence[0]


def test_a_variable_that_names_another_ca_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the file, but it does not contain this CA."""
    path = Certificates(tmp_path).trusted(root("other"))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    found = untrusted(tmp_path)
    assert f"which {path} (from SSL_CERT_FILE) does not contain" in found.evidence[0]
    assert "Correct or unset" not in str(found.remedies[0])


def untrusted(folder: Path) -> Verdict:
    """Return the verdict on a server of an unknown CA, with the system's store."""
    made = Certificates(folder)
    context = listeners.server_context(made.chain(server(root())))
    with listeners.Listener(listeners.tls(context, listeners.silent)) as front:
        _, report = looked(f"mongodb://localhost:{front.port}/?tls=true")
    assert report.verdict is not None
    assert report.verdict.cause == "tls.unknown-ca"
    return report.verdict


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_broken_chain_is_named(make: Callable[[], Case], tmp_path: Path) -> None:
    case = make()
    evidence, verdict = judge(case, Certificates(tmp_path))
    failure = next(one.failure for one in evidence.of("tls"))
    assert failure is not None
    assert (failure.kind, failure.code) == ("certificate", case.code), failure
    assert verdict.cause == f"tls.{case.cause}"
    assert case.words in verdict.evidence[0]
    assert case.remedy in str(verdict.remedies[0])


def test_every_kind_of_verify_result_is_made_for_real() -> None:
    """Except for dates of hosts, names and self-signed ones, which other tests make."""
    kinds = {found.kind for found in tls_codes.VERIFY_CODES.values() if found.kind}
    assert kinds - {"hostname-mismatch"} == {make().cause for make in CASES}
