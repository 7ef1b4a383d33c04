"""The comparison of two files: of one target, or of several that occur in both. Pure."""

from __future__ import annotations

from typing import Any

from mongoping.comparison.compare import compare
from mongoping.comparison.documents import SCHEMA, Pairs
from mongoping.comparison.record import Comparison
from mongoping.record import Record
from mongoping.units import plural


class Result(Record):
    """The comparisons of two files.

    Attributes:
        names: what the files are called.
        compared: for each target, its name and the comparison.
        only_in: for each file, the targets that the other one lacks.
    """

    names: tuple[str, str]
    compared: tuple[tuple[str, Comparison], ...]
    only_in: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def same(self) -> bool:
        """Return whether all targets have the same verdict in both files."""
        return all(comparison.same for _, comparison in self.compared)

    @property
    def same_warnings(self) -> bool:
        """Return whether all targets also have the same warnings in both files."""
        return not any(comparison.explanations for _, comparison in self.compared)

    @property
    def headline(self) -> str:
        """Return the result in one line."""
        if len(self.compared) == 1:
            return self.compared[0][1].sentence
        other = [name for name, comparison in self.compared if not comparison.same]
        total = plural(len(self.compared), "target")
        if not other:
            return f"{total}: the verdicts are the same"
        return f"{total}: the verdict of {len(other)} differs"

    def as_json(self) -> dict[str, Any]:
        """Return the object that `mongoping diff --format json` prints."""
        if len(self.compared) == 1 and not any(self.only_in):
            return {"schema": SCHEMA, **self.compared[0][1].as_json()}
        return {
            "schema": SCHEMA,
            "same_verdict": self.same,
            "sentence": self.headline,
            "targets": [
                {"name": name, **comparison.as_json()} for name, comparison in self.compared
            ],
            "only_in": dict(zip(self.names, map(list, self.only_in), strict=True)),
        }


def compare_pairs(pairs: Pairs, names: tuple[str, str]) -> Result:
    """Return the comparison of every target that occurs in both files."""
    rows = tuple((pair.name, compare(pair.views)) for pair in pairs.pairs)
    return Result(names, rows, (pairs.only_first, pairs.only_second))
