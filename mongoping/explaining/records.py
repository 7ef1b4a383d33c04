"""Split a log of any length into records with one error each. Pure.

A record is a line with its continuation: the frames of a traceback, the exception at its
end, nested causes, a printed object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mongoping.explaining.prefixes import bare
from mongoping.lazy_re import lazy_compile

MAX_LINE = 64 * 1024  # characters; longer lines are cut into several
MAX_RECORD = 32 * 1024  # characters of one record that are kept
MAX_LINES = 400  # the same in lines
MAX_HEAD = 400  # characters of a first line that are kept as they stood
MAX_TIME_AT = 60  # characters at the start of a line in which its time is looked for
MAX_WRITERS = 64  # services whose records are open at once

_AGAIN = ("During handling of", "The above exception", "--- ", " ---> ")
_GOES_ON = (
    " ", "\t", "}", ")", "]", "Caused by", "at ", "Traceback", "...", "Stack trace", "#",
    "try '", *_AGAIN
)  # fmt: skip
_TRACEBACK = ("Traceback", '  File "', *_AGAIN)


class Entry(NamedTuple):
    """One record: its first line number (from 1), its text, and its first line unchanged.

    ``writer`` is the program that the prefix of its lines names; empty if there is none.
    """

    line: int
    text: str
    head: str = ""
    writer: str = ""


def lines(chunks: Iterable[str]) -> Iterator[str]:
    """Yield lines without line ends from chunks of any size, cut to `MAX_LINE` characters."""
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split("\n")
        yield from whole
        while len(rest) > MAX_LINE:
            yield rest[:MAX_LINE]
            rest = rest[MAX_LINE:]
    if rest:
        yield rest


class _Open:
    """A record that is still being read."""

    __slots__ = ("ended", "head", "inside", "kept", "line", "size", "writer")

    def __init__(self, line: int, head: str, writer: str) -> None:
        self.line, self.head, self.writer = line, head[:MAX_HEAD], writer
        self.kept: list[str] = []
        self.size, self.inside, self.ended = 0, False, False

    def takes(self, line: str) -> bool:
        """Return whether a line continues the record, and there is room."""
        if self.size >= MAX_RECORD or len(self.kept) >= MAX_LINES:
            return False
        if self.ended and line.startswith("Traceback"):
            return False
        return _belongs(line, self.kept, inside=self.inside)

    def add(self, line: str) -> None:
        """Add a line."""
        within = self.inside
        self.inside = _inside(line, inside=within)
        # the exception that ends a traceback, unless another one is chained to it
        self.ended = (self.ended or (within and not self.inside)) and not line.startswith(_AGAIN)
        self.kept.append(line)
        self.size += len(line)

    def entry(self) -> Entry:
        """Return the record."""
        return Entry(self.line, "\n".join(self.kept), self.head, self.writer)


def records(source: Iterable[str]) -> Iterator[Entry]:
    """Yield the records of a log, each as soon as it ends. One that grows too long is split.

    If each line names its writer, the records of interleaved writers are separated.
    """
    going: dict[str, _Open] = {}
    for number, raw in enumerate(source, 1):
        line, who = bare(raw.rstrip("\r"))
        one = going.get(who)
        if one is None or not one.takes(line):
            if one is not None:
                yield one.entry()
            elif len(going) >= MAX_WRITERS:
                yield going.pop(next(iter(going))).entry()
            one = going[who] = _Open(number, raw, who)
        one.add(line)
    yield from (record.entry() for record in going.values())


def _belongs(line: str, lines_so_far: list[str], *, inside: bool) -> bool:
    """Return whether a line continues the record before it. ``inside``: within a traceback."""
    if lines_so_far[-1].startswith(_WHOLE):
        return False
    if not line or line.startswith(_GOES_ON):
        return True
    if _CRASH.match(lines_so_far[0]) and not any(map(_ERROR_NAME.match, lines_so_far[1:])):
        return not _BEGINS.match(line)
    if inside:
        return not _BEGINS.match(line)
    # an exception on the line behind the message that it is logged with
    return len(lines_so_far) == 1 and bool(
        _EXCEPTION.match(line) and _BEGINS.match(lines_so_far[0])
    )


_WHOLE = '{"t":'  # mongod's lines, of which none goes on
# Node ends with the place of an error, its source, and then the error
_CRASH = lazy_compile(r"(?:file://)?(?>[\w./@-]{1,300}?\.[cm]?[jt]s:)\d{1,7}+$")
_ERROR_NAME = lazy_compile(r"\w{0,60}Error\b")
_EXCEPTION = lazy_compile(
    r"[a-z]\w{0,40}+(?:\.[\w$]{1,80}+){1,12}+(?<=Exception|..Failure|....Error)\b"
)


def _inside(line: str, *, inside: bool) -> bool:
    """Return whether the next line without indentation is the exception of a traceback."""
    if line.startswith(_TRACEBACK):
        return True
    return inside and (not line or line[0] in " \t")


# the time with which a record begins
_BEGINS = lazy_compile(r"\W{0,3}(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\{\"t\":)")


def begins(line: str) -> bool:
    """Return whether a line starts with a time, as records of a log do."""
    return bool(_BEGINS.match(line) or _TIME.search(line[:MAX_TIME_AT]))


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}+"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,:]\d{1,9}+)?+"
_TIME = lazy_compile(
    rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?"
    # 22 Nov, 2025 - 15:56:10; 22/Nov/2025:15:56:10 +0000; 22 Nov 15:56:10
    rf"|\b\d{{1,2}}[ /-]{_MONTH}(?:,?[ /-]\d{{4}})?(?: - |, |[ :]){_CLOCK}(?: [+-]\d{{4}})?"
    # Nov 22 15:56:10; Sat Nov 22 15:56:10 UTC 2025; Nov 22, 2025 3:56:10 PM
    rf"|\b{_MONTH} [ \d]?\d(?:,? \d{{4}},?)? {_CLOCK}(?: (?:[A-Z]{{3,4}} )?\d{{4}}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}, \d{{4}},? \d{{1,2}}:\d\d:\d\d(?: [AP]M)?"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{4},? \d{1,2}:\d\d:\d\d(?: [AP]M)?"
    rf"|\b{_CLOCK}"
)


_JSON_TIME = '{"t":{"$date":"'  # the beginning of mongod's lines, up to the time


def time_of(text: str) -> str | None:
    """Return the time of a record in its text, or None."""
    begin = len(_JSON_TIME) if text.startswith(_JSON_TIME) else 0
    match = _TIME.match(text, begin, 200) or _TIME.search(text, 0, 200)
    return match[0] if match else None
