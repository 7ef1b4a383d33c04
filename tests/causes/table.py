"""Helpers of the tables of causes: evaluate a cause, and check every table.

Pure: the evidence is made by hand, as checks would have left it. Each table has, for every
cause of its files, evidence on which it is true, and a look-alike on which it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence, Match

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

True_ = tuple[str, Evidence, str]
"""A code, evidence on which it is true, and words of the sentence that says so."""

False_ = tuple[str, Evidence]
"""A code, and evidence that merely looks like it."""

A, B, C = "a:27017", "b:27017", "c:27017"


def match_of(code: str, evidence: Evidence) -> Match | None:
    """Return the match of a cause for the first host to which it applies."""
    cause = registry.cause(code)
    assert cause is not None, f"there is no cause {code}"
    assert cause.is_decided, f"{code} is only recognized in texts"
    return next((match for _, match in cause.matches(evidence)), None)


def is_true(code: str, evidence: Evidence, words: str) -> None:
    """It says so in these words, and the diagnosis names it: nothing hides it here."""
    match = match_of(code, evidence)
    assert match is not None, f"{code} is silent"
    assert words in match.detail, match.detail
    findings = diagnose(evidence, registry.causes()).findings
    assert code in {match.cause for match in findings}, [match.cause for match in findings]


def is_silent(code: str, evidence: Evidence) -> None:
    match = match_of(code, evidence)
    assert match is None, match


def is_complete(
    modules: Sequence[ModuleType], true: Sequence[True_], false: Sequence[False_]
) -> None:
    """Every cause of the files that is decided by evidence is in both tables."""
    codes = {cause.code for module in modules for cause in module.CAUSES if cause.is_decided}
    in_true, in_false = {code for code, _, _ in true}, {code for code, _ in false}
    assert codes - in_true == set(), "add evidence on which these causes are true to TRUE"
    assert codes - in_false == set(), "add a look-alike of these causes to FALSE"
    assert (in_true | in_false) - codes == set(), "these rows belong to no cause of the file"


def verdict(evidence: Evidence) -> str | None:
    """The root, as the whole catalog weighs it."""
    verdict = diagnose(evidence, registry.causes()).verdict
    return verdict.cause if verdict else None
