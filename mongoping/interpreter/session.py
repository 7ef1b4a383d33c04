"""Run the script `there.py` in another Python, with bounded time and output.

The request, which may contain a connection string, goes over standard input: other users of the
machine can read arguments and environment variables.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from mongoping.environment import PASSWORD_VARIABLE, URI_VARIABLES
from mongoping.interpreter.record import InterpreterError

MAX_BYTES = 256 * 1024
CLOSING_S = 1.0  # for a killed process to disappear
TOO_OLD = "mongoping cannot use Python "
START = (
    "import sys; first = set(sys.modules); sys.path[:] = [entry for entry in sys.path if entry]; "
    f"sys.version_info < (3, 6) and sys.exit('{TOO_OLD}%d.%d' % sys.version_info[:2]); "
    "import json; request = json.loads(sys.stdin.readline()); "
    "exec(compile(request.pop('script'), '<mongoping>', 'exec'), "
    "{'REQUEST': request, 'FIRST': first})"
)
"""Leave out the current folder before anything can be imported from it, then run the script. The
option -I would also leave out PYTHONPATH and the user's own packages, which the program imports."""
HIDDEN_VARIABLES = frozenset(
    {*URI_VARIABLES, PASSWORD_VARIABLE, "PYTHONINSPECT", "__PYVENV_LAUNCHER__"}
)
"""Secrets, what keeps Python running at its end, and what names the Python of mongoping itself."""


def _no_program(path: str, error: Exception) -> str | None:
    """Return why a file is no program, as a clause, or None if the error has another reason."""
    if getattr(error, "errno", None) == errno.ENOEXEC:
        return "it is not a program that this system can run"
    is_denied = isinstance(error, PermissionError)
    if is_denied and Path(path).is_file() and not os.access(path, os.X_OK):
        return "the file is not executable"
    return None


def start_error(path: str, error: Exception) -> InterpreterError:
    """Return why a program cannot be started."""
    if (why := _no_program(path, error)) is not None:
        return InterpreterError(f"{path} is not a Python: {why}.")
    reason = getattr(error, "strerror", None) or "the path is not valid"
    return InterpreterError(f"{path} cannot be started: {reason}.")


def script() -> str:
    """Return the script that the other Python runs."""
    return (Path(__file__).parent / "there.py").read_text(encoding="utf-8")


class Session:
    """One run of the script in another Python.

    Attributes:
        timed_out: whether it was ended because its time was over.
        noise: what it printed in addition to its answers; foreign text.
    """

    def __init__(self, path: str, request: Mapping[str, Any]) -> None:
        """Prepare to run the script with a request, which `there.py` describes."""
        self._path = path
        self._token = os.urandom(16).hex()
        message = {**request, "token": self._token, "script": script()}
        self._input = json.dumps(message).encode("ascii") + b"\n"
        self._output = b""
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._lock = threading.Lock()
        self.timed_out = False
        self.noise = ""

    def run(self, seconds: float) -> list[tuple[str, Any]]:
        """Return the answers of the script that arrived within ``seconds``, by kind.

        Raises `InterpreterError` if the program cannot be started.
        """
        with self._lock:
            if self._killed:
                return []
            process = self._process = self._start()
        try:
            threading.Thread(target=self._write, args=(process.stdin,), daemon=True).start()
            threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()
            self.timed_out = not self._ended.wait(max(seconds, 0.0))
        finally:
            self.kill()
        return list(self._answers(self._output))

    def kill(self) -> None:
        """End the process and what it started, and keep it from being started later."""
        with self._lock:
            self._killed = True
            process = self._process
            if process is None or process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    process.kill()
                else:  # the group exists until its leader has been waited for
                    os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(CLOSING_S)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [self._path, "-c", START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=child_environment(os.environ),
                start_new_session=sys.platform != "win32",
            )
        except (OSError, ValueError) as error:
            raise start_error(self._path, error) from None

    def _write(self, pipe: IO[bytes]) -> None:
        """Send the request. A program that reads nothing must not hold up its end."""
        with contextlib.suppress(OSError, ValueError), pipe:
            pipe.write(self._input)

    def _read(self, pipe: IO[bytes]) -> None:
        """Read until the last answer, the end of the output, or the limit."""
        last = f'\n{self._token} {{"end"'.encode()
        with contextlib.suppress(OSError, ValueError), pipe:
            while len(self._output) < MAX_BYTES and last not in self._output:
                chunk = os.read(pipe.fileno(), 65536)
                if not chunk:
                    break
                self._output += chunk
        self._ended.set()

    def _answers(self, output: bytes) -> Iterator[tuple[str, Any]]:
        mark = f"{self._token} ".encode()
        noise = []
        for line in output.split(b"\n"):
            if not line.startswith(mark):
                noise.append(line)
                continue
            with contextlib.suppress(ValueError):  # cut off at the limit
                document = json.loads(line[len(mark) :])
                yield from document.items() if isinstance(document, dict) else ()
        self.noise = b"\n".join(noise).decode("utf-8", "replace")


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the other Python: that of this process, without its secrets."""
    variables = {name: value for name, value in environment.items() if name not in HIDDEN_VARIABLES}
    return {**variables, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
