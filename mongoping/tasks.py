"""End asyncio tasks so that none runs on and none is printed as never retrieved."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

CLOSING_S = 5.0  # for what needs no answer from a peer; a busy loop may need seconds


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await ``work`` to its end, also if the caller is cancelled meanwhile; then pass that on."""
    task = asyncio.ensure_future(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        _note(task)
        raise cancelled
    task.result()


async def settled(tasks: Iterable[asyncio.Future[Any]], timeout: float) -> None:
    """Wait for tasks that end soon, for at most ``timeout`` seconds.

    Take note of every exception, so that none is printed as never retrieved.
    """
    tasks = set(tasks)
    for task in tasks:
        task.add_done_callback(_note)
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)


def _note(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
