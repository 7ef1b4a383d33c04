"""`mongoping watch` as a process: ends, exit codes, pipes, recordings."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mongoping.units import plural
from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run
from tests.watch.terminals import ENTER, QUICK, terminal


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
    run = run_mongoping("watch", mongod.uri, *QUICK, "--count", "1", "--from", there)
    assert run.code == 19
    assert f"\n{there}\nno pings were sent\n" in run.out
    assert "no ping was answered" not in run.out


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


def test_a_replay_has_a_live_view_in_a_terminal(recording: Path, tmp_path: Path) -> None:
    with terminal(tmp_path, 24, 80, "--replay", str(recording), "--speed", "1") as tty:
        assert tty.finish() == 0
    assert ENTER in tty.text
    assert last_tick(recording) in tty.text
