"""Show a comparison of two files, for a terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mongoping.cli._wrapping import align_rows, mark, wrap_lines
from mongoping.columns import ASCII_MARKS, MARKS, to_ascii
from mongoping.comparison.sentences import stated_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.comparison.record import Comparison, Row, View
    from mongoping.comparison.results import Result
    from mongoping.model import Style

MAX_SAME = 20  # names of targets without a difference that are listed
STATES = {"works": "ok", "fails": "fail", "unfinished": "skip"}


def plain(result: Result, style: Style) -> str:
    """Return the comparison as text for a terminal."""
    text = result.headline + "\n" if style.quiet else "\n".join(_lines(result, style)) + "\n"
    if not style.color:
        text = click.unstyle(text)
    return text if style.unicode else to_ascii(text)


def _lines(result: Result, style: Style) -> Iterator[str]:
    several = len(result.compared) > 1
    if several:
        yield click.style(result.headline, bold=True)
    for name, comparison in result.compared:
        if several and not comparison.explanations:
            continue
        if several:
            yield ""
            yield click.style(name, bold=True)
        yield from _comparison(comparison, style)
    yield from _only(result, style)


def _comparison(comparison: Comparison, style: Style) -> Iterator[str]:
    first, *rest = wrap_lines(f"{comparison.sentence}.", style.width - 2)
    yield f"{mark(_status(comparison))} {click.style(first, bold=True)}"
    yield from (f"  {click.style(line, bold=True)}" for line in rest)
    yield ""
    table = [_summary(view) for view in comparison.views]
    for lines in align_rows(table, style.width, 2):
        yield from lines
    for note in comparison.notes:
        yield from wrap_lines(note, style.width, 2)
    if comparison.rows:
        names = " → ".join(view.name for view in comparison.views)
        yield ""
        yield f"  {click.style('What differs', bold=True)} ({names})"
        deciding = _deciding(comparison)
        cells = [
            (mark("fail") if row.key in deciding else " ", row.layer, row.label, _change(row))
            for row in comparison.rows
        ]
        for lines in _table(cells, style.width):
            yield from lines


def _table(cells: list[tuple[str, str, str, str]], width: int) -> list[list[str]]:
    """Return the rows of the differences, each behind a mark, which has no width of its own."""
    rows = align_rows([row[1:] for row in cells], width, 4)
    return [
        [f"  {row[0]} {lines[0][4:]}", *lines[1:]] for row, lines in zip(cells, rows, strict=True)
    ]


def _deciding(comparison: Comparison) -> set[object]:
    """Return the keys of the differences that decide."""
    return {row.decides.key for row in comparison.explanations if row.decides is not None}


def _status(comparison: Comparison) -> str:
    """Return the status of the result: that of the second report."""
    return STATES[comparison.views[-1].state]


def _summary(view: View) -> tuple[str, str, str]:
    verdict = {"works": "works", "unfinished": "interrupted"}.get(view.state, view.cause or "fails")
    if view.state == "works" and view.warnings:
        verdict = f"works, with {', '.join(view.warnings)}"
    when = view.started_at[:16].replace("T", " ")
    return view.name, when, f"{verdict}: {view.title}" if view.title else verdict


def _change(row: Row) -> str:
    return " → ".join(stated_value(row.key.kind, values) for values in row.values)


def _only(result: Result, style: Style) -> Iterator[str]:
    """Yield the targets that only one of the files has."""
    for name, missing in zip(result.names, result.only_in, strict=True):
        if missing:
            rest = f" and {len(missing) - MAX_SAME} more" if len(missing) > MAX_SAME else ""
            yield ""
            text = f"Only in {name}: {', '.join(missing[:MAX_SAME])}{rest}"
            yield from wrap_lines(text, style.width)


def markdown(result: Result, style: Style) -> str:
    """Return the comparison in Markdown, with foreign text escaped."""
    from mongoping.formats.markdown import cell, escape

    if style.quiet:
        return f"{escape(result.headline)}\n"
    several = len(result.compared) > 1
    parts = [f"### {escape(result.headline)}"] if several else []
    for name, comparison in result.compared:
        if several and not comparison.explanations:
            continue
        title = f"{name}: {comparison.sentence}" if several else comparison.sentence
        marks = MARKS if style.unicode else ASCII_MARKS
        parts.append(f"### {marks[_status(comparison)]} {escape(title)}")
        rows = [["report", "started", "verdict"], ["---"] * 3]
        rows += [[cell(text) for text in _summary(view)] for view in comparison.views]
        parts.append(_markdown_table(rows))
        parts += [escape(note) for note in comparison.notes]
        if comparison.rows:
            deciding = _deciding(comparison)
            names = [cell(view.name) for view in comparison.views]
            rows = [["layer", "what differs", *names], ["---"] * (2 + len(names))]
            rows += [
                [
                    row.layer,
                    f"**{escape(row.label)}**" if row.key in deciding else escape(row.label),
                    *(cell(stated_value(row.key.kind, values)) for values in row.values),
                ]
                for row in comparison.rows
            ]
            parts.append(_markdown_table(rows))
    parts += [escape(line) for line in _only(result, style) if line]
    return "\n\n".join(parts) + "\n"


def _markdown_table(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
