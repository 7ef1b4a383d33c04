"""Compare an old and a new connection after the driver has lost its own.

A server at its connection limit closes new connections at once and keeps serving old ones; a
server that hangs answers on neither; a middlebox may cut each connection after a while. Only an
old and a new connection side by side distinguish these.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from mongoping.checks._connections import dial
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.observations import HelloFacts
    from mongoping.probe.connection import Connection

FOLLOW_UP_S = 0.8  # for all follow-up requests together; each takes a few round trips
PING_ROLES = ("primary", "standalone", "mongos", "load-balancer")
CLOSE_KINDS = ("eof", "reset")
MAX_COUNT = 10_000_000  # larger numbers are not connection counts


def pinged_host(ctx: Context) -> tuple[Host, HelloFacts] | None:
    """Return the host that the driver most likely uses, with its hello, or None if unclear."""
    rows = [
        (host, result.data)
        for host in ctx.evidence.hosts
        if (result := ctx.evidence.result("hello", str(host))) is not None and result.ok
    ]
    return next((row for row in rows if row[1].role in PING_ROLES), rows[0] if rows else None)


def _reached_host(ctx: Context) -> Host | None:
    """Return a host that accepts TCP connections, or None if there is none."""
    hosts = {result.host for result in ctx.evidence.of("tcp") if result.ok}
    return next((host for host in ctx.evidence.hosts if str(host) in hosts), None)


async def compare_connections(ctx: Context) -> dict[str, Any]:
    """Return how an old and a new connection to the pinged host behave, as facts of a failure.

    ``host`` is its name. ``kept`` is ``ok``, or the kind of failure of a ping on the connection
    that mongoping opened first; it is missing if that one is closed. ``fresh`` is the same for
    a hello on a new connection, ``fresh_ping`` for a ping after it, and ``fresh_bytes`` is the
    number of bytes received there. ``connections`` are the server's own counts, if available.
    """
    target = pinged_host(ctx)
    host = target[0] if target is not None else _reached_host(ctx)
    if host is None:
        return {}
    api = {"apiVersion": "1"} if target is not None and target[1].requires_api else {}
    facts: dict[str, Any] = {"host": str(host)}
    try:
        async with ctx.timeout(min(FOLLOW_UP_S, ctx.remaining())):
            await asyncio.gather(
                _ask_kept(ctx, host, api, facts), _ask_fresh(ctx, host, api, facts)
            )
    except TimeoutError:
        pass  # the facts already say "timeout" for a request without a reply
    return facts


async def ping_kept(ctx: Context, host: Host, seconds: float) -> str | None:
    """Return ``ok`` if mongoping's own connection to a host still answers a ping, else how not.

    Return None if it was closed.
    """
    connection = ctx.connections.get(str(host))
    hello = ctx.evidence.data("hello", str(host))
    if connection is None or connection.closed:
        return None
    api = {"apiVersion": "1"} if getattr(hello, "requires_api", False) else {}
    try:
        async with ctx.timeout(seconds):
            return (await _command(connection, {"ping": 1, **api}))[0]
    except TimeoutError:
        return "timeout"


async def _ask_kept(ctx: Context, host: Host, api: dict[str, Any], facts: dict[str, Any]) -> None:
    connection = ctx.connections.get(str(host))
    if connection is None or connection.closed:
        return
    facts["kept"] = "timeout"
    facts["kept"], _ = await _command(connection, {"ping": 1, **api})
    if facts["kept"] != "ok":
        return
    _, status = await _command(connection, {"serverStatus": 1, **api})
    counts = status.get("connections")
    if status.get("ok") and isinstance(counts, dict):
        numbers: dict[str, Any] = {name: counts.get(name) for name in ("current", "available")}
        # a full server also counts the connection it is about to close: -1 available
        if all(type(number) is int and abs(number) < MAX_COUNT for number in numbers.values()):
            facts["connections"] = {name: max(number, 0) for name, number in numbers.items()}


async def _ask_fresh(ctx: Context, host: Host, api: dict[str, Any], facts: dict[str, Any]) -> None:
    """Open a new connection, and a second one at the same time.

    A full server has room for one connection again once the driver has closed its own.
    """
    facts["fresh"] = "timeout"
    async with AsyncExitStack() as stack:
        first = await _greet(ctx, host, api, stack)
        facts.update(first)
        if first["fresh"] != "ok":
            return
        second = await _greet(ctx, host, api, stack)
        if second["fresh"] in CLOSE_KINDS and not second["fresh_bytes"]:
            facts.update(second, fresh_ping=None)


async def _greet(
    ctx: Context, host: Host, api: dict[str, Any], stack: AsyncExitStack
) -> dict[str, Any]:
    """Send hello and ping on a new connection, which stays open until the stack exits."""
    from mongoping.probe.connection import ClosedByPeerError, failure_of

    facts: dict[str, Any] = {"fresh_bytes": 0}
    try:
        connection = await dial(ctx, host)
    except (OSError, TimeoutError) as error:
        return facts | {"fresh": failure_of(error).kind}
    stack.callback(connection.close)
    try:
        if ctx.evidence.tls:
            await connection.start_tls(ctx.tls_context, host.name)
        facts["fresh"], _ = await _command(connection, {"hello": 1, **api})
        if facts["fresh"] == "ok":
            facts["fresh_ping"], _ = await _command(connection, {"ping": 1, **api})
            facts["resent"] = connection.resent
    except (OSError, ClosedByPeerError) as error:  # of the TLS handshake
        facts["fresh"] = failure_of(error).kind
    return facts | {"fresh_bytes": connection.received}


async def _command(connection: Connection, command: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return ``ok`` or the kind of failure, and the reply."""
    from mongoping.probe.connection import ClosedByPeerError, failure_of
    from mongoping.probe.wire import WireError

    try:
        reply = await connection.command(command)
    except (OSError, ClosedByPeerError, WireError) as error:
        return failure_of(error).kind, {}
    return ("ok" if reply.get("ok") else "command"), reply


async def count_resent(ctx: Context, pings: int, seconds: float) -> tuple[int, int] | None:
    """Ping on mongoping's own connection; return the numbers of resent segments and of pings.

    Return None without such a connection, or if the system does not count resent segments.
    """
    target = pinged_host(ctx)
    connection = ctx.connections.get(str(target[0])) if target else None
    if target is None or connection is None or (before := connection.resent) is None:
        return None
    api = {"apiVersion": "1"} if target[1].requires_api else {}
    sent_pings, after = 0, before
    try:
        async with ctx.timeout(max(seconds, 0.05)):
            for _ in range(pings):
                sent_pings += 1
                kind, _reply = await _command(connection, {"ping": 1, **api})
                if kind != "ok":
                    break
                after = connection.resent or before
    except TimeoutError:
        after = connection.resent or after
    return after - before, sent_pings
