"""One look at a deployment: the fewest blocking calls that show whether it is ready.

Clear cases of readiness are decided here, without the catalog. Everything else is left to
`verdict`, which uses the catalog, as `check` does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mongoping.healthcheck.stream import MIN_S, time_left
from mongoping.healthcheck.visit import Visit, visit
from mongoping.model import CheckName, Evidence, Outcome, Result
from mongoping.probe.roles import WRITABLE_ROLES
from mongoping.record import Record
from mongoping.settings import COMMON_WIRE, MAX_MEMBERS
from mongoping.uri.host import Host

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from mongoping.model import CheckStatus
    from mongoping.observations import HelloFacts
    from mongoping.probe.tls import KeyFileError
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri, Target

DEPTHS = ("tcp", "hello", "primary")
MIN_SHARE_S = 0.25  # for one of many hosts: several round trips to most places


class Look(Record):
    """The result of one look.

    Attributes:
        base: target, settings and the result of the SRV lookup, from which options follow.
        key_file: why the files for TLS cannot be used.
        visits: the hosts that were tried, in order.
        left_out: hosts for which there was no time left.
        ready: the visit that shows that the deployment is ready, None if none does.
        candidate: the visit that would show it if the driver speaks the server's versions.
        started: seconds since the epoch.
    """

    parsed: ParsedUri
    depth: str
    base: Evidence
    visits: tuple[Visit, ...] = ()
    left_out: tuple[Host, ...] = ()
    ready: Visit | None = None
    candidate: Visit | None = None
    key_file: KeyFileError | None = None
    started: float = 0.0
    duration_ms: float = 0.0

    @property
    def detail(self) -> str:
        """Return the member that is ready, in words."""
        at = self.ready or self.candidate
        if at is None:
            return ""
        return f"{at.seen.role} {at.host}" if at.seen is not None else str(at.host)


def look(uri: ParsedUri, settings: Settings, depth: str = "hello") -> Look:
    """Look once, for ``settings.deadline`` seconds. Raises nothing for what it finds."""
    began, start = time.monotonic(), time.time()
    result = _look(uri, settings, depth, began + settings.deadline)
    return result.replace(started=start, duration_ms=(time.monotonic() - began) * 1000)


def _look(uri: ParsedUri, settings: Settings, depth: str, deadline: float) -> Look:
    target = uri.target
    base = Evidence(target, settings)
    if target is None:
        return Look(uri, depth, base)
    if target.srv:
        base = _with_seeds(base, target, deadline)
        if base.failure("srv") is not None:
            return Look(uri, depth, base)
    else:
        base = base.replace(seeds=tuple(dict.fromkeys(target.hosts)))
    context = None
    if base.seeds and base.tls and depth != "tcp":
        from mongoping.probe import tls

        password = uri.credentials.key_password if uri.credentials else None
        try:
            context = tls.context(base.options, password)
        except tls.KeyFileError as error:
            return Look(uri, depth, base, key_file=error)
    return _walk(Look(uri, depth, base), base.seeds or (), context, deadline)


def _with_seeds(base: Evidence, target: Target, deadline: float) -> Evidence:
    """Return the evidence with the SRV records, and with the seeds if there are any."""
    from mongoping.checks.srv import seeds_of
    from mongoping.healthcheck.lookup import seeds

    outcome, took = seeds(target, base.settings.resolver, deadline)
    result = result_of("srv", "dns", None, outcome, took)
    seeds_found = tuple(dict.fromkeys(seeds_of(outcome.data))) or None
    return base.replace(results=(result,), seeds=seeds_found)


def result_of(
    check: CheckName, layer: str, host: str | None, outcome: Outcome, took: float
) -> Result:
    """Return an outcome as the result of a check that took ``took`` milliseconds."""
    status: CheckStatus = "ok" if outcome.failure is None else "failed"
    return Result(check, layer, host, status, took, outcome.data, outcome.failure)


def _walk(
    first_look: Look, seeds: Sequence[Host], context: ssl.SSLContext | None, deadline: float
) -> Look:
    """Visit host after host until one shows that the deployment is ready, or none is left."""
    hosts = list(seeds)
    visits: list[Visit] = []
    while len(visits) < len(hosts):
        host = hosts[len(visits)]
        if visits and deadline - time.monotonic() < MIN_S:
            break
        seconds_left = time_left(deadline)
        share = min(max(seconds_left / (len(hosts) - len(visits)), MIN_SHARE_S), seconds_left)
        hello = first_look.depth != "tcp"
        at = visit(first_look.base, host, time.monotonic() + share, hello=hello, context=context)
        visits.append(at)
        if _fits(at, first_look):
            if at.seen is None or speaks_common_wire(at.seen):
                return first_look.replace(visits=tuple(visits), ready=at)
            first_look = first_look.replace(candidate=first_look.candidate or at)
        primary = _primary(at) if first_look.depth == "primary" else None
        full = len(hosts) >= len(seeds) + MAX_MEMBERS
        if primary is not None and primary not in hosts and not full:
            hosts.append(primary)  # a driver connects to the primary that members name
    return first_look.replace(visits=tuple(visits), left_out=tuple(hosts[len(visits) :]))


def _primary(at: Visit) -> Host | None:
    """Return the primary that a member names, if it is among the members that it advertises."""
    if at.seen is None or at.seen.primary is None:
        return None
    name = at.seen.primary.lower()
    hosts = (host for host in at.seen.advertised if str(host) == name and not host.is_socket)
    return next(hosts, None)


def _fits(at: Visit, current_look: Look) -> bool:
    """Return whether a visit shows what the depth asks for, beyond doubt."""
    if at.stopped is not None or current_look.depth == "tcp":
        return at.stopped is None
    if at.seen is None:
        return False
    return current_look.depth == "hello" or _takes_writes(at.host, at.seen, current_look.base)


def speaks_common_wire(hello: HelloFacts) -> bool:
    """Return whether every supported PyMongo talks to a server; of others, the driver decides."""
    return hello.min_wire <= COMMON_WIRE <= hello.max_wire


def _takes_writes(host: Host, hello: HelloFacts, base: Evidence) -> bool:
    """Return whether the driver would write to a host, going by its hello."""
    options = base.options
    if options.get("loadBalanced"):
        return hello.role == "load-balancer"
    if hello.role not in WRITABLE_ROLES:
        return False
    if options.get("replicaSet") not in (None, hello.set_name):
        return False
    if options.get("directConnection"):
        return True
    if hello.role == "primary":  # the driver uses members by the names that the set has for them
        return str(host) in (name.lower() for name in (*hello.hosts, *hello.passives))
    return hello.role != "standalone" or len(base.seeds or ()) == 1
