"""Do the TLS handshake with every host, with the context and names that the driver uses.

If it fails, the certificates come from the failed session, and further short connections try a
plain hello, a line of HTTP (which mongod answers in plain text in every TLS mode), and the same
handshake after a PROXY protocol header.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mongoping.checks._connections import follow_up
from mongoping.checks._openings import http_answer, speaks_plain, speaks_tls
from mongoping.data.tls_codes import verify_kind
from mongoping.model import Evidence, Failure, Line, Outcome
from mongoping.observations import TlsFacts
from mongoping.runnable import HostCheck
from mongoping.units import milliseconds
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mongoping.context import Context
    from mongoping.probe.connection import Connection
    from mongoping.probe.stream import Stream


async def run(ctx: Context, host: Host) -> Outcome:
    """Do the handshake on the connection that the TCP check left open."""
    from mongoping.probe.connection import ClosedByPeerError, failure_of

    connection = ctx.connections.pop(str(host))
    began, limit = ctx.clock(), ctx.remaining()
    try:
        async with ctx.timeout(limit):
            await connection.start_tls(ctx.tls_context, host.name)
    except (OSError, TimeoutError, ClosedByPeerError) as error:
        failure = failure_of(error)
        took = ctx.elapsed_ms(began)
        connection.close()
        return await _explain(ctx, host, failure, connection, took)
    ctx.connections[str(host)] = connection
    return Outcome(await _describe(ctx, connection, ctx.elapsed_ms(began)))


async def _describe(ctx: Context, connection: Connection, took: float) -> TlsFacts:
    await ctx.driver.wait_for_import()
    return describe(connection, took)


def describe(stream: Stream, took: float) -> TlsFacts:
    """Return what the TLS session of a stream shows, even if its handshake failed. Pure.

    ``took`` is the duration of the handshake in milliseconds.
    """
    from mongoping.probe import certificates, tls

    session = stream.tls
    if session is None:
        return TlsFacts(duration_ms=took)
    sent, path = certificates.chain(session), certificates.path(session)
    found = certificates.described(sent, sent)
    cipher = session.cipher()
    return TlsFacts(
        version=session.version(),
        cipher=cipher[0] if cipher else None,
        chain=found,
        chain_length=len(sent),
        days_left=found[0].days_left(datetime.now(UTC)) if found else None,
        duration_ms=took,
        received=stream.received,
        asks_certificate=tls.asked_for_certificate(session),
        path=found if path == sent else certificates.described(path, sent),
    )


async def _explain(
    ctx: Context, host: Host, failure: Failure, failed: Connection, took: float
) -> Outcome:
    """Find out on further connections why the handshake failed."""
    if failure.kind == "certificate":
        return Outcome(await _refused(ctx, host, failure, failed, took), failure)
    seen, failure = first_signs(failed, failure, took)
    # it has shown what it is, or it is no seed, to which a driver would send no more
    if seen.first_bytes or str(host) not in ctx.evidence.seed_names:
        return Outcome(seen, failure)
    if failure.kind == "timeout":
        http = await http_answer(ctx, host)
        return Outcome(TlsFacts(duration_ms=took, received=failed.received, http=http), failure)
    ended = failure.kind in ("eof", "reset")
    plain, http, proxied = await asyncio.gather(
        speaks_plain(ctx, host),
        http_answer(ctx, host),
        speaks_tls(ctx, host, behind_header=True) if ended else _no_result(),
    )
    seen = seen.replace(plain_hello=plain, http=http, behind_proxy_header=proxied)
    return Outcome(seen, failure)


def first_signs(failed: Stream, failure: Failure, took: float) -> tuple[TlsFacts, Failure]:
    """Return what a connection shows whose handshake ended before the certificate was verified."""
    from mongoping.probe import tls

    head = failed.head[:64]
    shown = head.decode("latin-1") if head[:1] not in (b"\x15", b"\x16") else ""
    if shown and failure.kind in ("timeout", "eof", "reset"):
        failure = failure.replace(kind="tls", message="the reply to the TLS handshake is not TLS")
    seen = TlsFacts(
        duration_ms=took,
        received=failed.received,
        first_bytes=shown,
        asks_certificate=None if failed.tls is None else tls.asked_for_certificate(failed.tls),
    )
    return seen, failure


async def _no_result() -> None:
    return None


async def _refused(
    ctx: Context, host: Host, failure: Failure, failed: Connection, took: float
) -> TlsFacts:
    """Return what the rejected certificate and the files it was verified with contain."""
    seen = await _describe(ctx, failed, took)
    if not seen.chain:  # OpenSSL before 3.0 drops the chain that it rejected
        seen = (await _unverified(ctx, host, took)) or seen
    return with_files(seen, failure, failed, ctx.options)


def with_files(
    seen: TlsFacts, failure: Failure, failed: Stream, options: Mapping[str, Any]
) -> TlsFacts:
    """Return a rejected handshake with the contents of tlsCAFile or tlsCRLFile, if relevant."""
    from mongoping.probe import certificates

    kind = verify_kind(failure.code)
    if failed.tls is None or failure.kind != "certificate":
        return seen
    if options.get("tlsCAFile") and kind in ("unknown-ca", "invalid-chain"):
        held = failed.tls.context.get_ca_certs(binary_form=True)
        seen = seen.replace(trusted=certificates.subjects(held))
    if (file := options.get("tlsCRLFile")) and kind in ("revoked", "crl-invalid"):
        sent = certificates.chain(failed.tls)
        seen = seen.replace(
            lists=certificates.revocation_lists(str(file), sent[0] if sent else None)
        )
    return seen


async def _unverified(ctx: Context, host: Host, took: float) -> TlsFacts | None:
    """Return the server's certificates as a client sees them that verifies nothing."""
    from mongoping.probe.connection import ClosedByPeerError

    try:
        async with follow_up(ctx, host) as connection:
            await connection.start_tls(ctx.tls_unverified, host.name)
            return await _describe(ctx, connection, took)
    except (OSError, TimeoutError, ClosedByPeerError):
        return None


def _applies(evidence: Evidence) -> str | None:
    return None if evidence.tls else "TLS is off"


def _lines(seen: TlsFacts) -> list[Line]:
    rows: list[Line] = []
    if seen.version:
        rows.append(Line("", f"{seen.version}, {seen.cipher}  {milliseconds(seen.duration_ms)}"))
    for certificate in seen.chain[:1]:
        left = "" if seen.days_left is None else f", {_left(seen.days_left)}"
        late = seen.days_left is not None and seen.days_left < 0
        names = certificate.listed() or certificate.common_name or "no name"
        rows.append(Line("certificate", f"for {names}{left}", "warn" if late else "ok"))
        rows.append(Line("issued by", certificate.issuer))
    return rows


def _summary(seen: TlsFacts) -> str:
    left = "" if seen.days_left is None else f", {_left(seen.days_left)}"
    return f"{seen.version}{left}"


def _left(days: float) -> str:
    return f"{days:.0f} days left" if days >= 0 else f"expired {-days:.0f} days ago"


CHECK = HostCheck(
    name="tls",
    layer="tls",
    summary="the TLS handshake with every host",
    waits_for="end of the TLS handshake",
    driver_waits=("connectTimeoutMS", 20.0),
    run=run,
    needs=("tls-files", "tcp"),
    applies=_applies,
    vacuous=True,
    summarize=_summary,
    lines=_lines,
)
