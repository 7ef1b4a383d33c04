"""`mongoping watch` in a terminal, and what the terminal shows then."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


QUICK = ("--interval", "0.1", "--timeout", "20")  # a busy machine needs time to connect
ENTER, LEAVE = (
    "\x1b[?1049h",
    "\x1b[?1049l",
)  # the alternate screen of a terminal (xterm, DECSET 1049)


class Terminal:
    """A watch in a pseudo-terminal; ``text`` is everything it has written."""

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self.fd = fd
        self.text = ""
        # a read may end within a character
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.code: int | None = None

    def resize(self, rows: int, columns: int) -> None:
        """Set the size of the terminal; the kernel sends SIGWINCH."""
        set_size(self.fd, rows, columns)

    def until(self, what: str, start: int = 0) -> str:
        """Wait for a text after an offset in the output; return the output from there."""
        deadline = time.monotonic() + 60
        while what not in self.text[start:]:
            assert time.monotonic() < deadline, f"{what!r} is not in {self.text[start:]!r}"
            assert self.read(), f"it ended before {what!r}: {self.text[start:]!r}"
        return self.text[start:]

    def read(self) -> bool:
        """Read available output, waiting briefly; return False at the end."""
        ready, _, _ = select.select([self.fd], [], [], 0.2)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux: the other end is closed
            data = b""
        self.text += self._decoder.decode(data)
        return bool(data)

    def finish(self) -> int:
        """Read to the end and return the exit code."""
        deadline = time.monotonic() + 60
        while self.read():
            assert time.monotonic() < deadline
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code


def set_size(fd: int, rows: int, columns: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def terminal(home: Path, rows: int, columns: int, *args: str) -> Iterator[Terminal]:
    environment = {**clean_environment(home), "TERM": "xterm-256color"}
    del environment["COLUMNS"]
    pid, fd = pty.fork()
    if pid == 0:
        set_size(0, rows, columns)  # before the program can ask for it
        line = [sys.executable, "-m", "mongoping", "watch", *args]
        os.execve(line[0], line, environment)  # noqa: S606 - the child of a fork
    tty = Terminal(pid, fd)
    try:
        yield tty
    finally:
        if tty.code is None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


def screen(text: str, rows: int, columns: int) -> list[str]:
    """Return the rows a terminal shows after this output; knows only the live view's escapes."""
    cells = [[" "] * columns for _ in range(rows)]
    row = column = 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]", text):
        if part in "\r\n":
            row, column = (row, 0) if part == "\r" else (min(row + 1, rows - 1), column)
        elif part.endswith("H"):
            place = [int(number) for number in part[2:-1].split(";") if number] or [1, 1]
            row, column = place[0] - 1, place[1] - 1
        elif part.endswith("J"):
            cells = [[" "] * columns for _ in range(rows)]
        elif part.endswith("K"):
            cells[row][column:] = [" "] * (columns - column)
        elif len(part) == 1:
            assert column < columns, f"a row is wider than {columns} columns"
            cells[row][column] = part
            column += 1
    return ["".join(line).rstrip() for line in cells]
