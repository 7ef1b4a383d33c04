"""Find the patterns of the causes in a text. Pure.

A pattern is an item of ``says`` of its cause: a regular expression, matched without regard to
case in the text and its marks (see `mongoping.explaining.reading`). A comment at its beginning
states its strength: ``(?#likely)`` and ``(?#possible)`` for text that has other causes too,
``(?#also)`` if the cause is only an alternative. ``(?#otherwise)`` is for the form of an error,
such as its class and its stack frame: it counts only if no words fit, and is then likely. Without
a comment, the text is certain.

A pattern is compiled only if the text contains one of its literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mongoping import registry
from mongoping.causes import messages
from mongoping.explaining.reading import Reading
from mongoping.lazy_re import lazy_compile

ALSO, OTHERWISE, POSSIBLE, LIKELY, CERTAIN = range(5)
STRENGTHS = {
    "also": ALSO,
    "otherwise": OTHERWISE,
    "possible": POSSIBLE,
    "likely": LIKELY,
    "certain": CERTAIN,
}
MAX_HITS = 24  # of one pattern in one text: enough for every host of a deployment
LEAST_LITERAL = 3
_STRENGTH = lazy_compile(r"\(\?#(also|otherwise|possible|likely|certain)\)")


class Pattern(NamedTuple):
    """One pattern of a cause. One of ``literals`` must occur in the text, unless it is empty."""

    cause: str
    source: str
    strength: int
    literals: tuple[str, ...]


class Hit(NamedTuple):
    """A pattern that matched, and its position."""

    cause: str
    strength: int
    start: int
    end: int


@cache
def catalog() -> tuple[Pattern, ...]:
    """Return every pattern of every cause."""
    return tuple(
        pattern(cause.code, say)
        for cause in registry.causes()
        for say in messages.patterns_of(cause)
    )


def pattern(code: str, say: str) -> Pattern:
    """Return the pattern for an item of ``says``."""
    found = _STRENGTH.match(say)
    strength = STRENGTHS[found[1]] if found else CERTAIN
    source = say[found.end() :] if found else say
    return Pattern(code, source, strength, literals(source))


@cache
def compiled(source: str) -> re.Pattern[str]:
    """Return the compiled expression."""
    return re.compile(source, re.IGNORECASE | re.MULTILINE)


def hits(reading: Reading) -> Iterator[Hit]:
    """Yield every match of every pattern in a text."""
    lower = reading.text.lower()
    for pattern in catalog():
        if not _has_any(pattern.literals, lower):
            continue
        for count, found in enumerate(compiled(pattern.source).finditer(reading.text)):
            if count >= MAX_HITS:
                break
            yield Hit(pattern.cause, pattern.strength, found.start(), found.end())


def may_match(source: str, lower: str) -> bool:
    """Return False if an expression cannot match a text, of which ``lower`` is the lower case."""
    return _has_any(literals(source), lower)


def _has_any(needed: tuple[str, ...], lower: str) -> bool:
    return not needed or any(literal in lower for literal in needed)


@cache
def literals(source: str) -> tuple[str, ...]:
    """Return lower-case strings, one of which every match contains; empty if unknown.

    For each branch, this is its longest run of plain characters, or the literals of a group.
    """
    if not _SPECIAL.search(source):
        return (source.lower(),) if len(source) >= LEAST_LITERAL else ()
    found: list[str] = []
    for branch in branches(source):
        best = max(_needs(branch), key=_worth, default=())
        if min(map(len, best), default=0) < LEAST_LITERAL:
            return ()
        found += best
    return tuple(dict.fromkeys(found))


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
    found, start, depth = [], 0, 0
    for match in _PIECE.finditer(source):
        piece = match[0]
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
        elif piece == "|" and depth == 0:
            found.append(source[start : match.start()])
            start = match.end()
    return [*found, source[start:]]


def _needs(branch: str) -> Iterator[tuple[str, ...]]:
    """Yield what every match of a branch contains: literals, and a piece of each group."""
    run, before, depth, opened = "", "", 0, 0
    for match in _PIECE.finditer(branch):
        piece = match[0]
        if piece == "(":
            if depth == 0:
                opened, before = match.end(), run
            depth += 1
        elif piece == ")":
            depth -= 1
            if depth == 0:
                group = _of_group(branch[opened : match.start()], branch[match.end() :][:1])
                yield group
                yield _joined(before, branch[opened : match.start()], group)
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


def _joined(before: str, inside: str, group: tuple[str, ...]) -> tuple[str, ...]:
    """Join the text before a group with each word of the group, if these are plain words."""
    words = inside.removeprefix("?:").lower().split("|")
    plain = bool(group) and all(word.replace(" ", "").isalnum() for word in words)
    return tuple(before + word for word in words) if before and plain else ()


def _of_group(inside: str, behind: str) -> tuple[str, ...]:
    """Return what a group must contain; nothing if it is a lookaround or optional."""
    if behind in ("?", "*", "{") or (inside.startswith("?") and not inside.startswith("?:")):
        return ()
    return literals(inside.removeprefix("?:"))
