"""Find the figures in the evidence of a run that limits and metrics are about. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.model.measurements import Measurement, Measurements
from mongoping.observations import hellos, observation
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def percentile(evidence: Evidence, name: Quantity) -> Measurement:
    """Return a percentile of the pings, such as ``p95``, in seconds."""
    facts = observation(evidence, "ping")
    value: float | None = getattr(facts, f"{name}_ms", None)
    if facts is None or facts.p50_ms is None:
        return Measurement(name, None, "no ping came back")
    if value is None:
        return Measurement(name, None, f"only {plural(facts.count - facts.lost, 'ping')} came back")
    lost_text = f", {facts.lost} lost" if facts.lost else ""
    return Measurement(
        name, value / 1000, f"{value:.2f} ms of {plural(facts.count, 'ping')}{lost_text}"
    )


def connect(evidence: Evidence) -> Measurement:
    """Return the time for DNS, TCP, TLS and hello of the slowest host that replied, in seconds."""
    times = {host: _connect_ms(evidence, host) for host in hellos(evidence)}
    if not times:
        return Measurement("connect", None, "no server answered")
    host, slowest = max(times.items(), key=lambda pair: pair[1])
    where = f" ({host})" if len(times) > 1 else ""
    return Measurement("connect", slowest / 1000, f"{slowest:.1f} ms{where}")


def _connect_ms(evidence: Evidence, host: str) -> float:
    reply = observation(evidence, "hello", host)
    total = reply.rtt_ms if reply is not None else 0.0
    steps = evidence.result("srv"), evidence.result("addresses", host), evidence.result("tls", host)
    total += sum(step.duration_ms for step in steps if step is not None)
    facts = observation(evidence, "tcp", host)
    attempts = (
        [attempt.duration_ms for attempt in facts.attempts if attempt.address == facts.used]
        if facts
        else []
    )
    return total + sum(attempts[:1])


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
