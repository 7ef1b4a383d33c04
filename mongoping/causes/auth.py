"""Causes of failed logins and missing permissions."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes import _users as users
from mongoping.causes._atlas_logins import NAME_THE_SOURCE
from mongoping.causes._external_logins import (
    GIVE_CERTIFICATE,
    NAME_ENVIRONMENT,
    external_login_failed,
    ldap,
    oidc,
    x509_no_certificate,
)
from mongoping.causes._password_logins import (
    ATLAS_ERROR,
    ENTERPRISE,
    LEAVE_OUT,
    LOGIN_FAILED,
    NOT_ALLOWED,
    OF_THE_CLIENT,
    USER_NOT_FOUND,
    failed_login,
    login_failed,
    mechanism_unavailable,
    user_not_found,
    wrong_auth_source,
)
from mongoping.causes._program import or_program
from mongoping.causes._remedies import texts
from mongoping.model import NO_ANSWER, Cause, Evidence, Match, Remedy
from mongoping.observations import observation

AUTH_DOCS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/authentication/"
)
ROLES_DOCS = "https://www.mongodb.com/docs/manual/core/authorization/"
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"
ADD_USER = Remedy(
    "Add the user, the password, and the database in which the user was created:",
    uri="mongodb://USER:PASSWORD@HOST/?authSource=admin",
)
GRANT = (
    "Grant the user a role on the database, readWrite or read (on Atlas: Database Access, Edit, "
    "Database User Privileges)."
)
CREATE_BY_SUBJECT = "Create a user with the certificate's subject as its name, in $external."
OTHER_CERTIFICATE = "Use the client certificate of a user that exists."
INSTALL_NAMED = (
    "If the message names a package, install that one, in the environment that runs the program."
)
INSTALL_EXTRA = Remedy(
    "Install the extra for the mechanism, aws or gssapi:", command='pip install "pymongo[aws]"'
)
CHECK_ENCODING = (
    "Check the password and its percent-encoding, which encodes UTF-8 bytes: é is %C3%A9."
)
ANOTHER = Remedy(
    "Set a password of letters, digits and punctuation, in mongosh:",
    command="db.changeUserPassword(USER, passwordPrompt())",
)
GENERAL = (CHECK_ENCODING, ANOTHER)
KNOWN_TO_ATLAS = ("atlas.user-not-in-project", "atlas.user-scoped-out")
DIRECTORY = "Check that the server can reach the LDAP directory, which has to confirm the login."
SHOW_SUBJECT = Remedy(
    "Show the subject of the certificate:",
    command="openssl x509 -noout -subject -nameopt RFC2253 -in FILE",
)


def login_required(evidence: Evidence) -> Match | None:
    failure = evidence.failure("auth")
    if failure is None or failure.kind != "not-authenticated":
        return None
    return Match(
        "the connection string has no credentials, and the server refuses commands without a login (code 13)",
        (users.add_login(evidence), users.ask_password(evidence)),
        instead_of=texts(ADD_USER, users.ASK_PASSWORD),
    )


def dependency_missing(evidence: Evidence) -> Match | None:
    login = failed_login(evidence)
    if login is None or login[0].kind != "configuration":
        return None
    failure, mechanism = login[0], login[1].mechanism
    if failure.facts.get("cause") != "ModuleNotFoundError" and "installed" not in failure.message:
        return None
    command = failure.facts.get("install")
    install = Remedy("Install the package where mongoping runs:", command=command)
    return Match(
        f"{mechanism} needs a Python package that is not installed where mongoping runs: "
        f"{failure.message}",
        (install,) if command else (),
        instead_of=texts(INSTALL_EXTRA) if command else (),
    )


def x509_subject(evidence: Evidence) -> Match | None:
    login = failed_login(evidence)
    if login is None or login[1].mechanism != "MONGODB-X509":
        return None
    failure = login[0]
    if not _shows_certificate(evidence):
        return None
    own = observation(evidence, "tls-files")
    subject = own.client_subject if own is not None else None
    if failure.code == USER_NOT_FOUND or (failure.code in (LOGIN_FAILED, ATLAS_ERROR) and subject):
        remedy = (users.certificate_user(evidence, login[1], subject),) if subject else ()
        better = texts(CREATE_BY_SUBJECT, SHOW_SUBJECT) if remedy else ()
        subject_text = f" {subject}" if subject else ""
        return Match(
            f"no user in $external matches the certificate's subject{subject_text}",
            remedy,
            instead_of=better,
        )
    return None


def _shows_certificate(evidence: Evidence) -> bool:
    return evidence.tls and bool(evidence.options.get("tlsCertificateKeyFile"))


def not_authorized(evidence: Evidence) -> Match | None:
    """Return a match if the user is logged in, but has no permissions on its database."""
    result, facts = evidence.result("auth"), of.auth(evidence)
    if facts is None or result is None:
        return None
    if result.failure is not None and result.failure.code == NOT_ALLOWED and facts.user:
        return Match(f"{facts.user} is logged in, but lacks permission: {result.failure.message}")
    if not result.ok or not facts.as_user or facts.reads is not False or facts.writes is not False:
        return None
    if not facts.roles:
        grant = users.grant(evidence, facts, "readWrite", facts.database or "DATABASE")
        return Match(
            f"{facts.as_user} is logged in, but has no roles", (grant,), instead_of=(GRANT,)
        )
    if facts.database is None or facts.database == facts.source:
        return None  # the database is there for the login, or there is none
    return Match(
        f"{facts.as_user} can neither read nor write {facts.database} (roles: {', '.join(facts.roles[:6])})",
        (users.grant(evidence, facts, "readWrite", facts.database),),
        instead_of=(GRANT,),
    )


NOT_THERE = ("auth.dependency-missing", "auth.mechanism-unavailable")


def login_unanswered(evidence: Evidence) -> Match | None:
    """Return a match if the server answers a ping without a login, but not the login itself."""
    failure, facts = evidence.failure("auth"), of.auth(evidence)
    if failure is None or facts is None or failure.kind not in NO_ANSWER or not facts.pings:
        return None
    if facts.mechanism in OF_THE_CLIENT:
        return None
    return Match(
        f"the server answers a ping, but not the login of {facts.user or facts.mechanism}: {failure.message}",
        (DIRECTORY,) if facts.mechanism == "PLAIN" else (),
    )


def unfit(evidence: Evidence) -> Match | None:
    facts = of.auth(evidence)
    if evidence.failure("auth") is None or facts is None or facts.unfit is None:
        return None
    detail = f"the driver rejects the password of {facts.user} before it sends anything"
    atlas = users.flavour(evidence) == "atlas"
    change = (
        users.ATLAS_RESET if atlas else ANOTHER.replace(command=users.password_reset(facts).command)
    )
    return Match(f"{detail} ({facts.unfit})", (CHECK_ENCODING, change), instead_of=texts(*GENERAL))


def iteration_count(evidence: Evidence) -> Match | None:
    failure = evidence.failure("auth")
    if failure is None or failure.kind != "iterations":
        return None
    return Match(failure.message)


def invalid_reply(evidence: Evidence) -> Match | None:
    """Match a login that the driver ended itself: an error of the server has a code."""
    failure = evidence.failure("auth")
    if failure is None or failure.kind not in ("command", "driver") or failure.code is not None:
        return None
    if unfit(evidence) is not None:  # the driver did not get as far as a reply
        return None
    refused = failure.kind == "command" and failure.facts.get("type") == "OperationFailure"
    unreadable = failure.facts.get("type") == "ProtocolError" and failure.facts.get("cause")
    if not (refused or unreadable):
        return None
    return Match(f"the driver ended the login, because of the server's reply: {failure.message}")


CAUSES = (
    Cause(
        code="auth.failed",
        title="The server refuses the login of this user",
        explanation="The password, the user name or authSource is wrong, or the user may not log in "
        "from this address. The server gives the same answer (code 18, on Atlas 8000) for all of "
        "these.",
        remedies=users.LOGIN_FAILED,
        links=(AUTH_DOCS,),
        when=login_failed,
        hidden_by=KNOWN_TO_ATLAS,
        says=(
            r"(?#likely)authentication failure in sasl step 3|NotAuthenticatedException|No authenticated channel",
            r"(?#also)authenticated: ?0, connected: ?[1-9]",
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
        title="The user does not exist",
        awaits="the user to be created",
        explanation="Servers list a user's login mechanisms before the login. This server lists "
        "none, so the user does not exist in the databases that mongoping asked about.",
        remedies=users.NOT_FOUND,
        links=(AUTH_DOCS,),
        when=user_not_found,
        hidden_by=KNOWN_TO_ATLAS,
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
        explanation="A user belongs to the database in which it was created. Without authSource, "
        "the driver looks in the database of the connection string, or in admin if there is none.",
        remedies=(NAME_THE_SOURCE,),
        links=(AUTH_DOCS,),
        when=wrong_auth_source,
        hidden_by=KNOWN_TO_ATLAS,
        says=(
            r"[Ii]nvalid source \W?[\w$]{1,60}\W? for mechanism",
            r"(?#likely)Could not find user [\"']?(?![A-Z]{1,2}=|emailAddress=)[^\s\"'@]{1,60}[\"']?(?:@| for db \W{0,2})(?!admin\b|\$external)\w{1,60}",
            r"(?#likely)saslStart failed: Authentication failed",
            r"(?#likely)connecting to: (?:mongodb://)?[^\s?]{1,300}+\s[\s\S]{0,900}(?:Authentication failed|auth failed|login failed)",
            r"(?#likely)\bmongo(?:dump|restore|export|import|stat|top|files)? (?![^\n]{0,300}authenticationDatabase)(?>[^\n]{0,300}?\s(?:-u\b|--username))[\s\S]{0,600}(?:Authentication failed|auth fail|SASL authentication step)",
            r"(?#likely)authenticating MongoCredential\{[^}\n]{0,120}source='(?!admin'|\$external')",
            r"(?#also)⟨code 18⟩|\bbad auth\b|Authentication failed(?! because|, see inner|: the remote)",
            r"(?#likely)is not authorized to access \S{1,80} \(auth source: (?!admin\b|\$external)",
        ),
    ),
    Cause(
        code="auth.mechanism-unavailable",
        title="The authentication mechanism is not available",
        explanation="The server does not offer the mechanism in the connection string, or the user "
        "has no credentials for it.",
        remedies=(
            LEAVE_OUT,
            ENTERPRISE,
        ),
        links=(AUTH_DOCS,),
        when=mechanism_unavailable,
        says=(
            r"⟨code 334⟩",
            r"mechanism (?!propert)\S{1,30} (?:which )?is not (?:enabled|supported|available)",
            r"MONGODB-CR credentials missing",
            r"(?:[Uu]nsupported|[Uu]nknown|Unavailable) (?:auth(?:entication)? |SASL )?mechanism",
            r"Unable to use \S{1,30} based authentication",
            r"(?#also)⟨code 18⟩|Authentication failed(?! because|, see inner|: the remote)",
        ),
    ),
    Cause(
        code="auth.required",
        title="The server requires a login, and the connection string has no credentials",
        explanation="Servers answer ping and hello without a login, so the connection seems to "
        "work, but the first real query fails with code 13.",
        remedies=(
            ADD_USER,
            users.ASK_PASSWORD,
        ),
        links=(AUTH_DOCS,),
        when=login_required,
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
        title="A package for this authentication mechanism is not installed",
        explanation="Most drivers need extra packages for Kerberos and for the login with AWS. They "
        "load them at the first login, in the environment that runs the program.",
        remedies=(INSTALL_EXTRA, INSTALL_NAMED),
        links=(AUTH_DOCS,),
        when=or_program("auth.dependency-missing", dependency_missing),
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
        awaits="the user of the certificate to be created",
        explanation="With MONGODB-X509, the subject of the client certificate (in RFC 2253 form) is "
        "the user name. A user with exactly this name must exist in $external.",
        remedies=(
            CREATE_BY_SUBJECT,
            OTHER_CERTIFICATE,
            SHOW_SUBJECT,
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
        awaits="the user to get the role",
        explanation="The user is logged in, but none of its roles gives access to this database. "
        "Queries fail with code 13.",
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
        title="The AWS credentials are missing, or match no database user",
        explanation="With MONGODB-AWS, the driver signs a request with credentials from the "
        "connection string, the environment, a web identity or the machine's metadata service, "
        "and the server asks AWS which identity they belong to.",
        remedies=(
            Remedy("Find out which AWS identity is used:", command="aws sts get-caller-identity"),
            "Create a user with the ARN of that identity as its name in $external (on Atlas: Database Access, AWS IAM).",
            "With temporary credentials, also give the session token: authMechanismProperties=AWS_SESSION_TOKEN:TOKEN.",
        ),
        links=(AUTH_DOCS + "aws-iam/",),
        when=external_login_failed("MONGODB-AWS", "the AWS IAM login failed"),
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
        title="The OIDC login failed",
        explanation="With MONGODB-OIDC, the driver gets a token from the environment (Azure, GCP, "
        "Kubernetes) or from a callback of the program, and the server checks it.",
        remedies=(
            NAME_ENVIRONMENT,
            "If your program has its own source of tokens, pass OIDC_CALLBACK in authMechanismProperties; a connection string cannot contain it.",
            "Check that the identity provider and its audience are configured on the server.",
        ),
        links=(AUTH_DOCS + "oidc/",),
        when=oidc,
        hidden_by=NOT_THERE,
        says=(
            r"(?#likely)MONGODB-OIDC|mongodb_oidc|auth_oidc|⟨login OIDC⟩",
            r"(?#likely)kubernetes\.io/serviceaccount/token",
            r"(?#likely)\bOIDC_(?:CALLBACK|HUMAN_CALLBACK|TOKEN_FILE)\b|TOKEN_RESOURCE",
        ),
    ),
    Cause(
        code="auth.kerberos",
        title="The Kerberos login failed",
        explanation="With GSSAPI, the driver sends a ticket from the local credential cache, issued "
        "for the server's service name and host name.",
        remedies=(
            Remedy("Get a ticket and show it:", command="kinit USER@REALM; klist"),
            "Connect by the full host name in the server's service principal (mongodb/HOST@REALM).",
        ),
        links=(AUTH_DOCS + "kerberos/",),
        when=external_login_failed("GSSAPI", "the Kerberos login failed"),
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
        title="No client certificate for the X.509 login",
        explanation="MONGODB-X509 authenticates with the client certificate of the TLS connection. "
        "Without TLS, or without a client certificate, there is nothing to authenticate with.",
        remedies=(
            GIVE_CERTIFICATE,
            "For a user with a password, remove authMechanism.",
        ),
        links=(X509_DOCS,),
        when=x509_no_certificate,
        says=(r"No verified subject name available",),
    ),
    Cause(
        code="auth.ldap",
        title="The LDAP login failed",
        explanation="With PLAIN, the server passes the user name and password to an LDAP directory. "
        "The directory refused them.",
        remedies=(
            Remedy(
                "Check the user name and password with the directory itself:",
                command="ldapwhoami -x -D DN -W",
            ),
            "Use the form of the user name that the server's userToDNMapping expects, and authSource=$external.",
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
        title="The server asks for too many or too few password hash iterations",
        explanation="In a SCRAM login, the server decides how many times the client hashes the "
        "password. MongoDB's defaults are 10,000 and 15,000, and drivers refuse fewer than 4,096. "
        "They set no upper limit: a server that asks for billions keeps a program busy for many "
        "minutes, and PyMongo's event loop with it. mongoping stops at 1,000,000 and sends no "
        "proof of the password.",
        remedies=(
            "Check that host and port are those of your own server: this may be another one.",
            Remedy(
                "Restore the default count in mongosh, then set the user's password again:",
                command="db.adminCommand({setParameter: 1, scramSHA256IterationCount: 15000})",
            ),
        ),
        links=(
            "https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.scramSHA256IterationCount",
        ),
        when=iteration_count,
        says=(r"[Ii]nvalid iteration count",),
    ),
    Cause(
        code="auth.password-characters",
        title="The password contains characters that SCRAM-SHA-256 does not allow",
        explanation="SCRAM-SHA-256 normalizes passwords before use (SASLprep, RFC 4013). It rejects "
        "control characters, unassigned characters, and mixtures of left-to-right and "
        "right-to-left text. The driver fails before it contacts the server.",
        remedies=(
            *GENERAL,
            "If the user has SCRAM-SHA-1, which accepts any character, add authMechanism=SCRAM-SHA-1.",
        ),
        links=(AUTH_DOCS,),
        when=unfit,
        says=(
            r"(?#likely)\b[Pp]rohibited character(?: at position|, see https?://tools\.ietf\.org)",
            r"(?#likely)Character at position \S{1,9} is unassigned|Unassigned code point, see http",
            r"(?#likely)\bRandALCat\b",
        ),
    ),
    Cause(
        code="auth.unanswered",
        title="The server does not answer the login",
        awaits="the login to be answered",
        explanation="The server answers commands that need no login, but it does not reply to the "
        "login, or it closes the connection. It may be waiting for an external service such as "
        "LDAP, it may be overloaded, or a device on the network path may cut the connection.",
        remedies=(
            "Check the server log at this time: it has a line for each login, and for services that it waits for.",
            "Check for a proxy, service mesh or firewall that inspects connections.",
        ),
        links=(AUTH_DOCS,),
        when=login_unanswered,
        restates=("auth",),
    ),
    Cause(
        code="auth.invalid-reply",
        title="The server's part of the login is not valid",
        explanation="In a login, the server must prove itself too. The driver ended it, because "
        "the server's reply has a wrong nonce or signature, lacks a field, or comes out of turn. "
        "MongoDB does not reply like this: a proxy or a product that imitates MongoDB does.",
        remedies=(
            "Check that the host and port are those of the MongoDB server, not of a proxy, a load balancer or another product.",
            "Connect from the server's own machine: if the login works there, the device between them changes the replies.",
            "Upgrade the driver, and the product that answers.",
        ),
        links=(AUTH_DOCS,),
        when=invalid_reply,
        alternatives=("compat.not-genuine", "tcp.proxy"),
        says=(
            r"(?#likely)\b[Ss]erver (?:sent|returned|provided) (?:an? (?:invalid|incorrect|wrong) (?:nonce|signature|host\b)|unexpected fields)",
            r"(?#likely)\b[Ss]erver signature (?:was|is) (?:invalid|incorrect|wrong)",
            r"(?#likely)\b[Ii]nvalid server (?:nonce|signature)\b|\b[Ss]erver nonce (?:must|does not|is not)",
            r"(?#likely)\bbytes of the server nonce must be the client nonce",
            r"(?#likely)SASL protocol error: |Too many steps involved in the \S{1,30} negotiation",
            r"(?#likely)SASL conversation was not completed",
        ),
    ),
)
