"""TLS handshakes that fail, with a real mongod and real OpenSSL.

mongod refuses to start with an expired certificate, and it sends no alerts. For these cases,
a TLS proxy in front of it does the handshake, as a load balancer would.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mongoping.sandbox import listeners
from mongoping.sandbox.fault import Fault, fault, plain, workshop
from mongoping.sandbox.nameserver import NameServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.listeners import Listener


RENEW_CERTIFICATE = "Renew the server's certificate"


def tls_uri(host: str, port: int, **options: Any) -> str:
    """Return a connection string with TLS; options that are None are left out."""
    from mongoping.sandbox.users import build_uri

    return build_uri([f"{host}:{port}"], tls=True, **options)


@contextmanager
def tls_front(healthy: Deployment, context: ssl.SSLContext) -> Iterator[Listener]:
    """Terminate TLS in front of a mongod without it."""
    behind = listeners.forward("127.0.0.1", healthy.ports[0])
    with listeners.Listener(listeners.tls(context, behind)) as front:
        yield front


@contextmanager
def _certificate(certificates: Certificates, certificate: Path, remedy: str) -> Iterator[Fault]:
    """Yield a server with this certificate; its remedy installs a good one."""
    with (
        plain() as healthy,
        tls_front(healthy, listeners.server_context(certificate)) as bad,
        tls_front(healthy, listeners.server_context(certificates.good)) as good,
    ):
        yield Fault(
            tls_uri("localhost", bad.port, tlsCAFile=certificates.authority),
            remedy=remedy,
            remedy_uri=tls_uri("localhost", good.port, tlsCAFile=certificates.authority),
        )


@contextmanager
def tls_server(certificates: Certificates, **options: Any) -> Iterator[Deployment]:
    """Yield a mongod that requires TLS."""
    from mongoping.sandbox.deployment import ServerTls, standalone

    tls = ServerTls(certificates.good, certificates.authority, **options)
    with standalone(tls=tls) as deployment:
        yield deployment


@fault("tls.not-enabled-on-server")
def not_enabled_on_server() -> Iterator[Fault]:
    """The connection string turns TLS on, but the server does not use TLS."""
    with plain() as healthy:
        yield Fault(tls_uri("localhost", healthy.ports[0]))


@fault("tls.required-by-server")
def required_by_server() -> Iterator[Fault]:
    """The server requires TLS, but the connection string does not turn it on."""
    with workshop() as certificates, tls_server(certificates) as healthy:
        yield Fault(f"mongodb://{healthy.host}/", remedy="Turn TLS on", remedy_uri=healthy.uri)


@fault("tls.unknown-ca")
def unknown_ca() -> Iterator[Fault]:
    """The server's certificate is signed by a private CA that the client does not trust."""
    with workshop() as certificates, tls_server(certificates) as healthy:
        yield Fault(healthy.uri_with(tlsCAFile=None), remedy="Trust ", remedy_uri=healthy.uri)


@fault("tls.unknown-ca:wrong-file")
def wrong_ca_file() -> Iterator[Fault]:
    """tlsCAFile contains another CA than the one that signed the certificate."""
    with workshop() as certificates, tls_server(certificates) as healthy:
        other_ca = certificates.other_authority

        def repair() -> None:
            other_ca.write_bytes(other_ca.read_bytes() + certificates.authority.read_bytes())

        yield Fault(
            healthy.uri_with(tlsCAFile=other_ca),
            remedy="Add the certificate of ",
            repair=repair,
        )


@fault("tls.unknown-ca:no-intermediate")
def no_intermediate() -> Iterator[Fault]:
    """The server does not send its intermediate certificate."""
    with workshop() as certificates, plain() as healthy:
        chain = certificates.with_intermediate()
        pem = chain.read_bytes()
        end = pem.rindex(b"-----BEGIN CERTIFICATE-----")
        chain.write_bytes(pem[:end])
        chain_file = chain.with_name("trusted.pem")
        chain_file.write_bytes(certificates.authority.read_bytes())

        def repair() -> None:
            chain_file.write_bytes(chain_file.read_bytes() + pem[end:])

        with tls_front(healthy, listeners.server_context(chain)) as front:
            uri = tls_uri("localhost", front.port, tlsCAFile=chain_file)
            yield Fault(uri, remedy="Add the certificate of ", repair=repair)


@fault("tls.certificate-expired")
def certificate_expired() -> Iterator[Fault]:
    """The server's certificate expired three days ago."""
    with (
        workshop() as certificates,
        _certificate(certificates, certificates.expired(), RENEW_CERTIFICATE) as fault_,
    ):
        yield fault_


@fault("tls.certificate-expired:other-name")
def expired_for_another() -> Iterator[Fault]:
    """The server's certificate has expired, and it is for another host name."""
    with (
        workshop() as certificates,
        _certificate(
            certificates, certificates.expired("db.example.com"), RENEW_CERTIFICATE
        ) as fault_,
    ):
        yield fault_


@fault("tls.certificate-expired:unchecked", warning=True)
def expired_unchecked() -> Iterator[Fault]:
    """The server's certificate has expired, but the client does not verify certificates."""
    with (
        workshop() as certificates,
        plain() as healthy,
        tls_front(healthy, listeners.server_context(certificates.expired())) as front,
        tls_front(healthy, listeners.server_context(certificates.good)) as good,
    ):
        yield Fault(
            tls_uri("localhost", front.port, tlsAllowInvalidCertificates=True),
            remedy=RENEW_CERTIFICATE,
            remedy_uri=tls_uri("localhost", good.port, tlsAllowInvalidCertificates=True),
        )


@fault("tls.hostname-mismatch:common-name", warning=True)
def common_name() -> Iterator[Fault]:
    """The server's certificate has a common name, but no subjectAltName."""
    with (
        workshop() as certificates,
        _certificate(certificates, certificates.common_name_only(), "Reissue") as fault_,
    ):
        yield fault_


@fault("tls.certificate-not-yet-valid")
def certificate_not_yet_valid() -> Iterator[Fault]:
    """The server's certificate becomes valid in three days, or this machine's clock is slow."""
    with (
        workshop() as certificates,
        plain() as healthy,
        tls_front(healthy, listeners.server_context(certificates.not_yet_valid())) as front,
    ):
        yield Fault(
            tls_uri("localhost", front.port, tlsCAFile=certificates.authority),
            no_remedy_here="The first remedy is to check the clock, which is correct here.",
        )


@fault("tls.certificate-expiring", warning=True)
def certificate_expiring() -> Iterator[Fault]:
    """The server's certificate expires in five days."""
    with (
        workshop() as certificates,
        _certificate(certificates, certificates.server(days=5), RENEW_CERTIFICATE) as fault_,
    ):
        yield fault_


@fault("tls.hostname-mismatch")
def hostname_mismatch() -> Iterator[Fault]:
    """The connection string has an alias of the host name in the server's certificate."""
    with workshop() as certificates, plain() as healthy:
        alias, name = "mongo.example.com", "db.example.com"
        zone = {(alias, "A"): ["127.0.0.1"], (name, "A"): ["127.0.0.1"]}
        with (
            NameServer(zone) as names,
            tls_front(healthy, listeners.server_context(certificates.wrong_name())) as front,
        ):
            yield Fault(
                tls_uri(alias, front.port, tlsCAFile=certificates.authority), args=names.args
            )


@fault("tls.hostname-mismatch:address")
def address_mismatch() -> Iterator[Fault]:
    """The connection string has an IP address, but the certificate lists a host name."""
    with workshop() as certificates, plain() as healthy:
        context = listeners.server_context(certificates.server("localhost"))
        with tls_front(healthy, context) as front:
            yield Fault(tls_uri("127.0.0.1", front.port, tlsCAFile=certificates.authority))


@fault("tls.protocol-version")
def protocol_version() -> Iterator[Fault]:
    """The server supports only TLS 1.0."""
    import ssl

    with workshop() as certificates, plain() as healthy:
        only = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
        with (
            tls_front(healthy, listeners.server_context(certificates.good, versions=only)) as old,
            tls_front(healthy, listeners.server_context(certificates.good)) as good,
        ):
            yield Fault(
                tls_uri("localhost", old.port, tlsCAFile=certificates.authority),
                remedy="Let the server offer",
                remedy_uri=tls_uri("localhost", good.port, tlsCAFile=certificates.authority),
            )


@fault("tls.protocol-version:cipher")
def no_cipher() -> Iterator[Fault]:
    """The server supports only an old cipher, which current clients do not offer."""
    import ssl

    with workshop() as certificates, plain() as healthy:
        strange = listeners.server_context(certificates.good)
        strange.maximum_version = ssl.TLSVersion.TLSv1_2
        strange.set_ciphers("AES128-SHA")
        with (
            tls_front(healthy, strange) as old,
            tls_front(healthy, listeners.server_context(certificates.good)) as good,
        ):
            yield Fault(
                tls_uri("localhost", old.port, tlsCAFile=certificates.authority),
                remedy="Let the server offer",
                remedy_uri=tls_uri("localhost", good.port, tlsCAFile=certificates.authority),
            )


@fault("tls.client-certificate-required")
def client_certificate_required() -> Iterator[Fault]:
    """The server requires a client certificate. mongod closes the connection without an alert."""
    with workshop() as certificates, tls_server(certificates, **_wants(certificates)) as healthy:
        yield Fault(
            healthy.uri_with(tlsCertificateKeyFile=None),
            remedy="Add a client certificate",
            remedy_uri=healthy.uri,
        )


@fault("tls.client-certificate-required:alert")
def client_certificate_alert() -> Iterator[Fault]:
    """A TLS proxy requires a client certificate and sends an alert."""
    with _demanding_front(None) as fault_:
        yield fault_


@fault("tls.client-certificate-rejected")
def client_certificate_rejected() -> Iterator[Fault]:
    """The client's certificate is signed by a CA that the server does not trust."""
    with workshop() as certificates, tls_server(certificates, **_wants(certificates)) as healthy:
        uri = healthy.uri_with(tlsCertificateKeyFile=certificates.foreign_client())
        yield Fault(uri, remedy="Use a client certificate", remedy_uri=healthy.uri)


@fault("tls.client-certificate-rejected:expired")
def client_certificate_expired() -> Iterator[Fault]:
    """The client's certificate expired three days ago."""
    with workshop() as certificates, tls_server(certificates, **_wants(certificates)) as healthy:
        uri = healthy.uri_with(tlsCertificateKeyFile=certificates.expired_client())
        yield Fault(uri, remedy="Renew the client certificate", remedy_uri=healthy.uri)


@fault("tls.client-certificate-rejected:alert")
def client_rejected_alert() -> Iterator[Fault]:
    """A TLS proxy does not trust the CA of the client's certificate and sends an alert."""
    with _demanding_front("foreign") as fault_:
        yield fault_


def _wants(certificates: Certificates) -> dict[str, Any]:
    return {"required": True, "client_certificate": certificates.client()}


@contextmanager
def _demanding_front(client: str | None) -> Iterator[Fault]:
    """Yield a TLS proxy that requires a certificate; the client has none, or a foreign one."""
    with workshop() as certificates, plain() as healthy:
        context = listeners.server_context(
            certificates.good, client_authority=certificates.authority
        )
        with tls_front(healthy, context) as front:
            ca_file = certificates.authority
            client_file = certificates.foreign_client() if client else None
            yield Fault(
                tls_uri(
                    "localhost", front.port, tlsCAFile=ca_file, tlsCertificateKeyFile=client_file
                ),
                remedy="Use a client certificate" if client else "Add a client certificate",
                remedy_uri=tls_uri(
                    "localhost",
                    front.port,
                    tlsCAFile=ca_file,
                    tlsCertificateKeyFile=certificates.client(),
                ),
            )


@fault("tls.alert-internal-error")
def alert_internal_error() -> Iterator[Fault]:
    """The server replies to ClientHello with alert 80. The alert is simulated."""
    with (
        workshop() as certificates,
        listeners.Listener(listeners.tls_alert_80) as refusing,
    ):
        yield Fault(
            tls_uri("localhost", refusing.port, tlsCAFile=certificates.authority),
            no_remedy_here="Only the log of the server or the TLS proxy shows the reason.",
            note="The alert is simulated. Atlas sends it to addresses not on the access list.",
        )


@contextmanager
def _client_file(kind: str, remedy: str) -> Iterator[Fault]:
    """Yield a client certificate file that cannot be loaded; its remedy is a good one."""
    with workshop() as certificates, tls_server(certificates, **_wants(certificates)) as healthy:
        bad = {
            "no-key": lambda: certificates.certificate_only(certificates.client()),
            "mismatched": certificates.mismatched,
            "not-pem": certificates.not_pem,
        }[kind]()
        yield Fault(
            healthy.uri_with(tlsCertificateKeyFile=bad), remedy=remedy, remedy_uri=healthy.uri
        )


@fault("tls.bad-key-file")
def bad_key_file() -> Iterator[Fault]:
    """The client certificate file contains no key."""
    with _client_file("no-key", "into one file") as fault_:
        yield fault_


@fault("tls.bad-key-file:mismatch")
def key_mismatch() -> Iterator[Fault]:
    """The key in the file belongs to another certificate."""
    with _client_file("mismatched", "Replace the private key") as fault_:
        yield fault_


@fault("tls.bad-key-file:password")
def key_password() -> Iterator[Fault]:
    """The key in the file is encrypted, and tlsCertificateKeyFilePassword is not set."""
    with workshop() as certificates, tls_server(certificates, **_wants(certificates)) as healthy:
        file = certificates.locked(certificates.client(), "secret")
        yield Fault(
            healthy.uri_with(tlsCertificateKeyFile=file),
            remedy="Give the password of the key",
            remedy_uri=healthy.uri_with(
                tlsCertificateKeyFile=file, tlsCertificateKeyFilePassword="secret"
            ),
        )


@fault("tls.bad-key-file:not-pem")
def key_not_pem() -> Iterator[Fault]:
    """The client certificate file is in DER format, not PEM."""
    with _client_file("not-pem", "Convert the certificate to PEM") as fault_:
        yield fault_
