"""Explain which members a read preference selects. Pure.

Source: MongoDB's Server Selection specification ("Server Selection Algorithm") and Max
Staleness specification ("maxStalenessSeconds"). The tests compare every choice with
PyMongo's own selectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mongoping.record import NOTHING, Record

MODES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
HEARTBEAT_S = 10.0  # default heartbeatFrequencyMS of all drivers
IDLE_WRITE_S = 10.0  # an idle primary writes a no-op this often, which limits the resolution
MIN_STALENESS_S = 90  # Max Staleness specification, "Smallest allowed value"
LOCAL_THRESHOLD_MS = 15.0  # default localThresholdMS

Tags = Mapping[str, str]


class Preference(Record):
    """A read preference.

    Attributes:
        tag_sets: Tried in order; without any, every member matches.
        max_staleness_s: maxStalenessSeconds, or None.
        threshold_ms: localThresholdMS.
        heartbeat_s: heartbeatFrequencyMS, in seconds.
    """

    mode: str = "primary"
    tag_sets: tuple[Tags, ...] = ()
    max_staleness_s: float | None = None
    threshold_ms: float = LOCAL_THRESHOLD_MS
    heartbeat_s: float = HEARTBEAT_S

    @property
    def problem(self) -> str | None:
        """Return why a driver refuses this read preference, or None."""
        if self.mode not in MODES:
            return f"{self.mode} is not a read preference mode; use one of {', '.join(MODES)}"
        if self.mode == "primary" and any(self.tag_sets):
            return "tag sets cannot be combined with mode primary"
        if self.max_staleness_s is None:
            return None
        if self.mode == "primary":
            return "maxStalenessSeconds cannot be combined with mode primary"
        lowest = max(MIN_STALENESS_S, self.heartbeat_s + IDLE_WRITE_S)
        if self.max_staleness_s < lowest:
            return f"maxStalenessSeconds must be at least {lowest:g}, not {self.max_staleness_s:g}"
        return None

    @property
    def text(self) -> str:
        """Return the preference as a person would write it."""
        parts = [self.mode]
        if any(self.tag_sets):
            parts.append("tags " + ", then ".join(format_tags(tags) for tags in self.tag_sets))
        if self.max_staleness_s is not None:
            parts.append(f"maxStalenessSeconds {self.max_staleness_s:g}")
        return ", ".join(parts)


class Candidate(Record):
    """A member as server selection sees it.

    Attributes:
        role: The member's role in the driver's topology description.
        rtt_ms: Average round-trip time in milliseconds.
        last_write: Time of the last write, in seconds on the servers' clock.
    """

    host: str
    role: str
    tags: Tags = NOTHING
    rtt_ms: float | None = None
    last_write: float | None = None


class Choice(Record):
    """The result of server selection for one member.

    Attributes:
        eligible: The member matches the read preference.
        selected: It is also within localThresholdMS of the nearest eligible member.
        reason: Why, as a phrase.
        staleness_s: The driver's estimate, in seconds.
        behind_nearest_ms: How much longer its round trip is than the nearest one's.
    """

    host: str
    eligible: bool
    selected: bool
    reason: str
    staleness_s: float | None = None
    behind_nearest_ms: float | None = None


class Selection(Record):
    """The choice for every member; ``problem`` says why a driver refuses the preference."""

    preference: Preference
    choices: tuple[Choice, ...] = ()
    problem: str | None = None
    note: str | None = None


def format_tags(tags: Tags) -> str:
    """Return the tag set in connection string syntax (``dc:east,rack:1``), or ``any`` if empty."""
    return ",".join(f"{key}:{value}" for key, value in tags.items()) or "any"


def parse_tags(text: str) -> dict[str, str]:
    """Parse ``dc:east,rack:1`` into a tag set; an empty text matches every member.

    Raises ValueError with a message for the user.
    """
    pairs = [pair.split(":", 1) for pair in text.split(",")] if text.strip() else []
    if any(len(pair) != 2 or not pair[0].strip() for pair in pairs):
        raise ValueError(f"{text!r} is not a tag set; write it like dc:east,rack:1")
    return {key.strip(): value.strip() for key, value in pairs}


def select(kind: str, candidates: Sequence[Candidate], preference: Preference) -> Selection:
    """Return the selection a driver would make; ``kind`` is one of PyMongo's topology types."""
    if problem := preference.problem:
        return Selection(preference, problem=problem)
    if kind in ("Single", "LoadBalanced"):
        rows = [_choose_only_server(candidate) for candidate in candidates]
        note = _single_server_note(kind)
        return Selection(preference, _limit_latency(rows, candidates, preference), note=note)
    if kind == "Sharded":
        rows = [_choose_mongos(candidate) for candidate in candidates]
        note = (
            "the driver chooses a mongos by round-trip time only; the mongos applies the read "
            "preference on each shard"
        )
        return Selection(preference, _limit_latency(rows, candidates, preference), note=note)
    if not kind.startswith("ReplicaSet"):
        return Selection(preference, note="the driver has not discovered a deployment")
    rows = _choose_members(candidates, preference)
    return Selection(preference, _limit_latency(rows, candidates, preference))


def _single_server_note(kind: str) -> str:
    if kind == "LoadBalanced":
        return "the load balancer chooses the mongos; each command carries the read preference"
    return "the driver uses a single server and sends everything to it, whatever the preference"


def _choose_only_server(candidate: Candidate) -> Choice:
    usable = candidate.role not in ("unknown", "stranger")
    reason = "the only server the driver uses" if usable else "the driver does not use it"
    return Choice(candidate.host, usable, usable, reason)


def _choose_mongos(candidate: Candidate) -> Choice:
    if candidate.role == "unknown":
        return Choice(candidate.host, False, False, "the driver cannot reach it")
    if candidate.role != "mongos":
        reason = f"it is {_with_article(candidate.role)}, not a mongos"
        return Choice(candidate.host, False, False, reason)
    return Choice(candidate.host, True, True, "a mongos")


def _choose_members(candidates: Sequence[Candidate], preference: Preference) -> list[Choice]:
    """Return a choice for each member of a set by mode, staleness and tags, ignoring latency."""
    primary = [candidate for candidate in candidates if candidate.role == "primary"]
    secondaries = [candidate for candidate in candidates if candidate.role == "secondary"]
    mode = preference.mode
    if mode == "primary" or (mode == "primaryPreferred" and primary):
        pool, why = primary, "the primary"
    elif mode == "nearest":
        pool, why = [*primary, *secondaries], ""
    else:
        pool, why = secondaries, ""
    stale = staleness(candidates, preference.heartbeat_s)
    matches, reasons = _match(pool, preference if pool is not primary else Preference(), stale)
    if mode == "secondaryPreferred" and not matches and primary:
        matches, why = primary, "no secondary matches, so the primary is used"
    hosts = {candidate.host for candidate in matches}
    choices = []
    for candidate in candidates:
        host = candidate.host
        if host in hosts:
            reason = why or reasons.get(host) or _with_article(candidate.role)
        else:
            rejection = _rejection_reason(candidate, bool(matches), bool(primary))
            reason = reasons.get(host) or rejection
        eligible = host in hosts
        choices.append(Choice(host, eligible, eligible, reason, stale.get(host)))
    return choices


def _match(
    pool: Sequence[Candidate], preference: Preference, stale: Mapping[str, float]
) -> tuple[list[Candidate], dict[str, str]]:
    """Return the members of the pool that are fresh and carry the tags, and a reason for each."""
    reasons: dict[str, str] = {}
    fresh = []
    limit = preference.max_staleness_s
    for candidate in pool:
        age = stale.get(candidate.host)
        if limit is not None and candidate.role == "secondary" and age is not None and age > limit:
            reasons[candidate.host] = f"it may be {age:.0f} s stale, and the limit is {limit:g} s"
        else:
            fresh.append(candidate)
    if not any(preference.tag_sets):
        return fresh, reasons
    for tags in preference.tag_sets:
        matches = [candidate for candidate in fresh if tags.items() <= candidate.tags.items()]
        if matches:
            match = f"its tags match {format_tags(tags)}"
            match = match if tags else "the empty tag set matches any member"
            for candidate in matches:
                reasons[candidate.host] = f"{_with_article(candidate.role)}; {match}"
            break
    else:
        matches = []
    for candidate in fresh:
        tag_matches = (
            f"its tags are {format_tags(candidate.tags)}" if candidate.tags else "it has no tags"
        )
        reasons.setdefault(candidate.host, tag_matches)
    return matches, reasons


def _rejection_reason(candidate: Candidate, matches: bool, primary: bool) -> str:
    """Return why a member outside the pool is not used."""
    if candidate.role == "primary":
        return "it is the primary, and a secondary matches" if matches else "it is the primary"
    if candidate.role == "secondary":
        return "it is a secondary, and there is a primary" if primary else "it is a secondary"
    if candidate.role == "unknown":
        return "the driver cannot reach it"
    reasons = {
        "arbiter": "an arbiter holds no data",
        "hidden": "hidden members are invisible to drivers",
        "recovering": "it is recovering, so neither primary nor secondary",
        "uninitialized": "it has not joined a replica set yet",
        "stranger": "it is not a member of the set that replicaSet names",
    }
    role = _with_article(candidate.role)
    return reasons.get(candidate.role, f"drivers read from the primary and secondaries, not {role}")


def _with_article(role: str) -> str:
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}" if role != "primary" else "the primary"


def staleness(candidates: Iterable[Candidate], heartbeat_s: float) -> dict[str, float]:
    """Return each secondary's estimated staleness in seconds, by host.

    The estimate is the primary's last write (or, without a primary, the newest write of any
    secondary) minus the member's, plus one heartbeat interval. All members were asked at the
    same time here, so the update times in the specification's formula cancel out.
    """
    rows = [candidate for candidate in candidates if candidate.last_write is not None]
    writes = {row.host: row.last_write or 0.0 for row in rows}
    primary = next((row.host for row in rows if row.role == "primary"), None)
    secondaries = [row.host for row in rows if row.role == "secondary"]
    if primary:
        newest = writes[primary]
    else:
        newest = max((writes[host] for host in secondaries), default=0.0)
    return {host: newest - writes[host] + heartbeat_s for host in secondaries}


def _limit_latency(
    choices: Sequence[Choice], candidates: Sequence[Candidate], preference: Preference
) -> tuple[Choice, ...]:
    """Select only the eligible members within localThresholdMS of the nearest one."""
    times = {candidate.host: candidate.rtt_ms for candidate in candidates}
    eligible_times = [
        time for row in choices if row.eligible and (time := times[row.host]) is not None
    ]
    nearest = min(eligible_times, default=None)
    rows = []
    for choice in choices:
        time = times[choice.host]
        if not choice.eligible or nearest is None or time is None:
            rows.append(choice)
            continue
        excess = time - nearest
        near = excess <= preference.threshold_ms
        reason = choice.reason
        if not near:
            reason += f", but {excess:.0f} ms slower than the nearest (localThresholdMS)"
        rows.append(choice.replace(selected=near, reason=reason, behind_nearest_ms=excess))
    return tuple(rows)
