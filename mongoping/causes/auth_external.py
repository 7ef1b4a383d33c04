"""Causes of logins that a service outside the server decides: AWS, OIDC, Kerberos, LDAP."""

from __future__ import annotations

from collections.abc import Callable

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Failure, Match

DOCS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/authentication/"
)
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"


def _mechanism(evidence: Evidence) -> str | None:
    return evidence.target.mechanism if evidence.target is not None else None


def _failed(evidence: Evidence) -> Failure | None:
    """What the login came to, or, where the client could not even be made, what that did."""
    failure = evidence.failure("auth")
    if failure is not None:
        return failure
    driver = evidence.failure("driver")
    return driver if driver is not None and driver.kind == "configuration" else None


def _of(mechanism: str, words: str) -> Callable[[Evidence, None], Match | None]:
    """True when a login by this mechanism failed for a reason of its own."""

    def when(evidence: Evidence, host: None) -> Match | None:
        failure = _failed(evidence)
        if failure is None or _mechanism(evidence) != mechanism or failure.kind == "timeout":
            return None
        return Match(f"{words}: {failure.message}")

    return when


def ldap(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("auth")
    seen = of.auth(evidence)
    if failure is None or seen is None or _mechanism(evidence) != "PLAIN":
        return None
    if failure.code not in (18, 8000):  # Atlas answers every refused login with 8000
        return None
    return Match(f"the directory refused {seen.user} in {seen.source}: {failure.message}")


def x509_no_certificate(evidence: Evidence, host: None) -> Match | None:
    """A login by certificate without one: TLS is off, or no file is named."""
    failure = evidence.failure("auth")
    if failure is None or _mechanism(evidence) != "MONGODB-X509" or failure.kind == "timeout":
        return None
    file = evidence.options.get("tlsCertificateKeyFile")
    if evidence.tls and file:
        return None
    add = [] if evidence.tls else ["tls=true"]
    add += [] if file else ["tlsCertificateKeyFile=FILE"]
    why = "no client certificate was sent" if evidence.tls else "the connection is without TLS"
    return Match(
        f"MONGODB-X509 was asked for, and {why}: {failure.message}",
        (f"Add {' and '.join(add)} to the connection string.",),
        instead_of=(GIVE_CERTIFICATE,),
    )


GIVE_CERTIFICATE = "Add tls=true and tlsCertificateKeyFile=FILE to the connection string."
NOT_THERE = ("auth.dependency-missing", "auth.mechanism-unavailable")

CAUSES = (
    Cause(
        code="auth.aws-credentials",
        title="The AWS credentials are missing, or not those of a user",
        explanation="With MONGODB-AWS the driver signs a request with credentials from the "
        "connection string, the environment, a web identity, or the machine's metadata service, "
        "and the server asks AWS whom they belong to.",
        remedies=(
            "See whose credentials are found: aws sts get-caller-identity",
            "Create a user with that ARN as its name in $external (Atlas: Database Access, AWS IAM).",
            "With temporary credentials give the token too: authMechanismProperties=AWS_SESSION_TOKEN:...",
        ),
        links=(DOCS + "aws-iam/",),
        when=_of("MONGODB-AWS", "the login by AWS IAM failed"),
        hidden_by=NOT_THERE,
        says=(
            r"(?#likely)MONGODB-AWS[^\n]{0,200}(?:credential|[Uu]nable|[Ff]ailed|missing)",
            r"temporary MONGODB-AWS credentials could not be obtained",
            r"(?#likely)Unable to locate credentials|NoCredentialsError|CredentialsProviderError",
            r"(?#likely)\bEC2 ?MetadataService|IMDS[^\n]{0,60}(?:fail|unreachable|timed out)",
            r"(?#likely)\b169\.254\.(?:169\.254|170\.2)\b",
            r"(?#likely)⟨login AWS⟩",
        ),
    ),
    Cause(
        code="auth.oidc",
        title="The login by OIDC failed",
        explanation="With MONGODB-OIDC the driver gets a token from the environment (Azure, GCP, "
        "Kubernetes) or from a function of the program, and the server checks it.",
        remedies=(
            "Name the source: authMechanismProperties=ENVIRONMENT:azure, gcp or k8s; Azure and GCP want TOKEN_RESOURCE as well.",
            "A program with its own source passes OIDC_CALLBACK in authMechanismProperties; a connection string cannot hold it.",
            "Check that the identity provider and its audience are configured at the server.",
        ),
        links=(DOCS + "oidc/",),
        when=_of("MONGODB-OIDC", "the login by OIDC failed"),
        hidden_by=NOT_THERE,
        says=(
            r"(?#likely)MONGODB-OIDC|mongodb_oidc|auth_oidc|⟨login OIDC⟩",
            r"(?#likely)kubernetes\.io/serviceaccount/token",
            r"(?#likely)\bOIDC_(?:CALLBACK|HUMAN_CALLBACK|TOKEN_FILE)\b|TOKEN_RESOURCE",
        ),
    ),
    Cause(
        code="auth.kerberos",
        title="The login by Kerberos failed",
        explanation="With GSSAPI the driver shows a ticket of the local credential cache, made out "
        "for the server's service name and host name.",
        remedies=(
            "Get a ticket, and see it: kinit USER@REALM; klist",
            "Use the server's full host name, as its service principal has it (mongodb/HOST@REALM).",
        ),
        links=(DOCS + "kerberos/",),
        when=_of("GSSAPI", "the login by Kerberos failed"),
        hidden_by=NOT_THERE,
        says=(
            r"(?#likely)\bGSSError\b|\bGSSAPI\b[^\n]{0,120}(?:fail|error|[Uu]nspecified)",
            r"(?#likely)\b(?:krb5|kinit|KDC)\b|not found in Kerberos database|Kerberos (?:ticket|credentials)",
            r"(?#likely)GSS initiate failed|Failed to find any Kerberos tgt",
            r"(?#likely)⟨login GSSAPI⟩",
        ),
    ),
    Cause(
        code="auth.x509-no-certificate",
        title="There is no client certificate to log in with",
        explanation="MONGODB-X509 logs in by the client certificate of the TLS connection. Without "
        "TLS, or without a certificate, the server does not learn who this is.",
        remedies=(
            GIVE_CERTIFICATE,
            "The file holds certificate and private key in PEM form; its subject is the user's name in $external.",
            "For a user with a password, leave authMechanism out.",
        ),
        links=(X509_DOCS,),
        when=x509_no_certificate,
        says=(r"No verified subject name available",),
    ),
    Cause(
        code="auth.ldap",
        title="The login by LDAP failed",
        explanation="With PLAIN the server passes name and password to a directory, and that one "
        "refused them, or knows no such user.",
        remedies=(
            "Check name and password with the directory itself: ldapwhoami -x -D DN -W",
            "Use authSource=$external, and the form of the user's name that the server's mapping expects.",
        ),
        links=(DOCS + "enterprise/",),
        when=ldap,
        hidden_by=NOT_THERE,
        says=(
            r"LDAP (?:authentication|bind|operation)[^\n]{0,40}fail",
            r"(?#likely)\bPLAIN\b[^\n]{0,120}Authentication failed|\bldap_\w{1,40}\b",
            r"(?#likely)⟨code 18⟩[\s\S]{0,6000}⟨login PLAIN⟩",
        ),
    ),
)
