"""Find the Python of the user's program. Reads names of files, and starts nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from mongoping.escape import printable
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
        place = find(environment, folder)
        if place is None:
            raise InterpreterError(_nothing_found(folder))
        return place
    if not value.strip() or "\0" in value:
        raise InterpreterError("--python needs the path of the program's Python.")
    try:
        path = Path(value).expanduser()
        is_folder = path.is_dir()
    except (OSError, RuntimeError) as error:  # a name that is too long, or an unknown ~user
        reason = getattr(error, "strerror", None) or "there is no such user"
        raise InterpreterError(f"{printable(value)} cannot be started: {reason}.") from None
    if is_folder:
        inside = _python_in(path)
        if inside is None:
            raise InterpreterError(
                f"{value} is a folder without a Python; give the path of the program's Python."
            )
        return _place(inside, "--python")
    import shutil

    if os.sep not in value and (on_path := shutil.which(value, path=environment.get("PATH"))):
        return _place(on_path, "--python")
    if path.is_file():  # absolute, because the system would look up a bare name on PATH
        path = path.absolute()
    return _place(str(path), "--python")


def find(environment: Mapping[str, str], folder: Path) -> Place | None:
    """Return the Python of the project in a folder, or None if there is none.

    An activated environment comes first, then ``.venv`` here or in a folder above, up to the top
    of the repository. uv has the environment of a project elsewhere if a variable says so.
    """
    active = environment.get("VIRTUAL_ENV")
    if active and (path := _python_in(Path(active))):
        return _place(path, "VIRTUAL_ENV")
    for place in _folders(folder):
        has_lock = (place / LOCK).is_file()
        name = environment.get("UV_PROJECT_ENVIRONMENT") if has_lock else None
        if path := _python_in(place / (name or ".venv")):
            return Place(path, LOCK, str(place)) if has_lock else Place(path, ".venv")
    return None


def find_other(environment: Mapping[str, str], folder: Path) -> Place | None:
    """Return the Python of the project in a folder, unless it runs this process, or None."""
    place = find(environment, folder)
    if place is None or Path(place.path).parent.parent.resolve() == Path(sys.prefix).resolve():
        return None
    return place


def _folders(folder: Path) -> Iterator[Path]:
    """Yield a folder and those above it, up to the top of the repository."""
    for place in (folder, *folder.parents):
        yield place
        if (place / ".git").exists():
            return


def _nothing_found(folder: Path) -> str:
    locked_folder = next((place for place in _folders(folder) if (place / LOCK).is_file()), None)
    if locked_folder is None:
        return (
            "--python auto found no environment: neither VIRTUAL_ENV nor a folder .venv; give the "
            "path of the program's Python."
        )
    from mongoping.shell import quote

    return (
        f"--python auto found {locked_folder / LOCK}, but not its environment; create it: "
        f"uv sync --project {quote(str(locked_folder))}"
    )


def _place(path: str, found_by: str) -> Place:
    """Return a place with the project whose ``uv.lock`` is next to the environment."""
    environment = Path(path).absolute().parent.parent
    project = environment.parent
    has_lock = (environment / "pyvenv.cfg").is_file() and (project / LOCK).is_file()
    return Place(path, found_by, str(project) if has_lock else None)


def _python_in(environment: Path) -> str | None:
    for name in PROGRAMS:
        if os.access(environment / name, os.X_OK):
            return str(environment / name)
    return None
