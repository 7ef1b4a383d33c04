"""Bounds of a board, percentiles, and the exit code that the limits give."""

from __future__ import annotations

import pytest

from mongoping.watch.board import KEPT_EVENTS, KEPT_PINGS, MAX_SERIES, Board, Numbers, Series, judge
from mongoping.watch.model import DRIVER, Event, Limits, MemberNow, Now, Tick
from tests.watch.boards import A, B


def test_a_board_keeps_recent_events_and_counts_all() -> None:
    board = Board()
    for at in range(KEPT_EVENTS * 3):
        board.event(Event(float(at), "drop", A, "x"))
    for at in range(KEPT_PINGS * 2):
        board.tick(Tick(at, float(at), {A: 1.0}))
    assert (len(board.events), board.counts["drop"]) == (KEPT_EVENTS, KEPT_EVENTS * 3)
    assert (len(board.series[A].recent), board.series[A].numbers.sent) == (
        KEPT_PINGS,
        KEPT_PINGS * 2,
    )


def test_the_number_of_series_is_bounded() -> None:
    """The series of the driver and of current members are kept."""
    board = Board()
    board.now = Now("ReplicaSetWithPrimary", "rs0", (MemberNow(A, "primary", True),), A)
    for at in range(MAX_SERIES * 5):
        board.tick(Tick(at, float(at), {DRIVER: 1.0, A: 1.0, f"gone{at}:1": 1.0}))
    assert len(board.series) <= MAX_SERIES
    assert board.series[DRIVER].numbers.sent == board.series[A].numbers.sent == MAX_SERIES * 5


@pytest.mark.parametrize(
    ("sent_count", "lost_count", "has_percentiles"),
    [
        (4, 0, (True, False, False)),
        (19, 0, (True, False, False)),
        (20, 0, (True, True, False)),
        (20, 1, (True, False, False)),
        (99, 0, (True, True, False)),
        (100, 0, (True, True, True)),
        (3, 3, (False, False, False)),
    ],
)
def test_a_percentile_needs_enough_answered_pings(
    sent_count: int, lost_count: int, has_percentiles: tuple[bool, bool, bool]
) -> None:
    series = Series()
    for at in range(sent_count):
        series.add(None if at < lost_count else 1.0)
    numbers = series.numbers
    assert tuple(value is not None for value in numbers[4:7]) == has_percentiles
    assert list(series.percentiles) == [numbers.p50_ms, numbers.p95_ms, numbers.p99_ms]


def numbers(sent_count: int, lost_count: int, p95: float | None = 1.0) -> Numbers:
    return Numbers(sent_count, lost_count, p95, p95, p95, p95, p95, p95)


def test_with_too_few_pings_the_maximum_is_compared_with_the_limit() -> None:
    few = numbers(4, 0)._replace(p95_ms=None, p99_ms=None, max_ms=9.1)
    verdict = judge({DRIVER: few}, Limits(p95_ms=9.0))
    assert (verdict.code, verdict.reasons) == (
        18,
        ("maximum of the driver's pings is 9.10 ms (limit: 9 ms)",),
    )
    assert judge({DRIVER: few}, Limits(p95_ms=9.1)).code == 0


@pytest.mark.parametrize(
    ("series", "limits", "code", "reason"),
    [
        ({DRIVER: numbers(100, 0)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 99)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 100, None)}, Limits(), 18, "no ping was answered"),
        ({}, Limits(), 18, "no ping was answered"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=1.0), 0, None),
        ({DRIVER: numbers(100, 2)}, Limits(loss=1.0), 18, "lost 2.00 % of the driver's pings"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=0.0), 18, "limit: 0 %"),
        ({DRIVER: numbers(100, 0, 9.0)}, Limits(p95_ms=9.0), 0, None),
        ({DRIVER: numbers(100, 0, 9.1)}, Limits(p95_ms=9.0), 18, "is 9.10 ms (limit: 9 ms)"),
        ({DRIVER: numbers(9, 0), A: numbers(9, 9, None)}, Limits(loss=1.0), 0, None),
        ({A: numbers(9, 0), B: numbers(9, 3)}, Limits(loss=1.0), 18, B),
    ],
)
def test_the_exit_code_follows_the_limits(
    series: dict[str, Numbers], limits: Limits, code: int, reason: str | None
) -> None:
    """Only the driver's pings count, as a program's would; a lost member is an event."""
    verdict = judge(series, limits)
    assert verdict.code == code
    assert (reason in verdict.reasons[0]) if reason else (verdict.reasons == ())
