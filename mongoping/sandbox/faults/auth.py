"""Logins that fail, on a server with access control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox import scripts
from mongoping.sandbox.fault import Fault, fault, locked, plain, workshop

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("auth.failed")
def failed() -> Iterator[Fault]:
    """The password is wrong."""
    from mongoping.sandbox.users import User

    with locked() as whole:
        yield Fault(whole.uri_with(user=User("ada", "not-the-password")), remedy_uri=whole.uri)


@fault("auth.failed:atlas")
def failed_on_atlas() -> Iterator[Fault]:
    """Atlas refuses the login (8000), and tells nobody why."""
    from mongoping.sandbox.played import Played
    from mongoping.sandbox.users import User, build_uri

    with plain() as whole, Played(scripts.atlas_bad_auth()) as server:
        uri = build_uri([server.address], user=User("ada", "not-the-password"))
        yield Fault(uri, remedy_uri=whole.uri, note="The server is played.")


@fault("auth.user-not-found")
def user_not_found() -> Iterator[Fault]:
    """There is no such user."""
    from mongoping.sandbox.users import User

    with locked() as whole:
        yield Fault(whole.uri_with(user=User("eve", whole.password)), remedy_uri=whole.uri)


@fault("auth.wrong-auth-source")
def wrong_auth_source() -> Iterator[Fault]:
    """The user lives in admin, and the string makes the driver look in shop."""
    with locked() as whole:
        yield Fault(
            whole.uri_with(authSource="shop"), remedy_uri=whole.uri_with(authSource="admin")
        )


@fault("auth.wrong-auth-source:database")
def wrong_database() -> Iterator[Fault]:
    """The user lives in admin, and the string names another database and no authSource."""
    with locked() as whole:
        yield Fault(
            whole.uri_with(database="shop", authSource=None),
            remedy_uri=whole.uri_with(database="shop", authSource="admin"),
        )


@fault("auth.mechanism-unavailable")
def mechanism_unavailable() -> Iterator[Fault]:
    """The string asks for PLAIN, which only servers with LDAP have."""
    with locked() as whole:
        yield Fault(
            whole.uri_with(authMechanism="PLAIN", authSource="$external"), remedy_uri=whole.uri
        )


@fault("auth.mechanism-unavailable:user")
def mechanism_of_user() -> Iterator[Fault]:
    """The string asks for SCRAM-SHA-256, and the user has SCRAM-SHA-1 alone."""
    with locked() as whole:
        user = whole.named("sha1")
        yield Fault(
            whole.uri_with(user=user, authMechanism="SCRAM-SHA-256"),
            remedy_uri=whole.uri_with(user=user, authMechanism="SCRAM-SHA-1"),
        )


@fault("auth.required")
def required() -> Iterator[Fault]:
    """The server wants a login, and the string has none."""
    with locked() as whole:
        yield Fault(whole.uri_with(user=None), remedy_uri=whole.uri)


@fault("auth.not-authorized")
def not_authorized() -> Iterator[Fault]:
    """The user may log in, and has no role."""
    with locked() as whole:
        yield Fault(
            whole.uri_with(user=whole.named("nobody"), database="shop", authSource="admin"),
            remedy_uri=whole.uri_with(database="shop", authSource="admin"),
        )


@fault("auth.dependency-missing")
def dependency_missing() -> Iterator[Fault]:
    """Kerberos (GSSAPI) needs a package that is not installed here."""
    with locked() as whole:
        yield Fault(
            whole.uri_with(authMechanism="GSSAPI", authSource="$external"),
            remedy_uri=whole.uri,
            note="Real as long as neither pykerberos nor winkerberos is installed.",
        )


@fault("auth.x509-subject-mismatch")
def x509_subject_mismatch() -> Iterator[Fault]:
    """The client certificate is good, and its subject is no user."""
    from mongoping.sandbox.certificates import subject
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    with workshop() as made:
        known = made.client("ada")
        users = [User(subject(known), None, database="$external")]
        with standalone(users=users, tls=ServerTls(made.good, made.authority)) as whole:
            login = {"user": None, "authMechanism": "MONGODB-X509"}
            yield Fault(
                whole.uri_with(**login, tlsCertificateKeyFile=made.client("eve")),
                remedy_uri=whole.uri_with(**login, tlsCertificateKeyFile=known),
            )


@fault("auth.x509-no-certificate")
def x509_no_certificate() -> Iterator[Fault]:
    """The login shall be by certificate, and the connection is without TLS."""
    with locked() as whole:
        uri = whole.uri_with(user=None, authMechanism="MONGODB-X509")
        yield Fault(uri, remedy_uri=whole.uri)


@fault("auth.x509-no-certificate:tls")
def x509_no_file() -> Iterator[Fault]:
    """The login shall be by certificate, over TLS, and no certificate is named."""
    from mongoping.sandbox.certificates import subject
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    with workshop() as made:
        known = made.client("ada")
        users = [User(subject(known), None, database="$external")]
        with standalone(users=users, tls=ServerTls(made.good, made.authority)) as whole:
            login = {"user": None, "authMechanism": "MONGODB-X509"}
            yield Fault(
                whole.uri_with(**login, tlsCertificateKeyFile=None),
                remedy_uri=whole.uri_with(**login, tlsCertificateKeyFile=known),
            )


@fault("auth.oidc")
def oidc() -> Iterator[Fault]:
    """The token of MONGODB-OIDC shall come from a file of Kubernetes, and this is none."""
    with locked() as whole:
        uri = whole.uri_with(
            user=None, authMechanism="MONGODB-OIDC", authMechanismProperties="ENVIRONMENT:k8s"
        )
        yield Fault(uri, remedy_uri=whole.uri)


@fault("auth.ldap")
def ldap() -> Iterator[Fault]:
    """The directory behind the server refuses the login by PLAIN."""
    from mongoping.sandbox.played import Played
    from mongoping.sandbox.users import User, build_uri

    script = scripts.failing("saslStart", 18, "Authentication failed.", "AuthenticationFailed")
    with plain() as whole, Played(script) as server:
        user = User("ada", "not-the-password", database="$external")
        uri = build_uri([server.address], user=user, authMechanism="PLAIN")
        yield Fault(uri, remedy_uri=whole.uri, note="The server is played.")


@fault("auth.unanswered")
def unanswered() -> Iterator[Fault]:
    """The server hangs up as soon as a login begins."""
    from mongoping.sandbox.played import Played, standalone
    from mongoping.sandbox.users import User, build_uri

    with locked() as whole, Played(standalone() | {"saslStart": None}) as server:
        uri = build_uri([server.address], user=User("ada"))
        yield Fault(uri, remedy_uri=whole.uri, note="The server is played.")


@fault("auth.iteration-count")
def iteration_count() -> Iterator[Fault]:
    """The server asks for 2,147,483,647 iterations of password hashing."""
    from mongoping.sandbox.played import Played
    from mongoping.sandbox.users import User, build_uri

    with locked() as whole, Played(scripts.costly_login()) as server:
        uri = build_uri([server.address], user=User("ada"))
        yield Fault(uri, remedy_uri=whole.uri, note="The server is played.")


@fault("auth.password-characters")
def password_characters() -> Iterator[Fault]:
    """The password holds a control character, which SCRAM-SHA-256 refuses."""
    from mongoping.sandbox.users import User

    with locked() as whole:
        yield Fault(whole.uri_with(user=User("ada", "bell\a")), remedy_uri=whole.uri)
