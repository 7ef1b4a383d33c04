"""Decide cheaply which records of a log may be errors, and which of these are of one kind. Pure.

Most lines of a log are irrelevant. A record is searched once for all strings that matter: those
of which every record about MongoDB has one, the literals of the patterns, and what stands next to
numbers. Records with the same literals and numbers have the same cause.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import NamedTuple

from mongoping.data.translated_errors import TRANSLATED
from mongoping.explaining import catalog, foreign, patterns, reading
from mongoping.explaining.clean import OPEN
from mongoping.explaining.literals import literals
from mongoping.explaining.numbers import CODES
from mongoping.explaining.routine import CUES, without_routine
from mongoping.explaining.scan import Scanner

_CUES = frozenset(CUES)
CODE = "code "  # the beginning of a mark
# The words behind which numbers and ends of streams are marked, see `mongoping.explaining.reading`,
# those of a driver that has given up, and those of a name lookup, see `lookups`.
_MARK_WORDS = (
    "[errno", "errno:", "errno=", "winerror", "os error", "system:", "socketexception",
    "'code':", '"code":', "code: ", "error code", "failed with error", "server error",
    "message length", "message size", "msglen", "response id", " alert", "_alert_",
    "handshake", " closed", "end of stream", "end of the stream", "disconnected before",
    "unexpected end", ": eof", "server selection", "servers found", "buffering timed out",
    "dns resolution", " lookup ", "nameservers failed", "dns.google", "cloudflare-dns", "dns-query",
)  # fmt: skip


class Kind(NamedTuple):
    """What records with the same cause have in common: literals of patterns, and numbers."""

    literals: frozenset[str]
    numbers: frozenset[str]


class Screen:
    """Searches records for the strings that matter."""

    def __init__(self) -> None:
        self._ours = ours()
        self._deciding = _deciding()
        self._codes = _codes()
        self._scanner = Scanner((*self._ours, *self._deciding, *reading.NUMBER_CUES, *CUES))

    def kind(self, text: str, lower: str) -> tuple[str, Kind] | None:
        """Return a record without its routine lines, and its kind; None if it is no error.

        ``lower`` is the text in lower case.
        """
        words = self._scanner.found(lower)
        if words.isdisjoint(self._ours) or words.isdisjoint(self._deciding):
            return None
        rest = without_routine(text, _CUES & words)
        if rest is not text:
            if not rest.strip():
                return None
            words = self._scanner.found(rest.lower())
        return rest, Kind(self._deciding & words, self._numbers(rest, words))

    def _numbers(self, text: str, words: set[str]) -> frozenset[str]:
        """Return the meaning of every number in a record that may decide the cause."""
        if words.isdisjoint(reading.NUMBER_CUES):
            return frozenset()
        return frozenset(
            mark if mark in self._codes else _shorten(mark)
            for mark in reading.numbers_in(text, words)
        )


def _shorten(mark: str) -> str:
    """Return a mark, with the beginning and the length of a code that no pattern names."""
    return f"{mark[: len(CODE) + 2]} {len(mark)}" if mark.startswith(CODE) else mark


@cache
def ours() -> frozenset[str]:
    """Return strings in lower case, one of which every record about MongoDB has."""
    forms = (foreign.MONGODB, *foreign.FORMS)
    every = {word for form in forms for word in literals(form)}
    return frozenset(
        word for word in every if not any(literal in word and literal != word for literal in every)
    )


def _deciding() -> frozenset[str]:
    """Return strings in lower case, one of which every record that shows a cause has."""
    return frozenset((*_MARK_WORDS, *chain.from_iterable(TRANSLATED.values()))).union(
        word
        for pattern in catalog.patterns()
        if pattern.strength > patterns.ALSO
        for word in pattern.literals
        if OPEN not in word
    )


def _codes() -> frozenset[str]:
    """Return the marks of the server codes that decide a cause, and of a few other numbers."""
    sources = (pattern.source for pattern in catalog.patterns() if CODE in pattern.source)
    codes = {number for source in sources for number in re.findall(r"\d+", source)}
    return frozenset(f"{CODE}{number}" for number in codes.union(map(str, CODES.values())))


@cache
def screen() -> Screen:
    """Return the screen of the catalog."""
    return Screen()
