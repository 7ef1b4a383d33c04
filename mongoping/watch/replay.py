"""A recording shown again: the same board, filled from a file instead of from a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mongoping.watch import lines
from mongoping.watch.board import Board
from mongoping.watch.lines import BadLineError, End, Line, Start
from mongoping.watch.model import Event, Now, Tick

LONGEST_WAIT_S = 5.0  # a recording with a night's gap in it is not waited for


def parse(texts: Iterable[str]) -> Iterator[Line]:
    """The lines of a recording; one without its end, as a crash leaves it, is left out.

    Raises `BadLineError`, which names the line.
    """
    for number, text in enumerate(texts, 1):
        try:
            line = lines.read(text)
        except BadLineError as error:
            if not text.endswith("\n"):
                return
            raise BadLineError(f"line {number}: {error}") from None
        if line is not None:
            yield line


def apply(line: Line, board: Board) -> None:
    """Put one line on the board."""
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


def pause(former: float | None, line: Line, speed: float) -> float:
    """Seconds to wait before a line is shown, at so many times the speed of its life."""
    if former is None or isinstance(line, Now) or speed <= 0:
        return 0.0
    return min(max(line.at - former, 0.0) / speed, LONGEST_WAIT_S)
