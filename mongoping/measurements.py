"""Find the figures in the evidence of a run that limits and metrics are about. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.model import MIN_STEP_MS
from mongoping.model.measurements import Measurement, Measurements
from mongoping.observations import hellos, observation
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mongoping.model import Evidence, Topology
    from mongoping.observations import TlsFacts
    from mongoping.settings import Quantity


def measurements(evidence: Evidence) -> Measurements:
    """Return all figures, without limits."""
    chains = {host: session.chain for host, session in sessions(evidence).items()}
    skews = {host: reply.skew_s for host, reply in hellos(evidence).items()}
    return Measurements(
        (
            percentile(evidence, "p50"),
            percentile(evidence, "p95"),
            percentile(evidence, "p99"),
            connect(evidence),
            lag(evidence),
            certificate_days(evidence),
        ),
        {host: chain[0].not_after.timestamp() for host, chain in chains.items() if chain},
        {host: skew for host, skew in skews.items() if skew is not None},
    )


SHARES: Mapping[Quantity, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def percentile(evidence: Evidence, name: Quantity) -> Measurement:
    """Return a percentile of the pings, such as ``p95``, in seconds."""
    facts = observation(evidence, "ping")
    value: float | None = getattr(facts, f"{name}_ms", None)
    if facts is None or facts.p50_ms is None:
        return Measurement(name, None, "no ping came back")
    if value is None:
        return Measurement(name, None, f"only {plural(facts.count - facts.lost, 'ping')} came back")
    lost_text = f", {facts.lost} lost" if facts.lost else ""
    if facts.disturbed:
        lost_text += f", {facts.disturbed} disturbed because this machine was busy"
    least_ms = facts.least_ms(SHARES[name])
    return Measurement(
        name,
        value / 1000,
        f"{value:.2f} ms of {plural(facts.count, 'ping')}{lost_text}",
        least=least_ms / 1000 if facts.disturbed and least_ms is not None else None,
    )


def connect(evidence: Evidence) -> Measurement:
    """Return the time for DNS, TCP, TLS and hello of the slowest host that replied, in seconds."""
    times = {host: list(_connect_steps(evidence, host)) for host in hellos(evidence)}
    if not times:
        return Measurement("connect", None, "no server answered")
    sums = {host: sum(own for own, _ in steps) for host, steps in times.items()}
    host, slowest = max(sums.items(), key=lambda pair: pair[1])
    where = f" ({host})" if len(times) > 1 else ""
    busy = any(is_stall for steps in times.values() for _, is_stall in steps)
    busy_text = ", without the time in which this machine was busy" if busy else ""
    least = max(
        sum(MIN_STEP_MS if is_stall else own for own, is_stall in steps) for steps in times.values()
    )
    return Measurement(
        "connect",
        slowest / 1000,
        f"{slowest:.1f} ms{where}{busy_text}",
        least=least / 1000 if busy else None,
    )


def _connect_steps(evidence: Evidence, host: str) -> Iterator[tuple[float, bool]]:
    """Yield the ms of each step without stalls, and whether these are the larger part of it."""
    facts = observation(evidence, "tcp", host)
    used = (attempt for attempt in facts.attempts if attempt.address == facts.used) if facts else ()
    reply, attempt = observation(evidence, "hello", host), next(iter(used), None)
    steps = (
        (evidence.result("srv"), None),
        (evidence.result("addresses", host), None),
        (evidence.result("tcp", host), 0.0 if attempt is None else attempt.duration_ms),
        (evidence.result("tls", host), None),
        (evidence.result("hello", host), 0.0 if reply is None else reply.rtt_ms),
    )
    for result, took_ms in steps:
        if result is not None:
            took = result.duration_ms if took_ms is None else took_ms
            yield max(took - result.stalled_ms, 0.0), result.own_ms(took) is None


def topology(evidence: Evidence) -> Topology | None:
    """Return the deployment as the driver sees it, or None if it did not get that far."""
    members_topology: Topology | None = getattr(observation(evidence, "members"), "topology", None)
    return members_topology


def lag(evidence: Evidence) -> Measurement:
    """Return the lag of the secondary that is furthest behind, without hidden and delayed ones."""
    members_topology = topology(evidence)
    if members_topology is None or not any(member.reachable for member in members_topology.members):
        return Measurement("lag", None, "no server answered")
    behind = [member for member in members_topology.members if member.role == "secondary"]
    lags = [member.lag_s for member in behind if member.lag_s is not None]
    if not behind:
        return Measurement("lag", None, "no secondary", applies=False)
    if len(lags) < len(behind):
        return Measurement("lag", None, "a secondary does not report its last write")
    return Measurement("lag", max(lags), f"{max(lags):.1f} s")


def sessions(evidence: Evidence) -> Mapping[str, TlsFacts]:
    """Return the TLS handshakes that succeeded, by host."""
    return {
        str(result.host): result.data for result in evidence.of("tls") if result.ok and result.data
    }


def certificate_days(evidence: Evidence) -> Measurement:
    """Return the days until the first certificate of a server expires."""
    name: Quantity = "certificate-days"
    days = [session.days_left for session in sessions(evidence).values()]
    if not days:
        has_answer = any(result.ok for result in evidence.of("hello"))
        if has_answer and not evidence.tls:
            return Measurement(name, None, "no TLS", applies=False)
        return Measurement(name, None, "no handshake succeeded")
    known_days = [day for day in days if day is not None]
    if len(known_days) < len(days):
        return Measurement(name, None, "a certificate could not be read")
    return Measurement(name, min(known_days), f"{min(known_days):.0f} days")
