"""Causes around the login and its rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes import _users as users
from mongoping.model import NO_ANSWER, Cause, Evidence, Failure, Match
from mongoping.observations import observation

if TYPE_CHECKING:
    from mongoping.checks.auth import AuthSeen

AUTH_DOCS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/authentication/"
)
ROLES_DOCS = "https://www.mongodb.com/docs/manual/core/authorization/"
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"
FAILED, USER_NOT_FOUND, UNAUTHORIZED, ATLAS_ERROR = 18, 11, 13, 8000
MECHANISM_UNAVAILABLE, BAD_VALUE = 334, 2
NAME_THE_SOURCE = "Add authSource=admin, or the database where the user was created."
ADD_USER = (
    "Add the user and the database it was created in: "
    "mongodb://USER:PASSWORD@HOST/?authSource=admin"
)
LEAVE_OUT = "Leave authMechanism out: driver and server then agree on one."
GRANT = (
    "Grant a role on the database, readWrite or read (on Atlas: Database Access, Edit, Database "
    "User Privileges)."
)
CREATE_BY_SUBJECT = (
    "Create the user with the subject as its name, or use the certificate of an existing one."
)
OTHER_CERTIFICATE = "Or use the client certificate of a user that exists."
OF_THE_CLIENT = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")  # it has to ask somebody else first
CHECK_ENCODING = (
    "If the password does not have such characters, check its percent-encoding, which encodes "
    "UTF-8: é is %C3%A9"
)
ANOTHER = "Set a password of letters, digits and punctuation:"
GENERAL = (CHECK_ENCODING, f"{ANOTHER} db.changeUserPassword(USER, passwordPrompt())")
DIRECTORY = "Check whether the server reaches the directory (LDAP), which has to confirm the login."
SUSPECTS = ("auth.user-not-found", "auth.wrong-auth-source")


def _login(evidence: Evidence) -> tuple[Failure, AuthSeen] | None:
    """A failed login and what was found out about it."""
    failure, seen = evidence.failure("auth"), of.auth(evidence)
    if failure is None or seen is None or failure.kind == "not-authenticated":
        return None
    return failure, seen


def _refused(evidence: Evidence) -> AuthSeen | None:
    """A login that the server answered with its one word for all wrong ones (18)."""
    login = _login(evidence)
    return (
        login[1] if login and login[0].code == FAILED and login[1].source != "$external" else None
    )


def _lacks_mechanism(evidence: Evidence, seen: AuthSeen) -> bool:
    """Whether the user is there, but not with the mechanism that the string asks for."""
    target = evidence.target
    known = seen.user_found_in.get(seen.source)
    return bool(known and target is not None and target.mechanism and target.mechanism not in known)


def failed(evidence: Evidence, host: None) -> Match | None:
    login = _login(evidence)
    if login is None:
        return None
    failure, seen = login
    if failure.code == ATLAS_ERROR:
        if seen.source == "$external":
            return None  # a certificate, a token or a directory was refused, no password
        return Match(
            f'the server refused the login of {seen.user}: "{failure.message}"',
            users.OF_ATLAS,
            alternatives=SUSPECTS,
            instead_of=users.FAILED,
        )
    refused = _refused(evidence)
    if refused is None:
        return None
    remedies = users.failed(evidence, seen)
    if refused.source not in refused.user_found_in:  # no server said whether the user exists
        return Match(
            f"the server refused the login of {seen.user} in {seen.source}",
            remedies,
            alternatives=SUSPECTS,
            instead_of=users.FAILED,
        )
    if refused.user_found_in[refused.source] is None or _lacks_mechanism(evidence, refused):
        return None
    return Match(
        f"{seen.user} exists in {seen.source} (the server names its mechanisms), and the proof of the password was refused",
        remedies,
        instead_of=users.FAILED,
    )


def user_not_found(evidence: Evidence, host: None) -> Match | None:
    seen = _refused(evidence)
    if seen is None or seen.source not in seen.user_found_in:
        return None
    if any(found is not None for found in seen.user_found_in.values()):
        return None
    asked = " nor in ".join(seen.user_found_in)
    unlocked = " (it runs without access control)" if seen.access_control is False else ""
    return Match(
        f"the server knows no user {seen.user} in {asked}{unlocked}",
        users.not_found(evidence, seen),
        instead_of=users.NOT_FOUND,
    )


def _password_in_external(evidence: Evidence) -> Match | None:
    """Return a match for a password login in $external, which holds no users with passwords."""
    login, target = _login(evidence), evidence.target
    if login is None or target is None or login[1].source != "$external":
        return None
    failure, seen = login
    named = target.mechanism
    if failure.kind != "command" or not (named is None or named.startswith("SCRAM-")):
        return None
    return Match(
        f"{seen.user} was looked for in $external, which holds no users with passwords: "
        f"{failure.message}",
        (
            f"{_how_to_name(evidence)} authSource=admin",
            "For an LDAP user, name the mechanism: authMechanism=PLAIN",
            "For a client certificate, name the mechanism: authMechanism=MONGODB-X509",
        ),
        instead_of=(NAME_THE_SOURCE,),
    )


def wrong_auth_source(evidence: Evidence, host: None) -> Match | None:
    if match := _password_in_external(evidence):
        return match
    seen = _refused(evidence)
    if seen is None or seen.user_found_in.get(seen.source, ()) is not None:
        return None
    there = [database for database, found in seen.user_found_in.items() if found is not None]
    if not there:
        return None
    return Match(
        f"{seen.user} is not in {seen.source}, where the connection string looks, but in {there[0]}",
        (f"{_how_to_name(evidence)} authSource={there[0]}",),
        instead_of=(NAME_THE_SOURCE,),
    )


def _how_to_name(evidence: Evidence) -> str:
    """How another authSource gets into the string: it may stand there, or come by DNS."""
    if evidence.target is not None and "authSource" in evidence.target.options:
        return f"In the connection string, change authSource={evidence.auth_source} to"
    if "authSource" in evidence.options:
        return "To override the TXT record, add to the connection string:"
    return "Add to the connection string:"


def mechanism_unavailable(evidence: Evidence, host: None) -> Match | None:
    login = _login(evidence)
    if login is None or _password_in_external(evidence) is not None:
        return None
    failure, seen = login
    offered = seen.user_found_in.get(seen.source)
    if failure.code == FAILED and _lacks_mechanism(evidence, seen):
        return Match(
            f"{seen.user} has {', '.join(offered or ())}, and not {seen.mechanism}",
            (f"Use authMechanism={(offered or ('?',))[0]}, or leave authMechanism out.",),
            instead_of=(LEAVE_OUT,),
        )
    unavailable = failure.code == MECHANISM_UNAVAILABLE or (
        failure.code == BAD_VALUE and "mechanism" in failure.message.lower()
    )
    if not unavailable:
        return None
    has = f" (it has {', '.join(seen.server_mechanisms)})" if seen.server_mechanisms else ""
    return Match(
        f"the server does not offer {seen.mechanism or 'the mechanism'}{has}: {failure.message}"
    )


def required(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("auth")
    if failure is None or failure.kind != "not-authenticated":
        return None
    return Match(
        "the connection string has no credentials, and the server refuses getParameter without a login (code 13)",
        (f"Add the user and the database it was created in: {users.login_uri(evidence)}",),
        instead_of=(ADD_USER,),
    )


def dependency_missing(evidence: Evidence, host: None) -> Match | None:
    login = _login(evidence)
    if login is None or login[0].kind != "configuration":
        return None
    failure = login[0]
    if failure.facts.get("cause") != "ModuleNotFoundError" and "installed" not in failure.message:
        return None
    extra = {"MONGODB-AWS": "aws", "GSSAPI": "gssapi"}.get(str(login[1].mechanism))
    remedy = (f'Install it: pip install "pymongo[{extra}]"',) if extra else ()
    return Match(
        f"{login[1].mechanism} needs a package that is not installed: {failure.message}", remedy
    )


def x509_subject(evidence: Evidence, host: None) -> Match | None:
    login = _login(evidence)
    if login is None or login[1].mechanism != "MONGODB-X509":
        return None
    failure = login[0]
    if not _shows_certificate(evidence):
        return None
    own = observation(evidence, "tls-files")
    subject = own.client_subject if own is not None else None
    if failure.code == USER_NOT_FOUND or (failure.code in (FAILED, ATLAS_ERROR) and subject):
        remedy = (users.certificate_user(evidence, subject), OTHER_CERTIFICATE) if subject else ()
        better = (CREATE_BY_SUBJECT,) if remedy else ()
        named = f" {subject}" if subject else ""
        return Match(
            f"no user in $external has the certificate's subject{named}", remedy, instead_of=better
        )
    return None


def _shows_certificate(evidence: Evidence) -> bool:
    return evidence.tls and bool(evidence.options.get("tlsCertificateKeyFile"))


def not_authorized(evidence: Evidence, host: None) -> Match | None:
    """Logged in, and allowed nothing where the connection string points to."""
    result, seen = evidence.result("auth"), of.auth(evidence)
    if seen is None or result is None:
        return None
    if result.failure is not None and result.failure.code == UNAUTHORIZED and seen.user:
        return Match(f"{seen.user} is logged in, and not allowed: {result.failure.message}")
    if not result.ok or not seen.as_user or seen.reads is not False or seen.writes is not False:
        return None
    if not seen.roles:
        return Match(f"{seen.as_user} is logged in, and has no role at all")
    if seen.database is None or seen.database == seen.source:
        return None  # the database was named for the login, or not at all
    return Match(
        f"{seen.as_user} may neither read nor write {seen.database} (roles: {', '.join(seen.roles[:6])})",
        (users.grant(evidence, seen, "readWrite", seen.database),),
        instead_of=(GRANT,),
    )


def _mechanism(evidence: Evidence) -> str | None:
    return evidence.target.mechanism if evidence.target is not None else None


def _login_failure(evidence: Evidence) -> Failure | None:
    """What the login came to, or, where the client could not even be made, what that did."""
    failure = evidence.failure("auth")
    if failure is not None:
        return failure
    driver = evidence.failure("driver")
    return driver if driver is not None and driver.kind == "configuration" else None


def _of(mechanism: str, words: str) -> Callable[[Evidence, None], Match | None]:
    """True when a login by this mechanism failed for a reason of its own."""

    def when(evidence: Evidence, host: None) -> Match | None:
        failure = _login_failure(evidence)
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


def unanswered(evidence: Evidence, host: None) -> Match | None:
    """The server answers a ping without a login, and says nothing once one begins."""
    failure, seen = evidence.failure("auth"), of.auth(evidence)
    if failure is None or seen is None or failure.kind not in NO_ANSWER or not seen.pings:
        return None
    if seen.mechanism in OF_THE_CLIENT:
        return None
    return Match(
        f"the server answers a ping, and not the login of {seen.user or seen.mechanism}: {failure.message}",
        (DIRECTORY,) if seen.mechanism == "PLAIN" else (),
    )


def unfit(evidence: Evidence, host: None) -> Match | None:
    seen = of.auth(evidence)
    if evidence.failure("auth") is None or seen is None or seen.unfit is None:
        return None
    words = f"the driver rejects the password of {seen.user} before it sends anything"
    if users.flavour(evidence) == "atlas":
        change = users.ATLAS_RESET
    else:
        source, user = users.quoted(seen.source), users.quoted(seen.user)
        command = f"db.getSiblingDB({source}).changeUserPassword({user}, passwordPrompt())"
        change = f"{ANOTHER} {command}"
    return Match(f"{words} ({seen.unfit})", (CHECK_ENCODING, change), instead_of=GENERAL)


def iteration_count(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("auth")
    if failure is None or failure.kind != "iterations":
        return None
    return Match(failure.message)


CAUSES = (
    Cause(
        code="auth.failed",
        title="The server refuses the login of this user",
        explanation="The server has one answer (code 18, on Atlas 8000) for a wrong password, an "
        "unknown user, a wrong authSource, and a user who may not log in from this address. "
        "mongoping asks further questions, which need no login, to distinguish them.",
        remedies=users.FAILED,
        links=(AUTH_DOCS,),
        when=failed,
        says=(
            r"(?#likely)⟨code 18⟩",
            r"(?#likely)\bbad auth\b",
            r"(?#likely)(?<!peer )Authentication failed(?! because|, see inner|: the remote)",
            r"(?#likely)\bauth (?:error: sasl|fail(?:s|ed|ure)?)\b|unable to authenticate using mechanism",
            r"(?#likely)Exception authenticating MongoCredential",
            r"storedKey mismatch|SCRAM authentication failed, \w{0,20} ?mismatch|Incorrect (?:user or )?password",
            r"(?#likely)Mongo::Auth::Unauthorized",
            r"(?#likely)server returned error on SASL authentication step",
        ),
    ),
    Cause(
        code="auth.user-not-found",
        title="The server knows no such user",
        explanation="Before any login, the server was asked for the mechanisms of this user, and "
        "has none: no such user exists in the databases that were asked about.",
        remedies=users.NOT_FOUND,
        links=(AUTH_DOCS,),
        when=user_not_found,
        alternatives=("auth.wrong-auth-source",),
        says=(
            r"Could not find user [\"']?(?![A-Z]{1,2}=|emailAddress=)[^\s\"'@]{1,60}[\"']?(?:@| for db \W{0,2})admin\b",
            r"(?#likely)Could not find user (?!\W{0,2}[A-Z]{1,2}=|\W{0,2}emailAddress=)",
            r"(?#likely)UserNotFound: (?!Could not find user \W{0,2}[A-Z]{1,2}=)",
            r"(?#likely)⟨code 18⟩[\s\S]{0,6000}⟨login start⟩",
            r"(?#also)⟨code 18⟩|\bbad auth\b|Authentication failed(?! because|, see inner|: the remote)",
            r"(?#likely)SASL mechanisms requested for unknown user",
        ),
    ),
    Cause(
        code="auth.wrong-auth-source",
        title="The user exists, but in another database (wrong `authSource`)",
        explanation="A user belongs to the database in which it was created. Without authSource "
        "the driver asks the database of the connection string, and admin where there is none.",
        remedies=(NAME_THE_SOURCE,),
        links=(AUTH_DOCS,),
        when=wrong_auth_source,
        says=(
            r"[Ii]nvalid source \W?[\w$]{1,60}\W? for mechanism",
            r"(?#likely)Could not find user [\"']?(?![A-Z]{1,2}=|emailAddress=)[^\s\"'@]{1,60}[\"']?(?:@| for db \W{0,2})(?!admin\b|\$external)\w{1,60}",
            r"(?#likely)saslStart failed: Authentication failed",
            r"(?#likely)connecting to: (?:mongodb://)?[^\s?]{1,300}+\s[\s\S]{0,900}(?:Authentication failed|auth failed|login failed)",
            r"(?#likely)\bmongo(?:dump|restore|export|import|stat|top|files)? (?![^\n]{0,300}authenticationDatabase)(?>[^\n]{0,300}?\s(?:-u\b|--username))[\s\S]{0,600}(?:Authentication failed|auth fail|SASL authentication step)",
            r"(?#likely)MongoCredential\{[^}\n]{0,120}source='(?!admin'|\$external')",
            r"(?#also)⟨code 18⟩|\bbad auth\b|Authentication failed(?! because|, see inner|: the remote)",
            r"(?#likely)is not authorized to access \S{1,80} \(auth source: (?!admin\b|\$external)",
        ),
    ),
    Cause(
        code="auth.mechanism-unavailable",
        title="The authentication mechanism is not available",
        explanation="The server does not offer the mechanism that the connection string names, or "
        "this user has no credentials for it.",
        remedies=(
            LEAVE_OUT,
            "PLAIN (LDAP) and GSSAPI need MongoDB Enterprise or Atlas; see setParameter authenticationMechanisms.",
        ),
        links=(AUTH_DOCS,),
        when=mechanism_unavailable,
        says=(
            r"⟨code 334⟩",
            r"mechanism \S{1,30} (?:which )?is not (?:enabled|supported|available)",
            r"MONGODB-CR credentials missing",
            r"(?:[Uu]nsupported|[Uu]nknown|Unavailable) (?:auth(?:entication)? |SASL )?mechanism",
            r"Unable to use \S{1,30} based authentication",
            r"(?#also)⟨code 18⟩|Authentication failed(?! because|, see inner|: the remote)",
        ),
    ),
    Cause(
        code="auth.required",
        title="The server requires a login, and the connection string has no credentials",
        explanation="ping and hello are answered without a login, so the connection seems to work; "
        "the first real query fails with code 13.",
        remedies=(
            ADD_USER,
            "Keep the password out of the command line: set MONGOPING_PASSWORD, or use --ask-password.",
        ),
        links=(AUTH_DOCS,),
        when=required,
        says=(
            r"requires authentication\b",
            r"there are no users authenticated",
            r"(?#likely)not authorized for (?:insert|query|update|remove|delete|getmore) on",
            r"(?#likely)\bunauthorized db:|need to login|\bAuthentication required\b",
            r"(?#also)⟨code 13⟩|not authorized on",
        ),
    ),
    Cause(
        code="auth.dependency-missing",
        title="A package that this mechanism needs is not installed",
        explanation="PyMongo keeps the code for some mechanisms in extras, and looks for it at the "
        "first login.",
        remedies=('Install the extra: pip install "pymongo[aws]" or "pymongo[gssapi]"',),
        links=(AUTH_DOCS,),
        when=dependency_missing,
        says=(
            r"module must be installed to use (?:GSSAPI|MONGODB-|Kerberos|AWS)|must be installed to use (?:MONGODB-AWS|GSSAPI)",
            r"Optional module \W?(?:kerberos|aws4|@aws-sdk/\S{1,60}|gcp-metadata)\W? not found",
            r"Could not load kerberos|Cannot find module 'kerberos'",
            r"No module named \W?(?:pymongo_auth_aws|kerberos|winkerberos)\b",
            r"pip install \S{0,3}pymongo\[(?:aws|gssapi)\]",
            r"SASL support not enabled during build",
        ),
    ),
    Cause(
        code="auth.x509-subject-mismatch",
        title="No database user matches the client certificate",
        explanation="With MONGODB-X509 the subject of the client certificate is the user name, in "
        "the form of RFC 2253, and must exist in $external.",
        remedies=(
            CREATE_BY_SUBJECT,
            "See the subject: openssl x509 -noout -subject -nameopt RFC2253 -in FILE",
        ),
        links=(X509_DOCS,),
        when=x509_subject,
        says=(
            r"Could not find user \W{0,2}(?:[A-Z]{1,2}|emailAddress)=",
            r"(?#also)No verified subject name available",
            r"no x\.509 client certificate matching the user",
        ),
    ),
    Cause(
        code="auth.not-authorized",
        title="Login succeeded, but the user has no permissions here",
        explanation="The server knows who this is, but no role of this user covers what was asked "
        "for here. Queries on it fail with code 13.",
        remedies=(
            GRANT,
            "Check that the connection string names the intended database, if it names one.",
        ),
        links=(ROLES_DOCS,),
        when=not_authorized,
        says=(
            r"(?#likely)⟨code 13⟩(?![^\n]{0,200}(?:requires authentication|not authorized for))",
            r"(?#likely)not authorized on \S{1,120} to execute command",
            r"is not allowed to (?:do action|perform)|user is not allowed",
        ),
    ),
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
        links=(AUTH_DOCS + "aws-iam/",),
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
        links=(AUTH_DOCS + "oidc/",),
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
        links=(AUTH_DOCS + "kerberos/",),
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
        links=(AUTH_DOCS + "enterprise/",),
        when=ldap,
        hidden_by=NOT_THERE,
        says=(
            r"LDAP (?:authentication|bind|operation)[^\n]{0,40}fail",
            r"(?#likely)\bPLAIN\b[^\n]{0,120}Authentication failed|\bldap_\w{1,40}\b",
            r"(?#likely)⟨code 18⟩[\s\S]{0,6000}⟨login PLAIN⟩",
        ),
    ),
    Cause(
        code="auth.iteration-count",
        title="The server asks for an iteration count that clients should not compute",
        explanation="In a SCRAM login, the server decides how many times the client hashes the "
        "password. MongoDB's defaults are 10,000 and 15,000, and drivers refuse fewer than 4,096. "
        "They set no upper limit: a server that asks for billions keeps a program busy for many "
        "minutes, and PyMongo's event loop with it. mongoping stops at 1,000,000 and sends no "
        "proof of the password.",
        remedies=(
            "Check that host and port are those of your own server: this may be another one.",
            "Set a usual count on the server, then set the user's password again so that it takes effect: "
            "db.adminCommand({setParameter: 1, scramSHA256IterationCount: 15000})",
        ),
        links=(
            "https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.scramSHA256IterationCount",
        ),
        when=iteration_count,
        says=(r"[Ii]nvalid iteration count",),
    ),
    Cause(
        code="auth.password-characters",
        title="The password holds characters that no password may hold",
        explanation="SCRAM-SHA-256 brings a password into one form before it is used (SASLprep, "
        "RFC 4013), and refuses control characters, characters of no text, and letters of both "
        "writing directions in a mixture. The driver then fails before it asks the server.",
        remedies=(
            *GENERAL,
            "Where the user has SCRAM-SHA-1, that takes any character: authMechanism=SCRAM-SHA-1",
        ),
        links=(AUTH_DOCS,),
        when=unfit,
    ),
    Cause(
        code="auth.unanswered",
        title="The server does not answer the login",
        explanation="Without a login the server answers; once a login begins, it says nothing or "
        "hangs up. It waits for somebody else who has to confirm the user, it is out of "
        "resources, or something between looks into the connection and cuts it.",
        remedies=(
            "Look into the server's log at this moment: it tells of each login, and of what it waits for.",
            "Check what stands between: a proxy, a service mesh or a firewall that inspects connections.",
        ),
        links=(AUTH_DOCS,),
        when=unanswered,
        restates=("auth",),
    ),
)
