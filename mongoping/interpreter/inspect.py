"""Ask another Python what it has."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from typing import Any

from mongoping.escape import printable
from mongoping.interpreter.answers import number, text, version
from mongoping.interpreter.record import Interpreter, InterpreterError, Place
from mongoping.interpreter.session import TOO_OLD, Session
from mongoping.lazy_re import lazy_compile

TIMEOUT_S = 20.0  # a cold start from a network drive takes seconds
PACKAGES = ("pymongo", "motor", "dnspython", "certifi", "bson", "pymongo-auth-aws")
"""The distributions whose versions are asked for."""
DIGEST_CHARS = 12  # as in `mongoping.checks.tls_files`
MAX_REASON = 200
_TOO_OLD = lazy_compile(rf"^{TOO_OLD}(\d{{1,2}}\.\d{{1,2}})$", re.MULTILINE)
_ERROR = lazy_compile(r"^(?:Fatal Python error|\w{1,60}Error): .{1,400}", re.MULTILINE)
"""The words of a Python that is broken, such as a virtual environment without its base."""


def inspect(place: Place, seconds: float = TIMEOUT_S) -> Interpreter:
    """Return what a Python has.

    Args:
        place: where it is.
        seconds: after this time it is ended.

    Raises:
        InterpreterError: It cannot be started, does not answer, or is not a Python.
    """
    session = Session(place.path, {"packages": PACKAGES})
    answers = session.run(seconds)
    interpreter = interpreter_of(answers, place, has_uv=shutil.which("uv") is not None)
    if interpreter is not None:
        return interpreter
    if session.timed_out:
        raise InterpreterError(f"{place.path} did not answer within {seconds:g} s.")
    if (old := _TOO_OLD.search(session.noise)) is not None:
        raise InterpreterError(f"{place.path} is Python {old[1]}; mongoping needs 3.6 or newer.")
    if (error := _ERROR.search(session.noise)) is not None:
        reason = printable(error[0], most=MAX_REASON).rstrip(".")
        raise InterpreterError(f"{place.path} cannot run a script of Python: {reason}.")
    raise InterpreterError(f"{place.path} is not a Python: it did not run a script of Python.")


def interpreter_of(
    answers: Iterable[tuple[str, Any]], place: Place, *, has_uv: bool = True
) -> Interpreter | None:
    """Return what a Python has, or None if its answers do not say so. Pure.

    ``has_uv`` is whether uv is on PATH here, to install packages for a Python without pip.
    """
    inventory = dict(answers).get("inventory")
    number_of_python = version(inventory, "version")
    if not isinstance(inventory, dict) or number_of_python is None:
        return None
    packages = inventory.get("packages")
    digest = text(inventory, "store_digest")
    has_pip = inventory.get("has_pip") is True
    return Interpreter(
        path=place.path,
        found_by=place.found_by,
        version=number_of_python,
        implementation=text(inventory, "implementation") or "cpython",
        packages={name: version(packages, name) for name in PACKAGES},
        openssl=text(inventory, "openssl"),
        ca_file=text(inventory, "ca_file"),
        ca_folder=text(inventory, "ca_folder"),
        certifi_file=text(inventory, "certifi_file"),
        store_digest=digest[:DIGEST_CHARS] if digest else None,
        store_count=number(inventory, "store_count"),
        pymongo_file=text(inventory, "pymongo_file"),
        library=text(inventory, "library"),
        has_pip=has_pip,
        needs_ensurepip=not (has_pip or has_uv) and inventory.get("has_ensurepip") is True,
        lock_folder=place.lock_folder,
    )
