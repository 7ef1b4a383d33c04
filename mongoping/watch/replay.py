"""Replay a recording: fill the board from a file instead of from a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mongoping.watch import lines
from mongoping.watch.board import Board
from mongoping.watch.lines import BadLineError, End, Line, Start
from mongoping.watch.model import Event, Now, Tick

MAX_PAUSE_S = 5.0  # a long gap in a recording is skipped


def parse(texts: Iterable[str]) -> Iterator[Line]:
    """Parse the lines of a recording; ignore a truncated last line, as after a crash.

    Raises `BadLineError`, which gives the line number, also for a recording without a line.
    """
    is_empty = True
    for number, text in enumerate(texts, 1):
        try:
            line = lines.read(text)
        except BadLineError as error:
            if not text.endswith("\n"):
                break
            raise BadLineError(f"line {number}: {error}") from None
        if line is not None:
            is_empty = False
            yield line
    if is_empty:
        raise BadLineError("it contains no recording")


def apply(line: Line, board: Board) -> None:
    """Add one line to the board."""
    match line:
        case Start():
            board.uri, board.interval = line.uri, line.interval
            board.started = board.at = line.at
        case Tick():
            board.started = board.started or line.at
            board.tick(line)
        case Event():
            board.event(line)
        case Now():
            board.now = line
        case End():
            board.at = max(board.at, line.at)


def pause(previous: float | None, line: Line, speed: float) -> float:
    """Return the seconds to wait before showing a line at ``speed`` times real time."""
    if previous is None or isinstance(line, Now) or speed <= 0:
        return 0.0
    return min(max(line.at - previous, 0.0) / speed, MAX_PAUSE_S)
