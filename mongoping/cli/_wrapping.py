"""Lay out sentences, tables and labeled texts for a terminal, as in a report, without Rich.

What a reader may paste is never broken.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mongoping import columns as layout
from mongoping.cli._display import columns as columns_of
from mongoping.code_spans import plain
from mongoping.columns import COLORS, INDENT, MARKS, width_of
from mongoping.escape import printable
from mongoping.model import Remedy, remedy_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeGuard

    from mongoping.model import Cause

    Field = tuple[str, Remedy | str]  # a label, and a sentence, a remedy or a link

PIPE_COLUMNS = 100
MIN_LAST = 30  # columns that the last cell of a table needs beside the others
GAP = 2  # columns between cells
BOLD = frozenset({"Try first", "Also try"})  # labels


def show_cause(codes: Sequence[str]) -> Remedy:
    """Return how to show the page of the first of these causes."""
    which = "the cause" if len(set(codes)) == 1 else "a cause"
    return Remedy(f"Show the page of {which}:", command=f"mongoping causes {codes[0]}")


def terminal_width() -> int:
    """Return the columns of standard output, within what reads well."""
    return columns_of(sys.stdout, PIPE_COLUMNS)


def mark(status: str) -> str:
    """Return the mark of a status in its color, as in a report."""
    import click

    return click.style(MARKS[status], fg=COLORS.get(status), bold=status == "fail" or None)


def align_rows(table: Iterable[Sequence[str]], columns: int, indent: int = 0) -> list[list[str]]:
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
                [" " * indent + row[0], *wrap_lines(row[1], columns, indent + GAP)] for row in rows
            ]
        joined_rows = [[*row[:-2], ", ".join(filter(None, row[-2:]))] for row in rows]
        return align_rows(joined_rows, columns, indent)
    lines = []
    for row in rows:
        cells = zip(row[:-1], sizes, strict=False)
        head = "".join(cell + " " * (size - width_of(cell) + GAP) for cell, size in cells)
        first, *rest = wrap_lines(row[-1], columns, beside)
        lines.append([f"{' ' * indent}{head}{first.lstrip()}".rstrip(), *rest])
    return lines


def wrap_lines(text: str, columns: int, indent: int = 0) -> list[str]:
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


def title_lines(status: str, text: str, code: str, columns: int) -> list[str]:
    """Return a title behind the mark of a status, with a cause code at the right."""
    import click

    rows = layout.title_rows(printable(text), code, columns)
    lines = [
        click.style(row, bold=True) + (click.style(tail, dim=True) if tail else "")
        for row, tail in rows
    ]
    return [f"{mark(status)} {lines[0]}", *(f"{' ' * INDENT}{line}" for line in lines[1:])]


def field_lines(fields: Sequence[Field], columns: int) -> list[str]:
    """Return labels and their texts, as below the title of a report.

    The labels are a column of their own if there is room for it. A command or connection string
    has a line of its own.
    """
    longest = max((len(label) for label, _ in fields), default=0)
    width = longest + INDENT if longest else 0
    links = [width_of(content) for _, content in fields if _is_link(content)]
    lines = []
    for label, content in fields:
        if _is_link(content):
            indent = layout.link_width(width, columns, max(links))
            lines.append(f"{' ' * INDENT}{label.ljust(indent)}{content}")
        else:
            lines += _labeled_lines(label, remedy_of(content), columns, width)
    return lines


def _is_link(content: Remedy | str) -> TypeGuard[str]:
    return isinstance(content, str) and content.startswith("https://")


def _labeled_lines(label: str, remedy: Remedy, columns: int, width: int) -> list[str]:
    import click

    head, rows = layout.label_rows(label, printable(remedy.text), columns, width)
    if label in BOLD:
        first = rows[0][INDENT + len(head) :]
        rows[0] = f"{' ' * INDENT}{click.style(head, bold=True)}{first}"
    paste_lines = (printable(text) for text in (remedy.command, remedy.uri) if text)
    return [*rows, *(f"{' ' * INDENT}{text}" for text in paste_lines)]


def remedy_fields(remedies: Iterable[Remedy | str]) -> list[Field]:
    """Return remedies with their labels."""
    rows = (remedy_of(remedy) for remedy in remedies)
    return [
        ("Also try" if at else "Try first", remedy.replace(text=plain(remedy.text)))
        for at, remedy in enumerate(rows)
    ]


def alternative_fields(causes: Iterable[Cause]) -> list[Field]:
    """Return other possible causes with their labels."""
    return [
        ("or" if at else "Or it could be", f"{plain(cause.title)} ({cause.code})")
        for at, cause in enumerate(causes)
    ]


def link_fields(links: Iterable[str]) -> list[Field]:
    """Return links with their labels."""
    return [("" if at else "Docs", link) for at, link in enumerate(links)]
