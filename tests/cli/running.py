"""A process of mongoping that is ended by a signal at a known moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Value = TypeVar("Value")

PATIENCE_S = 60.0
ENDLESS = ("--timeout", "3600")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
READ, WRITE = "anon_pipe_read", "anon_pipe_write"  # where the kernel has a process wait


def with_signals(values: Sequence[Value]) -> list[tuple[Value, int]]:
    """Return each value with every signal in CI, and elsewhere with one of them in turn."""
    if os.environ.get("CI"):
        return list(product(values, SIGNALS))
    return list(zip(values, cycle(SIGNALS)))


class Running:
    """A mongoping process whose temporary files are in a folder of its own."""

    def __init__(self, args: list[str], folder: Path, *, stdout: int, python: list[str]) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environment = {**clean_environment(folder), "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(
            [sys.executable, *python, "-m", "mongoping", *args],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self.err = b""
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.err += line

    def until(self, condition: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, self.err
            assert time.monotonic() < limit, self.err
            time.sleep(0.005)

    def has_handler(self) -> bool:
        """Return whether SIGTERM is caught, which Python itself does not do."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        signal_mask = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        return bool(int(signal_mask.split()[1], 16) & 1 << (signal.SIGTERM - 1))

    def waits_in(self, place: str) -> bool:
        place_in_kernel = Path(f"/proc/{self.process.pid}/wchan").read_text()
        return place_in_kernel.removeprefix("anon_") == place.removeprefix("anon_")

    def children(self) -> list[int]:
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in lists for pid in file.read_text().split()]

    def end(self, number: int) -> tuple[int, bytes]:
        """Send the signal; return the exit code and standard output."""
        self.process.send_signal(number)
        out = self.process.stdout.read() if self.process.stdout else b""
        code = self.process.wait(PATIENCE_S)
        self._collector.join(PATIENCE_S)
        assert b"Traceback" not in self.err, self.err
        assert b"Exception ignored" not in self.err
        assert b"never retrieved" not in self.err
        assert list(self.temporary.iterdir()) == []
        return code, out


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@contextmanager
def full_pipe() -> Iterator[int]:
    """A pipe that is not read, and takes nothing more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)
