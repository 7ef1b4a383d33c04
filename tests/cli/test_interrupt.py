"""Ctrl-C ends a run at once, with what has been seen so far and exit code 130.

Each run would go on for an hour: the bounds below only tell the two apart.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.nameserver import NameServer, Silence
from mongoping.sandbox.played import SimulatedServer
from tests.cli.terminal import Terminal
from tests.conftest import clean_environment, having, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


AT_ONCE_S = 30.0
PATIENCE_S = 30.0


class Waiting:
    """A mongoping that waits: started, and known to have got as far as ``reached`` says."""

    def __init__(self, args: list[str], folder: Path, condition: Callable[[], bool]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mongoping", *args],
            env=clean_environment(folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < limit
            time.sleep(0.02)

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Signal it, and return exit code and output; fails where it takes long."""
        self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=AT_ONCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode, out, err


STAGES = ["name server", "tcp", "tls", "hello", "ping"]


@pytest.fixture
def blocking_run(tmp_path: Path) -> Iterator[Callable[..., Waiting]]:
    """Start a run that hangs in a stage, for longer than any test has patience."""
    with ExitStack() as stack:

        def start(stage: str, *more: str) -> Waiting:
            args, condition = _stage(stack, stage)
            return Waiting(["check", *args, "--timeout", "3600", *more], tmp_path, condition)

        yield start


def _stage(stack: ExitStack, stage: str) -> tuple[list[str], Callable[[], bool]]:
    if stage == "name server":
        names = stack.enter_context(NameServer(behaviors={"*": Silence()}))
        args = ["mongodb+srv://c0.ab.example.test/", *names.args]
        return args, lambda: bool(names.queries)
    if stage == "tcp":
        port = stack.enter_context(listeners.dropping())
        before = _connecting(port)
        return [f"mongodb://127.0.0.1:{port}/"], lambda: _connecting(port) > before
    if stage == "ping":
        server = stack.enter_context(SimulatedServer(scripts.mute("ping")))
        uri = f"mongodb://{server.address}/"
        return [uri], lambda: any("ping" in command for command in server.commands[1:])
    listener = stack.enter_context(Listener(listeners.silent))
    tls = "?tls=true" if stage == "tls" else ""
    return [f"mongodb://{listener.address}/{tls}"], lambda: listener.connections > 0


def _connecting(port: int) -> int:
    """Return how many connections to a port of 127.0.0.1 wait for an answer to their SYN."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    peer = f"0100007F:{port:04X}"
    return sum(remote == peer and state == "02" for _, _, remote, state, *_ in rows)


@pytest.mark.parametrize("stage", STAGES)
def test_what_was_seen_is_printed_as_json(stage: str, blocking_run: Callable[..., Waiting]) -> None:
    """One whole object that the schema allows: not a verdict, since nothing was concluded."""
    code, out, err = blocking_run(stage, "--format", "json").end()
    assert (code, err) == (130, "")
    report = json.loads(out)
    validate(report)
    assert report["verdict"] is None
    assert report["status"] == "warn"
    assert [layer["name"] for layer in report["layers"]][:3] == ["uri", "dns", "tcp"]
    assert report["layers"][0]["status"] == "ok"
    assert any(layer["status"] == "skip" for layer in report["layers"])


@pytest.mark.parametrize("stage", ["name server", "hello"])
def test_what_was_seen_is_printed_as_text(stage: str, blocking_run: Callable[..., Waiting]) -> None:
    """The rows that there are, and a line that says why there are no more."""
    code, out, err = blocking_run(stage).end()
    assert (code, err) == (130, "")
    assert "Interrupted: these are the results so far." in out
    assert "uri ✓" in out


def test_sigterm_ends_it_in_the_same_way(blocking_run: Callable[..., Waiting]) -> None:
    code, out, _ = blocking_run("hello", "--format", "json").end(signal.SIGTERM)
    assert code == 130
    validate(json.loads(out))


def test_an_interrupted_report_goes_to_its_file(
    blocking_run: Callable[..., Waiting], tmp_path: Path
) -> None:
    code, out, _ = blocking_run("hello", "--format", "json", "--output", "report.json").end()
    assert (code, out) == (130, "")
    validate(json.loads((tmp_path / "report.json").read_text()))


def test_ctrl_c_is_typed_on_a_terminal(tmp_path: Path) -> None:
    """As a person does it; the progress line is gone and the report is there."""
    env = {**clean_environment(tmp_path), "TERM": "xterm"}
    with Listener(listeners.silent) as listener:
        args = ["check", f"mongodb://{listener.address}/", "--timeout", "3600"]
        with Terminal(args, env=env, cwd=tmp_path) as terminal:
            terminal.wait_for("✓ tcp")
            terminal.type("\x03")
            output = terminal.end()
    assert output.code == 130
    assert "Interrupted" in output.screen
    assert "Traceback" not in output.screen


@pytest.mark.parametrize("after_s", [0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_an_early_ctrl_c_shows_no_traceback(after_s: float, tmp_path: Path) -> None:
    """While it starts there is nothing to report; once mongoping's own code runs, no traceback."""
    with Listener(listeners.silent) as listener:
        uri = f"mongodb://{listener.address}/"
        waiting = Waiting(["check", uri, "--timeout", "3600"], tmp_path, _python(after_s))
        code, _, err = waiting.end()
    if (code, err) == (-signal.SIGINT, ""):
        return  # there was no interpreter yet
    if "in run\n" not in err and "Traceback" in err:
        return  # it was still busy with itself
    assert code == 130, err
    assert "Traceback" not in err
    assert err.strip() in ("", "Interrupted.")


def _python(after_s: float) -> Callable[[], bool]:
    start = time.monotonic()
    return lambda: time.monotonic() - start > after_s


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_of_local_is_taken_away(number: int, tmp_path: Path) -> None:
    """A run that is interrupted leaves no server behind."""
    with having():
        args = ["local", "--sandbox", "--count", "100000", "--timeout", "3600"]
        waiting = Waiting(args, tmp_path, lambda: True)
        pid = _child(waiting.process.pid)
        waiting.process.send_signal(number)
        waiting.process.communicate(timeout=PATIENCE_S)
    assert waiting.process.returncode == 130
    assert not _runs(pid)


def _child(parent: int) -> int:
    """The mongod that it started, once it is there."""
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for pid in task.read_text().split():
                if b"--dbpath" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
        time.sleep(0.02)
    raise AssertionError("no server was started")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "(mongod) Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
