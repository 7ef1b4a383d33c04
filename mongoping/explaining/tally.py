"""Count the errors of a log by their cause, and follow each until it is over. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mongoping.explaining import origins, outages, weighing
from mongoping.explaining.hosts import is_loopback
from mongoping.explaining.prefixes import container
from mongoping.explaining.record import CONFIDENCES, Explanation
from mongoping.explaining.records import Entry, time_of
from mongoping.record import Record

MAX_HOSTS = 20  # of one group
MAX_FOLLOWED = 10_000  # servers whose errors are followed until they are over
MAX_ASKED = 2_000  # records of one group that are asked for their host
LOGIN = "auth."
CLIENTS = (LOGIN, "tls.")  # causes that a server logs about the connection of a client
LOGIN_LINES = 8  # in which a server logs the attempts of one login
# causes that end when the server, or the primary, is reached
CURABLE = ("tcp.", "dns.", "hello.", "ping.", "network.", "topology.", "tls.", "atlas.", "pool.")
ELECTIONS = ("topology.no-primary", "topology.not-primary", "topology.not-initialized")


class Group(Record):
    """All errors of one cause: their number, first and last time, and first line.

    ``resolved`` is the time at which the last of them was over, None if the log does not show
    it, and ``seconds`` how long that took. ``follows`` is the cause of a server that does not run,
    if clients may report these errors because of it. ``containers`` are those that wrote the
    errors; an empty name is a writer that may run outside of a container.
    """

    explanation: Explanation
    count: int
    line: int
    first: str | None = None
    last: str | None = None
    hosts: tuple[str, ...] = ()
    resolved: str | None = None
    seconds: float | None = None
    follows: str | None = None
    containers: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Return whether all errors are about loopback addresses."""
        return bool(self.hosts) and all(map(is_loopback, self.hosts))

    @property
    def contained(self) -> bool:
        """Return whether all errors were written in containers."""
        return bool(self.containers) and "" not in self.containers


class Tally:
    """A group while it is being counted. ``open`` has the servers of errors that are not over."""

    __slots__ = (
        "asked", "containers", "count", "explanation", "first", "hosts", "last", "line", "open",
        "over", "since", "text",
    )  # fmt: skip

    def __init__(self, explanation: Explanation, line: int, text: str) -> None:
        self.explanation = explanation
        self.text = text
        self.line = line
        self.count = self.asked = 0
        self.first: str | None = None
        self.last: str | None = None
        self.hosts: dict[str, None] = {}
        self.containers: dict[str, None] = {}
        self.open: dict[str, str | None] = {}  # with the time since when
        self.since: str | None = None
        self.over: str | None = None

    def add(self, entry: Entry, hosts: tuple[str, ...]) -> None:
        """Count an error about these servers; without any, about the one it names."""
        self.count += 1
        if len(self.containers) < MAX_HOSTS:
            self.containers[container(entry.head, entry.writer)] = None
        when = self.touch(entry)
        if hosts or self.count == 1:
            self._name(*(hosts or self.explanation.hosts))
        elif self.hosts and len(self.hosts) < MAX_HOSTS and self.asked < MAX_ASKED:
            self.asked += 1
            self._name(origins.named_host(entry.text) or "")
        for host in hosts or (outages.ANY,):
            if len(self.open) < MAX_FOLLOWED:
                self.open.setdefault(host, when)
        self.over = None

    def touch(self, entry: Entry) -> str | None:
        """Note the time of a record of this group, and return it."""
        when = time_of(entry.head) or time_of(entry.text)
        if when is not None:
            self.last = when
            self.first = self.first or when
        return when

    def _name(self, *hosts: str) -> None:
        for host in hosts:
            is_known = any(other == host or other.startswith(f"{host}:") for other in self.hosts)
            if host and not is_known and len(self.hosts) < MAX_HOSTS:
                self.hosts[host] = None

    def close(self, host: str, when: str | None) -> None:
        """Note that a server was reached."""
        keys = (host, outages.ANY) if host in self.hosts else (host,)
        for key in keys:
            if key in self.open:
                self._end(self.open.pop(key), when)

    def close_all(self, when: str | None) -> None:
        """Note that the errors are over, whatever server they are about."""
        for host in tuple(self.open):
            self._end(self.open.pop(host), when)

    def _end(self, since: str | None, when: str | None) -> None:
        if not self.open:
            self.since, self.over = since, when

    def group(self) -> Group:
        """Return the counted group."""
        return Group(
            self.explanation,
            self.count,
            self.line,
            self.first,
            self.last,
            tuple(self.hosts),
            self.over,
            outages.elapsed_s(self.since, self.over) if self.over else None,
            containers=tuple(self.containers),
        )


class _Login(NamedTuple):
    """The last failed login in a server's log: its connection, line and group.

    ``preface`` is True if more attempts of the same login follow.
    """

    client: str
    line: int
    tally: Tally
    preface: bool

    def near(self, entry: Entry) -> bool:
        """Return whether a line is near enough to be about the same login."""
        return entry.line - self.line <= LOGIN_LINES

    def again(self, entry: Entry) -> bool:
        """Return whether a failure is another attempt of this login."""
        return self.preface and self.near(entry)


class Tallies:
    """All groups of a log. ``pending`` is True while an error may still end."""

    def __init__(self) -> None:
        self._tallies: dict[str | None, Tally] = {}
        self._down: dict[str, Tally] = {}  # servers whose checks fail
        self._login: _Login | None = None
        self._own: tuple[str, str] | None = None
        self.pending = False

    def __iter__(self) -> Iterator[Tally]:
        """Yield the groups that have errors."""
        return (tally for tally in self._tallies.values() if tally.count)

    def count(self, explanation: Explanation, entry: Entry, lower: str) -> None:
        """Count the error of a record, unless it is one that was counted before."""
        tally = self._tallies.get(explanation.cause) or Tally(explanation, entry.line, entry.text)
        if self._is_same(explanation, tally, entry):
            return
        member = explanation.client == "mongod" and (explanation.cause or "").startswith(
            weighing.MEMBER
        )
        hosts = outages.checked_servers(entry.text, lower) or (
            outages.target(entry.text) if member else ()
        )
        if member:
            hosts = tuple(host for host in hosts if not self._is_own(host))
            if (
                not hosts
                and explanation.cause == weighing.UNREACHABLE
                and (self._down or self._own)
            ):
                tally.touch(entry)
                return
        fresh = tuple(host for host in hosts if host not in self._down)
        if (
            fresh
            and outages.is_selection(entry.text)
            and all(host in tally.hosts for host in fresh)
        ):
            tally.touch(entry)  # the view may be older than the last check
            return
        for host in hosts:
            if host not in fresh:
                self._repeat(host, tally, entry)
        if fresh or not hosts:
            self._tallies[explanation.cause] = tally
            tally.add(entry, fresh)
            if len(self._down) < MAX_FOLLOWED:
                self._down.update(dict.fromkeys(fresh, tally))
            self.pending = True

    def withdraw(self, explanation: Explanation) -> None:
        """Uncount an error whose cause became clear later."""
        tally = self._tallies.get(explanation.cause)
        if tally is not None and tally.count:
            tally.count -= 1

    def start(self, text: str) -> None:
        """Note the address of a server that starts: until it listens, it cannot reach itself."""
        self._own = outages.own(text) or self._own

    def _is_own(self, host: str) -> bool:
        """Return whether a host is the server that writes the log."""
        name, _, port = host.rpartition(":")
        if self._own is None or port != self._own[1]:
            return False
        return name.lower() == self._own[0] or is_loopback(host)

    def _repeat(self, host: str, tally: Tally, entry: Entry) -> None:
        """Note that a check of a server failed again; it may show the cause more clearly."""
        former = self._down[host]
        if tally is former or not _is_clearer(tally.explanation, former.explanation):
            former.touch(entry)
            return
        self._tallies[tally.explanation.cause] = tally
        since = former.open.pop(host, None)
        former.hosts.pop(host, None)
        former.count -= 1
        tally.line = min(tally.line, former.line)
        tally.first = tally.first or since
        tally.add(entry, (host,))
        tally.open[host] = since
        self._down[host] = tally

    def _is_same(self, explanation: Explanation, tally: Tally, entry: Entry) -> bool:
        """Return whether a server logs the failure of a client's connection once more.

        It does so with each attempt of a login, and with each part of a failed handshake.
        """
        code = explanation.cause or ""
        client = outages.client_of(entry.text) if code.startswith(CLIENTS) else None
        if client is None:
            return False
        before = self._login
        if before and before.client == client and before.again(entry):
            before.tally.touch(entry)
            self._login = before._replace(line=entry.line)
            return True
        login = code.startswith(LOGIN)
        follows = outages.is_preface(entry.text) if login else True
        self._login = _Login(client, entry.line, tally, follows)
        return False

    def settle(self, entry: Entry, lower: str) -> None:
        """Note what a record says about servers that work."""
        if self._login and "authenticat" in lower:
            login = self._login
            if login.near(entry) and outages.logged_in(entry.text) == login.client:
                login.tally.count -= 1  # another mechanism worked
                self._login = None
        for sign, host in outages.signs(entry.text, lower):
            when = time_of(entry.head) or time_of(entry.text)
            self._down.pop(host, None)
            for tally in self._tallies.values():
                code = tally.explanation.cause or ""
                by_election = sign == outages.PRIMARY and code in ELECTIONS
                if by_election or (sign == outages.LISTENING and weighing.is_down(code)):
                    tally.close_all(when)
                elif sign == outages.UP and (not code or code.startswith(CURABLE)):
                    tally.close(host, when)
            self.pending = any(tally.open for tally in self._tallies.values())


def _is_clearer(conclusion: Explanation, known_explanation: Explanation) -> bool:
    """Return whether a check shows more than the one before: a member, or a clearer cause."""
    before, after = (
        CONFIDENCES.index(known_explanation.confidence),
        CONFIDENCES.index(conclusion.confidence),
    )
    if before != after:
        return after > before
    member, was_member = (
        (explanation.cause or "").startswith(weighing.MEMBER)
        for explanation in (conclusion, known_explanation)
    )
    return member and not was_member and weighing.is_symptom(known_explanation.cause)
