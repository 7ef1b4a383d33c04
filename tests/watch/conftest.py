"""`mongoping watch` as a process, and the state changes in the servers' logs."""

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
from tests import schemas
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.process import Server

SCHEMA = Path(mongoping.watch.__file__).parent / "watch.schema.json"
PATIENCE_S = 60.0  # for operations that take seconds on an idle machine
STATE_CHANGE = 21358  # "Replica set state transition", the same id from 4.4 to 8.0
WRITABLE = 21331  # "Transition to primary complete; database writes are now permitted"
ELECTION_TIMEOUT_MS = 3000  # instead of ten seconds, to shorten the tests


class Watching:
    """A running watch and its recording."""

    def __init__(self, process: subprocess.Popen[str], record: Path) -> None:
        self.process = process
        self.record = record
        self.out = self.err = ""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return every complete line so far."""
        complete, _, _ = self.record.read_text("utf-8").rpartition("\n")
        return [json.loads(line) for line in complete.splitlines()]

    def of(self, kind: str, host: str | None = None) -> list[dict[str, Any]]:
        """Return the events of a kind, for one host or for all."""
        rows = [line for line in self.lines if line["type"] == "event" and line["kind"] == kind]
        return [row for row in rows if host in (None, row["host"])]

    def until(self, condition: Callable[[], Any], description: str) -> Any:
        """Wait until ``condition`` returns a true value, and return it."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            if self.process.poll() is not None:
                self.finish()
                pytest.fail(f"the watch ended before {description}: {self.out}{self.err}")
            if time.monotonic() > deadline:
                events = [line for line in self.lines if line["type"] == "event"]
                pytest.fail(f"{description} did not happen; events: {events}")
            time.sleep(0.05)
        return value

    def event(self, kind: str, host: str | None = None, nth: int = 1) -> dict[str, Any]:
        """Wait for the n-th event of a kind, and return it."""
        rows = self.until(
            lambda: (events := self.of(kind, host))[: len(events) * (len(events) >= nth)],
            f"{kind} of {host}",
        )
        return dict(rows[nth - 1])

    def wait_until_settled(self, members: int = 3, primary: bool = True) -> None:
        """Wait until this many members are known and up, there is a primary, and the driver pings.

        The driver connects after the members have been pinged.
        """

        def healthy() -> bool:
            rows = [line for line in self.lines if line["type"] == "members"]
            now = rows[-1] if rows else {"members": [], "primary": None}
            up = [member["up"] for member in now["members"]]
            there = len(up) == members and all(up) and (now["primary"] is not None or not primary)
            ticks = [line for line in self.lines if line["type"] == "tick"]
            return there and bool(ticks) and ticks[-1]["pings"].get(DRIVER) is not None

        self.until(healthy, "a healthy deployment")

    def stop(self, number: int = signal.SIGINT) -> int:
        """End the watch by a signal and return the exit code."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        """Wait for the end of the watch and return the exit code."""
        self.out, self.err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def watching(tmp_path: Path) -> Callable[..., Any]:
    """Run a watch during a block: ``with watching(uri, "--interval", "0.5") as seen:``.

    At the end of the block, the watch is stopped and every line of its recording validated.
    """

    @contextmanager
    def start(uri: str, *args: str) -> Iterator[Watching]:
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
        watch = Watching(process, record)
        try:
            watch.until(record.exists, "the recording")
            yield watch
            if process.poll() is None:
                watch.stop()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        for row in watch.lines:
            schemas.validate(row, SCHEMA)
        assert watch.lines[0]["type"] == "start"
        assert watch.lines[-1]["type"] == "end", watch.err
        assert watch.err == ""

    return start


def moment(text: str) -> float:
    """Return seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def transitions(server: Server) -> list[tuple[float, str]]:
    """Return the times and new states of a member's state changes, from its log.

    A member counts as primary once it accepts writes. Before that it catches up with the
    others, which takes seconds if one of them is silent.
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
    """Return when a member first entered a state after a time."""
    return next(at for at, name in transitions(server) if name == state and at >= after - 1)


@pytest.fixture
def three() -> Iterator[Deployment]:
    """Provide a set of three members that elects a new primary in about three seconds."""
    from mongoping.sandbox import replication
    from mongoping.sandbox.deployment import replica_set

    def shorten_elections(config: dict[str, Any]) -> dict[str, Any]:
        config["settings"]["electionTimeoutMillis"] = ELECTION_TIMEOUT_MS
        return config

    with having(), replica_set(3) as deployment:
        with deployment.admin() as client:
            replication.change(client, shorten_elections)
        yield deployment
