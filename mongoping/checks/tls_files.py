"""Load the client's TLS files: CA certificates, client certificate and key, CRL."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import TlsFilesFacts
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.certificates import CertificateFacts

WAIVERS = ("tlsInsecure", "tlsAllowInvalidCertificates")
MAX_CLIENT_BYTES = 1_000_000  # of a client certificate file
DIGEST_CHARS = 12  # of SHA-256: enough to tell two stores apart, short enough to read


async def run(ctx: Context) -> Outcome:
    """Build the SSL context of the driver, once for all hosts."""
    from mongoping.probe import tls

    options = ctx.options
    file = options.get("tlsCAFile")
    password = ctx.credentials.key_password if ctx.credentials else None
    path = options.get("tlsCertificateKeyFile")
    waiver = next((name for name in WAIVERS if options.get(name)), None)
    facts = TlsFilesFacts(
        str(file or "system store"), path, verifies=waiver is None, waived_by=waiver
    )
    try:
        ctx.tls_context = tls.context(options, password)
        ctx.tls_unverified = tls.context(options, password, verify=False)
    except tls.KeyFileError as error:
        return Outcome(facts, tls.key_failure(error))
    if path:
        own = _client(str(path)) if await ctx.wait_for_import() else None
        if own is not None:
            facts = facts.replace(
                client_subject=own.subject, client_not_after=own.not_after, client_certificate=own
            )
    if waiver is None:
        digest, count = fingerprint(ctx.tls_context, uses_folder=not file)
        facts = facts.replace(store_digest=digest, store_count=count)
    if not file and waiver is None:
        facts = facts.replace(
            store_file=os.environ.get("SSL_CERT_FILE"),
            store_folder=os.environ.get("SSL_CERT_DIR"),
            store_problems=tuple(store_problems(ctx.tls_context)),
        )
    return Outcome(facts)


def _client(path: str) -> CertificateFacts | None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from mongoping.probe import certificates

    try:
        with Path(path).open("rb") as file:
            certificate = x509.load_pem_x509_certificates(file.read(MAX_CLIENT_BYTES))[0]
    except (ValueError, IndexError, OSError):
        return None
    return certificates.describe(certificate.public_bytes(Encoding.DER))


def fingerprint(context: ssl.SSLContext, *, uses_folder: bool) -> tuple[str, int]:
    """Return a digest of all trusted certificates, and their number.

    OpenSSL reads a folder of certificates on demand, so the names in it count: they are hashes
    of the subjects.
    """
    import hashlib

    ca_certificates = sorted(context.get_ca_certs(binary_form=True))
    names = sorted(_folder_hashes()) if uses_folder and not ca_certificates else []
    digest = hashlib.sha256(b"".join(ca_certificates) + "\n".join(names).encode()).hexdigest()
    return digest[:DIGEST_CHARS], len(ca_certificates) + len(names)


def _folder_hashes() -> list[str]:
    """Return the names of the certificates in the folders that OpenSSL reads on demand."""
    paths = ssl.get_default_verify_paths()
    folder = os.environ.get(paths.openssl_capath_env) or paths.capath
    hashes: list[str] = []
    for name in (folder or "").split(os.pathsep):
        try:
            with os.scandir(name) as files:
                hashes += [file.name for file in files if _is_hash(file.name)]
        except OSError:
            continue
    return hashes


def store_problems(context: ssl.SSLContext) -> list[str]:
    """Return the problems of the system's CA store, which OpenSSL does not report."""
    problems = []
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    certificates = context.cert_store_stats()["x509"]
    if file is not None and not certificates and (problem := _file_problem(file)):
        problems.append(f"SSL_CERT_FILE names {file or 'an empty path'}, {problem}")
    if folder is not None:
        for name in folder.split(os.pathsep):
            if problem := _folder_problem(name):
                problems.append(f"SSL_CERT_DIR names {name or 'an empty path'}, {problem}")
    if not problems and not certificates and not _has_folder():
        problems.append("this system has no CA certificates installed")
    return problems


def _has_folder() -> bool:
    """Return whether a certificate folder, which OpenSSL reads on demand, contains any."""
    paths = ssl.get_default_verify_paths()
    folder = os.environ.get(paths.openssl_capath_env) or paths.capath
    return any(not _folder_problem(name) for name in (folder or "").split(os.pathsep) if name)


def _file_problem(name: str) -> str | None:
    try:
        state = Path(name).stat()
        if not stat.S_ISREG(state.st_mode):
            return "which is not a file"
        if not state.st_size:
            return "which is empty"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(name)
    except FileNotFoundError:
        return "which does not exist"
    except ssl.SSLError:
        return "which contains no certificate in PEM form"
    except (OSError, ValueError) as error:
        return f"which cannot be read ({getattr(error, 'strerror', None) or error})"
    return None


def _folder_problem(name: str) -> str | None:
    """Return why OpenSSL cannot use a folder: it looks for names such as ``5ed36f99.0``."""
    try:
        with os.scandir(name) as entries:
            if any(_is_hash(file.name) for file in entries):
                return None
    except FileNotFoundError:
        return "which does not exist"
    except OSError as error:
        return f"which cannot be read ({error.strerror})"
    return "which contains no certificate under its hash (run openssl rehash on it)"


def _is_hash(name: str) -> bool:
    stem, _, number = name.partition(".")
    return len(stem) == 8 and number.isdigit()


def _applies(evidence: Evidence) -> str | None:
    return None if evidence.tls else "TLS is off"


def _lines(facts: TlsFilesFacts) -> list[Line]:
    trust = (
        facts.authorities
        if facts.verifies
        else f"certificates are not verified ({facts.waived_by})"
    )
    for name, value in (("SSL_CERT_FILE", facts.store_file), ("SSL_CERT_DIR", facts.store_folder)):
        trust += f", {name}={value}" if value is not None else ""
    doubtful = not facts.verifies or facts.store_problems
    rows = [Line("trust", trust, "warn" if doubtful else "ok")]
    if facts.client_file:
        until = f", until {facts.client_not_after:%Y-%m-%d}" if facts.client_not_after else ""
        rows.append(Line("client", f"{facts.client_subject or facts.client_file}{until}"))
    return rows


CHECK = OnceCheck(
    name="tls-files",
    layer="tls",
    summary="CA certificates, client certificate and key",
    run=run,
    needs=("uri", "srv"),
    applies=_applies,
    vacuous=True,
    lines=_lines,
)
