"""Record which checks and sentences identify a cause, on the tests' positive cases.

Each predicate runs on the evidence of the tables in tests/causes. This module records the checks
whose results it reads and the sentences that it returns, so neither can be out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

from mongoping import registry
from mongoping.model import Cause, Check, CheckName, Evidence, Failure, Result
from mongoping.record import Record
from tests.causes.positive import positive_cases

ANY_CHECK = "*"  # recorded when a predicate looks through the results of all checks
MAX_SENTENCES = 6  # of one cause; further cases say the same in other words


class KnownBy(Record):
    """The evidence that identifies one cause.

    Attributes:
        checks: names of the checks whose results the predicate reads, or `ANY_CHECK`.
        sentences: what a report says if the cause applies; hosts are examples.
    """

    checks: frozenset[str]
    sentences: tuple[str, ...]


class RecordingEvidence:
    """Evidence that calls ``on_read`` with the name of each check whose results are read.

    The options in force are not recorded, because every predicate may read them.
    """

    def __init__(self, inner: Evidence, on_read: Callable[[str], None]) -> None:
        self._inner = inner
        self._on_read = on_read

    def __getattr__(self, name: str) -> Any:
        """Return an attribute that is not recorded."""
        return getattr(self._inner, name)

    @property
    def results(self) -> tuple[Result, ...]:
        """Return all results, and record that every check was read."""
        self._on_read(ANY_CHECK)
        return self._inner.results

    def of(self, check: CheckName) -> tuple[Result, ...]:
        """Return the results of a check over all hosts."""
        self._on_read(check)
        return self._inner.of(check)

    def result(self, check: CheckName, host: str | None = None) -> Result | None:
        """Return the result of a check, for one host if it runs per host."""
        self._on_read(check)
        return self._inner.result(check, host)

    def data(self, check: CheckName, host: str | None = None) -> object:
        """Return what a check observed, or None."""
        self._on_read(check)
        return self._inner.data(check, host)

    def failure(self, check: CheckName, host: str | None = None) -> Failure | None:
        """Return why a check failed, or None."""
        self._on_read(check)
        return self._inner.failure(check, host)


def checks(cause: Cause) -> tuple[Check, ...]:
    """Return the checks whose results decide a cause, in the order of the layers."""
    row = known_by().get(cause.code)
    return tuple(check for check in registry.checks() if row and check.name in row.checks)


def any_check(cause: Cause) -> bool:
    """Return whether the result of any check can decide a cause."""
    row = known_by().get(cause.code)
    return row is not None and ANY_CHECK in row.checks


def sentences(cause: Cause) -> tuple[str, ...]:
    """Return the first sentences that a report shows if a cause applies."""
    row = known_by().get(cause.code)
    return row.sentences[:MAX_SENTENCES] if row else ()


@cache
def known_by() -> Mapping[str, KnownBy]:
    """Return what identifies each cause, by its code."""
    rows_by_code: dict[str, KnownBy] = {}
    for code, evidence in positive_cases():
        before = rows_by_code.get(code, KnownBy(frozenset(), ()))
        rows_by_code[code] = _merge(before, _run(code, evidence))
    return rows_by_code


def _merge(first: KnownBy, second: KnownBy) -> KnownBy:
    texts = dict.fromkeys((*first.sentences, *second.sentences))
    return KnownBy(first.checks | second.checks, tuple(texts))


def _run(code: str, evidence: Evidence) -> KnownBy:
    """Return what one predicate reads and says on one piece of evidence."""
    cause = registry.cause(code)
    if cause is None or not cause.is_decided:
        raise ValueError(f"a table has a positive case of {code}, which no evidence decides")
    read: set[str] = set()
    recording = cast("Evidence", RecordingEvidence(evidence, read.add))
    texts = [match.detail for _, match in cause.matches(recording)]
    return KnownBy(frozenset(read), tuple(texts[:1]))
