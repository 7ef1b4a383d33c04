"""Find the Python of the user's program. Reads names of files, and starts nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mongoping.interpreter.record import InterpreterError, Place

AUTO = "auto"
LOCK = "uv.lock"
PROGRAMS = ("bin/python", "Scripts/python.exe")


def locate(value: str, environment: Mapping[str, str], folder: Path) -> Place:
    """Return the Python that the user means.

    Args:
        value: a path, the folder of an environment, a program on PATH, or ``auto``.
        environment: the environment variables.
        folder: the current folder.

    Raises:
        InterpreterError: There is no such Python.
    """
    if value == AUTO:
        found = find(environment, folder)
        if found is None:
            raise InterpreterError(
                "--python auto found no environment: neither VIRTUAL_ENV nor a folder .venv; give "
                "the path of the program's Python."
            )
        return found
    if not value.strip() or "\0" in value:
        raise InterpreterError("--python needs the path of the program's Python.")
    path = Path(value).expanduser()
    if path.is_dir():
        inside = _python_in(path)
        if inside is None:
            raise InterpreterError(
                f"{value} is a folder without a Python; give the path of the program's Python."
            )
        return _place(inside, "--python")
    if os.sep not in value and (on_path := shutil.which(value, path=environment.get("PATH"))):
        return _place(on_path, "--python")
    return _place(str(path), "--python")


def find(environment: Mapping[str, str], folder: Path) -> Place | None:
    """Return the Python of the project in a folder, or None if there is none.

    An activated environment comes first, then ``.venv`` here or in a folder above, up to the top
    of the repository.
    """
    active = environment.get("VIRTUAL_ENV")
    if active and (path := _python_in(Path(active))):
        return _place(path, "VIRTUAL_ENV")
    for place in (folder, *folder.parents):
        if path := _python_in(place / ".venv"):
            return _place(path, LOCK if (place / LOCK).is_file() else ".venv")
        if (place / ".git").exists():
            break
    return None


def _place(path: str, found_by: str) -> Place:
    """Return a place with the project whose ``uv.lock`` is next to the environment."""
    environment = Path(path).absolute().parent.parent
    project = environment.parent
    locked = (environment / "pyvenv.cfg").is_file() and (project / LOCK).is_file()
    return Place(path, found_by, str(project) if locked else None)


def _python_in(environment: Path) -> str | None:
    for name in PROGRAMS:
        if os.access(environment / name, os.X_OK):
            return str(environment / name)
    return None
