"""Resolve names like the system, without blocking the threads of the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

from mongoping.observer import Stopwatch


async def getaddrinfo(name: str, port: int | None, *, family: int = 0, flags: int = 0) -> list[Any]:
    """Return what `socket.getaddrinfo` finds for TCP, looked up in a separate thread.

    The event loop has few threads for lookups, and `asyncio.run` waits for them before it returns.
    A lookup that hangs would occupy one of them, and delay the end of the caller's program until
    the system's resolver times out. A cancelled lookup goes on until then.
    """
    loop = asyncio.get_running_loop()
    stopwatch = Stopwatch("dns", "system")
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def finish(infos: list[Any] | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(infos or [])

    def look_up() -> None:
        infos, error = None, None
        try:
            kind = socket.SOCK_STREAM
            infos = list(socket.getaddrinfo(name, port, family=family, type=kind, flags=flags))
        except Exception as failure:
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop was closed in the meantime
            loop.call_soon_threadsafe(finish, infos, error)

    threading.Thread(target=look_up, name="mongoping-lookup", daemon=True).start()
    if not stopwatch:
        return await answer
    try:
        rows = await answer
    except (OSError, UnicodeError) as error:
        stopwatch.done(f"{name}: {error}")
        raise
    stopwatch.done(f"{name}: {', '.join(dict.fromkeys(str(row[4][0]) for row in rows))}")
    return rows
