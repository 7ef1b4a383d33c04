"""Lay out text in the columns of a terminal: width, wrapping, marks, ASCII. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

MAX_COLUMNS = 110
"""Text that is wider than this is hard to read: the eye loses the line."""

INDENT = 2
"""Columns before every line below a title: more would make a pasted line fail or look wrong."""

MIN_BESIDE = 60  # columns of a terminal: with fewer, labels are not in a column of their own
MIN_TEXT = 24  # columns that a title needs beside a code

MARKS: Mapping[str, str] = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "\u2013"}
"""The mark of a status, the same in all commands."""

ASCII_MARKS: Mapping[str, str] = {"ok": "+", "warn": "!", "fail": "x", "skip": "-"}

COLORS: Mapping[str, str] = {"ok": "green", "warn": "yellow", "fail": "red"}
"""The color of a status; a skipped step is dim."""

SCHEMES = ("https://", "http://", "mongodb://", "mongodb+srv://")
MAX_LINK = 500  # characters; text of a peer can look like a link

ASCII: Mapping[str, str] = {
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)),
    **dict.fromkeys("▏▎▍▌▋▊▉", "#"),
    **dict.fromkeys("─\u2013\u2014╌", "-"),
    **dict.fromkeys("│├", "|"),
    **dict.fromkeys("╭╰┌└✓", "+"),
    **dict.fromkeys("\u00d7✗", "x"),
    **dict.fromkeys("░·", "."),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    "○": "o",
    "…": "...",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "␛": "^",
}
"""ASCII replacements of drawing characters, for streams with a small character set."""


def to_ascii(text: str) -> str:
    """Return ``text`` in ASCII: drawings by similar characters, others by escapes."""
    if text.isascii():
        return text
    characters = (
        ASCII.get(char) or char.encode("ascii", "backslashreplace").decode() for char in text
    )
    return "".join(characters)


def width_of(text: str) -> int:
    """Return the number of columns that ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def wrap(
    text: str, room: int, first: int | None = None, measure: Callable[[str], int] = width_of
) -> list[str]:
    """Return ``text`` in lines of at most ``room`` columns, and at least one line.

    Spaces within a line stay as they are. A URL and a connection string are never broken, so
    that they can be copied and clicked; other words break if they are longer than a line.

    Args:
        first: The room of the first line, if it is another one.
        measure: Returns the columns of a text.
    """
    room = max(room, 1)
    free = room if first is None else max(first, 1)
    lines: list[str] = []
    line = ""
    for gap, piece in _pieces(text, room, measure):
        width_needed = len(gap) * bool(line) + measure(piece)
        if width_needed > free and (line or (not lines and free < room)):
            lines.append(line)
            line, free, width_needed = "", room, measure(piece)
        line += gap + piece if line else piece
        free -= width_needed
    return [*lines, line] if line or not lines else lines


def title_rows(
    text: str, code: str, columns: int, measure: Callable[[str], int] = width_of
) -> list[tuple[str, str]]:
    """Return the rows of a title that follows a mark, and what follows the title in each row.

    The code of the cause is at the right of the first row, or in a row of its own without enough
    room beside it.
    """
    room = columns - INDENT
    if not code:
        return [(row, "") for row in wrap(text, room, measure=measure)]
    beside = room - len(code) - INDENT
    if beside < MIN_TEXT:
        rows = wrap(text, room, measure=measure)
        return [*((row, "") for row in rows), (" " * (room - len(code)), code)]
    first, *rest = wrap(text, room, beside, measure=measure)
    gap = room - measure(first) - len(code)
    return [(first + " " * gap, code), *((row, "") for row in rest)]


def label_rows(
    label: str, text: str, columns: int, width: int, measure: Callable[[str], int] = width_of
) -> tuple[str, list[str]]:
    """Return a label as it is shown, and the rows of the text with what precedes each of them.

    The label takes ``width`` columns. On a narrow terminal it is the start of the text instead.
    The first row begins with `INDENT` blanks and the label.
    """
    blank = " " * INDENT
    if columns < MIN_BESIDE and width > len(label) + 1:
        head = f"{label}: " if label else ""
        rows = wrap(f"{head}{text}", columns - INDENT, measure=measure)
        return head, [blank + row for row in rows]
    first, *rest = wrap(text, columns - width - INDENT, measure=measure)
    blank += " " * width
    return label, [" " * INDENT + label.ljust(width) + first, *(blank + row for row in rest)]


def link_width(width: int, columns: int, longest: int) -> int:
    """Return the columns for the label of links, of which the longest takes that many columns.

    That is ``width``, or less if the links would not fit beside it.
    """
    if columns < MIN_BESIDE or INDENT + width + longest > columns:
        return len("Docs") + INDENT
    return width


def _pieces(text: str, room: int, measure: Callable[[str], int]) -> Iterator[tuple[str, str]]:
    """Yield the words of a text, each with the spaces before it; long words are in pieces."""
    gap = ""
    for word in text.replace("\n", " ").split(" "):
        if not word:
            gap += " "
            continue
        if _is_link(word) or measure(word) <= room:
            yield gap, word
        else:
            yield from _cut(word, gap, room, measure)
        gap = " "


def _is_link(word: str) -> bool:
    """Return whether a word is a URL or a connection string of reasonable length."""
    return len(word) <= MAX_LINK and word.lstrip("(\"'").startswith(SCHEMES)


def _cut(
    word: str, gap: str, room: int, measure: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    """Yield a word in pieces that fit into a line."""
    piece, columns = "", 0
    for char in word:
        width = measure(char)
        if piece and columns + width > room:
            yield gap, piece
            gap, piece, columns = "", "", 0
        piece += char
        columns += width
    yield gap, piece
