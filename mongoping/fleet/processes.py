"""Use all cores: start worker processes, give them targets, and collect their results."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import zlib
from collections import deque
from typing import TYPE_CHECKING

from mongoping.fleet.engine import WINDOW, Engine
from mongoping.fleet.line import from_json, not_tried
from mongoping.fleet.plan import entry_as_json, interpreter_as_json
from mongoping.fleet.resolve import places_of
from mongoping.installation import own_python

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Iterable, Sequence

    from mongoping.fleet.entry import Entry
    from mongoping.fleet.line import Line
    from mongoping.fleet.plan import Plan

PER_PROCESS = 100  # targets that are worth another process, whose start takes half a second
MAX_PROCESSES = 64
MAX_RESULT = 16 * 1024 * 1024  # bytes of a line with its report
ENDING_S = 2.0  # for a process to end after the request to end
START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from mongoping.fleet.worker import main; main()"
)


def default_processes(targets: int) -> int:
    """Return how many processes a run of this many targets uses by default."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(min(cores or 1, -(-targets // PER_PROCESS), MAX_PROCESSES), 1)


async def run_all(
    entries: Sequence[Entry],
    plan: Plan,
    emit: Callable[[Line], None],
    stop: asyncio.Event,
    processes: int = 1,
) -> None:
    """Run the targets in this process, or in several ones; ``emit`` gets each line."""
    if processes <= 1:
        await _run_here(entries, plan, emit, stop)
        return
    shares = _shares(entries, processes)
    workers = [_Worker(share, plan, emit, stop, len(shares)) for share in shares]
    await asyncio.gather(*(worker.run() for worker in workers))


async def _run_here(
    entries: Sequence[Entry], plan: Plan, emit: Callable[[Line], None], stop: asyncio.Event
) -> None:
    from mongoping.fleet.worker import preparation

    async with preparation(plan):
        engine = Engine(plan, emit, stop)

        async def feed() -> None:
            for entry in _mix(entries):
                await engine.put(entry)
            engine.close()

        feeding = asyncio.ensure_future(feed())
        await engine.run()
        feeding.cancel()


def _shares(entries: Sequence[Entry], processes: int) -> list[list[Entry]]:
    """Divide targets so that all of one host are in the same process, which limits them."""
    shares: list[list[Entry]] = [[] for _ in range(processes)]
    for entry in entries:
        deployment, hosts = places_of(entry)
        place = hosts[0] if hosts else deployment
        shares[zlib.crc32(place.encode("utf-8", "replace")) % processes].append(entry)
    return [share for share in shares if share]


def _mix(entries: Iterable[Entry]) -> list[Entry]:
    """Return the targets in an order in which those of one host are far apart."""
    hosts: dict[str, deque[Entry]] = {}
    for entry in entries:
        deployment, names = places_of(entry)
        hosts.setdefault(names[0] if names else deployment, deque()).append(entry)
    order: list[Entry] = []
    turns = deque(hosts.values())
    while turns:
        queue = turns.popleft()
        order.append(queue.popleft())
        if queue:
            turns.append(queue)
    return order


class _Worker:
    """A worker process and the targets that it has not answered yet."""

    def __init__(
        self,
        entries: Sequence[Entry],
        plan: Plan,
        emit: Callable[[Line], None],
        stop: asyncio.Event,
        share: int,
    ) -> None:
        self._entries = deque(_mix(entries))
        self._plan = plan
        self._emit = emit
        self._stop = stop
        self._share = share
        self._pending: dict[str, Entry] = {}
        self._answered = asyncio.Event()

    async def run(self) -> None:
        """Run the process to its end, and report what it has left."""
        process = await asyncio.create_subprocess_exec(
            *own_python(), "-c", START, json.dumps(sys.path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=MAX_RESULT,
        )  # fmt: skip
        tasks = [
            asyncio.ensure_future(work)
            for work in (self._send(process), self._receive(process), self._stop.wait())
        ]
        try:
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _end(process, hurry=self._stop.is_set())
        if not self._stop.is_set():
            self._report_rest(process.returncode)

    async def _send(self, process: Process) -> None:
        pipe = process.stdin
        if pipe is None:
            return
        python = self._plan.settings.python
        start = {
            "plan": self._plan.as_json(),
            "share": self._share,
            "python": None if python is None else interpreter_as_json(python),
        }
        with contextlib.suppress(ConnectionError):  # `_report_rest` says that it has ended
            pipe.write(json.dumps(start).encode() + b"\n")
            while self._entries:
                entry = self._entries.popleft()
                self._pending[entry.name] = entry
                row = {**entry_as_json(entry), "places": places_of(entry)}
                pipe.write(json.dumps(row).encode() + b"\n")
                await pipe.drain()
                while len(self._pending) >= 2 * WINDOW:
                    self._answered.clear()
                    await self._answered.wait()
            pipe.close()

    async def _receive(self, process: Process) -> None:
        pipe = process.stdout
        if pipe is None:
            return
        while data := await pipe.readline():
            line = from_json(json.loads(data))
            self._pending.pop(line.name, None)
            self._answered.set()
            self._emit(line)

    def _report_rest(self, code: int | None) -> None:
        """Emit a line for each target that the process did not answer because it ended."""
        if not self._pending and not self._entries:
            return
        ending = f"was ended by signal {-code}" if code is not None and code < 0 else "ended early"
        for entry in (*self._pending.values(), *self._entries):
            why = f"Not measured: a worker process of mongoping {ending}."
            self._emit(not_tried(entry, why, vantage=self._plan.vantage, own=True))


async def _end(process: Process, *, hurry: bool) -> None:
    """Wait for a process; end it at once in a ``hurry``, else only if it does not end by itself."""
    ways = (process.terminate, process.kill)
    for at, end in enumerate(ways):
        if at or not hurry:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDING_S):
                    await process.wait()
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            end()
    await process.wait()
