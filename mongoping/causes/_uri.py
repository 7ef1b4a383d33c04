"""When the causes of the connection string are true, and as an error or as a warning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.causes._uri_fixes import as_srv, as_standard, fixed
from mongoping.model import NAME_ABSENT, Evidence, Match
from mongoping.observations import observation
from mongoping.uri.doubts import RISKY, is_srv_name
from mongoping.uri.parts import SOCKET_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.checks.uri import UriSeen

NOT_FOUND = {*NAME_ABSENT, "bad-name"}  # failed lookups that waiting will not mend
MAJORITY = "Leave w out, or write w=majority, which is the default of current servers."
TRUST = (
    "Leave {} out, and trust the authority that issued the server's certificate: "
    "tlsCAFile=/path/to/ca.pem"
)
STALENESS = "maxStalenessSeconds"
EXCLUSIVE_REMEDIES = (
    "Keep one of the two and remove the other.",
    "tlsInsecure includes all tlsAllowInvalid... options; ssl is an older name for tls.",
    "Use directConnection=true for a single server only, and never with mongodb+srv.",
)
NAME_HOST = "Name the host: mongodb://localhost:27017/"
HOST_VARIABLE = "If the host comes from a variable, check that it is set where the program runs."
ENCODE_SOCKET = (
    "The path of a UNIX socket is percent-encoded: mongodb://%2Ftmp%2Fmongodb-27017.sock"
)
MOST = 8  # warnings in one sentence; the data holds all of them


def stated(code: str) -> Callable[[Evidence, None], Match | None]:
    """True as an error when the string was refused for this, as a warning when it was noted."""

    def when(evidence: Evidence, host: None) -> Match | None:
        seen = observation(evidence, "uri")
        failure = evidence.failure("uri")
        if seen is None:
            return None
        if failure is not None and failure.facts.get("cause") == code:
            return Match(failure.message, fixes(seen), alternatives=_others(seen, code))
        return noted(seen, code)

    return when


def risky(evidence: Evidence, host: None) -> Match | None:
    """The remedy is that of the option which stands in the string."""
    seen = observation(evidence, "uri")
    match = noted(seen, RISKY) if seen is not None else None
    if seen is None or match is None:
        return None
    names = [one.option for one in seen.warnings if one.cause == RISKY and one.option]
    tls = ", ".join(name for name in names if name != "w")
    remedies = (TRUST.format(tls),) if tls else ()
    return match.replace(remedies=(*remedies, *((MAJORITY,) if "w" in names else ())))


def _others(seen: UriSeen, code: str) -> tuple[str, ...]:
    """What a refused scheme or port could be as well, where the text gives a reason to think so."""
    found = []
    if code == "uri.invalid-port" and ("@" in seen.uri or "***" in seen.uri):
        found.append("uri.unescaped-credentials")
    if code in ("uri.invalid-port", "uri.invalid-scheme") and re.search("[<>{}$%]", seen.uri):
        found.append("uri.placeholder-not-replaced")
    return tuple(found)


def missing_host(evidence: Evidence, host: None) -> Match | None:
    """The path of a socket that was not encoded is a host, so nobody is told to name one."""
    match = stated("uri.missing-host")(evidence, host)
    if match is None or SOCKET_WORDS not in match.detail:
        return match and match.replace(alternatives=("uri.placeholder-not-replaced",))
    return match.replace(instead_of=(NAME_HOST, HOST_VARIABLE, ENCODE_SOCKET))


OWN_SUFFIX = "Set srvAllowedHostsSuffix to a domain that belongs to the owner of the servers."


def invalid_option(evidence: Evidence, host: None) -> Match | None:
    """An error as well where the driver refuses every read: maxStalenessSeconds below its least."""
    lookup = evidence.failure("srv")
    if lookup is not None and lookup.kind == "suffix":
        return Match(lookup.message, (OWN_SUFFIX,), explains=("srv",))
    match = stated("uri.invalid-option")(evidence, host)
    driver = observation(evidence, "driver")
    if driver is None or driver.readable is not False:
        return match
    _, name, words = (driver.read_preference or "").partition(STALENESS)
    if not name:
        return match
    detail = f"{name}{words}: the driver refuses every read, before it asks a server"
    remedies = (f"Write {name}=90 or more, or leave it out.",)
    return Match(detail, remedies, alternatives=(), explains=("driver", "ping", "members"))


def conflicting(evidence: Evidence, host: None) -> Match | None:
    """Match options that exclude each other, including those that a TXT record adds."""
    failure = evidence.failure("srv")
    if failure is None or failure.kind != "conflict":
        return stated("uri.conflicting-options")(evidence, host)
    own, txt = failure.facts["uri"], failure.facts["txt"]
    remedies = [f"Remove {name} from the connection string." for name in own]
    if "authSource" in txt:
        remedies = ["Add authSource=%24external to the connection string."]
    elif txt:
        remedies.append(f"Have {' and '.join(txt)} removed from the TXT record.")
    elif own == ("loadBalanced",):
        remedies.append("Have the SRV record name only the load balancer.")
    return Match(failure.message, tuple(remedies), instead_of=EXCLUSIVE_REMEDIES)


def fixes(seen: UriSeen) -> tuple[str, ...]:
    """The remedy that is the corrected string, where there is one."""
    right = fixed(seen.uri, seen.problem) if seen.problem is not None else None
    return (f"Use {right}",) if right is not None else ()


def noted(seen: UriSeen, code: str) -> Match | None:
    """The warnings of one cause, as one."""
    details = [
        f"{one.option}: {one.detail}" if one.option else one.detail
        for one in seen.warnings
        if one.cause == code
    ]
    if not details:
        return None
    more = f"; and {len(details) - MOST} more" if len(details) > MOST else ""
    return Match("; ".join(details[:MOST]) + more, severity="warning")


def srv_scheme_needed(evidence: Evidence, host: None) -> Match | None:
    """An error only with the DNS's word: the name of a cluster has no address."""
    seen = observation(evidence, "uri")
    if seen is None or seen.scheme != "mongodb" or len(seen.hosts) != 1:
        return None
    name = str(seen.hosts[0])
    failure = evidence.failure("addresses", name)
    proven = failure is not None and bool(failure.facts.get("has_srv"))
    if not proven and not is_srv_name(seen.hosts[0]):
        return None
    right = as_srv(seen.uri)
    remedies = (f"Use {right}",) if right else ()
    if failure is not None and failure.kind in NOT_FOUND:
        what = "has SRV records" if proven else "is the SRV name of an Atlas cluster"
        words = f"{seen.hosts[0].name} has no address: it {what}"
        return Match(words, remedies, hosts=(name,))
    match = noted(seen, "uri.srv-scheme-needed")
    return Match(match.detail, remedies, severity="warning") if match else None


def srv_host_too_short(evidence: Evidence, host: None) -> Match | None:
    """An error for an IP address, or when the DNS has no SRV record under a short name."""
    seen = observation(evidence, "uri")
    match = stated("uri.srv-host-too-short")(evidence, host)
    failure = evidence.failure("srv")
    if seen is None or match is None or match.severity != "warning":
        return match
    right = as_standard(seen.uri)
    remedies = (f"Use {right}",) if right else ()
    if failure is not None and failure.kind in NOT_FOUND:
        words = f"{seen.hosts[0].name} is the name of one server, not one with SRV records"
        return Match(words, remedies)
    return Match(match.detail, remedies, severity="warning")


def malformed(evidence: Evidence, host: None) -> Match | None:
    """An error as well when white space in a host is why it was not found."""
    match = stated("uri.malformed")(evidence, host)
    seen = observation(evidence, "uri")
    if seen is None or match is None or match.severity != "warning":
        return match
    lost = [
        str(one)
        for one in seen.hosts
        if any(char.isspace() for char in one.name)
        and (failure := evidence.failure("addresses", str(one))) is not None
        and failure.kind in NOT_FOUND
    ]
    if not lost:
        return match
    remedy = "Remove the white space: the line end that echo adds, or a blank beside a comma."
    return Match(match.detail, (remedy,), hosts=tuple(lost))
