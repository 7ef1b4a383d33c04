"""Causes in the use of the Stable API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import api
from mongoping.observations import ApiFacts
from tests.causes.table import A, False_, True_, asked, is_complete, is_silent, is_true, verdict
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result


def seen(declared: str | None = "1", *, ok: bool = True, **fields: Any) -> Result:
    data = ApiFacts(declared, **fields)
    return result("api", data) if ok else failed("api", "command", data=data)


TRUE: list[True_] = [
    (
        "api.required",
        evidence(hello(A, requires_api=True), failed("api", "command", code=498870)),
        "a:27017 refuses every command without an API version",
    ),
    (
        "api.unsupported",
        evidence(hello(A, wire=9), seen(enforced=False, ok=False), stable_api=True),
        "(wire version 9) does not support apiVersion",
    ),
    (
        "api.unsupported",
        evidence(
            hello(A), seen(enforced=False, ok=False, find_code=40415, find_message="unknown field")
        ),
        'a query failed with "unknown field"',
    ),
    ("api.unsupported", evidence(hello(A), seen(enforced=False)), "ignores apiVersion"),
    (
        "api.strict-violation",
        evidence(hello(A), seen(strict=True, find_code=323, find_message="not in it", ok=False)),
        "not in it",
    ),
    (
        "api.deprecated",
        evidence(
            hello(A), seen(deprecation_errors=True, find_code=324, find_message="old", ok=False)
        ),
        "refused a command: old",
    ),
]

FALSE: list[False_] = [
    ("api.required", evidence(hello(A, requires_api=True), stable_api=True)),
    ("api.required", evidence(hello(A, requires_api=True), preset="atlas")),
    ("api.required", evidence(hello(A), seen(None))),
    ("api.unsupported", evidence(hello(A, wire=9), seen(None, enforced=False))),
    ("api.unsupported", evidence(hello(A), seen(enforced=True))),
    ("api.unsupported", evidence(hello(A), seen(enforced=None))),
    ("api.strict-violation", evidence(hello(A), seen(find_code=323))),
    ("api.strict-violation", evidence(hello(A), seen(strict=True, find_code=13))),
    ("api.deprecated", evidence(hello(A), seen(find_code=324))),
    ("api.deprecated", evidence(hello(A), seen(deprecation_errors=True, find_code=323))),
]


@pytest.mark.parametrize(("code", "given", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, given: Evidence, words: str) -> None:
    is_true(code, given, words)


@pytest.mark.parametrize(("code", "given"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, given: Evidence) -> None:
    is_silent(code, given)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([api], TRUE, FALSE)


def test_a_server_that_ignores_the_version_harms_nobody() -> None:
    """A look-alike of today: a warning, where an old server would refuse every query."""
    match = asked("api.unsupported", evidence(hello(A), seen(enforced=False)))
    assert match is not None
    assert match.severity == "warning"
    given = evidence(hello(A), seen(enforced=False), result("driver"))
    assert verdict(given) is None
