"""Certificate chains that clients reject, served by OpenSSL in front of a mongod without TLS."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox import listeners
from mongoping.sandbox.certificates import LOOPBACK
from mongoping.sandbox.fault import Fault, fault, plain, workshop
from mongoping.sandbox.faults.tls import tls_front, tls_uri
from mongoping.sandbox.x509 import issue, revocation_list

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates


@contextmanager
def _chain(
    certificates: Certificates,
    chain: Path,
    remedy: str,
    *,
    ca_file: Path | None = None,
    crl: Path | None = None,
) -> Iterator[Fault]:
    """Serve a chain that a client rejects; the remedy installs a valid one.

    The client trusts ``ca_file``, by default the CA of the valid chain.
    """
    trusted = ca_file or certificates.authority
    with (
        plain() as healthy,
        tls_front(healthy, listeners.server_context(chain, level=0)) as bad,
        tls_front(healthy, listeners.server_context(certificates.good)) as good,
    ):
        yield Fault(
            tls_uri("localhost", bad.port, tlsCAFile=trusted, tlsCRLFile=crl),
            remedy=remedy,
            remedy_uri=tls_uri("localhost", good.port, tlsCAFile=certificates.authority),
        )


@fault("tls.revoked")
def certificate_revoked() -> Iterator[Fault]:
    """The server's certificate is on the revocation list (tlsCRLFile)."""
    with workshop() as certificates:
        leaf = issue("server", certificates.issuer, names=LOOPBACK)
        crl = certificates.revocations(revocation_list(certificates.issuer, leaf))
        with _chain(certificates, certificates.chain(leaf), "install a new one", crl=crl) as fault_:
            yield fault_


@contextmanager
def _outdated_list(certificates: Certificates, crl: Path) -> Iterator[Fault]:
    """Yield a revocation list that cannot be used; the remedy replaces it with the current one."""

    def repair() -> None:
        crl.write_bytes(revocation_list(certificates.issuer))

    with plain() as healthy:
        chain = certificates.chain(issue("server", certificates.issuer, names=LOOPBACK))
        with tls_front(healthy, listeners.server_context(chain)) as front:
            uri = tls_uri("localhost", front.port, tlsCAFile=certificates.authority, tlsCRLFile=crl)
            yield Fault(uri, remedy=f"Replace {crl}", repair=repair)


@fault("tls.crl-invalid")
def crl_expired() -> Iterator[Fault]:
    """The revocation list (tlsCRLFile) is out of date."""
    with workshop() as certificates:
        crl = certificates.revocations(revocation_list(certificates.issuer, start=-60, end=-30))
        with _outdated_list(certificates, crl) as fault_:
            yield fault_


@fault("tls.crl-invalid:other-ca")
def crl_of_another() -> Iterator[Fault]:
    """The revocation list (tlsCRLFile) is from another CA."""
    with workshop() as certificates:
        crl = certificates.revocations(revocation_list(issue("other", authority=True)))
        with _outdated_list(certificates, crl) as fault_:
            yield fault_


@fault("tls.weak-certificate")
def weak_key() -> Iterator[Fault]:
    """The server's certificate has an RSA key of 1024 bits."""
    with workshop() as certificates:
        leaf = issue("server", certificates.issuer, names=LOOPBACK, bits=1024)
        with _chain(certificates, certificates.chain(leaf), "Reissue the certificate") as fault_:
            yield fault_


@fault("tls.certificate-purpose")
def client_purpose() -> Iterator[Fault]:
    """The server uses a certificate that was issued for a client."""
    with workshop() as certificates:
        leaf = issue("server", certificates.issuer, names=LOOPBACK, usages=["clientAuth"])
        with _chain(certificates, certificates.chain(leaf), "Reissue the certificate") as fault_:
            yield fault_


@fault("tls.invalid-chain")
def not_a_ca() -> Iterator[Fault]:
    """The server's certificate is signed by a certificate that is not a CA."""
    with workshop() as certificates:
        signer = issue("not a CA", certificates.issuer)
        leaf = issue("server", signer, names=LOOPBACK)
        with _chain(
            certificates, certificates.chain(leaf, signer), "reissue the certificate"
        ) as fault_:
            yield fault_


@fault("tls.certificate-expired:ca")
def ca_expired() -> Iterator[Fault]:
    """The server's certificate is valid, but the CA in tlsCAFile has expired."""
    with workshop() as certificates:
        root = issue("old root", authority=True, start=-90, end=-3)
        leaf = issue("server", root, names=LOOPBACK)
        trusted = certificates.trusted(root)
        with _chain(certificates, certificates.chain(leaf), "Replace ", ca_file=trusted) as fault_:
            yield fault_


@fault("tls.certificate-expired:intermediate")
def intermediate_expired() -> Iterator[Fault]:
    """The server's certificate is valid, but its intermediate certificate has expired."""
    with workshop() as certificates:
        middle = issue("middle", certificates.issuer, authority=True, start=-90, end=-3)
        leaf = issue("server", middle, names=LOOPBACK)
        with _chain(certificates, certificates.chain(leaf, middle), "Replace ") as fault_:
            yield fault_


@fault("tls.hostname-mismatch:dns-entry")
def address_as_name() -> Iterator[Fault]:
    """The certificate lists an IP address as if it were a DNS name."""
    with workshop() as certificates, plain() as healthy:
        leaf = issue(
            "server", certificates.issuer, names=("localhost",), dns_entries=("127.0.0.1",)
        )
        with tls_front(healthy, listeners.server_context(certificates.chain(leaf))) as front:
            yield Fault(tls_uri("127.0.0.1", front.port, tlsCAFile=certificates.authority))
