"""Collect the evidence that the tests of causes hold, to ask the complete catalog about it."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tests.causes
from mongoping import registry
from mongoping.model import LAYERS, Evidence

if TYPE_CHECKING:
    from mongoping.model import Finding

MODULES = tuple(
    f"tests.causes.{module.name}" for module in pkgutil.iter_modules(tests.causes.__path__)
)
MAX_DEPTH = 5  # of lists within lists


def evidences() -> list[Evidence]:
    """Return all evidence in the tables and the parametrised tests of causes."""
    evidences_by_id: dict[int, Evidence] = {}
    for name in MODULES:
        for value in vars(importlib.import_module(name)).values():
            marks = getattr(value, "pytestmark", ())
            for evidence in _within([value, [mark.args for mark in marks]]):
                evidences_by_id[id(evidence)] = evidence
    return list(evidences_by_id.values())


def _within(value: Any, depth: int = 0) -> Iterator[Evidence]:
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, Mapping) and depth < MAX_DEPTH:
        yield from _within([*value.values()], depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str) and depth < MAX_DEPTH:
        for item in value:
            yield from _within(item, depth + 1)


def cause_pairs(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """Return pairs of errors in one layer, about common hosts, that no rule orders."""
    errors = [finding for finding in findings if finding.severity == "error"]
    return {
        (combination.cause, other.cause)
        for combination, other in itertools.combinations(errors, 2)
        if _place(combination.layer) == _place(other.layer)
        and not (combination.hosts and other.hosts and {*combination.hosts}.isdisjoint(other.hosts))
        and not has_order(combination.cause, other.cause)
    }


def has_order(code: str, other: str) -> bool:
    """Return whether a rule says which of two causes comes first."""
    if registry.cause(code) is None or registry.cause(other) is None:
        return True  # an unexplained failure comes last in its layer
    return other in outranked_by(code) or code in outranked_by(other)


def outranked_by(code: str) -> set[str]:
    """Return the codes that come after a cause, in any number of steps."""
    below: set[str] = set()
    cause = registry.cause(code)
    for other in cause.outranks if cause is not None else ():
        below |= {other, *outranked_by(other)}
    return below


def _place(layer: str) -> float:
    return LAYERS.index(layer) if layer in LAYERS else 0.5
