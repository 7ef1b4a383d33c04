"""A Python that is kept running: real environments, and what is none."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.interpreter.record import InterpreterError
from mongoping.interpreter.resident import resident_at, residing
from tests.interpreter.programs import PYMONGO, environment, script

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
REQUEST = {
    "uri": "mongodb://127.0.0.1:1/",
    "seconds": 30,
    "server_api": None,
    "api_required": False,
    "limits_ms": {},
    "mongoping": "0",
    "default_cas": False,
}
Answers = tuple[list[tuple[str, Any]], bool]


async def ask(path: str, requests: int, seconds: float = 60.0) -> list[Answers]:
    """Return the answers to requests that run at the same time."""
    async with residing(path):
        resident = resident_at(path)
        assert resident is not None
        answers = await asyncio.gather(*(resident.ask(REQUEST, seconds) for _ in range(requests)))
    assert resident_at(path) is None
    return list(answers)


def test_requests_at_the_same_time_have_their_own_answers(tmp_path: Path) -> None:
    """An answer is longer than a part: the error of the refused connection is in it."""
    python = environment(tmp_path / "program", *PYMONGO)
    for answers, timed_out in asyncio.run(ask(str(python), 3)):
        assert not timed_out
        assert [kind for kind, _ in answers].count("attempt") == 1
        assert answers[-1] == ("end", True)
        [attempt] = [document for kind, document in answers if kind == "attempt"]
        assert "refused" in attempt["error"]["message"]


def test_a_request_whose_process_ends_early_does_not_wait(tmp_path: Path) -> None:
    start = "import os; os.register_at_fork(after_in_child=lambda: os._exit(3))"
    python = environment(tmp_path / "program", *PYMONGO, start=start)
    assert asyncio.run(ask(str(python), 2)) == [([("gone", True)], False)] * 2


def test_a_program_that_ends_answers_nothing(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "exit 1")
    assert asyncio.run(ask(str(program), 2)) == [([], False)] * 2


def test_a_program_that_never_answers_is_ended(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "exec sleep 600")
    assert asyncio.run(ask(str(program), 1, 0.1)) == [([], True)]


def test_a_missing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="cannot be started: No such file"):
        asyncio.run(ask(str(tmp_path / "none"), 1))
