"""Decide when to try again, when to stop, and when a deployment is ready. Pure.

A cause either passes with time (a server that starts, an election, a user that is about to be
created) or stays until somebody changes something (a wrong password). Waiting for the second
kind only delays the result. The catalog says for each cause what a wait for it waits for
(`mongoping.model.Cause.awaits`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mongoping import registry
from mongoping.model.waiting import Change, Waiting
from mongoping.observations import hellos
from mongoping.record import NOTHING, Record
from mongoping.uri.hosts import is_atlas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.model import Evidence, Verdict

FIRST_DELAY_S = 0.1
LAST_DELAY_S = 0.4  # with an attempt of some 0.1 s, ready is seen within half a second
GROWTH = 1.5
MAX_CHANGES = 100  # of a set that flaps for an hour, the first ones and the last

LOCAL_SUFFIXES = (
    ".cluster.local",
    ".consul",
    ".corp",
    ".docker",
    ".home.arpa",
    ".internal",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
    ".svc",
    ".test",
)


def is_local_name(name: str) -> bool:
    """Return whether a name is one of a local network: a service of Compose or Kubernetes."""
    return "." not in name or name.lower().rstrip(".").endswith(LOCAL_SUFFIXES)


def waits_for(cause: str, names: Sequence[str] = ()) -> str | None:
    """Return what to wait for, or None if waiting for this cause cannot help.

    ``names`` are the host names or the SRV name of the connection string. A name that does
    not exist may appear: Compose and Kubernetes publish a service's name when it is ready.
    An unexplained failure may pass. Two kinds of names end the wait, because a mistake is far
    likelier: Atlas names, which exist before a connection string can be copied and whose absence
    resolvers cache for minutes; and public names without SRV records, which usually need
    ``mongodb://``.
    """
    known_cause = registry.cause(cause)
    if cause.startswith("uri.") or (known_cause is not None and not known_cause.awaits):
        return None
    if cause == "dns.host-not-found" and names and all(map(is_atlas, names)):
        return None
    if cause in ("dns.srv-not-found", "dns.srv-empty") and not all(map(is_local_name, names)):
        return None
    return known_cause.awaits if known_cause is not None else "the deployment to be ready"


class Plan(Record):
    """The limits and the goal of a wait. Times are in seconds."""

    wait: float = 0.0
    until: str | None = None
    stable: float = 0.0
    keep: bool = False  # go on through causes that end a wait
    names: tuple[str, ...] = ()  # of the connection string; they decide about missing DNS records


class Step(Record):
    """The next step after an attempt: end, or try again after ``delay`` seconds."""

    kind: Literal["end", "again"]
    delay: float = 0.0
    news: Change | None = None  # what is different from the attempt before


class Mark(Record):
    """The servers that replied: the process behind each host, and the primaries they report."""

    processes: Mapping[str, str | None] = NOTHING
    primaries: frozenset[str] = frozenset()

    def differs(self, later: Mark) -> bool:
        """Return whether a host was restarted since, or another primary was elected."""
        has_restarted = any(
            later.processes.get(host, process) != process
            for host, process in self.processes.items()
        )
        return has_restarted or (bool(self.primaries) and self.primaries != later.primaries)


class Wait(Record):
    """The state of one wait; `after` gives the next state and what to do."""

    plan: Plan
    attempts: int = 0
    delay: float = FIRST_DELAY_S
    ready_at: float | None = None  # since when it has been ready without a break
    mark: Mark | None = None  # who answered then
    changes: tuple[Change, ...] = ()

    def after(
        self, verdict: Verdict | None, mark: Mark, began: float, now: float
    ) -> tuple[Wait, Step]:
        """Return the next state and step after an attempt from ``began`` to ``now`` (seconds).

        ``mark`` identifies the servers; if it changed, the time of stability starts again.
        """
        next_wait = self.replace(attempts=self.attempts + 1)
        if verdict is None:
            return next_wait._ready(mark, began, now)
        detail = "; ".join(verdict.evidence) or verdict.title
        return next_wait._failed(verdict.cause, detail, began, now)

    def _ready(self, mark: Mark, began: float, now: float) -> tuple[Wait, Step]:
        since, news = self.ready_at, None
        if since is None:
            since, news = now, Change(now, None, "ready")
        elif self.mark is not None and self.mark.differs(mark):
            words = "ready again: a server was restarted, or the primary changed"
            since, news = now, Change(now, None, words)
        state = self._noting(news).replace(ready_at=since, mark=mark)
        # an attempt proves what was true when it began, not when it ended
        if began - since >= self.plan.stable or self.plan.stable <= 0:
            return state, Step("end", news=news)
        remaining_s = self.plan.stable - (now - since)
        delay = min(LAST_DELAY_S, max(remaining_s, 0.02))
        return state.replace(delay=FIRST_DELAY_S), Step("again", delay, news)

    def _failed(self, cause: str, detail: str, began: float, now: float) -> tuple[Wait, Step]:
        former = self.changes[-1] if self.changes else None
        is_change = former is None or former.cause != cause
        condition = waits_for(cause, self.plan.names)
        # in the middle of a change, what passes can look permanent: then ask once more
        is_settled = former is None or not is_change
        ends = now >= self.plan.wait or (condition is None and is_settled and not self.plan.keep)
        if condition is None:
            condition = "another result" if self.plan.keep else "a second result"
        news = Change(now, cause, detail, None if ends else condition) if is_change else None
        state = self._noting(news).replace(ready_at=None, mark=None)
        if ends:
            return state, Step("end", news=news)
        delay = FIRST_DELAY_S if is_change else min(self.delay * GROWTH, LAST_DELAY_S)
        delay = min(delay, max(self.plan.wait - now, 0.0))
        return state.replace(delay=delay), Step("again", delay, news)

    def _noting(self, news: Change | None) -> Wait:
        if news is None:
            return self
        half = MAX_CHANGES // 2
        changes = self.changes
        if len(changes) >= MAX_CHANGES:
            changes = (*changes[:half], *changes[half + 1 :])
        return self.replace(changes=(*changes, news))

    def record(self, now: float) -> Waiting:
        """Return the record of this wait for the report; ``now`` is when it ended."""
        return Waiting(
            until=self.plan.until,
            limit_s=self.plan.wait,
            stable_s=self.plan.stable,
            took_s=now,
            attempts=self.attempts,
            changes=self.changes,
            ready=self.ready_at is not None,
        )


def mark_of(evidence: Evidence) -> Mark:
    """Return which servers answered in a run."""
    rows = hellos(evidence).items()
    return Mark(
        {host: hello.process for host, hello in rows},
        frozenset(hello.primary for _, hello in rows if hello.primary),
    )
