"""The main loop of a watch: send the pings of each tick and report the results.

The loop knows neither sockets nor the driver: it receives pingers and produces lines. So a
benchmark can run 100,000 ticks in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Protocol

from mongoping.record import Record
from mongoping.watch.board import Board
from mongoping.watch.lines import Line
from mongoping.watch.machine import Machine
from mongoping.watch.model import DRIVER, Event, Gap, Observation, Ping, Tick
from mongoping.watch.schedule import Schedule

SETTLE_S = 0.02  # between checks for the last pings
LONG_S = 3600.0


class Plan(Record):
    """The times of a watch in seconds; None means never.

    Neither ``duration`` nor ``count`` ends a watch before the driver's first ping was answered or
    lost: until then, this machine imports PyMongo, or a first connection is in progress.
    """

    interval: float = 1.0
    duration: float | None = None
    count: int | None = None
    timeout: float = 2.0  # after which a ping is lost
    recheck: float = 60.0  # between lookups of SRV records, addresses and certificates


class Sink(Protocol):
    """An output of a watch: the recording, lines on standard output, or the live view."""

    def tell(self, line: Line) -> None:
        """Write a tick, an event, or the deployment after a change. OSError ends the watch."""


Pinger = Callable[[], Coroutine[None, None, Ping]]


class Ticker:
    """Sends ticks, processes observations in order of arrival, and writes lines to the sinks."""

    def __init__(
        self,
        plan: Plan,
        machine: Machine,
        board: Board,
        sinks: Iterable[Sink],
        pingers: Callable[[], Mapping[str, Pinger]],
        now: Callable[[], float],
    ) -> None:
        self.plan = plan
        self.machine = machine
        self.board = board
        self.sinks = list(sinks)
        self.pingers = pingers
        self.now = now
        self.ticks = 0
        self.error: BaseException | None = None  # from a sink, or a bug; ends the watch
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._pings: dict[str, float | None] = {}
        self._began = 0.0
        self._reported = True
        self._stopped = False
        self._judge = ""  # whose first result a planned end waits for
        self._has_result = False
        self._sleeping: asyncio.Future[None] | None = None

    def observe(self, observation: Observation) -> None:
        """Process an observation and write its events at once."""
        try:
            for event in self.machine.feed(observation):
                self.board.event(event)
                self._tell(event)
            now = self.machine.now
            if now is not self.board.now and now != self.board.now:
                self.board.now = now
                self._tell(now)
        except Exception as error:  # PyMongo would swallow it in a callback
            self._fail(error)

    def report(self, event: Event) -> None:
        """Write an event that comes from elsewhere than an observation."""
        try:
            self.board.event(event)
            self._tell(event)
        except Exception as error:
            self._fail(error)

    def _tell(self, line: Line) -> None:
        for sink in self.sinks:
            sink.tell(line)

    def _fail(self, error: BaseException) -> None:
        self.error = self.error or error
        self._stop()

    def _stop(self, *_: object) -> None:
        """Stop ticking and wake the sleeping loop."""
        self._stopped = True
        self._wake()

    def _wake(self) -> None:
        if self._sleeping is not None and not self._sleeping.done():
            self._sleeping.set_result(None)

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until ``stop`` is set, the planned end, or an error, which is raised."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(self._stop)
        start = self.now()
        schedule = Schedule(start, self.plan.interval)
        end = None if self.plan.duration is None else start + self.plan.duration
        try:
            while not self._stopped:
                self._begin()
                if self.plan.count is not None and not self._has_result:
                    await self._first_result()
                    if self.now() > start + self.plan.interval:  # not the sleep of this machine
                        schedule = Schedule(self.now(), self.plan.interval)
                if self.ticks == self.plan.count:
                    await self._settle()
                    break
                due = schedule.next(self.now())
                await self._sleep(due.at if end is None else min(due.at, end))
                if schedule.slept(due.missed):
                    self.observe(Gap(self.now(), due.missed * self.plan.interval))
                if end is not None and self.now() >= end:
                    await self._first_result()
                    break
        finally:
            stopping.cancel()
            self._finish()
        if self.error is not None:
            raise self.error

    async def _first_result(self) -> None:
        """Wait until a first ping was answered or lost; before that, there is nothing to judge."""
        while not self._has_result and not self._stopped:
            await self._sleep(self.now() + LONG_S)

    async def _sleep(self, until: float) -> None:
        """Sleep until then, or until the watch is stopped."""
        remaining_s = until - self.now()
        if remaining_s <= 0 or self._stopped:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        self._sleeping = loop.create_future()
        alarm = loop.call_later(remaining_s, self._wake)
        try:
            await self._sleeping
        finally:
            alarm.cancel()

    def _begin(self) -> None:
        """Start a tick: ping every target that has no ping in flight."""
        self._close()
        self.ticks += 1
        self._began, self._reported = self.now(), False
        pingers = self.pingers()
        self._judge = DRIVER if DRIVER in pingers else next(iter(pingers), "")
        for host, pinger in pingers.items():
            if host not in self._busy:
                self._busy[host] = asyncio.ensure_future(self._ping(host, pinger))

    async def _ping(self, host: str, pinger: Pinger) -> None:
        try:
            ping = await pinger()
        except Exception as error:  # a bug, which must not get lost in a task
            self._fail(error)
            return
        finally:
            self._busy.pop(host, None)
        self._pings[host] = ping.ms
        self.observe(ping)
        if host == self._judge and not self._has_result:
            self._has_result = True
            self._wake()
        if not self._busy:
            self._close()

    def _close(self) -> None:
        """Report the tick once: when all pings are done, or when the next tick starts."""
        if self._reported or not self._pings:
            return
        self._reported = True
        order = [host for host in self.board.targets if host in self._pings]
        pings = {host: self._pings[host] for host in dict.fromkeys([*order, *self._pings])}
        tick = Tick(self.ticks, self._began, pings)
        self._pings = {}
        try:
            self.board.tick(tick)
            self._tell(tick)
        except Exception as error:
            self._fail(error)

    async def _settle(self) -> None:
        """Wait for the pings of the last tick, as long as a ping may take."""
        until = self.now() + self.plan.timeout + 0.5
        while self._busy and not self._stopped and self.now() < until:
            await self._sleep(min(self.now() + SETTLE_S, until))

    def _finish(self) -> None:
        self._close()
        for task in self._busy.values():
            task.cancel()
