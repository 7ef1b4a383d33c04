"""JSON lines: what ``--format json`` prints, ``--record`` writes and ``--replay`` reads. Pure.

One object a line (``watch.schema.json``): start, then ticks, events and members as they
come, then end. A recording may come from anybody, so that every field is checked for type.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mongoping.model.to_jsonable import to_jsonable
from mongoping.watch.board import Board, Verdict
from mongoping.watch.model import Event, MemberNow, Now, Tick

SCHEMA = 1
MAX_LINE = 256 * 1024  # a line about 60 members takes some 6 KiB
MAX_NAMES = 100
MAX_TEXT = 2000
SEVERITIES = ("info", "warning", "error")


class BadLineError(Exception):
    """A text is no line of a recording; the message says why, in words for a user."""


class Start(NamedTuple):
    """The first line: whose pings these are. ``at`` in seconds since the epoch."""

    at: float
    uri: str
    interval: float


class End(NamedTuple):
    """The last line; what it says is computed again from the others."""

    at: float


Line = Start | Tick | Event | Now | End


def moment(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _dump(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def start(board: Board, tool: Mapping[str, str | None]) -> str:
    """The first line."""
    return _dump(
        {
            "type": "start",
            "schema": SCHEMA,
            "at": moment(board.started),
            "uri": board.uri,
            "interval_s": board.interval,
            "tool": dict(tool),
        }
    )


def tick(one: Tick) -> str:
    """A tick: null is a lost ping, a target that is missing has one on its way."""
    pings = {host: None if ms is None else round(ms, 3) for host, ms in one.pings.items()}
    return _dump({"type": "tick", "n": one.number, "at": moment(one.at), "pings": pings})


def event(one: Event) -> str:
    """An event."""
    return _dump(
        {
            "type": "event",
            "at": moment(one.at),
            "kind": one.kind,
            "host": one.host,
            "severity": one.severity,
            "text": one.text,
            "facts": {key: _fact(key, value) for key, value in one.facts.items()},
        }
    )


def _fact(key: str, value: Any) -> Any:
    return moment(value) if key == "since" and isinstance(value, float) else to_jsonable(value)


def members(one: Now, at: float) -> str:
    """The deployment after a change."""
    return _dump(
        {
            "type": "members",
            "at": moment(at),
            "topology": one.type,
            "set_name": one.set_name,
            "primary": one.primary,
            "without_primary_since": None
            if one.without_since is None
            else moment(one.without_since),
            "members": [
                {
                    "host": member.host,
                    "role": member.role,
                    "up": member.up,
                    "lost_at": None if member.since is None else moment(member.since),
                }
                for member in one.members
            ],
        }
    )


def end(board: Board, verdict: Verdict, *, interrupted: bool) -> str:
    """The summary."""
    rows = {}
    for host in board.targets:
        if host in board.series:
            numbers = board.series[host].numbers
            rows[host] = {**to_jsonable(numbers._asdict()), "loss_percent": round(numbers.loss, 3)}
    return _dump(
        {
            "type": "end",
            "at": moment(board.at),
            "duration_s": round(board.seconds, 3),
            "ticks": board.ticks,
            "interrupted": interrupted,
            "pings": rows,
            "events": dict(board.counts),
            "without_primary_s": round(board.without_primary, 3),
            "reasons": list(verdict.reasons),
            "exit_code": verdict.code,
        }
    )


def read(text: str) -> Line | None:
    """A line of a recording; None where it is empty, or of a type that is not known.

    Raises `BadLineError` where it is no line of a recording.
    """
    if not text.strip():
        return None
    if len(text) > MAX_LINE:
        raise BadLineError(f"it is longer than {MAX_LINE // 1024} KiB")
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLineError("it is not JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("type"), str):
        raise BadLineError("it is no object with a type")
    match row["type"]:
        case "start":
            return _start(row)
        case "tick":
            return _tick(row)
        case "event":
            return _event(row)
        case "members":
            return _members(row)
        case "end":
            return End(_moment(row.get("at")))
        case _:
            return None  # of a later version


def _moment(value: Any) -> float:
    if not isinstance(value, str):
        raise BadLineError("its time is missing")
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        raise BadLineError(f"{value[:40]!r} is no time") from None


def _text(value: Any, most: int = MAX_TEXT) -> str:
    return value[:most] if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e12 and math.isfinite(value) else None


def _start(row: Mapping[str, Any]) -> Start:
    interval = _number(row.get("interval_s"))
    return Start(
        _moment(row.get("at")),
        _text(row.get("uri")),
        interval if interval and interval > 0 else 1.0,
    )


def _tick(row: Mapping[str, Any]) -> Tick:
    pings = row.get("pings")
    if not isinstance(pings, dict):
        raise BadLineError("a tick has pings")
    found: dict[str, float | None] = {}
    for host, value in list(pings.items())[:MAX_NAMES]:
        ms = _number(value)
        if value is not None and (ms is None or ms < 0):
            raise BadLineError("a ping is a number of milliseconds, or null")
        found[host[:300]] = ms
    number = _number(row.get("n"))
    return Tick(int(number or 0), _moment(row.get("at")), found)


def _event(row: Mapping[str, Any]) -> Event:
    facts = row.get("facts")
    severity = row.get("severity")
    host = row.get("host")
    return Event(
        at=_moment(row.get("at")),
        kind=_text(row.get("kind"), 40) or "event",
        host=host[:300] if isinstance(host, str) else None,
        text=_text(row.get("text")),
        severity=severity if severity in SEVERITIES else "info",
        facts=dict(list(facts.items())[:20]) if isinstance(facts, dict) else {},
    )


def _members(row: Mapping[str, Any]) -> Now:
    listed = row.get("members")
    since = row.get("without_primary_since")
    rows = []
    for one in (listed if isinstance(listed, list) else [])[:MAX_NAMES]:
        if not isinstance(one, dict):
            continue
        up, lost = one.get("up"), one.get("lost_at")
        rows.append(
            MemberNow(
                _text(one.get("host"), 300),
                _text(one.get("role"), 40) or "unknown",
                up if isinstance(up, bool) else None,
                _moment(lost) if isinstance(lost, str) else None,
            )
        )
    primary = row.get("primary")
    return Now(
        type=_text(row.get("topology"), 40) or "Unknown",
        set_name=_text(row.get("set_name"), 300) or None,
        members=tuple(rows),
        primary=primary[:300] if isinstance(primary, str) else None,
        without_since=_moment(since) if isinstance(since, str) else None,
    )
