"""Smoke tests as background processes, so that a test can change what they look at."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Run, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.process import Server


PATIENCE_S = 90.0


class Wait:
    """A running ``mongoping smoke``. A thread collects its progress from standard error."""

    def __init__(self, args: tuple[str, ...], folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mongoping", "smoke", *args],
            env=clean_environment(folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._progress = ""
        self._change = threading.Condition()
        self._has_ended = False
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._change:
                self._progress += line
                self._change.notify()
        with self._change:
            self._has_ended = True
            self._change.notify()

    def until(self, text: str) -> str:
        """Wait until the progress contains ``text`` (that attempt is over), and return it."""
        with self._change:
            has_text = self._change.wait_for(
                lambda: text in self._progress or self._has_ended, PATIENCE_S
            )
        assert has_text, f"{text!r} never came: {self._progress!r}"
        assert text in self._progress, f"it ended without {text!r}: {self._progress!r}"
        return self._progress

    def finish(self) -> Run:
        """Wait for the end; return the exit code and what was printed."""
        assert self._process.stdout is not None
        out = self._process.stdout.read()
        code = self._process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return Run(code, out, self._progress, json.loads(out) if out else None)

    def close(self) -> None:
        """End the process, should it still run."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._thread.join(PATIENCE_S)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Callable[..., Wait]]:
    """Start ``mongoping smoke ARGS`` in the background and return its `Wait`."""
    with ExitStack() as stack:

        def start(*args: str) -> Wait:
            wait = Wait(args, tmp_path)
            stack.callback(wait.close)
            return wait

        yield start


def end_of(report: dict[str, Any]) -> datetime:
    """Return the time at which the run of a report ended."""
    start = datetime.fromisoformat(report["started_at"])
    return start + timedelta(milliseconds=report["duration_ms"])


def log_times(server: Server, number: int) -> list[datetime]:
    """Return the times of the log messages with that ID in mongod's log."""
    times = []
    for line in (server.folder / "log").read_text(errors="replace").splitlines():
        if f'"id":{number},' in line:
            times.append(datetime.fromisoformat(json.loads(line)["t"]["$date"]))
    return times
