"""The number of examples per test: all of them in CI, about a quarter elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

Value = TypeVar("Value")

QUICK_PART = 4
MIN_EXAMPLES = 10


def register_profiles() -> None:
    """Register the profiles `thorough` (CI) and `quick`, and load the one for this run.

    No profile has a deadline: how long an example takes depends mostly on the machine.
    """
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large)
    settings.register_profile("thorough", deadline=None, suppress_health_check=slow)
    thorough = settings.get_profile("thorough")
    settings.register_profile("quick", thorough, max_examples=thorough.max_examples // QUICK_PART)
    settings.load_profile("thorough" if os.environ.get("CI") else "quick")


def examples(count: int) -> settings:
    """Return settings with `count` examples in CI, and a quarter of them elsewhere."""
    return settings(max_examples=count if os.environ.get("CI") else _quick(count))


def _quick(count: int) -> int:
    return min(count, max(MIN_EXAMPLES, count // QUICK_PART))


def sample(values: Sequence[Value], start: int = 0) -> Sequence[Value]:
    """Return all values in CI, and elsewhere every fourth, counted from `start`.

    Only for a test that tries many values of the same kind; vary `start` between its cases.
    """
    return values if os.environ.get("CI") else values[start % QUICK_PART :: QUICK_PART]
