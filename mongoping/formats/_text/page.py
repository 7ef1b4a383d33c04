"""Lay out the lines of a text report.

Every field becomes a `Text`, which interprets no markup, after `Page.clean` has escaped
control characters; nothing that a peer sends can color or move anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping import columns
from mongoping.code_spans import plain
from mongoping.columns import ASCII_MARKS, COLORS, INDENT, MARKS, to_ascii, wrap
from mongoping.escape import printable
from mongoping.formats._text.styled import Text, cell_len
from mongoping.model import remedy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Remedy, Style

SKIPPED_COLOR = "dim"  # of a step that was skipped
REPLACEMENT = "bold underline"  # the part of a connection string that a remedy changes
DELIMITERS = "/?&@,"


class Page:
    """The style of a report, and its width."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.width = style.width

    def clean(self, text: str) -> str:
        """Return text of any origin as it may be shown."""
        safe_text = printable(text)
        return safe_text if self.style.unicode else to_ascii(safe_text)

    @property
    def dot(self) -> str:
        """Return the separator between facts on one line."""
        return " · " if self.style.unicode else " . "

    def mark(self, status: str) -> Text:
        """Return the mark of a status in its color, which text appended to it does not get."""
        marks = MARKS if self.style.unicode else ASCII_MARKS
        return Text().append(marks[status], COLORS.get(status, SKIPPED_COLOR))

    def paragraph(self, text: str, style: str = "", indent: int = INDENT) -> list[Text]:
        """Return an indented text in lines."""
        lines = wrap(self.clean(text), self.width - indent, measure=cell_len)
        return [Text(" " * indent).append(line, style) for line in lines]

    def title_rows(self, status: str, text: str, code: str, style: str) -> list[Text]:
        """Return a text behind the mark of a status, with a cause code at the right."""
        rows = columns.title_rows(self.clean(text), code, self.width, cell_len)
        lines = [Text(" " * INDENT).append(row, style).append(tail, "dim") for row, tail in rows]
        head = self.mark(status).append(" ")
        return [head.append_text(lines[0].skip(INDENT)), *lines[1:]]

    def label_rows(self, label: str, text: str, width: int, style: str = "") -> list[Text]:
        """Return a text beside its label, which takes ``width`` columns if there is room."""
        head, rows = columns.label_rows(label, self.clean(text), self.width, width, cell_len)
        lines = [Text(row) for row in rows]
        lines[0].stylize(style, INDENT, INDENT + len(head))
        return lines

    def code(self, text: str) -> Text:
        """Return a line to copy, in one piece whatever its length."""
        return Text(" " * INDENT + self.clean(text))

    def link(self, url: str) -> Text:
        """Return a URL in one piece, as a hyperlink where the terminal knows hyperlinks."""
        link_text = Text(self.clean(url), "dim")
        if self.style.hyperlinks:
            link_text.link(url)
        return link_text

    def remedy(
        self, remedy: Remedy | str, uri: str = "", label: str = "", width: int = 0, bold: str = ""
    ) -> list[Text]:
        """Return a remedy: its sentence, and below it what to paste.

        ``uri`` is the connection string of the report: the part that the remedy changes is marked.
        """
        remedy = remedy_of(remedy)
        lines = self.label_rows(label, plain(remedy.text), width, bold)
        if remedy.command:
            lines.append(self.code(remedy.command))
        if remedy.uri:
            line = self.code(remedy.uri)
            start, end = changed_part(uri, remedy.uri)
            if line.plain.strip() == remedy.uri:  # no character was escaped
                line.stylize(REPLACEMENT, start + INDENT, end + INDENT)
            lines.append(line)
        return lines

    def height(self, lines: Sequence[Text]) -> int:
        """Return how many rows the lines take on a terminal."""
        return sum(max(-(-line.cell_len // self.width), 1) for line in lines)


def changed_part(old: str, new: str) -> tuple[int, int]:
    """Return the start and end of the part of a connection string that differs from another one.

    The part consists of complete options, hosts or credentials. It is empty if there is none, or
    if all of it differs.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end, shift = len(new), len(old) - len(new)
    while end > start and end + shift > start and old[end + shift - 1] == new[end - 1]:
        end -= 1
    if start == end and old[start : start + 1] in ("", *DELIMITERS):
        return 0, 0  # complete options were removed
    while start and new[start - 1] not in DELIMITERS:
        start -= 1
    while start < end < len(new) and new[end] not in DELIMITERS:
        end += 1
    return (start, end) if start or end < len(new) else (0, 0)
