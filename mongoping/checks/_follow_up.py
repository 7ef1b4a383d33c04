"""Open a further, short connection that finds out why a check failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mongoping.checks.tcp import dial

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection
    from mongoping.uri.host import Host

FOLLOW_UP_TIMEOUT_S = 1.0  # for each extra probe after the main one failed


@asynccontextmanager
async def follow_up(ctx: Context, host: Host) -> AsyncIterator[Connection]:
    """Open a connection for the block, which has `FOLLOW_UP_TIMEOUT_S` seconds.

    Raises:
        OSError: The connection cannot be opened.
        TimeoutError: The time is over.
    """
    async with asyncio.timeout(FOLLOW_UP_TIMEOUT_S):
        connection = await dial(ctx, host)
        try:
            yield connection
        finally:
            connection.close()
