"""Wait for asyncio tasks to end, without warnings about exceptions never retrieved."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

CLOSING_S = 5.0  # for steps that need no answer from a peer; a busy loop may take seconds


async def run_to_completion(work: Coroutine[Any, Any, None]) -> None:
    """Await ``work`` to its end even if the caller is cancelled, then raise CancelledError."""
    task = asyncio.ensure_future(work)
    cancellation = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        _retrieve_exception(task)
        raise cancellation
    task.result()


async def wait_until_done(tasks: Iterable[asyncio.Future[Any]], timeout: float) -> None:
    """Wait up to ``timeout`` seconds for tasks that are about to end.

    Retrieve their exceptions, so that asyncio prints no warning.
    """
    tasks = set(tasks)
    for task in tasks:
        task.add_done_callback(_retrieve_exception)
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)


def _retrieve_exception(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
