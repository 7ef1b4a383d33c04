"""Detect slow spells: periods of unusually long round trips. Pure."""

from __future__ import annotations

from typing import NamedTuple

from mongoping.watch.sketch import Sketch

FACTOR = 3.0  # times the median so far; jitter by a factor of two is normal
MIN_EXCESS_MS = 5.0  # above the median: 0.3 ms instead of 0.1 ms does not matter
RUN = 3  # consecutive pings to start or end a spell; p99 already shows single outliers
REFRESH_PINGS = 10  # between updates of the median, which moves slowly
LEARNING_PINGS = 20  # pings before the median is meaningful


class SpellStart(NamedTuple):
    """A slow spell that began at ``since``, with the usual median and the latest ping in ms."""

    since: float
    usual_ms: float
    ms: float


class SpellEnd(NamedTuple):
    """The end of a slow spell: its duration in seconds and its slowest ping in ms."""

    seconds: float
    worst_ms: float
    usual_ms: float


class Spells:
    """The slow spells of one target; pings in a spell do not count towards the median."""

    __slots__ = ("_calm", "_median", "_usual", "_worst", "since", "slow")

    def __init__(self) -> None:
        self._usual = Sketch()
        self._median: float | None = None
        self._calm = 0
        self._worst = 0.0
        self.slow = 0  # consecutive slow pings so far
        self.since: float | None = None  # time of the first of them

    def feed(self, at: float, ms: float) -> SpellStart | SpellEnd | None:
        """Add an answered ping; return the start or end of a spell, if any."""
        usual = self._median
        if usual is None or ms <= max(usual * FACTOR, usual + MIN_EXCESS_MS):
            self._usual.add(ms)
            if self._usual.count >= LEARNING_PINGS and self._usual.count % REFRESH_PINGS == 0:
                self._median = self._usual.percentiles([0.5])[0]
            return self._end_spell(at, usual or 0.0)
        self._calm = 0
        self.slow += 1
        if self.since is None:
            self.since, self._worst = at, ms
        self._worst = max(self._worst, ms)
        return SpellStart(self.since, usual, ms) if self.slow == RUN else None

    def _end_spell(self, at: float, usual: float) -> SpellEnd | None:
        self._calm += 1
        if self.slow < RUN:  # an outlier, not a spell
            self.slow, self.since = 0, None
            return None
        if self._calm < RUN or self.since is None:
            return None
        end = SpellEnd(at - self.since, self._worst, usual)
        self.slow, self.since = 0, None
        return end
