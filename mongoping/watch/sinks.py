"""Outputs of a watch: JSON lines and plain text lines."""

from __future__ import annotations

from datetime import tzinfo
from typing import TextIO

from mongoping.escape import printable
from mongoping.watch import lines, text
from mongoping.watch.board import Board
from mongoping.watch.lines import Line
from mongoping.watch.model import Event, Now, Tick


def encode(line: Line, at: float) -> str:
    """Return a tick, event or deployment as a JSON line; empty for other lines."""
    match line:
        case Tick():
            return lines.tick(line)
        case Event():
            return lines.event(line)
        case Now():
            return lines.members(line, at)
        case _:
            return ""


class JsonLines:
    """Writes JSON lines, flushing each one, so that a crash loses no earlier line."""

    def __init__(self, stream: TextIO, board: Board, target: str | None = None) -> None:
        self._stream = stream
        self._board = board
        self._target = target  # named in every line, if several are watched

    def tell(self, line: Line) -> None:
        """Write a line. Raises OSError."""
        self._stream.write(lines.with_target(encode(line, self._board.at), self._target))
        self._stream.flush()


class TextLines:
    """Writes one text line per tick and event, for a pipe or a log.

    A tick is written when its pings are done. It has the time of its start, or of a later event
    that was written before it, so that the times of the lines ascend.
    """

    def __init__(
        self,
        stream: TextIO,
        board: Board,
        zone: tzinfo | None,
        *,
        unicode: bool,
        target: str | None = None,
    ) -> None:
        self._prefix = f"{printable(target)}  " if target is not None else ""
        self._stream = stream
        self._board = board
        self._zone = zone
        self._unicode = unicode
        self._latest = 0.0  # the time of the last line

    def tell(self, line: Line) -> None:
        """Write a line. Raises OSError."""
        match line:
            case Tick():
                names = text.labels(self._board.targets)
                line = line.replace(at=max(line.at, self._latest))
                line_text = text.tick(line, self._board.now, names, self._zone)
            case Event():
                line_text = text.event(line, self._zone, unicode=self._unicode)
            case _:
                return
        self._latest = max(self._latest, line.at)
        self._stream.write(self._prefix + line_text)
        self._stream.flush()
