"""Predicates for logins that something other than the server's list of users decides.

These are X.509 certificates, LDAP directories, AWS, Kerberos and OIDC providers.
"""

from __future__ import annotations

from collections.abc import Callable

from mongoping.causes import _evidence as of
from mongoping.causes._remedies import CLIENT_FILE, corrected_string
from mongoping.model import Evidence, Failure, Match, Remedy

GIVE_CERTIFICATE = (
    "Add tls=true and tlsCertificateKeyFile=/path/to/client.pem to the connection string."
)
NAME_ENVIRONMENT = (
    "Name the source of the token: authMechanismProperties=ENVIRONMENT:azure, gcp or k8s; azure "
    "and gcp also need TOKEN_RESOURCE."
)


def _mechanism(evidence: Evidence) -> str | None:
    return evidence.target.mechanism if evidence.target is not None else None


def _login_failure(evidence: Evidence) -> Failure | None:
    """Return why the login failed, or why the driver could not even create the client."""
    failure = evidence.failure("auth")
    if failure is not None:
        return failure
    driver = evidence.failure("driver")
    return driver if driver is not None and driver.kind == "configuration" else None


def external_login_failed(mechanism: str, summary: str) -> Callable[[Evidence], Match | None]:
    """Return a predicate that is true if a login with this mechanism failed."""

    def when(evidence: Evidence) -> Match | None:
        failure = _login_failure(evidence)
        if failure is None or _mechanism(evidence) != mechanism or failure.kind == "timeout":
            return None
        return Match(f"{summary}: {failure.message}")

    return when


def ldap(evidence: Evidence) -> Match | None:
    failure = evidence.failure("auth")
    facts = of.auth(evidence)
    if failure is None or facts is None or _mechanism(evidence) != "PLAIN":
        return None
    if failure.code not in (18, 8000):  # Atlas answers every refused login with 8000
        return None
    return Match(f"the LDAP directory refused {facts.user}: {failure.message}")


def oidc(evidence: Evidence) -> Match | None:
    match = external_login_failed("MONGODB-OIDC", "the OIDC login failed")(evidence)
    properties = str(evidence.options.get("authMechanismProperties") or "")
    if not isinstance(match, Match) or "ENVIRONMENT" not in properties:
        return match
    token = (
        Remedy(
            "Check that the token file exists where the program runs:",
            command="ls -l /var/run/secrets/kubernetes.io/serviceaccount/token",
        ),
    )
    return match.replace(
        remedies=token if "k8s" in properties else (), instead_of=(NAME_ENVIRONMENT,)
    )


def x509_no_certificate(evidence: Evidence) -> Match | None:
    """Return a match for an X.509 login without TLS or without a certificate file."""
    failure = evidence.failure("auth")
    if failure is None or _mechanism(evidence) != "MONGODB-X509" or failure.kind == "timeout":
        return None
    file = evidence.options.get("tlsCertificateKeyFile")
    if evidence.tls and file:
        return None
    missing = {} if file else {"tlsCertificateKeyFile": CLIENT_FILE}
    add = ([] if evidence.tls else ["TLS"]) + ([] if file else ["a client certificate"])
    why = "no client certificate was sent" if evidence.tls else "the connection does not use TLS"
    return Match(
        f"authMechanism is MONGODB-X509, but {why}: {failure.message}",
        (corrected_string(evidence, f"Add {' and '.join(add)}", tls=True, **missing),),
        instead_of=(GIVE_CERTIFICATE,),
    )
