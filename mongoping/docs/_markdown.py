"""Text in Markdown: words that stay as they are, and tables. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def text(words: str) -> str:
    """Words that Markdown shall show as they are: marks of its own are escaped."""
    return re.sub(r"([\\`*<>\[\]|])", r"\\\1", words)


def code(words: str) -> str:
    """Words in the letters of a program; a bar in them must not end the cell of a table."""
    return f"`{words.replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
