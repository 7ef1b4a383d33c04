"""Observations, and the events and states made from them. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mongoping.record import NOTHING, Record

DRIVER = "driver"
"""The name of the driver's own pings among those of the members."""

Severity = Literal["info", "warning", "error"]


class Ping(NamedTuple):
    """One ping of a member on the wire, or of the driver.

    Attributes:
        ms: The round-trip time in milliseconds, or None if the ping was lost for ``why``.
        timed_out: It was lost because no reply came in time.
        sent: When it was sent.
    """

    at: float
    host: str
    ms: float | None
    why: str = ""
    timed_out: bool = False
    sent: float = 0.0
    role: str | None = None  # if hello was sent instead of ping


def milliseconds(seconds: float) -> float:
    """Return a round-trip time in milliseconds, to the microsecond.

    Recordings have the same precision, so a replay counts the same values as the session did.
    """
    return round(seconds * 1000, 3)


class Beat(NamedTuple):
    """One heartbeat of the driver's monitor; ``why`` is None if it succeeded."""

    at: float
    host: str
    why: str | None = None
    timed_out: bool = False


class Server(NamedTuple):
    """A member in the driver's topology description."""

    host: str
    role: str  # unknown if the driver does not know it
    rtt_ms: float | None = None


class Picture(NamedTuple):
    """The driver's topology description after a change; ``type`` is one of PyMongo's names."""

    at: float
    type: str
    set_name: str | None
    servers: tuple[Server, ...]


class Pool(NamedTuple):
    """The driver's pool lost one or all of its connections to a host."""

    at: float
    host: str
    why: str


class Certificate(NamedTuple):
    """A server certificate: ``fingerprint`` is its SHA-256 in hex, ``until`` its expiry."""

    at: float
    host: str
    fingerprint: str
    until: float | None = None


class Names(NamedTuple):
    """A DNS answer for the SRV name (``kind`` srv) or a host (``kind`` addresses)."""

    at: float
    kind: str
    name: str
    values: frozenset[str] | None  # None if the lookup failed
    why: str = ""


class Login(NamedTuple):
    """The driver's login was refused; it is not repeated."""

    at: float
    why: str


class Gap(NamedTuple):
    """Ticks were missed for ``seconds`` because this machine slept or hung."""

    at: float
    seconds: float


Observation = Ping | Beat | Picture | Pool | Certificate | Names | Login | Gap


class Event(Record):
    """Something that happened, as one sentence; ``facts`` has the same for programs."""

    at: float
    kind: str
    host: str | None
    text: str
    severity: Severity = "info"
    facts: Mapping[str, Any] = NOTHING


class MemberNow(NamedTuple):
    """The current state of a member; ``since`` is when it was lost, None while it answers."""

    host: str
    role: str
    up: bool | None = None
    since: float | None = None


class Now(Record):
    """The current deployment; ``without_since`` is when it lost its primary, None if it has one."""

    type: str = "Unknown"
    set_name: str | None = None
    members: tuple[MemberNow, ...] = ()
    primary: str | None = None
    without_since: float | None = None


class Tick(Record):
    """The pings answered or lost since the previous tick, in ms; None means lost.

    A missing target has a ping in flight.
    """

    number: int
    at: float
    pings: Mapping[str, float | None]


class Limits(Record):
    """The values of --max-loss (percent) and --max-p95 (ms); None means no limit."""

    loss: float | None = None
    p95_ms: float | None = None
