"""Causes in the connection string itself, found before any traffic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.causes._remedies import texts
from mongoping.model import NAME_ABSENT, Cause, Evidence, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote
from mongoping.uri.doubts import RISKY, is_srv_name
from mongoping.uri.edit import (
    SRV,
    STANDARD,
    correct,
    drop_options,
    drop_text,
    rename_option,
    replace_login,
    replace_scheme,
    rewrite,
    set_options,
)
from mongoping.uri.parts import EMPTY, SOCKET_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import CheckName
    from mongoping.observations import UriFacts

STRINGS = "https://www.mongodb.com/docs/manual/reference/connection-string/"
FORMATS = "https://www.mongodb.com/docs/manual/reference/connection-string-formats/"
SRV_FORMAT = FORMATS + "#srv-connection-format"
OPTIONS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
WRITE_CONCERN = "https://www.mongodb.com/docs/manual/reference/write-concern/"
ATLAS_STRING = "https://www.mongodb.com/docs/atlas/driver-connection/"
PYMONGO_TLS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"

NOT_FOUND = {*NAME_ABSENT, "bad-name"}  # failed lookups that waiting does not fix
STALENESS = "maxStalenessSeconds"
MAX_WARNINGS = 8  # in one sentence; the data holds all of them

ENCODE = Remedy(
    "Encode the password and put the result into the string:",
    command='python3 -c "from urllib.parse import quote; from getpass import getpass; '
    "print(quote(getpass(), safe=''))\"",
)
COPY = "Copy the connection string again from where the deployment is managed (Atlas: Connect, Drivers)."
UNSET_VARIABLE = "If the value comes from a variable, check that it is set where the program runs."
KEEP_ONE = "Keep one of the two and remove the other."
SAME_MEANING = "Remove ssl, which is an older name for tls, and keep tls."
DIRECT = "Use directConnection=true only with one host, and never with mongodb+srv."
EXCLUSIVE_REMEDIES = (KEEP_ONE, SAME_MEANING, DIRECT)
NAME_HOST = Remedy("Name the host, for example:", uri="mongodb://localhost:27017/")
HOST_VARIABLE = "If the host comes from a variable, check that it is set where the program runs."
ENCODE_SOCKET = Remedy(
    "For a UNIX socket, percent-encode its path:", uri="mongodb://%2Ftmp%2Fmongodb-27017.sock"
)
FIX_OPTION = "Correct the name or the value; mongoping uri explains every option."
OWN_SUFFIX = "Set srvAllowedHostsSuffix to a domain that belongs to the owner of the servers."
FIX_PATH = "Correct the path, and make it absolute, such as /etc/ssl/mongodb/ca.pem."
MOUNT = "In a container, mount the file, and use its path inside the container."
LET_READ = Remedy("Let the user who runs the program read the file:", command="ls -l FILE")
WRITE_PORT = "Write the port in digits, or omit it to use 27017."
REMOVE_BEFORE = "Remove everything before the scheme. Docker's --env-file and Kubernetes secrets keep quotes as part of the value."
ADD_SCHEME = "If the string is only a host, put mongodb:// before it."
COMPARE = Remedy(
    "Compare the string with one that is valid:",
    command="mongoping uri 'mongodb://USER:PASSWORD@HOST:27017/DATABASE?w=majority'",
)
ASK_PASSWORD = Remedy(
    "Leave the password out of the string, and let mongoping ask for it:",
    command='mongoping check --ask-password "$MONGODB_URI"',
)
ENCODE_VALUES = "Percent-encode reserved characters in values: '=' is %3D."
GIVE_BOTH = Remedy("Give both, for example:", uri="mongodb://USER:PASSWORD@HOST/")
NO_LOGIN = Remedy(
    "For a server without access control, remove user, password and the '@', for example:",
    uri="mongodb://localhost:27017/",
)
DROP_PORT = "Remove the ':' and the port."
KEEP_NAME = "Keep only the name of the deployment, or of the cluster."
LEAVE_OUT = "Remove the option, unless you accept its risk."
OWN_CA = "If the server's certificate is signed by your own CA, add tlsCAFile=/path/to/ca.pem."
USE_SRV = "Write mongodb+srv:// instead of mongodb://, without a port."
USE_STANDARD = Remedy(
    "For a single server, use mongodb:// and its port:", uri="mongodb://localhost:27017"
)
FULL_NAME = "For Atlas, use the full name of the cluster, such as cluster0.ab1cd.mongodb.net."


def refused_or_warned(code: str) -> Callable[[Evidence], Match | None]:
    """Return a predicate: an error if the string was refused for ``code``, else its warnings."""

    def when(evidence: Evidence) -> Match | None:
        facts = observation(evidence, "uri")
        failure = evidence.failure("uri")
        if facts is None:
            return None
        if failure is not None and failure.facts.get("cause") == code:
            return Match(failure.message, _correction(facts), alternatives=_others(facts, code))
        return _warnings_of(facts, code)

    return when


def _correction(facts: UriFacts) -> tuple[Remedy, ...]:
    """Return the remedy that is the corrected string, if the correction is known."""
    return _use(correct(facts.uri, facts.problem) if facts.problem is not None else None)


def _use(uri: str | None, text: str = "Use this connection string:") -> tuple[Remedy, ...]:
    return (Remedy(text, uri=uri),) if uri is not None else ()


def _warnings_of(facts: UriFacts, code: str) -> Match | None:
    """Return all warnings of one cause as one match."""
    details = [
        f"{warning.option}: {warning.detail}" if warning.option else warning.detail
        for warning in facts.warnings
        if warning.cause == code
    ]
    if not details:
        return None
    count = len(details) - MAX_WARNINGS
    more = f"; and {count} more" if count > 0 else ""
    return Match("; ".join(details[:MAX_WARNINGS]) + more, severity="warning")


def _others(facts: UriFacts, code: str) -> tuple[str, ...]:
    """Return other causes that the text of a refused scheme or port gives a reason to suspect."""
    others = []
    if code == "uri.invalid-port" and ("@" in facts.uri or "***" in facts.uri):
        others.append("uri.unescaped-credentials")
    if code in ("uri.invalid-port", "uri.invalid-scheme") and re.search("[<>{}$%]", facts.uri):
        others.append("uri.placeholder-not-replaced")
    return tuple(others)


def _missing_host(evidence: Evidence) -> Match | None:
    """Match a missing host; an unencoded path of a socket needs encoding, not a host name."""
    match = refused_or_warned("uri.missing-host")(evidence)
    if match is None or SOCKET_WORDS not in match.detail:
        return match and match.replace(alternatives=("uri.placeholder-not-replaced",))
    return match.replace(instead_of=(NAME_HOST.text, HOST_VARIABLE, ENCODE_SOCKET.text))


def _with_correction(code: str, *general: str) -> Callable[[Evidence], Match | None]:
    """Return a predicate whose corrected string replaces some of the ``general`` remedies."""

    def when(evidence: Evidence) -> Match | None:
        match = refused_or_warned(code)(evidence)
        return match and (match.replace(instead_of=general) if match.remedies else match)

    return when


def _invalid_scheme(evidence: Evidence) -> Match | None:
    """Match a missing or wrong scheme; say to remove text only where it precedes the scheme."""
    match = refused_or_warned("uri.invalid-scheme")(evidence)
    facts = observation(evidence, "uri")
    if match is None or facts is None:
        return match
    general: tuple[str, ...] = (ADD_SCHEME, COPY) if match.remedies else ()
    if "mongodb" not in facts.uri:
        general += (REMOVE_BEFORE,)
    return match.replace(instead_of=general)


def _invalid_option(evidence: Evidence) -> Match | None:
    """Match options that the driver ignores, or with which it refuses every read."""
    lookup = evidence.failure("srv")
    if lookup is not None and lookup.kind == "suffix":
        return Match(lookup.message, (OWN_SUFFIX,), explains=("srv",), instead_of=(FIX_OPTION,))
    facts = observation(evidence, "uri")
    match = refused_or_warned("uri.invalid-option")(evidence)
    driver = observation(evidence, "driver")
    if driver is not None and driver.readable is False:
        _, name, words = (driver.read_preference or "").partition(STALENESS)
        if name and facts is not None:
            detail = f"{name}{words}: the driver refuses every read, before it asks a server"
            corrected_uri = set_options(facts.uri, maxStalenessSeconds=90)
            remedies = _use(corrected_uri, f"Use {name}=90 or more, or remove it:")
            return Match(detail, remedies, explains=("driver", "ping", "members"))
    if match is None or facts is None or match.severity != "warning":
        return match
    return match.replace(remedies=_with_known_options(facts))


def _conflicting(evidence: Evidence) -> Match | None:
    """Match options that exclude each other, including those that a TXT record adds."""
    failure = evidence.failure("srv")
    facts = observation(evidence, "uri")
    if failure is None or failure.kind != "conflict":
        match = refused_or_warned("uri.conflicting-options")(evidence)
        return match and _remove_conflict(match, facts)
    own, txt = failure.facts["uri"], failure.facts["txt"]
    uri = facts.uri if facts is not None else ""
    remedies = [
        Remedy(f"Remove {name} from the connection string:", uri=drop_options(uri, name))
        for name in own
    ]
    if "authSource" in txt:
        external = set_options(uri, authSource="$external")
        remedies = [Remedy("Set authSource to $external in the connection string:", uri=external)]
    elif txt:
        remedies.append(Remedy(f"Have {' and '.join(txt)} removed from the TXT record."))
    elif own == ("loadBalanced",):
        remedies.append(Remedy("Have the SRV record name only the load balancer."))
    return Match(failure.message, tuple(remedies), instead_of=EXCLUSIVE_REMEDIES)


def _with_known_options(facts: UriFacts) -> tuple[Remedy, ...]:
    """Return the string with unknown options under the names they were meant for."""
    names = [warning.option for warning in facts.warnings if warning.cause == "uri.invalid-option"]
    uri = facts.uri
    for name in filter(None, names):
        uri = rename_option(uri, name) or uri
    return _use(uri if uri != facts.uri else None, "Use the right name of the option:")


def _remove_conflict(match: Match, facts: UriFacts | None) -> Match:
    """Return the match with the string without the option that the problem points to."""
    problem = facts.problem if facts is not None else None
    if facts is None or problem is None:
        return match
    name = facts.uri[problem.start : problem.start + problem.length].partition("=")[0]
    instead_of = [SAME_MEANING, DIRECT] if name.lower() != "directconnection" else [SAME_MEANING]
    remedies: tuple[Remedy, ...] = ()
    if "TLS is off" in match.detail:
        remedies = _use(set_options(facts.uri, tls=True), "Turn TLS on:")
    if name == "ssl":  # an older name of tls, which drop_options would remove too
        without = drop_text(facts.uri, problem.start, problem.start + problem.length)
    else:
        without = drop_options(facts.uri, name)
    remedies += _use(without, f"Remove {name}:")
    return match.replace(
        remedies=remedies, instead_of=(*instead_of, *((KEEP_ONE,) if remedies else ()))
    )


def _empty_credentials(evidence: Evidence) -> Match | None:
    """Match a missing user or password; ask only for what is missing."""
    match = refused_or_warned("uri.empty-credentials")(evidence)
    facts = observation(evidence, "uri")
    if match is None or facts is None:
        return match
    login = re.search(r"://([^:@/?]+):?@", facts.uri)
    give = Remedy(GIVE_BOTH.text, uri=rewrite(facts.uri, login="USER:PASSWORD"))
    if login is not None:
        give = Remedy(f"Add the password of {login[1]} after the user name and a ':'.")
    no_login = _use(replace_login(facts.uri, None), NO_LOGIN.text.replace(", for example", ""))
    instead_of = (GIVE_BOTH.text, *((NO_LOGIN.text,) if no_login else ()))
    ask = (ASK_PASSWORD,) if login is not None else ()
    return match.replace(remedies=(give, *ask, *no_login), instead_of=instead_of)


def _file_not_found(evidence: Evidence) -> Match | None:
    """Match a file that cannot be read; the state of the file decides what comes first."""
    match = refused_or_warned("uri.file-not-found")(evidence)
    facts = observation(evidence, "uri")
    bad = next((file for file in facts.files if file.state != "readable"), None) if facts else None
    if match is None or bad is None:
        return match
    permission = Remedy(LET_READ.text, command=f"ls -l {quote(bad.path)}")
    if bad.state == "unreadable":
        return match.replace(remedies=(permission,), instead_of=(FIX_PATH, LET_READ.text))
    fix = f"Correct the path in {bad.option}, and make it absolute."
    return match.replace(remedies=(Remedy(fix),), instead_of=(FIX_PATH, LET_READ.text))


def _srv_scheme_needed(evidence: Evidence) -> Match | None:
    """Match a cluster's name in a mongodb:// string; an error only if DNS has no address for it."""
    facts = observation(evidence, "uri")
    if facts is None or facts.scheme != "mongodb" or len(facts.hosts) != 1:
        return None
    name = str(facts.hosts[0])
    failure = evidence.failure("addresses", name)
    has_srv = failure is not None and bool(failure.facts.get("has_srv"))
    if not has_srv and not is_srv_name(facts.hosts[0]):
        return None
    remedies = _use(replace_scheme(facts.uri, SRV))
    instead_of = (USE_SRV,) if remedies else ()
    if failure is not None and failure.kind in NOT_FOUND:
        what = "has SRV records" if has_srv else "is the SRV name of an Atlas cluster"
        words = f"{facts.hosts[0].name} has no address: it {what}"
        return Match(words, remedies, hosts=(name,), instead_of=instead_of)
    match = _warnings_of(facts, "uri.srv-scheme-needed")
    return match and match.replace(remedies=remedies, instead_of=instead_of)


def _srv_host_too_short(evidence: Evidence) -> Match | None:
    """Match an IP address, or a short name that DNS has no SRV record for."""
    facts = observation(evidence, "uri")
    match = refused_or_warned("uri.srv-host-too-short")(evidence)
    failure = evidence.failure("srv")
    if facts is None or match is None or match.severity != "warning":
        return match and match.replace(instead_of=(USE_STANDARD.text, FULL_NAME))
    match = match.replace(
        remedies=_use(replace_scheme(facts.uri, STANDARD)), instead_of=(USE_STANDARD.text,)
    )
    if failure is not None and failure.kind in NOT_FOUND:
        words = f"{facts.hosts[0].name} is the name of one server, not one with SRV records"
        return match.replace(detail=words, severity=None)
    return match


def _malformed_string(evidence: Evidence) -> Match | None:
    """Match a malformed string, also where white space in a host is why it was not found."""
    match = refused_or_warned("uri.malformed")(evidence)
    facts = observation(evidence, "uri")
    if match is not None and match.detail == EMPTY:
        return match.replace(remedies=(UNSET_VARIABLE,), instead_of=texts(COMPARE, ENCODE_VALUES))
    if facts is None or match is None or match.severity != "warning":
        return match and (match.replace(instead_of=texts(COMPARE)) if match.remedies else match)
    missing_parts = [
        str(host_)
        for host_ in facts.hosts
        if any(char.isspace() or not char.isprintable() for char in host_.name)
        and (failure := evidence.failure("addresses", str(host_))) is not None
        and failure.kind in NOT_FOUND
    ]
    if not missing_parts:
        return match
    remedy = "Remove the white space, such as the newline that echo adds or a blank after a comma."
    if "control character" in match.detail:
        remedy = "Remove the control character: copy the string again, or type it."
    explains: tuple[CheckName, ...] = (
        ("addresses",) if len(missing_parts) == len(facts.hosts) else ()
    )
    return Match(match.detail, (remedy,), hosts=tuple(missing_parts), explains=explains)


def _risky(evidence: Evidence) -> Match | None:
    """Match options that give up safety; the remedies are those of the options in the string."""
    facts = observation(evidence, "uri")
    match = _warnings_of(facts, RISKY) if facts is not None else None
    if facts is None or match is None:
        return None
    names = [
        warning.option for warning in facts.warnings if warning.cause == RISKY and warning.option
    ]
    tls = [name for name in names if name != "w"]
    remedies: tuple[Remedy, ...] = ()
    if tls:
        text = f"Remove {' and '.join(tls)}, so that the server's certificate is checked:"
        remedies += _use(drop_options(facts.uri, *tls), text)
        remedies += (Remedy(OWN_CA),) if "tlsCAFile" not in facts.options else ()
    if "w" in names:
        text = "Remove w: w=majority is the default of current servers:"
        remedies += _use(drop_options(facts.uri, "w"), text)
    instead_of = (LEAVE_OUT, OWN_CA) if remedies else ()
    return match.replace(remedies=remedies, instead_of=instead_of)


CAUSES = (
    Cause(
        code="uri.invalid-scheme",
        title="The connection string does not begin with mongodb:// or mongodb+srv://",
        explanation="A connection string starts with its scheme, in lower case. Drivers refuse it "
        "if quotes from an env file, a variable's name or a blank come first.",
        remedies=(
            REMOVE_BEFORE,
            ADD_SCHEME,
            COPY,
        ),
        links=(FORMATS,),
        when=_invalid_scheme,
        says=(
            r"Invalid URI scheme",
            r"(?<![=&?/\w])mongodb(?:(?:%2b|\+)srv)?%3a(?:%2f){1,2}\S{1,400}:\d{2,5}: ",
            r"Invalid URI Schema",
            r"Invalid schem[ae], expected",
            r"scheme must be \W{0,2}mongodb",
            r"[Cc]onnection strings? must start with (?:either )?\W?mongodb",
            r"(?#likely)MongoParseError: Invalid connection string",
            r"Invalid protocol in URI",
            r"connection string contains no scheme",
            r"Invalid URI: (?!mongodb(?:\+srv)?://)\S",
            r"(?:Invalid|The) connection string:? [\"'](?!mongodb(?:\+srv)?://)\w",
        ),
    ),
    Cause(
        code="uri.srv-scheme-needed",
        title="An Atlas cluster's name needs mongodb+srv://",
        explanation="The short name of an Atlas cluster has SRV records, but no address. With "
        "mongodb:// the driver looks up an address, and finds none.",
        remedies=(
            USE_SRV,
            "If SRV lookups are not possible, use the string that lists every server "
            "(cluster0-shard-00-00...). Atlas shows it under Connect, Drivers, for old drivers.",
        ),
        links=(SRV_FORMAT, ATLAS_STRING),
        when=_srv_scheme_needed,
        alternatives=("dns.host-not-found",),
        says=(
            r"(?#likely)(?:ENOTFOUND|UnknownHostException:?|no such host:?) "
            r"(?!_mongodb)(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+\.mongodb\.net\b",
            r"(?#likely)lookup (?!_mongodb)(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+"
            r"\.mongodb\.net\b[^\n]{0,80}: no such host",
            r"(?#likely)(?<![\w.-])(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)(?!_mongodb)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+\.mongodb\.net"
            r":27017: \[Errno -?\d{1,5}+\] ⟨EAI_NO",
            r"(?#also)(?:ENOTFOUND|⟨EAI_NO\w{2,4}⟩|UnknownHostException:?|lookup) [^\n]{0,80}\bcluster\d{1,2}\.",
            r"(?#also)\bcluster\d{1,2}\.[\w.-]{1,200}:\d{2,5}: \[Errno -?\d",
        ),
    ),
    Cause(
        code="uri.srv-host-too-short",
        title="The name after mongodb+srv:// cannot be the name of a deployment",
        explanation="mongodb+srv:// needs a DNS name that has SRV records, such as "
        "cluster0.example.com. An IP address has none, and a name with fewer than three parts, "
        "such as localhost, is usually a single server; most drivers refuse both.",
        remedies=(USE_STANDARD, FULL_NAME),
        links=(SRV_FORMAT,),
        when=_srv_host_too_short,
        says=(
            r"is not a valid hostname for \W?mongodb\+srv",
            r"hostname, domain name,? and tld",
            r"does not contain at least three parts",
            r"must have (?:at least )?(?:three|3) (?:or more )?(?:domain )?parts",
            r"_mongodb\._tcp\.(?:[\w-]{1,63}|\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\w)",
        ),
    ),
    Cause(
        code="uri.unescaped-credentials",
        title="The user name or password contains an unescaped reserved character",
        explanation="The characters : / ? # [ ] @ % are reserved in a connection string. In a user "
        "name or password they must be percent-encoded, or the driver splits the string in the "
        "wrong place. PyMongo also decodes '+' as a blank.",
        remedies=(
            ENCODE,
            "Write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, + as %2B.",
            Remedy(
                "Leave the password out of the string, and pass it separately, where it needs no "
                "encoding:",
                command="AsyncMongoClient(uri, password=PASSWORD)",
            ),
            ASK_PASSWORD,
        ),
        links=(STRINGS,),
        when=refused_or_warned("uri.unescaped-credentials"),
        alternatives=("uri.invalid-port",),
        says=(
            r"must be escaped according to RFC",
            r"(?:Username|Password|User info\w{0,12}+) contains? (?:an )?(?:illegal )?unescaped",
            r"(?#likely)URI malformed",
            r"unescaped (?:@ sign|slash|colon)",
            r"contains invalid user information",
            r"(?:username|password) must be (?:URL|percent).encoded",
            r"Invalid %-encoding in (?:username|password)",
            r"invalid URL escape",
            r"(?#likely)Bad database name \W?[^\n]{0,80}@",
            r"(?#likely)Unable to parse (?![^\s:]{0,200}:\d{1,9} |localhost:|[\w-]{1,63}\.)\S{1,300} with URL",
            r"(?#likely)mongodb-connection-string-url[\s\S]{0,400}Invalid connection string",
            r"(?#also)MongoParseError: Invalid connection string",
            r"(?#also)URI options are key=value pairs",
        ),
    ),
    Cause(
        code="uri.empty-credentials",
        title="The user name or password is missing",
        explanation="The string has a user without a password, a password without a user, or a "
        "mechanism that needs both. Often a variable was empty when the string was built.",
        remedies=(
            GIVE_BOTH,
            UNSET_VARIABLE,
            NO_LOGIN,
            "With GSSAPI or MONGODB-X509, which need no password, set authMechanism.",
        ),
        links=(STRINGS,),
        when=_empty_credentials,
        says=(
            r"A password is required",
            r"empty string is not valid username",
            r"password can't be empty",
            r"\b(?:DEFAULT|PLAIN|GSSAPI|SCRAM-SHA-\d{1,3}+) requires a username",
            r"username without a password is not supported",
            r"(?#likely)MongoMissingCredentialsError(?!: (?:Could not obtain temporary|Reauth|Connection is))",
            r"username (?:cannot|can't|must not) be empty",
            # mongosh shows a star for each letter that is typed
            r"(?#likely)Enter password: ?(?=\n?Mongo\w{0,20}Error)[^\n]{0,120}",
        ),
    ),
    Cause(
        code="uri.placeholder-not-replaced",
        title="The connection string still contains a placeholder",
        explanation="A string copied from a page or a template has placeholders such as "
        "<password>, ${DB_HOST} or your-cluster. If they are not replaced, or replaced with "
        "undefined from an unset variable, drivers take them literally.",
        remedies=(
            "Replace the placeholder, including its brackets, with the real value.",
            "If the value comes from a variable, check that it is set where the program runs. "
            "Single quotes in a shell, and most env files, do not expand ${...}.",
            COPY,
        ),
        links=(ATLAS_STRING, STRINGS),
        when=refused_or_warned("uri.placeholder-not-replaced"),
        alternatives=("dns.host-not-found", "auth.failed"),
        says=(
            r"(?:ENOTFOUND|EAI_AGAIN|lookup|UnknownHostException:?) (?:undefined|null|None)\b",
            r"parameter to .{0,3}openUri\(\).{0,3} must be a string, got .{0,2}undefined",
            r"mongodb(?:\+srv)?://\S{0,300}?<(?:db_)?(?:user|username|password|cluster|host)[\w-]{0,40}+>",
            r"mongodb(?:\+srv)?://undefined\b",
            r"_mongodb\._tcp\.[^\s'\"]{0,80}[<>${}]",
            r"(?<![\w.-])(?:undefined|null|None):\d{2,5}: \[",
        ),
    ),
    Cause(
        code="uri.invalid-option",
        title="An option of the connection string is unknown or has an invalid value",
        explanation="Drivers know a fixed set of options, each with its type and range, and most "
        "drivers and mongosh refuse to connect with any other. PyMongo ignores such options with a "
        "Python warning that few programs show, and uses the default; it refuses a few values, such "
        "as an empty authSource.",
        remedies=(
            FIX_OPTION,
            "Replace the old names of options: ssl_ca_certs is now tlsCAFile, "
            "ssl_certfile and ssl_keyfile are tlsCertificateKeyFile, ssl_cert_reqs is "
            "tlsAllowInvalidCertificates.",
            "Write true and false in lower case, and times as integer milliseconds.",
        ),
        links=(OPTIONS,),
        when=_invalid_option,
    ),
    Cause(
        code="uri.missing-host",
        title="The connection string has no host, or an empty one in its list",
        explanation="The hosts come after the scheme (or the '@') and before the '/', separated "
        "by single commas. Often a variable was empty when the string was built.",
        remedies=(
            NAME_HOST,
            HOST_VARIABLE,
            ENCODE_SOCKET,
        ),
        links=(FORMATS,),
        when=_missing_host,
        says=(
            r"Must provide at least one hostname or IP",
            r"Empty host \(or extra comma",
            r"need to specify at least one host",
            r"must have at least 1 host",
            r"No hostname or hostnames provided",
            r"connection string contains (?:an )?empty host",
            r"Host component (?:is )?empty",
            r"Protocol and host list are required",
            r"Unable to parse :\d{1,5} with URL",
        ),
    ),
    Cause(
        code="uri.invalid-port",
        title="The port is not a number between 1 and 65535",
        explanation="The text after the ':' of a host is its port. If it is not a number, it is "
        "often a part of a password that was not percent-encoded.",
        remedies=(
            WRITE_PORT,
            "If it is a part of the password, percent-encode the password: '/' is %2F, '@' is %40.",
            UNSET_VARIABLE,
        ),
        links=(FORMATS,),
        when=_with_correction("uri.invalid-port", WRITE_PORT),
        says=(
            r"Port must be an integer between",
            r"Port contains (?:whitespace|non-digit) character",
            r"Invalid port \((?:zero|larger than 65535)",
            r"invalid port \S{1,80}+ after host",
            r"port must be in the range",
            r"[Tt]he port '[^'\n]{0,80}' is not a valid",
            r"(?#likely)Unable to parse [^\s:@]{1,200}:\d{1,9} with URL",
            r"(?#likely)Unable to parse (?:localhost|[\w-]{1,63}+\.[\w.-]{1,200}+):\S{1,80}+ with URL",
            r"(?#also)Unable to parse \S{1,300} with URL",
        ),
    ),
    Cause(
        code="uri.srv-with-port",
        title="mongodb+srv:// does not allow a port",
        explanation="With mongodb+srv://, the ports of all servers come from the SRV records, so "
        "the string must not contain one.",
        remedies=(DROP_PORT, "For a single server, write mongodb:// and keep the port."),
        links=(SRV_FORMAT,),
        when=_with_correction("uri.srv-with-port", DROP_PORT),
        says=(
            r"URIs must not include a port number",
            r"Ports not accepted with \W?mongodb\+srv",
            r"URI with srv must not include a port",
            r"mongodb\+srv URI cannot have (?:a )?port",
            r"[Pp]ort (?:number )?(?:is )?not (?:permitted|allowed) (?:\w{1,20}+ )?\W?mongodb\+srv",
        ),
    ),
    Cause(
        code="uri.srv-multiple-hosts",
        title="mongodb+srv:// allows only one host name",
        explanation="With mongodb+srv://, the list of servers comes from the SRV records of the "
        "one name in the string.",
        remedies=(
            KEEP_NAME,
            "To list the servers yourself, write mongodb://, and add tls=true, which mongodb+srv "
            "implies.",
        ),
        links=(SRV_FORMAT,),
        when=_with_correction("uri.srv-multiple-hosts", KEEP_NAME),
        says=(
            r"URIs must include one, and only one, hostname",
            r"URI with SRV must include one and only one hostname",
            r"mongodb\+srv URI cannot have multiple (?:service names|hosts)",
            r"[Oo]nly one host (?:is )?allowed when using mongodb\+srv",
        ),
    ),
    Cause(
        code="uri.conflicting-options",
        title="Two parts of the connection string conflict",
        explanation="The driver refuses options that contradict each other, such as a direct "
        "connection to several hosts, tls=false with a certificate file, or a password for a "
        "mechanism that does not use one.",
        remedies=EXCLUSIVE_REMEDIES,
        links=(OPTIONS,),
        when=_conflicting,
    ),
    Cause(
        code="uri.file-not-found",
        title="A file named in the connection string cannot be read",
        explanation="The driver opens the files of tlsCAFile, tlsCertificateKeyFile and tlsCRLFile "
        "before it connects. The path must exist on the machine, or in the container, where the "
        "program runs. A relative path starts in its current folder, and '~' is not expanded.",
        remedies=(FIX_PATH, MOUNT, LET_READ),
        links=(PYMONGO_TLS, OPTIONS),
        when=_file_not_found,
        alternatives=("tls.bad-key-file",),
        says=(
            r"(?#likely)No such file or directory \(os error 2\)",
            r"(?:ENOENT|No such file or directory)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
            r"(?:EACCES|Permission denied)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
        ),
    ),
    Cause(
        code="uri.malformed",
        title="The connection string is malformed",
        explanation="The string cannot be split into scheme, user, hosts, database and options. "
        "White space in it is taken literally, as part of the name next to it.",
        remedies=(
            COMPARE,
            "If it comes from a file or a secret, remove the newline at its end "
            "(use printf instead of echo).",
            ENCODE_VALUES,
        ),
        links=(FORMATS,),
        when=_malformed_string,
        alternatives=("uri.unescaped-credentials",),
        says=(
            r"(?#likely)URI options are key=value pairs",
            r"(?#also)URI malformed",
            r"(?#likely)Database names cannot contain the character|query(?:Srv|Txt) EBADNAME",
            r"URI option \W?(?!replicaSet|tlsCertificateKeyFilePassword)\w{1,60}\W? cannot be specified with no",
            r"Can not mix '&' and ';' for option separators",
            r"(?#likely)Bad database name",
            r"double colon in host identifier",
            r"must be enclosed in '\[' and '\]'",
            r"in a unix domain socket must be percent-encoded",
            r"Percent-encoding is only allowed in",
            r"[Mm](?:ust have a|issing delimiting) slash between hosts and (?:options|database)",
            r"'/' is required between the host list|contains options without trailing slash",
            r"The connection string '(?=mongodb)[^\n]{0,400}' is not valid",
        ),
    ),
    Cause(
        code="uri.risky-option",
        title="An option weakens security or durability on a remote deployment",
        explanation="With tlsInsecure and the tlsAllowInvalid... options, anyone on the network "
        "path can impersonate the server and read the password. With w=1, writes are lost if the "
        "primary fails before another member has them; with w=0, even a refused write goes "
        "unnoticed.",
        remedies=(LEAVE_OUT, OWN_CA),
        links=(OPTIONS, WRITE_CONCERN),
        when=_risky,
        severity="warning",
    ),
)
