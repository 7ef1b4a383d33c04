"""What a check is given: the target, the evidence so far, the clock, and live connections."""

from __future__ import annotations

import time
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
    from mongoping.target import Credentials, Parsed, Target

MARGIN_S = 0.15  # a check stops itself before the runner stops it, to keep what it saw


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
        self.tls_context: ssl.SSLContext
        self.tls_unverified: ssl.SSLContext
        self.deadline = clock() + settings.deadline
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

    def remaining(self) -> float:
        """Seconds that a check that starts now may take: its cap, or what the run has left."""
        left = min(self.settings.cap, self.deadline - self._clock())
        return max(left - MARGIN_S, 0.05)

    def elapsed_ms(self, since: float) -> float:
        """Milliseconds since ``since``, a reading of `clock`."""
        return (self._clock() - since) * 1000

    def clock(self) -> float:
        """A monotonic reading, in seconds."""
        return self._clock()

    def keep(self, check: str, data: Callable[[], Any]) -> None:
        """Let ``data`` say what a check that takes long has seen, should it be interrupted."""
        self._so_far[check] = data

    def so_far(self, check: str) -> Any:
        """What an unfinished check has seen, as it said by `keep`; None where nothing."""
        return self._so_far[check]() if check in self._so_far else None

    def on_close(self, undo: AbstractContextManager[Any]) -> None:
        """Have ``undo`` left when the run ends; it was entered by the caller."""
        self._undo.append(undo)

    def close(self) -> None:
        """Close every connection that is still open, and undo what `on_close` was told of."""
        for undo in reversed(self._undo):
            undo.__exit__(None, None, None)
        self._undo.clear()
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()
