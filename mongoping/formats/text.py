"""The report for people, by Rich: layer by layer, and the verdict at the end.

Every field is put into a `rich.text.Text`, which knows no markup, after `printable` has
written control characters out; so nothing that a peer says can colour or move anything.
"""

from __future__ import annotations

import io
import shlex
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mongoping.escape import printable
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from mongoping.model import Finding, LayerReport, Line, NextStep, Report, Status, Style, Verdict
    from mongoping.model.waterfall import Waterfall

COLORS = {"ok": "green", "warn": "yellow", "fail": "red", "skip": "dim"}
MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "–"}
PLAIN_MARKS = {"ok": "+", "warn": "!", "fail": "x", "skip": "-"}
SEVERITY: dict[str, Status] = {"error": "fail", "warning": "warn", "info": "ok"}
NAME, TOOK = 9, 7  # columns of a layer's name and of its duration
LABEL = 15  # columns of a label in the verdict, with a gap: "Or it could be"
ROW_NAMES = {"hello": "handshake"}  # layers that people know by another name
BESIDE = 1 + 1 + NAME + 1 + 1 + TOOK  # with the mark, and the gaps between
MAX_LINES = 40  # of one layer, without --verbose
REMEDIES = 4  # of a verdict, without --verbose; the first ones are the likeliest


def render(report: Report, style: Style) -> str:
    """Return the report as text for a terminal of ``style.width`` columns, or for a pipe."""
    if style.quiet:
        return _one_line(report, style)
    console = console_of(style)
    draw(console, report, style)
    return _text(console)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Several reports below each other, and which of them failed; with ``quiet`` that alone."""
    parts = [] if style.quiet else [f"{render(report, style)}\n" for report in reports]
    console = console_of(style)
    failed = [report for report in reports if report.verdict is not None]
    warned = any(report.status == "warn" for report in reports)
    worst: Status = "fail" if failed else "warn" if warned else "ok"
    words = f"{len(reports) - len(failed)} of {plural(len(reports), 'target')} work"
    named = [
        f"{report.name or report.uri} {report.verdict.cause if report.verdict else ''}"
        for report in failed
    ]
    tail = f": {printable('; '.join(named))}" if named else ""
    console.print(Text.assemble(_mark(worst, style), " ", words, tail), soft_wrap=True)
    return "".join(parts) + _text(console)


def console_of(style: Style, *, record: bool = False) -> Console:
    """Return a console of that style, which writes to memory and ignores markup."""
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


def draw(console: Console, report: Report, style: Style) -> None:
    """Print the complete report on a console."""
    _head(console, report)
    for layer in report.layers:
        for row in _layer(layer, style, console):
            console.print(row, soft_wrap=True)
    if report.expectations:
        console.print()
        console.print(_expectations(report, style))
    if report.waterfall is not None:
        _waterfall(console, report.waterfall, style)
    console.print()
    _end(console, report, style)


def _waterfall(console: Console, waterfall: Waterfall, style: Style) -> None:
    """Where the time of a first ping goes, as bars to scale."""
    from mongoping.waterfall.bars import rows

    console.print()
    for row in rows(waterfall, style.width, unicode=style.unicode):
        console.print(Text.assemble(*row), no_wrap=True, overflow="ellipsis", crop=True)


def _text(console: Console) -> str:
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _mark(status: str, style: Style) -> Text:
    marks = MARKS if style.unicode else PLAIN_MARKS
    return Text(marks[status], COLORS[status])


def _one_line(report: Report, style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    if report.verdict is None:
        warned = [finding for layer in report.layers for finding in layer.findings]
        codes = [finding.cause for finding in warned if finding.severity == "warning"]
        words = f": {', '.join(codes)}" if codes else ""
        return f"{marks[report.status]} {report.status} {printable(report.uri)}{words}\n"
    words = printable(" ".join(report.verdict.evidence))
    return f"{marks['fail']} {report.verdict.cause} {printable(report.uri)}: {words}\n"


def _head(console: Console, report: Report) -> None:
    caret = report.caret is not None and report.caret[0] < console.width * 3
    head = Text.assemble(
        (f"mongoping {report.preset}", "bold"),
        f"  {printable(report.name)}" if report.name else "",
        "" if caret else f"  {printable(report.uri)}",
        f"  {milliseconds(report.duration_ms)}",
        _waited(report),
    )
    console.print(head, overflow="fold")
    if caret:
        _caret(console, report)
    console.print()


def _caret(console: Console, report: Report) -> None:
    """Print the connection string in rows, with marks under the part that is wrong."""
    start, length = report.caret or (0, 1)
    text = "".join(printable(char)[:1] or " " for char in report.uri)
    rows = _cut(text + " " * (start + 1 - len(text)), console.width - 4)
    for at, row in rows:
        console.print(Text(f"    {row}"), soft_wrap=True)
        first, last = max(start, at), min(start + length, at + len(row))
        if first < last:
            before, marked = cell_len(row[: first - at]), cell_len(row[first - at : last - at])
            console.print(Text(" " * (4 + before) + "^" * max(marked, 1), "red"), soft_wrap=True)


def _cut(text: str, room: int) -> list[tuple[int, str]]:
    """Split a text into rows of ``room`` columns, each with the offset of its first character."""
    rows: list[tuple[int, str]] = []
    begin = columns = 0
    for at, char in enumerate(text):
        width = cell_len(char)
        if columns + width > room:
            rows.append((begin, text[begin:at]))
            begin, columns = at, 0
        columns += width
    return [*rows, (begin, text[begin:])]


def _expectations(report: Report, style: Style) -> Table:
    """Return a table of what was expected and what was found."""
    from rich.table import Table  # costs as much as all that the other rows need

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(max_width=18, no_wrap=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    table.add_row("", Text("expected", "bold"), "", Text("found", "dim"))
    for expectation in report.expectations:
        color = COLORS[expectation.status] if expectation.status != "ok" else ""
        expected = Text(printable(expectation.expected))
        found = Text(printable(expectation.found), color)
        table.add_row(_mark(expectation.status, style), Text(expectation.name), expected, found)
    return table


def _waited(report: Report) -> str:
    """How long it took to become ready, for the head of a smoke test."""
    waiting = report.waiting
    if waiting is None or not (waiting.limit_s or waiting.stable_s):
        return ""
    word = "ready" if waiting.ready else "gave up"
    tries = f"{waiting.attempts} attempt{'s' if waiting.attempts != 1 else ''}"
    return f"  {word} after {waiting.took_s:.1f} s, {tries}"


def _layer(layer: LayerReport, style: Style, console: Console) -> list[Text]:
    """One layer in rows: mark, name, what it saw, and how long it took."""
    room = style.width - BESIDE
    took = milliseconds(layer.duration_ms) if layer.status != "skip" else ""
    texts = _body(layer, style, console) or [Text(printable(layer.summary), "dim")]
    body = [row for text in texts for row in text.wrap(console, room, overflow="fold")]
    first, *others = body or [Text()]
    name = ROW_NAMES.get(layer.name, layer.name)
    head = Text.assemble(_mark(layer.status, style), " ", (name.ljust(NAME), "bold"), " ")
    first.truncate(room, pad=True)
    rows = [head.append_text(first).append(" ").append(took.rjust(TOOK), "dim")]
    return rows + [Text(" " * (NAME + 3)).append_text(row) for row in others]


def _body(layer: LayerReport, style: Style, console: Console) -> list[Text]:
    lines = [line for line in layer.lines if style.verbose or not line.detail]
    left = len(lines) - MAX_LINES
    if left > 0 and not style.verbose:
        lines = lines[:MAX_LINES]
    texts = [_hanging(*_line(line, style), style, console) for line in lines]
    if left > 0 and not style.verbose:
        texts.append(Text(f"({left} more lines; --verbose shows them)", "dim"))
    # a failed line already shows the error; an error seen elsewhere has no such line
    has_failure = any(line.status == "fail" for line in lines)
    found = [
        finding for finding in layer.findings if finding.severity != "error" or not has_failure
    ]
    texts += [_hanging(_finding(finding, style), 2, style, console) for finding in found]
    if not texts and layer.status == "skip":
        return [Text(printable(layer.summary), "dim")]
    return texts


def _hanging(text: Text, indent: int, style: Style, console: Console) -> Text:
    """``text`` wrapped to the body's width, its further lines moved in by ``indent``."""
    room = style.width - BESIDE
    if indent > room // 2:
        indent = 2
    if text.cell_len <= room:
        return text
    first = text.wrap(console, room)[0]
    rest = text[len(first.plain) :]
    while rest.plain.startswith(" "):
        rest = rest[1:]
    more = rest.wrap(console, room - indent)
    return Text("\n").join([first, *(Text(" " * indent).append_text(line) for line in more)])


def _line(line: Line, style: Style) -> tuple[Text, int]:
    """Return a line, and the indentation of its continuation rows."""
    text = Text()
    if line.status == "fail":
        text.append_text(_mark("fail", style)).append(" ")
    if line.label.strip():
        text.append(f"{printable(line.label)}  ", "dim")
    else:
        text.append(printable(line.label))
    indent = max(text.cell_len, 2)
    color = COLORS[line.status] if line.status in ("warn", "skip") else ""
    return text.append(printable(line.text), color), indent


def _finding(finding: Finding, style: Style) -> Text:
    status = SEVERITY[finding.severity]
    text = Text.assemble(_mark(status, style), " ", (printable(finding.detail), COLORS[status]))
    return text.append(f"  [{finding.cause}]", "dim")


def _end(console: Console, report: Report, style: Style) -> None:
    if report.verdict is not None:
        _verdict(console, report, report.verdict, style)
    elif report.interrupted:
        console.print(Text("Interrupted: these are the results so far.", "yellow"))
    else:
        _healthy(console, report, style)
    for step in report.next_steps:
        console.print(Text(f"{step.label}:", "dim"))
        for row in code_rows(step, style.width - 2):
            console.print(Text(f"  {printable(row)}"), soft_wrap=True)
    if report.program is not None:
        console.print()
        console.print(Text(report.program), soft_wrap=True)


def code_rows(step: NextStep, width: int) -> list[str]:
    """Split a line of code into rows that can be copied; shell rows end in a backslash."""
    if len(step.code) <= width:
        return [step.code]
    if step.language == "python":
        call, _, arguments = step.code.partition("(")
        return [f"{call}(", *(f"    {entry}," for entry in arguments[:-1].split(", ")), ")"]
    rows: list[str] = []
    for word in map(shlex.quote, shlex.split(step.code)):
        if rows and len(rows[-1]) + len(word) + 3 <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word if not rows else f"    {word}")
    return [*(f"{row} \\" for row in rows[:-1]), rows[-1]]


def _healthy(console: Console, report: Report, style: Style) -> None:
    warnings = sum(
        1 for layer in report.layers for finding in layer.findings if finding.severity == "warning"
    )
    words = "It works." if report.status == "ok" else "It works, with a warning."
    if warnings > 1:
        words = f"It works, with {warnings} warnings."
    text = Text.assemble(_mark(report.status, style), " ", (words, f"bold {COLORS[report.status]}"))
    if report.latency is not None and report.latency.p50_ms is not None:
        text.append(f"  ping p50 {report.latency.p50_ms:.2f} ms over {report.latency.count}")
    console.print(text)


def _verdict(console: Console, report: Report, verdict: Verdict, style: Style) -> None:
    """Print what happened, the evidence, what to try, where to read more, and the cause code."""
    title = Text.assemble(_mark("fail", style), " ", (verdict.title, "bold red"))
    console.print(title, overflow="fold")
    rows = [("Evidence", Text(printable("; ".join(verdict.evidence))))]
    rows.append(("What it means", Text(verdict.explanation)))
    shown = verdict.remedies if style.verbose else verdict.remedies[:REMEDIES]
    labels = ("Try first", "Also try", *("" for _ in shown))
    rows += [
        (label, Text(printable(str(remedy)))) for label, remedy in zip(labels, shown, strict=False)
    ]
    if verdict.alternatives:
        rows.append(
            ("Or it could be", Text(", ".join(other.cause for other in verdict.alternatives)))
        )
    if verdict.tell_apart:
        rows.append(("To find out", Text(printable(verdict.tell_apart))))
    links = zip(("Docs", ""), verdict.links, strict=False)
    rows += [(label, Text(link, "dim")) for label, link in links]
    code = report.exit_code()
    rows.append(("Cause", Text.assemble((verdict.cause, "bold"), f"  (exit code {code})")))
    for label, text in rows:
        bold = "bold" if label == "Try first" else ""
        head = Text.assemble("  ", (label.ljust(LABEL), bold), " ")
        for row in text.wrap(console, style.width - LABEL - 3, overflow="fold"):
            console.print(head.append_text(row), soft_wrap=True)
            head = Text(" " * (LABEL + 3))
