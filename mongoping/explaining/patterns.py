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
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from mongoping.explaining.literals import literals
from mongoping.explaining.scan import has_any
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
_STRENGTH = lazy_compile(r"\(\?#(also|otherwise|possible|likely|certain)\)")


class Pattern(NamedTuple):
    """One pattern of a cause. One of ``literals`` must occur in the text, unless it is empty."""

    cause: str
    source: str
    strength: int
    literals: tuple[str, ...]

    def may_match(self, lower: str) -> bool:
        """Return False if it cannot match a text, of which ``lower`` is the lower case."""
        return not self.literals or has_any(lower, self.literals)


class Hit(NamedTuple):
    """A pattern that matched, and its position."""

    cause: str
    strength: int
    start: int
    end: int


def pattern(code: str, say: str) -> Pattern:
    """Return the pattern for an item of ``says``."""
    match = _STRENGTH.match(say)
    strength = STRENGTHS[match[1]] if match else CERTAIN
    source = say[match.end() :] if match else say
    return Pattern(code, source, strength, literals(source))


@cache
def compiled_expression(source: str) -> re.Pattern[str]:
    """Return the compiled expression."""
    return re.compile(source, re.IGNORECASE | re.MULTILINE)


def hits(text: str, among: Iterable[Pattern]) -> Iterator[Hit]:
    """Yield every match of some patterns in a text with its marks."""
    for pattern in among:
        for count, match in enumerate(compiled_expression(pattern.source).finditer(text)):
            if count >= MAX_HITS:
                break
            yield Hit(pattern.cause, pattern.strength, match.start(), match.end())
