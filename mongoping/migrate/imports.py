"""Replace the import statements of Motor by those of PyMongo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mongoping.migrate.kinds import dotted_name
from mongoping.migrate.names import CLASSES, MODULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STAR = "import * from Motor: import the names in use from PyMongo instead"
NOT_IN_PYMONGO = "PyMongo has no {name}"


def replace_import(
    statement: cst.Import | cst.ImportFrom, names: Iterable[str]
) -> tuple[list[cst.BaseSmallStatement], list[str]] | None:
    """Return the statements that replace an import, and its marks; None if it is not Motor's.

    ``names`` are the Motor classes that the program uses through a module, as in
    ``motor_asyncio.AsyncIOMotorClient``. An import of the module becomes an import of these.
    """
    if isinstance(statement, cst.Import):
        return _replace_module(statement, names)
    module = dotted_name(statement.module) or ""
    if module not in MODULES or statement.relative:
        return None
    if isinstance(statement.names, cst.ImportStar):
        return [statement], [STAR]
    names_by_module: dict[str, list[str]] = {}
    other_aliases: list[cst.ImportAlias] = []
    marks: list[str] = []
    for alias in statement.names:
        name = dotted_name(alias.name) or ""
        if name in CLASSES:
            new = CLASSES[name]
            asname = alias.asname.name if alias.asname else None
            local = f" as {asname.value}" if isinstance(asname, cst.Name) else ""
            names_by_module.setdefault(new.module, []).append(new.name + local)
        elif module == "motor" and f"motor.{name}" in MODULES:
            for motor in names:
                names_by_module.setdefault(CLASSES[motor].module, []).append(CLASSES[motor].name)
        else:
            other_aliases.append(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))
            marks.append(NOT_IN_PYMONGO.format(name=name))
    other_imports = (
        [statement.with_changes(names=other_aliases, lpar=None, rpar=None)] if other_aliases else []
    )
    return [*_statements(names_by_module), *other_imports], marks


def _replace_module(
    statement: cst.Import, names: Iterable[str]
) -> tuple[list[cst.BaseSmallStatement], list[str]] | None:
    other_aliases = [alias for alias in statement.names if dotted_name(alias.name) not in MODULES]
    if len(other_aliases) == len(statement.names):
        return None
    names_by_module: dict[str, list[str]] = {}
    for motor in names:
        names_by_module.setdefault(CLASSES[motor].module, []).append(CLASSES[motor].name)
    others: list[cst.BaseSmallStatement] = []
    if other_aliases:
        other_aliases[-1] = other_aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        others = [statement.with_changes(names=other_aliases)]
    return [*others, *_statements(names_by_module)], []


def _statements(names_by_module: dict[str, list[str]]) -> list[cst.BaseSmallStatement]:
    statements: list[cst.BaseSmallStatement] = []
    for module, names in sorted(
        names_by_module.items(), key=lambda item: (item[0] != "gridfs", item[0])
    ):
        text = f"from {module} import {', '.join(sorted(set(names)))}"
        line = cst.parse_statement(text)
        if isinstance(line, cst.SimpleStatementLine):
            statements += line.body
    return statements


def split_lines(
    original: cst.SimpleStatementLine, body: Sequence[cst.BaseSmallStatement]
) -> list[cst.SimpleStatementLine]:
    """Return one line per statement; keep the comments above, inside and after the original."""
    lines = [cst.SimpleStatementLine([statement]) for statement in body]
    inside = [cst.EmptyLine(comment=cst.Comment(text)) for text in _comments(original)]
    lines[0] = lines[0].with_changes(leading_lines=[*original.leading_lines, *inside])
    lines[-1] = lines[-1].with_changes(trailing_whitespace=original.trailing_whitespace)
    return lines


def _comments(line: cst.SimpleStatementLine) -> list[str]:
    """Return the comments inside the parentheses of an import, which are removed."""
    comments: list[str] = []

    class Finder(cst.CSTVisitor):
        def visit_Comment(self, node: cst.Comment) -> None:  # noqa: N802
            comments.append(node.value)

    for statement in line.body:
        statement.visit(Finder())
    return comments
