"""What `mongoping.lint` finds."""

from __future__ import annotations

from typing import Literal

from mongoping.record import Record

Level = Literal["error", "warning"]


class Problem(Record):
    """A problem with a connection string in a file.

    Attributes:
        path: the file, as the user named it or below a folder that the user named.
        line: from 1.
        column: from 1, in characters.
        length: in characters, at least 1.
        code: of a cause, or `PASSWORD`.
        level: ``error`` if no driver accepts the string.
        text: what is wrong, in one sentence.
        shown: the connection string without secrets.
    """

    path: str
    line: int
    column: int
    length: int
    code: str
    level: Level
    text: str
    shown: str


class SkippedFiles(Record):
    """How many files were not read, and why; ``reports`` are mongoping's own output."""

    binary: int = 0
    large: int = 0
    reports: int = 0
    unreadable: tuple[str, ...] = ()


class Result(Record):
    """The result of a run.

    Attributes:
        problems: in the order of files and lines.
        files: how many files were read.
        strings: how many connection strings were checked.
        skipped: the files that were not read.
        known: how many problems the baseline left out.
        ignored: how many problems a comment left out.
    """

    problems: tuple[Problem, ...] = ()
    files: int = 0
    strings: int = 0
    skipped: SkippedFiles = SkippedFiles()
    known: int = 0
    ignored: int = 0


PASSWORD = "lint.password-in-file"  # noqa: S105 - the code of a rule
TITLES = {PASSWORD: "A tracked file contains a password"}
EXPLANATIONS = {
    PASSWORD: "Everyone who can read the repository, now or later, can read the password. "
    "Change it, and let the program read the connection string from its environment."
}
"""The texts of rules that are no causes."""
