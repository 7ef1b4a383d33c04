"""The layers of a text report: a table with --verbose, else one row of marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.formats._text.styled import Text
from mongoping.model.layers import ROW_NAMES
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from mongoping.formats._text.page import Page
    from mongoping.model import Finding, LayerReport, Line, Report, Status

SEVERITY: dict[str, Status] = {"error": "fail", "warning": "warn", "info": "ok"}
NAME, TOOK = 9, 7  # columns of a layer's name and of its duration
BESIDE = 1 + 1 + NAME + 1 + 1 + TOOK  # with the mark, and the gaps between
TIMED_LAYERS = frozenset({"dns", "tcp", "tls", "hello", "ping"})
SHOWN_MS = 0.05  # shorter durations are shown as zero
GAP = "  "


def name_of(layer: LayerReport) -> str:
    """Return the name of a layer in a report for people."""
    return ROW_NAMES.get(layer.name, layer.name)


def row(report: Report, page: Page) -> list[Text]:
    """Return the layers with their marks, in as few lines as possible.

    Layers above the one that failed were skipped for this reason, and are only named.
    """
    cells: list[Text] = []
    skipped_layers: list[str] = []
    has_failed = False
    for layer in report.layers:
        if has_failed and layer.status == "skip":
            skipped_layers.append(name_of(layer))
            continue
        has_failed = has_failed or layer.status == "fail"
        cell = Text(f"{name_of(layer)} ").append_text(page.mark(layer.status))
        if layer.name in TIMED_LAYERS and layer.status != "skip" and layer.duration_ms >= SHOWN_MS:
            cell.append(f" {milliseconds(layer.duration_ms)}", "dim")
        cells.append(cell)
    words = [f"{name}," for name in skipped_layers[:-1]] + skipped_layers[-1:]
    cells += [Text(word, "dim") for word in words]
    cells += [Text("skipped", "dim")] if skipped_layers else []
    return _join(cells, len(cells) - len(words) - 1 if skipped_layers else len(cells), page)


def _join(cells: list[Text], close_after: int, page: Page) -> list[Text]:
    """Return the cells in lines; those after ``close_after`` are words of one phrase."""
    lines = [Text(" ")]
    for at, cell in enumerate(cells):
        gap = " " if at > close_after or lines[-1].cell_len < len(GAP) else GAP
        if lines[-1].cell_len + len(gap) + cell.cell_len > page.width and lines[-1].cell_len > 1:
            lines.append(Text(" "))
            gap = " "
        lines[-1].append(gap).append_text(cell)
    return lines


def table(report: Report, page: Page) -> list[Text]:
    """Return every layer with what it observed."""
    return [line for layer in report.layers for line in _layer(layer, page)]


def _layer(layer: LayerReport, page: Page) -> list[Text]:
    """Return a layer in rows: mark, name, what was observed, and how long it took."""
    room = page.width - BESIDE
    took = milliseconds(layer.duration_ms) if layer.status != "skip" else ""
    texts = _body(layer, page) or [Text(page.clean(layer.summary), "dim")]
    body = [line for text in texts for line in text.wrap(room)]
    first, *others = body or [Text()]
    head = Text.assemble(page.mark(layer.status), " ", (name_of(layer).ljust(NAME), "bold"), " ")
    first.truncate(room)
    first.append(" " * (room - first.cell_len))
    rows = [head.append_text(first).append(" ").append(took.rjust(TOOK), "dim")]
    return rows + [Text(" " * (NAME + 3)).append_text(line) for line in others]


def _body(layer: LayerReport, page: Page) -> list[Text]:
    texts = [_hanging(*_line(line, page), page) for line in layer.lines]
    # a failed line already shows the error; an error seen elsewhere has no such line
    has_failure = any(line.status == "fail" for line in layer.lines)
    rows_shown = [
        finding for finding in layer.findings if finding.severity != "error" or not has_failure
    ]
    texts += [_hanging(_finding(finding, page), 2, page) for finding in rows_shown]
    if not texts and layer.status == "skip":
        return [Text(page.clean(layer.summary), "dim")]
    return texts


def _hanging(text: Text, indent: int, page: Page) -> Text:
    """Return ``text`` wrapped to the width of a body, its further lines moved by ``indent``."""
    room = page.width - BESIDE
    if indent > room // 2:
        indent = 2
    if text.cell_len <= room:
        return text
    first = text.wrap(room)[0]
    rest = text.skip(len(first.plain))
    while rest.plain.startswith(" "):
        rest = rest.skip(1)
    more = rest.wrap(room - indent)
    for line in more:
        first.append("\n" + " " * indent).append_text(line)
    return first


def _line(line: Line, page: Page) -> tuple[Text, int]:
    """Return a line, and the indentation of its continuation rows."""
    text = Text()
    if line.status == "fail":
        text.append_text(page.mark("fail")).append(" ")
    if line.label.strip():
        text.append(f"{page.clean(line.label)}  ", "dim")
    else:
        text.append(page.clean(line.label))
    indent = max(text.cell_len, 2)
    color = {"warn": "yellow", "skip": "dim"}.get(line.status, "")
    return text.append(page.clean(line.text), color), indent


def _finding(finding: Finding, page: Page) -> Text:
    """Return a finding of a layer; warnings are only named, since they follow the table."""
    text = Text.assemble(page.mark(SEVERITY[finding.severity]), " ")
    if finding.severity == "warning":
        return text.append(finding.cause, "dim")
    return text.append(page.clean(finding.detail)).append(f"  [{finding.cause}]", "dim")
