"""The live view: frames on the alternate screen of a terminal.

Rich provides the size, the colours and the alternate screen of the terminal. Only changed rows
are written, because rendering a complete frame every second would cost more CPU than the pings.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

from mongoping.watch.board import Board
from mongoping.watch.frame import Row, frame
from mongoping.watch.lines import Line
from mongoping.watch.model import Now

SYSTEMS = {
    None: None,
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}
CLEAR, CLEAR_ROW = "\x1b[H\x1b[2J", "\x1b[K"  # ECMA-48: cursor home, erase display; erase in line


def texts(rows: Iterable[Row]) -> list[Text]:
    """Return a frame as lines of text, for an SVG image."""
    return [Text.assemble(*row) for row in rows]


class LiveView:
    """Redraws at every tick and event, and restores the terminal at the end."""

    def __init__(self, board: Board, zone: tzinfo | None, *, unicode: bool, color: bool) -> None:
        self._board = board
        self._zone = zone
        self._unicode = unicode
        self._console = Console(no_color=not color, highlight=False, emoji=False, markup=False)
        self._system = SYSTEMS[self._console.color_system] if color else None
        self._codes: dict[str, tuple[str, str]] = {}  # escape codes before and after each style
        self._shown: list[Row] = []
        self._size = (0, 0)

    def __enter__(self) -> LiveView:
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)
        self.draw()
        return self

    def __exit__(self, *_: Any) -> None:
        self._console.show_cursor(True)
        self._console.set_alt_screen(False)

    def tell(self, line: Line) -> None:
        """Redraw. Raises OSError if the terminal is gone."""
        if not isinstance(line, Now):  # a tick or an event follows
            self.draw()

    def draw(self) -> None:
        """Draw the rows that changed, in the current size of the terminal."""
        width, height = self._console.size
        rows = frame(self._board, width, height, zone=self._zone, unicode=self._unicode)
        rows += [[]] * (height - len(rows))
        parts = []
        if (width, height) != self._size:
            self._size, self._shown = (width, height), [[]] * height
            parts.append(CLEAR)
        for number, (new, old) in enumerate(zip(rows, self._shown, strict=True), 1):
            if new != old:
                drawn = "".join([self._styled(text, style) for text, style in new])
                parts.append(f"\x1b[{number};1H{drawn}{CLEAR_ROW}")
        self._shown = rows
        if parts:
            self._console.file.write("".join(parts))
            self._console.file.flush()

    def _styled(self, text: str, style: str) -> str:
        if not style or not text or self._system is None:
            return text
        if style not in self._codes:
            mark = Style.parse(style).render("\0", color_system=self._system)
            before, _, after = mark.partition("\0")
            self._codes[style] = (before, after)
        before, after = self._codes[style]
        return f"{before}{text}{after}"
