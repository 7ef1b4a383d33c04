"""Find the arguments of a call in the text of a program, without a parser. Pure.

This handles what the snippets contain: quoted strings and paired brackets, but no comments
inside a call. The tests try every snippet.
"""

from __future__ import annotations

from typing import NamedTuple

_OPENING, _CLOSING = "([{", ")]}"


class Call(NamedTuple):
    """The arguments of a call; ``text[start:end]`` is the text between its brackets."""

    start: int
    end: int
    arguments: tuple[str, ...]


def find_call(text: str, name: str) -> Call | None:
    """Return the first call of ``name``, or None."""
    at = text.find(f"{name}(")
    if at < 0:
        return None
    start = at + len(name) + 1
    end = _closing(text, start)
    return Call(start, end, split_items(text[start:end]))


def split_items(text: str) -> tuple[str, ...]:
    """Split at commas that are outside all strings and brackets."""
    items, depth, begin, at = [], 0, 0, 0
    while at < len(text):
        if text[at] in "\"'":
            at = _after_string(text, at)
            continue
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if text[at] == "," and depth == 0:
            items.append(text[begin:at])
            begin = at + 1
        at += 1
    items.append(text[begin:])
    return tuple(item.strip() for item in items if item.strip())


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
