"""Logins that fail, on a server with access control."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mongoping.sandbox import scripts
from mongoping.sandbox.fault import Fault, fault, locked_standalone, plain, workshop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment


@fault("auth.failed")
def login_failed() -> Iterator[Fault]:
    """The password is wrong."""
    from mongoping.sandbox.users import User

    with locked_standalone() as healthy:
        yield Fault(
            healthy.uri_with(user=User("ada", "not-the-password")),
            remedy="Check the password",
            remedy_uri=healthy.uri,
        )


@fault("auth.failed:atlas")
def failed_on_atlas() -> Iterator[Fault]:
    """Atlas refuses the login with code 8000, which has many causes."""
    from mongoping.sandbox.played import SimulatedServer
    from mongoping.sandbox.users import User, build_uri

    with plain() as healthy, SimulatedServer(scripts.atlas_bad_auth()) as server:
        uri = build_uri([server.address], user=User("ada", "not-the-password"))
        yield Fault(
            uri,
            remedy="Check the password",
            remedy_uri=healthy.uri,
            note="The server is simulated.",
        )


@fault("auth.user-not-found")
def user_not_found() -> Iterator[Fault]:
    """The user does not exist."""
    from mongoping.sandbox.users import User

    with locked_standalone() as healthy:
        yield Fault(
            healthy.uri_with(user=User("eve", healthy.password)),
            remedy="Check the spelling of the user name",
            remedy_uri=healthy.uri,
        )


@fault("auth.wrong-auth-source")
def wrong_auth_source() -> Iterator[Fault]:
    """The user exists in admin, but authSource makes the driver look in shop."""
    with locked_standalone() as healthy:
        yield Fault(healthy.uri_with(authSource="shop"))


@fault("auth.wrong-auth-source:database")
def wrong_database() -> Iterator[Fault]:
    """The user exists in admin, but the string names another database and no authSource."""
    with locked_standalone() as healthy:
        yield Fault(healthy.uri_with(database="shop", authSource=None))


@fault("auth.mechanism-unavailable")
def mechanism_unavailable() -> Iterator[Fault]:
    """The string sets authMechanism=PLAIN, which only servers with LDAP offer."""
    with locked_standalone() as healthy:
        yield Fault(healthy.uri_with(authMechanism="PLAIN", authSource="$external"))


@fault("auth.mechanism-unavailable:user")
def mechanism_of_user() -> Iterator[Fault]:
    """The string sets SCRAM-SHA-256, but the user has credentials only for SCRAM-SHA-1."""
    with locked_standalone() as healthy:
        yield Fault(healthy.uri_with(user=healthy.named("sha1"), authMechanism="SCRAM-SHA-256"))


@fault("auth.required")
def login_required() -> Iterator[Fault]:
    """The server requires a login, but the connection string has none."""
    with locked_standalone() as healthy:
        yield Fault(healthy.uri_with(user=None), remedy="Add the user", remedy_uri=healthy.uri)


@fault("auth.not-authorized")
def not_authorized() -> Iterator[Fault]:
    """The user can log in, but has no role."""
    from mongoping.sandbox.users import User

    with locked_standalone() as healthy, healthy.admin() as client:
        user = User("newcomer", roles=())
        client.admin.command(user.command)
        roles = [{"role": "readWrite", "db": "shop"}]
        try:
            yield Fault(
                healthy.uri_with(user=user, database="shop", authSource="admin"),
                remedy='.grantRolesToUser("newcomer"',
                repair=lambda: client.admin.command("grantRolesToUser", user.name, roles=roles),
            )
        finally:
            client.admin.command("dropUser", user.name)


@fault("auth.dependency-missing")
def dependency_missing() -> Iterator[Fault]:
    """Kerberos (GSSAPI) needs a package that is not installed here."""
    with locked_standalone() as healthy:
        yield Fault(
            healthy.uri_with(authMechanism="GSSAPI", authSource="$external"),
            no_remedy_here="The package does not help without a Kerberos realm.",
            note="Works only if neither pykerberos nor winkerberos is installed.",
        )


@fault("auth.x509-subject-mismatch")
def x509_subject_mismatch() -> Iterator[Fault]:
    """The client certificate is valid, but no user is named after its subject."""
    from mongoping.sandbox.certificates import subject
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    with workshop() as certificates:
        users = [User(subject(certificates.client("ada")), None, database="$external")]
        unknown_user = certificates.client("eve")
        tls = ServerTls(certificates.good, certificates.authority)
        with standalone(users=users, tls=tls) as healthy, healthy.admin() as client:
            new = User(subject(unknown_user), None, database="$external")
            login = {"user": None, "authMechanism": "MONGODB-X509"}
            yield Fault(
                healthy.uri_with(**login, tlsCertificateKeyFile=unknown_user),
                remedy="Create a user with the certificate's subject",
                repair=lambda: client["$external"].command(new.command),
            )


X509_LOGIN: Mapping[str, Any] = {"user": None, "authMechanism": "MONGODB-X509"}


@contextmanager
def _with_certificate_user() -> Iterator[tuple[Deployment, Path]]:
    """Yield a server with TLS and a user for a client certificate, and that certificate."""
    from mongoping.sandbox.certificates import subject
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    with workshop() as certificates:
        client_file = certificates.client("ada")
        users = [User(subject(client_file), None, database="$external")]
        with standalone(
            users=users, tls=ServerTls(certificates.good, certificates.authority)
        ) as healthy:
            yield healthy, client_file


@fault("auth.x509-no-certificate")
def x509_no_certificate() -> Iterator[Fault]:
    """The string sets MONGODB-X509, but the connection does not use TLS."""
    with locked_standalone() as healthy, _with_certificate_user() as (secure, client_file):
        yield Fault(
            healthy.uri_with(user=None, authMechanism="MONGODB-X509"),
            remedy="Add TLS and a client certificate",
            remedy_uri=secure.uri_with(**X509_LOGIN, tlsCertificateKeyFile=client_file),
        )


@fault("auth.x509-no-certificate:tls")
def x509_no_file() -> Iterator[Fault]:
    """The string sets MONGODB-X509 and TLS, but no client certificate."""
    with _with_certificate_user() as (healthy, client_file):
        yield Fault(
            healthy.uri_with(**X509_LOGIN, tlsCertificateKeyFile=None),
            remedy="Add a client certificate",
            remedy_uri=healthy.uri_with(**X509_LOGIN, tlsCertificateKeyFile=client_file),
        )


@fault("auth.oidc")
def oidc() -> Iterator[Fault]:
    """The OIDC token comes from a file that only exists in Kubernetes."""
    with locked_standalone() as healthy:
        uri = healthy.uri_with(
            user=None, authMechanism="MONGODB-OIDC", authMechanismProperties="ENVIRONMENT:k8s"
        )
        yield Fault(uri, no_remedy_here="MongoDB Community does not support OIDC.")


@fault("auth.ldap")
def ldap() -> Iterator[Fault]:
    """The server's LDAP directory refuses the login (PLAIN)."""
    from mongoping.sandbox.played import SimulatedServer
    from mongoping.sandbox.users import User, build_uri

    script = scripts.failing("saslStart", 18, "Authentication failed.", "AuthenticationFailed")
    with SimulatedServer(script) as server:
        user = User("ada", "not-the-password", database="$external")
        uri = build_uri([server.address], user=user, authMechanism="PLAIN")
        yield Fault(
            uri,
            no_remedy_here="The sandbox has no LDAP directory.",
            note="The server is simulated.",
        )


@fault("auth.unanswered")
def login_unanswered() -> Iterator[Fault]:
    """The server closes the connection when the login begins."""
    from mongoping.sandbox.played import SimulatedServer, standalone
    from mongoping.sandbox.users import User, build_uri

    with SimulatedServer(standalone() | {"saslStart": None}) as server:
        uri = build_uri([server.address], user=User("ada"))
        yield Fault(
            uri,
            no_remedy_here="Only the server log shows the reason.",
            note="The server is simulated.",
        )


@fault("auth.iteration-count")
def iteration_count() -> Iterator[Fault]:
    """The server asks for 2,147,483,647 iterations of password hashing."""
    from mongoping.sandbox.played import SimulatedServer
    from mongoping.sandbox.users import User, build_uri

    with locked_standalone() as healthy, SimulatedServer(scripts.costly_login()) as server:
        uri = build_uri([server.address], user=User("ada"))
        yield Fault(
            uri,
            remedy="Check that host and port",
            remedy_uri=healthy.uri,
            note="The server is simulated.",
        )


@fault("auth.password-characters")
def password_characters() -> Iterator[Fault]:
    """The password contains a control character, which SCRAM-SHA-256 does not allow."""
    from mongoping.sandbox.users import User

    with locked_standalone() as healthy:
        yield Fault(
            healthy.uri_with(user=User("ada", "bell\a")),
            remedy="Check the password and its percent-encoding",
            remedy_uri=healthy.uri,
        )
