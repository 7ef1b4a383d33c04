"""The report for people: short when all is well, and with the verdict at its end otherwise.

People read the end of a terminal's output. A healthy report is therefore two lines and the
warnings; a failing one is a row of layers, the other findings, and a verdict that fits on a
screen. With --verbose, both show every layer, every fact and every remedy.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mongoping.columns import ASCII_MARKS, MARKS
from mongoping.formats._places import difference, each_place
from mongoping.formats._text import findings, head, layers, places
from mongoping.formats._text import verdict as end
from mongoping.formats._text.page import Page
from mongoping.formats._text.styled import Text
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

    from mongoping.model import Report, Status, Style

    Part = Text | Callable[[Console], None]  # a line, or a function that draws several with Rich

MAX_ROWS = 24  # of a report at 80 columns, without --verbose


def render(report: Report, style: Style) -> str:
    """Return the report as text for a terminal of ``style.width`` columns, or for a pipe."""
    if report.places:
        return _from_places(report, style)
    if style.quiet:
        return _one_line(report, style)
    title = [] if report.vantage is None else [_place(report, Page(style))]
    return _text([*title, *parts_of(report, style)], style)


def _from_places(report: Report, style: Style) -> str:
    """Return a row for each place, the difference, and the reports that matter."""
    page = Page(style)
    parts: list[Part] = [*places.rows(report, page)]
    for row in places.reports_to_show(report, verbose=style.verbose) if not style.quiet else ():
        parts += [Text(), _place(row, page), *parts_of(row, style)]
    return _text(parts, style)


def _place(report: Report, page: Page) -> Text:
    """Return the line that names the place of a report."""
    host = report.vantage.host if report.vantage is not None else ""
    title = page.clean(f"From {places.name_of(report)}{f' ({host})' if host else ''}")
    return Text().append(title, "bold")


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return several reports, and which of them failed; with ``quiet``, only the latter."""
    differing = [row for row in reports if (row.comparison or {}).get("same_verdict") is False]
    noun = "run" if any(report.places for report in reports) else "target"
    reports = [row for report in reports for row in each_place(report)]
    parts = [] if style.quiet else [f"{text}\n" for text in _each(reports, style)]
    page = Page(style)
    failures = [report for report in reports if report.verdict is not None]
    has_warnings = any(report.status == "warn" for report in reports)
    worst: Status = "fail" if failures else "warn" if has_warnings else "ok"
    words = f"{len(reports) - len(failures)} of {plural(len(reports), noun)} work"
    names = [
        f"{report.name or report.uri} {report.verdict.cause if report.verdict else ''}"
        for report in failures
    ]
    tail = f": {page.clean('; '.join(names))}" if names else ""
    last = Text.assemble(page.mark(worst), " ", words, tail)
    ends: list[Part] = [last]
    for report in differing:
        text = page.clean(f"{report.name or report.uri}: {difference(report)}")
        ends += page.paragraph(text, "", indent=0)
    return "".join(parts) + _text(ends, style)


def _each(reports: Sequence[Report], style: Style) -> Iterator[str]:
    """Yield each report, without the warnings that one above it shows."""
    shown_warnings: set[tuple[str, str]] = set()
    for report in reports:
        parts = parts_of(report, style, frozenset(shown_warnings))
        warnings = [entry for entry in findings.others(report) if entry.severity == "warning"]
        shown_warnings |= {(entry.cause, entry.detail) for entry in warnings}
        yield _text(parts, style)


def console_of(style: Style, *, record: bool = False) -> Console:
    """Return a console of that style, which writes to memory and ignores markup."""
    import io

    from rich.console import Console

    return Console(
        file=io.StringIO(),
        record=record,
        width=style.width,
        force_terminal=style.color,
        color_system="standard" if style.color else None,
        no_color=not style.color,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )


def draw(console: Console, parts: Iterable[Part]) -> None:
    """Print the parts of a report; the terminal wraps lines that must stay in one piece."""
    for part in parts:
        if isinstance(part, Text):
            console.print(part.to_rich(), soft_wrap=True)
        else:
            part(console)


def parts_of(
    report: Report, style: Style, earlier_findings: frozenset[tuple[str, str]] = frozenset()
) -> list[Part]:
    """Return the complete report.

    ``earlier_findings`` are the codes and details of findings in reports above this one.
    """
    page = Page(style)
    works = report.verdict is None and not report.interrupted
    ending = _works(report, page) if works else _fails(report, page)
    begin = _begin(report, page, works=works)
    parts: list[Part] = [*begin]
    if report.expectations:
        parts += [Text(), partial(_expectations, report, page)]
    if report.waterfall is not None:
        parts += [Text(), partial(_waterfall, report, page)]
    gaps = 2  # empty rows: before the other findings, and before the end
    room = max(MAX_ROWS - page.height(ending) - page.height(begin) - gaps, 1)
    other_findings = [
        entry
        for entry in findings.others(report)
        if (entry.cause, entry.detail) not in earlier_findings
    ]
    others = findings.lines(other_findings, page, room, report.uri)
    for block in (others, ending):
        if block:
            parts += [Text(), *block]
    return parts


def _begin(report: Report, page: Page, *, works: bool) -> list[Text]:
    """Return the target, and the layers in one row or, with --verbose, in a table."""
    if page.style.verbose:
        return [*head.full(report, page), Text(), *layers.table(report, page)]
    if works:
        return head.healthy(report, page)
    return [*head.failing(report, page), *layers.row(report, page)]


def _works(report: Report, page: Page) -> list[Text]:
    """Return the end of a healthy report: the next steps, and why --strict fails.

    Warnings are the next step if there are any.
    """
    lines: list[Text] = []
    if page.style.verbose:
        has_warnings = report.status == "warn"
        words = "It works, with warnings." if has_warnings else "It works."
        lines.append(page.mark(report.status).append(f" {words}", "bold"))
    for step in report.next_steps if report.status == "ok" or page.style.verbose else ():
        lines += [*page.paragraph(f"{step.label}:", "dim", indent=0), page.code(step.code)]
    if report.program is not None:
        lines += [Text(), *(Text(line) for line in report.program.splitlines())]
    code = report.exit_code(strict=page.style.strict)
    if code and report.status == "warn":
        count = sum(finding.severity == "warning" for finding in findings.others(report))
        lines.append(Text(f"exit {code}: --strict, {plural(count, 'warning')}"))
    return lines


def _fails(report: Report, page: Page) -> list[Text]:
    if report.verdict is None:
        return page.paragraph("Interrupted: these are the results so far.", "yellow", indent=0)
    return end.lines(report, report.verdict, page)


def _waterfall(report: Report, page: Page, console: Console) -> None:
    """Print where the time of a first ping goes, as bars to scale."""
    from rich.text import Text as RichText

    from mongoping.waterfall.bars import rows

    if report.waterfall is None:
        return
    for row in rows(report.waterfall, page.width, unicode=page.style.unicode):
        text = RichText.assemble(*row)
        console.print(text, no_wrap=True, overflow="ellipsis", crop=True)


def _text(parts: Iterable[Part], style: Style) -> str:
    """Return the parts as text, which needs Rich only for tables and bars."""
    text = ""
    for part in parts:
        if isinstance(part, Text):
            text += f"{part.ansi() if style.color else part.plain}\n"
        else:
            console = console_of(style)
            part(console)
            text += console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _one_line(report: Report, style: Style) -> str:
    page = Page(style)
    marks = MARKS if style.unicode else ASCII_MARKS
    uri = page.clean(report.uri)
    if report.verdict is None:
        warnings = [finding for layer in report.layers for finding in layer.findings]
        codes = [finding.cause for finding in warnings if finding.severity == "warning"]
        words = f": {', '.join(codes)}" if codes else ""
        code = report.exit_code(strict=style.strict)
        why = f" (exit {code}: --strict)" if code and report.status == "warn" else ""
        return f"{marks[report.status]} {report.status} {uri}{words}{why}\n"
    words = page.clean(" ".join(report.verdict.evidence))
    return f"{marks['fail']} {report.verdict.cause} {uri}: {words}\n"


def _expectations(report: Report, page: Page, console: Console) -> None:
    """Print a table of what was expected and what was found."""
    from rich.table import Table
    from rich.text import Text as RichText

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(max_width=18, no_wrap=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    table.add_row("", RichText("expected", "bold"), "", RichText("found", "dim"))
    for expectation in report.expectations:
        color = {"warn": "yellow", "fail": "red", "skip": "dim"}.get(expectation.status, "")
        mark = page.mark(expectation.status).to_rich()
        expected_text = RichText(page.clean(expectation.expected))
        found_text = RichText(page.clean(expectation.found), color)
        table.add_row(mark, RichText(expectation.name), expected_text, found_text)
    console.print(table)
