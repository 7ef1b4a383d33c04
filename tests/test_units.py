"""Durations and counts as reports show them."""

from __future__ import annotations

import pytest

from mongoping.units import milliseconds, plural


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.04, "0.0 ms"),
        (0.42, "0.4 ms"),
        (9.94, "9.9 ms"),
        (12.3, "12 ms"),
        (999.4, "999 ms"),
        (1000, "1.0 s"),
        (3140, "3.1 s"),
        (30_000, "30 s"),
    ],
)
def test_a_duration_is_rounded_to_what_matters(value: float, expected: str) -> None:
    assert milliseconds(value) == expected


def test_a_count_other_than_one_is_plural() -> None:
    assert plural(1, "host") == "1 host"
    assert plural(0, "host") == "0 hosts"
    assert plural(2, "address") == "2 addresses"
