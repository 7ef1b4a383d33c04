"""Run a filled-in snippet in a separate process with a time limit.

The program gets the connection string only through its environment. The process and its
children form a process group, so that stopping it leaves nothing behind.
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
from mongoping.installation import is_bundled, own_python
from mongoping.record import Record
from mongoping.snippets.record import VARIABLE, dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mongoping.snippets.record import Snippet

RUNNABLE = ("Python", "Node.js", "mongosh")
INSTALL_S = 300.0  # a temporary environment downloads a driver; mongosh is the largest
GRACE_S = 2.0  # between SIGTERM and SIGKILL
MAX_CHARS = 20_000  # of each stream, in case a program prints without end

_ABSENT = (
    re.compile(r"(?:ModuleNotFoundError|ImportError): (.+)"),
    re.compile(r"Error: (Cannot find (?:module|package) '[^']+')"),
    re.compile(r"(MONGODB-AWS authentication requires pymongo-auth-aws[^\n]*)"),
)
_OWN_SETTINGS = ("MONGOPING_URI", "MONGOPING_PASSWORD")


class CannotRunError(RuntimeError):
    """A snippet cannot be run here; the message says why and what to do."""


class RunResult(Record):
    """The result of running a program.

    Attributes:
        code: The exit code; None if the program was stopped at its time limit.
        seconds: The time from start to end.
        missing: What is not installed, as a phrase.
        install: The command that installs it.
    """

    out: str
    err: str
    code: int | None
    seconds: float
    missing: str | None = None
    install: str | None = None

    @property
    def ok(self) -> bool:
        """Return whether the program exited with 0, so it reached the deployment."""
        return self.code == 0


def run(
    snippet: Snippet,
    program: str,
    uri: str,
    *,
    limit: float,
    is_isolated: bool = False,
    extra: Mapping[str, str] | None = None,
) -> RunResult:
    """Run a program against the deployment at ``uri`` for at most ``limit`` seconds.

    ``extra`` are additional environment variables. With ``is_isolated``, the driver is first
    installed into a temporary environment, which does not count towards the limit. Raises
    `CannotRunError` if the runtime of the language is missing.
    """
    if snippet.language not in RUNNABLE:
        raise CannotRunError(
            f"mongoping cannot run {snippet.name}; write it to a file (emit -o) and run it there"
            + (f" ({snippet.install})" if snippet.install else "")
        )
    with signals.temporary_folder() as folder:
        file = folder / f"{snippet.name}{snippet.suffix}"
        file.touch(mode=0o600)
        file.write_text(program, encoding="utf-8")
        command, environment = _tools(snippet, program, folder, is_isolated=is_isolated)
        environment |= {VARIABLE: uri, **(extra or {})}
        return _add_missing(snippet, program, _process([*command, str(file)], environment, limit))


def install_command(snippet: Snippet, program: str) -> str:
    """Return the command that installs what a snippet needs."""
    if snippet.language == "Python":
        requirements = " ".join(f'"{requirement}"' for requirement in dependencies(program))
        return f"python -m pip install {requirements}"
    return snippet.install or ""


def _tools(
    snippet: Snippet, program: str, folder: Path, *, is_isolated: bool
) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs a program file, and its environment."""
    variables_hidden = (VARIABLE, *_OWN_SETTINGS)
    environment = {
        name: value for name, value in os.environ.items() if name not in variables_hidden
    }
    if snippet.language == "Python":
        environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        if is_isolated:
            return [_python(program, folder, environment)], environment
        if is_bundled():
            environment["PYTHONPATH"] = str(Path(__file__).parents[2])  # the driver is in the file
        return own_python(), environment
    if is_isolated:
        package = "mongodb" if snippet.language == "Node.js" else "mongosh"
        npm = _tool("npm", "Node.js")
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        _install(command, folder, environment)
    paths = [str(folder / "node_modules"), str(Path.cwd() / "node_modules")]
    paths += filter(None, [environment.get("NODE_PATH")])
    environment["NODE_PATH"] = os.pathsep.join(paths)
    if snippet.language == "Node.js":
        return [_tool("node", "Node.js")], environment
    own = folder / "node_modules" / ".bin" / "mongosh"
    shell = str(own) if is_isolated else _tool("mongosh", "mongosh", snippet.install)
    return [shell, "--nodb", "--norc", "--quiet"], environment


def _tool(name: str, what: str, install: str | None = None) -> str:
    path = shutil.which(name)
    if path is None:
        hint = f"; install it: {install}" if install else ""
        raise CannotRunError(f"{what} is not installed here ({name} is not on PATH){hint}")
    return path


def _python(program: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Create a virtual environment with the program's dependencies; use uv if available."""
    home, requirements = folder / "environment", list(dependencies(program))
    is_standalone = getattr(
        sys, "frozen", False
    )  # the standalone executable cannot create environments
    base = _tool("python3", "Python") if is_standalone else sys.executable
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    uv = shutil.which("uv")
    if uv:
        command = [uv, "venv", "--quiet", "--python", base, str(home)]
        _install(command, folder, environment)
        command = [uv, "pip", "install", "--quiet", "--python", str(python), *requirements]
    else:
        _install([base, "-m", "venv", str(home)], folder, environment)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command = [*pip, *requirements]
    _install(command, folder, environment)
    return str(python)


def _install(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run an installation command. Raises `CannotRunError` with the end of its output."""
    result = _process(command, environment, INSTALL_S, folder)
    if not result.ok:
        output = (result.err or result.out).strip().splitlines()
        raise CannotRunError(
            f"the temporary environment could not be created: {Path(command[0]).name} "
            + ("timed out" if result.code is None else f"failed: {' '.join(output[-2:])}")
        )


def _process(
    command: Sequence[str], environment: Mapping[str, str], limit: float, folder: Path | None = None
) -> RunResult:
    """Run a process in its own process group; stop the whole group at the time limit."""
    start = time.monotonic()
    with signals.raising(), _start(command, environment, folder) as process:
        code: int | None
        try:
            out, err = process.communicate(timeout=limit)
            code = process.returncode
        except subprocess.TimeoutExpired:
            _stop(process)
            out, err = process.communicate()
            code = None
    return RunResult(out[:MAX_CHARS], err[:MAX_CHARS], code, time.monotonic() - start)


@contextlib.contextmanager
def _start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None
) -> Iterator[subprocess.Popen[str]]:
    """Start a process in its own process group; kill the group on an exception."""
    with contextlib.ExitStack() as stack:
        with signals.defer():
            process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="backslashreplace",
                start_new_session=sys.platform != "win32",
            )
            stack.callback(signals.Removal(lambda: _kill(process)).cancel)
            stack.enter_context(process)
            stack.push(lambda error, *_: _kill(process) if error else None)
        yield process  # a deferred signal may have raised before this, so the stack is ready


def _kill(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    elif process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _stop(process: subprocess.Popen[str]) -> None:
    """Stop the process group with SIGTERM, then SIGKILL."""
    if sys.platform == "win32":
        process.kill()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)


def _add_missing(snippet: Snippet, program: str, result: RunResult) -> RunResult:
    """Add what is missing if the output of the program says so."""
    if result.ok:
        return result
    for pattern in _ABSENT:
        match = pattern.search(result.err)
        if match is not None:
            install = install_command(snippet, program)
            return result.replace(missing=match[1].strip(), install=install)
    return result
