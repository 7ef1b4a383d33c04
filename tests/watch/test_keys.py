"""Keys of the live view, in real pseudo-terminals and in tmux."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mongoping.watch.keys import parse
from tests.conftest import clean_environment, unavailable
from tests.watch.test_cli import ENTER, LEAVE, QUICK, Terminal, screen, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

ROWS, COLUMNS = 24, 100
KEY_ROW = "q quit   space pause   s save a picture   ? help"


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"q", ["q"]),
        (b"Q ?", ["q", " ", "?"]),
        (b"\x1b[A\x1b[1;5Cs\x1bOP", ["s"]),
        (b"\x1b", []),
        ("é".encode() + b"\xff\x00\n", ["é"]),
        (b"", []),
    ],
)
def test_special_keys_and_broken_text_are_no_keys(data: bytes, keys: list[str]) -> None:
    assert parse(data) == keys


def flags(seen: Terminal) -> int:
    """Return the local flags of the terminal: echo, line editing, signals."""
    return int(termios.tcgetattr(seen.fd)[3])


def echoes(seen: Terminal) -> bool:
    return bool(flags(seen) & termios.ECHO) and bool(flags(seen) & termios.ICANON)


def press(seen: Terminal, keys: bytes) -> int:
    """Type keys; return where the output after them begins."""
    before = len(seen.text)
    os.write(seen.fd, keys)
    return before


@contextmanager
def watching(deployment: Deployment, home: Path, *args: str) -> Iterator[Terminal]:
    with terminal(home, ROWS, COLUMNS, deployment.uri, *(args or QUICK)) as seen:
        seen.until(KEY_ROW)
        seen.until("#2")
        yield seen


def test_q_quits_with_a_summary_and_the_terminal_is_as_before(
    mongod: Deployment, tmp_path: Path
) -> None:
    with watching(mongod, tmp_path) as seen:
        assert not echoes(seen)
        assert flags(seen) & termios.ISIG, "Ctrl-C must keep working"
        press(seen, b"q")
        assert seen.finish() == 0
    after = seen.text.rpartition(LEAVE)[2]
    assert "ticks in" in after


def test_q_before_the_planned_end_is_an_interruption(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path, *QUICK, "--count", "100000") as seen:
        press(seen, b"q")
        assert seen.finish() == 130


def test_keys_do_not_get_into_the_view(mongod: Deployment, tmp_path: Path) -> None:
    """A kernel that echoes writes the keys itself, wherever the cursor is."""
    with watching(mongod, tmp_path) as seen:
        press(seen, b"zzzz\x1b[Azzzz\n")
        seen.until("#9")
        press(seen, b"q")
        seen.finish()
    assert "z" not in "".join(screen(seen.text.partition(ENTER)[2].rpartition(LEAVE)[0], 24, 100))


def test_a_pause_freezes_the_view_while_pings_go_on(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path) as seen:
        start = press(seen, b" ")
        seen.until("paused: space continues", start)
        frozen = len(seen.text)
        deadline = time.monotonic() + 1.0  # ten ticks; none of them may be drawn
        while time.monotonic() < deadline:
            seen.read()
        assert "#" not in seen.text[frozen:]
        press(seen, b" ")
        shown = seen.until(KEY_ROW, frozen)
        assert "#" in shown, "the view does not continue with the present state"
        press(seen, b"q")
        assert seen.finish() == 0


def test_help_is_shown_and_hidden(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path) as seen:
        start = press(seen, b"?")
        seen.until("show or hide this help", start)
        start = press(seen, b"x")
        seen.until("#", start)
        press(seen, b"q")
        assert seen.finish() == 0
    inside = seen.text.partition(ENTER)[2].rpartition(LEAVE)[0]
    assert not any("show or hide" in row for row in screen(inside, ROWS, COLUMNS))


def test_pictures_are_saved_under_new_names(mongod: Deployment, tmp_path: Path) -> None:
    """The child's current folder is that of the tests, so it is changed for it."""
    here = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path)
    try:
        with watching(mongod, tmp_path) as seen:
            start = press(seen, b"s")
            seen.until("saved mongoping-watch-", start)
            start = press(seen, b"s")
            seen.until("saved mongoping-watch-", start)
            press(seen, b"q")
            assert seen.finish() == 0
    finally:
        os.chdir(here)
    pictures = list(tmp_path.glob("mongoping-watch-*.svg"))
    assert len(pictures) == 2
    for picture in pictures:
        drawn = picture.read_text()
        assert ElementTree.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own output
        assert mongod.host in drawn
        assert "pause" not in drawn, "the list of keys is not part of the picture"


def test_a_picture_that_cannot_be_written_is_a_notice(mongod: Deployment, tmp_path: Path) -> None:
    here = os.getcwd()  # noqa: PTH109
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    try:
        with watching(mongod, tmp_path) as seen:
            gone.rmdir()
            start = press(seen, b"s")
            seen.until("cannot be written: No such file or directory", start)
            press(seen, b"q")
            assert seen.finish() == 0
    finally:
        os.chdir(here)


@contextmanager
def terminal_of_a_shell(home: Path, line: str) -> Iterator[Terminal]:
    """Run a shell command in a terminal that outlives the watch in it."""
    import pty

    pid, fd = pty.fork()
    if pid == 0:
        environment = {**clean_environment(home), "TERM": "xterm-256color"}
        del environment["COLUMNS"]
        os.execve("/bin/sh", ["/bin/sh", "-c", line], environment)  # noqa: S606
    seen = Terminal(pid, fd)
    seen.resize(ROWS, COLUMNS)
    try:
        yield seen
    finally:
        if seen.code is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


@pytest.mark.parametrize("how", ["q", "SIGINT", "SIGTERM", "SIGHUP", "crash"])
def test_echo_comes_back_on_every_exit(mongod: Deployment, tmp_path: Path, how: str) -> None:
    """The crash is an exception in the drawing code, raised from outside in the third frame."""
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys\n"
        "from mongoping.watch import live\n"
        "from mongoping.__main__ import run\n"
        "draw, count = live.LiveView.draw, [0]\n"
        "def failing(view):\n"
        "    count[0] += 1\n"
        "    if os.environ['HOW'] == 'crash' and count[0] > 6: raise ZeroDivisionError\n"
        "    draw(view)\n"
        "live.LiveView.draw = failing\n"
        f"sys.argv = ['mongoping', 'watch', {mongod.uri!r}, '--interval', '0.1']\n"
        "run()\n"
    )
    line = (
        f"HOW={how} '{sys.executable}' {program} & echo pid=$!; fg >/dev/null; "
        "echo; stty -a | tr ' ;' '\\n\\n' | grep -x -e '-*echo' -e '-*icanon'; echo end"
    )
    with terminal_of_a_shell(tmp_path, f"set -m; {line}") as seen:
        pid = int(seen.until("\n").partition("pid=")[2].split()[0])
        if how != "crash":
            seen.until("#2")
            assert not echoes(seen)
        if how == "q":
            press(seen, b"q")
        elif how != "crash":
            os.kill(pid, getattr(signal, how))
        seen.until("end")
        seen.finish()
    tail = seen.text.rpartition(LEAVE)[2].split()
    assert "echo" in tail
    assert "icanon" in tail
    assert "-echo" not in tail


def test_a_stopped_watch_gives_the_terminal_back_and_continues(
    mongod: Deployment, tmp_path: Path
) -> None:
    with watching(mongod, tmp_path) as seen:
        start = press(seen, b"\x1a")  # Ctrl-Z
        seen.until(LEAVE, start)
        deadline = time.monotonic() + 30
        while not stopped(seen.pid):
            assert time.monotonic() < deadline
        assert echoes(seen)
        start = len(seen.text)
        os.kill(seen.pid, signal.SIGCONT)
        seen.until(KEY_ROW, start)
        assert not echoes(seen)
        press(seen, b"q")
        assert seen.finish() == 0


def stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_without_a_terminal_on_standard_input_no_keys_are_read(
    mongod: Deployment, tmp_path: Path
) -> None:
    line = f"'{sys.executable}' -m mongoping watch '{mongod.uri}' --interval 0.1 --count 4"
    with terminal_of_a_shell(tmp_path, f"{line} </dev/null") as seen:
        seen.until("#2")
        assert echoes(seen)
        assert seen.finish() == 0
    assert KEY_ROW not in seen.text


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_the_view_fits_tmux(mongod: Deployment, tmp_path: Path, columns: int) -> None:
    """tmux is a terminal that we did not write: it shows what people see."""
    if shutil.which("tmux") is None:
        unavailable("tmux is not installed")
    socket = str(tmp_path / "tmux")

    def tmux(*args: str) -> str:
        return subprocess.run(
            ["/usr/bin/env", "tmux", "-S", socket, "-f", "/dev/null", *args],
            env={**clean_environment(tmp_path), "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def until(what: str) -> list[str]:
        deadline = time.monotonic() + 60
        while what not in (shown := tmux("capture-pane", "-p")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        return shown.splitlines()

    command = f"env -u COLUMNS '{sys.executable}' -m mongoping watch '{mongod.uri}' --interval 0.1"
    size = ("-x", str(columns), "-y", "24")
    tmux("new-session", "-d", *size, f"{command}; echo ended; exec sleep 60")
    try:
        until("#5")
        shown = until("\ndriver ")
        assert shown[0].startswith("mongoping watch  mongodb://")
        assert len(shown[0]) == columns
        title = next(row for row in shown if row.startswith("in ms"))
        assert title.split()[-4:-2] == ["0", "to"]
        assert title.endswith(" ms")
        driver = next(row for row in shown if row.startswith("driver"))
        assert driver.split()[-1][0] in "▁▂▃▄▅▆▇█"
        assert shown[23] == KEY_ROW
        tmux("send-keys", "xyz?")
        assert any("show or hide this help" in row for row in until("show or hide"))
        tmux("send-keys", "q")
        after = until("ended")
        assert not any("xyz" in row for row in after)
        assert any("ticks in" in row for row in after)
    finally:
        tmux("kill-server")
