"""Render a watch as plain text: a line per tick and event, and the summary. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from textwrap import wrap

from mongoping.escape import printable
from mongoping.watch.board import Board, Numbers, Verdict
from mongoping.watch.model import DRIVER, Event, Now, Tick

MARKS = {"info": "·", "warning": "!", "error": "✗"}
PLAIN_MARKS = {"info": "-", "warning": "!", "error": "x"}
COLUMNS = ("sent", "lost", "min", "p50", "p95", "p99", "max")
SHORT_COLUMNS = ("lost", "p50", "p95", "max")
CELL_WIDTH = 13  # wide enough to align the columns of most lines
EVENTS_SHOWN = 20  # in the summary, after the counts


def clock(at: float, zone: tzinfo | None, *, fine: bool = False) -> str:
    """Format a time in ``zone`` (None: local) as ``12:00:01``, or with tenths if ``fine``."""
    moment = datetime.fromtimestamp(at, zone)
    text = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return f"{text}.{moment.microsecond // 100_000}" if fine else text


def labels(hosts: Iterable[str]) -> dict[str, str]:
    """Return the shortest unambiguous name of each host: without a common domain, name or port."""
    return _labels(tuple(hosts))


@lru_cache(maxsize=4)
def _labels(hosts: tuple[str, ...]) -> dict[str, str]:
    rows = {host: host.rpartition(":") for host in hosts if host != DRIVER}
    names = {name for name, _, _ in rows.values()}
    ports = {port for _, _, port in rows.values()}
    if len(rows) < 2 or "" in names:  # a UNIX socket has no port
        return {host: host for host in rows}
    if len(names) == 1 and len(ports) == len(rows):
        return {host: f":{port}" for host, (_, _, port) in rows.items()}
    domains = {name.partition(".")[2] for name in names}
    literal = any(name.replace(".", "").isdigit() or ":" in name for name in names)
    strip = len(domains) == 1 and domains != {""} and not literal
    short = {
        host: (name.partition(".")[0] if strip else name) + (f":{port}" if len(ports) > 1 else "")
        for host, (name, _, port) in rows.items()
    }
    return short if len(set(short.values())) == len(short) else {host: host for host in rows}


def number(ms: float | None) -> str:
    """Format milliseconds with three significant digits."""
    if ms is None:
        return "–"
    if ms >= 10_000:
        return f"{ms / 1000:.0f}s"
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}"


def tick(line: Tick, now: Now, names: Mapping[str, str], zone: tzinfo | None) -> str:
    """Render a tick: time, number, the driver, then every member; ``*`` marks the primary."""
    cells = [f"{clock(line.at, zone, fine=True)} #{line.number:<4}"]
    for host, ms in line.pings.items():
        mark = "*" if host == now.primary else ""
        ms_text = "lost" if ms is None else number(ms)
        cells.append(f"{printable(names.get(host, host))}{mark} {ms_text}".ljust(CELL_WIDTH))
    return "  ".join(cells).rstrip() + "\n"


def event(line: Event, zone: tzinfo | None, *, unicode: bool = True) -> str:
    """Render an event: time, severity, kind and text."""
    mark = (MARKS if unicode else PLAIN_MARKS)[line.severity]
    stamp = clock(line.at, zone, fine=True)
    command = line.facts.get("command") if line.kind in ("cause", "program") else None
    after = f"\n  {printable(command)}" if isinstance(command, str) else ""
    return f"{stamp} {mark} {printable(line.kind)}: {printable(line.text)}{after}\n"


def summary(
    board: Board, verdict: Verdict, *, width: int, zone: tzinfo | None, unicode: bool = True
) -> str:
    """Render the summary: a table of all targets, the events, and the limits that were exceeded."""
    lines = [""]
    if board.series:
        lines += [*wrap(_head(board), width), *_table(board, width)]
    else:
        lines.append("no pings were sent")
    lines += _events(board, width, zone, unicode=unicode)
    text = "\n".join(lines) + "\n" + reasons(verdict, width, unicode)
    return text if unicode else text.replace("–", "-")


def reasons(verdict: Verdict, width: int, unicode: bool = True) -> str:
    """Render why the exit code is not 0, a line for each reason."""
    mark = "✗" if unicode else "x"
    rows: list[str] = []
    for reason in verdict.reasons:
        rows += wrap(f"{mark} {printable(reason)}", width, subsequent_indent="  ")
    return "".join(f"{row}\n" for row in rows)


def _head(board: Board) -> str:
    seconds = round(board.seconds)
    hours, rest = divmod(seconds, 3600)
    duration = f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{seconds} s"
    ticks = f"{board.ticks} tick" + ("" if board.ticks == 1 else "s")
    return f"{ticks} in {duration}, one every {board.interval:g} s; times in ms"


def cells(numbers: Numbers, columns: Sequence[str]) -> list[str]:
    """Return the cells of a row; a loss is a count with its percentage."""
    rows = {
        "sent": str(numbers.sent),
        "lost": f"{numbers.lost} ({numbers.loss:.1f} %)" if numbers.lost else "0",
        "min": number(numbers.min_ms),
        "mean": number(numbers.mean_ms),
        "p50": number(numbers.p50_ms),
        "p95": number(numbers.p95_ms),
        "p99": number(numbers.p99_ms),
        "max": number(numbers.max_ms),
    }
    return [rows[column] for column in columns]


def _table(board: Board, width: int) -> list[str]:
    short = labels(host for host in board.targets)
    for columns in (COLUMNS, SHORT_COLUMNS):
        rows = [["", *columns]]
        for host in board.targets:
            if host in board.series:
                name = printable(short.get(host, host))
                rows.append([name, *cells(board.series[host].numbers, columns)])
        sizes = [max(len(row[at]) for row in rows) for at in range(len(columns) + 1)]
        if sum(sizes) + 2 * len(columns) <= width:
            break
    room = width - sum(sizes[1:]) - 2 * len(columns)
    sizes[0] = max(min(sizes[0], room), 4)
    lines = []
    for row in rows:
        first = row[0] if len(row[0]) <= sizes[0] else row[0][: sizes[0] - 1] + "…"
        rest = (cell.rjust(size) for cell, size in zip(row[1:], sizes[1:], strict=True))
        lines.append("  ".join([first.ljust(sizes[0]), *rest]).rstrip())
    return lines


def _events(board: Board, width: int, zone: tzinfo | None, *, unicode: bool) -> list[str]:
    if not board.counts:
        return ["no events"]
    counts_text = ", ".join(f"{count} {kind}" for kind, count in sorted(board.counts.items()))
    lines = wrap(f"events: {printable(counts_text)}", width, subsequent_indent="  ")
    recent_events = list(board.events)[-EVENTS_SHOWN:]
    older = sum(board.counts.values()) - len(recent_events)
    if older > 0:
        lines.append(f"last {len(recent_events)} events:")
    for row in recent_events:
        text, _, command = event(row, zone, unicode=unicode).rstrip("\n").partition("\n")
        lines += wrap(text, width, initial_indent="  ", subsequent_indent="    ") or [text]
        lines += [command] if command else []  # ready to copy, so never wrapped
    if board.without_primary:
        lines.append(f"without a primary for {board.without_primary:.1f} s in total")
    return lines
