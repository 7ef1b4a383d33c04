"""Values and ranges of expectations, and the verdict that unmet ones come to. No server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.model.waiting import Expectation
from mongoping.smoke import values
from mongoping.smoke.expectations import KINDS, add_verdict, depth_of, kinds, requirement_of
from tests.formats.samples import refused_report, report


@pytest.mark.parametrize(
    ("text", "version", "holds"),
    [
        (">=6.0,<8", (7, 0, 4), True),
        (">=6.0,<8", (8, 0, 0), False),
        (">=6.0,<8", (6,), True),
        ("6.0", (6, 0, 27), True),
        ("6.0", (6, 1), False),
        ("==7", (7, 3), True),
        ("!=7", (7, 3), False),
        (">6.0", (6, 0), False),
        (">6.0", (6, 0, 1), True),
        ("<=6.0", (6, 0, 1), False),
        (" >= 4.4 , != 5 ", (5, 0), False),
    ],
)
def test_versions_are_compared_part_by_part(
    text: str, version: tuple[int, ...], holds: bool
) -> None:
    assert values.version_range(text).holds(version) is holds


@given(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)))
def test_a_range_and_its_opposite_exclude_each_other(version: tuple[int, int, int]) -> None:
    below, above = values.version_range("<6.0.5"), values.version_range(">=6.0.5")
    assert below.holds(version) != above.holds(version)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("server", "new"),
        ("server", ">=6,"),
        ("server", True),
        ("server", ">=" + "9" * 300),
        ("members", 2.5),
        ("members", "3.1"),
        ("members", "many"),
        ("members", True),
        ("primary", "perhaps"),
        ("tls-version", "1.4"),
        ("tls-version", True),
        ("certificate-days", -1),
        ("p95-ms", 0),
        ("p95-ms", "5ms"),
        ("p95-ms", float("nan")),
        ("p95-ms", float("inf")),
        ("p95-ms", True),
        ("lag-s", "inf"),
        ("topology", "set"),
        ("user", " "),
        ("user", 3),
        ("roles", "readWrite"),
        ("roles", []),
        ("roles", [3]),
        ("privileges", ["@shop"]),
        ("read-concern", "strong"),
        ("write-concern", True),
        ("write-concern", ""),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(name: str, raw: Any) -> None:
    with pytest.raises(ValueError, match=r"\w{3}"):
        requirement_of(name, raw)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("server", 6.0, "6.0"),
        ("tls-version", "TLSv1.2", "at least TLS 1.2"),
        ("tls-version", 1.3, "at least TLS 1.3"),
        ("roles", "readWrite@a, read@b", "readWrite@a, read@b"),
        ("members", ">=3", ">=3"),
        ("write-concern", 2, "2"),
        ("p95-ms", "7.5", "at most 7.5 ms"),
    ],
)
def test_a_value_is_read_from_text_and_from_toml_alike(name: str, raw: Any, expected: str) -> None:
    one = requirement_of(name, raw)
    assert one is not None
    assert one.kind.show(one.value) == expected


def test_an_expectation_can_be_switched_off() -> None:
    assert requirement_of("primary", False) is None
    assert requirement_of("primary", "no") is None


def test_each_expectation_has_words_and_a_remedy() -> None:
    assert len(kinds()) == len(KINDS)
    for kind in KINDS:
        assert kind.summary
        assert kind.remedy.endswith(".")
        assert kind.schema is not None


def test_a_run_looks_as_deep_as_the_deepest_expectation() -> None:
    def depth(*names: str) -> str | None:
        raw = {"server": "6", "primary": True, "user": "ada", "lag-s": 3}
        return depth_of([one for name in names if (one := requirement_of(name, raw[name]))])

    assert depth("server") == "hello"
    assert depth("server", "primary") == "primary"
    assert depth("primary", "user") is None


def test_unmet_expectations_are_a_verdict_with_exit_code_18() -> None:
    rows = (
        Expectation("members", "3", "1", "fail", "Add them."),
        Expectation("server", "6", "6.0", "ok"),
    )
    result = add_verdict(report(expectations=rows))
    assert result.verdict is not None
    assert result.verdict.cause == "expectation.not-met"
    assert tuple(map(str, result.verdict.remedies)) == ("Add them.",)
    assert result.status == "fail"
    assert result.exit_code() == 18


def test_a_lower_fault_is_told_before_an_expectation() -> None:
    rows = (Expectation("members", "3", "1", "fail", "Add them."),)
    assert add_verdict(refused_report().replace(expectations=rows)).exit_code() == 12


def test_a_failed_row_never_exits_with_0_even_without_its_verdict() -> None:
    rows = (Expectation("members", "3", "1", "fail"),)
    assert report(expectations=rows).exit_code() == 18
