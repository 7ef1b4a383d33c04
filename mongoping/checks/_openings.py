"""Find out why a peer gives no proper reply: what it sent, and how it reacts to other openings."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mongoping.checks._connections import dial, follow_up
from mongoping.data import protocols
from mongoping.model import Failure
from mongoping.probe import wire
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection
    from mongoping.probe.stream import Stream

RECORDS = (b"\x15", b"\x16")  # TLS starts with an alert or a handshake record (RFC 8446, 5.1)
FIRST_BYTES_S = 0.15  # full servers close at once, and greetings arrive at once
NOT_A_HEADER = "the first bytes are not the header of a MongoDB message"


async def explain(ctx: Context, host: Host, failure: Failure, connection: Connection) -> Failure:
    """Return the failure with what this and further connections show about the peer.

    Further connections go only to seeds, which the user chose. A host that only another server
    has named gets none, as a driver would not send any.
    """
    failure = first_signs(connection, failure)
    facts = dict(failure.facts)
    is_known = failure.kind in ("alert", "not-mongodb") or facts.get("speaks_tls")
    if is_known or str(host) not in ctx.evidence.seed_names:
        return failure
    if connection.tls is None:
        return await _explain_plain(ctx, host, failure, connection)
    if failure.kind in ("eof", "reset", "tls"):
        facts["closes_first"] = False
        if failure.kind != "tls" and not connection.heard:
            facts["tls_behind"], alert = await asyncio.gather(
                _tls_behind(ctx, host), _alert_after_handshake(ctx, host)
            )
            if alert is not None:
                return alert.replace(facts=facts)
    return failure.replace(facts=facts)


def first_signs(stream: Stream, failure: Failure) -> Failure:
    """Return the failure with what the failed connection itself shows about the peer. Pure."""
    # after a reset, only `head` has the received bytes
    peer_bytes = stream.said or (stream.head if stream.tls is None else b"")
    peer_text = peer_bytes.decode("latin-1")
    facts = {**failure.facts, "head": peer_text[:64], "tls": stream.tls is not None}
    if failure.kind == "alert":
        return failure.replace(facts={**facts, "closes_first": False})
    if protocols.is_tls(peer_text) and stream.tls is None:
        return failure.replace(kind="eof", facts={**facts, "speaks_tls": True})
    failure = failure.replace(facts=facts)
    if _is_foreign(failure, peer_text):
        return failure.replace(kind="not-mongodb", message=NOT_A_HEADER)
    return failure


async def _explain_plain(
    ctx: Context, host: Host, failure: Failure, connection: Connection
) -> Failure:
    """Find out on further connections why a hello without TLS had no reply."""
    facts = dict(failure.facts)
    greeting: bytes | None = None
    if failure.kind in ("eof", "reset"):
        greeting, http, tls, legacy, proxy = await asyncio.gather(
            first_bytes(ctx, host),
            http_answer(ctx, host),
            speaks_tls(ctx, host),
            _legacy(ctx, host),
            answers_behind_header(ctx, host),
        )
        facts |= {"closes_first": greeting == b"", "http": http, "behind_proxy_header": proxy}
        facts |= {"speaks_tls": tls, "legacy_wire": legacy}
    elif failure.kind == "timeout":
        greeting, tls = await asyncio.gather(first_bytes(ctx, host), speaks_tls(ctx, host))
        facts["speaks_tls"] = tls
    if greeting and not facts.get("speaks_tls"):
        return speaks_first(greeting)
    return failure.replace(facts=facts)


def speaks_first(greeting: bytes) -> Failure:
    """Return the failure of a peer that sends data before it has received any."""
    facts = {"head": greeting[:64].decode("latin-1"), "tls": False}
    return Failure("not-mongodb", "it sends data first, which no MongoDB server does", facts=facts)


def _is_foreign(failure: Failure, peer_text: str) -> bool:
    """Return whether the few bytes received cannot start a MongoDB message."""
    short = 0 < len(peer_text) < wire.HEADER_BYTES
    if failure.kind not in ("eof", "reset", "timeout") or not short:
        return False
    return protocols.recognize(peer_text) is not None or protocols.is_text(peer_text)


async def first_bytes(ctx: Context, host: Host) -> bytes | None:
    """Return what the server sends before it has received anything.

    Empty if it closes at once, as a full server does. None if it waits, as other servers do, or
    if no further connection could be opened.
    """
    try:
        connection = await dial(ctx, host)
    except (OSError, TimeoutError):
        return None
    try:
        async with ctx.timeout(FIRST_BYTES_S):
            return await connection.read(64)
    except TimeoutError:
        return None
    except OSError:
        return b""
    finally:
        connection.close()


async def _tls_behind(ctx: Context, host: Host) -> bool | None:
    """Return whether a server that requires TLS is behind a proxy that already terminates TLS."""
    import ssl

    from mongoping.probe import tls
    from mongoping.probe.connection import ClosedByPeerError

    inner, opening = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = tls.context({}, verify=False).wrap_bio(inner, opening)
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()  # writes its ClientHello
    try:
        async with follow_up(ctx, host) as connection:
            await connection.start_tls(ctx.tls_context, host.name)
            await connection.send(opening.read())
            return await connection.read(1) in RECORDS
    except (OSError, TimeoutError, ClosedByPeerError):
        return None


async def _alert_after_handshake(ctx: Context, host: Host) -> Failure | None:
    """Return the alert that follows a handshake if the client sends nothing afterwards.

    When a server resets the connection, its alert is lost as soon as the client writes.
    """
    import ssl

    from mongoping.probe.connection import ClosedByPeerError, failure_of

    try:
        async with follow_up(ctx, host) as connection:
            await connection.start_tls(ctx.tls_context, host.name)
            await connection.read(1)
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
        async with follow_up(ctx, host) as connection:
            await connection.send(connection.proxy_header())
            reply = await connection.command({"hello": 1})
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return False
    return "ok" in reply


async def _legacy(ctx: Context, host: Host) -> int | None:
    """Return the maxWireVersion in the reply to OP_QUERY, or None without a reply."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    try:
        async with follow_up(ctx, host) as connection:
            reply = await connection.command({"ismaster": 1}, legacy=True)
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return None
    newest = reply.get("maxWireVersion")
    return newest if isinstance(newest, int) else 0


async def speaks_tls(ctx: Context, host: Host, *, behind_header: bool = False) -> bool:
    """Return whether the peer answers a TLS handshake in TLS; nothing is verified.

    Args:
        behind_header: Whether to send a PROXY protocol header first.
    """
    import ssl

    from mongoping.probe import tls
    from mongoping.probe.connection import ClosedByPeerError

    try:
        async with follow_up(ctx, host) as connection:
            if behind_header:
                await connection.send(connection.proxy_header())
            await connection.start_tls(tls.context({}, verify=False), host.name)
    except ssl.SSLError as error:
        # an alert is TLS too; the server only rejects the terms
        return "ALERT" in (error.reason or "")
    except (OSError, TimeoutError, ClosedByPeerError):
        return False
    return True


async def speaks_plain(ctx: Context, host: Host) -> bool:
    """Return whether the server answers a hello without TLS, with the reply of a MongoDB server."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    try:
        async with follow_up(ctx, host) as connection:
            reply = await connection.command({"hello": 1})
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return False
    return "ok" in reply


async def http_answer(ctx: Context, host: Host) -> str | None:
    """Return the start of the reply to a line of HTTP, or None.

    A reply counts also if the connection stays open after it, or ends badly.
    """
    text = bytearray()
    with contextlib.suppress(OSError, TimeoutError):
        async with follow_up(ctx, host) as connection:
            await connection.send(b"GET / HTTP/1.0\r\n\r\n")
            while len(text) < 400 and (part := await connection.read(400)):
                text += part
    return bytes(text[:400]).decode("latin-1") or None
