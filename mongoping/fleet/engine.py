"""Run many targets in one event loop, as fast as the loop and the targets allow."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import deque
from typing import TYPE_CHECKING

from mongoping.context import LoopLag
from mongoping.exit_codes import EXIT_BUG
from mongoping.fleet.examine import NameServers, look, settled_line
from mongoping.fleet.line import not_tried
from mongoping.fleet.pace import IDLE_AFTER_S, Pace, Waiting
from mongoping.fleet.resolve import Places, places_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.fleet.entry import Entry
    from mongoping.fleet.line import Line
    from mongoping.fleet.plan import Plan

WINDOW = 512  # targets that are read ahead, so that one slow host does not delay the others
MOST = 400  # targets at once, most of which wait for the network
DESCRIPTORS = {"hello": 3, "auth": 8, "full": 12}  # that a target on three hosts needs at once
SPARE_DESCRIPTORS = 100
TICK_S = 0.1  # between two adaptations of the pace
JITTER_S = 0.02  # so that targets that were released together do not connect together
NAME_LOOKUPS = 16  # at once; a name server may limit the questions of one client
ATTEMPTS = 3  # for a result that the load of this process affected
QUIET = 2  # such targets at once, in the later attempts


PROGRAMS = 8  # targets at once with the program's Python, which forks for each of them


class Engine:
    """Runs the targets that `put` adds until `close` was called and all have ended.

    ``emit`` gets each line as soon as it is known.
    """

    def __init__(
        self, plan: Plan, emit: Callable[[Line], None], stop: asyncio.Event, *, share: int = 1
    ) -> None:
        self._plan = plan
        self._emit = emit
        self._stop = stop
        most = _most(plan.module)
        self._pace = Pace(most if plan.settings.python is None else min(most, PROGRAMS))
        self._names = NameServers(max(NAME_LOOKUPS // share, 1))
        self._waiting: Waiting[tuple[Entry, int]] = Waiting()
        self._again: deque[tuple[Entry, int]] = deque()
        self._running: dict[asyncio.Task[None], float] = {}
        self._idle: set[asyncio.Task[None]] = set()  # of these, as of the last tick
        self._lag = LoopLag(asyncio.get_running_loop().time)
        self._closed = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, entry: Entry, places: Places | None = None) -> None:
        """Add a target; wait while as many are waiting as the engine holds.

        ``places`` are its deployment and its hosts, if they are known.
        """
        await self._room.wait()
        self._waiting.add((entry, 1), *(places or places_of(entry)))
        if len(self._waiting) >= WINDOW:
            self._room.clear()
        self._wake.set()

    def close(self) -> None:
        """State that no further target follows."""
        self._closed = True
        self._wake.set()

    async def run(self) -> None:
        """Run until everything has ended, or until the run is stopped."""
        self._lag.start()
        stopping = asyncio.ensure_future(self._stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        ticking = asyncio.ensure_future(self._adapt())
        try:
            while not self._stop.is_set() and not self._is_done():
                self._wake.clear()
                self._start()
                await self._wake.wait()
        finally:
            self._room.set()
            ticking.cancel()
            stopping.cancel()
            self._lag.stop()
            await self._end()

    def _is_done(self) -> bool:
        return self._closed and not (self._running or self._waiting or self._again)

    async def _end(self) -> None:
        """Wait for the targets that still run; ``stop`` has told them to end."""
        from mongoping.tasks import CLOSING_S, wait_until_done

        tasks = set(self._running)
        await wait_until_done(tasks, CLOSING_S)
        unfinished_tasks = {task for task in tasks if not task.done()}
        for task in unfinished_tasks:
            task.cancel()
        await wait_until_done(unfinished_tasks, CLOSING_S)

    async def _adapt(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await asyncio.sleep(TICK_S)
            is_saturated = bool(self._waiting) and self._busy >= self._pace.limit
            self._pace.adapt(self._lag.stalled_ms(began), is_saturated=is_saturated)
            since = clock() - IDLE_AFTER_S
            self._idle = {task for task, start in self._running.items() if start < since}
            self._wake.set()

    @property
    def _busy(self) -> int:
        """Return how many targets run that have not been waiting for the network for long."""
        return len(self._running) - len(self._idle)

    def _start(self) -> None:
        """Start as many targets as the pace allows; those that are tried again come last."""
        if self._closed and not self._waiting and len(self._running) < QUIET:
            for _ in range(min(QUIET - len(self._running), len(self._again))):
                entry, attempt = self._again.popleft()
                self._waiting.add((entry, attempt), *places_of(entry))
        while self._busy < self._pace.limit and len(self._running) < self._pace.most:
            ready = self._waiting.next()
            if ready is None:
                break
            self._spawn(*ready)
        if len(self._waiting) < WINDOW:
            self._room.set()

    def _spawn(self, item: tuple[Entry, int], deployment: str, hosts: tuple[str, ...]) -> None:
        task = asyncio.ensure_future(self._try(*item))
        self._running[task] = asyncio.get_running_loop().time()

        def on_end(task: asyncio.Task[None]) -> None:
            del self._running[task]
            self._idle.discard(task)
            self._waiting.done(deployment, hosts)
            self._wake.set()

        task.add_done_callback(on_end)

    async def _try(self, entry: Entry, attempt: int) -> None:
        try:
            await asyncio.sleep(random.uniform(0, JITTER_S))  # noqa: S311 - not a secret
            if self._stop.is_set():
                return
            outcome = await look(entry, self._plan, self._stop, self._names, self._lag.stalled_ms)
        except Exception as error:
            self._emit(self._line_of_error(entry, error))
            return
        if outcome is None:
            return
        if outcome.affected and attempt < ATTEMPTS:
            self._again.append((entry, attempt + 1))
        else:
            self._emit(settled_line(outcome.line) if outcome.affected else outcome.line)

    def _line_of_error(self, entry: Entry, error: Exception) -> Line:
        """Return the line of a target that mongoping could not look at because of an error."""
        from mongoping.escape import bug_location

        if isinstance(error, OSError):
            why = f"mongoping could not run it: {error.strerror or type(error).__name__}."
        else:
            why = f"mongoping could not run it: internal error ({bug_location(error)})."
        line = not_tried(entry, why, vantage=self._plan.vantage, own=True)
        return line if isinstance(error, OSError) else line.replace(exit_code=EXIT_BUG)


def _most(module: str) -> int:
    """Return how many targets may run at once with the descriptors of this process."""
    if sys.platform == "win32":
        return MOST
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except (ImportError, OSError, ValueError):
        return MOST
    if soft < 0:
        return MOST
    return max(min((soft - SPARE_DESCRIPTORS) // DESCRIPTORS[module], MOST), 1)
