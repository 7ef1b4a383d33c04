"""Let an observer see what a run sends and receives, while it happens.

Without an observer, an event costs one look-up of a context variable. Tasks inherit the observer
of the code that creates them, so runs in one process do not see each other's events.
"""

from __future__ import annotations

import contextlib
import time
from contextvars import ContextVar

TYPE_CHECKING = False  # the health probe starts without typing
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Literal, Protocol

    from mongoping.uri.target import Credentials

    Kind = Literal["dns", "tcp", "tls", "probe", "driver", "atlas"]

    class Observer(Protocol):
        """The receiver of events. Its methods must not raise."""

        def learn(self, credentials: Credentials) -> None:
            """Hide these secrets from now on."""

        def note(self, kind: Kind, peer: str, text: str, ms: float | None = None) -> None:
            """Record an event; ``ms`` is how long it took. ``text`` may be foreign."""

        def message(
            self,
            kind: Kind,
            peer: str,
            document: Mapping[str, Any] | bytes,
            *,
            is_sent: bool,
            ms: float | None = None,
        ) -> None:
            """Record a command or a reply, as a document or as bytes that are not one."""


_current: ContextVar[Observer | None] = ContextVar("observer", default=None)


def current() -> Observer | None:
    """Return the observer of this run, or None."""
    return _current.get()


@contextlib.contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Send the events of the block, and of the tasks that it creates, to an observer."""
    token = _current.set(observer)
    try:
        yield
    finally:
        _current.reset(token)


class Stopwatch:
    """A clock for one step that an observer records; without an observer, it does nothing."""

    def __init__(self, kind: Kind, peer: str) -> None:
        self._observer = _current.get()
        self._kind: Kind = kind
        self._peer = peer
        self._began = time.perf_counter() if self._observer is not None else 0.0

    def __bool__(self) -> bool:
        return self._observer is not None

    @property
    def ms(self) -> float:
        """Return the milliseconds since the start."""
        return (time.perf_counter() - self._began) * 1000

    def done(self, text: str) -> None:
        """Note the end of the step."""
        if self._observer is not None:
            self._observer.note(self._kind, self._peer, text, self.ms)

    def message(self, document: Mapping[str, Any] | bytes, *, is_sent: bool) -> None:
        """Record a command, or its reply with the time since the start."""
        if self._observer is not None:
            ms = None if is_sent else self.ms
            self._observer.message(self._kind, self._peer, document, is_sent=is_sent, ms=ms)
