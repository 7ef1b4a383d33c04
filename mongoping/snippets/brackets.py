"""Finding the arguments of one call in the text of a program, without its parser. Pure.

It reads what the snippets hold: strings in quotes, brackets in pairs, no comments inside
a call. Every snippet is tried in the tests.
"""

from __future__ import annotations

from typing import NamedTuple

_OPENING, _CLOSING = "([{", ")]}"


class Call(NamedTuple):
    """The text between the brackets of one call: ``text[start:end]``."""

    start: int
    end: int
    arguments: tuple[str, ...]


def call(text: str, name: str) -> Call | None:
    """The first call of ``name``, None where there is none."""
    at = text.find(f"{name}(")
    if at < 0:
        return None
    start = at + len(name) + 1
    end = _closing(text, start)
    return Call(start, end, items(text[start:end]))


def items(text: str) -> tuple[str, ...]:
    """The parts between commas that stand outside every string and bracket."""
    found, depth, begin, at = [], 0, 0, 0
    while at < len(text):
        if text[at] in "\"'":
            at = _after_string(text, at)
            continue
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if text[at] == "," and depth == 0:
            found.append(text[begin:at])
            begin = at + 1
        at += 1
    found.append(text[begin:])
    return tuple(entry.strip() for entry in found if entry.strip())


def _closing(text: str, start: int) -> int:
    depth, at = 1, start
    while at < len(text):
        if text[at] in "\"'":
            at = _after_string(text, at)
            continue
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if depth == 0:
            return at
        at += 1
    raise ValueError("a bracket is never closed")


def _after_string(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at + 1
