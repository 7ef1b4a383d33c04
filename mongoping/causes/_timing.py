"""Find slow steps of a run, and decide whether the network or the server caused the delay.

Each step needs a known number of round trips; a step that took much longer was delayed. The
kernel answers a TCP connect, whatever the server does, and it repeats lost segments, so slow
connects and repeated segments point to the network. Any other delay is the server's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.model import LATE_PING_MS, Evidence, Result
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.observations import TcpFacts

# round trips that a step may need: two for TLS 1.2, and hello is sent twice to some servers
TCP_TRIPS, TLS_TRIPS, HELLO_TRIPS = 1, 2, 2
SELECTION_TRIPS = TCP_TRIPS + TLS_TRIPS + 2  # hello, and one more where members are discovered
LOGIN_TRIPS = TCP_TRIPS + TLS_TRIPS + 1 + 4  # hello, at most three for SCRAM, the command itself
# when TCP repeats a lost segment: after 200 ms, then at twice the interval each time;
# a SYN after 1 s, 3 s and 7 s (RFC 6298 with the minimum of Linux)
RESENT_AFTER_MS = (200.0, 400.0, 600.0, 800.0, 1400.0, 1600.0, 3000.0, 3200.0)
SYN_RESENT_AFTER_MS = (1000.0, 3000.0, 7000.0)
TOLERANCE_MS = 40.0  # timers tick, and a server may delay its acknowledgement by this much
SYN_TOLERANCE_MS = 100.0
WRITABLE = ("primary", "standalone", "mongos", "load-balancer")
OF_THE_CLIENT = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")  # these contact other services first
OWN_LOAD_MS = 100.0  # stalls worth mentioning


TCP, TLS, HELLO = "the TCP connection", "the TLS handshake", "hello"
BUILD = "buildInfo"


class Step(Record):
    """A step and its delay: ``over_ms`` is the time beyond its round trips, ``host`` None for the driver."""

    name: str
    host: str | None
    took_ms: float
    over_ms: float
    answered: bool = True


def round_trip_ms(evidence: Evidence, host: str) -> float | None:
    """Return the shortest round trip to the server itself, None if there is none.

    TCP connects do not count, because they may end at a nearby tunnel or proxy.
    """
    facts, driver = of.hello(evidence, host), of.driver(evidence)
    times = [facts.rtt_ms] if facts is not None else []
    times += [
        server.rtt_ms
        for server in (driver.servers if driver is not None else ())
        if server.address == host and server.rtt_ms is not None
    ]
    pings = observation(evidence, "ping")
    if pings is not None and pings.min_ms is not None and _is_pinged(evidence, host):
        times.append(pings.min_ms)
    return min(times, default=None)


def connect_ms(evidence: Evidence, host: str) -> float | None:
    """Return the milliseconds to open the TCP connection that the driver would use.

    Stalls of this process are deducted, as for every step; None if they disturbed it.
    """
    facts = of.tcp(evidence, host)
    if facts is None:
        return None
    own_attempts = (attempt for attempt in facts.attempts if attempt.address == facts.used)
    took, row = (
        next((attempt.duration_ms for attempt in own_attempts), None),
        evidence.result("tcp", host),
    )
    return None if took is None or row is None else row.own_ms(took)


def _is_pinged(evidence: Evidence, host: str) -> bool:
    hellos = of.hellos(evidence)
    return host in hellos and (len(hellos) == 1 or hellos[host].role in WRITABLE)


def slow_steps(evidence: Evidence, limit_ms: float | None = None) -> list[Step]:
    """Return the steps that took ``limit_ms`` (default: the setting) longer than their round trips."""
    limit = evidence.settings.slow_ping_ms if limit_ms is None else limit_ms
    return [
        step for step in (*_host_steps(evidence), *_driver_steps(evidence)) if step.over_ms >= limit
    ]


def _host_steps(evidence: Evidence) -> Iterator[Step]:
    for host in map(str, evidence.hosts):
        trip = round_trip_ms(evidence, host)
        if trip is None:
            continue
        if (connect := connect_ms(evidence, host)) is not None:
            yield Step(TCP, host, connect, connect - TCP_TRIPS * trip)
        handshake, hello = evidence.result("tls", host), evidence.result("hello", host)
        if handshake is not None and handshake.ok and handshake.data is not None:
            took = handshake.own_ms(handshake.data.duration_ms)
            if took is not None:
                yield Step(TLS, host, took, took - TLS_TRIPS * trip)
        if hello is not None and hello.ok:  # the stalls may belong to either of its steps
            build_ms = hello.data.build_ms
            if (took := hello.own_ms(hello.duration_ms - build_ms)) is not None:
                yield Step(HELLO, host, took, took - HELLO_TRIPS * trip)
            if (took := hello.own_ms(build_ms)) is not None:
                yield Step(BUILD, host, took, took - trip, answered=not hello.data.build_lost)


def _driver_steps(evidence: Evidence) -> Iterator[Step]:
    """Yield the driver's own steps, unless a member failed, which delays them and has its own cause."""
    if any(
        result.failure is not None
        for check in ("tcp", "tls", "hello")
        for result in evidence.of(check)
    ):
        return
    if any(
        attempt.failure
        for facts in _tcp_facts(evidence)
        for attempt in facts.attempts
        if attempt.driver
    ):
        return
    trips = [round_trip_ms(evidence, str(host)) for host in evidence.hosts]
    trip = max((time for time in trips if time is not None), default=None)
    if trip is None:
        return
    lookups = _lookup_ms(evidence)
    driver, login = of.driver(evidence), of.auth(evidence)
    if driver is not None and of.driver_works(evidence) and driver.selection_ms is not None:
        took = driver.selection_ms
        yield Step("server selection", None, took, took - lookups - SELECTION_TRIPS * trip)
    result = evidence.result("auth")
    if login is None or result is None or not result.ok or login.login_ms is None:
        return
    if login.mechanism not in OF_THE_CLIENT:
        name = "the login" if login.user or login.mechanism else "the driver's first command"
        took = login.login_ms
        yield Step(name, None, took, took - lookups - LOGIN_TRIPS * trip)


def _tcp_facts(evidence: Evidence) -> list[TcpFacts]:
    return [result.data for result in evidence.of("tcp") if result.data is not None]


def _lookup_ms(evidence: Evidence) -> float:
    """Return the milliseconds of the name lookups, which the driver repeats (cause: dns.slow)."""
    names = max((result.duration_ms for result in evidence.of("addresses")), default=0.0)
    srv: Result | None = evidence.result("srv")
    return names + 2 * (srv.duration_ms if srv is not None else 0.0)


def late_pings(evidence: Evidence) -> str | None:
    """Return a sentence about unusually late pings, or None if there are none."""
    facts = observation(evidence, "ping")
    late = facts.late_ms() if facts is not None else ()
    if facts is None or not late:
        return None
    times = sorted(facts.own_ms())
    p95 = times[math.ceil(0.95 * len(times)) - 1]
    if len(late) < 2 and p95 - times[0] < evidence.settings.slow_ping_ms:
        return None
    return (
        f"{len(late)} of {plural(facts.count, 'ping')} took up to {milliseconds(times[-1])}, "
        f"the fastest {milliseconds(times[0])}"
    )


def packet_loss(evidence: Evidence) -> str | None:
    """Return a sentence with the evidence for packet loss, or None without any.

    The kernel's count of repeated segments is certain; delays that match TCP's timers are only
    likely.
    """
    steps = slow_steps(evidence, LATE_PING_MS)
    counters = {
        host: hello.resent
        for host, hello in of.hellos(evidence).items()
        if hello.resent and any(step.host == host for step in steps)
    }
    pings = observation(evidence, "ping")
    if pings is not None and pings.resent:
        return (
            f"this machine's kernel had to send {plural(pings.resent, 'TCP segment')} again during "
            f"{plural(pings.resent_pings, 'further ping')}: packets are lost"
        )
    if counters and (sum(counters.values()) > 1 or slow_steps(evidence)):
        each = ", ".join(f"{count} to {host}" for host, count in counters.items())
        return f"this machine's kernel had to send TCP segments again ({each}): packets are lost"
    return _timers(evidence)


def _timers(evidence: Evidence) -> str | None:
    """Return a sentence about delays that match TCP's timers, of a connect or of all late pings."""
    for step in slow_steps(evidence):
        if step.name == TCP and _near(step.over_ms, SYN_RESENT_AFTER_MS, SYN_TOLERANCE_MS):
            return (
                f"the TCP connection to {step.host} took {milliseconds(step.took_ms)}, as when the "
                "first packet has to be sent again: packet loss is likely"
            )
    pings = observation(evidence, "ping")
    late = pings.late_ms() if pings is not None else ()
    if pings is None or len(late) < 2 or pings.resent == 0:
        return None  # the kernel counts repeated segments, and there were none
    if all(_near(excess, RESENT_AFTER_MS, TOLERANCE_MS) for excess in late):
        return "the delays fit the intervals at which TCP repeats a packet: packet loss is likely"
    return None


def _near(value: float, marks: tuple[float, ...], tolerance: float) -> bool:
    return any(mark - 20 <= value <= mark + tolerance for mark in marks)


def describe(evidence: Evidence) -> str | None:
    """Return one sentence that lists the slow steps, or None without any."""
    parts = []
    by_name: dict[str, list[Step]] = {}
    for step in slow_steps(evidence):
        by_name.setdefault(step.name, []).append(step)
    several = len(evidence.hosts) > 1
    for name, steps in by_name.items():
        slowest = max(steps, key=lambda step: step.took_ms)
        where = f" with {slowest.host}" if several and slowest.host else ""
        took = "took" if slowest.answered else "got no reply within"
        parts.append(f"{name}{where} {took} {milliseconds(slowest.took_ms)}")
    if pings := late_pings(evidence):
        parts.append(pings)
    return "; ".join(parts) or None


def distance(evidence: Evidence) -> str:
    """Return the shortest round trip in words, for comparison; empty if unknown."""
    trips = [round_trip_ms(evidence, str(host)) for host in evidence.hosts]
    known_trips = [trip for trip in trips if trip is not None]
    return f" (a round trip takes {milliseconds(min(known_trips))})" if known_trips else ""


def own_load(evidence: Evidence) -> str:
    """Return a note if this machine was busy during the run, or an empty string."""
    stalled_ms = max((result.stalled_ms for result in evidence.results), default=0.0)
    if stalled_ms < OWN_LOAD_MS:
        return ""
    return f"; this machine was busy for {milliseconds(stalled_ms)} during the run, which is not included"
