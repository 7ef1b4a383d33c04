"""Percentiles of a stream, slow spells, and the schedule with a fake clock."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.watch.schedule import Schedule
from mongoping.watch.sketch import ACCURACY, Sketch
from mongoping.watch.spells import LEARNING_PINGS, RUN, SpellEnd, Spells, SpellStart

SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)


def sketch_of(values: list[float]) -> Sketch:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    return sketch


def exact(values: list[float], share: float) -> float:
    """Return the percentile by nearest rank over all values."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


@settings(deadline=None)
@given(st.lists(st.floats(0.002, 1e6), min_size=1, max_size=400))
def test_every_percentile_is_accurate_to_one_percent(values: list[float]) -> None:
    percentiles = sketch_of(values).percentiles(SHARES)
    for share, value in zip(SHARES, percentiles, strict=True):
        assert value == pytest.approx(exact(values, share), rel=ACCURACY * 1.0001)


def test_minimum_maximum_mean_and_count_are_exact() -> None:
    values = [0.31, 4.5, 0.29, 120.0]
    sketch = sketch_of(values)
    assert (sketch.minimum, sketch.maximum, sketch.count) == (0.29, 120.0, 4)
    assert sketch.mean == pytest.approx(sum(values) / 4)


def test_there_is_no_percentile_without_values() -> None:
    assert Sketch().percentiles((0.5, 0.99)) == [None, None]
    assert Sketch().mean is None


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e300, math.inf])
def test_extreme_values_are_counted(value: float) -> None:
    sketch = sketch_of([1.0, value])
    assert sketch.count == 2
    assert all(value is not None for value in sketch.percentiles(SHARES))


def test_the_number_of_buckets_is_bounded() -> None:
    """The values cover thirteen orders of magnitude."""
    sketch = Sketch()
    chance = random.Random(1)
    for _ in range(100_000):
        sketch.add(10 ** chance.uniform(-4, 9))
    assert len(sketch._buckets) < 1300


class FakeClock:
    """A clock that moves only when it is set."""

    def __init__(self, at: float) -> None:
        self.at = at

    def until(self, at: float) -> None:
        self.at = max(self.at, at)


def test_late_ticks_do_not_shift_later_ones() -> None:
    clock = FakeClock(100.0)
    schedule = Schedule(clock.at, 1.0)
    dues = []
    for late in (0.2, 0.7, 0.0, 0.99, 0.4):
        due = schedule.next(clock.at)
        dues.append((due.at, due.missed))
        clock.until(due.at + late)
    assert dues == [(101.0, 0), (102.0, 0), (103.0, 0), (104.0, 0), (105.0, 0)]


def test_missed_ticks_are_skipped_and_counted() -> None:
    schedule = Schedule(0.0, 1.0)
    assert schedule.next(0.5) == (1.0, 0)
    late = schedule.next(7.4)  # nothing ran for six seconds
    assert late == (8.0, 6)
    assert schedule.next(8.0) == (9.0, 0)


@pytest.mark.parametrize(
    ("interval", "missed_ticks", "has_slept"), [(1.0, 4, False), (1.0, 5, True), (0.1, 30, False)]
)
def test_a_few_missed_ticks_do_not_mean_that_the_machine_slept(
    interval: float, missed_ticks: int, has_slept: bool
) -> None:
    assert Schedule(0.0, interval).slept(missed_ticks) is has_slept


def spells(values: list[float]) -> list[Any]:
    detector = Spells()
    changes = (detector.feed(float(at), ms) for at, ms in enumerate(values))
    return [change for change in changes if change is not None]


CALM = [1.0] * LEARNING_PINGS


def test_a_spell_starts_with_the_third_slow_ping_and_is_dated_to_the_first() -> None:
    (start,) = spells([*CALM, 50.0, 60.0, 55.0])
    assert start == SpellStart(
        since=float(LEARNING_PINGS), usual_ms=pytest.approx(1.0, rel=0.01), ms=55.0
    )


def test_a_spell_ends_with_the_third_normal_ping() -> None:
    _, end = spells([*CALM, 50.0, 60.0, 55.0, 1.0, 1.0, 1.0])
    assert isinstance(end, SpellEnd)
    assert end.worst_ms == 60.0
    assert end.seconds == pytest.approx(RUN + 2)


@pytest.mark.parametrize(
    "values",
    [
        [*CALM, 50.0, 1.0, 60.0, 1.0, 55.0],  # outliers, never consecutive
        [*CALM, 2.5, 2.5, 2.5, 2.5],  # within a factor of three
        [0.1] * LEARNING_PINGS + [0.9] * 5,  # nine times as long, but still under a millisecond
        [50.0, 60.0, 55.0] * 3,  # no median yet
    ],
)
def test_outliers_and_small_delays_are_not_a_spell(values: list[float]) -> None:
    assert spells(values) == []


def test_a_long_spell_does_not_change_the_median() -> None:
    """Slow pings do not count towards the median, so the end of the spell is noticed."""
    changes = spells([*CALM, *([50.0] * 500), *([1.0] * 3)])
    assert [type(change) for change in changes] == [SpellStart, SpellEnd]
