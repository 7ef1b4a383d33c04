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
from tests.watch.terminals import ENTER, LEAVE, QUICK, Terminal, screen, terminal

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


def flags(tty: Terminal) -> int:
    """Return the local flags of the terminal: echo, line editing, signals."""
    return int(termios.tcgetattr(tty.fd)[3])


def echoes(tty: Terminal) -> bool:
    return bool(flags(tty) & termios.ECHO) and bool(flags(tty) & termios.ICANON)


def press(tty: Terminal, keys: bytes) -> int:
    """Type keys; return where the output after them begins."""
    before = len(tty.text)
    os.write(tty.fd, keys)
    return before


@contextmanager
def watching(deployment: Deployment, home: Path, *args: str) -> Iterator[Terminal]:
    with terminal(home, ROWS, COLUMNS, deployment.uri, *(args or QUICK)) as tty:
        tty.until(KEY_ROW)
        tty.until("#2")
        yield tty


def test_q_quits_with_a_summary_and_the_terminal_is_as_before(
    mongod: Deployment, tmp_path: Path
) -> None:
    with watching(mongod, tmp_path) as tty:
        assert not echoes(tty)
        assert flags(tty) & termios.ISIG, "Ctrl-C must keep working"
        press(tty, b"q")
        assert tty.finish() == 0
    after = tty.text.rpartition(LEAVE)[2]
    assert "ticks in" in after


def test_q_before_the_planned_end_is_an_interruption(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path, *QUICK, "--count", "100000") as tty:
        press(tty, b"q")
        assert tty.finish() == 130


def test_keys_do_not_get_into_the_view(mongod: Deployment, tmp_path: Path) -> None:
    """A kernel that echoes writes the keys itself, wherever the cursor is."""
    with watching(mongod, tmp_path) as tty:
        press(tty, b"zzzz\x1b[Azzzz\n")
        tty.until("#9")
        press(tty, b"q")
        tty.finish()
    assert "z" not in "".join(screen(tty.text.partition(ENTER)[2].rpartition(LEAVE)[0], 24, 100))


def test_a_pause_freezes_the_view_while_pings_go_on(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path) as tty:
        start = press(tty, b" ")
        tty.until("paused: space continues", start)
        length = len(tty.text)
        deadline = time.monotonic() + 1.0  # ten ticks; none of them may be drawn
        while time.monotonic() < deadline:
            tty.read()
        assert "#" not in tty.text[length:]
        press(tty, b" ")
        output = tty.until(KEY_ROW, length)
        assert "#" in output, "the view does not continue with the present state"
        press(tty, b"q")
        assert tty.finish() == 0


def test_help_is_shown_and_hidden(mongod: Deployment, tmp_path: Path) -> None:
    with watching(mongod, tmp_path) as tty:
        start = press(tty, b"?")
        tty.until("show or hide this help", start)
        start = press(tty, b"x")
        tty.until("#", start)
        press(tty, b"q")
        assert tty.finish() == 0
    inside = tty.text.partition(ENTER)[2].rpartition(LEAVE)[0]
    assert not any("show or hide" in row for row in screen(inside, ROWS, COLUMNS))


def test_pictures_are_saved_under_new_names(mongod: Deployment, tmp_path: Path) -> None:
    """The child's current folder is that of the tests, so it is changed for it."""
    here = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path)
    try:
        with watching(mongod, tmp_path) as tty:
            start = press(tty, b"s")
            tty.until("saved mongoping-watch-", start)
            start = press(tty, b"s")
            tty.until("saved mongoping-watch-", start)
            press(tty, b"q")
            assert tty.finish() == 0
    finally:
        os.chdir(here)
    pictures = list(tmp_path.glob("mongoping-watch-*.svg"))
    assert len(pictures) == 2
    for picture in pictures:
        content = picture.read_text()
        assert ElementTree.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own output
        assert mongod.host in content
        assert "pause" not in content, "the list of keys is not part of the picture"


def test_a_picture_that_cannot_be_written_is_a_notice(mongod: Deployment, tmp_path: Path) -> None:
    here = os.getcwd()  # noqa: PTH109
    folder = tmp_path / "gone"
    folder.mkdir()
    os.chdir(folder)
    try:
        with watching(mongod, tmp_path) as tty:
            folder.rmdir()
            start = press(tty, b"s")
            tty.until("cannot be written: No such file or directory", start)
            press(tty, b"q")
            assert tty.finish() == 0
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
    tty = Terminal(pid, fd)
    tty.resize(ROWS, COLUMNS)
    try:
        yield tty
    finally:
        if tty.code is None:
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
    with terminal_of_a_shell(tmp_path, f"set -m; {line}") as tty:
        pid = int(tty.until("\n").partition("pid=")[2].split()[0])
        if how != "crash":
            tty.until("#2")
            assert not echoes(tty)
        if how == "q":
            press(tty, b"q")
        elif how != "crash":
            os.kill(pid, getattr(signal, how))
        tty.until("end")
        tty.finish()
    tail = tty.text.rpartition(LEAVE)[2].split()
    assert "echo" in tail
    assert "icanon" in tail
    assert "-echo" not in tail


def test_a_stopped_watch_gives_the_terminal_back_and_continues(
    mongod: Deployment, tmp_path: Path
) -> None:
    with watching(mongod, tmp_path) as tty:
        start = press(tty, b"\x1a")  # Ctrl-Z
        tty.until(LEAVE, start)
        deadline = time.monotonic() + 30
        while not is_stopped(tty.pid):
            assert time.monotonic() < deadline
        assert echoes(tty)
        start = len(tty.text)
        os.kill(tty.pid, signal.SIGCONT)
        tty.until(KEY_ROW, start)
        assert not echoes(tty)
        press(tty, b"q")
        assert tty.finish() == 0


def is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_without_a_terminal_on_standard_input_no_keys_are_read(
    mongod: Deployment, tmp_path: Path
) -> None:
    line = f"'{sys.executable}' -m mongoping watch '{mongod.uri}' --interval 0.1 --count 4"
    with terminal_of_a_shell(tmp_path, f"{line} </dev/null") as tty:
        tty.until("#2")
        assert echoes(tty)
        assert tty.finish() == 0
    assert KEY_ROW not in tty.text


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
        while what not in (content := tmux("capture-pane", "-p")):
            assert time.monotonic() < deadline, content
            time.sleep(0.05)
        return content.splitlines()

    command = f"env -u COLUMNS '{sys.executable}' -m mongoping watch '{mongod.uri}' --interval 0.1"
    size = ("-x", str(columns), "-y", "24")
    tmux("new-session", "-d", *size, f"{command}; echo ended; exec sleep 60")
    try:
        until("#5")
        rows = until("\ndriver ")
        assert rows[0].startswith("mongoping watch  mongodb://")
        assert len(rows[0]) == columns
        title = next(row for row in rows if row.startswith("in ms"))
        assert title.split()[-4:-2] == ["0", "to"]
        assert title.endswith(" ms")
        driver = next(row for row in rows if row.startswith("driver"))
        assert driver.split()[-1][0] in "▁▂▃▄▅▆▇█"
        assert rows[23] == KEY_ROW
        tmux("send-keys", "xyz?")
        assert any("show or hide this help" in row for row in until("show or hide"))
        tmux("send-keys", "q")
        after = until("ended")
        assert not any("xyz" in row for row in after)
        assert any("ticks in" in row for row in after)
    finally:
        tmux("kill-server")
