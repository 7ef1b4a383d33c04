"""Open further connections to a host, beside the one that the checks share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mongoping.checks._socket_addresses import socket_address
from mongoping.observations import Address, observation

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.model import Evidence
    from mongoping.probe.connection import Connection
    from mongoping.uri.host import Host

FOLLOW_UP_TIMEOUT_S = 1.0  # for each extra probe after the main one failed


def patience_s(evidence: Evidence) -> float:
    """Return the timeout in seconds for optional requests: a few round trips to this deployment."""
    rtt = max((result.data.rtt_ms for result in evidence.of("hello") if result.ok), default=0.0)
    return 1.0 + 4 * float(rtt) / 1000


async def dial(ctx: Context, host: Host) -> Connection:
    """Open another connection to the address that the driver uses.

    Raise OSError or TimeoutError.
    """
    from mongoping.probe.connection import Connection

    facts = observation(ctx.evidence, "tcp", str(host))
    if facts is None:
        raise OSError(f"no address of {host} was tried")
    address = next(attempt for attempt in facts.attempts if attempt.address == facts.used)
    family, where = socket_address(Address(address.address, address.family), host)
    return ctx.close_later(await Connection.open(family, where, ctx.remaining()))


@asynccontextmanager
async def follow_up(ctx: Context, host: Host) -> AsyncIterator[Connection]:
    """Open a connection for the block, which has `FOLLOW_UP_TIMEOUT_S` seconds.

    Raises:
        OSError: The connection cannot be opened.
        TimeoutError: The time is over.
    """
    async with ctx.timeout(FOLLOW_UP_TIMEOUT_S):
        connection = await dial(ctx, host)
        try:
            yield connection
        finally:
            connection.close()


async def greet(ctx: Context, host: Host, hello: dict[str, Any]) -> dict[str, Any]:
    """Send a hello command on a new connection and return the reply.

    Raises:
        OSError, ClosedByPeerError, WireError: what `Connection` raises.
    """
    connection = await dial(ctx, host)
    try:
        if ctx.evidence.tls:
            await connection.start_tls(ctx.tls_context, host.name)
        return await connection.command(hello)
    finally:
        connection.close()
