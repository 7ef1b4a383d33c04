"""The findings of a text report that are not its verdict: each with its first remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._text.page import Page
    from mongoping.model import Finding, Report


def others(report: Report) -> list[Finding]:
    """Return the errors and warnings next to the verdict, the errors first."""
    root = report.verdict.cause if report.verdict is not None else None
    found = [finding for layer in report.layers for finding in layer.findings]
    rows = [
        finding
        for finding in found
        if finding.severity != "info"
        and not (finding.severity == "error" and finding.cause == root)
    ]
    return sorted(rows, key=lambda finding: finding.severity != "error")


def lines(found: Sequence[Finding], page: Page, room: int, uri: str) -> list[Text]:
    """Return the findings in at most ``room`` rows; the last one counts those left out."""
    rows: list[Text] = []
    for at, finding in enumerate(found):
        more = _finding(finding, page, uri)
        rest = at + 1 < len(found)
        if not page.style.verbose and page.height([*rows, *more]) + rest > room:
            left_out = found[at:]
            errors = any(entry.severity == "error" for entry in left_out)
            word = "finding" if errors else "warning"
            count = plural(len(left_out), f"more {word}" if rows else word)
            return [*rows, Text(f"  {count}: -v", "dim")]
        rows += more
    return rows


def _finding(finding: Finding, page: Page, uri: str) -> list[Text]:
    status = "fail" if finding.severity == "error" else "warn"
    rows = page.titled(status, finding.detail, finding.cause, "")
    shown = finding.remedies if page.style.verbose else finding.remedies[:1]
    for remedy in shown:
        rows += page.remedy(remedy, uri, label=page.clean("→"), width=len(page.clean("→")) + 1)
    return rows
