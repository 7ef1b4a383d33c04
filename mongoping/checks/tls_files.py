"""The client's own side of TLS: authorities, client certificate and key, revocation list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.model import Check, Evidence, Host, Line, Outcome
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.tls import CertificateSeen

WAIVERS = ("tlsInsecure", "tlsAllowInvalidCertificates")


class TlsFilesSeen(Record):
    """What the client brings. ``client_subject`` is the RFC 4514 form that X.509 login uses."""

    authorities: str
    client_file: str | None = None
    client_subject: str | None = None
    client_not_after: datetime | None = None
    verifies: bool = True
    waived_by: str | None = None  # the option that turns the check of certificates off


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Build the SSL context that the driver would build, once for all hosts."""
    from mongoping.probe import tls

    options = ctx.options
    file = options.get("tlsCAFile")
    password = ctx.credentials.key_password if ctx.credentials else None
    path = options.get("tlsCertificateKeyFile")
    try:
        ctx.tls_context = tls.context(options, password)
        ctx.tls_unverified = tls.context(options, password, verify=False)
    except tls.KeyFileError as error:
        return Outcome(TlsFilesSeen(str(file or "system store"), path), tls.key_failure(error))
    subject = expires = None
    if path:
        await ctx.driver.settle()
        described = _client(str(path))
        if described is not None:
            subject, expires = described.subject, described.not_after
    waived = next((name for name in WAIVERS if options.get(name)), None)
    trusts = str(file or "system store")
    return Outcome(TlsFilesSeen(trusts, path, subject, expires, waived is None, waived))


def _client(path: str) -> CertificateSeen | None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from mongoping.probe import tls

    try:
        certificate = x509.load_pem_x509_certificates(Path(path).read_bytes())[0]
    except (ValueError, IndexError, OSError):
        return None
    return tls.describe(certificate.public_bytes(Encoding.DER))


def _applies(evidence: Evidence) -> str | None:
    return None if evidence.tls else "TLS was not asked for"


def _lines(seen: TlsFilesSeen) -> list[Line]:
    trust = seen.authorities if seen.verifies else f"nobody is checked ({seen.waived_by})"
    rows = [Line("trust", trust, "ok" if seen.verifies else "warn")]
    if seen.client_file:
        until = f", until {seen.client_not_after:%Y-%m-%d}" if seen.client_not_after else ""
        rows.append(Line("client", f"{seen.client_subject or seen.client_file}{until}"))
    return rows


CHECK = Check(
    name="tls-files",
    layer="tls",
    summary="authorities, client certificate and key",
    run=run,
    needs=("uri", "srv"),
    applies=_applies,
    vacuous=True,
    lines=_lines,
)
