"""The TLS context of the server, which follows renewed certificate files."""

from __future__ import annotations

import contextlib
import os
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.exporter.web_config import WebTls

_VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def server_context(tls: WebTls) -> ssl.SSLContext:
    """Return a context whose handshakes use the newest certificate in the files.

    Raises ValueError, whose text is one sentence, for files that cannot be used. While renewed
    files cannot be used, such as half-written ones, the former certificate stays.
    """
    newest = _Newest(tls)

    def choose(handshake: object, name: str | None, context: ssl.SSLContext) -> None:
        handshake.context = newest.context()  # type: ignore[attr-defined]

    context = newest.context()
    context.sni_callback = choose
    return context


class _Newest:
    """Keeps the context of the files as they were read last."""

    def __init__(self, tls: WebTls) -> None:
        self._tls = tls
        self._state = self._stat()
        self._context = _context(tls)

    def context(self) -> ssl.SSLContext:
        """Return the context, made again if a file has changed."""
        state = self._stat()
        if state != self._state:
            with contextlib.suppress(ValueError):
                self._context = _context(self._tls)
                self._state = state
        return self._context

    def _stat(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(map(_identity, (self._tls.cert_file, self._tls.key_file)))


def _identity(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _context(tls: WebTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    _load(f"{tls.cert_file} and {tls.key_file}", lambda: _load_pair(context, tls))
    ca = tls.client_ca_file
    if ca is not None:
        _load(ca, lambda: context.load_verify_locations(ca))
        context.verify_mode = _VERIFY[tls.client_auth]
    return context


def _load_pair(context: ssl.SSLContext, tls: WebTls) -> None:
    # an encrypted key would prompt on the terminal
    context.load_cert_chain(tls.cert_file, tls.key_file, password=lambda: "")


def _load(files: str, action: Callable[[], object]) -> None:
    try:
        action()
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise ValueError(f"{files} cannot be used for TLS: {reason}.") from None
    except OSError as error:
        raise ValueError(f"{files} cannot be read: {error.strerror}.") from None
