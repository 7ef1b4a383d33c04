"""Recognize the kind of line that a match is in. Pure."""

from __future__ import annotations

import re

from mongoping.explaining import foreign
from mongoping.explaining.patterns import Hit
from mongoping.lazy_re import lazy_compile

MAX_REQUEST = 1_000  # characters of a line before a match in which a request is looked for
LOGINS_OVER_HTTP = ("auth.aws-credentials", "auth.oidc")


def line_at(text: str, position: int) -> str:
    """Return the line of a text that contains a position, at most a record's worth of it."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)]


def _line(text: str, hit: Hit) -> str:
    """Return the line of a match, or the part of it near the match."""
    start = text.rfind("\n", 0, hit.start) + 1
    end = text.find("\n", hit.end)
    return text[max(start, hit.start - 300) : min(end if end >= 0 else len(text), hit.end + 300)]


def is_of_other_service(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line about another service, not MongoDB."""
    line = _line(text, hit)
    return foreign.other(line) is not None and not foreign.is_mongodb(line)


def is_of_request(text: str, hit: Hit) -> bool:
    """Return whether a match is the result of a request over HTTP, which a driver did not make.

    The request stands before its result in the line. A login that uses HTTP has its own causes.
    """
    if hit.cause in LOGINS_OVER_HTTP or is_driver_line(text, hit):
        return False
    start = max(text.rfind("\n", 0, hit.start) + 1, hit.start - MAX_REQUEST)
    end = text.find("\n", hit.end)
    line = text[start : min(end if end >= 0 else len(text), hit.end + 300)]
    at = foreign.request_at(line)
    return at is not None and start + at < hit.end


_FRAME = lazy_compile(r"^ {1,8}+File \"[^\"\n]{1,400}+\", line \d{1,7}+(?:, in |$)")


def is_source_code(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line of source code, which a Python traceback shows."""
    start = text.rfind("\n", 0, hit.start) + 1
    if text[start : start + 4].strip() or "\n" in text[hit.start : hit.end]:
        return False
    return bool(_FRAME.search(text[text.rfind("\n", 0, start - 1) + 1 : start]))


_DRIVER = lazy_compile(
    r"Mongo\w{0,30}(?:Error|Exception)|ServerSelectionTimeoutError|ServerDescription"
    r"|calling (?:hello|is ?master)|MongoDB\.Driver|MongoDB\\Driver|\bMongo::"
    r"|server selection (?:error|timeout)|connection\(\) error|Client view of cluster"
)


def is_driver_line(text: str, hit: Hit) -> bool:
    """Return whether a MongoDB driver wrote the line: it then connected to another service."""
    return bool(_DRIVER.search(_line(text, hit)))


_WARNING = lazy_compile(
    r"(?<!UnhandledPromiseRejection)Warning\b|\bWARN(?:ING)?\b|\[warn", re.IGNORECASE
)


def is_warning(text: str, hit: Hit) -> bool:
    """Return whether a match is in a line that is marked as a warning."""
    start = text.rfind("\n", 0, hit.start) + 1
    return bool(_WARNING.search(text[max(start, hit.start - 300) : hit.start]))
