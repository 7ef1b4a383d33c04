"""The context of a run that every check receives: target, evidence, clock, open connections."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence, is_disturbed
from mongoping.observer import current

if TYPE_CHECKING:
    import ssl

    from mongoping.atlas_api.credentials import ApiCredentials
    from mongoping.client import Driver
    from mongoping.probe.connection import Connection
    from mongoping.settings import Settings
    from mongoping.uri.target import Credentials, ParsedUri, Target

MARGIN_S = 0.15  # a check stops this long before the runner stops it, to keep its data
TICK_S = 0.02  # fine enough to see a stall of 10 ms, and cheap: 50 callbacks per second
LATE_TICK_MS = 2.0  # ticks on an idle machine are less late than this
MAX_STALLS = 10_000
SLOW_IMPORT_S = 1.0  # far more than the import of PyMongo takes on an idle machine


class LoopLag:
    """Measure how long the event loop of this process was blocked.

    A reply that arrives while the loop is blocked seems to take longer than it did. An import,
    a key derivation or a busy machine must not be reported as a slow deployment.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # when a stall ended, by the clock in s, and its length in ms
        self._stalls: deque[tuple[float, float]] = deque(maxlen=MAX_STALLS)
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # when the next tick should happen, by the clock

    def start(self) -> None:
        """Start to measure in the running event loop."""
        self._schedule(asyncio.get_running_loop())

    def stop(self) -> None:
        """Stop measuring; the measurements stay available."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stalled_ms(self, since: float) -> float:
        """Return for how many ms since ``since`` (a clock value) the loop was blocked."""
        # while a tick is overdue, its stall is not recorded yet, but a task may already measure
        total = min(self._overdue_ms(), max(self._clock() - since, 0.0) * 1000)
        for end, length in reversed(self._stalls):
            if end <= since:
                break
            total += min(length, (end - since) * 1000)
        return total

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = self._clock() + TICK_S
        self._timer = loop.call_later(TICK_S, self._tick, loop)

    def _overdue_ms(self) -> float:
        """Return by how many ms the next tick is late, or 0 if that is usual or none is due."""
        late = (self._clock() - self._due) * 1000 if self._timer is not None else 0.0
        return late if late > LATE_TICK_MS else 0.0

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if late := self._overdue_ms():
            self._stalls.append((self._clock(), late))
        self._schedule(loop)


def extend_limit(seconds: float, stalled_s: float, left_s: float) -> float:
    """Return a time limit in seconds, extended by the stalls of this process. Pure.

    Args:
        seconds: The limit without stalls.
        stalled_s: How long the event loop was blocked since the start.
        left_s: The time from the start to the end of the run.
    """
    return max(seconds, min(seconds + stalled_s, left_s - MARGIN_S))


class Context:
    """State shared by all checks of a run.

    Treat it as read-only, except that a check may leave its connection open for the next one.
    ``tls_context`` and ``tls_unverified`` exist once ``tls-files`` has succeeded.
    """

    def __init__(
        self,
        uri: ParsedUri,
        settings: Settings,
        driver: Driver,
        snapshot: Callable[[], Evidence],
        clock: Callable[[], float] = time.monotonic,
        *,
        atlas: ApiCredentials | None = None,
    ) -> None:
        self.uri = uri
        self.atlas = atlas
        if (observer := current()) is not None and uri.credentials is not None:
            observer.learn(uri.credentials)
        self.settings = settings
        self.driver = driver
        self.connections: dict[str, Connection] = {}
        self._opened: list[Connection] = []
        self.tls_context: ssl.SSLContext
        self.tls_unverified: ssl.SSLContext
        self.lag = LoopLag(clock)
        self._began = clock()
        self._ends = self._began + settings.deadline
        self._latest = self._ends + settings.extension
        self._lookups_s = 0.0
        self._import_wait: tuple[float, float | None] | None = (
            None  # its begin and end, by the clock
        )
        self._snapshot = snapshot
        self._clock = clock
        self._undo: list[AbstractContextManager[Any]] = []
        self._partial_data: dict[str, Callable[[], Any]] = {}

    @property
    def evidence(self) -> Evidence:
        """Return the results so far."""
        return self._snapshot()

    @property
    def target(self) -> Target:
        """Return the parsed connection string; only for checks that need the check ``uri``."""
        if self.uri.target is None:
            raise RuntimeError("a check that needs a target ran without one")
        return self.uri.target

    @property
    def credentials(self) -> Credentials | None:
        """Return the secrets; None if the string contains none or is malformed."""
        return self.uri.credentials

    @property
    def options(self) -> Any:
        """Return the effective options, including those of the TXT record."""
        return self.evidence.options

    @property
    def now(self) -> datetime:
        """Return the local time, in UTC."""
        return datetime.now(UTC)

    @property
    def cap(self) -> float:
        """Return the time limit of one check in seconds, extended by slow name lookups."""
        return self.settings.cap + self._lookups_s

    @property
    def lookups_s(self) -> float:
        """Return the seconds to allow the driver for repeating slow name lookups."""
        return self._lookups_s

    @property
    def deadline(self) -> float:
        """Return when the run ends, by the clock: stalls extend it as far as the settings allow."""
        return min(self._ends + self.stalled_ms(self._began) / 1000, self._latest)

    def remaining(self) -> float:
        """Return the seconds that a check starting now may take, by its own limit and the run's."""
        return max(min(self.cap, self.deadline - self._clock()) - MARGIN_S, 0.05)

    def left(self) -> float:
        """Return the seconds left in this run, for a check that may use all of them."""
        return max(self.deadline - self._clock() - MARGIN_S, 0.05)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Limit the block to ``seconds``, to which stalls of this process do not count.

        A reply that arrived while the event loop was blocked is read before the time is over. The
        limit stays within that of the run.

        Raises:
            TimeoutError: The time is over.
        """
        loop, began = asyncio.get_running_loop(), self._clock()
        timer: asyncio.TimerHandle

        def expire() -> None:
            nonlocal timer
            remaining_s = extend_limit(
                seconds, self.stalled_ms(began) / 1000, self.deadline - began
            )
            remaining_s -= self._clock() - began
            if remaining_s > 0:
                timer = loop.call_later(remaining_s, expire)
            else:
                limit.reschedule(loop.time())  # in the next iteration of the loop

        async with asyncio.timeout(None) as limit:
            timer = loop.call_later(seconds, expire)
            try:
                yield
            finally:
                timer.cancel()

    def extend(self) -> None:
        """Extend the deadline by ``settings.extension``, because the server is not what is slow."""
        self._ends = self._latest

    async def wait_for_import(self) -> bool:
        """Wait for a running import of PyMongo; return False if the run ends first.

        Another import at the same time would race with it. The time says nothing about a server:
        it does not count to the limit of a check, and a slow disk or a busy machine extends the
        run.
        """
        importing = self.driver.importing
        if importing is None or importing.done():
            return True
        if self._import_wait is None:
            self._import_wait = self._clock(), None
        await asyncio.wait({importing}, timeout=min(SLOW_IMPORT_S, self.left()))
        if not importing.done():
            self.extend()
            await asyncio.wait({importing}, timeout=self.left())
        self._import_wait = self._import_wait[0], self._clock()
        return importing.done()

    def held_up_s(self, since: float) -> float:
        """Return for how many s since ``since`` mongoping, not the deployment, held up a check.

        That is the time of stalls, and that of a check which waited for the import of PyMongo.
        """
        held_up = self.stalled_ms(since) / 1000
        if self._import_wait is not None:
            began, end = self._import_wait
            until = self._clock() if end is None else end
            held_up += max(until - max(began, since), 0.0)
        return held_up

    def note_slow_lookup(self, seconds: float) -> None:
        """Record that a lookup took ``seconds``; later checks get the time to repeat it."""
        self._lookups_s = max(self._lookups_s, 1.25 * seconds)
        self.extend()

    def elapsed_ms(self, since: float) -> float:
        """Return the milliseconds since ``since``, an earlier value of `clock`."""
        return (self._clock() - since) * 1000

    def stalled_ms(self, since: float) -> float:
        """Return for how many ms since ``since`` this process blocked its event loop."""
        return self.lag.stalled_ms(since)

    def own_ms(self, since: float) -> float | None:
        """Return the ms since ``since`` without stalls, or None if these are the larger part."""
        stalled_ms = self.stalled_ms(since)
        own = max(self.elapsed_ms(since) - stalled_ms, 0.0)
        return None if is_disturbed(own, stalled_ms) else own

    def clock(self) -> float:
        """Return the monotonic time, in seconds."""
        return self._clock()

    def keep_partial(self, check: str, data: Callable[[], Any]) -> None:
        """Register ``data``, which returns the data so far if the check is interrupted."""
        self._partial_data[check] = data

    def partial_data(self, check: str) -> Any:
        """Return the data so far of an unfinished check, or None if it registered none."""
        return self._partial_data[check]() if check in self._partial_data else None

    def close_later(self, connection: Connection) -> Connection:
        """Return ``connection``, and close it when the run ends.

        A check that is stopped at its time limit cannot close its own connections.
        """
        self._opened.append(connection)
        return connection

    def on_close(self, undo: AbstractContextManager[Any]) -> None:
        """Exit ``undo``, which the caller has entered, when the run ends."""
        self._undo.append(undo)

    def close(self) -> None:
        """Close every open connection, and exit the context managers passed to `on_close`."""
        self.lag.stop()
        for undo in reversed(self._undo):
            undo.__exit__(None, None, None)
        self._undo.clear()
        for connection in (*self.connections.values(), *self._opened):
            connection.close()
        self.connections.clear()
        self._opened.clear()
