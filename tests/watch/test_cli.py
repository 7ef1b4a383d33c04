"""`mongoping watch` as a process: ends, exit codes, pipes, terminals, recordings."""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from mongoping.units import plural
from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

QUICK = ("--interval", "0.1", "--timeout", "20")  # a busy machine needs time to connect
ENTER, LEAVE = (
    "\x1b[?1049h",
    "\x1b[?1049l",
)  # the alternate screen of a terminal (xterm, DECSET 1049)


def test_the_text_has_one_line_per_tick_and_a_summary(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    """A tick before the last has no line if none of its pings ends before the next one begins."""
    run = run_mongoping("watch", mongod.uri, *QUICK, "--count", "4")
    assert (run.code, run.err) == (0, "")
    ticks = [int(number) for number in re.findall(r"^\S+ +#(\d+) ", run.out, re.MULTILINE)]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] == 4
    assert f"\n{plural(len(ticks), 'tick')} in " in run.out
    assert re.search(r"^driver +\d", run.out, re.MULTILINE)
    assert "no events" in run.out
    assert "\x1b" not in run.out


def test_json_output_has_only_json_lines(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("watch", mongod.uri, *QUICK, "--count", "3", "--format", "json")
    assert (run.code, run.err) == (0, "")
    types = [row["type"] for row in run.json if row["type"] not in ("members", "event")]
    assert (types[0], {*types[1:-1]}, types[-1]) == ("start", {"tick"}, "end")
    assert [row["n"] for row in run.json if row["type"] == "tick"][-1] == 3
    assert run.json[-1]["exit_code"] == 0


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 0, ""),
        (("--max-loss", "0", "--max-p95", "60000"), 0, ""),
        (("--max-p95", "0.000001"), 18, "maximum of the driver's pings"),
    ],
)
def test_the_exit_code_follows_the_limits(
    mongod: Deployment,
    run_mongoping: Callable[..., Run],
    args: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    run = run_mongoping("watch", mongod.uri, *QUICK, "--count", "3", "--quiet", *args)
    assert run.code == code, run
    assert words in run.out


def test_a_deployment_that_never_answers_exits_with_18(run_mongoping: Callable[..., Run]) -> None:
    from mongoping.sandbox.process import free_port

    uri = f"mongodb://127.0.0.1:{free_port()}/"
    run = run_mongoping("watch", uri, *QUICK, "--count", "5", "--timeout", "0.2")
    assert run.code == 18
    assert "no ping was answered" in run.out
    assert "member-lost" in run.out
    assert "silent" in run.out


def test_a_place_that_cannot_be_used_is_not_said_to_have_lost_pings(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    """Without an ssh on this machine, that is the reason."""
    there = "ssh:nowhere.invalid"
    done = run_mongoping("watch", mongod.uri, *QUICK, "--count", "1", "--from", there)
    assert done.code == 19
    assert f"\n{there}\nno pings were sent\n" in done.out
    assert "no ping was answered" not in done.out


def test_the_duration_ends_the_watch(mongod: Deployment, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("watch", mongod.uri, *QUICK, "--duration", "1s", "--format", "json")
    assert run.code == 0
    assert 0.9 < run.json[-1]["duration_s"] < 30


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--duration", "soon"), "is not a duration"),
        (("--duration", "0"), "use more than 0s"),
        (("--interval", "0"), "interval"),
        (("--interval", "nan"), "not a duration"),
        (("--max-loss", "101"), "max-loss"),
        (("--record", "/nowhere/at/all"), "cannot be written"),
        (("--output", "/nowhere/at/all"), "cannot be written"),
        (("--replay", "/nowhere/at/all"), "remove TARGET"),
    ],
)
def test_wrong_usage_is_one_clear_sentence(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], words: str
) -> None:
    run = run_mongoping("watch", "mongodb://127.0.0.1:1/", "--count", "1", *args)
    assert run.code == 2
    assert words in run.err
    assert run.out == ""


@pytest.mark.parametrize(
    ("uri", "code", "cause"),
    [
        ("mongodb://h:99999/", 10, "uri.invalid-port"),
        ("mongodb://127.0.0.1:1/?tls=true&tlsCAFile=/nowhere.pem", None, "/nowhere.pem"),
    ],
)
def test_a_string_that_can_never_work_is_explained_before_any_tick(
    run_mongoping: Callable[..., Run], uri: str, code: int | None, cause: str
) -> None:
    run = run_mongoping("watch", uri, "--count", "3", "--format", "json")
    assert run.code == code if code else run.code >= 10
    assert cause in run.err
    assert run.out == ""


@contextmanager
def start_watch(home: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", "watch", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(home),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("end_args", "code"), [((), 0), (("--count", "100000"), 130)])
def test_ctrl_c_ends_the_watch_with_a_summary(
    mongod: Deployment, tmp_path: Path, number: int, end_args: tuple[str, ...], code: int
) -> None:
    """Ctrl-C is an interruption only if the watch has a planned end."""
    with start_watch(tmp_path, mongod.uri, *QUICK, *end_args) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "p95" in out
    assert err == ""


def test_a_closed_pipe_ends_the_watch_cleanly(mongod: Deployment, tmp_path: Path) -> None:
    """As with ``| head``: no traceback, and the recording is complete."""
    record = tmp_path / "r.jsonl"
    line = f"'{sys.executable}' -m mongoping watch '{mongod.uri}' --interval 0.1 --record {record}"
    process = subprocess.run(
        ["/bin/sh", "-c", f"{line} | head -2"],
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert len(process.stdout.splitlines()) == 2
    assert process.stderr == ""
    deadline = time.monotonic() + 30
    while '"end"' not in (text := record.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert json.loads(text.splitlines()[-1])["type"] == "end"


@pytest.fixture(scope="module")
def recording(mongod: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record five ticks of a real server."""
    path = tmp_path_factory.mktemp("recording") / "r.jsonl"
    subprocess.run(
        [
            *(sys.executable, "-m", "mongoping", "watch", mongod.uri),
            *(*QUICK, "--count", "5", "--record", str(path), "--quiet"),
        ],
        env=clean_environment(path.parent),
        check=True,
        capture_output=True,
    )
    return path


def last_tick(recording: Path) -> str:
    """Return the last tick as the text shows it; a busy machine may skip some of the five."""
    rows = [json.loads(line) for line in recording.read_text().splitlines()]
    return f"#{max(row['n'] for row in rows if row['type'] == 'tick')}"


def test_a_replay_has_the_same_numbers(recording: Path, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("watch", "--replay", str(recording), "--format", "json")
    assert (run.code, run.err) == (0, "")
    before = json.loads(recording.read_text().splitlines()[-1])
    after = run.json[-1]
    assert after["ticks"] == before["ticks"] > 0
    assert after["pings"] == before["pings"]


def test_limits_apply_to_a_replay(recording: Path, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("watch", "--replay", str(recording), "--max-p95", "0.000001")
    assert run.code == 18
    assert last_tick(recording) in run.out


def test_a_replay_can_be_an_svg(recording: Path, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("watch", "--replay", str(recording), "--format", "svg")
    assert run.code == 0
    assert ElementTree.fromstring(run.out).tag.endswith("svg")  # noqa: S314 - our own output
    assert run.out.count("http") == run.out.count("http://www.w3.org/2000/svg")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not a recording\n", "line 1: it is not JSON"),
        (b'{"type": "end"}\n', "line 1: its time is missing"),
        (b"\xfe\x80\x00\n", "line 1: it is not JSON"),
        (b"", "it contains no recording"),
        (b"\xff\xfe\x80", "it contains no recording"),
    ],
)
def test_a_file_that_is_not_a_recording_is_refused_with_a_reason(
    tmp_path: Path, run_mongoping: Callable[..., Run], content: bytes, words: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    run = run_mongoping("watch", "--replay", str(path))
    assert run.code == 2
    assert words in run.err


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


@pytest.mark.parametrize(("rows", "columns"), [(24, 100), (12, 40), (50, 200)])
def test_the_live_view_fills_and_restores_the_terminal(
    mongod: Deployment, tmp_path: Path, rows: int, columns: int
) -> None:
    with terminal(tmp_path, rows, columns, mongod.uri, *QUICK) as tty:
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


def test_a_replay_has_a_live_view_in_a_terminal(recording: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, 24, 80, "--replay", str(recording), "--speed", "1") as tty:
        assert tty.finish() == 0
    assert ENTER in tty.text
    assert last_tick(recording) in tty.text


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
