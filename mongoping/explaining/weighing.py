"""Choose the root among the causes that fit a text, without mere consequences. Pure."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from mongoping.explaining import catalog, foreign, hosts, lookups, origins, patterns
from mongoping.explaining.patterns import ALSO, CERTAIN, LIKELY, OTHERWISE, POSSIBLE, Hit
from mongoping.explaining.reading import Reading, is_server_line
from mongoping.explaining.record import Explanation
from mongoping.lazy_re import lazy_compile
from mongoping.model import LAYERS
from mongoping.record import Record

ORDER = (*LAYERS, "client")
MEMBER = "topology.member-"
UNRESOLVABLE, UNREACHABLE = "topology.member-unresolvable", "topology.member-unreachable"
DIRECT = "topology.direct-connection-needed"
SURFACE = "auth.failed"  # what a server says of every login, whatever was wrong with it
PRIVATE = "atlas.private-endpoint"
NO_TLS, NOT_LISTED = "tls.not-enabled-on-server", "atlas.ip-not-allowed"
CUT_OFF = "⟨eof in handshake⟩"
ENDED_MARKS = ("⟨eof⟩", "⟨eof in tls⟩")
# Results of a connection attempt, of which each attempt has only one. Many drivers report an
# attempt in words that fit the first two, and then the result.
DUPLICATE = " dup key: {"
REFUSED = "tcp.refused"
VAGUE = (REFUSED, "tcp.timeout")
RESULTS = (*VAGUE, "tcp.unreachable", "tcp.reset", "dns.host-not-found")
DOWN = "server."  # the server itself says why it does not run
# What clients and other members report about a server that does not run.
SYMPTOMS = ("tcp.", "dns.", "topology.member-", "topology.no-primary", "atlas.cluster-")
CLUSTER, NAME = "atlas.cluster-", "dns.host-not-found"
RUNNING = "server.keys-not-found"
STRING = "uri."
REFUSED_OPTIONS = "mongod --help'"  # what mongod says after an option that it refuses
NOT_STARTED = "server.not-started"
TOO_MANY = "hello.too-many-connections"
LIMITS = ("client.fd-limit", "client.resource-limit")
# Causes of which a text shows only that nothing arrived in time, or that the connection ended.
SILENT = (
    "dns.timeout", "hello.closed-by-server", "hello.no-reply", "network.slow", "ping.lost",
    "ping.timeout", "pool.timeout", "tcp.timeout",
)  # fmt: skip
MAX_REQUEST = 1_000  # characters of a line before a match in which a request is looked for
LOGINS_OVER_HTTP = ("auth.aws-credentials", "auth.oidc")
ENDED = ("hello.closed-by-server", "hello.no-reply", "ping.lost")


# Whoever came to the second step of SCRAM is known to the server, in the database that was asked.
KNOWN = "⟨login proof⟩"
UNKNOWN_USER = ("auth.user-not-found", "auth.wrong-auth-source", "auth.mechanism-unavailable")


class Candidate(Record):
    """A cause that fits a text: its strength, its hosts, and its position.

    ``aside`` is True if it is only a warning next to the error.
    """

    cause: str
    strength: int
    hosts: tuple[str, ...]
    start: int
    end: int
    aside: bool = False


def candidates(reading: Reading) -> tuple[Candidate, ...]:
    """Return the causes that fit a text, the root first, without mere consequences."""
    found: dict[str, Candidate] = {}
    known = KNOWN in reading.text and "⟨code 8000⟩" not in reading.text
    mixed = "\n" in reading.plain and foreign.other(reading.plain) is not None
    requests = foreign.is_request(reading.text)
    reached = origins.connected_clusters(reading.plain)
    for match in patterns.hits(reading.text, catalog.possible(reading.text.lower())):
        hit = lookups.of_lookup(reading.text, match)
        if (known and hit.cause in UNKNOWN_USER) or (mixed and _is_others(reading.text, hit)):
            continue
        if requests and _is_of_request(reading.text, hit):
            continue
        if hit.cause.startswith(STRING) and _is_of_server(reading, hit):
            continue
        if DUPLICATE in reading.text and DUPLICATE in line_at(reading.text, hit.start):
            continue  # words of the stored document
        if _is_code(reading.text, hit):
            hit = Hit(hit.cause, ALSO, hit.start, hit.end)
        host = origins.concerned_host(reading, hit.start, hit.end)
        if hosts.is_foreign(host) and not _is_driver_line(reading.text, hit):
            continue
        if hit.cause.startswith(CLUSTER) and _is_reached(reading, reached, host):
            hit = Hit(NAME, min(hit.strength, LIKELY), hit.start, hit.end)
        if hit.cause == NO_TLS and _is_ended_by_atlas(reading, hit, host, CUT_OFF):
            hit = Hit(NOT_LISTED, min(hit.strength, POSSIBLE), hit.start, hit.end)
        if _is_ended_by_atlas(reading, hit, host, *ENDED_MARKS):
            _add(found, NOT_LISTED, POSSIBLE, host, hit, _is_warning(reading.text, hit))
        for cause, strength in _of_member(reading, hit, host):
            _add(found, cause, strength, host, hit, _is_warning(reading.text, hit))
    _drop_other_results(found)
    kept, echoes = list[Candidate](), list[Candidate]()
    worded = any(candidate.strength > OTHERWISE for candidate in found.values())
    down = any(is_down(code) and found[code].strength > OTHERWISE for code in found)
    for candidate in found.values():
        if worded and candidate.strength == OTHERWISE:
            if is_down(candidate.cause) and not down:  # the form of a server's last words
                kept.append(candidate.replace(strength=ALSO))
            continue
        (echoes if _hidden(candidate, found) else kept).append(candidate)
    count = len(reading.view.servers)
    ranked = sorted(kept, key=lambda candidate: _rank(candidate, count))
    if ranked and ranked[0].strength < CERTAIN:  # then a consequence may be the only evidence
        ranked += [echo.replace(strength=ALSO) for echo in echoes]
    return tuple(ranked)


def is_shared(reading: Reading) -> bool:
    """Return whether another service wrote a line that would show a cause if it were MongoDB's."""
    if "\n" not in reading.plain or foreign.other(reading.plain) is None:
        return False
    possible = catalog.possible(reading.text.lower())
    return any(_is_others(reading.text, hit) for hit in patterns.hits(reading.text, possible))


def _is_reached(reading: Reading, reached: frozenset[str], host: str | None) -> bool:
    """Return whether a cluster whose name did not resolve was reached at another time."""
    failed = [host] if host else [server.host for server in reading.view.servers]
    return bool(reached) and any(origins.domain(name) in reached for name in failed)


def _is_ended_by_atlas(reading: Reading, hit: Hit, host: str | None, *marks: str) -> bool:
    """Return whether a match is one of the marks, and a node of Atlas ended the connection.

    Atlas always uses TLS, and ends connections from addresses that are not on the access list.
    """
    if reading.text[hit.start : hit.end] not in marks:
        return False
    failed = [host] if host else [found[1] for found in hosts.addresses(reading.text)]
    return bool(failed) and all(map(hosts.is_atlas, failed))


def _drop_other_results(found: dict[str, Candidate]) -> None:
    """Drop the results that vague words allow, if the text names another one of the same hosts."""
    named = [
        found[code]
        for code in RESULTS
        if code in found and found[code].strength >= LIKELY and not found[code].aside
    ]
    for code in VAGUE:
        other = found.get(code)
        if other is None or other.strength > POSSIBLE:
            continue
        if any(set(other.hosts) <= set(candidate.hosts) for candidate in named):
            del found[code]


def _add(
    found: dict[str, Candidate], cause: str, strength: int, host: str | None, hit: Hit, aside: bool
) -> None:
    """Add a hit to its cause; the strongest hit decides its position."""
    known = found.get(cause)
    named = (host,) if host else ()
    if known is None:
        found[cause] = Candidate(cause, strength, named, hit.start, hit.end, aside)
        return
    every = tuple(dict.fromkeys((*known.hosts, *named)))
    stronger = (not aside, strength) > (not known.aside, known.strength)
    found[cause] = (
        Candidate(cause, strength, named, hit.start, hit.end, aside).replace(hosts=every)
        if stronger
        else known.replace(hosts=every)
    )


def _rank(candidate: Candidate, servers: int) -> tuple[bool | int | str, ...]:
    """Return the sort key of a candidate: clarity, number of servers, layer, length of match.

    The code comes last, so that the order of the catalog does not matter.
    """
    cause = catalog.cause(candidate.cause)
    layer = ORDER.index(cause.layer) if cause and cause.layer in ORDER else len(ORDER)
    missed = max(servers - len(candidate.hosts), 0) if candidate.hosts else 0
    surface = candidate.cause == SURFACE
    # an alternative has no pattern of its own, so its match does not show its likelihood
    below = _outranked_by().get(candidate.cause, 0) if candidate.strength == ALSO else 0
    length = 0 if candidate.strength == ALSO else candidate.start - candidate.end
    return (
        candidate.aside,
        -candidate.strength,
        missed,
        layer,
        surface,
        below,
        length,
        candidate.start,
        candidate.cause,
    )


@cache
def _outranked_by() -> dict[str, int]:
    """Return how many causes outrank each cause."""
    return dict(Counter(code for cause in catalog.causes() for code in cause.outranks))


def is_down(code: str | None) -> bool:
    """Return whether a cause means that a server does not run, by its own account."""
    return code is not None and code.startswith(DOWN) and code != RUNNING


def ends_server(found: Explanation) -> bool:
    """Return whether an error in a server's log means that the server does not run."""
    if is_down(found.cause):
        return True
    return found.client == "mongod" and NOT_STARTED in found.alternatives


def is_symptom(code: str | None) -> bool:
    """Return whether a cause is what others report about a server that does not run."""
    return code is not None and code.startswith(SYMPTOMS)


def _hidden(candidate: Candidate, found: dict[str, Candidate]) -> bool:
    """Return whether a cause is only a consequence of another one that fits.

    Alternatives are never hidden.
    """
    if candidate.strength == ALSO:
        return False
    if is_symptom(candidate.cause) and any(
        is_down(other.cause) and other.strength >= LIKELY for other in found.values()
    ):
        return True
    cause = catalog.cause(candidate.cause)
    others = (found.get(code) for code in (cause.hidden_by if cause else ()))
    return any(
        other is not None
        and other.strength > ALSO
        and other.strength >= min(candidate.strength, LIKELY)
        for other in others
    )


def _of_member(reading: Reading, hit: Hit, host: str | None) -> list[tuple[str, int]]:
    """Return the causes of an unreachable host that the set named, not the user.

    A bare "refused" or "not found" is certain only for a seed.
    """
    echoes = _echoes().get(hit.cause, ())
    if hit.strength == ALSO or not (echoes or hit.cause in (*ENDED, *LIMITS)):
        return [(hit.cause, hit.strength)]
    if _is_of_server(reading, hit):
        if hit.cause in LIMITS:
            accepting = "accept" in line_at(reading.text, hit.start)
            limited = TOO_MANY if accepting else NOT_STARTED
            return [(limited, min(hit.strength, LIKELY)), (hit.cause, ALSO)]
        member = UNRESOLVABLE if UNRESOLVABLE in echoes else UNREACHABLE
        return [(member, min(hit.strength, LIKELY)), (hit.cause, ALSO)]
    if not echoes:
        return [(hit.cause, hit.strength)]
    if (host and hosts.is_private(host)) or "⟨every atlas node is private⟩" in reading.text:
        return [(PRIVATE, min(hit.strength, LIKELY)), (hit.cause, ALSO)]
    origin = origins.provenance(reading, host) if host else "unknown"
    by_name = UNRESOLVABLE in echoes
    if origin == "seed":
        return [(hit.cause, hit.strength)]
    if hit.cause == REFUSED and not reading.view.listed and hosts.is_container_address(host or ""):
        # drivers resolve a name before they print the address, and a refusal came from there
        return [(hit.cause, min(hit.strength, LIKELY)), (UNREACHABLE, ALSO)]
    if host is None or origin == "unknown":
        could_be = [(UNRESOLVABLE, ALSO)] if by_name and host and hosts.is_inside(host) else []
        return [(hit.cause, min(hit.strength, LIKELY)), *could_be]
    member, sure = _member(reading, host, by_name=by_name, told=origin == "advertised")
    advertised = [(UNRESOLVABLE, ALSO)] if hosts.is_container_address(host) else []
    return [(member, min(hit.strength, sure)), (hit.cause, ALSO), *advertised]


def _is_of_server(reading: Reading, hit: Hit) -> bool:
    """Return whether a server wrote the line of a match, and not about a client."""
    if REFUSED_OPTIONS in reading.text:
        return True
    if not reading.server_log:
        return False
    line = line_at(reading.text, hit.start)
    return is_server_line(line) and not _OF_CLIENT.search(line)


# what a server says about the connection of a client
_OF_CLIENT = lazy_compile(r"\bclient\b|\bfrom remote\b|\"remote\":|\[conn\d")


def line_at(text: str, position: int) -> str:
    """Return the line of a text that contains a position, at most a record's worth of it."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)]


def _member(reading: Reading, host: str, *, by_name: bool, told: bool) -> tuple[str, int]:
    """Return the cause for a member, and its strength."""
    if by_name:
        return UNRESOLVABLE, LIKELY
    sure = LIKELY if told else POSSIBLE
    if "⟨no primary⟩" in reading.text:
        return UNREACHABLE, ALSO
    if hosts.is_container_address(host):  # an address needs no lookup
        return UNREACHABLE, sure
    if origins.replaces_seeds(reading):
        return DIRECT, sure
    alone = not any(other.answered for other in reading.view.servers)
    if alone and (hosts.is_inside(host) or hosts.is_loopback(host)):
        return UNRESOLVABLE, sure
    return UNREACHABLE, sure


@cache
def _echoes() -> dict[str, tuple[str, ...]]:
    """Return the causes of single hosts that follow from a cause of members, with the latter."""
    found = {
        cause.code: tuple(code for code in cause.hidden_by if code.startswith(MEMBER))
        for cause in catalog.causes()
    }
    return {code: echoes for code, echoes in found.items() if echoes}


def _line(text: str, hit: Hit) -> str:
    """Return the line of a match, or the part of it near the match."""
    start = text.rfind("\n", 0, hit.start) + 1
    end = text.find("\n", hit.end)
    return text[max(start, hit.start - 300) : min(end if end >= 0 else len(text), hit.end + 300)]


def _is_others(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line about another service, not MongoDB."""
    line = _line(text, hit)
    return foreign.other(line) is not None and not foreign.is_mongodb(line)


def _is_of_request(text: str, hit: Hit) -> bool:
    """Return whether a match is the result of a request over HTTP, which a driver did not make.

    The request stands before its result in the line. A login that uses HTTP has its own causes.
    """
    if hit.cause in LOGINS_OVER_HTTP or _is_driver_line(text, hit):
        return False
    start = max(text.rfind("\n", 0, hit.start) + 1, hit.start - MAX_REQUEST)
    end = text.find("\n", hit.end)
    line = text[start : min(end if end >= 0 else len(text), hit.end + 300)]
    at = foreign.request_at(line)
    return at is not None and start + at < hit.end


_FRAME = lazy_compile(r"^ {1,8}+File \"[^\"\n]{1,400}+\", line \d{1,7}+(?:, in |$)")


def _is_code(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line of source code, which a Python traceback shows."""
    start = text.rfind("\n", 0, hit.start) + 1
    if text[start : start + 4].strip() or "\n" in text[hit.start : hit.end]:
        return False
    return bool(_FRAME.search(text[text.rfind("\n", 0, start - 1) + 1 : start]))


_DRIVER = lazy_compile(
    r"Mongo\w{0,30}(?:Error|Exception)|ServerSelectionTimeoutError|ServerDescription"
    r"|calling (?:hello|is ?master)|MongoDB\.Driver|MongoDB\\Driver|\bMongo::"
    r"|server selection (?:error|timeout)|connection\(\) error|Client view of cluster"
)


def _is_driver_line(text: str, hit: Hit) -> bool:
    """Return whether a MongoDB driver wrote the line: it then connected to another service."""
    return bool(_DRIVER.search(_line(text, hit)))


_WARNING = lazy_compile(
    r"(?<!UnhandledPromiseRejection)Warning\b|\bWARN(?:ING)?\b|\[warn", re.IGNORECASE
)


def _is_warning(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line that is marked as a warning."""
    start = text.rfind("\n", 0, hit.start) + 1
    return bool(_WARNING.search(text[max(start, hit.start - 300) : hit.start]))


__all__ = ["CERTAIN", "Candidate", "candidates"]
