"""A line of text with styles, written as ANSI escape sequences.

It has the methods of `rich.text.Text` that a report needs, and gives the same output, because
importing Rich takes about a tenth of the CPU time of a healthy run.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mongoping.columns import ASCII

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text as RichText

Span = tuple[int, int, str]  # start, end, style in Rich's words or `LINK` and a URL

CODES = {"bold": "1", "dim": "2", "underline": "4", "red": "31", "green": "32", "yellow": "33"}
LINK = "link "
ONE_COLUMN = frozenset(ASCII)  # characters of our own that are not ASCII


def cell_len(text: str) -> int:
    """Return the number of columns that a text takes on a terminal."""
    if text.isascii() or all(char.isascii() or char in ONE_COLUMN for char in text):
        return len(text)
    from rich.cells import cell_len as measure

    return measure(text)


class Text:
    """Characters and the styles of parts of them.

    Attributes:
        plain: the characters.
        spans: the styled parts; where they overlap, a later color replaces an earlier one.
    """

    __slots__ = ("plain", "spans")

    def __init__(self, plain: str = "", style: str = "", spans: Iterable[Span] = ()) -> None:
        self.plain = plain
        self.spans = [(0, len(plain), style), *spans] if style else list(spans)

    @classmethod
    def assemble(cls, *parts: str | Text | tuple[str, str]) -> Text:
        """Return the parts in a row; a pair is a string and its style."""
        text = cls()
        for part in parts:
            if isinstance(part, Text):
                text.append_text(part)
            elif isinstance(part, str):
                text.append(part)
            else:
                text.append(*part)
        return text

    @property
    def cell_len(self) -> int:
        """Return the number of columns on a terminal."""
        return cell_len(self.plain)

    def append(self, text: str, style: str = "") -> Text:
        """Add characters in one style and return this text."""
        start = len(self.plain)
        self.plain += text
        if style and text:
            self.spans.append((start, len(self.plain), style))
        return self

    def append_text(self, text: Text) -> Text:
        """Add another text with its styles and return this text."""
        shift = len(self.plain)
        self.plain += text.plain
        self.spans += [(start + shift, end + shift, style) for start, end, style in text.spans]
        return self

    def stylize(self, style: str, start: int = 0, end: int | None = None) -> None:
        """Add a style to the characters from ``start`` to ``end``."""
        end = len(self.plain) if end is None else min(end, len(self.plain))
        if style and start < end:
            self.spans.append((start, end, style))

    def link(self, url: str) -> None:
        """Make a hyperlink of all characters."""
        self.stylize(LINK + url)

    def skip(self, count: int) -> Text:
        """Return this text without its first characters."""
        spans = [
            (max(start - count, 0), end - count, style)
            for start, end, style in self.spans
            if end > count
        ]
        return Text(self.plain[count:], spans=spans)

    def truncate(self, width: int) -> None:
        """Remove the characters after ``width`` columns."""
        if self.cell_len <= width:
            return
        if self.plain.isascii():
            self.plain = self.plain[:width]
        else:
            from rich.cells import set_cell_size

            self.plain = set_cell_size(self.plain, width)
        room = len(self.plain)
        self.spans = [
            (start, min(end, room), style) for start, end, style in self.spans if start < room
        ]

    def wrap(self, width: int) -> list[Text]:
        """Return this text in lines of at most ``width`` columns."""
        from rich.console import Console

        lines = self.to_rich().wrap(Console(width=width, _environ={}), width, overflow="fold")
        return [
            Text(line.plain, spans=[(start, end, str(style)) for start, end, style in line.spans])
            for line in lines
        ]

    def ansi(self) -> str:
        """Return the characters with escape sequences for their styles."""
        edges = {0, len(self.plain)}
        for start, end, _ in self.spans:
            edges |= {start, end}
        result = ""
        for left_edge, right in pairwise(sorted(edges)):
            styles = [
                style for start, end, style in self.spans if start <= left_edge and right <= end
            ]
            result += _paint(self.plain[left_edge:right], styles)
        return result

    def to_rich(self) -> RichText:
        """Return the same text for Rich."""
        from rich.style import Style
        from rich.text import Span as RichSpan
        from rich.text import Text as RichText

        spans = [
            RichSpan(start, end, Style(link=style[len(LINK) :]) if _is_link(style) else style)
            for start, end, style in self.spans
        ]
        return RichText(self.plain, spans=spans)


def _is_link(style: str) -> bool:
    return style.startswith(LINK)


def _paint(text: str, styles: list[str]) -> str:
    """Return a text in the given styles, or unchanged if there are none."""
    words = [word for style in styles if not _is_link(style) for word in style.split()]
    colors = [word for word in words if len(CODES[word]) > 1]
    codes = [CODES[word] for word in ("bold", "dim", "underline") if word in words]
    codes += [CODES[color] for color in colors[-1:]]
    if codes:
        text = f"\x1b[{';'.join(codes)}m{text}\x1b[0m"
    for style in styles:
        if _is_link(style):
            text = f"\x1b]8;;{style[len(LINK) :]}\x1b\\{text}\x1b]8;;\x1b\\"
    return text
