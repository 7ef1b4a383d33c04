"""Handshakes that fail. mongod is real, and so is OpenSSL in the fronts before it.

mongod itself refuses to start with an expired certificate, and it sends no alerts. Where a
client shall see either, a front does the handshake, as a load balancer or a proxy would.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mongoping.sandbox import listeners
from mongoping.sandbox.fault import Fault, fault, plain, workshop

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.listeners import Listener


def tls_uri(host: str, port: int, **options: Any) -> str:
    """Return a connection string with TLS; options that are None are left out."""
    from mongoping.sandbox.users import build_uri

    return build_uri([f"{host}:{port}"], tls=True, **options)


@contextmanager
def tls_front(whole: Deployment, context: ssl.SSLContext) -> Iterator[Listener]:
    """Terminate TLS in front of a mongod without it."""
    behind = listeners.forward("127.0.0.1", whole.ports[0])
    with listeners.Listener(listeners.tls(context, behind)) as front:
        yield front


@contextmanager
def _certificate(made: Certificates, certificate: Path) -> Iterator[Fault]:
    """A server with this certificate; the remedy is the same server with a good one."""
    with (
        plain() as whole,
        tls_front(whole, listeners.server_context(certificate)) as bad,
        tls_front(whole, listeners.server_context(made.good)) as good,
    ):
        yield Fault(
            tls_uri("localhost", bad.port, tlsCAFile=made.authority),
            remedy_uri=tls_uri("localhost", good.port, tlsCAFile=made.authority),
        )


@contextmanager
def tls_server(made: Certificates, **options: Any) -> Iterator[Deployment]:
    """Yield a mongod that requires TLS."""
    from mongoping.sandbox.deployment import ServerTls, standalone

    tls = ServerTls(made.good, made.authority, **options)
    with standalone(tls=tls) as deployment:
        yield deployment


@fault("tls.not-enabled-on-server")
def not_enabled_on_server() -> Iterator[Fault]:
    """The string asks for TLS, and the server has none."""
    with plain() as whole:
        yield Fault(tls_uri("localhost", whole.ports[0]), remedy_uri=whole.uri)


@fault("tls.required-by-server")
def required_by_server() -> Iterator[Fault]:
    """The server requires TLS, and the string does not ask for it."""
    with workshop() as made, tls_server(made) as whole:
        yield Fault(f"mongodb://{whole.host}/", remedy_uri=whole.uri)


@fault("tls.unknown-ca")
def unknown_ca() -> Iterator[Fault]:
    """The server's certificate is by an authority of its own, and nobody told the client."""
    with workshop() as made, tls_server(made) as whole:
        yield Fault(whole.uri_with(tlsCAFile=None), remedy_uri=whole.uri)


@fault("tls.unknown-ca:wrong-file")
def wrong_ca_file() -> Iterator[Fault]:
    """tlsCAFile names another authority than the one that signed."""
    with workshop() as made, tls_server(made) as whole:
        yield Fault(whole.uri_with(tlsCAFile=made.other_authority), remedy_uri=whole.uri)


@fault("tls.unknown-ca:no-intermediate")
def no_intermediate() -> Iterator[Fault]:
    """The server leaves its intermediate certificate out."""
    with workshop() as made, _certificate(made, made.with_intermediate(omit=True)) as fault_:
        yield fault_


@fault("tls.certificate-expired")
def certificate_expired() -> Iterator[Fault]:
    """The server's certificate ran out three days ago."""
    with workshop() as made, _certificate(made, made.expired()) as fault_:
        yield fault_


@fault("tls.certificate-expired:other-name")
def expired_for_another() -> Iterator[Fault]:
    """The server's certificate ran out, and is for another name besides."""
    with workshop() as made, _certificate(made, made.expired("db.example.com")) as fault_:
        yield fault_


@fault("tls.certificate-expired:unchecked", warning=True)
def expired_unchecked() -> Iterator[Fault]:
    """The server's certificate ran out, and the string says not to look."""
    with (
        workshop() as made,
        plain() as whole,
        tls_front(whole, listeners.server_context(made.expired())) as front,
    ):
        yield Fault(tls_uri("localhost", front.port, tlsAllowInvalidCertificates=True))


@fault("tls.hostname-mismatch:common-name", warning=True)
def common_name() -> Iterator[Fault]:
    """The server's certificate has a common name, and no subjectAltName."""
    with workshop() as made, _certificate(made, made.common_name_only()) as fault_:
        yield fault_


@fault("tls.certificate-not-yet-valid")
def certificate_not_yet_valid() -> Iterator[Fault]:
    """The server's certificate is valid in three days, or this clock is late."""
    with workshop() as made, _certificate(made, made.not_yet_valid()) as fault_:
        yield fault_


@fault("tls.certificate-expiring", warning=True)
def certificate_expiring() -> Iterator[Fault]:
    """The server's certificate is good for five more days."""
    with workshop() as made, _certificate(made, made.server(days=5)) as fault_:
        yield fault_


@fault("tls.hostname-mismatch")
def hostname_mismatch() -> Iterator[Fault]:
    """The server's certificate is for another name."""
    with workshop() as made, _certificate(made, made.wrong_name()) as fault_:
        yield fault_


@fault("tls.hostname-mismatch:address")
def address_mismatch() -> Iterator[Fault]:
    """The string names an IP address, and the certificate a name."""
    with workshop() as made, plain() as whole:
        context = listeners.server_context(made.server("localhost"))
        with tls_front(whole, context) as front:
            ca_file = made.authority
            yield Fault(
                tls_uri("127.0.0.1", front.port, tlsCAFile=ca_file),
                remedy_uri=tls_uri("localhost", front.port, tlsCAFile=ca_file),
            )


@fault("tls.protocol-version")
def protocol_version() -> Iterator[Fault]:
    """The server speaks TLS 1.0 and nothing newer."""
    import ssl

    with workshop() as made, plain() as whole:
        only = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
        with (
            tls_front(whole, listeners.server_context(made.good, versions=only)) as old,
            tls_front(whole, listeners.server_context(made.good)) as good,
        ):
            yield Fault(
                tls_uri("localhost", old.port, tlsCAFile=made.authority),
                remedy_uri=tls_uri("localhost", good.port, tlsCAFile=made.authority),
            )


@fault("tls.protocol-version:cipher")
def no_cipher() -> Iterator[Fault]:
    """The server takes one old cipher, which clients of today do not offer."""
    import ssl

    with workshop() as made, plain() as whole:
        strange = listeners.server_context(made.good)
        strange.maximum_version = ssl.TLSVersion.TLSv1_2
        strange.set_ciphers("AES128-SHA")
        with (
            tls_front(whole, strange) as old,
            tls_front(whole, listeners.server_context(made.good)) as good,
        ):
            yield Fault(
                tls_uri("localhost", old.port, tlsCAFile=made.authority),
                remedy_uri=tls_uri("localhost", good.port, tlsCAFile=made.authority),
            )


@fault("tls.client-certificate-required")
def client_certificate_required() -> Iterator[Fault]:
    """The server wants a client certificate. mongod closes without a word."""
    with workshop() as made, tls_server(made, **_wants(made)) as whole:
        yield Fault(whole.uri_with(tlsCertificateKeyFile=None), remedy_uri=whole.uri)


@fault("tls.client-certificate-required:alert")
def client_certificate_alert() -> Iterator[Fault]:
    """A front wants a client certificate, and says so by an alert."""
    with _wantingtls_front(None) as made:
        yield made


@fault("tls.client-certificate-rejected")
def client_certificate_rejected() -> Iterator[Fault]:
    """The client's certificate is by an authority that the server does not know."""
    with workshop() as made, tls_server(made, **_wants(made)) as whole:
        uri = whole.uri_with(tlsCertificateKeyFile=made.foreign_client())
        yield Fault(uri, remedy_uri=whole.uri)


@fault("tls.client-certificate-rejected:expired")
def client_certificate_expired() -> Iterator[Fault]:
    """The client's certificate ran out three days ago."""
    with workshop() as made, tls_server(made, **_wants(made)) as whole:
        uri = whole.uri_with(tlsCertificateKeyFile=made.expired_client())
        yield Fault(uri, remedy_uri=whole.uri)


@fault("tls.client-certificate-rejected:alert")
def client_rejected_alert() -> Iterator[Fault]:
    """A front does not know the client's authority, and says so by an alert."""
    with _wantingtls_front("foreign") as made:
        yield made


def _wants(made: Certificates) -> dict[str, Any]:
    return {"required": True, "client_certificate": made.client()}


@contextmanager
def _wantingtls_front(client: str | None) -> Iterator[Fault]:
    """A front that wants a client certificate; the client has none, or a foreign one."""
    with workshop() as made, plain() as whole:
        context = listeners.server_context(made.good, client_authority=made.authority)
        with tls_front(whole, context) as front:
            ca_file = made.authority
            shown = made.foreign_client() if client else None
            yield Fault(
                tls_uri("localhost", front.port, tlsCAFile=ca_file, tlsCertificateKeyFile=shown),
                remedy_uri=tls_uri(
                    "localhost", front.port, tlsCAFile=ca_file, tlsCertificateKeyFile=made.client()
                ),
            )


@fault("tls.alert-internal-error")
def alert_internal_error() -> Iterator[Fault]:
    """The server answers ClientHello with alert 80. The alert is written by a script."""
    with (
        workshop() as made,
        plain() as whole,
        listeners.Listener(listeners.tls_alert_80) as refusing,
        tls_front(whole, listeners.server_context(made.good)) as good,
    ):
        yield Fault(
            tls_uri("localhost", refusing.port, tlsCAFile=made.authority),
            remedy_uri=tls_uri("localhost", good.port, tlsCAFile=made.authority),
            note="The alert is played; Atlas sends it to addresses off the access list.",
        )


@contextmanager
def _client_file(kind: str) -> Iterator[Fault]:
    """A client certificate file that cannot be used, on a server that wants one."""
    with workshop() as made, tls_server(made, **_wants(made)) as whole:
        bad = {
            "no-key": lambda: made.certificate_only(made.client()),
            "mismatched": made.mismatched,
            "locked": lambda: made.locked(made.client(), "secret"),
            "not-pem": made.not_pem,
        }[kind]()
        yield Fault(whole.uri_with(tlsCertificateKeyFile=bad), remedy_uri=whole.uri)


@fault("tls.bad-key-file")
def bad_key_file() -> Iterator[Fault]:
    """The file of the client certificate has no key."""
    with _client_file("no-key") as made:
        yield made


@fault("tls.bad-key-file:mismatch")
def key_mismatch() -> Iterator[Fault]:
    """The key in the file belongs to another certificate."""
    with _client_file("mismatched") as made:
        yield made


@fault("tls.bad-key-file:password")
def key_password() -> Iterator[Fault]:
    """The key in the file is encrypted, and nobody gives its password."""
    with _client_file("locked") as made:
        yield made


@fault("tls.bad-key-file:not-pem")
def key_not_pem() -> Iterator[Fault]:
    """The file of the client certificate is in DER, not in PEM."""
    with _client_file("not-pem") as made:
        yield made
