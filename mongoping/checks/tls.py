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
    """Return what the TLS session shows; if the import of PyMongo lasts, not its certificates."""
    is_imported = await ctx.wait_for_import()  # importing cryptography would race with it
    return describe(connection, took) if is_imported else session_facts(connection, took)


def describe(stream: Stream, took: float) -> TlsFacts:
    """Return what the TLS session of a stream shows, even if its handshake failed. Pure.

    ``took`` is the duration of the handshake in milliseconds.
    """
    from mongoping.probe import certificates

    session = stream.tls
    if session is None:
        return TlsFacts(duration_ms=took)
    sent_chain, path = certificates.chain(session), certificates.path(session)
    descriptions = certificates.describe_all(sent_chain, sent_chain)
    return session_facts(stream, took).replace(
        chain=descriptions,
        chain_length=len(sent_chain),
        days_left=descriptions[0].days_left(datetime.now(UTC)) if descriptions else None,
        path=descriptions if path == sent_chain else certificates.describe_all(path, sent_chain),
    )


def session_facts(stream: Stream, took: float) -> TlsFacts:
    """Return what the TLS session of a stream shows apart from its certificates. Pure.

    ``took`` is the duration of the handshake in milliseconds.
    """
    from mongoping.probe import tls

    session = stream.tls
    if session is None:
        return TlsFacts(duration_ms=took)
    cipher = session.cipher()
    return TlsFacts(
        version=session.version(),
        cipher=cipher[0] if cipher else None,
        duration_ms=took,
        received=stream.received,
        asks_certificate=tls.asked_for_certificate(session),
    )


async def _explain(
    ctx: Context, host: Host, failure: Failure, connection: Connection, took: float
) -> Outcome:
    """Find out on further connections why the handshake failed."""
    if failure.kind == "certificate":
        return Outcome(await _rejected_certificates(ctx, host, failure, connection, took), failure)
    facts, failure = first_signs(connection, failure, took)
    # it has shown what it is, or it is no seed, to which a driver would send no more
    if facts.first_bytes or str(host) not in ctx.evidence.seed_names:
        return Outcome(facts, failure)
    if failure.kind == "timeout":
        http = await http_answer(ctx, host)
        return Outcome(TlsFacts(duration_ms=took, received=connection.received, http=http), failure)
    has_ended = failure.kind in ("eof", "reset")
    plain, http, proxy = await asyncio.gather(
        speaks_plain(ctx, host),
        http_answer(ctx, host),
        speaks_tls(ctx, host, behind_header=True) if has_ended else _no_result(),
    )
    facts = facts.replace(plain_hello=plain, http=http, behind_proxy_header=proxy)
    return Outcome(facts, failure)


def first_signs(stream: Stream, failure: Failure, took: float) -> tuple[TlsFacts, Failure]:
    """Return what a connection shows whose handshake ended before the certificate was verified."""
    from mongoping.probe import tls

    head = stream.head[:64]
    peer_text = head.decode("latin-1") if head[:1] not in (b"\x15", b"\x16") else ""
    if peer_text and failure.kind in ("timeout", "eof", "reset"):
        failure = failure.replace(kind="tls", message="the reply to the TLS handshake is not TLS")
    facts = TlsFacts(
        duration_ms=took,
        received=stream.received,
        first_bytes=peer_text,
        asks_certificate=None if stream.tls is None else tls.asked_for_certificate(stream.tls),
    )
    return facts, failure


async def _no_result() -> None:
    return None


async def _rejected_certificates(
    ctx: Context, host: Host, failure: Failure, connection: Connection, took: float
) -> TlsFacts:
    """Return what the rejected certificate and the files it was verified with contain."""
    if not await ctx.wait_for_import():
        return session_facts(connection, took)
    facts = describe(connection, took)
    if not facts.chain:  # OpenSSL before 3.0 drops the chain that it rejected
        facts = (await _certificates_without_verification(ctx, host, took)) or facts
    return with_files(facts, failure, connection, ctx.options)


def with_files(
    facts: TlsFacts, failure: Failure, stream: Stream, options: Mapping[str, Any]
) -> TlsFacts:
    """Return a rejected handshake with the contents of tlsCAFile or tlsCRLFile, if relevant."""
    from mongoping.probe import certificates

    kind = verify_kind(failure.code)
    if stream.tls is None or failure.kind != "certificate":
        return facts
    if options.get("tlsCAFile") and kind in ("unknown-ca", "invalid-chain"):
        ca_certificates = stream.tls.context.get_ca_certs(binary_form=True)
        facts = facts.replace(trusted=certificates.subjects(ca_certificates))
    if (file := options.get("tlsCRLFile")) and kind in ("revoked", "crl-invalid"):
        sent_chain = certificates.chain(stream.tls)
        facts = facts.replace(
            lists=certificates.revocation_lists(str(file), sent_chain[0] if sent_chain else None)
        )
    return facts


async def _certificates_without_verification(
    ctx: Context, host: Host, took: float
) -> TlsFacts | None:
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


def _lines(facts: TlsFacts) -> list[Line]:
    rows: list[Line] = []
    if facts.version:
        rows.append(Line("", f"{facts.version}, {facts.cipher}  {milliseconds(facts.duration_ms)}"))
    for certificate in facts.chain[:1]:
        validity = "" if facts.days_left is None else f", {_days_left(facts.days_left)}"
        late = facts.days_left is not None and facts.days_left < 0
        names = certificate.listed() or certificate.common_name or "no name"
        rows.append(Line("certificate", f"for {names}{validity}", "warn" if late else "ok"))
        rows.append(Line("issued by", certificate.issuer))
    return rows


def _summary(facts: TlsFacts) -> str:
    validity = "" if facts.days_left is None else f", {_days_left(facts.days_left)}"
    return f"{facts.version}{validity}"


def _days_left(days: float) -> str:
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
