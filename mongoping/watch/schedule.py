"""Compute when the next tick is due. Pure: the caller passes the time."""

from __future__ import annotations

import math
from typing import NamedTuple

SLEPT_INTERVALS = 5  # min missed ticks, and at least SLEPT_S, to conclude that the machine slept
SLEPT_S = 5.0


class Due(NamedTuple):
    """The time of the next tick on the caller's clock, and the number of missed ticks before it."""

    at: float
    missed: int


class Schedule:
    """Ticks at a fixed interval, without drift and without a burst after a pause.

    A late tick does not shift later ones; missed ticks are skipped and counted.
    """

    def __init__(self, start: float, interval: float) -> None:
        self.start = start
        self.interval = interval
        self.done = 0  # number of the last tick that was due

    def next(self, now: float) -> Due:
        """Return the tick after the last one, or the first that is still in the future."""
        due = choice = self.done + 1
        passed_intervals = (now - self.start) / self.interval
        if passed_intervals >= due + 1:  # more than one interval late: skip the missed ticks
            choice = math.ceil(passed_intervals)
        self.done = choice
        return Due(self.start + choice * self.interval, choice - due)

    def slept(self, missed_pings: int) -> bool:
        """Return whether this many missed ticks mean that the machine slept."""
        return missed_pings >= SLEPT_INTERVALS and missed_pings * self.interval >= SLEPT_S
