"""The way between client and server, where it is open and yet too slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.model import Cause, Evidence, Match
from mongoping.words import milliseconds

if TYPE_CHECKING:
    from mongoping.checks.tcp import TcpSeen

OPTIONS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/"
    "connect/connection-options/"
)


LIMITS = ("connectTimeoutMS", "socketTimeoutMS", "timeoutMS")  # of the string, in ms
LATE = ("timeout", "selection", "driver")


def _too_short(evidence: Evidence) -> Match | None:
    """The string's own limit is shorter than the round trip, and the driver fails by it."""
    rtt = max((one.data.rtt_ms for one in evidence.of("hello") if one.ok), default=0.0)
    limits = {name: evidence.options.get(name) for name in LIMITS}
    short = {name: own for name, own in limits.items() if own and 0 < float(own) <= rtt}
    failed = [
        one.check
        for check in ("driver", "auth", "ping", "api")
        for one in evidence.of(check)
        if one.failure is not None and one.failure.kind in LATE
    ]
    if not short or not failed:
        return None
    name, own = next(iter(short.items()))
    return Match(
        f"{name}={own} is shorter than the round trip of {milliseconds(rtt)}",
        (f"Raise {name} well above the round trip, or leave it out.",),
        explains=("auth", "api", "driver", "ping"),
    )


def _slow(evidence: Evidence, host: Any) -> Match | None:
    """Slow on the way to every host: the kernels answer a connect, not the servers.

    A slow server answers TCP at once and ``ping`` late; that is not this cause, unless the
    connection string allows less time than that.
    """
    if short := _too_short(evidence):
        return short
    times: dict[str, float] = {}
    for result in evidence.of("tcp"):
        seen: TcpSeen | None = result.data
        used = (
            next((one for one in seen.attempts if one.address == seen.used), None) if seen else None
        )
        if used is not None and result.host is not None:
            times[result.host] = used.duration_ms
    if not times or min(times.values()) < evidence.settings.slow_ping_ms:
        return None
    each = ", ".join(f"{name} {milliseconds(took)}" for name, took in times.items())
    return Match(f"merely opening a TCP connection takes {each}", severity="warning")


CAUSES = (
    Cause(
        code="network.slow",
        title="The network is too slow for the timeouts in force",
        explanation=(
            "A connection was made, and then a reply did not come in time. The way is long or "
            "loses packets, a firewall or a load balancer forgot an idle connection, or the "
            "operation itself takes longer than socketTimeoutMS allows."
        ),
        remedies=(
            "Measure the way and the server apart: mongoping check URI shows the time of every "
            "layer, mongoping watch URI how it changes.",
            "Close idle connections before the network does: maxIdleTimeMS=120000",
            "Give operations the time that they need: a larger socketTimeoutMS, or timeoutMS for "
            "the whole operation.",
            "Run the program nearer to the server: in the same region, not through a VPN.",
        ),
        when=_slow,
        links=(OPTIONS, "https://www.mongodb.com/docs/manual/faq/diagnostics/"),
        alternatives=("tls.required-by-server", "hello.not-mongodb"),
        layer="ping",
        says=(
            r"MongoSocketReadTimeoutException",
            r"Timeout while receiving message",
            r"The read operation timed out",
            r"(?#likely)The handshake operation timed out",
            r"(?#likely)\bNetworkTimeout: \S{1,300}: timed out",
            r"(?#likely)NetworkTimeoutError: connection \d{1,9}+ to \S{1,300}+ timed out",
            r"Took more than [\d.]{1,12}+ seconds to receive data",
            r"Failed to (?:read|send)\b[^\n]{0,80}socket error or timeout",
            r"incomplete read of (?:message header|full message): "
            r"(?:context deadline exceeded|read tcp[^\n]{0,120}i/o timeout)",
        ),
    ),
)
