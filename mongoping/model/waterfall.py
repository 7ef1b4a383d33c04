"""What a waterfall is. Records alone, and the statistics of a phase; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mongoping.record import Record

PHASES = ("srv", "txt", "dns", "tcp", "tls", "hello", "auth", "ping")
"""The steps of a first ping on the wire, in the order in which a driver takes them."""

DRIVER_PHASES = ("discover", "first-ping", "ping")
"""What the driver does: find the deployment; connect, log in and ping; ping again."""


class Spread(Record):
    """How long a phase took over its runs, in milliseconds.

    Percentiles by nearest rank. ``jitter_ms`` is the mean difference of neighbouring runs,
    as of a stream of packets (RFC 3550, 6.4.1, without its smoothing); None for one run.
    """

    count: int
    min_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    jitter_ms: float | None = None


class Phase(Record):
    """One step of `PHASES` or of `DRIVER_PHASES`."""

    name: str
    spread: Spread


class Lane(Record):
    """The phases of one host, of the deployment's name, or of the driver.

    ``note`` says what could not be measured, and why.
    """

    name: str
    phases: tuple[Phase, ...] = ()
    address: str | None = None
    note: str | None = None

    @property
    def total_ms(self) -> float:
        """The medians of all phases together."""
        return math.fsum(phase.spread.p50_ms for phase in self.phases)


class Waterfall(Record):
    """Every host beside the driver; ``asked`` is how many runs were wanted.

    ``names`` has the questions for SRV and TXT, None for a mongodb:// string.
    """

    asked: int
    names: Lane | None = None
    hosts: tuple[Lane, ...] = ()
    driver: Lane | None = None

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All of them, in the order in which they are shown."""
        return tuple(one for one in (self.names, *self.hosts, self.driver) if one is not None)


def spread(samples: Sequence[float]) -> Spread | None:
    """The statistics of samples in milliseconds, in the order of the runs; None without any."""
    if not samples:
        return None
    rows = sorted(samples)

    def rank(share: float) -> float:
        return rows[max(math.ceil(share * len(rows)) - 1, 0)]

    steps = [abs(later - earlier) for earlier, later in pairwise(samples)]
    return Spread(
        count=len(rows),
        min_ms=rows[0],
        p50_ms=rank(0.50),
        p95_ms=rank(0.95),
        p99_ms=rank(0.99),
        max_ms=rows[-1],
        jitter_ms=math.fsum(steps) / len(steps) if steps else None,
    )


def phases(order: Iterable[str], samples: dict[str, list[float]]) -> tuple[Phase, ...]:
    """The phases that have samples, in their order."""
    found = ((name, spread(samples.get(name, []))) for name in order)
    return tuple(Phase(name, one) for name, one in found if one is not None)
