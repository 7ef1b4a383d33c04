"""A log of any length, cut into the records that programs wrote: one error each. Pure.

A record is a line with what belongs to it: the frames of a traceback, the exception at its
end, the causes of causes, a printed object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from mongoping.record import Record

MAX_LINE = 64 * 1024  # characters; longer lines are cut into several
MAX_RECORD = 32 * 1024  # characters of one record that are kept
MAX_LINES = 400  # the same in lines

_GOES_ON = (" ", "\t", "}", ")", "]", "Caused by", "at ", "Traceback", "...", "Stack trace", "#")
_AGAIN = ("During handling of", "The above exception", "--- ", " ---> ")


class Entry(Record):
    """One record: where it begins, counted from 1, and its text."""

    line: int
    text: str


def lines(chunks: Iterable[str]) -> Iterator[str]:
    """Lines without their ends, out of pieces of any size. No line is longer than `MAX_LINE`."""
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split("\n")
        yield from whole
        while len(rest) > MAX_LINE:
            yield rest[:MAX_LINE]
            rest = rest[MAX_LINE:]
    if rest:
        yield rest


def records(source: Iterable[str]) -> Iterator[Entry]:
    """The records of a log, in order. One that grows too long is cut in two."""
    start, kept, size, inside = 1, list[str](), 0, False
    for number, raw in enumerate(source, 1):
        line = _bare(raw)
        full = size >= MAX_RECORD or len(kept) >= MAX_LINES
        if kept and (full or not _belongs(line, kept, inside=inside)):
            yield Entry(start, "\n".join(kept))
            start, kept, size = number, [], 0
        inside = _inside(line, inside=inside)
        kept.append(line)
        size += len(line)
    if kept:
        yield Entry(start, "\n".join(kept))


def _belongs(line: str, kept: list[str], *, inside: bool) -> bool:
    """Whether a line goes on with the record before it. ``inside``: of a traceback."""
    if not line or line.startswith(_GOES_ON) or line.startswith(_AGAIN):
        return True
    if inside:
        return not _begins().match(line)
    # an exception on the line behind the message that it is logged with
    return len(kept) == 1 and bool(_exception().match(line) and _begins().match(kept[0]))


@cache
def _exception() -> re.Pattern[str]:
    return re.compile(
        r"[a-z]\w{0,40}+(?:\.[\w$]{1,80}+){1,12}+(?<=Exception|..Failure|....Error)\b"
    )


def _inside(line: str, *, inside: bool) -> bool:
    """Whether the next line that is not indented is the exception of a traceback."""
    if line.startswith(("Traceback", *_AGAIN)):
        return True
    return inside and (not line or line[0] in " \t")


@cache
def _begins() -> re.Pattern[str]:
    """A line that begins with a time begins a record."""
    return re.compile(r"\W{0,3}(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\{\"t\":)")


@cache
def _prefix() -> re.Pattern[str]:
    """Who says it, as compose puts it before each line."""
    return re.compile(r"[\w./-]{1,60}\s{0,20}\| ?")


def _bare(line: str) -> str:
    if "|" in line[:84]:
        found = _prefix().match(line)
        line = line[found.end() :] if found else line
    return line.rstrip("\r")


@cache
def _time() -> re.Pattern[str]:
    return re.compile(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
        r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d"
        r"|\b\d\d:\d\d:\d\d(?:[.,]\d{1,6})?"
    )


def time_of(text: str) -> str | None:
    """When a record was written, as it says itself; None where it does not."""
    found = _time().search(text, 0, 200)
    return found[0] if found else None
