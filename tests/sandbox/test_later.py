"""Events that happen to a deployment some time after it was started."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.later import Event, Schedule, parse, problem
from mongoping.units import parse_duration
from tests.conftest import having
from tests.sandbox.test_command import start

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("5s", 5), ("500ms", 0.5), ("2m", 120), ("1.5h", 5400), ("1D", 86400), ("0", 0)],
)
def test_a_duration_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5x", "-1", "5 s s", "1e3", "٥", "1..5", "9" * 40, "ms"])
def test_other_texts_are_not_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write it like 5, 5s, 500ms or 2m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("5s:kill-primary", Event(5, "kill-primary")),
        ("500ms:stepdown", Event(0.5, "stepdown")),
        ("2m:pause:secondary", Event(120, "pause", "secondary")),
        ("0:delay:2=200ms", Event(0, "delay", "2", 0.2)),
    ],
)
def test_an_event_is_parsed(text: str, event: Event) -> None:
    assert parse(text) == event


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--after", "5"), "There is no action ''"),
        (("--after", "5:fly"), "There is no action 'fly'"),
        (("--after", "soon:stepdown"), "'soon' is not a duration"),
        (("--after", "5:pause"), "pause needs a HOST"),
        (("--after", "5:pause:1=2"), "pause takes no value"),
        (("--after", "5:delay:1"), "delay needs a duration: delay:1=200ms"),
        (("--after", "5:delay:1=fast"), "'fast' is not a duration"),
        (("--after", "5:stepdown:1"), "stepdown takes no HOST"),
        (("--after", "5:stepdown"), "stepdown needs a replica set: add --kind replica-set"),
        (("--after", "5:pause:primary"), "There is no HOST 'primary': use the number of a member"),
        (
            ("--members", "2", "--after", "5:pause:3"),
            "secondary, or the number of a member, 1 to 2",
        ),
        (("--like", "atlas", "--after", "5:delay:1=1s"), "delay does not work with --like"),
        (("--fault", "tcp.refused", "--after", "5:pause:1"), "needs a healthy deployment"),
    ],
)
def test_a_bad_event_is_one_sentence_before_anything_starts(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], words: str
) -> None:
    """Without a mongod on PATH, starting one would fail with code 19 instead."""
    run = run_mongoping("sandbox", *args, "--", "no-such-command")
    assert run.code == 2
    assert words in run.err
    assert len([line for line in run.err.splitlines() if line.startswith("Error:")]) == 1


def test_roles_exist_only_in_a_replica_set() -> None:
    event = Event(0, "pause", "primary")
    assert problem(event, 1, replicas=True) is None
    assert problem(event, 1, replicas=False) is not None


def test_events_happen_in_order_and_are_announced() -> None:
    """The primary gets slow, steps down, and a member is paused, then killed as primary."""
    from mongoping.sandbox.deployment import replica_set
    from mongoping.sandbox.forwarder import Forwarder

    forwarders: list[Forwarder] = []
    messages: list[str] = []
    three = threading.Semaphore(0)

    def announce(text: str) -> None:
        messages.append(text)
        three.release()

    def front(server: object) -> str:
        forwarders.append(Forwarder(server.port).__enter__())  # type: ignore[attr-defined]
        return forwarders[-1].listener.address

    events = [
        Event(0, "delay", "1", 0.05),
        Event(0, "pause", "secondary"),
        Event(0, "kill-primary"),
    ]
    try:
        with having(), replica_set(3, front=front) as running:
            assert running.hosts == tuple(row.listener.address for row in forwarders)
            with Schedule(running, events, forwarders, announce):
                for _ in events:
                    assert three.acquire(timeout=60)
            assert not running.servers[0].runs
            assert [server.runs for server in running.servers[1:]] == [True, True]
    finally:
        for forwarder in forwarders:
            forwarder.__exit__()
    assert forwarders[0].delay == 0.05
    assert [text.partition(":")[0] for text in messages] == [
        "delay 1 by 50 ms",
        "pause secondary",
        "kill-primary",
    ]
    assert f"killed {running.hosts[0]} (PID " in messages[2]


def test_an_event_that_is_not_possible_is_announced_and_the_next_one_happens() -> None:
    from mongoping.sandbox.deployment import replica_set

    messages: list[str] = []
    announcements = threading.Semaphore(0)

    def announce(text: str) -> None:
        messages.append(text)
        announcements.release()

    events = [Event(0, "kill-primary"), Event(0.001, "stepdown"), Event(0.002, "pause", "1")]
    with having(), replica_set(1) as running, Schedule(running, events, (), announce):
        for _ in events:
            assert announcements.acquire(timeout=60)
    assert "killed" in messages[0]
    assert messages[1] == "stepdown: failed: no member is primary at the moment"
    assert messages[2] == f"pause 1: failed: {running.hosts[0]} does not run"


def test_an_event_is_announced_on_standard_error_with_the_time(tmp_path: Path) -> None:
    args = ("--members", "1", "--after", "10ms:kill-primary")
    with having(), start(tmp_path, *args) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("mongodb://127.0.0.1:")
        lines = iter(process.stderr.readline, "")
        line = next(line for line in lines if "kill-primary" in line)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert re.fullmatch(f"{STAMP} sandbox: kill-primary: killed .* \\(PID \\d+\\)\n", line)
