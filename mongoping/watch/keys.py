"""Read single keys from the terminal without echoing them, and restore the terminal."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
from typing import TYPE_CHECKING, Any

from mongoping import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 256
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)?")  # ECMA-48 CSI and SS3: arrows and such


def parse(data: bytes) -> list[str]:
    """Return the keys in what a terminal sent; sequences of special keys are left out."""
    text = _SEQUENCE.sub(b"", data).decode("utf-8", "ignore")
    return [char.lower() for char in text if char.isprintable()]


class Keyboard:
    """A terminal that passes on each key at once and echoes none; use it as a context manager.

    Ctrl-C and Ctrl-Z keep working. The former settings come back at the end of the block, and
    before a signal ends the process. On Windows, whose consoles work differently, no keys are read.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._former: list[Any] | None = None
        self._removal: signals.Removal | None = None

    @classmethod
    def of(cls, stream: Any) -> Keyboard | None:
        """Return the keyboard of standard input, or None if it is not our terminal.

        A process in the background would be stopped if it read from its terminal.
        """
        if sys.platform == "win32":
            return None
        try:
            import termios  # noqa: F401 - some builds of Python lack it

            descriptor = stream.fileno()
            if os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp():
                return cls(descriptor)
        except (ImportError, OSError, ValueError, AttributeError):
            return None
        return None

    def __enter__(self) -> Keyboard:
        if sys.platform == "win32":
            return self
        import termios

        with signals.defer():
            self._former = termios.tcgetattr(self.descriptor)
            self._removal = signals.Removal(self.restore)
            self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        with signals.defer():
            self.restore()
            if self._removal is not None:
                self._removal.cancel()

    def listen(self) -> None:
        """Switch echo and line editing off."""
        if sys.platform == "win32" or self._former is None:
            return
        import termios

        settings = [*self._former[:6], list(self._former[6])]
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, settings)

    def restore(self) -> None:
        """Restore the settings, and drop keys that were not read. May be called twice."""
        if sys.platform == "win32" or self._former is None:
            return
        import termios

        with contextlib.suppress(termios.error), _background_allowed():
            termios.tcsetattr(self.descriptor, termios.TCSAFLUSH, self._former)

    def read(self) -> list[str] | None:
        """Return the keys pressed since the last call, or None if the terminal is gone."""
        try:
            if not select.select([self.descriptor], [], [], 0)[0]:
                return []
            data = os.read(self.descriptor, CHUNK)
        except OSError:
            return None
        return parse(data) if data else None


@contextlib.contextmanager
def _background_allowed() -> Iterator[None]:
    """Let a process in the background change its terminal, which would otherwise stop it."""
    if sys.platform == "win32":
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
