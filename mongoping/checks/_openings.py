"""Why no hello came: what was said instead, and how the host treats other openings."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mongoping.checks.tcp import dial
from mongoping.checks.tls import ASIDE_S, http_answer
from mongoping.model import Failure, Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection

RECORDS = (b"\x15", b"\x16")  # an alert, a handshake: how TLS begins (RFC 8446, section 5.1)
FIRST_WORD_S = 0.15  # a full server closes at once; one that waits for us says nothing


async def explain(ctx: Context, host: Host, failure: Failure, failed: Connection) -> Failure:
    """Why no hello came: what was said instead, and how the server treats other openings."""
    facts = dict(failure.facts)
    facts["head"] = failed.head[:64].decode("latin-1") if failed.tls is None else ""
    facts["tls"] = failed.tls is not None
    if failure.kind in ("eof", "reset") and failed.tls is None:
        early, http, tls, legacy, proxied = await asyncio.gather(
            closes_first(ctx, host),
            http_answer(ctx, host),
            speaks_tls(ctx, host),
            _legacy(ctx, host),
            answers_behind_header(ctx, host),
        )
        facts |= {"closes_first": early, "http": http, "speaks_tls": tls, "legacy_wire": legacy}
        facts["behind_proxy_header"] = proxied
    elif failure.kind in ("eof", "reset", "alert", "tls"):
        facts["closes_first"] = False
        if failure.kind in ("eof", "reset") and not failed.heard:
            facts["tls_behind"], alert = await asyncio.gather(
                _tls_behind(ctx, host), _alert_after_handshake(ctx, host)
            )
            if alert is not None:
                return Failure(alert.kind, alert.message, None, alert.code, facts)
    elif failure.kind == "timeout" and failed.received == 0 and failed.tls is None:
        facts["speaks_tls"] = await speaks_tls(ctx, host)
    return Failure(failure.kind, failure.message, failure.errno, failure.code, facts)


async def closes_first(ctx: Context, host: Host) -> bool | None:
    """Whether the server closes before it has heard a word, as one does that is full."""
    try:
        connection = await dial(ctx, host)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(FIRST_WORD_S):
            return await connection.read(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        connection.close()


async def speaks_tls(ctx: Context, host: Host) -> bool | None:
    """Whether a TLS handshake without any check gets an answer in TLS."""
    import ssl

    from mongoping.probe import tls
    from mongoping.probe.connection import ClosedByPeerError

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.start_tls(tls.context({}, verify=False), host.name)
            finally:
                connection.close()
    except ssl.SSLError as error:
        # an alert is TLS as well: only the server's terms were not met
        return "ALERT" in (error.reason or "")
    except (OSError, TimeoutError, ClosedByPeerError):
        return False
    return True


async def _tls_behind(ctx: Context, host: Host) -> bool | None:
    """Whether a server that wants TLS stands behind something that ends TLS already."""
    import ssl

    from mongoping.probe import tls
    from mongoping.probe.connection import ClosedByPeerError

    inner, opening = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls.context({}, verify=False).wrap_bio(inner, opening)
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()  # writes its ClientHello
    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.start_tls(ctx.tls_context, host.name)
                await connection.send(opening.read())
                return await connection.read(1) in RECORDS
            finally:
                connection.close()
    except (OSError, TimeoutError, ClosedByPeerError):
        return None


async def _alert_after_handshake(ctx: Context, host: Host) -> Failure | None:
    """Return the alert that follows a handshake if the client then only listens.

    A server that resets the connection destroys its own alert once the client writes to it.
    """
    import ssl

    from mongoping.probe.connection import ClosedByPeerError, failure_of

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.start_tls(ctx.tls_context, host.name)
                await connection.read(1)
            finally:
                connection.close()
    except ssl.SSLError as error:
        failure = failure_of(error)
        return failure if failure.kind == "alert" else None
    except (OSError, TimeoutError, ClosedByPeerError):
        return None
    return None


async def answers_behind_header(ctx: Context, host: Host) -> bool:
    """Return whether the server answers a hello that follows a PROXY protocol header."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.send(connection.proxy_header())
                reply = await connection.command({"hello": 1})
            finally:
                connection.close()
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return False
    return "ok" in reply


async def _legacy(ctx: Context, host: Host) -> int | None:
    """The maxWireVersion that a server states to OP_QUERY, where it answers that alone."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                reply = await connection.command({"ismaster": 1}, legacy=True)
            finally:
                connection.close()
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return None
    wire = reply.get("maxWireVersion")
    return wire if isinstance(wire, int) else 0
