"""Records of a waterfall, and the statistics of a phase. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mongoping.model.percentiles import percentile
from mongoping.record import Record

PHASES = ("srv", "txt", "dns", "tcp", "tls", "hello", "auth", "ping")
"""The steps of a first ping on the wire, in the order a driver takes them."""

DRIVER_PHASES = ("discover", "first-ping", "ping")
"""The steps of the driver: discovery; the first ping with connection and login; the next ping."""


class Spread(Record):
    """The durations of a phase over all runs, in milliseconds.

    Percentiles are by nearest rank, and None if there are too few samples. ``jitter_ms`` is the
    mean difference between consecutive runs (RFC 3550, section 6.4.1, without smoothing); None
    for a single run.
    """

    count: int
    min_ms: float
    p50_ms: float
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float
    jitter_ms: float | None = None


class Phase(Record):
    """One step of `PHASES` or `DRIVER_PHASES` with its durations."""

    name: str
    spread: Spread


class Lane(Record):
    """The phases of one host, of the SRV name, or of the driver.

    ``note`` says what could not be measured and why.
    """

    name: str
    phases: tuple[Phase, ...] = ()
    address: str | None = None
    note: str | None = None

    @property
    def total_ms(self) -> float:
        """Return the sum of the medians of all phases."""
        return math.fsum(phase.spread.p50_ms for phase in self.phases)


class Waterfall(Record):
    """The measurements of all hosts and of the driver.

    Attributes:
        asked: The requested number of runs.
        names: SRV and TXT lookups; None for a ``mongodb://`` string.
    """

    asked: int
    names: Lane | None = None
    hosts: tuple[Lane, ...] = ()
    driver: Lane | None = None

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Return all lanes in display order."""
        return tuple(lane for lane in (self.names, *self.hosts, self.driver) if lane is not None)

    def start_ms(self, lane: Lane) -> float:
        """Return when a lane begins: hosts are connected to once their names are looked up."""
        return self.names.total_ms if self.names and lane in self.hosts else 0.0

    @property
    def end_ms(self) -> float:
        """Return when the last lane ends."""
        return max((self.start_ms(lane) + lane.total_ms for lane in self.lanes), default=0.0)


def spread(samples: Sequence[float]) -> Spread | None:
    """Return the statistics of samples in ms, given in the order of the runs; None without any."""
    if not samples:
        return None
    samples_in_order = sorted(samples)
    steps = [abs(later - earlier) for earlier, later in pairwise(samples)]
    return Spread(
        count=len(samples_in_order),
        min_ms=samples_in_order[0],
        p50_ms=percentile(samples_in_order, 0.50) or 0.0,
        p95_ms=percentile(samples_in_order, 0.95),
        p99_ms=percentile(samples_in_order, 0.99),
        max_ms=samples_in_order[-1],
        jitter_ms=math.fsum(steps) / len(steps) if steps else None,
    )


def phases(order: Iterable[str], samples: dict[str, list[float]]) -> tuple[Phase, ...]:
    """Return the phases that have samples, in the given order."""
    spreads = ((name, spread(samples.get(name, []))) for name in order)
    return tuple(Phase(name, durations) for name, durations in spreads if durations is not None)
