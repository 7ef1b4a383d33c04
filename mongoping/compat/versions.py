"""Parse and compare version numbers."""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile

_VERSION = lazy_compile(
    r"v?([0-9]{1,4}(?:\.[0-9]{1,4}){0,3})(?:[-.+]?[a-z][a-z0-9.+-]{0,30})?", re.IGNORECASE
)
_CLAUSE = lazy_compile(r"(>=|<|!=)\s*([0-9.]+?)(\.\*)?")
MOST = 4  # numbers of a version, and digits of a number

Release = tuple[int, int, int, int]


def release(version: str) -> Release:
    """Return the numbers of a version: ``4.4.2``, ``v8.0``, ``4.9b1`` and ``8`` are versions.

    Raises ValueError for text that is not a version.
    """
    parts = version.split(".")
    if not (len(parts) <= MOST and all(map(_is_number, parts))):  # as most versions are
        match = _VERSION.fullmatch(version.strip())
        if match is None:
            raise ValueError(f"{version[:40]!r} is not a version")
        parts = match[1].split(".")
    numbers = [*map(int, parts), 0, 0, 0]
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _is_number(part: str) -> bool:
    return len(part) <= MOST and part.isascii() and part.isdigit()


def series(version: str) -> str:
    """Return the series of a version: its first two numbers, ``8.0`` for ``8.0.4`` and ``8``."""
    return "{}.{}".format(*release(version))


def allows(spec: str, version: str) -> bool:
    """Return whether a version meets a requirement such as ``>=4.9,<5`` (PEP 440)."""
    own = release(version)
    for clause in spec.split(","):
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise ValueError(f"{clause!r} is not a requirement")
        limit = release(match[2])
        if match[1] == "!=":
            length = match[2].count(".") + 1 if match[3] else len(own)
            is_admitted = own[:length] != limit[:length]
        else:
            is_admitted = own >= limit if match[1] == ">=" else own < limit
        if not is_admitted:
            return False
    return True
