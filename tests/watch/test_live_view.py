"""The live view of `mongoping watch` in real terminals."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
from tests.watch.terminals import ENTER, LEAVE, QUICK, Terminal, screen, terminal


@pytest.mark.parametrize(("rows", "columns"), [(24, 100), (12, 40), (50, 200)])
def test_the_live_view_fills_and_restores_the_terminal(
    mongod: Deployment, tmp_path: Path, rows: int, columns: int
) -> None:
    with terminal(tmp_path, rows, columns, mongod.uri, *QUICK) as tty:
        tty.until("Single")
        tty.until("#5")
        os.kill(tty.pid, signal.SIGINT)
        code = tty.finish()
    assert code == 0
    inside, _, after = tty.text.partition(ENTER)[2].rpartition(LEAVE)
    lines = screen(inside, rows, columns)
    assert lines[0].startswith("mongoping watch")
    assert any("Single" in line for line in lines)
    assert any(line.startswith("driver") for line in lines)
    assert "ticks in" in after
    assert "p95" in after
    assert "\x1b[?25h" in tty.text, "the cursor is not restored"


def test_the_live_view_follows_the_size_of_the_terminal(mongod: Deployment, tmp_path: Path) -> None:
    """The new size takes effect at once, not with the next tick ten seconds later."""
    with terminal(tmp_path, 30, 120, mongod.uri, "--interval", "10") as tty:
        tty.until("#1")
        before = len(tty.text)
        tty.resize(10, 40)
        tty.until("loss", before)
        os.kill(tty.pid, signal.SIGINT)
        assert tty.finish() == 0
    inside = tty.text[before:].partition(LEAVE)[0]
    lines = screen(inside[inside.index("\x1b[2J") :], 10, 40)
    assert lines[0].startswith("mongoping watch")


def test_a_closed_terminal_ends_the_watch(mongod: Deployment, tmp_path: Path) -> None:
    """A closed window causes SIGHUP, or an error on the next write."""
    pid, fd = pty.fork()
    if pid == 0:
        line = [sys.executable, "-m", "mongoping", "watch", mongod.uri, *QUICK]
        environment = {**clean_environment(tmp_path), "TERM": "xterm"}
        os.execve(line[0], line, environment)  # noqa: S606 - the child of a fork
    tty = Terminal(pid, fd)
    tty.until("#2")
    os.close(fd)
    deadline = time.monotonic() + 30
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        assert time.monotonic() < deadline, "the watch continues without a terminal"
        time.sleep(0.05)


def test_a_dumb_terminal_has_no_live_view(mongod: Deployment, tmp_path: Path) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        line = [sys.executable, "-m", "mongoping", "watch", mongod.uri, *QUICK, "--count", "2"]
        environment = {**clean_environment(tmp_path), "TERM": "dumb"}
        os.execve(line[0], line, environment)  # noqa: S606 - the child of a fork
    tty: Any = Terminal(pid, fd)
    assert tty.finish() == 0
    os.close(fd)
    assert "\x1b" not in tty.text
    assert "#2" in tty.text
