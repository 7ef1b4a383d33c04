"""The patterns of all causes, and the texts of one, without importing the modules of the causes.

Importing them and deriving the literals of the patterns takes longer than explaining a text. So
``python -m tools.docs`` writes both to `mongoping.data.catalog`. While that table does not fit
the files of the catalog, because one of them was edited, the files are used.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

from mongoping import registry
from mongoping.explaining.patterns import Pattern, pattern
from mongoping.model import Cause, Remedy


@cache
def _table() -> ModuleType | None:
    """Return the generated table; None if it does not fit the files of the catalog."""
    from mongoping.data import catalog

    return catalog if registry.sizes("causes") == catalog.SIZES else None


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return every pattern of every cause."""
    table = _table()
    return declared() if table is None else tuple(map(Pattern._make, table.PATTERNS))


def declared() -> tuple[Pattern, ...]:
    """Return every pattern as the modules of the causes declare it."""
    from mongoping.causes import messages

    return tuple(
        pattern(cause.code, say)
        for cause in registry.causes()
        for say in messages.patterns_of(cause)
    )


@cache
def cause(code: str) -> Cause | None:
    """Return the texts and relations of a cause, without what decides it; None if unknown."""
    table = _table()
    if table is None:
        return registry.cause(code)
    row = table.CAUSES.get(code)
    if row is None:
        return None
    title, explanation, remedies, links, severity, hidden_by, outranks, alternatives, layer = row
    return Cause(
        code=code,
        title=title,
        explanation=explanation,
        remedies=tuple(given if isinstance(given, str) else Remedy(*given) for given in remedies),
        links=links,
        severity=severity,
        hidden_by=hidden_by,
        outranks=outranks,
        alternatives=alternatives,
        layer=layer,
    )


@cache
def causes() -> tuple[Cause, ...]:
    """Return the texts and relations of all causes."""
    table = _table()
    if table is None:
        return registry.causes()
    return tuple(found for code in table.CAUSES if (found := cause(code)) is not None)
