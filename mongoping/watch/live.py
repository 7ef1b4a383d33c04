"""The live view: frames on the other screen of a terminal, by Rich."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mongoping.watch.board import Board
from mongoping.watch.frame import Row, frame
from mongoping.watch.lines import Line
from mongoping.watch.model import Now

if TYPE_CHECKING:
    from rich.live import Live


class Frame:
    """A frame of the board as it is when it is drawn, in the size that the terminal has then."""

    def __init__(self, board: Board, zone: tzinfo | None, *, unicode: bool) -> None:
        self._board = board
        self._zone = zone
        self._unicode = unicode

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Segments straight away: measuring and wrapping them again would cost milliseconds."""
        height = options.height or console.height
        rows = frame(self._board, options.max_width, height, zone=self._zone, unicode=self._unicode)
        for at, row in enumerate(rows):
            yield from (Segment(text, _style(style)) for text, style in row)
            if at < len(rows) - 1:
                yield Segment.line()


def _style(words: str) -> Style | None:
    return Style.parse(words) if words else None  # cached by Rich


def texts(rows: Iterable[Row]) -> list[Text]:
    """A frame as lines of text, for a picture."""
    return [Text.assemble(*row) for row in rows]


class LiveView:
    """Draws at every tick and event, and gives the terminal back as it was in the end."""

    def __init__(self, board: Board, zone: tzinfo | None, *, unicode: bool, color: bool) -> None:
        from rich.live import Live

        self._console = Console(no_color=not color, highlight=False, emoji=False, markup=False)
        self._frame = Frame(board, zone, unicode=unicode)
        self._live: Live = Live(
            self._frame,
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> LiveView:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: Any) -> None:
        self._live.stop()

    def tell(self, line: Line) -> None:
        """Draw anew. Raises OSError where the terminal is gone."""
        if not isinstance(line, Now):  # a tick or an event comes with it
            self.draw()

    def draw(self) -> None:
        """Draw the frame in the terminal's present size."""
        self._live.refresh()
