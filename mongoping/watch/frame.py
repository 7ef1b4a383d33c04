"""One frame of the live view: rows of styled cells for a terminal of any size. Pure.

A row is a list of (text, style) pairs; styles are Rich's words, but Rich is not needed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from functools import cache, lru_cache
from textwrap import wrap

from mongoping.escape import printable
from mongoping.watch.board import Board, Series
from mongoping.watch.model import DRIVER, Event, MemberNow, Severity
from mongoping.watch.text import clock, labels, number

BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = " .:-=+*#@"
EIGHTHS = len(BLOCKS) - 1  # steps of a block
LOST = "×"
PLAIN_LOST = "x"
ROLE_STYLES = {"primary": "bold green", "secondary": "cyan", "unknown": "red", "lost": "bold red"}
EVENT_STYLES = {"info": "", "warning": "yellow", "error": "red"}
COLUMNS = (("now", 7), ("p50", 7), ("p95", 7), ("p99", 7), ("max", 7), ("loss", 7))
NARROW_COLUMNS = (("now", 6), ("p95", 6), ("loss", 6))
LEAST_PLOT = 14  # columns of a plot beside the numbers, however long the names are
WIDE = 72  # columns of the terminal, from which on all numbers fit beside a name and a plot
MOST_PLOT_ROWS = 2  # each further one costs as much CPU as a ping
LEAST_EVENTS = 4  # rows for events, before plots grow
LEAST_NARROW = 7  # the same where most events need two rows
KEPT_ROWS = 256  # events whose rows are kept: as many as a terminal shows

Cell = tuple[str, str]
Row = list[Cell]


def frame(
    board: Board, width: int, height: int, *, zone: tzinfo | None, unicode: bool = True
) -> list[Row]:
    """At most ``height`` rows of at most ``width`` columns."""
    width, height = max(width, 20), max(height, 4)
    head = _head(board, width, zone)
    targets = board.targets
    plots = _plot_rows(height - len(head) - 1, len(targets), wide=width >= WIDE)
    short = labels(targets)
    now = {one.host: one for one in board.now.members}
    named = {host: _name(short.get(host, host), now.get(host)) for host in targets}
    sizes = _sizes(width, max((len(name) + len(role) for name, role in named.values()), default=0))
    rows = [*head, _titles(*sizes)]
    for host in targets:
        rows += _target(host, named[host], board, width, sizes, plots, unicode=unicode)
    left = height - len(rows)
    if left > 0:
        rows += _events(board.events, width, left, zone)
    return [_cut(row, width) for row in rows[:height]]


def _plot_rows(room: int, targets: int, *, wide: bool) -> int:
    """How many rows each plot may have; none of their own where there is no room for it."""
    if targets == 0:
        return 1
    spare = room - targets - (LEAST_EVENTS if wide else LEAST_NARROW)
    least = 1 if wide else 0  # a wide terminal has the plot beside the numbers
    return max(min(spare // targets + least, MOST_PLOT_ROWS), least)


def _head(board: Board, width: int, zone: tzinfo | None) -> list[Row]:
    seconds = round(board.seconds)
    lasted = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    now = board.now
    name = f" {now.set_name}" if now.set_name else ""
    up = sum(1 for one in now.members if one.up)
    state: Row = [(printable(f"{now.type}{name}"), "bold")]
    state.append((f"  {up} of {len(now.members)} answer", "" if up == len(now.members) else "red"))
    if now.without_since is not None:
        gap = max(board.at - now.without_since, 0.0)
        state.append((f"  no primary for {gap:.0f} s", "bold red"))
    right = f"{clock(board.at, zone)}  {lasted}  #{board.ticks}"
    title = "mongoping watch"
    if width < WIDE:
        return [[(title, "bold"), (f"  {lasted}  #{board.ticks}", "dim")], state]
    room = width - len(title) - len(right) - 4
    uri = printable(board.uri)
    uri = uri if len(uri) <= room else uri[: max(room - 1, 0)] + "…"
    gap_width = width - len(title) - 2 - len(uri) - len(right)
    first: Row = [(title, "bold"), (f"  {uri}", ""), (" " * max(gap_width, 1) + right, "dim")]
    return [first, state]


Sizes = tuple[int, Sequence[tuple[str, int]]]
"""The width of names, and the columns of numbers with theirs."""


def _sizes(width: int, longest: int) -> Sizes:
    columns = COLUMNS if width >= WIDE else NARROW_COLUMNS
    numbers = sum(size for _, size in columns)
    if width < WIDE:
        return max(width - numbers - 1, 6), columns
    return min(max(longest + 1, 8), width - numbers - LEAST_PLOT), columns


def _titles(size: int, columns: Sequence[tuple[str, int]]) -> Row:
    text = " " * size + "".join(name.rjust(room) for name, room in columns)
    return [(text, "dim")]


def _name(short: str, member: MemberNow | None) -> tuple[str, str]:
    """The name and the role of a target, with a blank between them where there is a role."""
    role = "" if member is None else "lost" if member.up is False else member.role
    return printable(short), f" {printable(role)}" if role else ""


def _target(
    host: str,
    named: tuple[str, str],
    board: Board,
    width: int,
    sizes: Sizes,
    plots: int,
    *,
    unicode: bool,
) -> list[Row]:
    size, columns = sizes
    name, role = named
    if len(name) > size - len(role):
        name = "…" + name[len(name) - max(size - len(role) - 1, 1) :]
    strong = host == DRIVER or host == board.now.primary
    label: Row = [(name, "bold" if strong else ""), (role, ROLE_STYLES.get(role.strip(), ""))]
    left_of_numbers: Cell = (" " * max(size - len(name) - len(role), 0), "")
    series = board.series.get(host)
    cells: Row = [*label, left_of_numbers, *_numbers(series, columns)]
    wide = width >= WIDE
    left = width - size - sum(one for _, one in columns) - 1
    if series is None or (not wide and plots < 1):
        return [cells]
    drawn = plot(series.recent, left if wide else width - 1, max(plots, 1), unicode=unicode)
    if not wide:
        return [cells, *([(" ", ""), *row] for row in drawn)]
    indent: Cell = (" " * (width - left), "")
    rows: list[Row] = [[*cells, (" ", ""), *drawn[-1]]]
    return [[indent, *row] for row in drawn[:-1]] + rows


def _numbers(series: Series | None, columns: Sequence[tuple[str, int]]) -> Row:
    if series is None:
        return [("".join("–".rjust(size) for _, size in columns), "dim")]
    lost_now = series.last is None and bool(series.recent)
    p50, p95, p99 = series.percentiles
    greatest = series.sketch.greatest if series.sketch.count else None
    values = {
        "now": ("lost", "bold red") if lost_now else (number(series.last), "bold"),
        "p50": (number(p50), ""),
        "p95": (number(p95), ""),
        "p99": (number(p99), ""),
        "max": (number(greatest), ""),
        "loss": (f"{series.loss:.1f}%", "yellow" if series.lost else "dim"),
    }
    return [(values[name][0].rjust(size), values[name][1]) for name, size in columns]


def plot(
    values: Iterable[float | None], width: int, height: int, *, unicode: bool = True
) -> list[Row]:
    """The last values as columns of blocks, newest at the right; a lost one is a cross.

    The scale begins at zero, so that heights are true; what is higher than the 90th
    percentile of what is shown is cut off there and drawn in yellow.
    """
    shown = list(values)[-max(width, 1) :]
    seen = sorted([one for one in shown if one is not None])
    top = seen[min(int(0.90 * len(seen)), len(seen) - 1)] if seen else 1.0
    top = max(top * 1.25, 1e-6)
    full = EIGHTHS * height  # of a row, of the highest column
    scale = full / top
    heights = [
        0 if one is None else full if one >= top else int(one * scale + 0.5) or 1 for one in shown
    ]
    runs = _runs(shown, top)
    left: Cell = (" " * (width - len(shown)), "")
    rows: list[Row] = []
    for glyphs in _glyphs(height, unicode=unicode):
        text = "".join([glyphs[one] for one in heights])
        if text.isspace():  # most rows above the lowest one
            rows.append([(" " * width, "")])
        else:
            rows.append([left, *[(text[start:end], style) for start, end, style in runs]])
    return rows


@cache
def _glyphs(height: int, *, unicode: bool) -> tuple[str, ...]:
    """For each row of a plot, from the top, what a column of so many eighths has there."""
    blocks, cross = (BLOCKS, LOST) if unicode else (PLAIN_BLOCKS, PLAIN_LOST)
    rows = [
        "".join(blocks[min(max(one - low, 0), EIGHTHS)] for one in range(EIGHTHS * height + 1))
        for low in range(EIGHTHS * (height - 1), -1, -EIGHTHS)
    ]
    return (*rows[:-1], cross + rows[-1][1:])


def _runs(shown: Sequence[float | None], top: float) -> list[tuple[int, int, str]]:
    """Neighbours of one colour: from, to, style."""
    runs: list[tuple[int, int, str]] = []
    start, former = 0, ""
    for at, one in enumerate(shown):
        style = "red" if one is None else "yellow" if one > top else "green"
        if style != former:
            if former:
                runs.append((start, at, former))
            start, former = at, style
    if former:
        runs.append((start, len(shown), former))
    return runs


def _events(events: Iterable[Event], width: int, room: int, zone: tzinfo | None) -> list[Row]:
    """The last events, newest at the bottom; a long one goes on in the next row."""
    last = list(events)[-max(room - 1, 0) :] if room > 1 else []
    rows: list[Row] = []
    for one in reversed(last):
        left = room - 1 - len(rows)
        if left <= 0:
            break
        rows = _event(one, width, left, zone) + rows
    return [[("events" if last else "no events so far", "dim")], *rows]


def _event(one: Event, width: int, room: int, zone: tzinfo | None) -> list[Row]:
    """An event in at most ``room`` rows, the last of which may be too long."""
    rows = list(_event_rows(one.at, one.kind, one.text, one.severity, width, zone))
    if len(rows) > room:
        text = " ".join(row[-1][0] for row in rows[room - 1 :])
        rows[room - 1 :] = [[*rows[room - 1][:-1], (text, rows[room - 1][-1][1])]]
    return rows


@lru_cache(maxsize=KEPT_ROWS)
def _event_rows(
    at: float, kind: str, text: str, severity: Severity, width: int, zone: tzinfo | None
) -> tuple[Row, ...]:
    style = EVENT_STYLES[severity]
    stamp = f"{clock(at, zone, fine=width >= WIDE)}  "
    kind = f"{printable(kind)}  " if width >= WIDE else ""
    text = printable(text)
    first: Row = [(stamp, "dim"), (kind, "bold")]
    before = len(stamp) + len(kind)
    if before + len(text) <= width:
        return ([*first, (text, style)],)
    lines = wrap(text, width, initial_indent=" " * before, subsequent_indent="  ") or [text]
    rest: list[Row] = [[("  ", ""), (line.strip(), style)] for line in lines[1:]]
    return ([*first, (lines[0].strip(), style)], *rest)


def _cut(row: Row, width: int) -> Row:
    """A row that fits, its last character an ellipsis where it did not."""
    if sum([len(text) for text, _ in row]) <= width:
        return row
    cut: Row = []
    left = width
    for text, style in row:
        if len(text) <= left:
            cut.append((text, style))
            left -= len(text)
            continue
        if left > 0:
            cut.append((text[: left - 1] + "…", style))
        elif cut:
            last, former = cut.pop()
            cut.append((last[:-1] + "…", former))
        break
    return cut
