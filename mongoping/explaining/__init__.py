"""Explain a pasted error of any driver. Pure, without network traffic.

>>> explain("connect ECONNREFUSED 127.0.0.1:27017").cause
'tcp.refused'
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mongoping import toolkits
from mongoping.explaining import advice, catalog, foreign, operations, weighing
from mongoping.explaining.clean import CLOSE, OPEN
from mongoping.explaining.hosts import port_of
from mongoping.explaining.patterns import ALSO, CERTAIN, LIKELY, OTHERWISE, POSSIBLE
from mongoping.explaining.reading import Reading, read
from mongoping.explaining.record import CONFIDENCES, Confidence, Explanation
from mongoping.explaining.weighing import Candidate
from mongoping.explaining.wrapping import unwrap
from mongoping.lazy_re import lazy_compile

__all__ = ["Explanation", "explain"]

MAX_QUOTE = 120  # characters
NEAR = 300  # characters of a line before and after a match
QUOTES = ('"', "'", "`")
MAX_ALTERNATIVES = 6
LONG = 24  # letters and digits without a break: longer words of no driver hold a number


def explain(text: str) -> Explanation:
    """Return the cause that an error text names, with its confidence, alternatives and remedies.

    Never raises for anything in the text, and never repeats a password from it.
    """
    reading, candidates = _best(read(text))
    if not reading.text.strip() and foreign.is_mongodb(text):
        return Explanation(missing=advice.ROUTINE, client=advice.client(text))
    who = advice.client(reading.text)
    ours = foreign.is_mongodb(reading.text)
    if not ours and (
        foreign.other(reading.text)
        or (candidates and _is_at_other_port(candidates[0], reading.text))
    ):
        return Explanation(missing=advice.NOT_MONGODB)
    if not candidates and foreign.is_request(reading.text):
        return Explanation(missing=advice.NOT_MONGODB)
    if (
        not candidates
        or candidates[0].strength == ALSO
        or _is_elsewhere(reading, candidates[0], ours=ours)
    ):
        return Explanation(missing=_why_unnamed(reading, who, ours=ours), client=who)
    return _explanation(reading, candidates, who, ours=ours)


# those of a resolver are about its own port
_NETWORK = ("tcp.", "dns.host-not-found", "tls.", "hello.")
# an address without its name, as Java prints it
_OTHER_PORT = lazy_compile(r"/\d{1,3}(?:\.\d{1,3}){3}:(?!27)\d{2,5}\b")


def _is_at_other_port(first: Candidate, text: str) -> bool:
    """Return whether an error is about ports that MongoDB's programs do not use by themselves."""
    if not first.cause.startswith(_NETWORK):
        return False
    ports = [port_of(host) for host in first.hosts if port_of(host).isdigit()]
    return not any(port.startswith("27") for port in ports) and bool(
        ports or _OTHER_PORT.search(text)
    )


def _is_elsewhere(reading: Reading, first: Candidate, *, ours: bool) -> bool:
    """Return whether an error of which only the form is known is not about connecting."""
    if first.strength != OTHERWISE:
        return False
    return (
        not ours
        or advice.gave_up(reading.text)
        or operations.not_connection(reading.text) is not None
    )


def _why_unnamed(reading: Reading, who: str | None, *, ours: bool) -> str:
    """Return why no cause is named, and what to do instead."""
    if not ours:
        return advice.NOT_MONGODB
    if not advice.reports_failure(reading.text):
        words = operations.not_connection(reading.text)
        if words:
            return words
    return advice.missing(who, reading.text)


def _best(reading: Reading) -> tuple[Reading, tuple[Candidate, ...]]:
    """Return a reading and its candidates; for wrapped text, those of the best unwrapping."""
    candidates = weighing.candidates(reading)
    if weighing.is_shared(reading):
        return reading, candidates  # joined to another line, theirs would be one of MongoDB's
    for whole in unwrap(reading.plain):
        other = read(whole)
        fits = weighing.candidates(other)
        if fits and fits[0].strength == OTHERWISE:
            continue  # the form of an error depends on its line breaks
        more_servers = len(other.view.servers) - len(reading.view.servers)
        if fits and (
            _says_more(fits[0], candidates) or (more_servers > 0 and fits[0].strength >= LIKELY)
        ):
            reading, candidates = other, fits
    return reading, candidates


def _says_more(one: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Return whether a cause is clearer than all others, or the root of the first one."""
    if not candidates or (one.strength, not one.aside) > (
        candidates[0].strength,
        not candidates[0].aside,
    ):
        return True
    cause = catalog.cause(candidates[0].cause)
    return bool(cause and one.cause in cause.hidden_by and one.strength == candidates[0].strength)


def _explanation(
    reading: Reading, candidates: tuple[Candidate, ...], who: str | None, *, ours: bool
) -> Explanation:
    """Return the explanation for the root candidate, with the others as alternatives."""
    first, *others = candidates
    cause = catalog.cause(first.cause)
    if cause is None:
        raise LookupError(first.cause)
    confidence = _confidence(first, others, ours=ours)
    own = cause.alternatives if confidence != "certain" else ()
    alternatives = tuple(dict.fromkeys((*(other.cause for other in others), *own)))
    # In a string "host:port" may be a login; in a server's log it is a client's, of the moment,
    # unless the server says it of another member.
    member = cause.code.startswith(weighing.MEMBER)
    silent = cause.layer == "uri" or (reading.server_log and not member)
    hosts = () if silent else first.hosts or _servers_in_trouble(reading, first)
    remedies = advice.fitting(cause.remedies, reading.text, hosts)
    if weighing.is_down(cause.code) and any(folder in reading.text for folder in advice.DATA):
        remedies = advice.containers_first(remedies)
    remedies = toolkits.for_client(remedies, who, cause.code, reading.text)
    if not silent or cause.code.startswith("server."):
        port = advice.named_port(hosts, _line(reading.text, first))
        remedies = remedies if port is None else advice.at_port(remedies, port)
    return Explanation(
        cause=cause.code,
        confidence=confidence,
        alternatives=alternatives[:MAX_ALTERNATIVES],
        title=cause.title,
        explanation=toolkits.explanation_for_client(cause.explanation, who),
        remedies=remedies,
        links=toolkits.links_for_client(cause.links, who),
        hosts=hosts,
        missing=advice.deciding(who, reading.text, confidence, alternatives),
        client=who,
        quote=quote(reading.text, first),
    )


def _line(text: str, where: Candidate) -> str:
    """Return the line that matched, as far as it is near the match."""
    start = text.rfind("\n", max(where.start - NEAR, 0), where.start) + 1
    end = text.find("\n", where.end, where.end + NEAR)
    return text[start or max(where.start - NEAR, 0) : where.end + NEAR if end < 0 else end]


def _servers_in_trouble(reading: Reading, first: Candidate) -> tuple[str, ...]:
    """Return the servers with a problem, if the view of all servers decided the cause."""
    if not reading.text.startswith(OPEN, first.start) or first.strength == CERTAIN:
        return ()
    servers = reading.view.servers
    return tuple(server.host for server in servers if server.error or not server.answered)


def _confidence(first: Candidate, others: Sequence[Candidate], *, ours: bool) -> Confidence:
    """Return the confidence of its pattern; not certain after silence, or if another cause fits."""
    strength = first.strength
    if first.cause in weighing.SILENT or any(not other.aside for other in others):
        strength = min(strength, LIKELY)
    if strength == OTHERWISE:
        strength = LIKELY
    if not ours:
        strength = POSSIBLE  # nothing says that it is MongoDB's
    return CONFIDENCES[max(strength, POSSIBLE) - POSSIBLE]


def quote(text: str, where: Candidate) -> str:
    """Return the matching text if it is the driver's own, because other text may be a password.

    Parts of a connection string or a command line, and further lines, are left out.
    """
    from mongoping.escape import printable
    from mongoping.uri.target import scrub

    quotation = _MARK.sub("", text[where.start : where.end]).strip()
    closing = text[where.end : where.end + 1]
    if closing in QUOTES and quotation.count(closing) % 2:
        quotation += closing
    if len(quotation) > MAX_QUOTE or "\n" in quotation or "@" in quotation or _is_secret(quotation):
        return ""
    if where.strength == OTHERWISE:
        quotation = quotation.rstrip(":")
    cause = catalog.cause(where.cause)
    return "" if cause is None or cause.layer == "uri" else printable(scrub(quotation, None))


_MARK = lazy_compile(rf" ?{OPEN}[^{CLOSE}\n]{{1,60}}{CLOSE}")


_SECRETS = (
    " -p", "--p", "pass", "pwd", "secret", "token", "apikey", "api-key", "api_key", "accesskey",
    "access_key", "credential:", "credentials:", "credential=", "akia", "asia", "payload",
    "bindata", "bearer", " eyj",
)  # fmt: skip


def _is_secret(text: str) -> bool:
    """Return whether text may contain a secret: NAME=VALUE, a command line, a key, a login."""
    lower = text.lower()
    if any(word in lower for word in _SECRETS):
        return True
    words = re.split(r"[^A-Za-z0-9+=]", text)
    return any(
        (len(word) >= LONG and any(map(str.isdigit, word))) or (word[1:2] == "=" and word[2:])
        for word in words
    )
