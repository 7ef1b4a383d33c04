"""What a check is given: the target, the evidence so far, the clock, and live connections."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence

if TYPE_CHECKING:
    import ssl

    from mongoping.client import Driver
    from mongoping.probe.connection import Connection
    from mongoping.settings import Settings
    from mongoping.uri.target import Credentials, Parsed, Target

MARGIN_S = 0.15  # a check stops itself before the runner stops it, to keep what it saw
TICK_S = 0.02  # fine enough to see a stall of 10 ms, and cheap: 50 callbacks per second
LATE_TICK_MS = 2.0  # a tick on an idle machine is late by less
MAX_STALLS = 10_000


class LoopLag:
    """Measure how long this process kept its event loop from running.

    Whatever was answered meanwhile seems to have taken longer than it did: an import, a key
    derivation or a busy machine must not be reported as a slow deployment.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # when a stall ended, by the clock in s, and its length in ms
        self._stalls: deque[tuple[float, float]] = deque(maxlen=MAX_STALLS)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure in the running event loop."""
        self._next(asyncio.get_running_loop())

    def stop(self) -> None:
        """Stop ticking; what was measured remains."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stalled_ms(self, since: float) -> float:
        """Return how many of the milliseconds since ``since`` (a clock reading) were stalls."""
        total = 0.0
        for ended, length in reversed(self._stalls):
            if ended <= since:
                break
            total += min(length, (ended - since) * 1000)
        return total

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._clock() + TICK_S
        # a plain callback, since it runs before any task that the same turn of the loop wakes up
        self._timer = loop.call_later(TICK_S, self._tick, loop, due)

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = self._clock()
        late = (now - due) * 1000
        if late > LATE_TICK_MS:
            self._stalls.append((now, late))
        self._next(loop)


class Context:
    """Read-only to checks, but for live things: what one check opened, the next may use.

    ``tls_context`` and ``tls_unverified`` are there once ``tls-files`` has succeeded.
    """

    def __init__(
        self,
        parsed: Parsed,
        settings: Settings,
        driver: Driver,
        snapshot: Callable[[], Evidence],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parsed = parsed
        self.settings = settings
        self.driver = driver
        self.connections: dict[str, Connection] = {}
        self._opened: list[Connection] = []
        self.tls_context: ssl.SSLContext
        self.tls_unverified: ssl.SSLContext
        self.deadline = clock() + settings.deadline
        self.lag = LoopLag(clock)
        self._latest = self.deadline + settings.extension
        self._lookups_s = 0.0
        self._snapshot = snapshot
        self._clock = clock
        self._undo: list[AbstractContextManager[Any]] = []
        self._so_far: dict[str, Callable[[], Any]] = {}

    @property
    def evidence(self) -> Evidence:
        """What earlier checks saw, at this moment."""
        return self._snapshot()

    @property
    def target(self) -> Target:
        """The parsed connection string; only for checks that need ``uri``."""
        if self.parsed.target is None:
            raise RuntimeError("a check that needs a target ran without one")
        return self.parsed.target

    @property
    def credentials(self) -> Credentials | None:
        """What must not be shown; None where the string has none, or is malformed."""
        return self.parsed.credentials

    @property
    def options(self) -> Any:
        """The options in force, those of the TXT record included."""
        return self.evidence.options

    @property
    def now(self) -> datetime:
        """The local clock, in UTC."""
        return datetime.now(UTC)

    @property
    def cap(self) -> float:
        """Seconds that one check may take: more if lookups, which the driver repeats, are slow."""
        return self.settings.cap + self._lookups_s

    @property
    def lookups_s(self) -> float:
        """Seconds that the driver needs to look names up again, if that is slow here."""
        return self._lookups_s

    def remaining(self) -> float:
        """Seconds that a check that starts now may take: its cap, or what the run has left."""
        return max(min(self.cap, self.deadline - self._clock()) - MARGIN_S, 0.05)

    def left(self) -> float:
        """Seconds that the run has left, for a check that may use all of them."""
        return max(self.deadline - self._clock() - MARGIN_S, 0.05)

    def extend(self) -> None:
        """Let the run take longer, since name resolution is slow but works."""
        self.deadline = self._latest

    def slow_lookup(self, seconds: float) -> None:
        """Note that a lookup took long: later checks get the time to repeat it."""
        self._lookups_s = max(self._lookups_s, 1.25 * seconds)
        self.extend()

    def elapsed_ms(self, since: float) -> float:
        """Milliseconds since ``since``, a reading of `clock`."""
        return (self._clock() - since) * 1000

    def stalled_ms(self, since: float) -> float:
        """Return how long since ``since`` this process itself held up the event loop, in ms."""
        return self.lag.stalled_ms(since)

    def clock(self) -> float:
        """A monotonic reading, in seconds."""
        return self._clock()

    def keep(self, check: str, data: Callable[[], Any]) -> None:
        """Let ``data`` say what a check that takes long has seen, should it be interrupted."""
        self._so_far[check] = data

    def so_far(self, check: str) -> Any:
        """What an unfinished check has seen, as it said by `keep`; None where nothing."""
        return self._so_far[check]() if check in self._so_far else None

    def opened(self, connection: Connection) -> Connection:
        """Return ``connection``, which is closed when the run ends, whatever becomes of its check.

        A check that is stopped at its cap has no chance to close what it works with.
        """
        self._opened.append(connection)
        return connection

    def on_close(self, undo: AbstractContextManager[Any]) -> None:
        """Have ``undo`` left when the run ends; it was entered by the caller."""
        self._undo.append(undo)

    def close(self) -> None:
        """Close every connection that is still open, and undo what `on_close` was told of."""
        self.lag.stop()
        for undo in reversed(self._undo):
            undo.__exit__(None, None, None)
        self._undo.clear()
        for connection in (*self.connections.values(), *self._opened):
            connection.close()
        self.connections.clear()
        self._opened.clear()
