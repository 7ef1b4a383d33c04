"""Show reports from several places: a row for each, what differs, and the reports that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.formats._places import difference
from mongoping.formats._text.styled import Text
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.formats._text.page import Page
    from mongoping.model import Report


def name_of(report: Report) -> str:
    """Return the place of a report."""
    return "here" if report.vantage is None else report.vantage.name


def rows(report: Report, page: Page) -> list[Text]:
    """Return a row for each place, and the sentence that names the difference."""
    every = (report, *report.places)
    width = max(len(name_of(row)) for row in every)
    lines = []
    for row in every:
        cause = row.verdict.cause if row.verdict is not None else ""
        latency = row.latency.p50_ms if row.latency is not None else None
        words = cause or (milliseconds(latency) if latency is not None else row.status)
        if row.interrupted and not cause:
            words = "interrupted"
        detail = row.verdict.evidence[0] if row.verdict and row.verdict.evidence else ""
        text = f" {name_of(row).ljust(width)}  {words}"
        head = page.mark(row.status).append(page.clean(text))
        lines.append(head)
        if detail:
            lines += page.paragraph(detail, "dim", indent=4)
    if sentence := difference(report):
        lines += [Text(), *page.paragraph(sentence, "bold", indent=0)]
    return lines


def reports_to_show(report: Report, *, verbose: bool) -> Iterator[Report]:
    """Yield the reports to show: one for each cause, or that from here if everything works."""
    shown_causes: set[str] = set()
    every = (report.replace(places=(), comparison=None), *report.places)
    for row in every:
        cause = row.verdict.cause if row.verdict is not None else ""
        if verbose or (cause and cause not in shown_causes):
            yield row
        shown_causes.add(cause)
    if shown_causes == {""} and not verbose:
        yield every[0]
