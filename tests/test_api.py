"""The library refuses what makes no sense, in one sentence; whatever else is in the report."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import mongoping


def diagnose(uri: Any = "mongodb://127.0.0.1:1/", **settings: Any) -> mongoping.Report:
    return asyncio.run(mongoping.diagnose(uri, **settings))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"timeout": -1}, "timeout must be more than 0"),
        ({"timeout": float("nan")}, "timeout must be more than 0"),
        ({"timeout": float("inf")}, "timeout must be more than 0"),
        ({"cap": 0}, "cap must be more than 0"),
        ({"count": 0}, "count must be more than 0"),
        ({"lag": -1}, "lag must be at least 0"),
        ({"slow_ping_ms": float("nan")}, "slow_ping_ms must be at least 0"),
        ({"preset": "bogus"}, "preset must be 'check' or 'atlas' or"),
        ({"api_version": "2"}, "api_version must be '1', not '2'"),
        ({"resolver": "nope"}, "resolver must be an IP address"),
        ({"resolver": "1.1.1.1:x"}, "resolver must be an IP address"),
    ],
)
def test_a_value_out_of_range_is_a_value_error(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        diagnose(**settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"uri": None}, "uri must be a str, not NoneType"),
        ({"password": 1}, "password must be a str, not int"),
        ({"timeout": "3"}, "timeout must be a number of seconds, not str"),
        ({"count": 1.5}, "count must be an int, not float"),
        ({"count": True}, "count must be an int, not bool"),
        ({"certificate_days": "30"}, "certificate_days must be a number, not str"),
        ({"clock_skew": True}, "clock_skew must be a number, not bool"),
        ({"preset": None}, "preset must be a str, not NoneType"),
        ({"resolver": 53}, "resolver must be a str, not int"),
        ({"bogus": 1}, "bogus"),
    ],
)
def test_a_value_of_another_type_is_a_type_error(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        diagnose(**settings)


def test_what_makes_sense_is_a_report_however_it_ends() -> None:
    """A refused port and a string that is none are no exceptions."""
    report = diagnose(timeout=2, cap=1, count=1, resolver="127.0.0.1:5353")
    assert report.verdict is not None
    assert report.verdict.cause == "tcp.refused"
    report = diagnose("")
    assert report.verdict is not None
    assert report.verdict.layer == "uri"
