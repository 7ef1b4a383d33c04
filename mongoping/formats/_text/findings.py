"""The findings of a text report that are not its verdict: each with its first remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.columns import INDENT
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._text.page import Page
    from mongoping.formats._text.styled import Text
    from mongoping.model import Finding, Report


def others(report: Report) -> list[Finding]:
    """Return the errors and warnings next to the verdict, the errors first."""
    root = report.verdict.cause if report.verdict is not None else None
    all_findings = [finding for layer in report.layers for finding in layer.findings]
    rows = [
        finding
        for finding in all_findings
        if finding.severity != "info"
        and not (finding.severity == "error" and finding.cause == root)
    ]
    return sorted(rows, key=lambda finding: finding.severity != "error")


def lines(findings: Sequence[Finding], page: Page, room: int, uri: str) -> list[Text]:
    """Return the findings in at most ``room`` rows; the last one names those left out."""
    rows: list[Text] = []
    for at, finding in enumerate(findings):
        more = _finding(finding, page, uri)
        rest = at + 1 < len(findings)
        if not page.style.verbose and page.height([*rows, *more]) + rest > room:
            return [*rows, _left_out(findings[at:], page)]
        rows += more
    return rows


def _left_out(findings: Sequence[Finding], page: Page) -> Text:
    """Return one row with the codes of findings, or as many as fit, and how to see them."""
    codes = list(dict.fromkeys(finding.cause for finding in findings))
    status = "fail" if any(finding.severity == "error" for finding in findings) else "warn"
    words = ""
    for count in range(len(codes), -1, -1):
        rest = f"{len(codes) - count} more" if count else plural(len(codes), "finding")
        parts = [*codes[:count], *([rest] if count < len(codes) else [])]
        words = f"also {', '.join(parts)}: -v"
        if len(words) + INDENT <= page.width:
            break
    return page.mark(status).append(f" {words}", "dim")


def _finding(finding: Finding, page: Page, uri: str) -> list[Text]:
    status = "fail" if finding.severity == "error" else "warn"
    rows = page.title_rows(status, finding.detail, finding.cause, "")
    remedies = finding.remedies if page.style.verbose else finding.remedies[:1]
    for remedy in remedies:
        rows += page.remedy(remedy, uri, label=page.clean("→"), width=len(page.clean("→")) + 1)
    return rows
