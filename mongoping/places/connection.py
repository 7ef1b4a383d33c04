"""A shell in another place, started through ssh, docker or kubectl: text in, marked lines out.

What comes back may be anything: lines without the token of the run are skipped, and the amount of
text is limited.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from mongoping import signals
from mongoping.places import problem
from mongoping.places.problem import Problem, Unusable

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from mongoping.places.place import Place

CHUNK = 256 * 1024
MAX_LINE = 32 * 1024 * 1024  # bytes of a report; the largest in use have 1 MB
MAX_NOISE = 1024 * 1024  # of text from a login there that is not mongoping's
MAX_ERRORS = 64 * 1024
WRITE_S = 60.0  # for a chunk, or what the programs on the way hold of it
EXIT_S = 2.0  # to end, once the input is closed


def shield(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command that Ctrl-C does not end: the folder there is removed through it."""
    if os.name == "nt":
        return command
    return ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *command)


def has_terminal() -> bool:
    """Return whether a program that is started here can ask for a password."""
    try:
        os.close(os.open("CONIN$" if os.name == "nt" else "/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


class Connection:
    """The process that leads to a place. Every method may raise `Failed`."""

    def __init__(self, place: Place, process: Process, token: str, max_bytes: int) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("the process needs three pipes")
        self._place = place
        self._process = process
        self._input, self._output = process.stdin, process.stdout
        self._mark = f"{token} ".encode()
        self._buffer = bytearray()
        self._searched = 0
        self._noise = 0
        self._max_bytes = max_bytes
        self._total = 0
        self._errors = bytearray()
        self._reading = asyncio.ensure_future(self._read_errors(process.stderr))
        self._removal = signals.Removal(self._kill)
        self.began = False  # whether a line of the script has arrived

    @classmethod
    async def open(cls, place: Place, token: str, max_bytes: int) -> Connection:
        """Start the program that leads to a place, and accept so many bytes from it."""
        command = shield(place.command(asks=has_terminal()))
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            words = f"{place.kind} cannot be started here: {error.strerror}"
            raise Unusable(Problem("no-program", words)) from None
        return cls(place, process, token, max_bytes)

    async def write(self, data: bytes) -> None:
        """Send data."""
        for start in range(0, len(data), CHUNK):
            self._input.write(data[start : start + CHUNK])
            try:
                async with asyncio.timeout(WRITE_S):
                    await self._input.drain()
            except TimeoutError:
                words = f"it took no data for {WRITE_S:.0f} s"
                raise Unusable(Problem("silent", words)) from None
            except ConnectionError:
                raise Unusable(await self.lost()) from None

    async def line(self, timeout_s: float) -> tuple[str, str]:
        """Return the next marked line as its first word and the rest."""
        try:
            async with asyncio.timeout(timeout_s):
                line = await self._next()
        except TimeoutError:
            words = f"it did not answer within {timeout_s:.0f} s{self.said()}"
            raise Unusable(Problem("silent", words)) from None
        if line is None:
            raise Unusable(await self.lost())
        self.began = True
        word, _, rest = line.decode("utf-8", "replace").rstrip("\r").partition(" ")
        return word, rest

    async def _next(self) -> bytes | None:
        """Return the next marked line, or None at the end."""
        while True:
            while (end := self._buffer.find(b"\n", self._searched)) >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                self._searched = 0
                if line.startswith(self._mark):
                    return line[len(self._mark) :]
                self._noise += len(line)
            self._searched = len(self._buffer)
            begins = self._mark.startswith(self._buffer[: len(self._mark)])
            noise = self._noise + (0 if begins else len(self._buffer))
            if noise > MAX_NOISE or len(self._buffer) > MAX_LINE or self._total > self._max_bytes:
                raise Unusable(problem.GARBAGE)
            data = await self._output.read(CHUNK)
            if not data:
                return None
            self._total += len(data)
            self._buffer += data

    async def lost(self) -> Problem:
        """Return why the connection ended."""
        code = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EXIT_S):
                code = await self._process.wait()
                await self._reading
        if not self.began:
            return problem.from_words(self.words(), self._place.kind, code)
        return Problem("lost", f"the connection ended before there was a result{self.said()}")

    def said(self) -> str:
        """Return the last words of the program in parentheses, or nothing."""
        return problem.quote_output(self.words(), self._place.kind)

    def words(self) -> str:
        """Return what the program wrote to standard error, as far as it is kept."""
        return bytes(self._errors).decode("utf-8", "replace")

    async def _read_errors(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(CHUNK):
            self._errors += data
            del self._errors[:-MAX_ERRORS]

    async def close(self, last: str, timeout_s: float) -> bool:
        """End the connection; return whether the line ``last`` arrived before it ended."""
        self._input.close()
        has_arrived = False
        with contextlib.suppress(Unusable, TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not has_arrived:
                    line = await self.line(timeout_s)
                    has_arrived = line[0] == last
        await self._end()
        self._reading.cancel()
        self._removal.cancel()
        return has_arrived

    async def _end(self) -> None:
        """Wait for the process, and end it if it does not end by itself.

        ssh restores the terminal at SIGTERM if it has asked for a password.
        """
        for end in (None, self._process.terminate, self._kill):
            if self._process.returncode is not None:
                return
            if end is not None:
                with contextlib.suppress(ProcessLookupError):
                    end()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EXIT_S):
                    await self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
