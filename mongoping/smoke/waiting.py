"""Decide when to try again, when to stop, and when a deployment is ready. Pure.

A cause either passes with time (a server that starts, an election, a user that is about to be
created) or stays until somebody changes something (a wrong password). Waiting for the second
kind only delays the result. Every cause of the catalog is in one of the
two tables, and a test fails until a new one is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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

WAITS_FOR: Mapping[str, str] = {
    "atlas.access-list-pending": "the IP access list to take effect",
    "atlas.cluster-changing": "the cluster to finish its change",
    "atlas.cluster-paused": "the cluster to be resumed",
    "atlas.ip-not-allowed": "this address to be on the IP access list",
    "atlas.shared-tier-limit": "the limits of the shared tier to allow it",
    "atlas.user-not-in-project": "the user to be created",
    "auth.not-authorized": "the user to get the role",
    "auth.unanswered": "the login to be answered",
    "auth.user-not-found": "the user to be created",
    "auth.x509-subject-mismatch": "the user of the certificate to be created",
    "client.fd-limit": "open files to be closed",
    "client.no-local-port": "a local port to become free",
    "client.not-connected-yet": "the client to connect",
    "client.resource-limit": "memory, buffers or threads to become free",
    "dns.host-not-found": "the name to resolve",
    "dns.resolver-failed": "the DNS resolver to find an answer",
    "dns.resolver-refused": "the DNS resolver to accept questions",
    "dns.slow": "the DNS resolver to answer faster",
    "dns.srv-empty": "the SRV records to appear",
    "dns.srv-not-found": "the SRV records to appear",
    "dns.timeout": "the DNS resolver to answer",
    "expectation.not-met": "the expectations to be met",
    "hello.closed-by-server": "the server to answer",
    "hello.no-reply": "the server to answer",
    "hello.refused": "the server to accept hello",
    "hello.too-many-connections": "the server to have room for another connection",
    "network.slow": "the network to become faster",
    "ping.lost": "pings to be answered",
    "ping.refused": "the server to answer pings",
    "ping.slow": "the server to answer faster",
    "ping.timeout": "the server to answer pings",
    "pool.exhausted": "a connection of the pool",
    "pool.timeout": "a connection of the pool",
    "server.disk-full": "the server to have disk space",
    "server.keys-not-found": "the cluster to share its keys",
    "server.not-started": "the server to start",
    "server.out-of-memory": "the server to have memory",
    "tcp.refused": "a server to listen",
    "tcp.reset": "the server to keep the connection",
    "tcp.socket-not-found": "the socket file to appear",
    "tcp.timeout": "the host to answer",
    "tcp.unreachable": "a route to the host",
    "tls.alert-internal-error": "the server to complete the TLS handshake",
    "tls.certificate-not-yet-valid": "the certificate to become valid",
    "topology.member-not-ready": "the member to become ready",
    "topology.member-unreachable": "the member to be reachable",
    "topology.member-unresolvable": "the member's name to resolve",
    "topology.mixed-versions": "the upgrade to be complete",
    "topology.no-matching-server": "a member that fits the read preference",
    "topology.no-primary": "a primary",
    "topology.not-a-replica-set": "the server to join the replica set",
    "topology.not-initialized": "the replica set to be initiated",
    "topology.not-primary": "the member to become primary",
    "topology.replication-lag": "the secondaries to catch up",
    "topology.unexpected": "the topology to settle",
    "topology.write-concern-unsatisfiable": "enough members for the write concern",
}
"""Causes that may pass while mongoping waits, and what it waits for. So may an unexplained one."""

ENDS = frozenset(
    {
        "api.deprecated",
        "api.required",
        "api.strict-violation",
        "api.unsupported",
        "atlas.cluster-not-found",
        "atlas.not-atlas",
        "atlas.private-endpoint",
        "atlas.user-scoped-out",
        "auth.aws-credentials",
        "auth.dependency-missing",
        "auth.failed",
        "auth.invalid-reply",
        "auth.iteration-count",
        "auth.kerberos",
        "auth.ldap",
        "auth.mechanism-unavailable",
        "auth.oidc",
        "auth.password-characters",
        "auth.required",
        "auth.wrong-auth-source",
        "auth.x509-no-certificate",
        "client.bson-conflict",
        "client.clock-skew",
        "client.place-unusable",
        "client.closed",
        "client.compressor-missing",
        "client.dnspython-missing",
        "client.driver-defect",
        "client.driver-too-old",
        "client.environment-differs",
        "client.event-loop-mismatch",
        "client.fork-unsafe",
        "client.http-to-mongodb",
        "client.module-missing",
        "client.module-shadowed",
        "client.modules-mismatched",
        "client.motor-end-of-life",
        "client.motor-pymongo-mismatch",
        "client.no-sockets",
        "client.ocsp-cost",
        "client.only-program-works",
        "client.python-ssl-missing",
        "client.python-too-new",
        "client.python-too-old",
        "client.setting-refused",
        "client.ssl-patched",
        "client.trust-store-differs",
        "compat.driver-end-of-life",
        "compat.not-genuine",
        "compat.server-end-of-life",
        "compat.server-too-old",
        "dns.resolver-config",
        "dns.resolvers-disagree",
        "dns.srv-parent-domain-mismatch",
        "dns.txt-invalid",
        "hello.not-mongodb",
        "hello.wire-version-too-new",
        "hello.wire-version-too-old",
        "server.data-directory",
        "server.feature-compatibility",
        "server.key-file",
        "server.no-avx",
        "server.port-in-use",
        "tcp.prohibited",
        "tcp.proxy",
        "tls.bad-key-file",
        "tls.certificate-expired",
        "tls.certificate-expiring",
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
"""Causes that stay until a person changes something, in addition to all of the ``uri`` layer."""

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
    Two kinds of names end the wait, because a mistake is far likelier: Atlas names, which exist
    before a connection string can be copied and whose absence resolvers cache for minutes; and
    public names without SRV records, which usually need ``mongodb://``.
    """
    if cause.startswith("uri.") or cause in ENDS:
        return None
    if cause == "dns.host-not-found" and names and all(map(is_atlas, names)):
        return None
    if cause in ("dns.srv-not-found", "dns.srv-empty") and not all(map(is_local_name, names)):
        return None
    return WAITS_FOR.get(cause, "the deployment to be ready")


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
        """Return the next state and step after an attempt from ``began`` to ``now`` (seconds).

        ``mark`` identifies the servers; if it changed, the time of stability starts again.
        """
        counted = self.replace(attempts=self.attempts + 1)
        if verdict is None:
            return counted._ready(mark, began, now)
        detail = "; ".join(verdict.evidence) or verdict.title
        return counted._failed(verdict.cause, detail, began, now)

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
        left = self.plan.stable - (now - since)
        delay = min(LAST_DELAY_S, max(left, 0.02))
        return state.replace(delay=FIRST_DELAY_S), Step("again", delay, news)

    def _failed(self, cause: str, detail: str, began: float, now: float) -> tuple[Wait, Step]:
        former = self.changes[-1] if self.changes else None
        changed = former is None or former.cause != cause
        awaited = waits_for(cause, self.plan.names)
        # in the middle of a change, what passes can look permanent: then ask once more
        settled = former is None or not changed
        ends = now >= self.plan.wait or (awaited is None and settled and not self.plan.keep)
        if awaited is None:
            awaited = "another result" if self.plan.keep else "a second result"
        news = Change(now, cause, detail, None if ends else awaited) if changed else None
        state = self._noting(news).replace(ready_at=None, mark=None)
        if ends:
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
        {host: seen.process for host, seen in rows},
        frozenset(seen.primary for _, seen in rows if seen.primary),
    )
