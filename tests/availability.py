"""Find uses of what Windows or macOS lack that no guard protects.

The names that a system lacks come from typeshed, the stubs of the standard library that mypy
contains. Methods of asyncio's event loops exist everywhere and raise NotImplementedError on
Windows, so these are listed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

STUBS = Path(str(distribution("mypy").locate_file("mypy/typeshed/stdlib")))
SYSTEMS = ("win32", "darwin")
OLDEST = (3, 11)  # Python
LOOP_METHODS = frozenset({
    "add_reader", "remove_reader", "add_writer", "remove_writer", "add_signal_handler",
    "remove_signal_handler", "connect_read_pipe", "connect_write_pipe", "create_unix_connection",
    "create_unix_server", "open_unix_connection", "start_unix_server",
})  # fmt: skip
POPEN_OPTIONS = frozenset({"preexec_fn", "pass_fds"})  # ValueError on Windows
MISSING_MODULES = (
    "_curses", "_posixsubprocess", "crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd",
    "readline", "resource", "spwd", "syslog", "termios", "tty",
)  # fmt: skip


def holds(test: ast.expr, system: str) -> bool | None:
    """Return whether a condition holds on a system, or None if that does not decide it."""
    match test:
        case ast.BoolOp(op, values):
            values_on_system = [holds(value, system) for value in values]
            decisive = isinstance(op, ast.Or)
            return (
                decisive
                if decisive in values_on_system
                else None
                if None in values_on_system
                else not decisive
            )
        case ast.UnaryOp(ast.Not(), operand):
            inner = holds(operand, system)
            return None if inner is None else not inner
        case ast.Compare(
            ast.Attribute(ast.Name("sys"), "platform"), [op], [ast.Constant(str(name))]
        ):
            return (system == name) == isinstance(op, ast.Eq)
        case ast.Compare(ast.Attribute(ast.Name("sys"), "version_info"), [op], [ast.Tuple(items)]):
            version = tuple(ast.literal_eval(item) for item in items)
            return version <= OLDEST if isinstance(op, ast.GtE) else version > OLDEST
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("sys"), "platform"), "startswith")):
            return system.startswith(ast.literal_eval(test.args[0]))
    return None


def definitions_in(body: list[ast.stmt], system: str) -> Iterator[tuple[str, bool]]:
    """Yield each name that a stub defines, with whether it does so on a system."""
    for node in body:
        match node:
            case ast.If(test, then, otherwise):
                value = holds(test, system)
                for branch, exists in ((then, value is not False), (otherwise, value is not True)):
                    yield from (
                        (name, exists and here) for name, here in definitions_in(branch, system)
                    )
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AsyncFunctionDef(name):
                yield name, True
            case ast.AnnAssign(ast.Name(name)) | ast.Assign([ast.Name(name)]):
                yield name, True
            case ast.Import(names) | ast.ImportFrom(_, names):
                yield from ((alias.asname or alias.name, True) for alias in names)


@cache
def lacking(module: str, system: str) -> frozenset[str]:
    """Return the names of a module of the standard library that a system lacks."""
    base = STUBS / module.replace(".", "/")
    for path in (base / "__init__.pyi", base.with_suffix(".pyi")):
        if path.is_file():
            definitions = list(definitions_in(ast.parse(path.read_text("utf-8")).body, system))
            return frozenset(
                {name for name, _ in definitions} - {name for name, here in definitions if here}
            )
    return frozenset()


def _tested_names(node: ast.AST) -> set[str]:
    """Return the names that a part of the code asks for with hasattr or getattr."""
    return {
        call.args[1].value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("hasattr", "getattr")
        and isinstance(call.args[1], ast.Constant)
    }


def find(source: str, system: str) -> list[str]:
    """Return what a module uses although a system lacks it, each with its line."""
    words = set(re.findall(r"\w+", source))
    modules = re.findall(r"(?m)^ *(?:import|from) (\w+)", source)
    suspects = LOOP_METHODS | POPEN_OPTIONS | set(MISSING_MODULES)
    if words.isdisjoint(suspects.union(*(lacking(module, system) for module in modules))):
        return []  # most modules, and parsing them takes seconds
    return Finder(system).look(ast.parse(source))


class Finder:
    """Finds what a module uses although a system lacks it."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.modules: dict[str, str] = {}
        self.uses: list[str] = []

    def look(self, tree: ast.Module) -> list[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.modules[alias.asname or alias.name.partition(".")[0]] = alias.name
        self._block(tree.body, frozenset())
        return self.uses

    def _block(self, body: list[ast.stmt], guards: frozenset[str]) -> None:
        for node in body:
            if isinstance(node, ast.If) and holds(node.test, self.system) is not None:
                branch = node.body if holds(node.test, self.system) else node.orelse
                self._block(branch, guards)
                if branch and isinstance(branch[-1], ast.Return | ast.Raise | ast.Continue):
                    return  # the rest is for other systems
            elif isinstance(node, ast.If) and _leaves_early(node, self.system):
                return
            elif isinstance(node, ast.Try) and _handles_absence(node):
                self._block([*node.orelse, *node.finalbody], guards)
            else:
                self._visit(node, guards)

    def _visit(self, node: ast.AST, guards: frozenset[str]) -> None:
        if isinstance(node, ast.IfExp) and (value := holds(node.test, self.system)) is not None:
            self._visit(node.body if value else node.orelse, guards)
            return
        if isinstance(node, ast.If | ast.IfExp | ast.comprehension | ast.FunctionDef | ast.Assign):
            guards |= _tested_names(node)
        self._judge(node, guards)
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(value, guards)
            else:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self._visit(child, guards)

    def _judge(self, node: ast.AST, guards: frozenset[str]) -> None:
        match node:
            case ast.Attribute(ast.Name(module), name) if module in self.modules:
                if name in lacking(self.modules[module], self.system) - guards:
                    self._add(node, f"{module}.{name}")
            case ast.ImportFrom(str(module), names, 0):
                for alias in names:
                    if alias.name in lacking(module, self.system) - guards:
                        self._add(node, f"{module}.{alias.name}")
            case ast.Import(names) if self.system == "win32":
                for alias in names:
                    if alias.name in MISSING_MODULES:
                        self._add(node, alias.name)
            case ast.Call(ast.Attribute(_, name)) if self.system == "win32":
                if name in LOOP_METHODS:
                    self._add(node, name)
            case ast.keyword(str(name)) if self.system == "win32" and name in POPEN_OPTIONS:
                self._add(node, name)

    def _add(self, node: ast.AST, what: str) -> None:
        self.uses.append(f"{getattr(node, 'lineno', 0)}: {what}")


def _leaves_early(node: ast.If, system: str) -> bool:
    """Return whether the block ends here on a system: ``if PLATFORM or ...: return``."""
    alternatives = node.test.values if isinstance(node.test, ast.BoolOp) else []
    return (
        isinstance(node.test, ast.BoolOp)
        and isinstance(node.test.op, ast.Or)
        and any(holds(value, system) is True for value in alternatives)
        and isinstance(node.body[-1], ast.Return | ast.Raise)
    )


def _handles_absence(node: ast.Try) -> bool:
    names = {
        name.id
        for handler in node.handlers
        if handler.type is not None
        for name in ast.walk(handler.type)
        if isinstance(name, ast.Name)
    }
    return bool(names & {"AttributeError", "ImportError", "NotImplementedError"})
