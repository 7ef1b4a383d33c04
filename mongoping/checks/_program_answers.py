"""Read what the Python of the user's program printed about its pings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from mongoping.escape import clip
from mongoping.interpreter.answers import MAX_TEXT, milliseconds, number, text, version
from mongoping.interpreter.record import Interpreter
from mongoping.observations.program import (
    ClientAttempt,
    ClientStep,
    ProgramError,
    ProgramFacts,
)

MAX_MESSAGE = 600
MAX_NAME = 80  # of a class
MAX_ITEMS = 6  # of a list
MAX_ATTEMPTS = 4
Scrub = Callable[[str], str]


def facts_of(answers: Iterable[tuple[str, Any]], python: Interpreter, scrub: Scrub) -> ProgramFacts:
    """Return what became of the clients of a Python.

    Args:
        answers: what it printed.
        python: what it has.
        scrub: removes secrets from a text.
    """
    import_answer: Any = None
    warnings: Any = None
    shadows: Any = None
    attempts: list[ClientAttempt] = []
    for kind, document in answers:
        if kind == "import":
            import_answer = document
        elif kind == "attempt" and len(attempts) < MAX_ATTEMPTS:
            attempts += _attempts(document, scrub)
        elif kind == "shadows":
            shadows = document
        elif kind == "warnings":
            warnings = document
    return ProgramFacts(
        python=python,
        pymongo=version(import_answer, "version"),
        min_wire=number(import_answer, "min_wire"),
        max_wire=number(import_answer, "max_wire"),
        import_error=_error(import_answer, "error", scrub),
        attempts=tuple(attempts),
        shadows=tuple(scrub(clip(path, MAX_TEXT)) for path in _texts(shadows)),
        warnings=tuple(scrub(clip(text, MAX_TEXT)) for text in _texts(warnings)),
    )


def _attempts(document: Any, scrub: Scrub) -> list[ClientAttempt]:
    client, step = text(document, "client", MAX_NAME), text(document, "step")
    known_step = next((name for name in get_args(ClientStep) if name == step), None)
    error, ping_ms = _error(document, "error", scrub), milliseconds(document, "ping_ms")
    if client is None or known_step is None or (error is None) is (ping_ms is None):
        return []
    server_error = _error(document, "server_error", scrub)
    code = number(document, "verify_code")
    return [ClientAttempt(scrub(client), known_step, ping_ms, error, server_error, code)]


def _error(document: Any, key: str, scrub: Scrub) -> ProgramError | None:
    error = document.get(key) if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return None
    file = text(error, "file")
    return ProgramError(
        file=scrub(file) if file is not None else None,
        type=scrub(text(error, "type", MAX_NAME) or "Exception"),
        message=scrub(text(error, "message", MAX_MESSAGE) or ""),
        types=tuple(scrub(name[:MAX_NAME]) for name in _texts(error.get("types"))),
    )


def _texts(value: Any) -> list[str]:
    """Return the texts of a list in JSON, up to a limit."""
    items = value[:MAX_ITEMS] if isinstance(value, list) else []
    return [text for text in items if isinstance(text, str)]
