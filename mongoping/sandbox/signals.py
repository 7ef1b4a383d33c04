"""Take a sandbox away in good order when its process is told to end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def orderly() -> Iterator[None]:
    """Make Ctrl-C, SIGTERM and SIGHUP one `KeyboardInterrupt`, and no second one.

    What is undone on the way out cannot be interrupted again, or a server would stay behind.
    For the main thread.
    """

    def end(number: int, frame: object) -> NoReturn:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _handled_by(end):
        yield


@contextmanager
def passed_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave the end to a child. Ctrl-C in a terminal reaches it anyway; the rest is passed on.

    Nothing is raised: an exception in the midst of waiting can lose the child's exit code.
    """
    interrupts = 0

    def pass_on(number: int, frame: object) -> None:
        nonlocal interrupts
        interrupts += number == signal.SIGINT
        if number != signal.SIGINT or interrupts > 1:
            child.terminate()

    with _handled_by(pass_on):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, Any], object]) -> Iterator[None]:
    former = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in former.items():
            signal.signal(number, earlier)
