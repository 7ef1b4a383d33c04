"""Choose the root among the causes that fit a text, without mere consequences. Pure."""

from __future__ import annotations

from collections import Counter
from functools import cache

from mongoping.explaining import catalog, foreign, hosts, line_kinds, lookups, origins, patterns
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
TCP_REFUSED = "tcp.refused"
VAGUE = (TCP_REFUSED, "tcp.timeout")
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
CONNECTION_ENDS = ("hello.closed-by-server", "hello.no-reply", "ping.lost")


# The server knows a user who reached the second step of SCRAM, in the database that was asked.
SECOND_STEP = "⟨login proof⟩"
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
    fits: dict[str, Candidate] = {}
    passed_first_step = SECOND_STEP in reading.text and "⟨code 8000⟩" not in reading.text
    has_other_service = "\n" in reading.plain and foreign.other(reading.plain) is not None
    requests = foreign.is_request(reading.text)
    connected_clusters = origins.connected_clusters(reading.plain)
    for match in patterns.hits(reading.text, catalog.possible(reading.text.lower())):
        hit = lookups.of_lookup(reading.text, match)
        if (passed_first_step and hit.cause in UNKNOWN_USER) or (
            has_other_service and line_kinds.is_of_other_service(reading.text, hit)
        ):
            continue
        if requests and line_kinds.is_of_request(reading.text, hit):
            continue
        if hit.cause.startswith(STRING) and _is_of_server(reading, hit):
            continue
        if DUPLICATE in reading.text and DUPLICATE in line_kinds.line_at(reading.text, hit.start):
            continue  # words of the stored document
        if line_kinds.is_source_code(reading.text, hit):
            hit = Hit(hit.cause, ALSO, hit.start, hit.end)
        host = origins.concerned_host(reading, hit.start, hit.end)
        if hosts.is_foreign(host) and not line_kinds.is_driver_line(reading.text, hit):
            continue
        if hit.cause.startswith(CLUSTER) and _is_reached(reading, connected_clusters, host):
            hit = Hit(NAME, min(hit.strength, LIKELY), hit.start, hit.end)
        if hit.cause == NO_TLS and _is_ended_by_atlas(reading, hit, host, CUT_OFF):
            hit = Hit(NOT_LISTED, min(hit.strength, POSSIBLE), hit.start, hit.end)
        if _is_ended_by_atlas(reading, hit, host, *ENDED_MARKS):
            _add(fits, NOT_LISTED, POSSIBLE, host, hit, line_kinds.is_warning(reading.text, hit))
        for cause, strength in _of_member(reading, hit, host):
            _add(fits, cause, strength, host, hit, line_kinds.is_warning(reading.text, hit))
    _drop_other_results(fits)
    roots, echoes = list[Candidate](), list[Candidate]()
    has_own_words = any(candidate.strength > OTHERWISE for candidate in fits.values())
    down = any(is_down(code) and fits[code].strength > OTHERWISE for code in fits)
    for candidate in fits.values():
        if has_own_words and candidate.strength == OTHERWISE:
            if is_down(candidate.cause) and not down:  # the form of a server's last words
                roots.append(candidate.replace(strength=ALSO))
            continue
        (echoes if _is_hidden(candidate, fits) else roots).append(candidate)
    count = len(reading.view.servers)
    ranking = sorted(roots, key=lambda candidate: _rank(candidate, count))
    if ranking and ranking[0].strength < CERTAIN:  # then a consequence may be the only evidence
        ranking += [echo.replace(strength=ALSO) for echo in echoes]
    return tuple(ranking)


def is_shared(reading: Reading) -> bool:
    """Return whether another service wrote a line that would show a cause if it were MongoDB's."""
    if "\n" not in reading.plain or foreign.other(reading.plain) is None:
        return False
    possible = catalog.possible(reading.text.lower())
    return any(
        line_kinds.is_of_other_service(reading.text, hit)
        for hit in patterns.hits(reading.text, possible)
    )


def _is_reached(reading: Reading, connected_clusters: frozenset[str], host: str | None) -> bool:
    """Return whether a cluster whose name did not resolve was reached at another time."""
    failing_hosts = [host] if host else [server.host for server in reading.view.servers]
    return bool(connected_clusters) and any(
        origins.domain(name) in connected_clusters for name in failing_hosts
    )


def _is_ended_by_atlas(reading: Reading, hit: Hit, host: str | None, *marks: str) -> bool:
    """Return whether a match is one of the marks, and a node of Atlas ended the connection.

    Atlas always uses TLS, and ends connections from addresses that are not on the access list.
    """
    if reading.text[hit.start : hit.end] not in marks:
        return False
    failing_hosts = [host] if host else [match[1] for match in hosts.addresses(reading.text)]
    return bool(failing_hosts) and all(map(hosts.is_atlas, failing_hosts))


def _drop_other_results(fits: dict[str, Candidate]) -> None:
    """Drop the results that vague words allow, if the text names another one of the same hosts."""
    precise = [
        fits[code]
        for code in RESULTS
        if code in fits and fits[code].strength >= LIKELY and not fits[code].aside
    ]
    for code in VAGUE:
        other = fits.get(code)
        if other is None or other.strength > POSSIBLE:
            continue
        if any(set(other.hosts) <= set(candidate.hosts) for candidate in precise):
            del fits[code]


def _add(
    fits: dict[str, Candidate], cause: str, strength: int, host: str | None, hit: Hit, aside: bool
) -> None:
    """Add a hit to its cause; the strongest hit decides its position."""
    former = fits.get(cause)
    own_hosts = (host,) if host else ()
    if former is None:
        fits[cause] = Candidate(cause, strength, own_hosts, hit.start, hit.end, aside)
        return
    every = tuple(dict.fromkeys((*former.hosts, *own_hosts)))
    stronger = (not aside, strength) > (not former.aside, former.strength)
    fits[cause] = (
        Candidate(cause, strength, own_hosts, hit.start, hit.end, aside).replace(hosts=every)
        if stronger
        else former.replace(hosts=every)
    )


def _rank(candidate: Candidate, servers: int) -> tuple[bool | int | str, ...]:
    """Return the sort key of a candidate: clarity, number of servers, layer, length of match.

    The code comes last, so that the order of the catalog does not matter.
    """
    cause = catalog.cause(candidate.cause)
    layer = ORDER.index(cause.layer) if cause and cause.layer in ORDER else len(ORDER)
    other_servers = max(servers - len(candidate.hosts), 0) if candidate.hosts else 0
    surface = candidate.cause == SURFACE
    # an alternative has no pattern of its own, so its match does not show its likelihood
    below = _outranked_by().get(candidate.cause, 0) if candidate.strength == ALSO else 0
    length = 0 if candidate.strength == ALSO else candidate.start - candidate.end
    return (
        candidate.aside,
        -candidate.strength,
        other_servers,
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


def ends_server(explanation: Explanation) -> bool:
    """Return whether an error in a server's log means that the server does not run."""
    if is_down(explanation.cause):
        return True
    return explanation.client == "mongod" and NOT_STARTED in explanation.alternatives


def is_symptom(code: str | None) -> bool:
    """Return whether a cause is what others report about a server that does not run."""
    return code is not None and code.startswith(SYMPTOMS)


def _is_hidden(candidate: Candidate, fits: dict[str, Candidate]) -> bool:
    """Return whether a cause is only a consequence of another one that fits.

    Alternatives are never hidden.
    """
    if candidate.strength == ALSO:
        return False
    if is_symptom(candidate.cause) and any(
        is_down(other.cause) and other.strength >= LIKELY for other in fits.values()
    ):
        return True
    cause = catalog.cause(candidate.cause)
    others = (fits.get(code) for code in (cause.hidden_by if cause else ()))
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
    if hit.strength == ALSO or not (echoes or hit.cause in (*CONNECTION_ENDS, *LIMITS)):
        return [(hit.cause, hit.strength)]
    if _is_of_server(reading, hit):
        if hit.cause in LIMITS:
            accepting = "accept" in line_kinds.line_at(reading.text, hit.start)
            likely_cause = TOO_MANY if accepting else NOT_STARTED
            return [(likely_cause, min(hit.strength, LIKELY)), (hit.cause, ALSO)]
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
    if (
        hit.cause == TCP_REFUSED
        and not reading.view.listed
        and hosts.is_container_address(host or "")
    ):
        # drivers resolve a name before they print the address, and a refusal came from there
        return [(hit.cause, min(hit.strength, LIKELY)), (UNREACHABLE, ALSO)]
    if host is None or origin == "unknown":
        could_be = [(UNRESOLVABLE, ALSO)] if by_name and host and hosts.is_inside(host) else []
        return [(hit.cause, min(hit.strength, LIKELY)), *could_be]
    member, sure = _member(reading, host, by_name=by_name, is_advertised=origin == "advertised")
    by_name_as_well = [(UNRESOLVABLE, ALSO)] if hosts.is_container_address(host) else []
    return [(member, min(hit.strength, sure)), (hit.cause, ALSO), *by_name_as_well]


def _is_of_server(reading: Reading, hit: Hit) -> bool:
    """Return whether a server wrote the line of a match, and not about a client."""
    if REFUSED_OPTIONS in reading.text:
        return True
    if not reading.server_log:
        return False
    line = line_kinds.line_at(reading.text, hit.start)
    return is_server_line(line) and not _OF_CLIENT.search(line)


# what a server says about the connection of a client
_OF_CLIENT = lazy_compile(r"\bclient\b|\bfrom remote\b|\"remote\":|\[conn\d")


def _member(reading: Reading, host: str, *, by_name: bool, is_advertised: bool) -> tuple[str, int]:
    """Return the cause for a member, and its strength."""
    if by_name:
        return UNRESOLVABLE, LIKELY
    sure = LIKELY if is_advertised else POSSIBLE
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
    member_causes = {
        cause.code: tuple(code for code in cause.hidden_by if code.startswith(MEMBER))
        for cause in catalog.causes()
    }
    return {code: echoes for code, echoes in member_causes.items() if echoes}


__all__ = ["CERTAIN", "Candidate", "candidates"]
