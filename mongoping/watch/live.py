"""The live view: frames on the alternate screen of a terminal.

Rich provides the size, the colors and the alternate screen of the terminal. Only changed rows
are written, because rendering a complete frame every second would cost more CPU than the pings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

from mongoping import signals
from mongoping.escape import printable
from mongoping.watch.board import Board
from mongoping.watch.frame import Row, cut, frames
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
LEAVE = b"\x1b[?25h\x1b[?1049l"  # show the cursor, leave the alternate screen (xterm, DECSET)
KEYS = "q quit   space pause   s save a picture   ? help"
PAUSE_TEXT = "paused: space continues, pings go on"
HELP = (
    "q      quit, with a summary",
    "space  pause the view and continue; pings and events go on meanwhile",
    "s      save what is shown as an SVG picture in the current folder",
    "?      show or hide this help",
    "",
    "Times are in ms. All bars have one scale; × is a lost ping, yellow is above the scale.",
    "The driver's row is a ping through PyMongo, the others are pings to each member.",
)


def texts(rows: Iterable[Row]) -> list[Text]:
    """Return a frame as lines of text, for an SVG image."""
    return [Text.assemble(*row) for row in rows]


class LiveView:
    """Redraws at every tick and event, and restores the terminal at the end.

    Attributes:
        has_keys: whether keys are read, so that the last row lists them.
        paused: whether the view stays as it is.
    """

    def __init__(
        self,
        boards: Sequence[tuple[str, Board]],
        zone: tzinfo | None,
        *,
        unicode: bool,
        color: bool,
    ) -> None:
        self._boards = boards
        self._zone = zone
        self._unicode = unicode
        self._console = Console(no_color=not color, highlight=False, emoji=False, markup=False)
        self._system = SYSTEMS[self._console.color_system] if color else None
        self._codes: dict[str, tuple[str, str]] = {}  # escape codes before and after each style
        self._shown: list[Row] = []
        self._frozen: list[Row] = []
        self._size = (0, 0)
        self._removal: signals.Removal | None = None
        self._notice = ""
        self._helps = False
        self.has_keys = False
        self.paused = False

    def __enter__(self) -> LiveView:
        with signals.defer():
            self._removal = signals.Removal(self._leave_at_once)
            self.enter()
        return self

    def __exit__(self, *_: Any) -> None:
        with signals.defer():
            self.leave()
            if self._removal is not None:
                self._removal.cancel()

    def enter(self) -> None:
        """Switch to the alternate screen and draw everything."""
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)
        self._size = (0, 0)
        self.draw()

    def leave(self) -> None:
        """Switch back to the normal screen."""
        self._console.show_cursor(True)
        self._console.set_alt_screen(False)

    def _leave_at_once(self) -> None:
        """Do the same before a signal ends the process, without waiting for the terminal."""
        with suppress(OSError, ValueError):
            signals.write_now(self._console.file.fileno(), LEAVE)

    def press(self, key: str, save: Callable[[list[Row], int], str]) -> bool:
        """Handle a key; return whether it ends the watch. ``save`` returns what it did."""
        if key == "q":
            return True
        self._notice = ""
        if key == " ":
            self.paused = not self.paused
        elif key == "s":
            width, height = self._console.size
            self._notice = save(self._view(width, height), width)
        elif key == "?":
            self._helps = not self._helps
        elif self._helps:
            self._helps = False
        self.draw()
        return False

    def tell(self, line: Line) -> None:
        """Redraw. Raises OSError if the terminal is gone."""
        if not isinstance(line, Now):  # a tick or an event follows
            self.draw()

    def _view(self, width: int, height: int) -> list[Row]:
        """Return the rows without the list of keys; while paused, those of before."""
        if self.paused and self._frozen and (width, height) == self._size:
            return self._frozen
        room = height - 1 if self.has_keys else height
        self._frozen = frames(self._boards, width, room, zone=self._zone, unicode=self._unicode)
        return self._frozen

    def _rows(self, width: int, height: int) -> list[Row]:
        rows = list(self._view(width, height))
        if self.has_keys:
            room = height - 1
            if self._helps:
                help_rows: list[Row] = [[(text, "")] for text in ("", *HELP)]
                rows = [*rows[: max(room - len(help_rows), 0)], *help_rows]
            rows = rows[:room] + [[]] * (room - len(rows))
            rows.append([self._footer()])
        return [cut(row, width) for row in rows]

    def _footer(self) -> tuple[str, str]:
        if self._notice:
            return printable(self._notice), "bold"
        return (PAUSE_TEXT, "bold yellow") if self.paused else (KEYS, "dim")

    def draw(self) -> None:
        """Draw the rows that changed, in the current size of the terminal."""
        width, height = self._console.size
        rows = self._rows(width, height)
        rows += [[]] * (height - len(rows))
        parts = []
        if (width, height) != self._size:
            self._size, self._shown = (width, height), [[]] * height
            parts.append(CLEAR)
        for number, (new, old) in enumerate(zip(rows, self._shown, strict=True), 1):
            if new != old:
                screen_text = "".join([self._apply_style(text, style) for text, style in new])
                parts.append(f"\x1b[{number};1H{screen_text}{CLEAR_ROW}")
        self._shown = rows
        if parts:
            self._console.file.write("".join(parts))
            self._console.file.flush()

    def _apply_style(self, text: str, style: str) -> str:
        if not style or not text or self._system is None:
            return text
        if style not in self._codes:
            mark = Style.parse(style).render("\0", color_system=self._system)
            before, _, after = mark.partition("\0")
            self._codes[style] = (before, after)
        before, after = self._codes[style]
        return f"{before}{text}{after}"
