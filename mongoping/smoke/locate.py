"""On which line of a TOML file a key stands; the standard library's parser does not say. Pure.

Good enough for a message: tables, dotted and quoted keys, keys of inline tables, and strings
of several lines are understood. Where a key is not found, the line of its table is told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator


def line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line (from 1) of a path of keys, else of the longest beginning of it that is there."""
    best, best_length = None, 0
    for number, path in _paths(text):
        length = _common(path, keys)
        if length > best_length:
            best, best_length = number, length
    return best


def _common(path: tuple[str, ...], keys: tuple[str, ...]) -> int:
    """How many keys of ``keys`` a path of the file names; 0 where it leads elsewhere."""
    if len(path) > len(keys):
        return len(keys) if path[: len(keys)] == keys else 0
    return len(path) if keys[: len(path)] == path else 0


def _paths(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every line that names a table or a key, with the whole path."""
    table: tuple[str, ...] = ()
    inside: str | None = None  # the quotes of a string over several lines
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if inside is not None:
            if inside in line:
                inside = None
            continue
        if line.startswith("["):
            head = line.strip("[] \t").partition("#")[0].rstrip("] \t")
            found = _split(head)
            if found is not None:
                table = found
                yield number, table
            continue
        key, sign, value = _cut(line)
        if not sign:
            continue
        own = _split(key)
        if own is None:
            continue
        path = (*table, *own)
        yield number, path
        yield from ((number, (*path, *entry)) for entry in _inline(value))
        for quotes in ('"' * 3, "'" * 3):
            if value.count(quotes) % 2:
                inside = quotes


def _cut(line: str) -> tuple[str, str, str]:
    """Key and value, at the first ``=`` that is not within quotes."""
    quote = ""
    for at, entry in enumerate(line):
        if quote:
            quote = "" if entry == quote else quote
        elif entry in "\"'":
            quote = entry
        elif entry == "#":
            break
        elif entry == "=":
            return line[:at], "=", line[at + 1 :].strip()
    return line, "", ""


def _split(key: str) -> tuple[str, ...] | None:
    """The parts of a dotted key; the parser itself tells how quotes are read."""
    try:
        found = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return None
    parts: list[str] = []
    inner: object = found
    while isinstance(inner, dict) and inner:
        name = next(iter(inner))
        parts.append(name)
        inner = inner[name]
    return tuple(parts)


def _inline(value: str) -> list[tuple[str, ...]]:
    """The keys of an inline table."""
    if not value.startswith("{"):
        return []
    try:
        found = tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return []
    return list(_walk(found, ()))


def _walk(value: object, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*at, name)
            yield from _walk(inner, (*at, name))
