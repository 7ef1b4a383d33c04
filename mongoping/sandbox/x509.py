"""What `mongoping.sandbox.certificates` needs and trustme does not do, with ``cryptography``."""

from __future__ import annotations

import datetime
import re
from typing import Any

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\n?", re.DOTALL)


def _blocks(pem: bytes, ending: bytes) -> bytes:
    return b"".join(block[0] for block in _PEM.finditer(pem) if block[1].endswith(ending))


def key_of(pem: bytes) -> bytes:
    """The private key of a PEM file."""
    return _blocks(pem, b"PRIVATE KEY")


def certificates_of(pem: bytes) -> bytes:
    """The certificates of a PEM file."""
    return _blocks(pem, b"CERTIFICATE")


def lock_key(pem: bytes, password: str) -> bytes:
    """The same PEM file, its key encrypted by a password."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(key_of(pem), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    return locked + certificates_of(pem)


def common_name_only(authority: Any, name: str) -> bytes:
    """Key and certificate of a server whose name stands in the subject alone.

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
