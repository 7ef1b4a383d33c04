"""The protocol of one connection, without the I/O: TLS over memory, and whole replies.

A subclass sends and receives. `Connection` does so in an event loop. The health probe blocks,
and drives these same coroutines with `finish`; so this module imports neither asyncio nor, before
TLS is used, ssl.
"""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping.probe import wire

if TYPE_CHECKING:
    import socket
    import ssl

Value = TypeVar("Value")
CHUNK = 16 * 1024
HEAD_BYTES = 256  # of what the peer said first, kept to recognise other protocols


class ClosedByPeerError(Exception):
    """The peer ended the stream in an orderly way (FIN), where an answer was expected."""


def finish(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine of a stream that blocks, and return its result without an event loop.

    Raises RuntimeError if the coroutine waits for an event loop after all.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: Value = stop.value
        return value
    coroutine.close()
    raise RuntimeError("a blocking stream waited for an event loop")


class Stream:
    """A connected stream, plain or TLS. A subclass implements `_send` and `_receive_some`.

    Attributes:
        received: raw bytes received so far.
        heard: bytes read of answers; with TLS, those of handshake and tickets do not count.
        head: the first bytes received, at most `HEAD_BYTES`.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._incoming: ssl.MemoryBIO
        self._outgoing: ssl.MemoryBIO
        self._tls: ssl.SSLObject | None = None
        self.received = 0
        self.heard = 0
        self.head = b""

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, once `start_tls` has begun; also after a failed handshake."""
        return self._tls

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str) -> None:
        """Shake hands. Raises ssl.SSLError, OSError, or `ClosedByPeerError`."""
        import ssl

        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
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
            await self._send(data)
            return
        self._tls.write(data)
        await self._flush()

    async def read(self, most: int = CHUNK) -> bytes:
        """Return some bytes; none when the peer closed. Raises OSError, ssl.SSLError (alerts)."""
        if self._tls is None:
            return await self._receive(most)
        import ssl

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
        """Return ``size`` bytes; raises `ClosedByPeerError` when the stream ends before."""
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

        Raises `wire.WireError` for an answer that is none, else as `read_exactly`. After a
        command without an answer the stream is closed: a late answer would be taken for that
        of the next command.
        """
        ask = wire.legacy_query(document) if legacy else wire.message(document, database)
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

    async def _send(self, data: bytes) -> None:
        """Send all of ``data`` on the socket; raises OSError."""
        raise NotImplementedError

    async def _receive_some(self, most: int) -> bytes:
        """Return at most ``most`` bytes from the socket, none at its end; raises OSError."""
        raise NotImplementedError

    async def _receive(self, most: int) -> bytes:
        data = await self._receive_some(most)
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
            await self._send(data)
