"""The tables of names that the migration uses, compared with the installed classes."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.migrate import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

    Mongoping = Callable[..., Run]
    RunProgram = Callable[[Path, str, str], str]


def _comparison(suffix: str) -> dict[str, set[str]]:
    """Compare a class of Motor with its counterpart in PyMongo."""
    import importlib

    import motor.motor_asyncio

    new_class = names.CLASSES[f"AsyncIOMotor{suffix}"]
    old = getattr(motor.motor_asyncio, f"AsyncIOMotor{suffix}")
    new = getattr(importlib.import_module(new_class.module), new_class.name)
    groups: dict[str, set[str]] = {
        "now": set(),
        "not": set(),
        "properties": set(),
        "removed": set(),
    }
    for name in (name for name in dir(old) if not name.startswith("_")):
        before = inspect.getattr_static(old, name)
        after = inspect.getattr_static(new, name, None)
        if after is None:
            groups["removed"].add(name)
            continue
        was = inspect.iscoroutinefunction(before) or any(
            getattr(before, mark, False) for mark in ("is_async_method", "coroutine_annotation")
        )
        function = after.fget if isinstance(after, property) else after
        now = callable(function) and inspect.iscoroutinefunction(inspect.unwrap(function))
        if now and isinstance(after, property):
            groups["properties"].add(name)
        elif now and not was:
            groups["now"].add(name)
        elif was and not now and callable(after):
            groups["not"].add(name)
    return groups


@pytest.mark.parametrize(
    "suffix", [suffix for suffix in names.SUFFIXES if suffix != "LatentCommandCursor"]
)
def test_the_tables_match_the_installed_classes(suffix: str) -> None:
    """Compare the installed Motor and PyMongo, method by method."""
    kind = names.CLASSES[f"AsyncIOMotor{suffix}"].kind
    groups = _comparison(suffix)
    methods = set(names.NOW_AWAITED.get(kind, ()))
    assert groups["now"] <= methods
    assert methods - groups["now"] <= {"read", "readchunk", "readline"}
    assert groups["not"] == set(names.NOT_AWAITED.get(kind, ()))
    assert groups["properties"] == (set(names.PROPERTIES) if kind == "client" else set())
    assert groups["removed"] <= set(names.REMOVED_NAMES)
