"""Percentiles of a stream, slow spells, the schedule: pure, by tables and by a fake clock."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.watch.schedule import Schedule
from mongoping.watch.sketch import ACCURACY, Sketch
from mongoping.watch.spells import LEARNED, RUN, Begun, Over, Spells

SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)


def filled(values: list[float]) -> Sketch:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    return sketch


def exact(values: list[float], share: float) -> float:
    """Nearest rank over all values."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


@settings(deadline=None)
@given(st.lists(st.floats(0.002, 1e6), min_size=1, max_size=400))
def test_every_percentile_is_right_to_one_percent(values: list[float]) -> None:
    found = filled(values).percentiles(SHARES)
    for share, value in zip(SHARES, found, strict=True):
        assert value == pytest.approx(exact(values, share), rel=ACCURACY * 1.0001)


def test_least_greatest_mean_and_count_are_exact() -> None:
    values = [0.31, 4.5, 0.29, 120.0]
    sketch = filled(values)
    assert (sketch.least, sketch.greatest, sketch.count) == (0.29, 120.0, 4)
    assert sketch.mean == pytest.approx(sum(values) / 4)


def test_without_values_there_is_no_percentile() -> None:
    assert Sketch().percentiles((0.5, 0.99)) == [None, None]
    assert Sketch().mean is None


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e300, math.inf])
def test_values_beyond_any_round_trip_are_counted_and_harm_nothing(value: float) -> None:
    sketch = filled([1.0, value])
    assert sketch.count == 2
    assert all(one is not None for one in sketch.percentiles(SHARES))


def test_a_million_values_take_no_more_room_than_the_buckets() -> None:
    """Values over eleven orders of magnitude: the number of buckets is bounded, not the stream."""
    sketch = Sketch()
    chance = random.Random(1)
    for _ in range(100_000):
        sketch.add(10 ** chance.uniform(-4, 9))
    assert len(sketch._buckets) < 1300


class FakeClock:
    """A clock that goes only where it is told to."""

    def __init__(self, at: float) -> None:
        self.at = at

    def until(self, at: float) -> None:
        self.at = max(self.at, at)


def test_ticks_do_not_drift_however_late_each_of_them_runs() -> None:
    clock = FakeClock(100.0)
    schedule = Schedule(clock.at, 1.0)
    dues = []
    for late in (0.2, 0.7, 0.0, 0.99, 0.4):
        due = schedule.next(clock.at)
        dues.append((due.at, due.missed))
        clock.until(due.at + late)
    assert dues == [(101.0, 0), (102.0, 0), (103.0, 0), (104.0, 0), (105.0, 0)]


def test_missed_ticks_are_left_out_and_counted_not_made_up_for_in_a_burst() -> None:
    schedule = Schedule(0.0, 1.0)
    assert schedule.next(0.5) == (1.0, 0)
    late = schedule.next(7.4)  # nothing ran for six seconds
    assert late == (8.0, 6)
    assert schedule.next(8.0) == (9.0, 0)


@pytest.mark.parametrize(
    ("interval", "missed", "slept"), [(1.0, 4, False), (1.0, 5, True), (0.1, 30, False)]
)
def test_a_few_missed_ticks_are_no_sleep(interval: float, missed: int, slept: bool) -> None:
    assert Schedule(0.0, interval).slept(missed) is slept


def spells(values: list[float]) -> list[Any]:
    one = Spells()
    found = (one.feed(float(at), ms) for at, ms in enumerate(values))
    return [change for change in found if change is not None]


CALM = [1.0] * LEARNED


def test_a_spell_begins_with_its_third_slow_ping_and_is_dated_to_the_first() -> None:
    (begun,) = spells([*CALM, 50.0, 60.0, 55.0])
    assert begun == Begun(since=float(LEARNED), usual_ms=pytest.approx(1.0, rel=0.01), ms=55.0)


def test_it_is_over_with_the_third_calm_ping() -> None:
    _, over = spells([*CALM, 50.0, 60.0, 55.0, 1.0, 1.0, 1.0])
    assert isinstance(over, Over)
    assert over.worst_ms == 60.0
    assert over.seconds == pytest.approx(RUN + 2)


@pytest.mark.parametrize(
    "values",
    [
        [*CALM, 50.0, 1.0, 60.0, 1.0, 55.0],  # outliers, never in a row
        [*CALM, 2.5, 2.5, 2.5, 2.5],  # within a factor of three
        [0.1] * LEARNED + [0.9] * 5,  # nine times as long, and still next to nothing
        [50.0, 60.0, 55.0] * 3,  # nothing to compare with yet
    ],
)
def test_no_spell_where_there_is_none(values: list[float]) -> None:
    assert spells(values) == []


def test_a_long_spell_does_not_become_the_usual() -> None:
    """The slow pings are kept out of the median, so that the end of the spell is seen."""
    found = spells([*CALM, *([50.0] * 500), *([1.0] * 3)])
    assert [type(one) for one in found] == [Begun, Over]
