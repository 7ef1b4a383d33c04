"""Run a filled-in snippet in a process of its own, and stop it when its time is over.

The connection string reaches the program by its environment alone. The process and what
it starts form a group of their own, so that stopping it leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping import signals
from mongoping.record import Record
from mongoping.snippets.record import VARIABLE, dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mongoping.snippets.record import Snippet

RUNNABLE = ("Python", "Node.js", "mongosh")
INSTALL_S = 300.0  # a throwaway environment downloads a driver, mongosh being the largest
GRACE_S = 2.0  # between asking a process to end and ending it
MAX_CHARS = 20_000  # of each stream: a program that prints for ever is cut, not believed

_ABSENT = (
    re.compile(r"(?:ModuleNotFoundError|ImportError): (.+)"),
    re.compile(r"Error: (Cannot find (?:module|package) '[^']+')"),
    re.compile(r"(MONGODB-AWS authentication requires pymongo-auth-aws[^\n]*)"),
)
_OWN_SETTINGS = ("MONGOPING_URI", "MONGOPING_PASSWORD")


class CannotRunError(RuntimeError):
    """A snippet cannot be run here; the text says why and what to do."""


class Ran(Record):
    """What a program did. ``seconds`` is its time from start to end.

    ``code`` is None when it was stopped at its limit. ``missing`` says in words what was not
    installed, ``install`` is the command that would install it.
    """

    out: str
    err: str
    code: int | None
    seconds: float
    missing: str | None = None
    install: str | None = None

    @property
    def ok(self) -> bool:
        """It ended by itself, and said that the deployment was reached."""
        return self.code == 0


def run(
    snippet: Snippet,
    program: str,
    uri: str,
    *,
    limit: float,
    isolated: bool = False,
    extra: Mapping[str, str] | None = None,
) -> Ran:
    """Run a program against the deployment of ``uri`` for at most ``limit`` seconds.

    ``extra`` are further environment variables. With ``isolated`` the driver is installed
    into an environment that is thrown away afterwards; that time is not counted. Raises
    `CannotRunError` when this machine lacks what runs the language.
    """
    if snippet.language not in RUNNABLE:
        raise CannotRunError(
            f"{snippet.name} is not run by mongoping: emit it with -o and run it yourself"
            + (f" ({snippet.install})" if snippet.install else "")
        )
    with signals.temporary_folder() as folder:
        file = folder / f"{snippet.name}{snippet.suffix}"
        file.touch(mode=0o600)
        file.write_text(program, encoding="utf-8")
        words, environment = _tools(snippet, program, folder, isolated=isolated)
        environment |= {VARIABLE: uri, **(extra or {})}
        return _reported(snippet, program, _process([*words, str(file)], environment, limit))


def install_command(snippet: Snippet, program: str) -> str:
    """The command that installs what a snippet needs."""
    if snippet.language == "Python":
        wanted = " ".join(f'"{dependency}"' for dependency in dependencies(program))
        return f"python -m pip install {wanted}"
    return snippet.install or ""


def _tools(
    snippet: Snippet, program: str, folder: Path, *, isolated: bool
) -> tuple[list[str], dict[str, str]]:
    """The words that run the program file, and the environment to run it in."""
    hidden = (VARIABLE, *_OWN_SETTINGS)
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    if snippet.language == "Python":
        environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        python = _python(program, folder, environment) if isolated else sys.executable
        return [python], environment
    if isolated:
        package = "mongodb" if snippet.language == "Node.js" else "mongosh"
        npm = _tool("npm", "Node.js")
        words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        _install(words, folder, environment)
    paths = [str(folder / "node_modules"), str(Path.cwd() / "node_modules")]
    paths += filter(None, [environment.get("NODE_PATH")])
    environment["NODE_PATH"] = os.pathsep.join(paths)
    if snippet.language == "Node.js":
        return [_tool("node", "Node.js")], environment
    own = folder / "node_modules" / ".bin" / "mongosh"
    shell = str(own) if isolated else _tool("mongosh", "mongosh", snippet.install)
    return [shell, "--nodb", "--norc", "--quiet"], environment


def _tool(name: str, what: str, install: str | None = None) -> str:
    path = shutil.which(name)
    if path is None:
        hint = f"; install it: {install}" if install else ""
        raise CannotRunError(f"{what} is not installed here ({name} is not on PATH){hint}")
    return path


def _python(program: str, folder: Path, environment: Mapping[str, str]) -> str:
    """A new virtual environment with what the program asks for; uv makes it where it is."""
    home, wanted = folder / "environment", list(dependencies(program))
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv = shutil.which("uv")
    if uv:
        words = [uv, "venv", "--quiet", "--python", sys.executable, str(home)]
        _install(words, folder, environment)
        words = [uv, "pip", "install", "--quiet", "--python", str(python), *wanted]
    else:
        _install([sys.executable, "-m", "venv", str(home)], folder, environment)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        words = [*pip, *wanted]
    _install(words, folder, environment)
    return str(python)


def _install(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """One step of an installation. Raises `CannotRunError` with the end of its own words."""
    ended = _process(words, environment, INSTALL_S, folder)
    if not ended.ok:
        said = (ended.err or ended.out).strip().splitlines()
        raise CannotRunError(
            f"the throwaway environment could not be made: {Path(words[0]).name} "
            + ("took too long" if ended.code is None else f"said: {' '.join(said[-2:])}")
        )


def _process(
    words: Sequence[str], environment: Mapping[str, str], limit: float, folder: Path | None = None
) -> Ran:
    """Start a process in a group of its own; at the limit, the whole group is ended."""
    started = time.monotonic()
    with signals.raising(), _started(words, environment, folder) as process:
        code: int | None
        try:
            out, err = process.communicate(timeout=limit)
            code = process.returncode
        except subprocess.TimeoutExpired:
            _end(process)
            out, err = process.communicate()
            code = None
    return Ran(out[:MAX_CHARS], err[:MAX_CHARS], code, time.monotonic() - started)


@contextlib.contextmanager
def _started(
    words: Sequence[str], environment: Mapping[str, str], folder: Path | None
) -> Iterator[subprocess.Popen[str]]:
    """Start a process in a group of its own, and end the group if an exception comes."""
    with signals.deferred():
        process = subprocess.Popen(
            words,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=os.name != "nt",
        )
        removal = signals.Removal(lambda: _kill(process))
    try:
        with process:
            try:
                yield process
            except BaseException:
                _kill(process)
                raise
    finally:
        removal.cancel()


def _kill(process: subprocess.Popen[str]) -> None:
    if os.name == "nt":
        process.kill()
    elif process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask the group to end, then end it."""
    if os.name == "nt":
        process.kill()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)


def _reported(snippet: Snippet, program: str, ran: Ran) -> Ran:
    """Add what is missing, where the program's own words say so."""
    if ran.ok:
        return ran
    for pattern in _ABSENT:
        match = pattern.search(ran.err)
        if match is not None:
            install = install_command(snippet, program)
            return Ran(ran.out, ran.err, ran.code, ran.seconds, match[1].strip(), install)
    return ran
