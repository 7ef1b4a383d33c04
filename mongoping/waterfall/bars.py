"""A waterfall as rows of styled cells: bars to scale beside their numbers. Pure.

A row is a list of (text, style) pairs, in Rich's words for styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from mongoping.escape import printable
from mongoping.model.waterfall import Lane, Phase, Waterfall

EIGHTHS = " ▏▎▍▌▋▊▉█"
TAIL, PLAIN_BAR, PLAIN_TAIL = "░", "#", "-"
WORDS = {
    "srv": "SRV",
    "txt": "TXT",
    "dns": "addresses",
    "tcp": "TCP",
    "tls": "TLS",
    "hello": "hello",
    "auth": "login",
    "ping": "ping",
    "discover": "discover",
    "first-ping": "first ping",
}
STYLES = {
    "srv": "magenta",
    "txt": "magenta",
    "dns": "magenta",
    "tcp": "blue",
    "tls": "cyan",
    "hello": "green",
    "auth": "yellow",
    "ping": "green",
}
COLUMNS = ("min", "p50", "p95", "p99", "max", "jitter")
NARROW_COLUMNS = ("p50", "p95")
WIDE = 76  # columns, from which on all numbers fit beside a bar that is worth looking at
LABEL = 12
NUMBER = 7

Cell = tuple[str, str]
Row = list[Cell]


def rows(waterfall: Waterfall, width: int, *, unicode: bool = True) -> list[Row]:
    """The whole picture in at most ``width`` columns; nothing where nothing was measured."""
    lanes = waterfall.lanes
    if not lanes:
        return []
    columns = COLUMNS if width >= WIDE else NARROW_COLUMNS
    room = max(width - LABEL - NUMBER * len(columns) - 1, 6)
    before = waterfall.names.total_ms if waterfall.names else 0.0
    ends = [lane.total_ms + (before if lane in waterfall.hosts else 0.0) for lane in lanes]
    scale = max([*ends, 1e-6])
    drawn: list[Row] = [_head(waterfall, columns, room)]
    for lane in lanes:
        start = before if lane in waterfall.hosts else 0.0
        drawn.append(_title(lane))
        for phase in lane.phases:
            drawn.append(_phase(phase, start, scale, room, columns, unicode=unicode))
            start += phase.spread.p50_ms
        drawn += _wrapped(printable(lane.note or ""), "yellow", width)
    return drawn + _wrapped(_driver_share(waterfall) or "", "dim", width)


def _wrapped(text: str, style: str, width: int) -> list[Row]:
    return [[(f"  {line}", style)] for line in wrap(text, max(width - 2, 10))]


def _head(waterfall: Waterfall, columns: Sequence[str], room: int) -> Row:
    runs = f"{waterfall.asked} runs" if waterfall.asked != 1 else "1 run"
    left = f"waterfall, {runs}, ms"
    numbers = "".join(name.rjust(NUMBER) for name in columns)
    return [(left[: LABEL + room].ljust(LABEL + room + 1), "bold"), (numbers, "dim")]


def _title(lane: Lane) -> Row:
    where = f"  {lane.address}" if lane.address and lane.address not in lane.name else ""
    return [(printable(lane.name), "bold"), (printable(where), "dim")]


def _phase(
    phase: Phase, start: float, scale: float, room: int, columns: Sequence[str], *, unicode: bool
) -> Row:
    """A bar from where the phase begins, as long as its median, with a tail up to its p95."""
    one = phase.spread
    offset = min(int(start / scale * room), room - 1)
    eighths = max(round(one.p50_ms / scale * room * 8), 1)
    eighths = min(eighths, (room - offset) * 8)
    if unicode:
        body = EIGHTHS[8] * (eighths // 8)
        body += EIGHTHS[eighths % 8] if eighths % 8 else ""
    else:
        body = PLAIN_BAR * max(round(eighths / 8), 1)
    left = room - offset - len(body)
    tail = min(max(round((one.p95_ms - one.p50_ms) / scale * room), 0), left)
    values = {
        "min": one.min_ms,
        "p50": one.p50_ms,
        "p95": one.p95_ms,
        "p99": one.p99_ms,
        "max": one.max_ms,
        "jitter": one.jitter_ms,
    }
    style = STYLES.get(phase.name, "white")
    label = f"  {WORDS.get(phase.name, phase.name)}"
    return [
        (label[:LABEL].ljust(LABEL), ""),
        (" " * offset + body, style),
        ((TAIL if unicode else PLAIN_TAIL) * tail + " " * (left - tail + 1), "dim"),
        ("".join(number(values[name]).rjust(NUMBER) for name in columns), ""),
    ]


def number(ms: float | None) -> str:
    """Milliseconds with three digits that mean something."""
    if ms is None:
        return "–"
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}"


def _driver_share(waterfall: Waterfall) -> str | None:
    """How much of a ping is the driver's own: its median against the nearest host's on the wire."""
    if waterfall.driver is None:
        return None
    own = [one.spread.p50_ms for one in waterfall.driver.phases if one.name == "ping"]
    wire = [
        one.spread.p50_ms for lane in waterfall.hosts for one in lane.phases if one.name == "ping"
    ]
    if not own or not wire:
        return None
    share = max(own[0] - min(wire), 0.0)
    return f"of a ping, {number(share)} ms are the driver's own"
