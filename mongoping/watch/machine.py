"""From observations to events: who is primary, who is lost, what changed. Pure.

The driver is the judge of roles: its picture knows stale primaries and foreign sets. Its
monitors are told of a change at once, but look again after a lost member only every ten
seconds; the pings on the wire fill that gap. One failure alone is a dropped connection. A
second one in a row, on a fresh connection, is a lost member, dated to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
from mongoping.watch.spells import Begun, Over, Spells

FAILURES = 2  # in a row, until a member is lost
DROP_QUIET_S = 2.0  # several connections to one host that drop together are one drop
SETTLING_S = 2.0  # the driver finds the members one by one, and the primary not always first
MAX_TARGETS = 60  # a set has at most 50 members; more is a hostile or broken answer
SOON_DAYS = 30.0


class _Member:
    """One member: what the driver and the wire say of it, and since when it fails."""

    __slots__ = (
        "beats",
        "dropped",
        "failed_at",
        "last_ok",
        "last_role",
        "lost_at",
        "pings",
        "role",
        "role_at",
        "up",
        "why",
        "wire_role",
    )

    def __init__(self) -> None:
        self.role = "unknown"  # in the driver's picture
        self.wire_role: str | None = None
        self.last_role = "unknown"
        self.role_at = 0.0  # since when it has that role
        self.up: bool | None = None
        self.beats = self.pings = 0  # failures in a row
        self.failed_at: float | None = None
        self.why: str | None = None  # of a failure that may turn out to be a mere drop
        self.last_ok: float | None = None
        self.lost_at: float | None = None
        self.dropped = -1e9

    @property
    def shown(self) -> str:
        """Its role now: the driver's word, else that of the wire."""
        return self.role if self.role != "unknown" else self.wire_role or "unknown"


class Machine:
    """Takes observations one by one, in the order of their times, and tells events."""

    def __init__(self, seeds: Iterable[str] = ()) -> None:
        self.type = "Unknown"
        self.set_name: str | None = None
        self.members: dict[str, _Member] = {host: _Member() for host in seeds}
        self.primary: str | None = None
        self.without_since: float | None = None  # since when there is no primary
        self._old: str | None = None  # the primary before that
        self._seen: tuple[Any, ...] = ()
        self._now = Now()
        self._pictured = False
        self._silent = False
        self._spells: dict[str, Spells] = {}
        self._certificates: dict[str, str] = {}
        self._names: dict[tuple[str, str], frozenset[str] | None] = {}

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whom to ping."""
        return tuple(self.members)

    def seed(self, hosts: Iterable[str]) -> None:
        """Further members to ping, until the driver has found the real ones."""
        for host in hosts:
            self.members.setdefault(host, _Member())

    def knows(self, host: str) -> bool:
        """Whether the driver knows the role of a member at this moment."""
        member = self.members.get(host)
        return member is not None and member.role != "unknown"

    @property
    def now(self) -> Now:
        """The deployment at this moment; the same object as before where nothing has changed."""
        rows = [MemberNow(key, one.shown, one.up, one.lost_at) for key, one in self.members.items()]
        seen = (self.type, self.set_name, tuple(rows), self.primary, self.without_since)
        if seen != self._seen:
            self._seen, self._now = seen, Now(*seen)
        return self._now

    def feed(self, seen: Observation) -> list[Event]:
        """What an observation means: no event, one, or several."""
        match seen:
            case Ping():
                return list(self._ping(seen))
            case Beat():
                return list(self._beat(seen))
            case Picture():
                return list(self._picture(seen))
            case Pool():
                self._pool(seen)
                return []
            case Certificate():
                return list(self._certificate(seen))
            case Names():
                return list(self._named(seen))
            case Login():
                words = f"the login is refused, and not tried again: {seen.why}"
                return [_event(seen.at, "login-refused", None, words, "error", why=seen.why)]
            case Gap():
                words = f"no tick for {_seconds(seen.seconds)}: this machine slept or hung"
                return [_event(seen.at, "gap", None, words, "warning", seconds=seen.seconds)]

    def _ping(self, seen: Ping) -> Iterator[Event]:
        if seen.ms is not None:
            yield from self._pace(seen.at, seen.host, seen.ms)
        if seen.host == DRIVER or seen.host not in self.members:
            return
        if seen.ms is None:
            # silence began when the unanswered ping left, or at some moment since the last answer
            began = seen.sent if seen.timed_out else seen.at
            self.members[seen.host].pings += 1
            yield from self._failed(seen.host, began, seen.at, seen.why, silent=seen.timed_out)
            return
        yield from self._answered(seen.host, seen.at)
        if seen.role is not None:
            yield from self._wire_role(seen.host, seen.role, seen.at)

    def _beat(self, seen: Beat) -> Iterator[Event]:
        if seen.host not in self.members:
            return
        if seen.why is None:
            yield from self._answered(seen.host, seen.at)
            return
        self.members[seen.host].beats += 1
        yield from self._failed(seen.host, seen.at, seen.at, seen.why, silent=seen.timed_out)

    def _pool(self, seen: Pool) -> None:
        """A pool was cleared: a drop, unless the member turns out to be lost."""
        member = self.members.get(seen.host)
        if member is not None and member.lost_at is None and member.failed_at is None:
            member.failed_at, member.why = seen.at, seen.why

    def _answered(self, host: str, at: float) -> Iterator[Event]:
        member = self.members[host]
        if member.lost_at is not None:
            away = at - member.lost_at
            words = f"{host} is back after {_seconds(away)}"
            yield _event(at, "member-back", host, words, seconds=round(away, 3))
        elif member.failed_at is not None and member.up:
            if member.failed_at - member.dropped >= DROP_QUIET_S:
                words = f"{host}: a connection was lost, and made anew ({member.why})"
                yield _event(at, "drop", host, words, "warning", why=member.why)
            member.dropped = member.failed_at
        member.up, member.beats, member.pings = True, 0, 0
        member.failed_at = member.why = member.lost_at = None
        member.last_ok = at
        if self._silent:
            self._silent = False
            yield _event(at, "reached", None, "the deployment answers again")

    def _failed(
        self, host: str, began: float, at: float, why: str, *, silent: bool
    ) -> Iterator[Event]:
        """One more failure; ``began`` is when it may first have been felt."""
        member = self.members[host]
        if member.failed_at is None:
            if silent and member.last_ok is not None and member.last_ok < began:
                began = (member.last_ok + began) / 2  # it went silent in between
            member.failed_at, member.why = began, why
        if max(member.beats, member.pings) < FAILURES or member.lost_at is not None:
            return
        was_up, member.up = member.up, False
        member.lost_at = member.failed_at
        was = member.shown if member.shown != "unknown" else member.last_role
        why = member.why or why if silent else why  # what came first says more than silence
        member.wire_role = None
        if was_up is None:
            words = f"{host} does not answer: {why}"
        else:
            role = (
                f", the {was}," if was == "primary" else f", {_a(was)}," if was != "unknown" else ""
            )
            words = f"{host}{role} is lost: {why}"
        yield _event(at, "member-lost", host, words, "error", role=was, since=member.lost_at)
        if host == self.primary:
            yield from self._lose_primary(member.lost_at, at, "it is lost")
        if not self._silent and all(one.up is False for one in self.members.values()):
            self._silent = True
            yield _event(at, "silent", None, "no member answers", "error")

    def _lose_primary(self, since: float, at: float, why: str) -> Iterator[Event]:
        host = self.primary
        self.primary, self._old, self.without_since = None, host, since
        yield _event(
            at, "primary-lost", host, f"no primary: {host} was it, and {why}", "error", since=since
        )

    def _wire_role(self, host: str, role: str, at: float) -> Iterator[Event]:
        """The role that a member claims on the wire, which counts where the driver has no word."""
        member = self.members[host]
        if member.role != "unknown":
            return
        if role == "primary" and self.primary not in (None, host):
            return  # one that slept through an election still takes itself for it
        member.wire_role = role
        if role == "primary":
            yield from self._new_primary(host, at)

    def _picture(self, seen: Picture) -> Iterator[Event]:
        yield from self._shape(seen)
        known = {one.host: one for one in seen.servers[:MAX_TARGETS]}
        yield from self._membership(known, seen.at)
        for host, server in known.items():
            member = self.members[host]
            member.role = server.role
            if server.role == "unknown":
                continue
            before, member.last_role, member.wire_role = member.last_role, server.role, None
            if before == server.role:
                continue
            settled = seen.at - member.role_at >= SETTLING_S
            member.role_at = seen.at
            if before != "unknown" and settled and "primary" not in (before, server.role):
                words = f"{host} is {server.role} now, and was {before}"
                yield _event(seen.at, "role", host, words, role=server.role, before=before)
        yield from self._elected(known, seen.at)

    def _shape(self, seen: Picture) -> Iterator[Event]:
        """The type of the topology, where it really is another one."""
        before, self.type = self.type, seen.type
        self.set_name = seen.set_name or self.set_name
        same = {before, seen.type} <= {"ReplicaSetWithPrimary", "ReplicaSetNoPrimary"}
        if "Unknown" not in (before, seen.type) and before != seen.type and not same:
            words = f"the topology is {seen.type} now, and was {before}"
            yield _event(seen.at, "topology", None, words, "warning", type=seen.type, before=before)

    def _membership(self, known: Mapping[str, Any], at: float) -> Iterator[Event]:
        """Who came and who left; the first picture replaces the seeds without a word."""
        if not known or (
            not self._pictured and all(one.role == "unknown" for one in known.values())
        ):
            for host in known:
                self.members.setdefault(host, _Member())
            return
        first, self._pictured = not self._pictured, True
        for host in [one for one in self.members if one not in known]:
            self._forget(host)
            if not first:
                yield _event(at, "member-gone", host, f"{host} left the set", "warning")
            if host == self.primary:
                yield from self._lose_primary(at, at, "it left the set")
        for host in known:
            if host not in self.members:
                self.members[host] = _Member()
                if not first:
                    yield _event(at, "member-new", host, f"{host} joined the set")

    def _forget(self, host: str) -> None:
        del self.members[host]
        self._spells.pop(host, None)
        self._certificates.pop(host, None)
        self._names.pop(("addresses", host), None)

    def _elected(self, known: Mapping[str, Any], at: float) -> Iterator[Event]:
        leader = next((host for host, one in known.items() if one.role == "primary"), None)
        if leader is not None:
            yield from self._new_primary(leader, at)
        elif self.primary is None and self._old is None and self.without_since is None:
            if any(one.role == "secondary" for one in known.values()) and self.type != "Single":
                self.without_since = at  # it had none when the watch began
        elif self.primary is not None and known.get(self.primary) is not None:
            role = known[self.primary].role
            if role != "unknown":
                yield from self._lose_primary(at, at, "it stepped down")

    def _new_primary(self, host: str, at: float) -> Iterator[Event]:
        if host == self.primary:
            return
        old = self.primary or self._old
        since = self.without_since
        if old is None and (since is None or at - since < SETTLING_S):
            self.primary, self.without_since = host, None
            return
        if since is None:  # the old one failed once, or nobody saw it go
            former = self.members.get(old or "")
            since = former.failed_at if former is not None and former.failed_at else at
        gap = max(at - since, 0.0)
        again = "again " if host == old else ""
        was = "" if old in (host, None) else f"; it was {old}"
        words = f"{host} is primary {again}after {_seconds(gap)} without one{was}"
        facts = {"old": old, "new": host, "seconds": round(gap, 3), "since": since}
        self.primary, self.without_since, self._old = host, None, None
        yield _event(at, "election", host, words, "warning", **facts)

    def _pace(self, at: float, host: str, ms: float) -> Iterator[Event]:
        change = self._spells.setdefault(host, Spells()).feed(at, ms)
        name = "the driver's pings" if host == DRIVER else host
        match change:
            case Begun():
                words = f"{name}: slow, {change.ms:.1f} ms where {change.usual_ms:.1f} ms are usual"
                yield _event(
                    at, "slow", host, words, "warning", ms=change.ms, usual_ms=change.usual_ms
                )
            case Over():
                words = (
                    f"{name}: as usual again after {_seconds(change.seconds)}, "
                    f"{change.worst_ms:.1f} ms at worst"
                )
                yield _event(
                    at, "slow-over", host, words, seconds=change.seconds, worst_ms=change.worst_ms
                )

    def _certificate(self, seen: Certificate) -> Iterator[Event]:
        before = self._certificates.get(seen.host)
        self._certificates[seen.host] = seen.fingerprint
        if before is None or before == seen.fingerprint:
            return
        days = None if seen.until is None else (seen.until - seen.at) / 86400
        until = "" if days is None else f", valid for {days:.0f} days"
        grave: Severity = "warning" if days is not None and days < SOON_DAYS else "info"
        words = f"{seen.host} shows another certificate{until}"
        yield _event(seen.at, "certificate", seen.host, words, grave, days=days)

    def _named(self, seen: Names) -> Iterator[Event]:
        key = (seen.kind, seen.name)
        asked = key in self._names
        before = self._names.get(key)
        if seen.values is None:
            failing = asked and before is None
            self._names[key] = None
            if not failing:
                words = f"{seen.name} does not resolve: {seen.why}"
                yield _event(seen.at, "dns-failed", None, words, "error", name=seen.name)
            return
        if asked and before is None:
            yield _event(seen.at, "dns-back", None, f"{seen.name} resolves again", name=seen.name)
        elif before is not None and before != seen.values:
            new, gone = sorted(seen.values - before), sorted(before - seen.values)
            parts = [f"new {', '.join(new)}"] if new else []
            parts += [f"gone {', '.join(gone)}"] if gone else []
            what = "SRV of " if seen.kind == "srv" else ""
            words = f"{what}{seen.name}: {'; '.join(parts)}"
            yield _event(seen.at, "dns", None, words, "warning", name=seen.name, new=new, gone=gone)
        self._names[key] = seen.values


def _a(role: str) -> str:
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}"


def _seconds(value: float) -> str:
    """A duration for people: ``0.04 s``, ``12.3 s``, ``3 min 5 s``."""
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
