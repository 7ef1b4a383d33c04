"""Render a frame of the live view for a terminal of any size. Pure.

A row is a list of (text, style) pairs; the styles have Rich's names.
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
LOST_MARK = "×"
PLAIN_LOST = "x"
ROLE_STYLES = {"primary": "bold green", "secondary": "cyan", "unknown": "red", "lost": "bold red"}
EVENT_STYLES = {"info": "", "warning": "yellow", "error": "red"}
COLUMNS = (("now", 7), ("p50", 7), ("p95", 7), ("p99", 7), ("max", 7), ("loss", 7))
NARROW_COLUMNS = (("now", 6), ("p95", 6), ("loss", 6))
MIN_PLOT_COLUMNS = 14  # beside the numbers; long names are shortened for it
WIDE = 72  # min terminal columns for all numbers beside a name and a plot
MAX_PLOT_ROWS = 2  # each further row costs as much CPU as a ping
MIN_EVENT_ROWS = 4  # reserved before plots grow
MIN_EVENT_ROWS_NARROW = 7  # most events take two rows in a narrow terminal
TITLE = "mongoping watch"
MIN_ROWS = 4  # of a board
MIN_SCALE_MS = 1e-6
CACHED_EVENTS = 256  # about as many as a terminal shows

Cell = tuple[str, str]
Row = list[Cell]


def frames(
    boards: Sequence[tuple[str, Board]],
    width: int,
    height: int,
    *,
    zone: tzinfo | None,
    unicode: bool = True,
) -> list[Row]:
    """Render several boards below each other, each with its name, all with the same scale."""
    if len(boards) == 1:
        return frame(boards[0][1], width, height, zone=zone, unicode=unicode)
    shown_boards = boards[: max(height // MIN_ROWS, 1)]
    left_out = len(boards) - len(shown_boards)
    share = (height - (1 if left_out else 0)) // len(shown_boards)
    top = scale([board for _, board in shown_boards], width)
    rows: list[Row] = []
    for name, board in shown_boards:
        part = frame(board, width, share, zone=zone, unicode=unicode, title=name, top=top)
        rows += [*part, *[[] for _ in range(share - len(part))]]
    if left_out:
        rows.append([(f"{left_out} more in a higher terminal", "dim")])
    return rows[:height]


def frame(
    board: Board,
    width: int,
    height: int,
    *,
    zone: tzinfo | None,
    unicode: bool = True,
    title: str = TITLE,
    top: float | None = None,
) -> list[Row]:
    """Render at most ``height`` rows of at most ``width`` columns.

    ``top`` is the time in ms of the highest bar; by default, it fits the board.
    """
    width, height = max(width, 20), max(height, MIN_ROWS)
    top = top or scale([board], width)
    head = [*_head(board, width, zone, title), *_cause(board, unicode=unicode)]
    targets = board.targets
    plots = _plot_rows(height - len(head) - 1, len(targets), wide=width >= WIDE)
    short = labels(targets)
    members = {member.host: member for member in board.now.members}
    names = {host: _name(short.get(host, host), members.get(host)) for host in targets}
    sizes = _sizes(width, max((len(name) + len(role) for name, role in names.values()), default=0))
    rows = [*head, _titles(*sizes, width, top)]
    for host in targets:
        rows += _target(host, names[host], board, width, sizes, plots, top, unicode=unicode)
    rows_left = height - len(rows)
    if rows_left > 0:
        rows += _events(board.events, width, rows_left, zone)
    return [cut(row, width) for row in rows[:height]]


def scale(boards: Iterable[Board], width: int) -> float:
    """Return the time in ms of the highest bar: of all targets, so that rows can be compared.

    It is 1.25 times the largest 90th percentile of a target's last pings.
    """
    percentiles = [0.0]
    for board in boards:
        for series in board.series.values():
            recent_ms = sorted(ms for ms in list(series.recent)[-width:] if ms is not None)
            if recent_ms:
                percentiles.append(recent_ms[min(int(0.90 * len(recent_ms)), len(recent_ms) - 1)])
    return max(max(percentiles) * 1.25, MIN_SCALE_MS)


def _cause(board: Board, *, unicode: bool) -> list[Row]:
    """Return why the deployment does not answer, and the command that says more."""
    if board.cause is None:
        return []
    mark = "✗" if unicode else "x"
    command = board.cause.facts.get("command")
    rows: list[Row] = [[(f"{mark} {printable(board.cause.text)}", "bold red")]]
    return [*rows, [(f"  {printable(str(command))}", "")]] if command else rows


def _plot_rows(room: int, targets: int, *, wide: bool) -> int:
    """Return how many rows each plot gets; 0 if there is no room for one."""
    if targets == 0:
        return 1
    spare = room - targets - (MIN_EVENT_ROWS if wide else MIN_EVENT_ROWS_NARROW)
    minimum = 1 if wide else 0  # a wide terminal has the plot beside the numbers
    return max(min(spare // targets + minimum, MAX_PLOT_ROWS), minimum)


def _head(board: Board, width: int, zone: tzinfo | None, title: str) -> list[Row]:
    seconds = round(board.seconds)
    duration = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    now = board.now
    name = f" {now.set_name}" if now.set_name else ""
    up = sum(1 for member in now.members if member.up)
    state: Row = [(printable(f"{now.type}{name}"), "bold")]
    state.append(
        (f"  {up} of {len(now.members)} members up", "" if up == len(now.members) else "red")
    )
    if now.without_since is not None:
        gap = max(board.at - now.without_since, 0.0)
        state.append((f"  no primary for {gap:.0f} s", "bold red"))
    right = f"{clock(board.at, zone)}  {duration}  #{board.ticks}"
    title = printable(title)[: width // 2]
    if width < WIDE:
        return [[(title, "bold"), (f"  {duration}  #{board.ticks}", "dim")], state]
    room = width - len(title) - len(right) - 4
    uri = printable(board.uri)
    uri = uri if len(uri) <= room else uri[: max(room - 1, 0)] + "…"
    gap_width = width - len(title) - 2 - len(uri) - len(right)
    first: Row = [(title, "bold"), (f"  {uri}", ""), (" " * max(gap_width, 1) + right, "dim")]
    return [first, state]


Sizes = tuple[int, Sequence[tuple[str, int]]]
"""The width of names; the columns of numbers with their widths."""


def _sizes(width: int, longest: int) -> Sizes:
    columns = COLUMNS if width >= WIDE else NARROW_COLUMNS
    numbers = sum(size for _, size in columns)
    if width < WIDE:
        return max(width - numbers - 1, 6), columns
    return min(max(longest + 1, 8), width - numbers - MIN_PLOT_COLUMNS), columns


def _titles(size: int, columns: Sequence[tuple[str, int]], width: int, top: float) -> Row:
    """Return the names of the columns with the unit, and the scale of the bars below it."""
    high = number(top)
    bars = f"0 to {high}" if high.endswith("s") else f"0 to {high} ms"
    bars = bars if top > MIN_SCALE_MS else ""  # nothing was measured yet
    names = "".join(name.rjust(room) for name, room in columns)
    if width >= WIDE:
        return [(f"{'in ms'.ljust(size)}{names} {bars}".rstrip(), "dim")]
    unit = f"ms, {bars}" if bars else "in ms"
    return [((unit if len(unit) < size else "in ms").ljust(size) + names, "dim")]


def _name(short: str, member: MemberNow | None) -> tuple[str, str]:
    """Return the name and the role of a target; the role has a leading blank."""
    role = "" if member is None else "lost" if member.up is False else member.role
    return printable(short), f" {printable(role)}" if role else ""


def _target(
    host: str,
    label: tuple[str, str],
    board: Board,
    width: int,
    sizes: Sizes,
    plots: int,
    top: float,
    *,
    unicode: bool,
) -> list[Row]:
    size, columns = sizes
    name, role = label
    if len(name) > size - len(role):
        name = "…" + name[len(name) - max(size - len(role) - 1, 1) :]
    strong = host == DRIVER or host == board.now.primary
    cells: Row = [(name, "bold" if strong else ""), (role, ROLE_STYLES.get(role.strip(), ""))]
    padding: Cell = (" " * max(size - len(name) - len(role), 0), "")
    series = board.series.get(host)
    cells += [padding, *_numbers(series, columns)]
    wide = width >= WIDE
    plot_width = width - size - sum(room for _, room in columns) - 1
    if series is None or (not wide and plots < 1):
        return [cells]
    columns_for_plot = plot_width if wide else width - 1
    plot_rows = plot(series.recent, columns_for_plot, max(plots, 1), top, unicode=unicode)
    if not wide:
        return [cells, *([(" ", ""), *row] for row in plot_rows)]
    indent: Cell = (" " * (width - plot_width), "")
    rows: list[Row] = [[*cells, (" ", ""), *plot_rows[-1]]]
    return [[indent, *row] for row in plot_rows[:-1]] + rows


def _numbers(series: Series | None, columns: Sequence[tuple[str, int]]) -> Row:
    if series is None:
        return [("".join("–".rjust(size) for _, size in columns), "dim")]
    lost_now = series.last is None and bool(series.recent)
    p50, p95, p99 = series.percentiles
    maximum = series.sketch.maximum if series.sketch.count else None
    values = {
        "now": ("lost", "bold red") if lost_now else (number(series.last), "bold"),
        "p50": (number(p50), ""),
        "p95": (number(p95), ""),
        "p99": (number(p99), ""),
        "max": (number(maximum), ""),
        "loss": (f"{series.loss:.1f}%", "yellow" if series.lost else "dim"),
    }
    return [(values[name][0].rjust(size), values[name][1]) for name, size in columns]


def plot(
    values: Iterable[float | None], width: int, height: int, top: float, *, unicode: bool = True
) -> list[Row]:
    """Render the last values as columns of blocks, newest at the right; a cross is a lost ping.

    The scale goes from zero to ``top``. Values above it are cut off and drawn in yellow.
    """
    recent = list(values)[-max(width, 1) :]
    full = EIGHTHS * height  # eighths in the highest column
    per_ms = full / top
    heights = [
        0 if ms is None else full if ms >= top else int(ms * per_ms + 0.5) or 1 for ms in recent
    ]
    runs = _runs(recent, top)
    padding: Cell = (" " * (width - len(recent)), "")
    rows: list[Row] = []
    for glyphs in _glyphs(height, unicode=unicode):
        text = "".join([glyphs[eighths] for eighths in heights])
        if text.isspace():  # as in most rows above the lowest one
            rows.append([(" " * width, "")])
        else:
            rows.append([padding, *[(text[start:end], style) for start, end, style in runs]])
    return rows


@cache
def _glyphs(height: int, *, unicode: bool) -> tuple[str, ...]:
    """Return, for each row of a plot from the top, the glyph of a column by its eighths."""
    blocks, cross = (BLOCKS, LOST_MARK) if unicode else (PLAIN_BLOCKS, PLAIN_LOST)
    rows = [
        "".join(
            blocks[min(max(eighths - low, 0), EIGHTHS)] for eighths in range(EIGHTHS * height + 1)
        )
        for low in range(EIGHTHS * (height - 1), -1, -EIGHTHS)
    ]
    return (*rows[:-1], cross + rows[-1][1:])


def _runs(recent: Sequence[float | None], top: float) -> list[tuple[int, int, str]]:
    """Return runs of neighboring columns with the same color: start, end, style."""
    runs: list[tuple[int, int, str]] = []
    start, current = 0, ""
    for column, ms in enumerate(recent):
        style = "red" if ms is None else "yellow" if ms > top else "green"
        if style != current:
            if current:
                runs.append((start, column, current))
            start, current = column, style
    if current:
        runs.append((start, len(recent), current))
    return runs


def _events(events: Iterable[Event], width: int, room: int, zone: tzinfo | None) -> list[Row]:
    """Render the last events, newest at the bottom; long ones are wrapped."""
    last = list(events)[-max(room - 1, 0) :] if room > 1 else []
    rows: list[Row] = []
    for event in reversed(last):
        rows_left = room - 1 - len(rows)
        if rows_left <= 0:
            break
        rows = _event(event, width, rows_left, zone) + rows
    return [[("events" if last else "no events yet", "dim")], *rows]


def _event(event: Event, width: int, room: int, zone: tzinfo | None) -> list[Row]:
    """Render an event in at most ``room`` rows; the last one may be too long."""
    rows = list(_event_rows(event.at, event.kind, event.text, event.severity, width, zone))
    if len(rows) > room:
        text = " ".join(row[-1][0] for row in rows[room - 1 :])
        rows[room - 1 :] = [[*rows[room - 1][:-1], (text, rows[room - 1][-1][1])]]
    return rows


@lru_cache(maxsize=CACHED_EVENTS)
def _event_rows(
    at: float, kind: str, text: str, severity: Severity, width: int, zone: tzinfo | None
) -> tuple[Row, ...]:
    style = EVENT_STYLES[severity]
    stamp = f"{clock(at, zone, fine=width >= WIDE)}  "
    kind = f"{printable(kind)}  " if width >= WIDE else ""
    text = printable(text)
    first: Row = [(stamp, "dim"), (kind, "bold")]
    indent = len(stamp) + len(kind)
    if indent + len(text) <= width:
        return ([*first, (text, style)],)
    lines = wrap(text, width, initial_indent=" " * indent, subsequent_indent="  ") or [text]
    rest: list[Row] = [[("  ", ""), (line.strip(), style)] for line in lines[1:]]
    return ([*first, (lines[0].strip(), style)], *rest)


def cut(row: Row, width: int) -> Row:
    """Shorten a row to ``width``; an ellipsis replaces the rest."""
    if sum([len(text) for text, _ in row]) <= width:
        return row
    cells: Row = []
    columns_left = width
    for text, style in row:
        if len(text) <= columns_left:
            cells.append((text, style))
            columns_left -= len(text)
            continue
        if columns_left > 0:
            cells.append((text[: columns_left - 1] + "…", style))
        elif cells:
            last, style = cells.pop()
            cells.append((last[:-1] + "…", style))
        break
    return cells
