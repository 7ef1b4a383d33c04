"""Programs in, programs out: what ``mongoping snippet migrate`` does to files. Pure."""

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
    """Something to tell about a line of the old program, the first being 1."""

    line: int
    text: str


class Migrated(Record):
    """The new program, what is marked in it, and what is only told.

    ``pending`` counts marks that stand in the new program, old ones included. ``problem`` says
    why the program could not be read; then the text is the old one.
    """

    old: str
    new: str
    marks: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()
    pending: int = 0
    problem: str | None = None

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.old != self.new

    def diff(self, path: str) -> str:
        """From the old program to the new one, as a unified diff."""
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


def migrate(programs: Mapping[str, str]) -> dict[str, Migrated]:
    """Turn programs over, by path. They may import from one another.

    Never raises for what a program holds: one that is no Python has a ``problem``.
    """
    wrappers: dict[str, MetadataWrapper] = {}
    found: dict[str, Migrated] = {}
    for path, text in programs.items():
        try:
            wrappers[path] = MetadataWrapper(cst.parse_module(text))
        except (cst.ParserSyntaxError, RecursionError) as error:
            line = getattr(error, "raw_line", 0)
            found[path] = Migrated(text, text, problem=f"line {line}: this is not Python")
    known: dict[str, dict[str, str]] = {}
    for _ in range(2):  # what one file learns from another, a third may learn from it
        for path, wrapper in wrappers.items():
            known[_stem(path)] = learn(wrapper, known).exported
    for path, wrapper in wrappers.items():
        found[path] = _migrated(programs[path], wrapper, learn(wrapper, known))
    return {path: found[path] for path in programs}


def _stem(path: str) -> str:
    pure = PurePath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _migrated(old: str, wrapper: MetadataWrapper, names: Names) -> Migrated:
    if not names.imports.any and not names.imports.learned:
        return Migrated(old, old, pending=old.count(f"# {MARK}"))
    rewriter = Rewriter(wrapper, names)
    new = wrapper.module.visit(rewriter).code
    if names.imports.any:
        new = _SCRIPT.sub(lambda block: _REQUIREMENT.sub(rf"\g<1>{PYMONGO}\g<1>", block[0]), new)
    return Migrated(
        old,
        new,
        tuple(Note(*mark) for mark in sorted(rewriter.marks)),
        tuple(Note(*remark) for remark in sorted(rewriter.remarks)),
        new.count(f"# {MARK}"),
    )
