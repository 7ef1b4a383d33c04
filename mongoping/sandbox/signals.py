"""Take a sandbox away in good order when its process is told to end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def orderly() -> Iterator[None]:
    """Make Ctrl-C, SIGTERM and SIGHUP one `KeyboardInterrupt`, and no second one.

    What is undone on the way out cannot be interrupted again, or a server would stay behind.
    For the main thread.
    """
    former = {number: signal.getsignal(number) for number in ENDING}

    def end(number: int, frame: object) -> NoReturn:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
