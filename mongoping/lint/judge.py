"""Judge the connection strings of a file. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from mongoping.lazy_re import lazy_compile
from mongoping.lint.record import PASSWORD, Level, Problem
from mongoping.lint.strings import FoundString, as_written, find
from mongoping.uri.target import ParsedUri, parse

PLACEHOLDER = "uri.placeholder-not-replaced"
_IGNORE = lazy_compile(r"mongoping:\s*ignore\b(?!-file)")
_IGNORE_FILE = lazy_compile(r"mongoping:\s*ignore-file\b")
_COMMENT = lazy_compile(r"\s*(?:#|//|--|/\*|<!--|;|%)")
TRACKED_TEXT = "the file is tracked and contains the password of {}"


class Judgment(NamedTuple):
    """The problems of a file, and what was looked at.

    Attributes:
        problems: in the order of lines.
        strings: how many connection strings the file has.
        ignored: how many problems a comment left out.
    """

    problems: list[Problem]
    strings: int
    ignored: int


def judge(text: str, path: str, *, is_tracked: bool) -> Judgment:
    """Return the problems of a file.

    Args:
        text: its content.
        path: its name, for the problems.
        is_tracked: whether a repository keeps it, so that a password in it is published.
    """
    lines = _Lines(text)
    problems: list[Problem] = []
    strings = ignored_count = 0
    all_ignored = _IGNORE_FILE.search(text) is not None
    for literal in find(text):
        strings += 1
        rows = list(_problems(literal, path, lines, is_tracked=is_tracked))
        if rows and (all_ignored or lines.ignores(literal.start)):
            ignored_count += len(rows)
        else:
            problems += rows
    return Judgment(problems, strings, ignored_count)


class _Lines:
    """The lines of a text, by offset."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, from 1."""
        if not self._starts:
            self._starts = [0]
            at = self._text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self._text.find("\n", at + 1)
        index = bisect.bisect_right(self._starts, offset) - 1
        return index + 1, offset - self._starts[index] + 1

    def ignores(self, offset: int) -> bool:
        """Return whether a comment on the line, or alone on the line before it, says so."""
        begin = self._text.rfind("\n", 0, offset) + 1
        end = self._text.find("\n", offset)
        if _IGNORE.search(self._text[begin : end if end >= 0 else None]):
            return True
        before = self._text[self._text.rfind("\n", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)]
        return bool(_COMMENT.match(before) and _IGNORE.search(before))


def _problems(
    literal: FoundString, path: str, lines: _Lines, *, is_tracked: bool
) -> Iterator[Problem]:
    uri = parse(literal.text)

    def problem(code: str, level: Level, text: str, start: int = 0, length: int = 0) -> Problem:
        offset = literal.start + (start if literal.exact else 0)
        line, column = lines.place(offset)
        size = length if literal.exact and length else literal.length
        message, shown_uri = text, uri.shown
        if literal.filled:
            message, shown_uri = as_written(text), as_written(shown_uri)
        return Problem(path, line, column, max(size, 1), code, level, message, shown_uri)

    if uri.problem is not None:
        level: Level = "warning" if uri.problem.cause == PLACEHOLDER else "error"
        if not (literal.filled and uri.problem.cause == PLACEHOLDER):
            yield problem(
                uri.problem.cause,
                level,
                uri.problem.detail,
                uri.problem.start,
                uri.problem.length,
            )
    for warning in uri.target.warnings if uri.target is not None else ():
        if not (literal.filled and warning.cause == PLACEHOLDER):
            yield problem(warning.cause, "warning", warning.detail)
    if is_tracked and not literal.filled_login and (host := _host_of_password(uri)):
        yield problem(PASSWORD, "warning", TRACKED_TEXT.format(host))


def _host_of_password(uri: ParsedUri) -> str | None:
    """Return the first host of a string with a password, unless it is a placeholder."""
    target, credentials = uri.target, uri.credentials
    if target is None or credentials is None or not credentials.password:
        return None
    if any(warning.cause == PLACEHOLDER for warning in target.warnings):
        return None
    return str(target.hosts[0]) if target.hosts else None
