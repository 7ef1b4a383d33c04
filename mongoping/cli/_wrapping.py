"""Lay out sentences and tables for a terminal; what a reader may paste is never broken."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mongoping.cli._display import columns as columns_of
from mongoping.columns import COLORS, MARKS, width_of
from mongoping.model import remedy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Remedy

PIPE_COLUMNS = 100
MIN_LAST = 30  # columns that the last cell of a table needs beside the others
GAP = 2  # columns between cells


def terminal_width() -> int:
    """Return the columns of standard output, within what reads well."""
    return columns_of(sys.stdout, PIPE_COLUMNS)


def mark(status: str) -> str:
    """Return the mark of a status in its color, as in a report."""
    import click

    return click.style(MARKS[status], fg=COLORS.get(status), bold=status == "fail" or None)


def aligned(table: Iterable[Sequence[str]], columns: int, indent: int = 0) -> list[list[str]]:
    """Return each row of a table as lines of at most ``columns``, if its words allow that.

    The last cell is wrapped beside the others, which are aligned. Without enough room for it,
    the last two cells become one, and in the end it is below the first one.
    """
    rows = list(table)
    sizes = [max(map(width_of, cells)) for cells in zip(*rows, strict=True)]
    beside = indent + sum(sizes[:-1]) + GAP * len(sizes[:-1])
    if columns - beside < min(MIN_LAST, sizes[-1]):
        if len(sizes) == 2:
            return [
                [" " * indent + row[0], *wrapped(row[1], columns, indent + GAP)] for row in rows
            ]
        joined = [[*row[:-2], ", ".join(filter(None, row[-2:]))] for row in rows]
        return aligned(joined, columns, indent)
    found = []
    for row in rows:
        cells = zip(row[:-1], sizes, strict=False)
        head = "".join(cell + " " * (size - width_of(cell) + GAP) for cell, size in cells)
        first, *rest = wrapped(row[-1], columns, beside)
        found.append([f"{' ' * indent}{head}{first.lstrip()}".rstrip(), *rest])
    return found


def wrapped(text: str, columns: int, indent: int = 0) -> list[str]:
    """Return lines of at most ``columns``; a single word, such as a URL, is never broken."""
    blank = " " * indent
    lines = textwrap.wrap(
        text,
        columns,
        initial_indent=blank,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [blank]


def remedy_lines(remedies: Iterable[Remedy | str], columns: int) -> Iterator[str]:
    """Yield the lines of remedies; a command or connection string has a line of its own."""
    for remedy in map(remedy_of, remedies):
        first, *rest = wrapped(remedy.text, columns, 2)
        yield from [f"- {first.lstrip()}", *rest]
        yield from (f"  {pasted}" for pasted in (remedy.command, remedy.uri) if pasted)
