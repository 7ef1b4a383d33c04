"""Decide what is wrong with a connection string, and correct it where the correction is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.causes._remedies import texts
from mongoping.model import NAME_ABSENT, Evidence, Match, Remedy
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


NOT_FOUND = {*NAME_ABSENT, "bad-name"}  # failed lookups that waiting does not fix
STALENESS = "maxStalenessSeconds"
MAX_WARNINGS = 8  # in one sentence; the data holds all of them
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
LET_READ = Remedy("Let the user who runs the program read the file:", command="ls -l FILE")
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


def missing_host(evidence: Evidence) -> Match | None:
    """Match a missing host; an unencoded path of a socket needs encoding, not a host name."""
    match = refused_or_warned("uri.missing-host")(evidence)
    if match is None or SOCKET_WORDS not in match.detail:
        return match and match.replace(alternatives=("uri.placeholder-not-replaced",))
    return match.replace(instead_of=(NAME_HOST.text, HOST_VARIABLE, ENCODE_SOCKET.text))


def with_correction(code: str, *general: str) -> Callable[[Evidence], Match | None]:
    """Return a predicate whose corrected string replaces some of the ``general`` remedies."""

    def when(evidence: Evidence) -> Match | None:
        match = refused_or_warned(code)(evidence)
        return match and (match.replace(instead_of=general) if match.remedies else match)

    return when


def invalid_scheme(evidence: Evidence) -> Match | None:
    """Match a missing or wrong scheme; say to remove text only where it precedes the scheme."""
    match = refused_or_warned("uri.invalid-scheme")(evidence)
    facts = observation(evidence, "uri")
    if match is None or facts is None:
        return match
    general: tuple[str, ...] = (ADD_SCHEME, COPY) if match.remedies else ()
    if "mongodb" not in facts.uri:
        general += (REMOVE_BEFORE,)
    return match.replace(instead_of=general)


def invalid_option(evidence: Evidence) -> Match | None:
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


def conflicting(evidence: Evidence) -> Match | None:
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


def empty_credentials(evidence: Evidence) -> Match | None:
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


def file_not_found(evidence: Evidence) -> Match | None:
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


def srv_scheme_needed(evidence: Evidence) -> Match | None:
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


def srv_host_too_short(evidence: Evidence) -> Match | None:
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


def malformed_string(evidence: Evidence) -> Match | None:
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


def risky(evidence: Evidence) -> Match | None:
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
