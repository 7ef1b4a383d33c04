"""Group the errors of a log by their cause, in constant memory. Pure.

Most lines of a log are irrelevant, and most errors in it are repeated. So a record is first
checked for any mention of MongoDB, and for a similar record that was read before. A new record
is searched for a few short strings, one of which every pattern contains, and then for the
literals of those patterns; records with the same literals and numbers have the same cause. Only
the rest are read like a pasted text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from mongoping.explaining import (
    advice,
    catalog,
    explain,
    foreign,
    origins,
    patterns,
    reading,
    weighing,
)
from mongoping.explaining.clean import OPEN
from mongoping.explaining.literals import literals
from mongoping.explaining.record import Explanation
from mongoping.explaining.records import Entry, records, time_of
from mongoping.explaining.routine import without_routine
from mongoping.lazy_re import lazy_compile
from mongoping.record import Record

MAX_KNOWN = 20_000  # kinds of records that are remembered
MAX_VIEWS = 1_000  # kinds of records, beyond which names no longer tell them apart
MAX_HOSTS = 20  # of one group
MAX_ASKED = 2_000  # records of one group that are asked for their host
ECHO_LINES = 6  # behind an error that is clear, one that is vague is its echo
ENDING_LINES = 60  # in which a mongod that could not start repeats why, and says that it ends
STARTING = "mongodb starting"
GRAM = 5  # characters of a piece that records are asked for


class Group(Record):
    """All errors of one cause: their number, first and last time, and first line."""

    explanation: Explanation
    count: int
    line: int
    first: str | None = None
    last: str | None = None
    hosts: tuple[str, ...] = ()


class Summary(Record):
    """The summary of a log: its lines, its errors, and the groups, largest first."""

    lines: int
    errors: int
    groups: tuple[Group, ...] = ()


class _Tally:
    """A group while it is being counted."""

    __slots__ = ("asked", "count", "explanation", "first", "hosts", "last", "line", "text")

    def __init__(self, explanation: Explanation, line: int, text: str) -> None:
        self.explanation = explanation
        self.text = text
        self.line = line
        self.count = self.asked = 0
        self.first: str | None = None
        self.last: str | None = None
        self.hosts = dict.fromkeys(explanation.hosts[:MAX_HOSTS])

    def add(self, text: str, head: str) -> None:
        """Add an error: its time, and its host if the first one had one."""
        self.count += 1
        when = time_of(head) or time_of(text)
        if when is not None:
            self.last = when
            self.first = self.first or when
        if self.hosts and len(self.hosts) < MAX_HOSTS and self.asked < MAX_ASKED:
            self.asked += 1
            host = origins.named(text)
            if host and not any(known.startswith(f"{host}:") for known in self.hosts):
                self.hosts[host] = None

    def group(self) -> Group:
        """Return the counted group."""
        named = tuple(self.hosts)
        return Group(self.explanation, self.count, self.line, self.first, self.last, named)


class Reader:
    """Reads a log record by record; `summary` may be asked at any time."""

    def __init__(self) -> None:
        self._alike: dict[int, Explanation | None] = {}
        self._same: dict[object, Explanation | None] = {}
        self._tallies: dict[str | None, _Tally] = {}
        self._clear_until = 0
        self._connected: dict[str, str] = {}  # a line for each cluster that was reached
        self._ending: str | None = None
        self._ending_until = 0
        self.lines = 0

    def read(self, source: Iterable[str]) -> Summary:
        """Read all lines of a log."""
        for record in records(self._counted(source)):
            self._take(record)
        return self.summary()

    def _counted(self, source: Iterable[str]) -> Iterable[str]:
        for line in source:
            self.lines += 1
            yield line

    def _take(self, entry: Entry) -> None:
        lower = entry.text.lower()
        if not any(word in lower for word in ours()):
            return
        if STARTING in lower:
            self._ending_until = 0
        if "connect" in lower and len(self._connected) < MAX_HOSTS:
            self._connected.update(dict.fromkeys(origins.answered(entry.text), entry.head))
        key = likeness(entry.text)
        if key in self._alike:
            found = self._alike[key]
        else:
            _room(self._alike)
            found = self._alike[key] = self._new(entry.text, lower)
        if found is None or self._is_echo(entry, found):
            return
        tally = self._tallies.get(found.cause)
        if tally is None:
            tally = self._tallies[found.cause] = _Tally(found, entry.line, entry.text)
        tally.add(entry.text, entry.head)

    def _new(self, text: str, lower: str) -> Explanation | None:
        """Explain a record that differs from all earlier ones."""
        words = literals_in(lower)
        if not words:
            return None
        rest = without_routine(text)
        if rest is not text:
            if not rest.strip():
                return None
            text, words = rest, literals_in(rest.lower())
        kind = (words, *_marks(text), *_DATABASES.findall(text), self._viewed(text))
        if kind not in self._same:
            _room(self._same)
            self._same[kind] = _explained(text)
        return self._same[kind]

    def _viewed(self, text: str) -> str:
        """Return the names that may decide the cause, if there are few enough."""
        return _viewed(text) if len(self._same) < MAX_VIEWS else ""

    def _is_echo(self, entry: Entry, found: Explanation) -> bool:
        """Return whether an error only repeats the previous one in vaguer words."""
        if weighing.is_down(found.cause):
            ends = entry.line <= self._ending_until
            if ends and (found.cause == self._ending or found.confidence != "certain"):
                return True
            self._ending, self._ending_until = found.cause, entry.line + ENDING_LINES
        if found.cause is not None and found.confidence != "possible":
            self._clear_until = entry.line + entry.text.count("\n") + ECHO_LINES
            return False
        return entry.line <= self._clear_until

    def summary(self) -> Summary:
        """Return the summary so far: the largest group first, but a root before its symptoms."""
        every = [self._with_successes(tally) for tally in self._tallies.values()]
        groups = sorted(every, key=lambda group: (-group.count, group.line))
        if any(weighing.is_symptom(group.explanation.cause) for group in groups):
            # a server that does not run is the root of what its clients report
            groups.sort(key=lambda group: not weighing.is_down(group.explanation.cause))
        return Summary(self.lines, sum(group.count for group in groups), tuple(groups))

    def _with_successes(self, tally: _Tally) -> Group:
        """Return a group, explained together with the connections that succeeded."""
        group = tally.group()
        cause = group.explanation.cause or ""
        if not self._connected or not cause.startswith(weighing.CLUSTER):
            return group
        lines = "\n".join((*self._connected.values(), tally.text))
        return group.replace(explanation=explain(lines))


def _room(known: dict[Any, Any]) -> None:
    """Clear the memory when it is full."""
    if len(known) >= MAX_KNOWN:
        known.clear()


_DROPPED = b"0123456789abcdef"


# numbers that may decide the cause
_TELLING = lazy_compile(r"(?:rrno|rror|ode\W{0,4}|umber|ength|ize:?|version) ?\(?(-?\d{1,11})")


def likeness(text: str) -> int:
    """Return the same number for records that differ only in ids, times, ports and counts."""
    rest = text.encode("utf-8", "replace").translate(None, _DROPPED)
    return hash((rest, *_TELLING.findall(text)))


def read_log(source: Iterable[str]) -> Summary:
    """Return the errors of a log, given line by line."""
    return Reader().read(source)


def _explained(text: str) -> Explanation | None:
    """Explain a record that is an error of a MongoDB client or server; None for others."""
    if not foreign.is_mongodb(text):
        return None
    found = explain(text)
    return found if found.cause is not None or advice.failed(text) else None


def _marks(text: str) -> tuple[str, ...]:
    """Return every number in a record that may decide the cause."""
    return tuple(dict.fromkeys(reading.numbers_in(text)))


# the database in which a user was looked up, which decides the cause
_DATABASES = lazy_compile(r"(?:for db|[Ss]ource[=:]) ?\W{0,3}([\w$]{1,64})")


_VIEW_WORDS = lazy_compile(r"[Ss]ervers?(?:\b|Description)|mongodb(?:\+srv)?://|first connect")


# the parts that differ between equivalent views: times, ids, numbers
_SHAPE = lazy_compile(r"[0-9a-f]{12,64}|\d++(?:[.:]\d++)*+")


def _viewed(text: str) -> str:
    """Return the shape of a record in which names decide: it lists servers, or names a string."""
    return _SHAPE.sub("#", text) if _VIEW_WORDS.search(text) else ""


@cache
def ours() -> tuple[str, ...]:
    """Return words of which every record about MongoDB has one, in lower case."""
    forms = (foreign.MONGODB, *foreign.FORMS)
    every = dict.fromkeys(word for form in forms for word in literals(form))
    return tuple(
        word for word in every if not any(literal in word and literal != word for literal in every)
    )


def literals_in(lower: str) -> tuple[str, ...]:
    """Return the literals of patterns that occur in a record, which is in lower case."""
    every = pieces()
    return tuple(
        dict.fromkeys(
            word for piece in every if piece in lower for word in every[piece] if word in lower
        )
    )


@cache
def pieces() -> Mapping[str, tuple[str, ...]]:
    """Return short strings, each with the literals of patterns that contain it.

    A greedy choice keeps their number small, because every record is searched for all of them.
    """
    wanted = {
        word
        for pattern in catalog.patterns()
        if pattern.strength > patterns.ALSO
        for word in pattern.literals
        if OPEN not in word
    }
    wanted |= set(_MARK_WORDS)
    chosen: dict[str, tuple[str, ...]] = {
        word: (word,) for word in sorted(wanted) if len(word) < GRAM
    }
    left = {word for word in wanted if len(word) >= GRAM}
    while left:
        grams = Counter(gram for word in left for gram in _grams(word))
        best = max(grams, key=lambda gram: (grams[gram], gram))
        chosen[best] = tuple(sorted(word for word in left if best in word))
        left -= set(chosen[best])
    return chosen


def _grams(word: str) -> set[str]:
    return {word[at : at + GRAM] for at in range(len(word) - GRAM + 1)}


# The words behind which numbers and ends of streams are marked, see `mongoping.explaining.reading`,
# and those of a driver that has given up.
_MARK_WORDS = (
    "[errno", "errno:", "errno=", "winerror", "os error", "system:", "socketexception",
    "'code':", '"code":', "code: ", "error code", "failed with error", "server error",
    "message length", "message size", "msglen", "response id", " alert", "_alert_",
    "handshake", " closed", "end of stream", "end of the stream", "disconnected before",
    "unexpected end", ": eof", "server selection", "servers found", "buffering timed out",
)  # fmt: skip
