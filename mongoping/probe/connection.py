"""One TCP or UNIX connection, plain or TLS, on bare non-blocking sockets.

TLS runs over memory BIOs, so that a probe sees what a transport hides: how many bytes the
peer said before it closed, alerts that arrive after the handshake (TLS 1.3), and the
certificates of a handshake that failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
import sys
from typing import Any

from mongoping.data import tls_codes
from mongoping.model import Failure, FailureKind
from mongoping.observer import Stopwatch
from mongoping.probe import unix_sockets, wire
from mongoping.probe.os_errors import kind_of, name_of
from mongoping.probe.stream import (
    HEAD_BYTES,
    ClosedByPeerError,
    Stream,
    connecting,
)

__all__ = ["ERRORS", "ClosedByPeerError", "Connection", "failure_of"]

TCP_FAMILIES = (socket.AF_INET, socket.AF_INET6)
BURST_BYTES = 1 << 18  # read without a pause
TOTAL_RETRANS, TCP_INFO_BYTES = 100, 104  # tcpi_total_retrans is the last of these bytes


ERRORS = (OSError, TimeoutError, ClosedByPeerError, wire.WireError, OverflowError)
"""What a connection may raise."""


def _peer(address: Any) -> str:
    """Return a socket address as ``address:port`` or as a path."""
    if not isinstance(address, tuple):
        return str(address)
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


class Connection(Stream):
    """A stream in an event loop: its methods wait without blocking, one command at a time."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, family: int, address: Any, timeout: float) -> Connection:
        """Connect to one address; raises OSError or TimeoutError (``timeout`` in seconds)."""
        stopwatch = Stopwatch("tcp", _peer(address))
        try:
            with connecting(family, address) as sock:
                sock.setblocking(False)
                if family != unix_sockets.FAMILY:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                async with asyncio.timeout(timeout):
                    await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as error:
            stopwatch.done(
                f"failed: {os.strerror(error.errno) if error.errno else 'no answer in time'}"
            )
            raise
        stopwatch.done("connected")
        connection = cls(sock)
        connection.peer = _peer(address)
        return connection

    async def command(
        self, document: dict[str, Any], database: str = "admin", *, legacy: bool = False
    ) -> dict[str, Any]:
        """Send one command and return its reply, as `Stream.command`, after the one before."""
        async with self._turn:
            return await super().command(document, database, legacy=legacy)

    @property
    def resent(self) -> int | None:
        """Return how many segments the kernel had to send again so far, the first SYN included.

        None where the system does not say (only Linux does, tcp_info in linux/tcp.h).
        """
        if sys.platform != "linux" or self.closed or self._sock.family not in TCP_FAMILIES:
            return None
        info = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
        if len(info) < TCP_INFO_BYTES:
            return None
        return int(struct.unpack_from("=I", info, TOTAL_RETRANS)[0])

    def sent_first(self) -> bytes:
        """Return what the peer has sent before it was sent anything, and leave it unread."""
        with contextlib.suppress(OSError):
            return self._sock.recv(HEAD_BYTES, socket.MSG_PEEK)
        return b""

    def _arrived(self, most: int) -> bytes:
        with contextlib.suppress(OSError):  # BlockingIOError, SSLWantReadError
            return self._tls.read(most) if self._tls is not None else self._sock.recv(most)
        return b""

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def _receive_some(self, most: int) -> bytes:
        if self.received > BURST_BYTES:  # sock_recv returns at once while there is more to read,
            await asyncio.sleep(0)  # so a peer that floods would keep deadlines from running
        return await asyncio.get_running_loop().sock_recv(self._sock, most)


def failure_of(error: BaseException, **facts: Any) -> Failure:
    """Return what happened on a socket, as facts with symbolic names instead of numbers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(
            "certificate",
            error.verify_message or str(error),
            code=error.verify_code,
            facts={"reason": error.reason, **facts},
        )
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        number = tls_codes.alert_number(reason)
        kind: FailureKind = "tls" if number is None and "ALERT" not in reason else "alert"
        return Failure(kind, reason or str(error), code=number, facts=facts)
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
    name = name_of(error)
    message = error.strerror or str(error)
    family = getattr(error, "family", None)
    kind = kind_of(
        name,
        stage=getattr(error, "stage", "io"),
        unix=family == unix_sockets.FAMILY,
        ipv6=family == socket.AF_INET6,
    )
    # asyncio replaces the operating system's words by its own ("Connect call failed")
    if "Connect call failed" in message and error.errno:
        message = os.strerror(error.errno)
    return Failure(kind, message, errno=name, facts=facts)
