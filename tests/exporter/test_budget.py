"""The time of a probe: less than the scrape allows, and never more than the limit."""

from __future__ import annotations

import pytest

from mongoping.exporter.budget import budget_s, within
from mongoping.settings import Settings


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 4.5),
        ("5.25", 4.75),
        ("60", 10.0),
        ("0.6", 0.3),
        (None, 10.0),
        ("", 10.0),
        ("0", 10.0),
        ("-3", 10.0),
        ("nan", 10.0),
        ("inf", 10.0),
        ("ten", 10.0),
        ("5" * 400, 10.0),
    ],
)
def test_a_probe_ends_before_its_scrape(header: str | None, seconds: float) -> None:
    assert budget_s(header, 10.0) == pytest.approx(seconds)


def test_a_run_has_the_shorter_of_both_times() -> None:
    assert within(Settings(deadline=3.0), 9.5).deadline == 3.0
    short = within(Settings(deadline=10.0, extension=20.0), 2.0)
    assert (short.deadline, short.cap, short.extension) == (2.0, 2.0, 0.0)
