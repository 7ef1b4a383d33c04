"""Render a waterfall as rows of styled cells: bars to scale beside their numbers. Pure.

A row is a list of (text, style) pairs; the styles have Rich's names.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from mongoping.escape import printable
from mongoping.model.waterfall import Lane, Phase, Waterfall

EIGHTHS = " ▏▎▍▌▋▊▉█"
TAIL, PLAIN_BAR, PLAIN_TAIL = "░", "#", "-"
LABELS = {
    "srv": "SRV",
    "txt": "TXT",
    "dns": "addresses",
    "tcp": "TCP",
    "tls": "TLS",
    "hello": "handshake",
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
WIDE = 76  # min terminal columns for all numbers beside a readable bar
LABEL_WIDTH = 12
NUMBER_WIDTH = 7

Cell = tuple[str, str]
Row = list[Cell]


def rows(waterfall: Waterfall, width: int, *, unicode: bool = True) -> list[Row]:
    """Render all lanes in at most ``width`` columns; no rows if nothing was measured."""
    lanes = waterfall.lanes
    if not lanes:
        return []
    columns = _columns(waterfall, width)
    room = max(width - LABEL_WIDTH - NUMBER_WIDTH * len(columns) - 1, 6)
    scale = max(waterfall.end_ms, 1e-6)
    all_rows: list[Row] = [_head(waterfall, columns, room)]
    for lane in lanes:
        start = waterfall.start_ms(lane)
        all_rows.append(_title(lane))
        for phase in lane.phases:
            all_rows.append(_phase(phase, start, scale, room, columns, unicode=unicode))
            start += phase.spread.p50_ms
        all_rows += _wrap(printable(lane.note or ""), "yellow", width)
    return all_rows + _wrap(_driver_overhead(waterfall) or "", "dim", width)


def _columns(waterfall: Waterfall, width: int) -> Sequence[str]:
    """Return the statistics to show, without percentiles for which no phase has enough runs."""
    spreads = [phase.spread for lane in waterfall.lanes for phase in lane.phases]
    absent = {
        name
        for name in ("p95", "p99")
        if all(getattr(spread, f"{name}_ms") is None for spread in spreads)
    }
    if width < WIDE and "p95" in absent:
        return ("p50", "max")
    return [name for name in (COLUMNS if width >= WIDE else NARROW_COLUMNS) if name not in absent]


def _wrap(text: str, style: str, width: int) -> list[Row]:
    return [[(f"  {line}", style)] for line in wrap(text, max(width - 2, 10))]


def _head(waterfall: Waterfall, columns: Sequence[str], room: int) -> Row:
    runs = f"{waterfall.asked} runs" if waterfall.asked != 1 else "1 run"
    left_text = f"waterfall, {runs}, ms"
    numbers = "".join(name.rjust(NUMBER_WIDTH) for name in columns)
    return [
        (left_text[: LABEL_WIDTH + room].ljust(LABEL_WIDTH + room + 1), "bold"),
        (numbers, "dim"),
    ]


def _title(lane: Lane) -> Row:
    where = f"  {lane.address}" if lane.address and lane.address not in lane.name else ""
    return [(printable(lane.name), "bold"), (printable(where), "dim")]


def _phase(
    phase: Phase, start: float, scale: float, room: int, columns: Sequence[str], *, unicode: bool
) -> Row:
    """Render a bar at the start of the phase: its median, with a tail to its p95 or maximum."""
    spread = phase.spread
    offset = min(int(start / scale * room), room - 1)
    eighths = max(round(spread.p50_ms / scale * room * 8), 1)
    eighths = min(eighths, (room - offset) * 8)
    if unicode:
        body = EIGHTHS[8] * (eighths // 8)
        body += EIGHTHS[eighths % 8] if eighths % 8 else ""
    else:
        body = PLAIN_BAR * max(round(eighths / 8), 1)
    columns_left = room - offset - len(body)
    end_ms = spread.max_ms if spread.p95_ms is None else spread.p95_ms
    tail = min(max(round((end_ms - spread.p50_ms) / scale * room), 0), columns_left)
    values = {
        "min": spread.min_ms,
        "p50": spread.p50_ms,
        "p95": spread.p95_ms,
        "p99": spread.p99_ms,
        "max": spread.max_ms,
        "jitter": spread.jitter_ms,
    }
    style = STYLES.get(phase.name, "white")
    label = f"  {LABELS.get(phase.name, phase.name)}"
    return [
        (label[:LABEL_WIDTH].ljust(LABEL_WIDTH), ""),
        (" " * offset + body, style),
        ((TAIL if unicode else PLAIN_TAIL) * tail + " " * (columns_left - tail + 1), "dim"),
        ("".join(number(values[name]).rjust(NUMBER_WIDTH) for name in columns), ""),
    ]


def number(ms: float | None) -> str:
    """Format milliseconds with three significant digits."""
    if ms is None:
        return "–"
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}"


def _driver_overhead(waterfall: Waterfall) -> str | None:
    """Return the driver's overhead per ping: its median minus that of the nearest host."""
    if waterfall.driver is None:
        return None
    driver = _ping_medians(waterfall.driver)
    wire = [ms for lane in waterfall.hosts for ms in _ping_medians(lane)]
    if not driver or not wire:
        return None
    overhead = max(driver[0] - min(wire), 0.0)
    return f"driver overhead per ping: {number(overhead)} ms"


def _ping_medians(lane: Lane) -> list[float]:
    return [phase.spread.p50_ms for phase in lane.phases if phase.name == "ping"]
