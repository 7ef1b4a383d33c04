"""Reports are short: their ends fit on a screen, with the verdict and the first remedy."""

from __future__ import annotations

import math

from tests.formats.printed import PrintedReport, printed_reports

USUAL_ROWS, USUAL_SHARE = 24, 0.95
MAX_ROWS = 40
LAST_ROWS = 15


def failing() -> list[PrintedReport]:
    return [page for page in printed_reports() if page.report.verdict is not None]


def test_failing_reports_fit_on_a_screen() -> None:
    """Nearly all take at most 24 rows of a terminal, and none more than 40."""
    lengths = {f"{page.code}: {page.report.uri}": len(page.rows) for page in failing()}
    usual = sorted(lengths.values())[math.ceil(USUAL_SHARE * len(lengths)) - 1]
    long = {name: rows for name, rows in lengths.items() if rows > USUAL_ROWS}
    assert usual <= USUAL_ROWS, long
    assert max(lengths.values()) <= MAX_ROWS, long


def test_the_verdict_and_its_first_remedy_are_at_the_end() -> None:
    outside = {}
    for page in failing():
        verdict = page.report.verdict
        assert verdict is not None
        end = "\n".join(page.rows[-LAST_ROWS:])
        title = verdict.title.split()
        words = [" ".join(title[:3]), "Try first"]
        if any(word not in end for word in words):
            outside[page.code] = page.text
    assert not outside, "\n".join(outside.values())


def test_every_warning_is_shown_with_its_first_remedy_or_named() -> None:
    """Without an error, each is shown; with one, those without room are named or counted."""
    missing = []
    for page in printed_reports():
        words = " ".join(page.text.split())
        warnings = [
            finding
            for layer in page.report.layers
            for finding in layer.findings
            if finding.severity == "warning"
        ]
        for finding in warnings:
            remedy = finding.remedies[0].text if page.report.verdict is None else ""
            is_named = finding.cause in words or " more: -v" in words
            if not is_named or remedy not in words:
                missing.append((page.code, finding.cause))
    assert not missing


def test_nothing_is_said_twice() -> None:
    """No remedy, link or alternative is in a report more than once."""
    twice = []
    for page in printed_reports():
        lines = [line.strip() for line in page.text.splitlines() if len(line.strip()) > 30]
        twice += [(page.code, line) for line in lines if lines.count(line) > 1]
    assert not twice, twice
