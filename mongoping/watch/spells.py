"""Slow spells: when round trips are much longer than they used to be. Pure."""

from __future__ import annotations

from typing import NamedTuple

from mongoping.watch.sketch import Sketch

FACTOR = 3.0  # times the median so far; jitter within a factor of two is everyday life
FLOOR_MS = 5.0  # and at least this much longer: 0.3 ms instead of 0.1 ms is no news
RUN = 3  # pings in a row, to begin and to end: one slow ping is an outlier, which p99 shows
STALE = 10  # pings until the median is looked up again: it moves slowly, and costs time
LEARNED = 20  # pings before there is a median worth comparing with


class Begun(NamedTuple):
    """A slow spell began at ``since``: the usual median and the first slow value, in ms."""

    since: float
    usual_ms: float
    ms: float


class Over(NamedTuple):
    """It is over: how long it took in seconds, and its slowest ping in ms."""

    seconds: float
    worst_ms: float
    usual_ms: float


class Spells:
    """The pings of one target; the median is that of all pings outside slow spells."""

    __slots__ = ("_calm", "_median", "_usual", "_worst", "since", "slow")

    def __init__(self) -> None:
        self._usual = Sketch()
        self._median: float | None = None
        self._calm = 0
        self._worst = 0.0
        self.slow = 0  # slow pings in a row so far
        self.since: float | None = None  # when the first of them was

    def feed(self, at: float, ms: float) -> Begun | Over | None:
        """Take note of a ping that came back."""
        usual = self._median
        if usual is None or ms <= max(usual * FACTOR, usual + FLOOR_MS):
            self._usual.add(ms)
            if self._usual.count >= LEARNED and self._usual.count % STALE == 0:
                self._median = self._usual.percentiles([0.5])[0]
            return self._calmed(at, usual or 0.0)
        self._calm = 0
        self.slow += 1
        if self.since is None:
            self.since, self._worst = at, ms
        self._worst = max(self._worst, ms)
        return Begun(self.since, usual, ms) if self.slow == RUN else None

    def _calmed(self, at: float, usual: float) -> Over | None:
        self._calm += 1
        if self.slow < RUN:  # an outlier or two: no spell
            self.slow, self.since = 0, None
            return None
        if self._calm < RUN or self.since is None:
            return None
        over = Over(at - self.since, self._worst, usual)
        self.slow, self.since = 0, None
        return over
