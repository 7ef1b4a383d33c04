"""Results: groups by cause, the summary, exit codes, and lines as JSON. Pure."""

from __future__ import annotations

import json

import pytest

from mongoping.fleet.line import Line, from_json
from mongoping.fleet.results import MAX_REASONS, Results
from mongoping.fleet.text import Writer
from mongoping.model import Style

EXPIRING = "tls.certificate-expiring"


def results_of(*lines: Line) -> Results:
    results = Results()
    for line in lines:
        results.add(line)
    return results


def test_targets_are_grouped_by_cause_with_the_first_date() -> None:
    lines = [
        Line(f"t{day}", "warn", cause=EXPIRING, expires=f"2026-12-{day:02}", also=("dns.slow",))
        for day in range(9, 2, -1)
    ]
    text = Writer(Style()).result(results_of(*lines, Line("ok", "ok")))
    assert f"! 7 \u00d7 {EXPIRING}, first on 2026-12-03: t9, t8, t7 and 4 more" in text
    assert "! 7 \u00d7 dns.slow: t9, t8, t7 and 4 more" in text
    assert "8 targets in 0.0 ms: 1 ok, 7 warn" in text


def test_a_warning_of_a_target_that_fails_is_no_failure_of_the_others() -> None:
    failing = Line("a", "fail", cause="tcp.refused", also=("dns.slow",))
    results = results_of(failing, Line("b", "warn", cause="dns.slow"))
    assert [(group.cause, group.status, group.count) for group in results.groups()] == [
        ("tcp.refused", "fail", 1),
        ("dns.slow", "warn", 2),
    ]


def test_reasons_for_targets_that_were_not_tried_are_bounded() -> None:
    lines = [Line(f"t{n}", "skip", detail=f"Worker {n} ended.") for n in range(100)]
    groups = results_of(*lines).groups()
    assert len(groups) == MAX_REASONS + 1
    assert sum(group.count for group in groups) == 100
    assert max(len(group.names) for group in groups) < 10


def test_targets_that_lack_a_connection_string_are_one_group() -> None:
    lines = [Line(f"t{n}", "fail", detail=f"V{n} is not set.") for n in range(3)]
    results = results_of(*lines)
    (group,) = results.groups()
    assert (group.count, group.names) == (3, ["t0", "t1", "t2"])
    text = Writer(Style()).result(results)
    assert text.endswith(
        "3 \u00d7 Not tried: the connection string or the password is not available (t0, t1, t2)\n"
        "  V0 is not set.\n  V1 is not set.\n  V2 is not set.\n"
    )
    same = [Line(f"t{n}", "fail", detail="V is not set.") for n in range(3)]
    assert "3 \u00d7 V is not set. (t0, t1, t2)\n" in Writer(Style()).result(results_of(*same))


def test_the_reasons_of_a_group_are_bounded() -> None:
    lines = [Line(f"t{n}", "fail", detail=f"V{n} is not set.") for n in range(100)]
    (group,) = results_of(*lines).groups()
    assert len(group.reasons) == MAX_REASONS + 1
    assert group.count == 100


def test_an_interrupted_run_states_how_many_targets_there_are() -> None:
    results = results_of(Line("a", "ok"), Line("b", "ok"))
    results.expected = 5
    assert "interrupted" not in results.summary()["summary"]
    results.interrupted = True
    assert results.summary()["summary"]["interrupted"] is True
    assert "2 of 5 targets interrupted after" in Writer(Style()).result(results)


def test_places_are_counted_apart_from_targets() -> None:
    results = results_of(
        Line("a", "ok", vantage="x"),
        Line("a", "fail", cause="tcp.refused", vantage="y"),
        Line("b", "ok", vantage="x"),
        Line("b", "skip", vantage="y"),
    )
    summary = results.summary()["summary"]
    assert (summary["targets"], summary["ok"], summary["places"]) == (2, 2, ["x", "y"])
    assert results.differing() == ["a"]
    results.differences["a"] = "fails from y only: there is no route"
    text = Writer(Style()).result(results)
    assert "\nNot the same from every place:\n  a fails from y only" in text


WARNING = Line("b", "warn", cause=EXPIRING)
REFUSAL = Line("b", "fail", cause="tcp.refused", exit_code=12)


@pytest.mark.parametrize(
    ("lines", "strict", "code", "first"),
    [
        ((Line("a", "ok"), WARNING), False, 0, 0),
        ((Line("a", "ok"), WARNING), True, 1, 1),
        ((REFUSAL, Line("a", "fail", exit_code=16)), False, 1, 16),
        ((Line("b", "skip", exit_code=1),), False, 1, 1),
        ((REFUSAL, Line("a", "fail", exit_code=70)), False, 70, 70),
    ],
)
def test_the_exit_code(lines: tuple[Line, ...], strict: bool, code: int, first: int) -> None:
    results = results_of(*lines)
    order = [("a", None), ("b", None)]
    assert results.exit_code(strict=strict) == code
    assert results.exit_code(strict=strict, order=order) == first
    results.interrupted = True
    assert results.exit_code() == 130


def test_a_line_is_the_same_after_json() -> None:
    line = Line(
        "a", "warn", {"env": "prod"}, "pod", EXPIRING, "soon", ("dns.slow",), 0.5, 12.0,
        "2026-12-03", "a note", 0, {"schema": 2},
    )  # fmt: skip
    assert from_json(json.loads(json.dumps(line.as_json()))) == line
    assert "report" not in line.as_json(report=False)
    assert len(json.dumps(line.as_json(report=False))) < 400


@pytest.mark.parametrize("document", [None, [], {}, {"name": 1}, {"name": "a", "status": "good"}])
def test_something_else_is_no_line(document: object) -> None:
    with pytest.raises(ValueError, match="no"):
        from_json(document)


def test_text_of_a_peer_cannot_control_the_terminal() -> None:
    line = Line("a\x1b[2J", "fail", cause="tcp.refused", detail="b\x1b]0;x\x07\n")
    for style in (Style(), Style(color=True), Style(unicode=False)):
        text = Writer(style).line(line) + Writer(style).result(results_of(line))
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
