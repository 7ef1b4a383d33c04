"""Percentiles of a stream, in memory that does not grow with it. Pure.

Values are counted in buckets whose bounds grow by a fixed factor, so that every percentile
is right to within one percent of itself, however many values there were and whatever their
distribution; see Masson, Rim and Lee, "DDSketch" (VLDB 2019). Least, greatest, mean and
count are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ACCURACY = 0.01  # of every percentile, relative to itself
GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_LOG = math.log(GROWTH)
SMALLEST_MS = 1e-3  # a microsecond: no round trip is shorter, and no clock finer in practice
LARGEST_MS = 1e8  # more than a day; the two bound the buckets to some 1270


class Sketch:
    """Count, least, greatest, mean and percentiles of non-negative values in milliseconds."""

    __slots__ = ("_buckets", "count", "greatest", "least", "total")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0
        self.least = math.inf
        self.greatest = -math.inf

    def add(self, value: float) -> None:
        """Take note of a value."""
        held = min(max(value, SMALLEST_MS), LARGEST_MS)
        bucket = math.ceil(math.log(held) / _LOG)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.greatest = max(self.greatest, value)

    @property
    def mean(self) -> float | None:
        """The mean of all values, None without any."""
        return self.total / self.count if self.count else None

    def percentiles(self, shares: Sequence[float]) -> list[float | None]:
        """The values at these shares (ascending, 0 to 1) by nearest rank, None without any."""
        if not self.count or not shares:
            return [None] * len(shares)
        ranks = [max(math.ceil(share * self.count), 1) for share in shares]
        found: list[float | None] = []
        seen = 0
        for bucket, count in sorted(self._buckets.items()):
            seen += count
            while seen >= ranks[len(found)]:
                found.append(self._middle(bucket))
                if len(found) == len(ranks):
                    return found
        return found

    def _middle(self, bucket: int) -> float:
        """The value of a bucket that is nowhere further than ACCURACY from any in it."""
        value = 2 * GROWTH**bucket / (GROWTH + 1)
        return min(max(value, self.least), self.greatest)
