"""Turn observations into events: elections, lost members, changes. Pure.

The driver decides on roles, because it detects stale primaries and other sets. Its monitors
learn of changes at once, but retry a lost member only every ten seconds; pings on the wire fill
that gap. One failure is a dropped connection. A second consecutive failure, on a new
connection, means that the member is lost since the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mongoping.settings import MAX_MEMBERS
from mongoping.watch.member import Member
from mongoping.watch.model import (
    DRIVER,
    Beat,
    Certificate,
    Event,
    Gap,
    Login,
    MemberNow,
    Names,
    Now,
    Observation,
    Picture,
    Ping,
    Pool,
    Severity,
)
from mongoping.watch.spells import SpellEnd, Spells, SpellStart

FAILURES = 2  # consecutive failures until a member counts as lost
DROP_QUIET_S = 2.0  # connections to one host that drop within this time are one event
SETTLING_S = 2.0  # the driver discovers members one by one, and not always the primary first
SOON_DAYS = 30.0


class Machine:
    """Consumes observations in chronological order and produces events."""

    def __init__(self, seeds: Iterable[str] = ()) -> None:
        self.type = "Unknown"
        self.set_name: str | None = None
        self.members: dict[str, Member] = {host: Member() for host in seeds}
        self.primary: str | None = None
        self.without_since: float | None = None  # when the primary was lost
        self._old: str | None = None  # the primary before that
        self._state: tuple[Any, ...] = ()
        self._now = Now()
        self._discovered = False
        self._silent = False
        self._spells: dict[str, Spells] = {}
        self._certificates: dict[str, str] = {}
        self._names: dict[tuple[str, str], frozenset[str] | None] = {}

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts to ping."""
        return tuple(self.members)

    def seed(self, hosts: Iterable[str]) -> None:
        """Add hosts to ping until the driver has discovered the members."""
        for host in hosts:
            self.members.setdefault(host, Member())

    def knows(self, host: str) -> bool:
        """Return whether the driver currently knows the role of a member."""
        member = self.members.get(host)
        return member is not None and member.role != "unknown"

    @property
    def now(self) -> Now:
        """Return the current deployment; the same object as before if nothing changed."""
        rows = tuple(
            MemberNow(host, member.shown, member.up, member.lost_at)
            for host, member in self.members.items()
        )
        state = (self.type, self.set_name, rows, self.primary, self.without_since)
        if state != self._state:
            self._state, self._now = state, Now(*state)
        return self._now

    def feed(self, observation: Observation) -> list[Event]:
        """Process an observation and return its events."""
        match observation:
            case Ping():
                return list(self._ping(observation))
            case Beat():
                return list(self._beat(observation))
            case Picture():
                return list(self._picture(observation))
            case Pool():
                self._pool(observation)
                return []
            case Certificate():
                return list(self._certificate(observation))
            case Names():
                return list(self._on_lookup(observation))
            case Login():
                text = f"login refused, not retried: {observation.why}"
                return [
                    _event(
                        observation.at, "login-refused", None, text, "error", why=observation.why
                    )
                ]
            case Gap():
                text = f"no pings for {_duration(observation.seconds)}: this machine slept or hung"
                return [
                    _event(
                        observation.at, "gap", None, text, "warning", seconds=observation.seconds
                    )
                ]

    def _ping(self, ping: Ping) -> Iterator[Event]:
        if ping.ms is not None:
            yield from self._pace(ping.at, ping.host, ping.ms)
        if ping.host == DRIVER or ping.host not in self.members:
            return
        if ping.ms is None:
            # the member became silent when this ping was sent or earlier, after its last answer
            began = ping.sent if ping.timed_out else ping.at
            self.members[ping.host].pings += 1
            yield from self._on_failure(ping.host, began, ping.at, ping.why, silent=ping.timed_out)
            return
        yield from self._on_answer(ping.host, ping.at)
        if ping.role is not None:
            yield from self._wire_role(ping.host, ping.role, ping.at)

    def _beat(self, beat: Beat) -> Iterator[Event]:
        if beat.host not in self.members:
            return
        if beat.why is None:
            yield from self._on_answer(beat.host, beat.at)
            return
        self.members[beat.host].beats += 1
        yield from self._on_failure(beat.host, beat.at, beat.at, beat.why, silent=beat.timed_out)

    def _pool(self, pool: Pool) -> None:
        """Record a cleared pool: a drop, unless the member turns out to be lost."""
        member = self.members.get(pool.host)
        if member is not None and member.lost_at is None and member.failed_at is None:
            member.failed_at, member.why = pool.at, pool.why

    def _on_answer(self, host: str, at: float) -> Iterator[Event]:
        member = self.members[host]
        if member.lost_at is not None:
            away = at - member.lost_at
            text = f"{host} is back after {_duration(away)}"
            yield _event(at, "member-back", host, text, seconds=round(away, 3))
        elif member.failed_at is not None and member.up:
            if member.failed_at - member.dropped >= DROP_QUIET_S:
                text = f"{host}: a connection was dropped and re-established ({member.why})"
                yield _event(at, "drop", host, text, "warning", why=member.why)
            member.dropped = member.failed_at
        member.up, member.beats, member.pings = True, 0, 0
        member.failed_at = member.why = member.lost_at = None
        member.last_ok = at
        if self._silent:
            self._silent = False
            yield _event(at, "reached", None, "the deployment is reachable again")

    def _on_failure(
        self, host: str, began: float, at: float, why: str, *, silent: bool
    ) -> Iterator[Event]:
        """Record a failure; ``began`` is the earliest time at which it may have started."""
        member = self.members[host]
        if member.failed_at is None:
            if silent and member.last_ok is not None and member.last_ok < began:
                began = (member.last_ok + began) / 2  # estimate: halfway in between
            member.failed_at, member.why = began, why
        if max(member.beats, member.pings) < FAILURES or member.lost_at is not None:
            return
        was_up, member.up = member.up, False
        member.lost_at = member.failed_at
        was = member.shown if member.shown != "unknown" else member.last_role
        why = member.why or why if silent else why  # a first error explains more than a timeout
        member.wire_role = None
        if was_up is None:
            text = f"{host} does not answer: {why}"
        else:
            role = f" ({was})" if was != "unknown" else ""
            text = f"{host}{role} is down: {why}"
        yield _event(at, "member-lost", host, text, "error", role=was, since=member.lost_at)
        if host == self.primary:
            yield from self._lose_primary(member.lost_at, at, "is down")
        if not self._silent and all(member.up is False for member in self.members.values()):
            self._silent = True
            yield _event(at, "silent", None, "no member answers", "error")

    def _lose_primary(self, since: float, at: float, why: str) -> Iterator[Event]:
        host = self.primary
        self.primary, self._old, self.without_since = None, host, since
        yield _event(at, "primary-lost", host, f"no primary: {host} {why}", "error", since=since)

    def _wire_role(self, host: str, role: str, at: float) -> Iterator[Event]:
        """Record the role a member claims on the wire; used if the driver does not know it."""
        member = self.members[host]
        if member.role != "unknown":
            return
        if role == "primary" and self.primary not in (None, host):
            return  # a member that missed an election still claims to be primary
        member.wire_role = role
        if role == "primary":
            yield from self._new_primary(host, at)

    def _picture(self, picture: Picture) -> Iterator[Event]:
        yield from self._shape(picture)
        servers = {server.host: server for server in picture.servers[:MAX_MEMBERS]}
        yield from self._membership(servers, picture.at)
        for host, server in servers.items():
            member = self.members[host]
            member.role = server.role
            if server.role == "unknown":
                continue
            before, member.last_role, member.wire_role = member.last_role, server.role, None
            if before == server.role:
                continue
            has_settled = picture.at - member.role_at >= SETTLING_S
            member.role_at = picture.at
            if before != "unknown" and has_settled and "primary" not in (before, server.role):
                text = f"{host} changed from {before} to {server.role}"
                yield _event(picture.at, "role", host, text, role=server.role, before=before)
        yield from self._on_election(servers, picture.at)

    def _shape(self, picture: Picture) -> Iterator[Event]:
        """Record the topology type; report it if the kind of deployment changed."""
        before, self.type = self.type, picture.type
        self.set_name = picture.set_name or self.set_name
        same = {before, picture.type} <= {"ReplicaSetWithPrimary", "ReplicaSetNoPrimary"}
        if "Unknown" not in (before, picture.type) and before != picture.type and not same:
            text = f"the topology changed from {before} to {picture.type}"
            yield _event(
                picture.at, "topology", None, text, "warning", type=picture.type, before=before
            )

    def _membership(self, servers: Mapping[str, Any], at: float) -> Iterator[Event]:
        """Report members that joined or left; the first description silently replaces the seeds."""
        if not servers or (
            not self._discovered and all(server.role == "unknown" for server in servers.values())
        ):
            for host in servers:
                self.members.setdefault(host, Member())
            return
        first, self._discovered = not self._discovered, True
        for host in [member for member in self.members if member not in servers]:
            self._forget(host)
            if not first:
                yield _event(at, "member-gone", host, f"{host} left the set", "warning")
            if host == self.primary:
                yield from self._lose_primary(at, at, "left the set")
        for host in servers:
            if host not in self.members:
                self.members[host] = Member()
                if not first:
                    yield _event(at, "member-new", host, f"{host} joined the set")

    def _forget(self, host: str) -> None:
        del self.members[host]
        self._spells.pop(host, None)
        self._certificates.pop(host, None)
        self._names.pop(("addresses", host), None)

    def _on_election(self, servers: Mapping[str, Any], at: float) -> Iterator[Event]:
        leader = next((host for host, row in servers.items() if row.role == "primary"), None)
        if leader is not None:
            yield from self._new_primary(leader, at)
        elif self.primary is None and self._old is None and self.without_since is None:
            if any(row.role == "secondary" for row in servers.values()) and self.type != "Single":
                self.without_since = at  # there was none when the watch started
        elif self.primary is not None and servers.get(self.primary) is not None:
            role = servers[self.primary].role
            if role != "unknown":
                yield from self._lose_primary(at, at, "stepped down")

    def _new_primary(self, host: str, at: float) -> Iterator[Event]:
        if host == self.primary:
            return
        old = self.primary or self._old
        since = self.without_since
        if old is None and (since is None or at - since < SETTLING_S):
            self.primary, self.without_since = host, None
            return
        if since is None:  # the loss of the old primary was not reported yet
            former = self.members.get(old or "")
            since = former.failed_at if former is not None and former.failed_at else at
        gap = max(at - since, 0.0)
        again = " again" if host == old else ""
        previous = "" if old in (host, None) else f" (previously {old})"
        text = f"{host} is primary{again} after {_duration(gap)} without one{previous}"
        facts = {"old": old, "new": host, "seconds": round(gap, 3), "since": since}
        self.primary, self.without_since, self._old = host, None, None
        yield _event(at, "election", host, text, "warning", **facts)

    def _pace(self, at: float, host: str, ms: float) -> Iterator[Event]:
        change = self._spells.setdefault(host, Spells()).feed(at, ms)
        name = "the driver's pings" if host == DRIVER else host
        match change:
            case SpellStart():
                times = f"{change.ms:.1f} ms instead of the usual {change.usual_ms:.1f} ms"
                text = f"{name}: slow, {times}"
                yield _event(
                    at, "slow", host, text, "warning", ms=change.ms, usual_ms=change.usual_ms
                )
            case SpellEnd():
                text = (
                    f"{name}: back to normal after {_duration(change.seconds)}, "
                    f"max {change.worst_ms:.1f} ms"
                )
                yield _event(
                    at, "slow-over", host, text, seconds=change.seconds, worst_ms=change.worst_ms
                )

    def _certificate(self, certificate: Certificate) -> Iterator[Event]:
        before = self._certificates.get(certificate.host)
        self._certificates[certificate.host] = certificate.fingerprint
        if before is None or before == certificate.fingerprint:
            return
        days = None if certificate.until is None else (certificate.until - certificate.at) / 86400
        until = "" if days is None else f", valid for {days:.0f} days"
        severity: Severity = "warning" if days is not None and days < SOON_DAYS else "info"
        text = f"{certificate.host} presents a different certificate{until}"
        yield _event(certificate.at, "certificate", certificate.host, text, severity, days=days)

    def _on_lookup(self, names: Names) -> Iterator[Event]:
        key = (names.kind, names.name)
        is_known = key in self._names
        before = self._names.get(key)
        if names.values is None:
            failing = is_known and before is None
            self._names[key] = None
            if not failing:
                text = f"{names.name} does not resolve: {names.why}"
                yield _event(names.at, "dns-failed", None, text, "error", name=names.name)
            return
        if is_known and before is None:
            yield _event(
                names.at, "dns-back", None, f"{names.name} resolves again", name=names.name
            )
        elif before is not None and before != names.values:
            new, removed_names = sorted(names.values - before), sorted(before - names.values)
            parts = [f"added {', '.join(new)}"] if new else []
            parts += [f"removed {', '.join(removed_names)}"] if removed_names else []
            record = "SRV records" if names.kind == "srv" else "addresses"
            text = f"{record} of {names.name} changed: {'; '.join(parts)}"
            yield _event(
                names.at, "dns", None, text, "warning", name=names.name, new=new, gone=removed_names
            )
        self._names[key] = names.values


def _duration(value: float) -> str:
    """Format a duration: ``0.04 s``, ``12.3 s``, ``3 min 5 s``."""
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _event(
    at: float, kind: str, host: str | None, text: str, severity: Severity = "info", **facts: Any
) -> Event:
    return Event(at, kind, host, text, severity, facts)
