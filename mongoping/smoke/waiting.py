"""When to ask again, when to stop, and when ready is ready. Pure: the caller has the clock.

A cause either passes with time (a server that starts, a set that elects, a user that is
about to be created) or stays until somebody changes something (a wrong password). Waiting
for the second kind only delays the news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mongoping.record import NOTHING, Record
from mongoping.waited import Change, Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import Evidence, Verdict

FIRST_DELAY_S = 0.1
LAST_DELAY_S = 0.4  # with an attempt of some 0.1 s, ready is seen within half a second
GROWTH = 1.5
MAX_CHANGES = 100  # of a set that flaps for an hour, the first ones and the last

PERMANENT = frozenset(
    {
        "api.deprecated",
        "api.required",
        "api.strict-violation",
        "api.unsupported",
        "atlas.not-atlas",
        "atlas.private-endpoint",
        "auth.aws-credentials",
        "auth.dependency-missing",
        "auth.failed",
        "auth.kerberos",
        "auth.ldap",
        "auth.mechanism-unavailable",
        "auth.oidc",
        "auth.password-characters",
        "auth.required",
        "auth.wrong-auth-source",
        "auth.x509-no-certificate",
        "client.bson-conflict",
        "client.closed",
        "client.compressor-missing",
        "client.dnspython-missing",
        "client.driver-too-old",
        "client.event-loop-mismatch",
        "client.fork-unsafe",
        "client.http-to-mongodb",
        "client.motor-pymongo-mismatch",
        "client.python-ssl-missing",
        "client.python-too-new",
        "client.python-too-old",
        "compat.not-genuine",
        "compat.server-too-old",
        "dns.host-not-found",
        "dns.resolver-config",
        "dns.srv-empty",
        "dns.srv-not-found",
        "dns.srv-parent-domain-mismatch",
        "dns.txt-invalid",
        "hello.not-mongodb",
        "hello.wire-version-too-new",
        "hello.wire-version-too-old",
        "tcp.proxy",
        "tls.bad-key-file",
        "tls.certificate-expired",
        "tls.certificate-not-yet-valid",
        "tls.certificate-purpose",
        "tls.client-certificate-rejected",
        "tls.client-certificate-required",
        "tls.crl-invalid",
        "tls.hostname-mismatch",
        "tls.invalid-chain",
        "tls.not-enabled-on-server",
        "tls.protocol-version",
        "tls.required-by-server",
        "tls.revoked",
        "tls.unknown-ca",
        "tls.weak-certificate",
        "topology.direct-connection-needed",
        "topology.load-balanced-mismatch",
        "topology.replica-set-required",
        "topology.set-name-mismatch",
        "topology.set-name-missing",
    }
)
"""Causes that no waiting mends, besides every one of the ``uri`` layer."""


def permanent(cause: str) -> bool:
    """Whether waiting for this cause to pass is in vain."""
    return cause.startswith("uri.") or cause in PERMANENT


class Plan(Record):
    """How long to wait for what. Times are in seconds."""

    wait: float = 0.0
    until: str | None = None
    stable: float = 0.0
    keep: bool = False  # go on through causes that are permanent


class Step(Record):
    """What to do after an attempt: end, or ask again after ``delay`` seconds."""

    kind: Literal["end", "again"]
    delay: float = 0.0
    news: Change | None = None  # what is different from the attempt before


class Mark(Record):
    """Who answered: the process behind each host, and the primaries that they name."""

    processes: Mapping[str, str | None] = NOTHING
    primaries: frozenset[str] = frozenset()

    def differs(self, later: Mark) -> bool:
        """Whether a host was restarted since, or another primary was elected."""
        restarted = any(
            later.processes.get(host, process) != process
            for host, process in self.processes.items()
        )
        return restarted or (bool(self.primaries) and self.primaries != later.primaries)


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
        """Weigh an attempt that ran from ``began`` to ``now``, both since the waiting began.

        ``mark`` tells who answered; where it differs, the time of stability starts anew.
        """
        counted = self.replace(attempts=self.attempts + 1)
        if verdict is None:
            return counted._ready(mark, began, now)
        detail = "; ".join(verdict.details) or verdict.title
        return counted._failed(verdict.cause, detail, began, now)

    def _ready(self, mark: Mark, began: float, now: float) -> tuple[Wait, Step]:
        since, news = self.ready_at, None
        if since is None:
            since, news = now, Change(now, None, "ready")
        elif self.mark is not None and self.mark.differs(mark):
            words = "ready again: a server was restarted, or another one became primary"
            since, news = now, Change(now, None, words)
        state = self._noting(news).replace(ready_at=since, mark=mark)
        # an attempt proves what was true when it began, not when it ended
        if began - since >= self.plan.stable or self.plan.stable <= 0:
            return state, Step("end", news=news)
        left = self.plan.stable - (now - since)
        delay = min(LAST_DELAY_S, max(left, 0.02))
        return state.replace(delay=FIRST_DELAY_S), Step("again", delay, news)

    def _failed(self, cause: str, detail: str, began: float, now: float) -> tuple[Wait, Step]:
        former = self.changes[-1] if self.changes else None
        changed = former is None or former.cause != cause
        news = Change(now, cause, detail) if changed else None
        state = self._noting(news).replace(ready_at=None, mark=None)
        if now >= self.plan.wait:
            return state, Step("end", news=news)
        # what is changing at this moment can look permanent: then it is asked once more
        settled = former is None or not changed
        if permanent(cause) and settled and not self.plan.keep:
            return state, Step("end", news=news)
        delay = FIRST_DELAY_S if changed else min(self.delay * GROWTH, LAST_DELAY_S)
        delay = min(delay, max(self.plan.wait - now, 0.0))
        return state.replace(delay=delay), Step("again", delay, news)

    def _noting(self, news: Change | None) -> Wait:
        if news is None:
            return self
        half = MAX_CHANGES // 2
        kept = self.changes
        if len(kept) >= MAX_CHANGES:
            kept = (*kept[:half], *kept[half + 1 :])
        return self.replace(changes=(*kept, news))

    def told(self, now: float) -> Waiting:
        """The record of this wait, for the report; ``now`` is when it ended."""
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
    """Who answered in a run."""
    rows = [(str(one.host), one.data) for one in evidence.of("hello") if one.ok]
    return Mark(
        {host: seen.process for host, seen in rows},
        frozenset(seen.primary for _, seen in rows if seen.primary),
    )
