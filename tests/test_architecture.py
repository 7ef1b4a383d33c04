"""Rules of the layout: imports beyond what import-linter can state, sizes, and the page."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Container, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.availability import SYSTEMS, find

ROOT = Path(__file__).parents[1]

PACKAGE = ROOT / "mongoping"
PAGE = ROOT / "docs" / "architecture.md"

MAX_LOGIC = 400  # lines of a file, exclusive
MAX_CATALOGUE = 700  # of a file that is mostly texts or a table
MAX_FUNCTION = 60  # of a function without its docstring
CATALOG = ("causes/", "comparison/kinds.py", "data/", "uri/option_table.py")
GENERATED_FILE = "data/catalog.py"

PURE = """
import sys
from mongoping import registry
registry.causes()
import mongoping.diagnosis, mongoping.report, mongoping.explaining
print(*sorted(name for name in sys.modules if name.startswith("mongoping.checks")))
print(*sorted({"asyncio", "ssl", "pymongo", "rich"} & set(sys.modules)))
"""


def test_what_decides_imports_no_check_and_nothing_that_does_io() -> None:
    process = subprocess.run(
        [sys.executable, "-c", PURE], capture_output=True, text=True, check=True
    )
    checks, io = process.stdout.split("\n")[:2]
    assert (checks, io) == ("", "")


def test_the_page_shows_the_layers_that_are_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    page = PAGE.read_text("utf-8")
    block = page.partition("<!-- layers -->\n```text\n")[2].partition("\n```")[0]
    layers_on_page = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()]
    assert layers_on_page == [layer.replace("mongoping.", "") for layer in layers]


def sources() -> Iterator[tuple[str, str]]:
    """Yield the path below the package and the text of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8")


class Module(NamedTuple):
    """What tests need of the syntax tree of a module, which is too large to keep."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    functions: dict[str, int]  # number of lines without the docstring, by line and name


def module_of(source: str) -> Module:
    """Parse the text of a module and return its imports and functions."""
    nodes = list(ast.walk(ast.parse(source)))
    functions = {
        f"{node.lineno} {node.name}": code_lines(node)
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    return Module(tuple(imports), functions)


@cache
def parsed_sources() -> dict[str, Module]:
    """Map the path of every module below the package to its imports and functions."""
    return {name: module_of(text) for name, text in sources()}


def imports_of(
    name: str, nodes: Iterable[ast.Import | ast.ImportFrom], modules: Container[str]
) -> set[str]:
    """Return the modules that a module imports anywhere: in functions and for types, too.

    Args:
        name: The dotted name of the module; that of a package for its ``__init__``.
        nodes: Its import statements.
        modules: The dotted names of all modules of the project.
    """
    modules_imported = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules_imported |= {alias.name for alias in node.names}
        elif node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules_imported |= {full if full in modules else node.module for full in names}
    return {module for module in modules_imported if module in modules} - {name}


def project_imports() -> dict[str, set[str]]:
    """Map every module of the package to those that it imports."""
    modules = {
        f"mongoping.{name.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__"): module
        for name, module in parsed_sources().items()
    }
    return {name: imports_of(name, module.imports, modules) for name, module in modules.items()}


def test_no_check_imports_another() -> None:
    """Helpers that checks share are in modules whose names begin with an underscore."""
    imports = project_imports()
    folder = {name for name in imports if name.startswith("mongoping.checks.")}
    checks = {name for name in folder if not name.startswith("mongoping.checks._")}
    assert checks < folder
    assert {name: imports[name] & checks for name in folder if imports[name] & checks} == {}


def test_imports_in_functions_and_for_types_count() -> None:
    late = "def run() -> None:\n    from mongoping.one import name\n"
    for_types = "if TYPE_CHECKING:\n    from mongoping import two\n"
    modules = ("mongoping.one", "mongoping.two")
    assert imports_of("mongoping.three", module_of(late + for_types).imports, modules) == set(
        modules
    )


def test_no_file_is_too_long() -> None:
    lines = {name: len(text.splitlines()) for name, text in sources()}
    too_long = {
        name: count
        for name, count in lines.items()
        if count >= (MAX_CATALOGUE if name.startswith(CATALOG) else MAX_LOGIC)
        and name != GENERATED_FILE
    }
    assert too_long == {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without its docstring."""
    count = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return count
    docstring = function.body[0]
    return count - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def test_no_function_is_too_long() -> None:
    """A docstring does not count, so that describing every parameter costs nothing."""
    too_long = {
        f"{name}:{function}": lines
        for name, module in parsed_sources().items()
        for function, lines in module.functions.items()
        if lines >= MAX_FUNCTION
    }
    assert too_long == {}


def test_the_page_mentions_every_module_and_package() -> None:
    """Modules at the root of the package are the first that a newcomer sees."""
    page = PAGE.read_text("utf-8")
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py"}
    names |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    missing = {name for name in names - {"__init__"} if not re.search(rf"\b{name}\b", page)}
    assert missing == set()


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_that_a_system_lacks_is_used_without_a_guard(system: str) -> None:
    places_by_module = {name: find(text, system) for name, text in sources()}
    assert {name: places for name, places in places_by_module.items() if places} == {}
