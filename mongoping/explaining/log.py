"""Group the errors of a log by their cause, in constant memory. Pure.

Most lines of a log are irrelevant, and most errors in it are repeated. So a record is compared
with those that were read before, and a new one only gets its kind from `screening`. The first
record of each kind is read like a pasted text, up to a bound.
"""

from __future__ import annotations

from collections.abc import Iterable

from mongoping.explaining import advice, explain, foreign, origins, weighing
from mongoping.explaining.record import Explanation
from mongoping.explaining.records import Entry, records
from mongoping.explaining.screening import screen
from mongoping.explaining.tally import MAX_HOSTS, Group, Tallies, Tally
from mongoping.lazy_re import lazy_compile
from mongoping.record import Record

MAX_KNOWN = 20_000  # kinds of records that are remembered
MAX_EXPLAINED = 6_000_000  # characters of different kinds of records that are explained
MAX_NAMED = 500_000  # of these, after which names no longer make another kind
FIXED_CHARS = 600  # characters for which explaining takes as long as for a short text in addition
ECHO_LINES = 6  # behind an error that is clear, one that is vague is its echo
ENDING_LINES = 60  # in which a mongod that could not start repeats why, and says that it ends
STARTING = "mongodb starting"
REFUSED_CODE = "tcp.refused"
NODE = "-shard-"  # in the names of Atlas's nodes


class Summary(Record):
    """The summary of a log: its lines, its errors, and the groups, largest first.

    ``unread`` is the number of records that were not explained, because too many differed.
    """

    lines: int
    errors: int
    groups: tuple[Group, ...] = ()
    unread: int = 0


UNREAD_RECORD = Explanation()
"""Takes the place of the explanation of a record that is not explained."""


class Reader:
    """Reads a log record by record; `summary` may be asked at any time."""

    def __init__(self, max_explained: int | None = None) -> None:
        self._screen = screen()
        self._max_explained = MAX_EXPLAINED if max_explained is None else max_explained
        self._alike: dict[int, Explanation | None] = {}
        self._same: dict[object, Explanation | None] = {}
        self._explained = 0  # characters
        self._tallies = Tallies()
        self._clear_until = 0
        self._connected: dict[str, str] = {}  # a line for each cluster that was reached
        self._ending: Explanation | None = None
        self._ending_until = 0
        self.lines = 0
        self.unread = 0

    def read(self, source: Iterable[str]) -> Summary:
        """Read all lines of a log."""
        for record in records(self._count_lines(source)):
            self._take(record)
        return self.summary()

    def _count_lines(self, source: Iterable[str]) -> Iterable[str]:
        for line in source:
            self.lines += 1
            yield line

    def _take(self, entry: Entry) -> None:
        lower = entry.text.lower()
        if STARTING in lower:
            self._ending_until = 0
            self._tallies.start(entry.text)
        if NODE in lower and "connect" in lower and len(self._connected) < MAX_HOSTS:
            self._connected.update(
                dict.fromkeys(origins.connected_clusters(entry.text), entry.head)
            )
        key = likeness(entry.text)
        if key in self._alike:
            record_kind = self._alike[key]
        else:
            if len(self._alike) >= MAX_KNOWN:
                self._alike.clear()
            record_kind = self._alike[key] = self._new(entry.text, lower)
        if record_kind is UNREAD_RECORD:
            self.unread += 1
            return
        if record_kind is None:
            if self._tallies.pending:
                self._tallies.settle(entry, lower)
            return
        if self._is_echo(entry, record_kind):
            return
        self._tallies.count(record_kind, entry, lower)

    def _new(self, text: str, lower: str) -> Explanation | None:
        """Explain a record that differs from all earlier ones."""
        record_kind = self._screen.kind(text, lower)
        if record_kind is None:
            return None
        text, kind = record_kind
        key = kind, self._names(text)
        if key not in self._same:
            if self._explained >= self._max_explained:
                return UNREAD_RECORD
            self._explained += len(text) + FIXED_CHARS
            self._same[key] = _explain_record(text)
        return self._same[key]

    def _names(self, text: str) -> int:
        """Return a number for the names that may decide the cause, if there are few enough."""
        if self._explained >= MAX_NAMED:
            return 0
        return hash((*_DATABASES.findall(text), _view_of_record(text)))

    def _is_echo(self, entry: Entry, explanation: Explanation) -> bool:
        """Return whether an error only repeats the previous one in vaguer words."""
        if weighing.ends_server(explanation):
            before, ends = self._ending, entry.line <= self._ending_until
            if before and ends and not _is_clearer(explanation, before):
                return True
            if before and ends and before.cause != explanation.cause:
                self._tallies.withdraw(before)
            self._ending, self._ending_until = explanation, entry.line + ENDING_LINES
        if explanation.cause is not None and explanation.confidence != "possible":
            self._clear_until = entry.line + entry.text.count("\n") + ECHO_LINES
            return False
        return entry.line <= self._clear_until

    def summary(self) -> Summary:
        """Return the summary so far: the largest group first, but a root before its symptoms."""
        every = [self._with_successes(tally) for tally in self._tallies]
        groups = sorted(every, key=lambda group: (-group.count, group.line))
        if any(weighing.is_symptom(group.explanation.cause) for group in groups):
            # a server that does not run is the root of what its clients report
            groups.sort(key=lambda group: not weighing.ends_server(group.explanation))
            groups = [_with_root(group, groups[0]) for group in groups]
        errors = sum(group.count for group in groups)
        return Summary(self.lines, errors, tuple(map(_of_container, groups)), self.unread)

    def _with_successes(self, tally: Tally) -> Group:
        """Return a group, explained together with the connections that succeeded."""
        group = tally.group()
        cause = group.explanation.cause or ""
        if not self._connected or not cause.startswith(weighing.CLUSTER):
            return group
        lines = "\n".join((*self._connected.values(), tally.text))
        return group.replace(explanation=explain(lines))


_HEX_DIGITS = b"0123456789abcdef"


# Numbers that may decide the cause, by the word before them. A choice of the words would take
# several times as long.
_TELLING = {
    word: lazy_compile(rf"{word}{between} ?\(?(-?\d{{1,11}})")
    for word, between in (
        ("rrno", ""), ("rror", ""), ("ode", r"\W{0,4}"), ("umber", ""), ("ength", ""),
        ("ize", ":?"), ("version", ""),
    )
}  # fmt: skip


def _with_root(group: Group, server: Group) -> Group:
    """Return a group with the root that its clients may have met, if there is one.

    The loopback address of a container does not lead to a server in another one.
    """
    explanation, root = group.explanation, server.explanation
    if root.confidence == "possible" or not weighing.ends_server(root):
        return group
    if explanation.client == "mongod" or not weighing.is_symptom(explanation.cause):
        return group
    apart = group.contained and server.contained
    if group.local and apart and not set(group.containers) & set(server.containers):
        return group
    return group.replace(follows=root.cause)


def _of_container(group: Group) -> Group:
    """Return a group with the remedies for containers first, if containers wrote the errors."""
    explanation = group.explanation
    is_refused = explanation.cause == REFUSED_CODE and group.local
    if not group.contained or not (is_refused or weighing.is_down(explanation.cause)):
        return group
    return group.replace(
        explanation=explanation.replace(remedies=advice.containers_first(explanation.remedies))
    )


def _is_clearer(explanation: Explanation, before: Explanation) -> bool:
    """Return whether the last words of a server say more than those before them."""
    if explanation.cause == before.cause:
        return False
    return explanation.confidence == "certain" and before.confidence != "certain"


def likeness(text: str) -> int:
    """Return the same number for records that differ only in ids, times, ports and counts."""
    rest = text.encode("utf-8", "replace").translate(None, _HEX_DIGITS)
    numbers = [tuple(find.findall(text)) for word, find in _TELLING.items() if word in text]
    return hash((rest, *numbers))


def read_log(source: Iterable[str]) -> Summary:
    """Return the errors of a log, given line by line."""
    return Reader().read(source)


def _explain_record(text: str) -> Explanation | None:
    """Explain a record that is an error of a MongoDB client or server; None for others."""
    if not foreign.is_mongodb(text):
        return None
    explanation = explain(text)
    if explanation.cause is None and explanation.missing == advice.NOT_MONGODB:
        return None
    return explanation if explanation.cause is not None or advice.reports_failure(text) else None


# the database in which a user was looked up, which decides the cause
_DATABASES = lazy_compile(r"(?:for db|[Ss]ource[=:]) ?\W{0,3}([\w$]{1,64})")


_VIEW_WORDS = lazy_compile(r"[Ss]ervers?(?:\b|Description)|mongodb(?:\+srv)?://|first connect")


# the parts that differ between equivalent views: times, ids, numbers
_SHAPE = lazy_compile(r"[0-9a-f]{12,64}|\d++(?:[.:]\d++)*+")


def _view_of_record(text: str) -> str:
    """Return the shape of a record in which names decide: it lists servers, or names a string."""
    return _SHAPE.sub("#", text) if _VIEW_WORDS.search(text) else ""
