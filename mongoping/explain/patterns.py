"""The patterns of the causes, found in a text that was read. Pure.

A pattern stands in ``says`` of its cause: a regular expression, matched without regard to case
in the text and its marks (see `mongoping.explain.reading`). What it proves, it says itself, in a
comment at its beginning: ``(?#likely)`` and ``(?#possible)`` for words that have other causes too,
``(?#also)`` for those by which the cause is an alternative and no more. Without one, the words
name the cause.

Nothing is compiled before a piece of it, which has to be there, is seen in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mongoping import collect
from mongoping.explain.reading import Reading
from mongoping.record import Record

ALSO, POSSIBLE, LIKELY, CERTAIN = range(4)
STRENGTHS = {"also": ALSO, "possible": POSSIBLE, "likely": LIKELY, "certain": CERTAIN}
MAX_HITS = 24  # of one pattern in one text: enough for every host of a deployment
LEAST_LITERAL = 3
_STRENGTH = re.compile(r"\(\?#(also|possible|likely|certain)\)")


class Pattern(Record):
    """One pattern of a cause. ``literals``: one of them has to be in the text; none: no telling."""

    cause: str
    source: str
    strength: int
    literals: tuple[str, ...]


class Hit(Record):
    """A pattern that matched, and where."""

    cause: str
    strength: int
    start: int
    end: int


@cache
def catalogue() -> tuple[Pattern, ...]:
    """Every pattern of every cause."""
    return tuple(pattern(cause.code, say) for cause in collect.causes() for say in cause.says)


def pattern(code: str, say: str) -> Pattern:
    """One entry of ``says``."""
    found = _STRENGTH.match(say)
    strength = STRENGTHS[found[1]] if found else CERTAIN
    source = say[found.end() :] if found else say
    return Pattern(code, source, strength, literals(source))


@cache
def compiled(source: str) -> re.Pattern[str]:
    """The expression itself."""
    return re.compile(source, re.IGNORECASE | re.MULTILINE)


def hits(reading: Reading) -> Iterator[Hit]:
    """Every match of every pattern in a text."""
    lower = reading.text.lower()
    for one in catalogue():
        if one.literals and not any(literal in lower for literal in one.literals):
            continue
        for count, found in enumerate(compiled(one.source).finditer(reading.text)):
            if count >= MAX_HITS:
                break
            yield Hit(one.cause, one.strength, found.start(), found.end())


def literals(source: str) -> tuple[str, ...]:
    """Pieces, in lower case, of which every match holds at least one.

    The longest run of plain characters in each branch; nothing where a branch has none.
    """
    longest = tuple(max(_runs(branch), key=len, default="") for branch in branches(source))
    return longest if all(len(one) >= LEAST_LITERAL for one in longest) else ()


def branches(source: str) -> list[str]:
    """An expression cut at the bars that stand outside of all groups.

    An expression that begins with a group of alternatives is cut at those instead, as far as the
    rest of it holds no longer piece.
    """
    found, start, depth = [], 0, 0
    for at, piece in _pieces(source):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
        elif piece == "|" and depth == 0:
            found.append(source[start:at])
            start = at + 1
    return [*found, source[start:]]


def _pieces(source: str) -> Iterator[tuple[int, str]]:
    """The pieces of an expression: escapes and classes whole, all else by the character."""
    at = 0
    while at < len(source):
        end = at + 1
        if source[at] == "\\":
            end = at + 2
        elif source[at] == "[":
            end = source.index("]", at + (3 if source.startswith("[^", at) else 2)) + 1
        elif source[at] == "{" and re.match(r"\{\d*,?\d*\}", source[at:]):
            end = source.index("}", at) + 1
        yield at, source[at:end]
        at = end


def _runs(branch: str) -> Iterator[str]:
    """Runs of characters that every match of a branch holds, in lower case."""
    run, depth = "", 0
    for _, piece in _pieces(branch):
        depth += (piece == "(") - (piece == ")")
        plain = piece[1] if len(piece) == 2 and not piece[1].isalnum() else piece
        if piece[0] in "?*{":
            yield run[:-1]
            run = ""
        elif depth or piece in "().^$|+" or piece[0] == "[" or (len(piece) == 2 and plain == piece):
            yield run
            run = ""
        else:
            run += plain.lower()
    yield run
