"""JSON lines, as printed by ``--format json``, written by ``--record``, read by ``--replay``. Pure.

One object per line (``watch.schema.json``): start, then ticks, events and members, then end.
A recording is untrusted input, so the type of every field is checked.
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
MAX_LINE = 256 * 1024  # a line with 60 members takes about 6 KiB
MAX_NAMES = 100
MAX_TEXT = 2000
SEVERITIES = ("info", "warning", "error")


class BadLineError(Exception):
    """A text is not a line of a recording; the message says why, for the user."""


class Start(NamedTuple):
    """The first line: the redacted URI and the interval. ``at`` in seconds since the epoch."""

    at: float
    uri: str
    interval: float


class End(NamedTuple):
    """The last line; its other fields are recomputed from the other lines."""

    at: float


Line = Start | Tick | Event | Now | End


def moment(at: float) -> str:
    """Format seconds since the epoch as RFC 3339 in UTC, with milliseconds."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _dump(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def with_target(line: str, target: str | None) -> str:
    """Return a line with the name of its target; without a name, as it is."""
    if target is None or not line:
        return line
    return f'{{"target":{json.dumps(target, ensure_ascii=False)},{line[1:]}'


def start(board: Board, tool: Mapping[str, str | None]) -> str:
    """Return the first line."""
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


def tick(line: Tick) -> str:
    """Return a tick; null is a lost ping, a missing target has one in flight."""
    at = moment(line.at)
    return _dump({"type": "tick", "n": line.number, "at": at, "pings": dict(line.pings)})


def event(line: Event) -> str:
    """Return an event."""
    return _dump(
        {
            "type": "event",
            "at": moment(line.at),
            "kind": line.kind,
            "host": line.host,
            "severity": line.severity,
            "text": line.text,
            "facts": {key: _fact(key, value) for key, value in line.facts.items()},
        }
    )


def _fact(key: str, value: Any) -> Any:
    return moment(value) if key == "since" and isinstance(value, float) else to_jsonable(value)


def members(line: Now, at: float) -> str:
    """Return the deployment after a change."""
    return _dump(
        {
            "type": "members",
            "at": moment(at),
            "topology": line.type,
            "set_name": line.set_name,
            "primary": line.primary,
            "without_primary_since": None
            if line.without_since is None
            else moment(line.without_since),
            "members": [
                {
                    "host": member.host,
                    "role": member.role,
                    "up": member.up,
                    "lost_at": None if member.since is None else moment(member.since),
                }
                for member in line.members
            ],
        }
    )


def end(board: Board, verdict: Verdict, *, was_interrupted: bool) -> str:
    """Return the last line, the summary."""
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
            "interrupted": was_interrupted,
            "pings": rows,
            "events": dict(board.counts),
            "without_primary_s": round(board.without_primary, 3),
            "reasons": list(verdict.reasons),
            "exit_code": verdict.code,
        }
    )


def read(text: str) -> Line | None:
    """Parse a line of a recording; return None if it is empty or of an unknown type.

    Raises `BadLineError` if it is not a line of a recording.
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
        raise BadLineError("it is not an object with a type")
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
        raise BadLineError(f"{value[:40]!r} is not a time") from None


def _text(value: Any, limit: int = MAX_TEXT) -> str:
    return value[:limit] if isinstance(value, str) else ""


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
        raise BadLineError("the pings of the tick are missing")
    numbers: dict[str, float | None] = {}
    for host, value in list(pings.items())[:MAX_NAMES]:
        ms = _number(value)
        if value is not None and (ms is None or ms < 0):
            raise BadLineError("a ping must be a number of milliseconds or null")
        numbers[host[:300]] = ms
    number = _number(row.get("n"))
    return Tick(int(number or 0), _moment(row.get("at")), numbers)


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
    members = row.get("members")
    since = row.get("without_primary_since")
    rows = []
    for member in (members if isinstance(members, list) else [])[:MAX_NAMES]:
        if not isinstance(member, dict):
            continue
        up, lost_at = member.get("up"), member.get("lost_at")
        rows.append(
            MemberNow(
                _text(member.get("host"), 300),
                _text(member.get("role"), 40) or "unknown",
                up if isinstance(up, bool) else None,
                _moment(lost_at) if isinstance(lost_at, str) else None,
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
