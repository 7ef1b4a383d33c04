"""Find the line of a key in a TOML file, which the standard parser does not report. Pure.

A search for ``[table]`` and ``key =`` that is good enough for an error message: for a key inside
an inline table it finds the line of the table, and it does not recognize multi-line strings.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mongoping.lazy_re import lazy_compile

_TABLE = lazy_compile(r"\[{1,2}([^\[\]#]{1,500})\]")
_KEY = lazy_compile(r"([^=#\[\]]{1,500})=")
_PART = lazy_compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")

Keys = tuple[str, ...]
MAX_PARTS = 8  # of a dotted key; the configuration has at most four


class _Index(NamedTuple):
    """The first line of each path of keys that is written out, and of each that begins one."""

    written: dict[Keys, int]
    begun: dict[Keys, int]


def line_of(text: str, keys: Keys) -> int | None:
    """Return the line of a path of keys, from 1, or that of its innermost table or key found."""
    index = _index(text)
    if (line := index.begun.get(keys)) is not None:
        return line
    for depth in range(len(keys) - 1, 0, -1):
        if (line := index.written.get(keys[:depth])) is not None:
            return line
    return None


@lru_cache(maxsize=1)
def _index(text: str) -> _Index:
    """Return the index of a file; an inventory looks up several keys of each of its targets."""
    index = _Index({}, {})
    table: Keys = ()
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if header := _TABLE.match(line):
            path = table = _parts(header[1])
        elif assignment := _KEY.match(line):
            path = (*table, *_parts(assignment[1]))
        else:
            continue
        index.written.setdefault(path, number)
        for depth in range(1, min(len(path), MAX_PARTS) + 1):
            index.begun.setdefault(path[:depth], number)
    return index


def _parts(dotted_key: str) -> Keys:
    """Return the parts of a dotted key without their quotes."""
    return tuple(match[1] or match[2] or match[3] or "" for match in _PART.finditer(dotted_key))
