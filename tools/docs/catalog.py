"""Generate the table of patterns and texts that `mongoping explain` reads instead of the causes."""

from __future__ import annotations

from collections.abc import Iterator

from mongoping import registry
from mongoping.explaining import catalog
from mongoping.model import Cause, Remedy

PATH = "mongoping/data/catalog.py"
HEAD = '''"""What `mongoping explain` needs of the catalog of causes.

Generated from mongoping/causes: edit that, then run ``python -m tools.docs``.
`mongoping.explaining.catalog` reads it.
"""

# fmt: off
# ruff: noqa: E501
from __future__ import annotations

from typing import Any
'''


def page() -> str:
    """Return the module, with one line for each pattern and each field of a cause."""
    sizes = sorted(registry.sizes("causes").items())
    parts = (
        HEAD,
        "# the files of the catalog with their sizes: the table fits only these",
        f"SIZES: dict[str, int] = {{\n{_lines(f'{name!r}: {size}' for name, size in sizes)}}}",
        "",
        "# cause, expression, strength, literals",
        "PATTERNS: tuple[tuple[str, str, int, tuple[str, ...]], ...] = (",
        _lines(repr(tuple(pattern)) for pattern in catalog.declared_patterns()) + ")",
        "",
        "# title, explanation, remedies, links, severity, hidden_by, outranks, alternatives, layer",
        "CAUSES: dict[str, tuple[Any, ...]] = {",
        _lines(f"{cause.code!r}: {_row(cause)}" for cause in registry.causes()) + "}",
    )
    return "\n".join(parts) + "\n"


def _lines(rows: Iterator[str]) -> str:
    return "".join(f"    {row},\n" for row in rows)


def _row(cause: Cause) -> str:
    """Return the fields of a cause, each on a line of its own."""
    fields = (
        cause.title,
        cause.explanation,
        tuple(map(_remedy, cause.remedies)),
        cause.links,
        cause.severity,
        cause.hidden_by,
        cause.outranks,
        cause.alternatives,
        cause.layer,
    )
    return "(\n" + "".join(f"        {field!r},\n" for field in fields) + "    )"


def _remedy(remedy: Remedy | str) -> str | tuple[str, str | None, str | None]:
    if isinstance(remedy, str):
        return remedy
    return remedy.text, remedy.command, remedy.uri
