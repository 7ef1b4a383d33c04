"""Issue special certificates for `mongoping.sandbox.certificates` with ``cryptography``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\n?", re.DOTALL)


def _blocks(pem: bytes, ending: bytes) -> bytes:
    return b"".join(block[0] for block in _PEM.finditer(pem) if block[1].endswith(ending))


def key_of(pem: bytes) -> bytes:
    """Return the private key of a PEM file."""
    return _blocks(pem, b"PRIVATE KEY")


def certificates_of(pem: bytes) -> bytes:
    """Return the certificates of a PEM file."""
    return _blocks(pem, b"CERTIFICATE")


def lock_key(pem: bytes, password: str) -> bytes:
    """Return the PEM file with its key encrypted by a password."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(key_of(pem), None)
    key_bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    return key_bytes + certificates_of(pem)


def common_name_only(authority: Any, name: str) -> bytes:
    """Return key and certificate of a server whose name is only in the subject.

    ``authority`` is a ``trustme.CA``. Browsers and most drivers refuse such a certificate
    (RFC 9525); Python's ssl module takes it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    issuer_key: Any = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


class IssuedCertificate(NamedTuple):
    """A certificate and its private key, as objects of ``cryptography``."""

    certificate: Any
    key: Any

    @property
    def pem(self) -> bytes:
        """Return the certificate in PEM form."""
        from cryptography.hazmat.primitives import serialization

        pem_bytes: bytes = self.certificate.public_bytes(serialization.Encoding.PEM)
        return pem_bytes

    @property
    def key_pem(self) -> bytes:
        """Return the private key in PEM form, not encrypted."""
        from cryptography.hazmat.primitives import serialization

        pem_bytes: bytes = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return pem_bytes


def load(certificate: bytes, key: bytes) -> IssuedCertificate:
    """Return a certificate and its key from PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    return IssuedCertificate(
        x509.load_pem_x509_certificate(certificate),
        serialization.load_pem_private_key(key, None),
    )


def issue(
    name: str,
    issuer: IssuedCertificate | None = None,
    *,
    names: Sequence[str] = (),
    dns_entries: Sequence[str] = (),
    authority: bool = False,
    start: float = -1,
    end: float = 365,
    bits: int | None = None,
    sha1: bool = False,
    usages: Sequence[str] | None = None,
    may_sign: bool = True,
    path_length: int | None = None,
    name_constraint: str | None = None,
    critical_oid: str | None = None,
) -> IssuedCertificate:
    """Issue a certificate, self-signed without an ``issuer``. Broken ones are the purpose.

    Args:
        name: common name of the subject.
        issuer: what signs it.
        names: DNS names and IP addresses of its subjectAltName.
        dns_entries: further DNS entries, not looked at: an IP address stays a DNS entry.
        authority: whether basicConstraints make it a CA.
        start: first day of validity, in days from now.
        end: last day of validity, in days from now.
        bits: size of an RSA key; an EC key without it.
        sha1: whether the issuer signs with SHA-1; its key has to be an RSA key.
        usages: extendedKeyUsage, such as ``serverAuth``; no such extension without it.
        may_sign: for a CA, whether keyUsage allows signing certificates.
        path_length: for a CA, how many CAs may follow it.
        name_constraint: for a CA, the only DNS domain that it may sign for.
        critical_oid: the number of a critical extension that no client knows.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key: Any = (
        rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer = issuer or IssuedCertificate(None, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_from_now(start))
        .not_valid_after(_from_now(end))
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False
        )
    )
    for extension, critical in _extensions(
        names, dns_entries, usages, name_constraint, critical_oid
    ):
        builder = builder.add_extension(extension, critical)
    if authority:
        key_usages = {use: use == "crl_sign" or may_sign for use in ("key_cert_sign", "crl_sign")}
        builder = builder.add_extension(
            x509.KeyUsage(**dict.fromkeys(_USES, False) | key_usages), True
        )
    certificate = builder.sign(signer.key, hashes.SHA256())
    return IssuedCertificate(
        _signed_with_sha1(certificate, signer.key) if sha1 else certificate, key
    )


def _signed_with_sha1(certificate: Any, key: Any) -> Any:
    """Return the certificate with an RSA signature over SHA-1, which cryptography refuses to make.

    The numbers of the two signature algorithms have the same length (RFC 8017, appendix A.2.4).
    """
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    sha256, sha1 = (bytes.fromhex(f"2a864886f70d0101{last}") for last in ("0b", "05"))
    body = certificate.tbs_certificate_bytes.replace(sha256, sha1)
    digest = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(body).digest()  # noqa: S324
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    block = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(block), numbers.d, modulus).to_bytes(size)
    der = certificate.public_bytes(serialization.Encoding.DER).replace(sha256, sha1)
    return x509.load_der_x509_certificate(der[:-size] + signature)


_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _extensions(
    names: Sequence[str],
    dns_entries: Sequence[str],
    usages: Sequence[str] | None,
    permitted_name: str | None,
    critical_oid: str | None,
) -> Iterator[tuple[Any, bool]]:
    import ipaddress

    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

    entries: list[Any] = [x509.DNSName(name) for name in dns_entries]
    for name in names:
        try:
            entries.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            entries.append(x509.DNSName(name))
    if entries:
        yield x509.SubjectAlternativeName(entries), False
    if usages is not None:
        purposes = {"serverAuth": "SERVER_AUTH", "clientAuth": "CLIENT_AUTH"}
        yield (
            x509.ExtendedKeyUsage([getattr(ExtendedKeyUsageOID, purposes[u]) for u in usages]),
            False,
        )
    if permitted_name is not None:
        yield x509.NameConstraints([x509.DNSName(permitted_name)], None), True
    if critical_oid is not None:
        yield x509.UnrecognizedExtension(ObjectIdentifier(critical_oid), b"\x05\x00"), True


def revocation_list(
    issuer: IssuedCertificate,
    *certificates: IssuedCertificate,
    start: float = -1,
    end: float = 30,
    key_identifier: bool = True,
) -> bytes:
    """Return a revocation list in PEM form; ``start`` and ``end`` are days from now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(_from_now(start))
        .next_update(_from_now(end))
        .add_extension(x509.CRLNumber(1), False)
    )
    if key_identifier:
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(own, False)
    for certificate in certificates:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.certificate.serial_number)
            .revocation_date(_from_now(start))
            .build()
        )
    crl = builder.sign(issuer.key, hashes.SHA256())
    pem: bytes = crl.public_bytes(serialization.Encoding.PEM)
    return pem


def _from_now(days: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
