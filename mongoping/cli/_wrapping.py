"""Wrap sentences for a terminal; what a reader may paste is never broken. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mongoping.model import remedy_of

if TYPE_CHECKING:
    from mongoping.model import Remedy


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
