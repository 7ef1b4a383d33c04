"""What the Python of the user's program answers, which may be anything."""

from __future__ import annotations

from typing import Any

import pytest

from mongoping.checks._program_answers import MAX_ATTEMPTS, facts_of
from mongoping.interpreter.record import Interpreter
from mongoping.observations import ProgramFacts
from mongoping.uri.target import parse, scrub

PYTHON = Interpreter("/app/python", "--python", "3.12.1", packages={"pymongo": "4.9.2"})
WORKS = {"client": "MongoClient", "step": "ping", "ping_ms": 0.3, "error": None}
ERROR = {"type": "AutoReconnect", "message": "closed", "types": ["AutoReconnect"]}
FAILS = {"client": "MongoClient", "step": "connect", "error": ERROR}


def read(*answers: tuple[str, Any]) -> ProgramFacts:
    return facts_of(answers, PYTHON, lambda text: text)


def test_a_ping_and_a_failure_are_read() -> None:
    facts = read(
        ("import", {"version": "4.9.2", "min_wire": 7, "max_wire": 25}), ("attempt", WORKS)
    )
    assert (facts.state, facts.pymongo, facts.min_wire, facts.max_wire) == ("works", "4.9.2", 7, 25)
    facts = read(("attempt", WORKS), ("attempt", {**FAILS, "verify_code": 19}))
    assert facts.state == "fails"
    assert facts.failed is not None
    assert str(facts.failed.error) == "AutoReconnect: closed"
    assert facts.failed.verify_code == 19
    assert read(("import", {"error": ERROR})).state == "fails"


@pytest.mark.parametrize(
    "answer",
    [
        {**WORKS, "ping_ms": None},
        {**WORKS, "ping_ms": -1},
        {**WORKS, "ping_ms": True},
        {**WORKS, "ping_ms": 1e300},
        {**WORKS, "error": ERROR},
        {**WORKS, "step": "elsewhere"},
        {**WORKS, "client": 3},
        {**FAILS, "error": "closed"},
        {},
        [],
        None,
        "works",
    ],
)
def test_an_answer_that_contradicts_itself_is_no_result(answer: Any) -> None:
    assert read(("attempt", answer)).state == "unfinished"


@pytest.mark.parametrize("value", [None, True, 3, -1.5, "x" * 99_999, [["x"]], {"x": []}, 2**70])
def test_values_of_any_type_are_read(value: Any) -> None:
    facts = read(
        ("import", dict.fromkeys(("version", "min_wire", "max_wire", "error"), value)),
        ("attempt", {**FAILS, "error": dict.fromkeys(("type", "message", "types"), value)}),
        ("attempt", {**WORKS, "server_error": value, "verify_code": value}),
        ("warnings", value),
        ("surprise", value),
        *[("attempt", WORKS)] * 50,
    )
    assert len(facts.attempts) <= MAX_ATTEMPTS
    assert len(repr(facts)) < 10_000


def test_secrets_are_removed_from_every_text() -> None:
    """The other Python has the password, and an error of its packages may quote it."""
    credentials = parse("mongodb://ada:canary@a").credentials
    leak = "mongodb://ada:canary@a canary"
    error = {"type": leak, "message": leak, "types": [leak]}
    attempt = {"client": leak, "step": "ping", "error": error, "server_error": error}
    answers = (("import", {"error": error}), ("attempt", attempt), ("warnings", [leak]))
    facts = facts_of(answers, PYTHON, lambda text: scrub(text, credentials))
    assert len(facts.attempts) == 1
    assert facts.warnings
    assert "canary" not in repr(facts)
