"""Migrate the texts of programs, as ``mongoping snippet migrate`` does for files. Pure."""

from __future__ import annotations

import difflib
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper

from mongoping.migrate.learning import learn
from mongoping.migrate.names import MARK
from mongoping.migrate.rewrite import Rewriter
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.migrate.kinds import Names

PYMONGO = "pymongo>=4.13"  # the first release whose async API is stable
_SCRIPT = re.compile(r"^# /// script\n(?:#.*\n)+?# ///$", re.MULTILINE)
_REQUIREMENT = re.compile(r"(['\"])motor(?![\w-])[^'\"]*\1")


class Note(Record):
    """A message about a line of the old program; the first line is 1."""

    line: int
    text: str


class Migration(Record):
    """The result of migrating a program.

    Attributes:
        marks: Messages that are also comments in the new program.
        remarks: Messages that are only reported.
        pending: The number of marks in the new program, including earlier ones.
        problem: Why the program cannot be parsed; then it is unchanged.
    """

    old: str
    new: str
    marks: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()
    pending: int = 0
    problem: str | None = None

    @property
    def changed(self) -> bool:
        """Return whether the program changed."""
        return self.old != self.new

    def diff(self, path: str) -> str:
        """Return a unified diff from the old program to the new one."""
        lines = difflib.unified_diff(
            self.old.splitlines(keepends=True),
            self.new.splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


def migrate(programs: Mapping[str, str]) -> dict[str, Migration]:
    """Migrate programs, given by path; they may import from one another.

    A program that is not valid Python has a ``problem`` and raises no exception.
    """
    wrappers: dict[str, MetadataWrapper] = {}
    migrations: dict[str, Migration] = {}
    for path, text in programs.items():
        try:
            wrappers[path] = MetadataWrapper(cst.parse_module(text))
        except (cst.ParserSyntaxError, RecursionError) as error:
            line = getattr(error, "raw_line", 0)
            migrations[path] = Migration(text, text, problem=f"line {line}: this is not Python")
    exports_by_file: dict[str, dict[str, str]] = {}
    for _ in range(2):  # the second round covers imports of imported names
        for path, wrapper in wrappers.items():
            exports_by_file[_stem(path)] = learn(wrapper, exports_by_file).exported
    for path, wrapper in wrappers.items():
        migrations[path] = _migrate_program(
            programs[path], wrapper, learn(wrapper, exports_by_file)
        )
    return {path: migrations[path] for path in programs}


def _stem(path: str) -> str:
    pure = PurePath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _migrate_program(old: str, wrapper: MetadataWrapper, names: Names) -> Migration:
    if not names.imports.any and not names.imports.learned:
        return Migration(old, old, pending=old.count(f"# {MARK}"))
    rewriter = Rewriter(wrapper, names)
    new = wrapper.module.visit(rewriter).code
    if names.imports.any:
        new = _SCRIPT.sub(lambda block: _REQUIREMENT.sub(rf"\g<1>{PYMONGO}\g<1>", block[0]), new)
    return Migration(
        old,
        new,
        tuple(Note(*row) for row in sorted(rewriter.marks)),
        tuple(Note(*row) for row in sorted(rewriter.remarks)),
        new.count(f"# {MARK}"),
    )
