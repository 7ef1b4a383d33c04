"""A process of mongoping on a terminal of its own: what a person sees, types and interrupts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE_S = 60.0


class TerminalOutput(NamedTuple):
    """The result of a process: its exit code, the terminal's contents, and its pipes."""

    code: int
    screen: str
    out: str
    err: str


class Terminal:
    """A process whose ``streams`` are a terminal; the others are pipes.

    ``with Terminal(args, ...) as one: one.wait_for("Password"); one.type("x\\n"); one.end()``
    """

    def __init__(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        streams: Sequence[str] = ("stdin", "stdout", "stderr"),
        columns: int = 80,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        names = ("stdin", "stdout", "stderr")
        places = {name: slave if name in streams else subprocess.PIPE for name in names}
        if "stdin" not in streams:
            places["stdin"] = subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mongoping", *args],
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
            **places,
        )
        os.close(slave)
        self._pieces: dict[int, bytes] = {self._master: b""}
        self._pipes = [pipe for pipe in (self.process.stdout, self.process.stderr) if pipe]
        self._pieces |= {pipe.fileno(): b"" for pipe in self._pipes}
        self._open = set(self._pieces)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in self._pipes:
            pipe.close()
        os.close(self._master)

    @property
    def screen(self) -> str:
        """Return the text sent to the terminal so far."""
        return self._pieces[self._master].decode(errors="replace")

    def type(self, text: str) -> None:
        """Type on the keyboard; ``\\x03`` is Ctrl-C."""
        os.write(self._master, text.encode())

    def wait_for(self, text: str) -> None:
        """Read until the terminal shows a text; fails where the process ends without it."""
        limit = time.monotonic() + PATIENCE_S
        while text not in self.screen:
            assert self._open, f"it ended with {self.screen!r}, and never said {text!r}"
            assert time.monotonic() < limit, f"{text!r} never came: {self.screen!r}"
            self._read()

    def end(self) -> TerminalOutput:
        """Read on until the process has ended."""
        limit = time.monotonic() + PATIENCE_S
        while self._open:
            assert time.monotonic() < limit, f"it does not end: {self.screen!r}"
            self._read()
        code = self.process.wait(PATIENCE_S)
        rest = {piece: text.decode() for piece, text in self._pieces.items()}
        streams = (self.process.stdout, self.process.stderr)
        out, err = (rest[pipe.fileno()] if pipe else "" for pipe in streams)
        return TerminalOutput(code, self.screen, out, err)

    def _read(self) -> None:
        for descriptor in select.select(list(self._open), [], [], 0.1)[0]:
            data = b""
            with contextlib.suppress(OSError):  # Linux says EIO where the last writer has gone
                data = os.read(descriptor, 65_536)
            self._pieces[descriptor] += data
            if not data:
                self._open.discard(descriptor)
