"""Percentiles of a stream in constant memory. Pure.

Values are counted in buckets whose bounds grow by a fixed factor, so the relative error of
every percentile is at most one percent for any number and distribution of values; see Masson,
Rim and Lee, "DDSketch" (VLDB 2019). Minimum, maximum, mean and count are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ACCURACY = 0.01  # max relative error of a percentile
GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_LOG = math.log(GROWTH)
SMALLEST_MS = 1e-3  # one microsecond: no round trip is shorter
LARGEST_MS = 1e8  # more than a day; these limits allow about 1270 buckets


class Sketch:
    """Count, minimum, maximum, mean and percentiles of non-negative values in milliseconds."""

    __slots__ = ("_buckets", "count", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0
        self.minimum = math.inf
        self.maximum = -math.inf

    def add(self, value: float) -> None:
        """Add a value."""
        bounded_value = min(max(value, SMALLEST_MS), LARGEST_MS)
        bucket = math.ceil(math.log(bounded_value) / _LOG)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    @property
    def mean(self) -> float | None:
        """Return the mean of all values, or None without any."""
        return self.total / self.count if self.count else None

    def percentiles(self, shares: Sequence[float]) -> list[float | None]:
        """Return the values at ascending ``shares`` (0 to 1) by nearest rank; None without any."""
        if not self.count or not shares:
            return [None] * len(shares)
        ranks = [max(math.ceil(share * self.count), 1) for share in shares]
        percentiles_so_far: list[float | None] = []
        total = 0
        for bucket, count in sorted(self._buckets.items()):
            total += count
            while total >= ranks[len(percentiles_so_far)]:
                percentiles_so_far.append(self._middle(bucket))
                if len(percentiles_so_far) == len(ranks):
                    return percentiles_so_far
        return percentiles_so_far

    def _middle(self, bucket: int) -> float:
        """Return the representative value of a bucket: within ACCURACY of all values in it."""
        value = 2 * GROWTH**bucket / (GROWTH + 1)
        return min(max(value, self.minimum), self.maximum)
