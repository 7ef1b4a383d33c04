"""Whom a read preference selects, and why: the driver's rules, said in words. Pure.

Source: MongoDB's Server Selection specification ("Server Selection Algorithm") and Max
Staleness specification ("maxStalenessSeconds"); the tests hold every choice against
PyMongo's own selectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mongoping.record import NOTHING, Record

MODES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
HEARTBEAT_S = 10.0  # heartbeatFrequencyMS of every driver, unless the string says otherwise
IDLE_WRITE_S = 10.0  # an idle primary writes a no-op this often: staleness is known no finer
SMALLEST_STALENESS_S = 90  # Max Staleness specification, "Smallest allowed value"
LOCAL_THRESHOLD_MS = 15.0  # localThresholdMS, unless the string says otherwise

Tags = Mapping[str, str]


class Preference(Record):
    """A read preference. ``tag_sets`` are tried in order; none at all means any member.

    ``max_staleness_s`` and ``heartbeat_s`` in seconds, ``threshold_ms`` in milliseconds.
    """

    mode: str = "primary"
    tag_sets: tuple[Tags, ...] = ()
    max_staleness_s: float | None = None
    threshold_ms: float = LOCAL_THRESHOLD_MS
    heartbeat_s: float = HEARTBEAT_S

    @property
    def problem(self) -> str | None:
        """Why a driver refuses it, or None."""
        if self.mode not in MODES:
            return f"{self.mode} is no read preference: it is one of {', '.join(MODES)}"
        if self.mode == "primary" and any(self.tag_sets):
            return "tags choose among secondaries; the mode is primary"
        if self.max_staleness_s is None:
            return None
        if self.mode == "primary":
            return "maxStalenessSeconds is about secondaries; the mode is primary"
        least = max(SMALLEST_STALENESS_S, self.heartbeat_s + IDLE_WRITE_S)
        if self.max_staleness_s < least:
            return f"maxStalenessSeconds has to be {least:g} at least, not {self.max_staleness_s:g}"
        return None

    @property
    def words(self) -> str:
        """The preference as a person would write it."""
        parts = [self.mode]
        if any(self.tag_sets):
            parts.append("tags " + " else ".join(tag_words(one) for one in self.tag_sets))
        if self.max_staleness_s is not None:
            parts.append(f"maxStalenessSeconds {self.max_staleness_s:g}")
        return ", ".join(parts)


class Candidate(Record):
    """A member as the selection sees it; ``role`` is that of the driver's picture.

    ``last_write`` is in seconds on the servers' clock, ``rtt_ms`` the driver's average.
    """

    host: str
    role: str
    tags: Tags = NOTHING
    rtt_ms: float | None = None
    last_write: float | None = None


class Choice(Record):
    """Whether a member is eligible, whether it is near enough to be used, and why.

    ``eligible`` members fit the preference; of these, ``selected`` ones are within
    localThresholdMS of the nearest. ``staleness_s`` is the driver's estimate.
    """

    host: str
    eligible: bool
    selected: bool
    reason: str
    staleness_s: float | None = None
    behind_nearest_ms: float | None = None


class Selection(Record):
    """The choice about every member; ``problem`` where a driver refuses the preference."""

    preference: Preference
    choices: tuple[Choice, ...] = ()
    problem: str | None = None
    note: str | None = None


def tag_words(tags: Tags) -> str:
    """``dc:east,rack:1``, as the connection string has it; ``any`` for an empty set."""
    return ",".join(f"{key}:{value}" for key, value in tags.items()) or "any"


def parse_tags(text: str) -> dict[str, str]:
    """``dc:east,rack:1`` as a tag set, empty text as the one that all members match.

    Raises ValueError, with words for a user.
    """
    pairs = [pair.split(":", 1) for pair in text.split(",")] if text.strip() else []
    if any(len(pair) != 2 or not pair[0].strip() for pair in pairs):
        raise ValueError(f"{text!r} is no tag set: write dc:east,rack:1")
    return {key.strip(): value.strip() for key, value in pairs}


def select(kind: str, candidates: Sequence[Candidate], preference: Preference) -> Selection:
    """The choice that a driver would make. ``kind`` is the type of the topology, as PyMongo's."""
    if problem := preference.problem:
        return Selection(preference, problem=problem)
    if kind in ("Single", "LoadBalanced"):
        rows = [_whole(one, "the only server that the driver uses") for one in candidates]
        return Selection(preference, _near(rows, candidates, preference), note=_single(kind))
    if kind == "Sharded":
        rows = [_mongos(one) for one in candidates]
        words = (
            "a mongos is chosen by its round trip alone, and applies the preference to each shard"
        )
        return Selection(preference, _near(rows, candidates, preference), note=words)
    if not kind.startswith("ReplicaSet"):
        return Selection(preference, note="the driver has found no deployment to choose from")
    return Selection(preference, _near(_members(candidates, preference), candidates, preference))


def _single(kind: str) -> str:
    if kind == "LoadBalanced":
        return "the load balancer chooses; the preference goes with every command"
    return "one server alone: the driver sends everything to it, whatever the preference"


def _whole(one: Candidate, words: str) -> Choice:
    known = one.role not in ("unknown", "stranger")
    return Choice(one.host, known, known, words if known else "the driver does not use it")


def _mongos(one: Candidate) -> Choice:
    if one.role == "unknown":
        return Choice(one.host, False, False, "the driver does not reach it")
    if one.role != "mongos":
        return Choice(one.host, False, False, f"it is no mongos, but {_a(one.role)}")
    return Choice(one.host, True, True, "a mongos")


def _members(candidates: Sequence[Candidate], preference: Preference) -> list[Choice]:
    """The members of a set that fit, by mode, staleness and tags, before distance."""
    primary = [one for one in candidates if one.role == "primary"]
    secondaries = [one for one in candidates if one.role == "secondary"]
    mode = preference.mode
    if mode == "primary" or (mode == "primaryPreferred" and primary):
        pool, why = primary, "the primary"
    elif mode == "nearest":
        pool, why = [*primary, *secondaries], ""
    else:
        pool, why = secondaries, ""
    stale = staleness(candidates, preference.heartbeat_s)
    fit, reasons = _fitting(pool, preference if pool is not primary else Preference(), stale)
    if mode == "secondaryPreferred" and not fit and primary:
        fit, why = primary, "no secondary fits, so the primary serves"
    chosen = {one.host for one in fit}
    rows = []
    for one in candidates:
        if one.host in chosen:
            reason = why or reasons.get(one.host) or _a(one.role)
        else:
            reason = reasons.get(one.host) or _unfit(one, mode, bool(fit), bool(primary))
        yes = one.host in chosen
        rows.append(Choice(one.host, yes, yes, reason, stale.get(one.host)))
    return rows


def _fitting(
    pool: Sequence[Candidate], preference: Preference, stale: Mapping[str, float]
) -> tuple[list[Candidate], dict[str, str]]:
    """Those of the pool that are fresh and bear the tags, and what is to be said of each."""
    reasons: dict[str, str] = {}
    fresh = []
    most = preference.max_staleness_s
    for one in pool:
        age = stale.get(one.host)
        if most is not None and one.role == "secondary" and age is not None and age > most:
            reasons[one.host] = f"it is {age:.0f} s stale, and {most:g} s are allowed"
        else:
            fresh.append(one)
    if not any(preference.tag_sets):
        return fresh, reasons
    for tags in preference.tag_sets:
        fit = [one for one in fresh if tags.items() <= one.tags.items()]
        if fit:
            words = f"its tags match {tag_words(tags)}" if tags else "the empty tag set takes any"
            reasons |= {one.host: f"{_a(one.role)}, and {words}" for one in fit}
            break
    else:
        fit = []
    for one in fresh:
        reasons.setdefault(one.host, f"its tags are {tag_words(one.tags) if one.tags else 'none'}")
    return fit, reasons


def _unfit(one: Candidate, mode: str, fit: bool, primary: bool) -> str:
    """Why a member outside the pool is not used."""
    if one.role == "primary":
        return "it is the primary, and a secondary fits" if fit else "it is the primary"
    if one.role == "secondary":
        return "it is a secondary, and the primary is there" if primary else "it is a secondary"
    if one.role == "unknown":
        return "the driver does not reach it"
    words = {
        "arbiter": "an arbiter holds no data",
        "hidden": "hidden members are invisible to drivers",
        "recovering": "it is recovering, neither primary nor secondary",
        "uninitialized": "it is in no set yet",
        "stranger": "it belongs to another set than the one that replicaSet names",
    }
    return words.get(one.role, f"a driver reads from primary and secondaries, not {_a(one.role)}")


def _a(role: str) -> str:
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}" if role != "primary" else "the primary"


def staleness(candidates: Iterable[Candidate], heartbeat_s: float) -> dict[str, float]:
    """How far each secondary may be behind, in seconds, as drivers estimate it.

    All were asked at the same time here, so that the times of asking cancel out in the
    specification's formula: the write of the primary (without one, the newest of the
    secondaries') minus the member's, plus one heartbeat interval.
    """
    rows = list(candidates)
    writes = {one.host: one.last_write for one in rows if one.last_write is not None}
    primary = next((one.host for one in rows if one.role == "primary" and one.host in writes), None)
    secondaries = [one.host for one in rows if one.role == "secondary" and one.host in writes]
    newest = writes[primary] if primary else max((writes[one] for one in secondaries), default=0.0)
    return {host: newest - writes[host] + heartbeat_s for host in secondaries}


def _near(
    rows: Iterable[Choice], candidates: Sequence[Candidate], preference: Preference
) -> tuple[Choice, ...]:
    """Of the eligible, only those within localThresholdMS of the nearest are selected."""
    times = {one.host: one.rtt_ms for one in candidates}
    rows = list(rows)
    known = [time for row in rows if row.eligible and (time := times[row.host]) is not None]
    nearest = min(known, default=None)
    done = []
    for row in rows:
        time = times[row.host]
        if not row.eligible or nearest is None or time is None:
            done.append(row)
            continue
        further = time - nearest
        near = further <= preference.threshold_ms
        words = row.reason
        if not near:
            words += f"; but {further:.0f} ms further than the nearest, over localThresholdMS"
        done.append(row.replace(selected=near, reason=words, behind_nearest_ms=further))
    return tuple(done)
