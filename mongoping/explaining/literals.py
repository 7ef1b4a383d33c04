"""Derive from an expression which strings every match of it contains. Pure.

A text that contains none of them need not be searched for the expression, and the expression need
not be compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mongoping.lazy_re import lazy_compile

LEAST_LITERAL = 3


def may_match(source: str, lower: str) -> bool:
    """Return False if an expression cannot match a text, of which ``lower`` is the lower case."""
    words = literals(source)
    return not words or any(literal in lower for literal in words)


@cache
def literals(source: str) -> tuple[str, ...]:
    """Return lower-case strings, one of which every match contains; empty if unknown.

    For each branch, this is its longest run of plain characters, or the literals of a group.
    """
    if not _SPECIAL.search(source):
        return (source.lower(),) if len(source) >= LEAST_LITERAL else ()
    longest_runs: list[str] = []
    for branch in branches(source):
        best = max(_needs(branch), key=_worth, default=())
        if min(map(len, best), default=0) < LEAST_LITERAL:
            return ()
        longest_runs += best
    return tuple(dict.fromkeys(longest_runs))


def _worth(pieces: tuple[str, ...]) -> int:
    """Return how selective literals are: long ones are more so than short or many."""
    return min(map(len, pieces), default=0) - len(pieces) + 1


_SPECIAL = lazy_compile(r"[\\\[{()|?*+.^$]")
_PIECE = lazy_compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|[()|?*+.^$]|[^\\\[{()|?*+.^$]+|\{", re.DOTALL
)
"""The pieces of an expression: escapes, classes and repetitions whole, runs of plain characters."""


def branches(source: str) -> list[str]:
    """Split an expression at the bars outside of all groups."""
    if "|" not in source:
        return [source]
    parts, start, depth = [], 0, 0
    for match in _PIECE.finditer(source):
        piece = match[0]
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
        elif piece == "|" and depth == 0:
            parts.append(source[start : match.start()])
            start = match.end()
    return [*parts, source[start:]]


def _needs(branch: str) -> Iterator[tuple[str, ...]]:
    """Yield what every match of a branch contains: literals, and a piece of each group."""
    run, before, depth, opening = "", "", 0, 0
    for match in _PIECE.finditer(branch):
        piece = match[0]
        if piece == "(":
            if depth == 0:
                opening, before = match.end(), run
            depth += 1
        elif piece == ")":
            depth -= 1
            if depth == 0:
                group = _of_group(branch[opening : match.start()], branch[match.end() :][:1])
                yield group
                yield _join_words(before, branch[opening : match.start()], group)
        elif depth:
            continue
        elif piece[0] == "\\" and not piece[1].isalnum():
            run += piece[1]
            continue
        elif piece[0] not in "\\[{?*+.^$|":
            run += piece.lower()
            continue
        if run:
            yield (run[:-1] if piece[0] in "?*{" else run,)
        run = ""
    yield (run,)


def _join_words(before: str, inside: str, group: tuple[str, ...]) -> tuple[str, ...]:
    """Join the text before a group with each word of the group, if these are plain words."""
    words = inside.removeprefix("?:").lower().split("|")
    plain = bool(group) and all(word.replace(" ", "").isalnum() for word in words)
    return tuple(before + word for word in words) if before and plain else ()


def _of_group(inside: str, behind: str) -> tuple[str, ...]:
    """Return what a group must contain; nothing if it is a lookaround or optional."""
    if behind in ("?", "*", "{") or (inside.startswith("?") and not inside.startswith("?:")):
        return ()
    return literals(inside.removeprefix("?:"))
