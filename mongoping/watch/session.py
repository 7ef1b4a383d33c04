"""Watch one deployment: names, TLS, the driver, and a connection to every member.

Failures are events and do not end the watch. Only a connection string or a file that can never
work prevents it from starting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mongoping.checks import srv, tls_files
from mongoping.context import Context
from mongoping.model import Evidence, Failure, Result
from mongoping.probe.dns import system_override
from mongoping.probe.greeting import api_fields, hello_command
from mongoping.probe.replset import address
from mongoping.probe.walk import WalkResult, Way, literal, places, walk
from mongoping.uri.host import Host
from mongoping.watch.feed import CONNECT_S, Feed
from mongoping.watch.machine import Machine
from mongoping.watch.model import DRIVER, Names, Ping
from mongoping.watch.ticker import Pinger, Plan, Sink, Ticker
from mongoping.watch.wire import Wire, read_certificate

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri
    from mongoping.watch.board import Board

RETRY_S = 5.0  # between attempts, while the SRV name does not resolve
FOREVER_S = 1e9


class UnwatchableError(Exception):
    """The connection string, or a file it names, can never work; `mongoping check` says why."""


class Clock:
    """Seconds since the epoch that never jump: wall time at the start, then monotonic time."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the current time in seconds since the epoch."""
        return time.monotonic() + self._offset


class Session:
    """The connections and tasks of a watch."""

    def __init__(
        self, uri: ParsedUri, settings: Settings, plan: Plan, board: Board, sinks: Iterable[Sink]
    ) -> None:
        if uri.target is None:
            raise UnwatchableError
        self.target = uri.target
        self.settings = settings.replace(deadline=FOREVER_S, cap=CONNECT_S)
        self.plan = plan
        self.now = Clock().now
        board.started = board.at = self.now()
        seeds = () if self.target.srv else tuple(str(host) for host in self.target.hosts)
        self.machine = Machine(seeds)
        self.ticker = Ticker(plan, self.machine, board, sinks, self._pingers, self.now)
        self.feed = Feed(uri, self.settings, self.ticker.observe, self.now, plan.timeout)
        self.results: list[Result] = []
        self.ctx = Context(uri, self.settings, self.feed, self._evidence)
        self.wires: dict[str, Wire] = {}
        self._ready = asyncio.Event()  # seeds are known: members can be pinged
        self._opened = asyncio.Event()  # the driver has a client, or cannot have one now
        self._failed = "the driver has no client yet"

    def _evidence(self) -> Evidence:
        return Evidence(self.target, self.settings, tuple(self.results))

    async def prepare(self) -> None:
        """Load the files that TLS needs. Raises `UnwatchableError`."""
        if not self._evidence().tls:
            return
        outcome = await tls_files.run(self.ctx)
        if outcome.failure is not None:
            raise UnwatchableError

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until ``stop`` is set or the planned end; call `prepare` first.

        Raises `UnwatchableError`, or the exception of a sink.
        """
        with system_override(self.settings.resolver):
            self.feed.start_import()
            tasks = [asyncio.ensure_future(job) for job in (self._drive(), self._recheck())]
            ticking = asyncio.ensure_future(self.ticker.run(stop))
            try:
                await self._wait(ticking, tasks)
            finally:
                for task in (*tasks, ticking):
                    task.cancel()
                for wire in self.wires.values():
                    wire.close()
                await self.feed.close(hurry=stop.is_set())
                self.ctx.close()

    async def _wait(self, ticking: asyncio.Task[None], tasks: list[asyncio.Task[None]]) -> None:
        """Wait until the ticks end; raise the exception of any task that fails."""
        waiting: set[asyncio.Task[None]] = {ticking, *tasks}
        while not ticking.done():
            finished_tasks, waiting = await asyncio.wait(
                waiting, return_when=asyncio.FIRST_COMPLETED
            )
            for task in finished_tasks:
                task.result()

    async def _drive(self) -> None:
        """Resolve the seeds, then open the driver; retry until both succeed."""
        while True:
            if not self.target.srv or await self._resolve_srv():
                break
            await asyncio.sleep(RETRY_S)
        self._opened.clear()
        self._ready.set()
        pymongo = await self.feed.pymongo()
        while True:
            try:
                await self.feed.open()
            except (ValueError, TypeError) as error:
                raise UnwatchableError from error
            except (pymongo.errors.PyMongoError, OSError) as error:
                if not self.target.srv:  # without SRV, only an invalid option fails here
                    raise UnwatchableError from error
                self._failed = self.feed.message(error)
                self._opened.set()
                await asyncio.sleep(RETRY_S)
            else:
                self._opened.set()
                return

    async def _resolve_srv(self) -> bool:
        """Look up the seeds; return whether any are known, now or from an earlier answer."""
        outcome = await srv.run(self.ctx)
        name = self.target.srv_name or ""
        failure: Failure | None = outcome.failure
        if failure is not None:
            self.ticker.observe(Names(self.now(), "srv", name, None, failure.message))
            if not self.results:
                self._failed = "the SRV name has not been resolved yet"
                self._opened.set()
            return bool(self.results)
        facts = outcome.data
        rows = frozenset(str(Host(row["target"], row["port"])) for row in facts.records)
        self.ticker.observe(Names(self.now(), "srv", name, rows))
        if not self.results:
            self.results.append(Result("srv", "dns", None, "ok", data=facts))
            self.machine.seed(str(host) for host in facts.seeds)
        return True

    def _pingers(self) -> Mapping[str, Pinger]:
        """Return what a tick pings: the driver and every known member."""
        if not self._ready.is_set():
            return {DRIVER: self._ping_driver}
        hosts = self.machine.hosts
        for host in [name for name in self.wires if name not in hosts]:
            self.wires.pop(host).close()
        for host in hosts:
            if host not in self.wires:
                self.wires[host] = self._wire(host)
        return {DRIVER: self._ping_driver} | {
            host: self._ping_member(wire) for host, wire in self.wires.items()
        }

    def _wire(self, host: str) -> Wire:
        evidence = self._evidence()
        api = api_fields(evidence) if self.settings.uses_stable_api else {}
        return Wire(self._way(host), self.now, self.plan.timeout, api)

    def _way(self, host: str) -> Way:
        evidence = self._evidence()
        context = self.ctx.tls_context if evidence.tls else None
        return Way(address(host), hello_command(evidence), context, self.settings.resolver)

    async def _ping_driver(self) -> Ping:
        """Ping through the driver; wait first until it has a client, which takes no server.

        A first connection that is only slow is no lost ping: its limit is that of the driver.
        """
        sent_at = self.now()
        await self._opened.wait()
        if not self.feed.ready:
            return Ping(self.now(), DRIVER, None, self._failed, sent=sent_at)
        ping = await self.feed.ping()
        while ping.timed_out and self.feed.is_connecting:
            ping = await self.feed.ping()
        return ping

    def _ping_member(self, wire: Wire) -> Pinger:
        return lambda: self._ping_wire(wire)

    async def _ping_wire(self, wire: Wire) -> Ping:
        pong = await wire.ping(role=not self.machine.knows(wire.host))
        if wire.fresh is not None:
            fresh, wire.fresh = wire.fresh, None
            await self._record_certificate(wire.host, fresh)
        return pong

    async def _record_certificate(self, host: str, walk_result: WalkResult) -> None:
        """Record the certificate of a new connection."""
        if walk_result.connection is not None and walk_result.connection.tls is not None:
            await self.feed.wait_for_import()  # concurrent imports would block each other
            certificate = read_certificate(walk_result, host, self.now())
            if certificate is not None:
                self.ticker.observe(certificate)

    async def _recheck(self) -> None:
        """Look up names and certificates periodically; open connections would not show changes."""
        await self._ready.wait()
        first = True
        while True:
            if not first and self.target.srv:
                await self._resolve_srv()
            first = False
            for host in self.machine.hosts:
                await self._recheck_host(host)
            await asyncio.sleep(self.plan.recheck)

    async def _recheck_host(self, name: str) -> None:
        host = address(name)
        if literal(host) is None:
            answer = await places(host, self.settings.resolver, CONNECT_S)
            if isinstance(answer, Failure):
                names = Names(self.now(), "addresses", name, None, answer.message)
            else:
                values = frozenset(place.text for place in answer)
                names = Names(self.now(), "addresses", name, values)
            if name in self.machine.hosts:
                self.ticker.observe(names)
        if not self._evidence().tls:
            return
        walk_result = await walk(self._way(name), CONNECT_S, time.monotonic)
        if walk_result.connection is not None:
            await self._record_certificate(name, walk_result)
            walk_result.connection.close()
