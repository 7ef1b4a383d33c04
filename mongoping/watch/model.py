"""What is observed, and what is told of it. All times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mongoping.record import NOTHING, Record

DRIVER = "driver"
"""The name under which the driver's own pings stand beside those of the members."""

Severity = Literal["info", "warning", "error"]


class Ping(NamedTuple):
    """One ping of a member on the wire, or of the driver: milliseconds, or why it was lost.

    ``timed_out``: nobody said no, there was only silence; ``sent`` is when it left.
    """

    at: float
    host: str
    ms: float | None
    why: str = ""
    timed_out: bool = False
    sent: float = 0.0
    role: str | None = None  # where hello was asked instead of ping


class Beat(NamedTuple):
    """One heartbeat of the driver's monitor: ``why`` is None where it succeeded."""

    at: float
    host: str
    why: str | None = None
    timed_out: bool = False


class Server(NamedTuple):
    """A member in the driver's picture."""

    host: str
    role: str  # unknown where the driver does not know it
    rtt_ms: float | None = None


class Picture(NamedTuple):
    """The driver's topology after a change; ``type`` is one of PyMongo's names."""

    at: float
    type: str
    set_name: str | None
    servers: tuple[Server, ...]


class Pool(NamedTuple):
    """The driver's pool lost its connections to a host, or one of them."""

    at: float
    host: str
    why: str


class Certificate(NamedTuple):
    """The leaf that a host showed; ``until`` is its end, ``fingerprint`` SHA-256 in hex."""

    at: float
    host: str
    fingerprint: str
    until: float | None = None


class Names(NamedTuple):
    """What the DNS said: of the SRV name (``kind`` srv) or of a host (``kind`` addresses)."""

    at: float
    kind: str
    name: str
    values: frozenset[str] | None  # None: it failed
    why: str = ""


class Login(NamedTuple):
    """The driver's login was refused; it is not tried again."""

    at: float
    why: str


class Gap(NamedTuple):
    """Ticks were missed since this machine slept or hung; ``seconds`` of them."""

    at: float
    seconds: float


Observation = Ping | Beat | Picture | Pool | Certificate | Names | Login | Gap


class Event(Record):
    """Something that happened, in one sentence; ``facts`` hold the same for programs."""

    at: float
    kind: str
    host: str | None
    text: str
    severity: Severity = "info"
    facts: Mapping[str, Any] = NOTHING


class MemberNow(NamedTuple):
    """A member at this moment. ``since`` is when it was lost, None while it answers."""

    host: str
    role: str
    up: bool | None = None
    since: float | None = None


class Now(Record):
    """The deployment at this moment; ``without_since`` is since when there is no primary."""

    type: str = "Unknown"
    set_name: str | None = None
    members: tuple[MemberNow, ...] = ()
    primary: str | None = None
    without_since: float | None = None


class Tick(Record):
    """The pings that came back, or were lost, since the tick before. None: lost.

    A target that is missing has a ping on its way.
    """

    number: int
    at: float
    pings: Mapping[str, float | None]


class Limits(Record):
    """What --max-loss (percent) and --max-p95 (ms) allow; None is no limit."""

    loss: float | None = None
    p95_ms: float | None = None
