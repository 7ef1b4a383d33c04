"""Find checks, causes and formats in the modules of their packages.

To add one, add a file or a record; there is no list to extend.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mongoping.model import Cause
    from mongoping.runnable import RunnableCheck


def modules(package: str) -> list[ModuleType]:
    """Import every public module of ``mongoping.<package>``, in alphabetical order."""
    return [importlib.import_module(f"mongoping.{package}.{name}") for name in names(package)]


def names(package: str) -> list[str]:
    """Return the sorted names of the public modules in a package, without importing them."""
    files = os.listdir(os.path.join(os.path.dirname(__file__), package))  # noqa: PTH118, PTH120, PTH208
    return sorted(
        name.removesuffix(".py")
        for name in files
        if name.endswith(".py") and not name.startswith("_")
    )


def sizes(package: str) -> dict[str, int]:
    """Return the size of every file of Python code in a package and its packages, by its path."""
    size_by_name: dict[str, int] = {}
    folders = [""]
    top = os.path.join(os.path.dirname(__file__), package)  # noqa: PTH118, PTH120
    while folders:
        folder = folders.pop()
        for entry in os.scandir(f"{top}/{folder}"):
            if entry.name.endswith(".py"):
                size_by_name[f"{folder}{entry.name}"] = entry.stat().st_size
            elif "." not in entry.name and entry.name != "__pycache__":
                folders.append(f"{folder}{entry.name}/")
    return size_by_name


@cache
def checks() -> tuple[RunnableCheck, ...]:
    """Return all checks, ordered by layer and then by their dependencies."""
    from mongoping.model import LAYERS

    check_list = [module.CHECK for module in modules("checks") if hasattr(module, "CHECK")]
    by_name = {check.name: check for check in check_list}

    def depth(check: RunnableCheck) -> int:
        """Return the length of the chain of checks in the same layer that must come first."""
        dependencies = [by_name[name] for name in (*check.needs, *check.after) if name in by_name]
        same_layer = (other for other in dependencies if other.layer == check.layer)
        return max((depth(other) + 1 for other in same_layer), default=0)

    return tuple(
        sorted(
            by_name.values(),
            key=lambda check: (LAYERS.index(check.layer), depth(check), check.name),
        )
    )


@cache
def causes() -> tuple[Cause, ...]:
    """Return the whole catalog: layer by layer, in the order of each file."""
    return tuple(cause for module in modules("causes") for cause in module.CAUSES)


@cache
def cause(code: str) -> Cause | None:
    """Return the cause with this code, or None."""
    return next((cause for cause in causes() if cause.code == code), None)
