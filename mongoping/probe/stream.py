"""The protocol of one connection, without the I/O: TLS over memory, and whole replies.

A subclass sends and receives. `Connection` does so in an event loop. The health probe blocks,
and drives these same coroutines with `finish`; so this module imports neither asyncio nor, before
TLS is used, ssl.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping.observer import Stopwatch
from mongoping.probe import wire
from mongoping.probe.os_errors import name_of
from mongoping.units import plural

if TYPE_CHECKING:
    import socket
    import ssl

    from mongoping.probe.os_errors import Stage

Value = TypeVar("Value")
CHUNK = 16 * 1024
MAX_REST = 256 * 1024  # of what arrived before a reset
HEAD_BYTES = 256  # of what the peer sends first, kept to recognize other protocols


class ClosedByPeerError(Exception):
    """The peer ended the stream in an orderly way (FIN), where an answer was expected."""


@contextlib.contextmanager
def connecting(family: int, address: Any) -> Iterator[socket.socket]:
    """Yield a new socket to connect to the address, and close it if the block raises.

    An OSError gets what `connection.failure_of` needs to distinguish errors.
    """
    sock = _open_socket(family)
    try:
        yield sock
    except OSError as error:
        sock.close()
        _mark(error, "connect" if _has_source(error, family, address) else "source", family)
        raise
    except BaseException:
        sock.close()
        raise


def _open_socket(family: int) -> socket.socket:
    """Return a new stream socket. Raises OSError, marked as one of this stage."""
    import socket

    from mongoping.probe import unix_sockets

    try:
        if family == unix_sockets.FAMILY:
            return unix_sockets.new_socket()
        return socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        _mark(error, "socket", family)
        raise


def _mark(error: OSError, stage: Stage, family: int) -> None:
    vars(error).update(stage=stage, family=family)


def _has_source(error: OSError, family: int, address: Any) -> bool:
    """Return whether this machine has an address of its own from which to connect.

    Without one, and with every local port in use, connect(2) fails with the same error. A
    connected UDP socket chooses its address in the same way and needs no TCP port.
    """
    import socket

    if name_of(error) != "EADDRNOTAVAIL":
        return True
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect(address)
    except OSError as again:
        return name_of(again) != "EADDRNOTAVAIL"
    return True


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
        said: the first bytes of answers, decrypted, at most `HEAD_BYTES`.
        peer: the address that it is connected to, for an observer.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._incoming: ssl.MemoryBIO
        self._outgoing: ssl.MemoryBIO
        self._tls: ssl.SSLObject | None = None
        self.received = 0
        self.heard = 0
        self.head = b""
        self.said = b""
        self.peer = ""

    def proxy_header(self) -> bytes:
        """Return a PROXY protocol header (version 1) that states this connection's own ends."""
        here, there = self._sock.getsockname(), self._sock.getpeername()
        if not isinstance(here, tuple):  # a UNIX socket
            return b"PROXY UNKNOWN\r\n"
        source, target = (str(end[0]).partition("%")[0] for end in (here, there))
        family = "TCP6" if ":" in source else "TCP4"
        return f"PROXY {family} {source} {target} {here[1]} {there[1]}\r\n".encode()

    @property
    def tls(self) -> ssl.SSLObject | None:
        """Return the TLS session, once `start_tls` has begun; also after a failed handshake."""
        return self._tls

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str) -> None:
        """Shake hands. Raises ssl.SSLError, OSError, or `ClosedByPeerError`.

        ``server_hostname`` is what the certificate is checked for. A name is also sent to the
        server (SNI), an IP address is not.
        """
        import ssl

        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_hostname
        )
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush_or_alert()
                await self._fill()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    await self._flush()  # the alert with the reason for the server
                raise
            else:
                await self._flush_or_alert()
                return

    async def send(self, data: bytes) -> None:
        """Write all of ``data``; raises OSError.

        A peer that states its reason and then resets the connection makes the write fail before
        that reason is read. It is read then: a TLS alert is raised instead of the reset, and
        plain bytes are kept in ``head``.
        """
        if self._tls is not None:
            self._tls.write(data)
            await self._flush_or_alert()
            return
        try:
            await self._send(data)
        except ConnectionError:
            self._take_rest()
            raise

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
        return await self._collect(size)

    async def _collect(self, size: int, check: Callable[[bytes], None] | None = None) -> bytes:
        """Return ``size`` bytes; ``check`` may refuse the part of them that has come so far."""
        parts = bytearray()
        while len(parts) < size:
            part = await self.read(min(CHUNK, size - len(parts)))
            if not part:
                count = plural(len(parts), "byte")
                progress = f"after {count} of an answer" if parts else "without an answer"
                raise ClosedByPeerError(f"closed {progress}")
            parts += part
            self.heard += len(part)
            self.said += part[: HEAD_BYTES - len(self.said)]
            if check is not None:
                check(bytes(parts))
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
        stopwatch = Stopwatch("probe", self.peer)
        stopwatch.message(document, is_sent=True)
        try:
            await self.send(ask)
            header = await self._collect(wire.HEADER_BYTES, wire.check_start)
            reply = wire.reply(header, await self.read_exactly(wire.body_length(header)))
        except wire.WireError:
            self.said += self._arrived(HEAD_BYTES - len(self.said))
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        stopwatch.message(reply, is_sent=False)
        return reply

    def _arrived(self, most: int) -> bytes:
        """Return more of an answer as far as it can be had without waiting."""
        return b""

    @property
    def closed(self) -> bool:
        """Return whether `close` was called."""
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
        self._note(data)
        return data

    def _note(self, data: bytes) -> None:
        self.received += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]

    def _take_rest(self) -> None:
        """Read what arrived before a connection was reset; nothing more can come."""
        rest = 0
        while rest < MAX_REST:
            try:
                data = self._sock.recv(CHUNK)
            except OSError:
                return
            if not data:
                return
            rest += len(data)
            self._note(data)
            if self._tls is not None:
                self._incoming.write(data)

    def _alert(self) -> ssl.SSLError | None:
        """Return the error that TLS makes of the bytes that have arrived."""
        import ssl

        if self._tls is None:
            return None
        try:
            self._tls.read(1)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return None
        except ssl.SSLError as error:
            return error
        return None

    async def _flush_or_alert(self) -> None:
        """Write what TLS has to say; if the peer is gone, raise the alert that it sent before."""
        try:
            await self._flush()
        except ConnectionError as error:
            self._take_rest()
            if alert := self._alert():
                raise alert from error
            raise

    async def _fill(self) -> None:
        data = await self._receive(CHUNK)
        if not data:
            self._incoming.write_eof()
            raise ClosedByPeerError("closed during TLS")
        self._incoming.write(data)

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._send(data)
