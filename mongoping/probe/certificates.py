"""Read what certificates and revocation lists say. Imports cryptography only when asked to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.record import Record

if TYPE_CHECKING:
    import ssl

    from cryptography.x509 import Certificate, Name

MAX_CHAIN = 10  # certificates of a chain; more are counted, not read
MAX_NAMES = 100  # names of a certificate in a report
MAX_USAGES = 20
MAX_AUTHORITIES = 200  # of a CA file whose subjects are listed
MAX_LIST_BYTES = 8_000_000  # of a revocation list; public ones reach some megabytes
PEM_LIST = b"-----BEGIN X509 CRL-----"
PEM_LIST_END = b"-----END X509 CRL-----"


class CertificateFacts(Record):
    """The contents of a certificate. Times are UTC.

    Attributes:
        names: DNS names and IP addresses of its subjectAltName.
        addresses: those of them that are IP entries; an address in a DNS entry is not here.
        more_names: how many names were left out.
        authority: whether basicConstraints make it a CA; None without that extension.
        usages: extendedKeyUsage by name (``serverAuth``); None without that extension.
        key: kind and size of its key (``RSA 1024 bits``).
        signature: the hash that its issuer signed with (``SHA1``).
        sent: whether the server sent it; False for one from this machine's CA file or store.
    """

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    common_name: str | None = None
    self_signed: bool = False
    authority: bool | None = None
    more_names: int = 0
    addresses: tuple[str, ...] = ()
    usages: tuple[str, ...] | None = None
    key: str | None = None
    signature: str | None = None
    sent: bool = True

    def listed(self, limit: int = 6) -> str:
        """Return the first names and how many more there are; empty if it has none."""
        more = max(len(self.names) - limit, 0) + self.more_names
        return ", ".join(self.names[:limit]) + (f" and {more} more" if more > 0 else "")

    def days_left(self, now: datetime) -> float:
        """Return the days until it expires; negative once it has."""
        return (self.not_after - now).total_seconds() / 86400

    def allows(self, usage: str) -> bool:
        """Return whether its extendedKeyUsage allows ``serverAuth`` or ``clientAuth``."""
        return self.usages is None or usage in self.usages or "anyExtendedKeyUsage" in self.usages


class RevocationListFacts(Record):
    """One list of a CRL file. Times are UTC.

    ``revoked`` is when the server's certificate was put on it; None if it is not on it.
    """

    issuer: str
    last_update: datetime | None = None
    next_update: datetime | None = None
    revoked: datetime | None = None


def chain(session: ssl.SSLObject) -> list[bytes]:
    """Return the certificates that the server sent, leaf first, in DER; also after a refusal."""
    return _ders(session, "get_unverified_chain")


def path(session: ssl.SSLObject) -> list[bytes]:
    """Return the chain that OpenSSL built, leaf to trust anchor, in DER; also after a refusal.

    After a refusal it may end early. Empty where nothing was verified.
    """
    return _ders(session, "get_verified_chain")


def _ders(session: ssl.SSLObject, method: str) -> list[bytes]:
    if hasattr(session, method):  # public since Python 3.13
        return list(getattr(session, method)() or ())
    inner = getattr(session, "_sslobj", None)  # the same function, one level down
    chain = getattr(inner, method)() if inner is not None else None
    encoding = 2  # DER, _ssl.ENCODING_DER
    return [certificate.public_bytes(encoding) for certificate in chain or ()]


def describe_all(ders: list[bytes], sent_ders: list[bytes]) -> tuple[CertificateFacts, ...]:
    """Return what the certificates say; those that cannot be read are left out."""
    facts_by_der = ((der, describe(der)) for der in ders[:MAX_CHAIN])
    return tuple(
        facts if der in sent_ders else facts.replace(sent=False)
        for der, facts in facts_by_der
        if facts
    )


def describe(der: bytes) -> CertificateFacts | None:
    """Return what a certificate says; None when it cannot be read. Imports cryptography."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate = x509.load_der_x509_certificate(der)
        names, addresses = _names(certificate)
        return CertificateFacts(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            names=names[:MAX_NAMES],
            more_names=max(len(names) - MAX_NAMES, 0),
            common_name=_common_name(certificate.subject),
            self_signed=certificate.subject == certificate.issuer,
            authority=_is_authority(certificate),
            addresses=addresses[:MAX_NAMES],
            usages=_usages(certificate),
            key=_key(certificate),
            signature=_signature(certificate),
        )
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        return None


def _names(certificate: Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return (), ()
    hosts = extension.get_values_for_type(x509.DNSName)
    addresses = tuple(str(address) for address in extension.get_values_for_type(x509.IPAddress))
    return (*(str(host) for host in hosts), *addresses), addresses


def _common_name(name: Name) -> str | None:
    from cryptography.x509.oid import NameOID

    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else None


def _is_authority(certificate: Certificate) -> bool | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _usages(certificate: Certificate) -> tuple[str, ...] | None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    words = {
        ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
        ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
        ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
        ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
    }
    return tuple(words.get(usage, usage.dotted_string) for usage in usages)[:MAX_USAGES]


def _key(certificate: Certificate) -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size} bits"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size} bits"
    return f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else None


def _signature(certificate: Certificate) -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return algorithm.name.upper() if algorithm is not None else None


def subjects(authorities: list[bytes]) -> tuple[str, ...]:
    """Return the subjects of CA certificates in DER, in order."""
    descriptions = (describe(der) for der in authorities[:MAX_AUTHORITIES])
    return tuple(dict.fromkeys(facts.subject for facts in descriptions if facts is not None))


def revocation_lists(file: str, leaf: bytes | None) -> tuple[RevocationListFacts, ...]:
    """Return what the lists of a CRL file say; ``leaf`` is the server's certificate in DER."""
    from cryptography import x509

    try:
        with Path(file).open("rb") as crl_file:
            data = crl_file.read(MAX_LIST_BYTES)
        serial = x509.load_der_x509_certificate(leaf).serial_number if leaf else None
    except (OSError, ValueError):
        return ()
    crls = []
    for block in data.split(PEM_LIST)[1 : MAX_CHAIN + 1]:
        body, end, _ = block.partition(PEM_LIST_END)
        try:
            crl = x509.load_pem_x509_crl(PEM_LIST + body + end + b"\n")
            entry = crl.get_revoked_certificate_by_serial_number(serial) if serial else None
            crls.append(
                RevocationListFacts(
                    crl.issuer.rfc4514_string(),
                    crl.last_update_utc,
                    crl.next_update_utc,
                    entry.revocation_date_utc if entry is not None else None,
                )
            )
        except ValueError:
            continue
    return tuple(crls)
