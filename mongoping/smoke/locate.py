"""Find the line of a key in a TOML file, which the standard parser does not report. Pure.

A search for ``[table]`` and ``key =`` that is good enough for an error message: for a key inside
an inline table it finds the line of the table, and it does not recognize multi-line strings.
"""

from __future__ import annotations

from itertools import takewhile

from mongoping.lazy_re import lazy_compile

_TABLE = lazy_compile(r"\[{1,2}([^\[\]#]{1,500})\]")
_KEY = lazy_compile(r"([^=#\[\]]{1,500})=")
_PART = lazy_compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """Return the line of a path of keys, from 1, or that of its innermost table or key found."""
    best, best_depth = None, 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if header := _TABLE.match(line):
            path = table = _parts(header[1])
        elif assignment := _KEY.match(line):
            path = (*table, *_parts(assignment[1]))
        else:
            continue
        same = takewhile(lambda pair: pair[0] == pair[1], zip(path, keys, strict=False))
        depth = len(list(same))
        if depth == min(len(path), len(keys)) and depth > best_depth:
            best, best_depth = number, depth
    return best


def _parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted key without their quotes."""
    return tuple(found[1] or found[2] or found[3] or "" for found in _PART.finditer(dotted))
