"""The errors of a log, grouped by their cause. Streams: memory does not grow with the log. Pure.

Most lines of a log are of no interest, and most errors in it are repeated. So a record is first
asked for a few short pieces, of which every pattern has one; then for what it shares with
records that were read before; and only what is new is read as a pasted text would be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from mongoping.explain import explain, foreign, patterns
from mongoping.explain.clean import OPEN
from mongoping.explain.record import Explanation
from mongoping.explain.records import Entry, records, time_of
from mongoping.record import Record

MAX_KNOWN = 20_000  # shapes of records that are remembered
MAX_HOSTS = 20  # of one group
ECHO_LINES = 6  # behind an error that is clear, one that is vague is its echo
GRAM = 5  # characters of a piece that records are asked for


class Group(Record):
    """All errors of one cause: how often, when first and last, and in which line at first."""

    explanation: Explanation
    count: int
    line: int
    first: str | None = None
    last: str | None = None
    hosts: tuple[str, ...] = ()


class Summary(Record):
    """What a log holds: its lines, its errors, and these in groups, the largest first."""

    lines: int
    errors: int
    groups: tuple[Group, ...] = ()


class Reader:
    """Reads a log record by record; `summary` may be asked at any time."""

    def __init__(self) -> None:
        self._known: dict[str, Explanation | None] = {}
        self._groups: dict[str | None, Group] = {}
        self._clear_until = 0
        self.lines = 0

    def read(self, source: Iterable[str]) -> Summary:
        """Read all lines of a log."""
        for entry in records(self._counted(source)):
            self._take(entry)
        return self.summary()

    def _counted(self, source: Iterable[str]) -> Iterable[str]:
        for line in source:
            self.lines += 1
            yield line

    def _take(self, entry: Entry) -> None:
        lower = entry.text.lower()
        if not any(piece in lower for piece in pieces()):
            return
        shape = _shape().sub("#", entry.text)
        if shape in self._known:
            found = self._known[shape]
        else:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            found = self._known[shape] = _explained(entry.text)
        if found is not None and not self._is_echo(entry, found):
            self._count(entry, found)

    def _is_echo(self, entry: Entry, found: Explanation) -> bool:
        """Whether it only repeats, in vaguer words, the error before it."""
        if found.cause is not None and found.confidence != "possible":
            self._clear_until = entry.line + entry.text.count("\n") + ECHO_LINES
            return False
        return entry.line <= self._clear_until

    def _count(self, entry: Entry, found: Explanation) -> None:
        when = time_of(entry.text)
        known = self._groups.get(found.cause)
        if known is None:
            hosts = found.hosts[:MAX_HOSTS]
            self._groups[found.cause] = Group(found, 1, entry.line, when, when, hosts)
            return
        hosts = known.hosts
        if len(hosts) < MAX_HOSTS and any(host not in hosts for host in found.hosts):
            hosts = tuple(dict.fromkeys((*hosts, *found.hosts)))[:MAX_HOSTS]
        self._groups[found.cause] = known.replace(
            count=known.count + 1,
            first=known.first or when,
            last=when or known.last,
            hosts=hosts,
        )

    def summary(self) -> Summary:
        """What was found so far."""
        groups = sorted(self._groups.values(), key=lambda one: (-one.count, one.line))
        return Summary(self.lines, sum(one.count for one in groups), tuple(groups))


def read_log(source: Iterable[str]) -> Summary:
    """The errors of a log, given line by line."""
    return Reader().read(source)


def _explained(text: str) -> Explanation | None:
    """What a record says, where it is an error of a MongoDB client or server; else None."""
    if not foreign.is_mongodb(text):
        return None
    found = explain(text)
    return found if found.cause is not None or _gave_up().search(text) else None


@cache
def _gave_up() -> re.Pattern[str]:
    """A driver has given up, and the record does not say why."""
    return re.compile(
        r"[Ss]erver selection timed out|MongoServerSelectionError|ServerSelectionTimeoutError"
        r"|MongoTimeoutException|server selection (?:error|timeout)|buffering timed out after"
        r"|No suitable servers found|timeout occurr?ed after \d{1,9}ms selecting a server"
    )


@cache
def _shape() -> re.Pattern[str]:
    """What differs between two records that say the same: times, ids, ports of clients."""
    return re.compile(
        r"\d\d:\d\d:\d\d\S{0,20}|[0-9a-f]{12,64}|\d{5,}|(?<=:)\d{4}\b|conn\d+|\d{4}-\d\d-\d\d"
    )


@cache
def pieces() -> tuple[str, ...]:
    """Short pieces of text of which every record that a pattern fits holds one.

    As few as a greedy choice finds, since a log's every record is asked for all of them.
    """
    wanted = {word for one in patterns.catalogue() for word in one.literals if OPEN not in word}
    wanted |= set(_MARK_WORDS)
    chosen: list[str] = []
    left = {word for word in wanted if len(word) >= GRAM}
    short = sorted(word for word in wanted if 0 < len(word) < GRAM)
    while left:
        grams = Counter(gram for word in left for gram in _grams(word))
        best = max(grams, key=lambda gram: (grams[gram], gram))
        chosen.append(best)
        left = {word for word in left if best not in word}
    return (*chosen, *short)


def _grams(word: str) -> set[str]:
    return {word[at : at + GRAM] for at in range(len(word) - GRAM + 1)}


# The words behind which numbers and ends of streams are marked, see `mongoping.explain.reading`.
_MARK_WORDS = (
    "errno", "winerror", "os error", "system:", "socketexception", "code:", "code'", 'code"',
    "error code", "failed with", "server error", "message length", "message size", "msglen",
    "response id", "alert", "eof", "closed", "end of stream", "disconnected before",
    "unexpected end", "server selection", "servers found", "timed out", "timeout",
)  # fmt: skip
