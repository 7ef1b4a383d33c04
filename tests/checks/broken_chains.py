"""Chains of certificates that break one rule each, with what mongoping has to say about them."""

from __future__ import annotations

from typing import Any, NamedTuple

from mongoping.sandbox.x509 import IssuedCertificate, issue, revocation_list

OWN = ("localhost", "127.0.0.1")


class Case(NamedTuple):
    """A server's certificates, what the client trusts, and the expected verdict.

    Attributes:
        code: the number of OpenSSL's verify result.
        words: a part of the evidence.
        remedy: a part of the first remedy.
    """

    cause: str
    code: int
    words: str
    remedy: str
    leaf: IssuedCertificate
    intermediates: tuple[IssuedCertificate, ...] = ()
    roots: tuple[IssuedCertificate, ...] = ()
    crl: bytes | None = None


def root(name: str = "root", **how: Any) -> IssuedCertificate:
    return issue(name, authority=True, **how)


def ca(name: str, issuer: IssuedCertificate, **how: Any) -> IssuedCertificate:
    return issue(name, issuer, authority=True, **how)


def server(issuer: IssuedCertificate, **how: Any) -> IssuedCertificate:
    return issue("server", issuer, **{"names": OWN, **how})


def below(
    top: IssuedCertificate,
    *intermediates: IssuedCertificate,
    cause: str,
    code: int,
    words: str,
    remedy: str = "",
    **leaf: Any,
) -> Case:
    """Return a server whose certificate is signed by the first intermediate CA or by the root."""
    return Case(
        cause, code, words, remedy, server((*intermediates, top)[0], **leaf), intermediates, (top,)
    )


def revoked_certificate() -> Case:
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
    crl = revocation_list(IssuedCertificate(top.certificate, impostor.key), key_identifier=False)
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
    client_ca = ca("clients", top, usages=["clientAuth"])
    words = "the intermediate certificate CN=clients"
    return below(
        top, client_ca, cause="certificate-purpose", code=26, words=words, remedy="serverAuth"
    )


def not_a_ca() -> Case:
    top = root()
    leaf = issue("leaf", top)
    words = "the intermediate certificate CN=leaf, which localhost"
    return below(top, leaf, cause="invalid-chain", code=79, words=words, remedy="reissue")


def may_not_sign() -> Case:
    top = root()
    no_signer = ca("barred", top, may_sign=False)
    words = "is not allowed to sign certificates"
    return below(top, no_signer, cause="invalid-chain", code=79, words=words, remedy="reissue")


def too_long() -> Case:
    top = root(path_length=0)
    middle = ca("middle", top)
    words = "path length constraint exceeded (X509_V_ERR_PATH_LENGTH_EXCEEDED)"
    return below(top, middle, cause="invalid-chain", code=25, words=words, remedy="reissue")


def other_domain() -> Case:
    top = root(name_constraint="example.test")
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


def damaged_signature() -> Case:
    """The CA's own name and key identifier, and a signature by another key."""
    top, other = root(), root()
    leaf = server(IssuedCertificate(top.certificate, other.key))
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


def own_and_root_expired() -> Case:
    """After the first is renewed, the second is refused."""
    words = "CN=root in"
    return below(
        root(start=-90, end=-3),
        cause="certificate-expired",
        code=10,
        words=words,
        remedy="Replace CN=root in ",
        start=-30,
        end=-2,
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
    return below(
        root(),
        cause="certificate-expired",
        code=62,
        words="is for db.example.test, not for localhost",
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
