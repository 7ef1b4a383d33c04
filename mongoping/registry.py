"""The only registry: walk a folder, take what its modules declare.

To add a check, a cause or a format is to add a file or a record; nothing lists them.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mongoping.model import Cause, Check


def modules(package: str) -> list[ModuleType]:
    """Import every public module of ``mongoping.<package>``, in alphabetical order."""
    return [importlib.import_module(f"mongoping.{package}.{name}") for name in names(package)]


def names(package: str) -> list[str]:
    """The names of the public modules of ``mongoping.<package>``, without importing them."""
    files = os.listdir(os.path.join(os.path.dirname(__file__), package))  # noqa: PTH118, PTH120, PTH208
    return sorted(
        name.removesuffix(".py")
        for name in files
        if name.endswith(".py") and not name.startswith("_")
    )


@cache
def checks() -> tuple[Check, ...]:
    """Every check, in the order of layers, then of their needs."""
    from mongoping.model import LAYERS

    found = {one.CHECK.name: one.CHECK for one in modules("checks") if hasattr(one, "CHECK")}

    def depth(check: Check) -> int:
        """How many checks of the same layer have to come first."""
        before = [found[name] for name in (*check.needs, *check.after) if name in found]
        return max((depth(one) + 1 for one in before if one.layer == check.layer), default=0)

    return tuple(
        sorted(found.values(), key=lambda one: (LAYERS.index(one.layer), depth(one), one.name))
    )


@cache
def causes() -> tuple[Cause, ...]:
    """The whole catalogue: layer by layer, in the order in which each file tells it."""
    return tuple(cause for module in modules("causes") for cause in module.CAUSES)


@cache
def cause(code: str) -> Cause | None:
    """One cause by its code, or None."""
    return next((one for one in causes() if one.code == code), None)
