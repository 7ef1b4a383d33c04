"""Percentiles of measured times, where there are enough samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MIN_SAMPLES: Mapping[float, int] = {0.95: 20, 0.99: 100}
"""The samples that a percentile needs: with fewer, it is only another name for the maximum."""


def percentile(samples: Sequence[float], share: float) -> float | None:
    """Return a percentile by nearest rank, or None if there are too few samples.

    Args:
        samples: the samples, in ascending order.
        share: 0.5 for the median, 0.95 for the 95th percentile.
    """
    if len(samples) < MIN_SAMPLES.get(share, 1):
        return None
    return samples[max(math.ceil(share * len(samples)) - 1, 0)]
