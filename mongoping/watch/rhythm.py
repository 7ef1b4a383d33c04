"""Naps that end together: waking an idle CPU costs more than what is then done.

The driver's monitors nap half a second at a time, each by itself: some twenty times a second
for a set of three. As long as they end together, and with the ticks, a watch costs a third
less on a machine that has nothing else to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NAP_S = 0.5  # MIN_HEARTBEAT_INTERVAL of PyMongo, and how often it looks for a cancellation
ABOUT_S = 0.1  # what is so near to it is one
_ENDS = getattr(asyncio.futures, "_set_result_unless_cancelled", None)  # how asyncio.sleep ends


@contextmanager
def naps_together(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Meanwhile, every `asyncio.sleep` of about half a second ends on a beat that begins now.

    It ends at most a quarter of a second early or late. Timers of other kinds, as those of
    time limits, are left alone.
    """
    began = loop.time()
    plain = loop.call_later

    def call_later(
        delay: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        if callback is not _ENDS or abs(delay - NAP_S) > ABOUT_S:
            return plain(delay, callback, *args, context=context)
        beat = round((loop.time() + delay - began) / NAP_S)
        return loop.call_at(began + beat * NAP_S, callback, *args, context=context)

    loop.call_later = call_later  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        loop.call_later = plain  # type: ignore[method-assign]
