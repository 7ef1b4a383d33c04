"""One TCP or UNIX connection, plain or TLS, on bare non-blocking sockets.

TLS runs over memory BIOs, so that a probe sees what a transport hides: how many bytes the
peer said before it closed, alerts that arrive after the handshake (TLS 1.3), and the
certificates of a handshake that failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno as errno_module
import socket
import ssl
from typing import Any

from mongoping.model import Failure
from mongoping.probe import wire

CHUNK = 16 * 1024
HEAD_BYTES = 256  # of what the peer said first, kept to recognise other protocols
_UNREACHABLE = {"ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EADDRNOTAVAIL"}
_RESET = {"ECONNRESET", "EPIPE", "ECONNABORTED"}


class ClosedByPeerError(Exception):
    """The peer ended the stream in an orderly way (FIN), where an answer was expected."""


class Connection:
    """A connected stream. ``received`` counts raw bytes; ``head`` keeps the first of them.

    ``heard`` counts what was read of answers: under TLS without handshake and tickets.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._turn = asyncio.Lock()
        self.received = 0
        self.heard = 0
        self.head = b""

    @classmethod
    async def open(cls, family: int, address: Any, timeout: float) -> Connection:
        """Connect to one address; raises OSError or TimeoutError (``timeout`` in seconds)."""
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if family != getattr(socket, "AF_UNIX", None):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().sock_connect(sock, address)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, once `start_tls` has begun; also after a failed handshake."""
        return self._tls

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str) -> None:
        """Shake hands. Raises ssl.SSLError, OSError, or `ClosedByPeerError`."""
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_hostname
        )
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    await self._flush()  # the alert that tells the server why
                raise
            else:
                await self._flush()
                return

    async def send(self, data: bytes) -> None:
        """Write all of ``data``; raises OSError."""
        if self._tls is None:
            await asyncio.get_running_loop().sock_sendall(self._sock, data)
            return
        self._tls.write(data)
        await self._flush()

    async def read(self, most: int = CHUNK) -> bytes:
        """Some bytes; empty when the peer closed. Raises OSError and ssl.SSLError (alerts)."""
        if self._tls is None:
            return await self._receive(most)
        while True:
            try:
                return self._tls.read(most)
            except ssl.SSLWantReadError:
                await self._flush()
                try:
                    await self._fill()
                except ClosedByPeerError:
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def read_exactly(self, size: int) -> bytes:
        """``size`` bytes; raises `ClosedByPeerError` when the stream ends before."""
        parts = bytearray()
        while len(parts) < size:
            part = await self.read(min(CHUNK, size - len(parts)))
            if not part:
                said = f"after {len(parts)} bytes of an answer" if parts else "without an answer"
                raise ClosedByPeerError(f"closed {said}")
            parts += part
            self.heard += len(part)
        return bytes(parts)

    async def command(
        self, document: dict[str, Any], database: str = "admin", *, legacy: bool = False
    ) -> dict[str, Any]:
        """Send one command and return its reply, whatever its ``ok`` says.

        Raises `wire.WireError` for an answer that is none, else as `read_exactly`. One at a
        time; after one without an answer the connection is closed, since that may come later
        and would be taken for the next one's.
        """
        ask = wire.legacy_query(document) if legacy else wire.message(document, database)
        async with self._turn:
            try:
                await self.send(ask)
                header = await self.read_exactly(wire.HEADER_BYTES)
                return wire.reply(header, await self.read_exactly(wire.body_length(header)))
            except BaseException:
                self.close()
                raise

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._sock.fileno() < 0

    def close(self) -> None:
        """Let go of the socket, without a farewell."""
        self._sock.close()

    async def _receive(self, most: int) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(self._sock, most)
        self.received += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        return data

    async def _fill(self) -> None:
        data = await self._receive(CHUNK)
        if not data:
            self._incoming.write_eof()
            raise ClosedByPeerError("closed during TLS")
        self._incoming.write(data)

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await asyncio.get_running_loop().sock_sendall(self._sock, data)


def failure_of(error: BaseException, **facts: Any) -> Failure:
    """What happened on a socket, as facts with symbolic names instead of numbers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(
            "certificate",
            error.verify_message or str(error),
            code=error.verify_code,
            facts={"reason": error.reason, **facts},
        )
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        return Failure("alert" if "ALERT" in reason else "tls", reason or str(error), facts=facts)
    if isinstance(error, ClosedByPeerError):
        return Failure("eof", str(error), facts=facts)
    if isinstance(error, wire.WireError):
        return Failure("not-mongodb", str(error), facts={"wire": error.kind, **facts})
    if isinstance(error, TimeoutError) and not getattr(error, "errno", None):
        return Failure("timeout", "no answer in time", facts=facts)
    if isinstance(error, OSError):
        return _os_failure(error, facts)
    raise error


def _os_failure(error: OSError, facts: dict[str, Any]) -> Failure:
    name = errno_module.errorcode.get(error.errno or 0)
    message = error.strerror or str(error)
    if isinstance(error, ConnectionRefusedError):
        kind = "refused"
    elif isinstance(error, FileNotFoundError):
        kind = "not-found"
    elif isinstance(error, PermissionError):
        kind = "denied"
    elif name == "ETIMEDOUT":
        kind = "timeout"
    elif name in _RESET:
        kind = "reset"
    elif name in _UNREACHABLE:
        kind = "unreachable"
    else:
        kind = "os"
    # asyncio replaces the operating system's words by its own ("Connect call failed")
    if "Connect call failed" in message and error.errno:
        import os

        message = os.strerror(error.errno)
    return Failure(kind, message, errno=name, facts=facts)
