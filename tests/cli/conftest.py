"""Start processes that a test ends by a signal."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def begin(
            *args: str, stdout: int = subprocess.PIPE, python: tuple[str, ...] = ()
        ) -> Running:
            running = Running(list(args), tmp_path, stdout=stdout, python=list(python))
            stack.callback(_finish, running.process)
            return running

        yield begin


def _finish(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
