"""The TLS handshake with every host, with the driver's own context and names.

When it fails, further short connections find out why: the same handshake without checks
(to see what the server shows), a plain hello, and a line of HTTP, which mongod answers in
plain text whatever its TLS mode.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mongoping.checks.tcp import dial
from mongoping.model import Check, Evidence, Failure, Host, Line, Outcome
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection
    from mongoping.probe.tls import CertificateSeen

ASIDE_S = 1.0  # for one further question; the main one has had its time
HTTP_MARK = "MongoDB over HTTP"


class TlsSeen(Record):
    """A handshake: what was agreed, or what a refused server showed. Days count from now.

    ``plain_hello`` and ``http`` are None where nobody asked.
    """

    version: str | None = None
    cipher: str | None = None
    chain: tuple[CertificateSeen, ...] = ()
    chain_length: int = 0
    days_left: float | None = None
    duration_ms: float = 0.0
    received: int = 0
    first_bytes: str = ""
    plain_hello: bool | None = None
    http: str | None = None
    asks_certificate: bool | None = None  # whether the server asked for the client's


async def run(ctx: Context, host: Host) -> Outcome:
    """Shake hands on the connection that the TCP check left open."""
    from mongoping.probe.connection import ClosedByPeerError, failure_of

    connection = ctx.connections.pop(str(host))
    began, limit = ctx.clock(), ctx.remaining()
    try:
        async with asyncio.timeout(limit):
            await connection.start_tls(ctx.tls_context, host.name)
    except (OSError, TimeoutError, ClosedByPeerError) as error:
        failure = _with_alert(failure_of(error))
        took = ctx.elapsed_ms(began)
        connection.close()
        return await _explain(ctx, host, failure, connection, took)
    ctx.connections[str(host)] = connection
    return Outcome(await _describe(ctx, connection, ctx.elapsed_ms(began)))


def _with_alert(failure: Failure) -> Failure:
    from mongoping.probe.tls import alert_number

    if failure.kind != "alert":
        return failure
    return Failure(
        failure.kind, failure.message, None, alert_number(failure.message), failure.facts
    )


async def _describe(ctx: Context, connection: Connection, took: float) -> TlsSeen:
    from mongoping.probe import tls

    session = connection.tls
    if session is None:
        return TlsSeen(duration_ms=took)
    await ctx.driver.settle()
    ders = tls.chain(session)
    read = [tls.describe(der) for der in ders[: tls.MAX_CHAIN]]
    found = tuple(one for one in read if one is not None)
    cipher = session.cipher()
    return TlsSeen(
        version=session.version(),
        cipher=cipher[0] if cipher else None,
        chain=found,
        chain_length=len(ders),
        days_left=found[0].days_left(datetime.now(UTC)) if found else None,
        duration_ms=took,
        received=connection.received,
        asks_certificate=tls.asked_for_certificate(session),
    )


async def _explain(
    ctx: Context, host: Host, failure: Failure, failed: Connection, took: float
) -> Outcome:
    """Ask on further connections what one handshake could not tell."""
    if failure.kind == "timeout":
        return Outcome(TlsSeen(duration_ms=took, received=failed.received), failure)
    if failure.kind == "certificate":
        return Outcome(await _unverified(ctx, host, took), failure)
    head = failed.head[:64]
    shown = head.decode("latin-1") if head[:1] not in (b"\x15", b"\x16") else ""
    if shown:  # it has said what it is, and mongod never speaks first
        return Outcome(
            TlsSeen(duration_ms=took, received=failed.received, first_bytes=shown), failure
        )
    plain, http = await asyncio.gather(speaks_plain(ctx, host), http_answer(ctx, host))
    seen = TlsSeen(
        duration_ms=took,
        received=failed.received,
        first_bytes=shown,
        plain_hello=plain,
        http=http,
        asks_certificate=_asked(failed),
    )
    return Outcome(seen, failure)


def _asked(connection: Connection) -> bool | None:
    from mongoping.probe import tls

    return None if connection.tls is None else tls.asked_for_certificate(connection.tls)


async def _unverified(ctx: Context, host: Host, took: float) -> TlsSeen:
    """What a server shows to a client that checks nothing."""
    from mongoping.probe.connection import ClosedByPeerError

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.start_tls(ctx.tls_unverified, host.name)
                return await _describe(ctx, connection, took)
            finally:
                connection.close()
    except (OSError, TimeoutError, ClosedByPeerError):
        return TlsSeen(duration_ms=took)


async def speaks_plain(ctx: Context, host: Host) -> bool:
    """Whether the server answers a hello without TLS."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.command({"hello": 1})
            finally:
                connection.close()
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        return False
    return True


async def http_answer(ctx: Context, host: Host) -> str | None:
    """The first words of the answer to a line of HTTP, or None."""
    try:
        async with asyncio.timeout(ASIDE_S):
            connection = await dial(ctx, host)
            try:
                await connection.send(b"GET / HTTP/1.0\r\n\r\n")
                text = bytearray()
                while len(text) < 400 and (part := await connection.read(400)):
                    text += part
            finally:
                connection.close()
    except (OSError, TimeoutError):
        return None
    return bytes(text[:400]).decode("latin-1") or None


def _applies(evidence: Evidence) -> str | None:
    return None if evidence.tls else "TLS was not asked for"


def _lines(seen: TlsSeen) -> list[Line]:
    rows: list[Line] = []
    if seen.version:
        rows.append(Line("", f"{seen.version}, {seen.cipher}  {seen.duration_ms:.1f} ms"))
    for certificate in seen.chain[:1]:
        left = "" if seen.days_left is None else f", {_left(seen.days_left)}"
        late = seen.days_left is not None and seen.days_left < 0
        names = certificate.listed() or certificate.common_name or "no name"
        rows.append(Line("certificate", f"for {names}{left}", "warn" if late else "ok"))
        rows.append(Line("issued by", certificate.issuer))
    return rows


def _summary(seen: TlsSeen) -> str:
    left = "" if seen.days_left is None else f", {_left(seen.days_left)}"
    return f"{seen.version}{left}"


def _left(days: float) -> str:
    return f"{days:.0f} days left" if days >= 0 else f"expired {-days:.0f} days ago"


CHECK = Check(
    name="tls",
    layer="tls",
    summary="the handshake with every host",
    run=run,
    per_host=True,
    needs=("tls-files", "tcp"),
    applies=_applies,
    vacuous=True,
    summarise=_summary,
    lines=_lines,
)
