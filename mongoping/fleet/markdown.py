"""Markdown for a fleet: the counts, the groups by cause, and the targets that need attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.fleet.results import WORST_FIRST, shown_name
from mongoping.fleet.text import headline
from mongoping.formats.markdown import MARKS, cell, escape, prose
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.fleet.line import Line
    from mongoping.fleet.results import Group, Results

MAX_ROWS = 500  # of the table; job summaries have a limit of 1 MiB


def document_of(lines: Sequence[Line], results: Results) -> str:
    """Return the document."""
    counts = ", ".join(
        f"{MARKS[status]} {count:,} {status}" for status, count in results.counts.items() if count
    )
    word = "interrupted after" if results.interrupted else "in"
    total = headline(results)
    parts = [f"### {total} {word} {milliseconds(results.seconds * 1000)}: {counts or 'none'}"]
    if groups := [_group(group) for group in results.groups()]:
        parts.append("\n".join(groups))
    if results.differences:
        rows = [f"- {cell(name)} {escape(why)}" for name, why in results.differences.items()]
        parts += ["Not the same from every place:", "\n".join(rows)]
    lines_in_trouble = [line for line in lines if line.status != "ok"]
    lines_in_trouble.sort(key=lambda line: (WORST_FIRST.index(line.status), line.name))
    if lines_in_trouble:
        parts.append(_table(lines_in_trouble[:MAX_ROWS]))
    if len(lines_in_trouble) > MAX_ROWS:
        parts.append(f"and {len(lines_in_trouble) - MAX_ROWS:,} more")
    return "\n\n".join(parts) + "\n"


def _group(group: Group) -> str:
    head = f"- {MARKS[group.status]} {group.count:,} \u00d7"
    if group.cause is None:
        return f"{head} {escape(f'{group.title} ({group.named})')}"
    first = f", first on {group.expires}" if group.expires else ""
    return f"{head} {cell(group.cause)}{first}: {escape(group.named)}\n  {prose(group.title)}"


def _table(lines: Sequence[Line]) -> str:
    rows = ["| | target | cause | detail |", "| --- | --- | --- | --- |"]
    for line in lines:
        cause = cell(line.cause) if line.cause else ""
        name = cell(shown_name(line))
        rows.append(f"| {MARKS[line.status]} | {name} | {cause} | {escape(line.detail or '')} |")
    return "\n".join(rows)
