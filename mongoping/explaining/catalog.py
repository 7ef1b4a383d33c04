"""The patterns of all causes, and the texts of one, without importing the modules of the causes.

Importing them and deriving the literals of the patterns takes longer than explaining a text. So
``python -m tools.docs`` writes both to `mongoping.data.catalog`. While that table does not fit
the files of the catalog, because one of them was edited, the files are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType

from mongoping import registry
from mongoping.explaining.patterns import Pattern, pattern
from mongoping.explaining.scan import Scanner
from mongoping.model import Cause, Remedy

WORTH_AN_INDEX = 12  # texts: building it takes as long as searching these without it


@cache
def _table() -> ModuleType | None:
    """Return the generated table; None if it does not fit the files of the catalog."""
    from mongoping.data import catalog

    return catalog if registry.sizes("causes") == catalog.SIZES else None


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return every pattern of every cause."""
    table = _table()
    return declared_patterns() if table is None else tuple(map(Pattern._make, table.PATTERNS))


class _Search:
    """Finds the patterns that a text may match, from the second dozen of texts on by an index."""

    def __init__(self, every: Sequence[Pattern]) -> None:
        self._every = every
        self._texts = 0
        self._index: dict[str, list[int]] = {}
        self._scanner: Scanner | None = None

    def possible(self, lower: str) -> Iterable[Pattern]:
        """Return the patterns that may match a text, of which ``lower`` is the lower case."""
        if self._scanner is None:
            self._texts += 1
            if self._texts < WORTH_AN_INDEX:
                return (entry for entry in self._every if entry.may_match(lower))
            self._scanner = self._build_scanner()
        index = self._index
        places = {place for literal in self._scanner.found(lower) for place in index[literal]}
        return [self._every[place] for place in sorted(places)]

    def _build_scanner(self) -> Scanner:
        """Fill the index, and return the scanner for its keys."""
        for place, entry in enumerate(self._every):
            for literal in entry.literals or ("",):  # without literals, any text may match
                self._index.setdefault(literal, []).append(place)
        return Scanner(self._index)


@cache
def _search() -> _Search:
    return _Search(patterns())


def possible(lower: str) -> Iterable[Pattern]:
    """Return the patterns that may match a text, of which ``lower`` is the lower case."""
    return _search().possible(lower)


def declared_patterns() -> tuple[Pattern, ...]:
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
        remedies=tuple(
            remedy if isinstance(remedy, str) else Remedy(*remedy) for remedy in remedies
        ),
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
    return tuple(
        cause_of_code for code in table.CAUSES if (cause_of_code := cause(code)) is not None
    )
