"""`watch` as a process beside a real set, and what the servers' own logs say of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mongoping.watch
from mongoping.watch.model import DRIVER
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.process import Server

SCHEMA = json.loads((Path(mongoping.watch.__file__).parent / "watch.schema.json").read_text())
PATIENCE_S = 60.0  # for what takes seconds on an idle machine
STATE_CHANGE = 21358  # "Replica set state transition", the same id from 4.4 to 8.0
WRITABLE = 21331  # "Transition to primary complete; database writes are now permitted"
ELECTION_TIMEOUT_MS = 3000  # instead of ten seconds, so that tests need not wait as long


class Watching:
    """A watch that runs: its recording so far, and its end."""

    def __init__(self, process: subprocess.Popen[str], record: Path) -> None:
        self.process = process
        self.record = record
        self.out = self.err = ""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every whole line so far."""
        whole, _, _ = self.record.read_text("utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def of(self, kind: str, host: str | None = None) -> list[dict[str, Any]]:
        """The events of a kind, of one host or of all."""
        rows = [one for one in self.lines if one["type"] == "event" and one["kind"] == kind]
        return [one for one in rows if host in (None, one["host"])]

    def until(self, what: Callable[[], Any], words: str) -> Any:
        """Wait until something is true of the recording, and return it."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := what()):
            if self.process.poll() is not None:
                self.finish()
                pytest.fail(f"the watch ended before {words}: {self.out}{self.err}")
            if time.monotonic() > deadline:
                events = [one for one in self.lines if one["type"] == "event"]
                pytest.fail(f"{words} did not come; there were {events}")
            time.sleep(0.05)
        return found

    def event(self, kind: str, host: str | None = None, nth: int = 1) -> dict[str, Any]:
        """The n-th event of a kind, waited for."""
        rows = self.until(
            lambda: (found := self.of(kind, host))[: len(found) * (len(found) >= nth)],
            f"{kind} of {host}",
        )
        return dict(rows[nth - 1])

    def settled(self, members: int = 3, primary: bool = True) -> None:
        """Wait until so many members are known and all answer, and there is a primary.

        And until the driver's last ping came back: it connects after the members are pinged.
        """

        def whole() -> bool:
            rows = [one for one in self.lines if one["type"] == "members"]
            now = rows[-1] if rows else {"members": [], "primary": None}
            up = [one["up"] for one in now["members"]]
            there = len(up) == members and all(up) and (now["primary"] is not None or not primary)
            ticks = [one for one in self.lines if one["type"] == "tick"]
            return there and bool(ticks) and ticks[-1]["pings"].get(DRIVER) is not None

        self.until(whole, "a whole deployment")

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it by a signal; the exit code."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        """Wait for its end; the exit code."""
        self.out, self.err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def watching(tmp_path: Path) -> Callable[..., Any]:
    """``with watching(uri, "--interval", "0.5") as seen:`` run a watch meanwhile.

    It is stopped at the end of the block; every line of its recording is validated then.
    """

    @contextmanager
    def start(uri: str, *args: str) -> Iterator[Watching]:
        import jsonschema

        record = tmp_path / f"record-{time.monotonic_ns()}.jsonl"
        line = [sys.executable, "-m", "mongoping", "watch", uri, "--record", str(record), *args]
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(tmp_path),
        )
        seen = Watching(process, record)
        try:
            seen.until(record.exists, "the recording")
            yield seen
            if process.poll() is None:
                seen.stop()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        for row in seen.lines:
            jsonschema.validate(row, SCHEMA)
        assert seen.lines[0]["type"] == "start"
        assert seen.lines[-1]["type"] == "end", seen.err
        assert seen.err == ""

    return start


def moment(text: str) -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def transitions(server: Server) -> list[tuple[float, str]]:
    """When a member changed its state, and to what, by its own log.

    It is a primary from the moment on at which it takes writes, and says so: before that
    it catches up with the others, for seconds where one of them is silent.
    """
    rows = []
    for line in (server.folder / "log").read_text(errors="replace").splitlines():
        if f'"id":{WRITABLE},' in line:
            rows.append((moment(json.loads(line)["t"]["$date"]), "PRIMARY"))
        elif f'"id":{STATE_CHANGE},' in line:
            record = json.loads(line)
            if record["attr"]["newState"] != "PRIMARY":
                rows.append((moment(record["t"]["$date"]), record["attr"]["newState"]))
    return rows


def became(server: Server, state: str, after: float) -> float:
    """When a member came into a state, the first time after a moment."""
    return next(at for at, name in transitions(server) if name == state and at >= after - 1)


@pytest.fixture
def three() -> Iterator[Deployment]:
    """Three members of our own, that find a new primary in some three seconds."""
    from mongoping.sandbox import replication
    from mongoping.sandbox.deployment import replica_set

    def hasten(config: dict[str, Any]) -> dict[str, Any]:
        config["settings"]["electionTimeoutMillis"] = ELECTION_TIMEOUT_MS
        return config

    with having(), replica_set(3) as whole:
        with whole.admin() as client:
            replication.change(client, hasten)
        yield whole
