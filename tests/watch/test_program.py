"""A watch with the Python of a program: real environments, and a real server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.settings import Settings
from mongoping.uri.target import parse
from mongoping.watch.board import Board
from mongoping.watch.diagnoser import QUIET_S, Diagnoser
from mongoping.watch.model import DRIVER, Event, Tick
from tests.interpreter.programs import PYMONGO, SITE, describe, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.server
AGAIN_S = QUIET_S + 1
WITHOUT_BSON = tuple(pattern for pattern in PYMONGO if pattern != "bson")


def test_a_program_that_cannot_connect_is_an_event(
    mongod: Deployment, watching: Callable[..., Any], tmp_path: Path
) -> None:
    """The pings go on, and the server is not said to be the reason."""
    python = environment(tmp_path / "program", *WITHOUT_BSON)
    with watching(mongod.uri, "--interval", "0.2", "--python", str(python)) as watch:
        event = watch.event("program")
        ticks = sum(line["type"] == "tick" for line in watch.lines)
        watch.until(
            lambda: sum(line["type"] == "tick" for line in watch.lines) > ticks, "another tick"
        )
    assert event["severity"] == "error"
    assert event["facts"]["state"] == "fails"
    assert event["facts"]["cause"].startswith("client.")
    assert event["text"].startswith(f"{python}: {event['facts']['cause']}: ")
    assert event["facts"]["command"].endswith(f" --python {python}")
    assert watch.of("cause") == []


def test_the_program_is_asked_again_after_a_silence(mongod: Deployment, tmp_path: Path) -> None:
    """The times of the lines are made up; the connections are real."""
    python = environment(tmp_path / "program", *PYMONGO)
    settings = Settings(deadline=60.0, cap=20.0, count=1, python=describe(python))
    (bson,) = (tmp_path / "program" / "lib").glob("python3*/site-packages/bson")
    assert bson.resolve() == (SITE / "bson").resolve()

    def tick_at(at: float) -> Tick:
        return Tick(1, at, {DRIVER: 1.0})

    async def watch() -> list[Event]:
        events: asyncio.Queue[Event] = asyncio.Queue()
        uri = parse(mongod.uri)
        diagnoser = Diagnoser(uri, settings, Board(), "check", events.put_nowait, lambda: 0.0)
        diagnoser.tell(Tick(1, 0.0, {DRIVER: None}))  # nothing to compare with yet
        diagnoser.tell(tick_at(0.0))
        results = [await events.get()]
        bson.unlink()
        diagnoser.tell(tick_at(AGAIN_S))  # not for each tick
        diagnoser.tell(Event(2 * AGAIN_S, "reached", None, "a member answers"))
        diagnoser.tell(tick_at(2 * AGAIN_S))
        results.append(await events.get())
        await diagnoser.close()
        return [*results, *(events.get_nowait() for _ in range(events.qsize()))]

    states = [(event.facts["state"], event.severity) for event in asyncio.run(watch())]
    assert states == [("works", "info"), ("fails", "error")]


def test_a_watch_that_ends_before_the_program_connects_says_so(
    mongod: Deployment, tmp_path: Path
) -> None:
    """After a silence, the checks look for its cause, and the program is not what was lost."""
    python = environment(tmp_path / "program", *PYMONGO)
    settings = Settings(deadline=60.0, cap=20.0, count=1, python=describe(python))

    async def watch(first: Tick | Event) -> list[Event]:
        events: list[Event] = []
        uri = parse(mongod.uri)
        diagnoser = Diagnoser(uri, settings, Board(), "check", events.append, lambda: 0.0)
        diagnoser.tell(first)
        await diagnoser.close()
        return events

    (event,) = asyncio.run(watch(Tick(1, 0.0, {DRIVER: 1.0})))
    assert (event.kind, event.severity) == ("program", "warning")
    assert event.text == f"{python} has no result: the watch ended before it could connect"
    assert asyncio.run(watch(Event(0.0, "silent", None, "no member answers"))) == []
