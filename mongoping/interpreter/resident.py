"""Keep another Python running: it loads PyMongo once, and forks for each request.

A fleet would otherwise start a Python for each of its targets. `there.py` answers each request in a
separate process, so that requests share nothing but the loaded modules.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from mongoping.interpreter.session import START, child_environment, script, start_error

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

MAX_LINE = 64 * 1024  # bytes of what a program prints
MAX_BYTES = 256 * 1024  # of the answers to a request
CLOSING_S = 1.0  # for a killed process to disappear
LAST = frozenset({"end", "gone"})
"""The last answers: the request is done, or its process ended before."""

_residents: dict[str, Resident] = {}


def resident_at(path: str) -> Resident | None:
    """Return the Python that is kept running, or None if that path is started for each request."""
    return _residents.get(path)


@contextlib.asynccontextmanager
async def residing(path: str | None) -> AsyncIterator[None]:
    """Keep the Python of that path running during the block, from the first request on."""
    if path is None:
        yield
        return
    resident = _residents[path] = Resident(path)
    try:
        yield
    finally:
        del _residents[path]
        await resident.close()


class _Pending:
    """The answers to a request so far."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, Any]] = []
        self.parts: list[bytes] = []
        self.size = 0
        self.over = asyncio.Event()


class Resident:
    """One running Python; create it in a running event loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process: Process | None = None
        self._starting = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._pending: dict[str, _Pending] = {}

    async def ask(
        self, request: Mapping[str, Any], seconds: float
    ) -> tuple[list[tuple[str, Any]], bool]:
        """Return the answers to a request by kind, and whether its time was over.

        Raises `InterpreterError` if the program cannot be started.
        """
        token = os.urandom(16).hex()
        pending = self._pending[token] = _Pending()
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                process = await self._running_process()
                if self._reading is None or self._reading.done() or process.stdin is None:
                    return [], False
                process.stdin.write(
                    json.dumps({**request, "shared": True, "token": token}).encode("ascii") + b"\n"
                )
                await pending.over.wait()
        except TimeoutError:
            return pending.answers, True
        finally:
            del self._pending[token]
        return pending.answers, False

    async def _running_process(self) -> Process:
        async with self._starting:
            if self._process is None:
                self._process = await self._start()
                self._reading = asyncio.ensure_future(self._read(self._process))
            return self._process

    async def _start(self) -> Process:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                self._path,
                "-c",
                START,
                stdin=pipe,
                stdout=pipe,
                stderr=asyncio.subprocess.STDOUT,
                env=child_environment(os.environ),
                limit=MAX_LINE,
                start_new_session=sys.platform != "win32",
            )
        except (OSError, ValueError) as error:
            raise start_error(self._path, error) from None
        if process.stdin is not None:
            first = {"serve": True, "shared": True, "token": "-", "script": script()}
            process.stdin.write(json.dumps(first).encode("ascii") + b"\n")
        return process

    async def _read(self, process: Process) -> None:
        """Read answers until the program ends; then none is pending."""
        try:
            while process.stdout is not None:
                try:
                    data = await process.stdout.readline()
                except ValueError:  # a long line, which is no answer
                    continue
                if not data:
                    return
                self._take(data)
        finally:
            for pending in self._pending.values():
                pending.over.set()

    def _take(self, data: bytes) -> None:
        """Add a part of an answer; the mark ``.`` ends it."""
        word, _, part = data.strip().partition(b" ")
        pending = self._pending.get(word.decode("ascii", "replace"))
        if pending is None or pending.over.is_set():
            return
        if part.startswith(b"+"):
            pending.size += len(part)
            if pending.size <= MAX_BYTES:
                pending.parts.append(part[1:])
            return
        text, pending.parts = b"".join(pending.parts), []
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(text)
            pending.answers += document.items() if isinstance(document, dict) else ()
        if any(kind in LAST for kind, _ in pending.answers[-1:]):
            pending.over.set()

    async def close(self) -> None:
        """End the program, and what it has forked."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:  # the group exists until its leader has been waited for
                os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await process.wait()
                if self._reading is not None:
                    await self._reading
