"""Causes in the use of the Stable API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import api
from mongoping.observations import ApiFacts
from tests.causes.table import A, False_, True_, is_complete, is_silent, is_true, match_of, verdict
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result


def api_row(version: str | None = "1", *, ok: bool = True, **fields: Any) -> Result:
    data = ApiFacts(version, **fields)
    return result("api", data) if ok else failed("api", "command", data=data)


TRUE: list[True_] = [
    (
        "api.required",
        evidence(hello(A, requires_api=True), failed("api", "command", code=498870)),
        "a:27017 refuses every command without an API version",
    ),
    (
        "api.unsupported",
        evidence(hello(A, wire=9), api_row(enforced=False, ok=False), stable_api=True),
        "(wire version 9) does not support apiVersion",
    ),
    (
        "api.unsupported",
        evidence(
            hello(A),
            api_row(enforced=False, ok=False, find_code=40415, find_message="unknown field"),
        ),
        'a query failed with "unknown field"',
    ),
    ("api.unsupported", evidence(hello(A), api_row(enforced=False)), "ignores apiVersion"),
    (
        "api.strict-violation",
        evidence(hello(A), api_row(strict=True, find_code=323, find_message="not in it", ok=False)),
        "not in it",
    ),
    (
        "api.deprecated",
        evidence(
            hello(A), api_row(deprecation_errors=True, find_code=324, find_message="old", ok=False)
        ),
        "refused a command: old",
    ),
]

FALSE: list[False_] = [
    ("api.required", evidence(hello(A, requires_api=True), stable_api=True)),
    ("api.required", evidence(hello(A, requires_api=True), preset="atlas")),
    ("api.required", evidence(hello(A), api_row(None))),
    ("api.unsupported", evidence(hello(A, wire=9), api_row(None, enforced=False))),
    ("api.unsupported", evidence(hello(A), api_row(enforced=True))),
    ("api.unsupported", evidence(hello(A), api_row(enforced=None))),
    ("api.strict-violation", evidence(hello(A), api_row(find_code=323))),
    ("api.strict-violation", evidence(hello(A), api_row(strict=True, find_code=13))),
    ("api.deprecated", evidence(hello(A), api_row(find_code=324))),
    ("api.deprecated", evidence(hello(A), api_row(deprecation_errors=True, find_code=323))),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([api], TRUE, FALSE)


def test_a_server_that_ignores_the_version_harms_nobody() -> None:
    """A look-alike of today: a warning, where an old server would refuse every query."""
    match = match_of("api.unsupported", evidence(hello(A), api_row(enforced=False)))
    assert match is not None
    assert match.severity == "warning"
    case = evidence(hello(A), api_row(enforced=False), result("driver"))
    assert verdict(case) is None
