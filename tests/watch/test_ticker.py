"""The main loop of a watch on a virtual clock: timers, late pings, stops, failing sinks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mongoping.watch.board import Board
from mongoping.watch.machine import Machine
from mongoping.watch.model import DRIVER, Event, Picture, Ping, Server, Tick
from mongoping.watch.ticker import Plan, Ticker
from tests.watch.virtual import run

A, B = "a:27017", "b:27017"


class ListSink:
    """A sink that collects all lines."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def tell(self, line: Any) -> None:
        self.lines.append(line)

    def of(self, kind: type) -> list[Any]:
        return [line for line in self.lines if isinstance(line, kind)]


class Scene:
    """A ticker on a virtual loop; ``takes`` returns the seconds of a ping, None for no answer."""

    def __init__(self, plan: Plan, takes: Callable[[str, float], float | None]) -> None:
        loop = asyncio.get_running_loop()
        self.sink = ListSink()
        self.board = Board()
        self.machine = Machine((A, B))
        self.takes = takes
        self.start_s = 0.0  # what the driver takes before its first ping, as for its import
        self.sent: list[tuple[str, float]] = []
        self.ticker = Ticker(plan, self.machine, self.board, [self.sink], self._pingers, loop.time)
        self.stop = asyncio.Event()

    def _pingers(self) -> dict[str, Any]:
        hosts = (DRIVER, *self.machine.hosts)
        return {host: lambda host=host: self._ping(host) for host in hosts}

    async def _ping(self, host: str) -> Ping:
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        self.sent.append((host, sent_at))
        seconds = self.takes(host, sent_at)
        if host == DRIVER and self.start_s:
            wait, self.start_s = self.start_s, 0.0
            await asyncio.sleep(wait)
        limit = self.ticker.plan.timeout
        if seconds is None or seconds > limit:
            await asyncio.sleep(limit)
            return Ping(loop.time(), host, None, "no answer", timed_out=True, sent=sent_at)
        await asyncio.sleep(seconds)
        return Ping(loop.time(), host, seconds * 1000, sent=sent_at)

    @property
    def ticks(self) -> list[Tick]:
        return self.sink.of(Tick)


def run_watch(plan: Plan, takes: Callable[[str, float], float | None], **how: Any) -> Scene:
    """Run a watch to its end; ``stop_at`` is the time of Ctrl-C."""

    async def main() -> Scene:
        scene = Scene(plan, takes)
        scene.start_s = how.get("start_s", 0.0)
        if "stop_at" in how:
            asyncio.get_running_loop().call_later(how["stop_at"], scene.stop.set)
        await scene.ticker.run(scene.stop)
        return scene

    scene: Scene = run(main())
    return scene


def quick(host: str, at: float) -> float:
    return 0.001


def test_each_tick_pings_the_driver_and_every_member() -> None:
    scene = run_watch(Plan(interval=1.0, count=5), quick)
    assert [tick.number for tick in scene.ticks] == [1, 2, 3, 4, 5]
    assert [round(tick.at) for tick in scene.ticks] == [0, 1, 2, 3, 4]
    assert all(set(tick.pings) == {DRIVER, A, B} for tick in scene.ticks)
    assert scene.board.series[A].numbers.sent == 5


def test_a_tick_is_reported_as_soon_as_its_pings_are_answered() -> None:
    """The interval is ten seconds, but each line comes at once."""

    async def main() -> list[float]:
        scene = Scene(Plan(interval=10.0, count=3), quick)
        loop = asyncio.get_running_loop()
        times: list[float] = []
        tell = scene.sink.tell

        def record(line: Any) -> None:
            tell(line)
            if isinstance(line, Tick):
                times.append(loop.time())

        scene.sink.tell = record  # type: ignore[method-assign]
        await scene.ticker.run(scene.stop)
        return times

    times = run(main())
    assert [round(at, 2) for at in times] == [0.0, 10.0, 20.0]


def test_the_duration_ends_the_watch() -> None:
    scene = run_watch(Plan(interval=1.0, duration=3.5), quick)
    assert len(scene.ticks) == 4


def test_a_duration_shorter_than_the_interval_is_kept() -> None:
    async def main() -> float:
        scene = Scene(Plan(interval=60.0, duration=2.0), quick)
        await scene.ticker.run(scene.stop)
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(2.0)


def test_ctrl_c_ends_the_watch_at_once() -> None:
    scene = run_watch(Plan(interval=1.0), quick, stop_at=2.5)
    assert len(scene.ticks) == 3


def test_the_watch_waits_for_the_last_pings_up_to_their_timeout() -> None:
    slow = run_watch(Plan(interval=1.0, count=1, timeout=2.0), lambda host, at: 1.5)
    assert slow.ticks[-1].pings == {DRIVER: 1500.0, A: 1500.0, B: 1500.0}
    dead = run_watch(Plan(interval=1.0, count=1, timeout=2.0), lambda host, at: None)
    assert dead.ticks[-1].pings == {DRIVER: None, A: None, B: None}


@pytest.mark.parametrize("start_s", [0.3, 30.0])
def test_a_planned_end_waits_for_the_drivers_first_result(start_s: float) -> None:
    """The import of PyMongo may last longer than all planned ticks, and is no gap."""
    by_count = run_watch(Plan(interval=1.0, count=3, timeout=0.5), quick, start_s=start_s)
    assert [DRIVER in tick.pings for tick in by_count.ticks] == [True] * 3
    assert by_count.board.series[DRIVER].numbers.lost == 0
    by_time = run_watch(Plan(interval=1.0, duration=0.2, timeout=0.5), quick, start_s=start_s)
    assert by_time.board.series[DRIVER].numbers.sent == 1
    assert not by_count.sink.of(Event)


def test_lost_pings_end_a_watch_as_planned() -> None:
    """The look-alike: the driver is ready, and nothing answers it."""
    dead = run_watch(Plan(interval=1.0, count=3, timeout=0.5), lambda host, at: None)
    assert [tick.pings[DRIVER] for tick in dead.ticks] == [None] * 3
    interruption = run_watch(Plan(interval=1.0, count=3), quick, start_s=30.0, stop_at=2.0)
    assert interruption.board.series.keys() <= {A, B}


def test_a_target_with_a_ping_in_flight_is_not_pinged_again() -> None:
    """B takes 1.5 s: the second tick does not ping it, and reports its answer."""
    scene = run_watch(
        Plan(interval=1.0, count=4, timeout=5.0), lambda host, at: 1.5 if host == B else 0.001
    )
    assert [at for host, at in scene.sent if host == B] == [0.0, 2.0]
    assert [B in tick.pings for tick in scene.ticks] == [False, True, False, True]
    assert scene.board.series[B].numbers.lost == 0
    assert scene.board.series[A].numbers.sent == 4


def test_a_lost_ping_is_counted_once() -> None:
    """In ten seconds of silence with a timeout of two seconds, five pings are lost."""
    scene = run_watch(
        Plan(interval=1.0, count=11, timeout=1.9),
        lambda host, at: None if host == B and at < 9.5 else 0.001,
    )
    numbers = scene.board.series[B].numbers
    assert numbers.lost == 5
    assert numbers.sent == 6


def test_a_new_member_is_pinged_in_the_next_tick() -> None:
    async def main() -> Scene:
        scene = Scene(Plan(interval=1.0, count=4), quick)
        servers = tuple(Server(f"{name}:27017", "secondary") for name in "abc")
        picture = Picture(1.5, "ReplicaSetNoPrimary", "rs0", servers)
        asyncio.get_running_loop().call_later(1.5, scene.ticker.observe, picture)
        await scene.ticker.run(scene.stop)
        return scene

    scene: Scene = run(main())
    assert [at for host, at in scene.sent if host == "c:27017"] == [2.0, 3.0]


def test_events_are_reported_at_once_between_ticks() -> None:
    scene = run_watch(
        Plan(interval=1.0, count=5, timeout=0.5), lambda host, at: None if host == B else 0.001
    )
    (event,) = scene.sink.of(Event)
    assert (event.kind, event.host) == ("member-lost", B)
    assert event.at == pytest.approx(1.5)


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device")])
def test_the_error_of_a_sink_ends_the_watch(error: OSError) -> None:
    async def main() -> None:
        scene = Scene(Plan(interval=1.0), quick)

        def fail(line: Any) -> None:
            raise error

        scene.sink.tell = fail  # type: ignore[method-assign]
        await scene.ticker.run(scene.stop)

    with pytest.raises(type(error)):
        run(main())


def test_a_sleeping_machine_causes_a_gap_and_no_burst() -> None:
    """The clock jumps by five minutes, as on a suspended laptop."""

    async def main() -> Scene:
        loop: Any = asyncio.get_running_loop()
        scene = Scene(Plan(interval=1.0, count=6), quick)

        def sleep_through() -> None:
            loop._virtual.now += 300.0

        loop.call_later(2.5, sleep_through)
        await scene.ticker.run(scene.stop)
        return scene

    scene: Scene = run(main())
    (gap,) = scene.sink.of(Event)
    assert gap.kind == "gap"
    assert gap.facts["seconds"] == pytest.approx(300, abs=2)
    assert len(scene.ticks) == 6
    assert len([at for host, at in scene.sent if host == A]) == 6
