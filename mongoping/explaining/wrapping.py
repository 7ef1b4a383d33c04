"""Lines that a terminal or a mail broke, put together again. Pure.

A terminal breaks at its width, in the midst of words; a mail breaks between words, where the next
one would not have fitted. Either shows by the lengths of the lines, and is a guess: who reads a
text may try both.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

NARROWEST, WIDEST = 24, 260  # columns between which lines are broken
LEAST_FULL = 2  # lines of one length, before that is taken for the width of a terminal


def unwrap(text: str) -> Iterator[str]:
    """Yield what a text may have been before its lines were wrapped, if any look wrapped."""
    lines = text.split("\n")
    width = max(map(len, lines))
    if len(lines) < 2 or not NARROWEST <= width <= WIDEST:
        return
    full = sum(1 for line in lines[:-1] if len(line) == width)
    if full >= LEAST_FULL or (full and len(lines) == LEAST_FULL):
        yield _join_full_lines(lines, width)
    yield _fill_lines(lines, width)


def _join_full_lines(lines: list[str], width: int) -> str:
    """Join lines as long as a terminal is wide with the next line."""
    return "".join(line if len(line) == width else f"{line}\n" for line in lines)


def _fill_lines(lines: list[str], width: int) -> str:
    """Join lines if the first word of the next line would not have fitted."""
    lines_out = [lines[0]]
    for before, line in pairwise(lines):
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if word and before.strip() and len(before) + 1 + len(word) > width:
            lines_out[-1] += f" {line.lstrip()}"
        else:
            lines_out.append(line)
    return "\n".join(lines_out)
