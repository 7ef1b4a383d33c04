"""Issue valid and invalid certificates for a sandbox, in a temporary folder.

Every method writes PEM files and returns the path of one. A file for a server or a client
contains both key and certificates, as mongod and ``tlsCertificateKeyFile`` require.
"""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.x509 import IssuedCertificate

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _days(days: float) -> datetime.datetime:
    return _now() + datetime.timedelta(days=days)


class Certificates:
    """A private CA, and certificates signed by it or by another CA.

    ``names`` are the DNS names and addresses of a server's subjectAltName; by default, the
    loopback names of this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    @cached_property
    def _authority(self) -> Any:
        return self._make_authority("mongoping sandbox")

    @cached_property
    def _stranger(self) -> Any:
        return self._make_authority("somebody else")

    def _make_authority(self, name: str) -> Any:
        import trustme

        return trustme.CA(organization_name=name, organization_unit_name="authority")

    def _write(self, name: str, *pems: bytes) -> Path:
        self._count += 1
        path = self.folder / f"{self._count:02d}-{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(b"".join(pems))
        return path

    @cached_property
    def authority(self) -> Path:
        """Return the CA certificate, for ``tlsCAFile``."""
        return self._write("authority", self._authority.cert_pem.bytes())

    @cached_property
    def other_authority(self) -> Path:
        """Return the certificate of a CA that signed none of the valid certificates."""
        return self._write("other-authority", self._stranger.cert_pem.bytes())

    def _issue(
        self,
        file: str,
        names: tuple[str, ...],
        *,
        authority: Any = None,
        common_name: str | None = None,
        unit: str = "servers",
        start: float | None = None,
        end: float | None = None,
        omit_chain: bool = False,
    ) -> Path:
        """Issue and write a certificate. ``start`` and ``end`` are days from now."""
        leaf = (authority or self._authority).issue_cert(
            *names,
            common_name=common_name,
            organization_name="mongoping sandbox",
            organization_unit_name=unit,
            not_before=None if start is None else _days(start),
            not_after=None if end is None else _days(end),
        )
        chain = leaf.cert_chain_pems[:1] if omit_chain else leaf.cert_chain_pems
        key = leaf.private_key_pem.bytes()
        return self._write(file, key, *(pem.bytes() for pem in chain))

    @cached_property
    def good(self) -> Path:
        """Return a server certificate for this machine's loopback names."""
        return self.server(*LOOPBACK)

    def server(self, *names: str, days: float = 365) -> Path:
        """Issue a server certificate for these names, valid for ``days`` days."""
        return self._issue("server", names or LOOPBACK, start=-1, end=days)

    def expired(self, *names: str, days: float = 3) -> Path:
        """Issue a server certificate that expired a number of days ago."""
        return self._issue("expired", names or LOOPBACK, start=-90, end=-days)

    def not_yet_valid(self, *names: str, days: float = 3) -> Path:
        """Issue a server certificate that becomes valid in a number of days."""
        return self._issue("not-yet-valid", names or LOOPBACK, start=days, end=90)

    def wrong_name(self) -> Path:
        """Issue a server certificate for a different host name."""
        return self.server("db.example.com", "*.db.example.com")

    def self_signed_elsewhere(self, *names: str) -> Path:
        """Issue a server certificate from an untrusted CA."""
        return self._issue("unknown-authority", names or LOOPBACK, authority=self._stranger)

    def with_intermediate(self, *names: str, omit: bool = False) -> Path:
        """Issue a server certificate from an intermediate CA, which ``omit`` leaves out."""
        child = self._authority.create_child_ca()
        return self._issue("intermediate", names or LOOPBACK, authority=child, omit_chain=omit)

    def common_name_only(self, name: str = "localhost") -> Path:
        """Issue a server certificate without subjectAltName, with the name only in its subject."""
        from mongoping.sandbox import x509

        return self._write("common-name", x509.common_name_only(self._authority, name))

    def chain(self, leaf: IssuedCertificate, *issuers: IssuedCertificate) -> Path:
        """Write a server's file: its key, its certificate, and the intermediate ones given."""
        links = b"".join(certificate.pem for certificate in issuers)
        return self._write("chain", leaf.key_pem, leaf.pem, links)

    def trusted(self, *issuers: IssuedCertificate) -> Path:
        """Write a CA file."""
        return self._write("trusted", *(certificate.pem for certificate in issuers))

    def revocations(self, pem: bytes) -> Path:
        """Write a revocation list."""
        return self._write("list", pem)

    def client(self, name: str = "ada") -> Path:
        """Issue a client certificate; `subject` returns the user name it maps to."""
        return self._issue("client", (f"{name}@example.com",), common_name=name, unit="clients")

    def foreign_client(self, name: str = "ada") -> Path:
        """Issue a client certificate from a CA that the server does not trust."""
        return self._issue(
            "foreign-client",
            (f"{name}@example.com",),
            authority=self._stranger,
            common_name=name,
            unit="clients",
        )

    def server_only_client(self, name: str = "ada") -> Path:
        """Return a client certificate of the sandbox's CA that allows only servers."""
        from mongoping.sandbox import x509

        certificate = x509.issue(name, self.issuer, usages=["serverAuth"])
        return self._write("server-only-client", certificate.key_pem, certificate.pem)

    @cached_property
    def issuer(self) -> IssuedCertificate:
        """Return the sandbox's CA, for `mongoping.sandbox.x509.issue`."""
        from mongoping.sandbox import x509

        return x509.load(self._authority.cert_pem.bytes(), self._authority.private_key_pem.bytes())

    def expired_client(self, name: str = "ada") -> Path:
        """Issue a client certificate that expired three days ago."""
        return self._issue(
            "expired-client",
            (f"{name}@example.com",),
            common_name=name,
            unit="clients",
            start=-90,
            end=-3,
        )

    def locked(self, path: Path, password: str) -> Path:
        """Return a copy of the file with its key encrypted by a password."""
        from mongoping.sandbox import x509

        return self._write("locked", x509.lock_key(path.read_bytes(), password))

    def mismatched(self) -> Path:
        """Return a client certificate with the key of a different one."""
        from mongoping.sandbox import x509

        return self._write(
            "mismatched",
            x509.key_of(self.client("bob").read_bytes()),
            x509.certificates_of(self.client().read_bytes()),
        )

    def certificate_only(self, path: Path) -> Path:
        """Return a copy of the file without its key."""
        from mongoping.sandbox import x509

        return self._write("no-key", x509.certificates_of(path.read_bytes()))

    def not_pem(self) -> Path:
        """Return a client certificate in DER instead of PEM."""
        import ssl

        from mongoping.sandbox import x509

        text = x509.certificates_of(self.client().read_bytes()).decode()
        return self._write("der", ssl.PEM_cert_to_DER_cert(text))


def subject(path: Path) -> str:
    """Return the subject of the first certificate in a file, in RFC 2253 form as in mongod."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    return certificate.subject.rfc4514_string()
