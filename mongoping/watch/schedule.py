"""When the next tick is due. Pure: told the time, it never asks for it."""

from __future__ import annotations

import math
from typing import NamedTuple

SLEPT_INTERVALS = 5  # so many ticks missed, and at least SLEPT_S: this machine slept
SLEPT_S = 5.0


class Due(NamedTuple):
    """The next tick: when (seconds on the caller's clock), and how many were missed before it."""

    at: float
    missed: int


class Schedule:
    """Ticks at a fixed interval from a start, without drift and without a burst after a stop.

    A tick that came late moves no other; those that were missed are left out and counted.
    """

    def __init__(self, start: float, interval: float) -> None:
        self.start = start
        self.interval = interval
        self.done = 0  # intervals since the start, of the last tick that was due

    def next(self, now: float) -> Due:
        """The tick after the last one, or the first that is not past already."""
        wanted = chosen = self.done + 1
        passed = (now - self.start) / self.interval
        if passed >= wanted + 1:  # a whole interval late: what was missed stays missed
            chosen = math.ceil(passed)
        self.done = chosen
        return Due(self.start + chosen * self.interval, chosen - wanted)

    def slept(self, missed: int) -> bool:
        """Whether so many missed ticks are a gap worth an event."""
        return missed >= SLEPT_INTERVALS and missed * self.interval >= SLEPT_S
