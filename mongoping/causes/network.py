"""Causes in the network between client and server: it works, but is too slow."""

from __future__ import annotations

from mongoping.causes import _timing as timing
from mongoping.model import NO_ANSWER, Cause, Evidence, Match, Remedy
from mongoping.units import milliseconds
from mongoping.uri.edit import drop_options

OPTIONS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/"
    "connect/connection-options/"
)


LIMITS = ("connectTimeoutMS", "socketTimeoutMS", "timeoutMS")  # of the string, in ms
CHECK_INTERFACE = Remedy(
    "Check Wi-Fi, the VPN and its MTU, and the error counters of the network interface:",
    command="ip -s link",
)


def _too_short(evidence: Evidence) -> Match | None:
    """Return a match if the string's own limit is below the round trip and the driver fails by it."""
    replies = [result for result in evidence.of("hello") if result.ok]
    rtt = max((result.own_ms(result.data.rtt_ms) or 0.0 for result in replies), default=0.0)
    limits = {name: evidence.options.get(name) for name in LIMITS}
    short = {name: own for name, own in limits.items() if own and 0 < float(own) <= rtt}
    failures = [
        result.check
        for check in ("driver", "auth", "ping", "api")
        for result in evidence.of(check)
        if result.failure is not None and result.failure.kind in NO_ANSWER
    ]
    if not short or not failures:
        return None
    name, own = next(iter(short.items()))
    without = drop_options(evidence.target.uri, name) if evidence.target is not None else None
    return Match(
        f"{name}={own} is shorter than the round trip of {milliseconds(rtt)}",
        (Remedy(f"Remove {name}, or raise it well above the round trip:", uri=without),)
        if without is not None
        else (f"Raise {name} well above the round trip, or remove it.",),
        explains=("auth", "api", "driver", "ping"),
    )


def _find_loss(evidence: Evidence) -> tuple[Remedy, ...]:
    """Return where to look for lost packets on the way to the first host."""
    name, port = next(((host.name, host.port) for host in evidence.hosts), ("HOST", 27017))
    trace = Remedy(
        "Find where packets are lost, from here and from the server:",
        command=f"mtr -T -P {port} {name}",
    )
    return (trace, CHECK_INTERFACE)


def _slow(evidence: Evidence) -> Match | None:
    """Return a match if the network, not the server, is what is slow.

    Kernels answer a TCP connect and repeat lost packets. A slow server answers TCP at once
    and everything else late; that is ping.slow, unless the connection string allows less time.
    """
    if short := _too_short(evidence):
        return short
    slow = timing.describe(evidence)
    if loss := timing.packet_loss(evidence):
        words = f"{slow}{timing.distance(evidence)}; {loss}" if slow else loss
        return Match(words, _find_loss(evidence), severity="warning")
    hosts = [str(result.host) for result in evidence.of("tcp") if result.ok]
    times = {name: timing.connect_ms(evidence, name) for name in hosts}
    durations = {name: took for name, took in times.items() if took is not None}
    if not durations or min(durations.values()) < evidence.settings.slow_ping_ms:
        return None
    each = ", ".join(f"{name} {milliseconds(took)}" for name, took in durations.items())
    return Match(f"opening a TCP connection already takes {each}", severity="warning")


CAUSES = (
    Cause(
        code="network.slow",
        title="The network is slow or loses packets",
        awaits="the network to become faster",
        explanation=(
            "Connections open, but replies arrive late or time out. The server is far away, "
            "packets are lost and sent again, a firewall or a load balancer dropped an idle "
            "connection, or the operation itself takes longer than socketTimeoutMS."
        ),
        remedies=(
            Remedy(
                "Measure the time of every layer, to tell the network from the server:",
                command='mongoping watch "$MONGODB_URI"',
            ),
            "Close idle connections before the network does: set maxIdleTimeMS=120000.",
            "Raise socketTimeoutMS, or set timeoutMS to limit complete operations instead.",
            "Run the program closer to the server: in the same region, without a VPN.",
        ),
        when=_slow,
        links=(OPTIONS, "https://www.mongodb.com/docs/manual/faq/diagnostics/"),
        alternatives=("tls.required-by-server", "hello.not-mongodb"),
        layer="ping",
        says=(
            r"(?#likely)MongoSocketReadTimeoutException",
            r"(?#likely)Timeout while receiving message",
            r"(?#likely)The read operation timed out",
            r"(?#likely)The handshake operation timed out",
            r"(?#likely)\bNetworkTimeout: \S{1,300}: timed out",
            r"(?#likely)NetworkTimeoutError: connection \d{1,9}+ to \S{1,300}+ timed out",
            r"(?#likely)Took more than [\d.]{1,12}+ seconds to receive data",
            r"(?#likely)Failed to (?:read|send)\b[^\n]{0,80}socket error or timeout",
            r"(?#likely)incomplete read of (?:message header|full message): "
            r"(?:context deadline exceeded|read tcp[^\n]{0,120}i/o timeout)",
        ),
    ),
)
