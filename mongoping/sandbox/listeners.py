"""Listeners on loopback that do one wrong thing, and fronts that put TLS before a server.

A `Listener` gives every connection to a handler: a function of the connected socket and an
event that is set when the listener ends. The handlers below are named after what a client
sees.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mongoping.probe import unix_sockets

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

Handler = Callable[[socket.socket, threading.Event], None]

POLL_S = 0.05
CHUNK = 65_536


class Listener:
    """A TCP listener on ``host`` and a free port, or one on the UNIX socket ``path``.

    ``connections`` counts what was accepted. The handler's socket is closed when it returns.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: Path | None = None,
    ) -> None:
        self.path = path
        self.connections = 0
        self._handle = handle
        self._host = host
        self.port = port
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> str:
        """Return ``host:port`` or the path, unescaped."""
        if self.path is not None:
            return str(self.path)
        return f"[{self._host}]:{self.port}" if ":" in self._host else f"{self._host}:{self.port}"

    def start(self) -> Listener:
        """Listen, and serve in threads until `stop`."""
        if self.path is not None:
            self._socket = unix_sockets.new_socket()
            self._socket.bind(str(self.path))
            self._socket.listen()
        else:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            self._socket = socket.create_server((self._host, self.port), family=family)
            self.port = self._socket.getsockname()[1]
        self._socket.settimeout(POLL_S)
        self._start(self._accept)
        return self

    def refuse(self) -> None:
        """Stop listening, and keep the open connections."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def stop(self) -> None:
        """Close every connection and the listener itself. Done twice, it does no harm."""
        self._closing.set()
        with suppress(OSError):  # ends a pending `accept`, but not on every system
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in list(self._open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Listener:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [*(thread for thread in self._threads if thread.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                if self._socket.fileno() < 0:
                    return
                continue
            client.settimeout(None)
            self.connections += 1
            self._open.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # a client that leaves is no news here
            self._handle(client, self._closing)
        self._open.discard(client)


def silent(client: socket.socket, closing: threading.Event) -> None:
    """Accept, and never say a word."""
    closing.wait()


def reset_at_once(client: socket.socket, closing: threading.Event) -> None:
    """Reset the connection as soon as it is open."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(client: socket.socket, closing: threading.Event) -> None:
    """Close the connection before the client has said a word."""


def close_after_first_bytes(client: socket.socket, closing: threading.Event) -> None:
    """Wait for the client to speak, then close without an answer."""
    client.recv(CHUNK)


def banner(text: bytes) -> Handler:
    """Speak first, as SSH, SMTP, FTP or MySQL do, and then wait."""

    def handle(client: socket.socket, closing: threading.Event) -> None:
        client.sendall(text)
        closing.wait()

    return handle


ssh = banner(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")


# the first packet of MySQL 8: length, number 0, protocol 10, version, thread, then a challenge
mysql = banner(b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(range(1, 65)))


def answer(text: bytes) -> Handler:
    """Answer whatever the client says with these bytes, then close in good order."""

    def handle(client: socket.socket, closing: threading.Event) -> None:
        client.recv(CHUNK)
        client.sendall(text)
        _leave(client)

    return handle


def _leave(client: socket.socket) -> None:
    """Close in good order: what was sent arrives, since nothing unread makes it a reset."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(1)
    while client.recv(CHUNK):
        pass


_PAGE = b"<html><head><title>400 Bad Request</title></head></html>"
http = answer(
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_PAGE), _PAGE)
)
http_proxy = answer(
    b"HTTP/1.1 407 Proxy Authentication Required\r\nVia: 1.1 proxy (squid)\r\n"
    b'Proxy-Authenticate: Basic realm="office"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
)
garbage = answer(bytes(range(255, 0, -1)))
huge_length = answer(struct.pack("<iiii", 0x7FFFFFFF, 1, 1, 2013))
negative_length = answer(struct.pack("<iiii", -1, 1, 1, 2013))
tls_alert_80 = answer(bytes.fromhex("15030300020250"))  # fatal, internal_error (RFC 8446, 6)


def endless(client: socket.socket, closing: threading.Event) -> None:
    """Announce the longest message there may be, then send it without an end."""
    client.recv(CHUNK)
    client.sendall(struct.pack("<iiii", 48_000_000, 1, 1, 2013))
    while not closing.is_set():
        client.sendall(bytes(1024))
        time.sleep(0.01)


def pump(
    left_socket: socket.socket,
    right: socket.socket,
    closing: threading.Event,
    before_request: Callable[[], object] = lambda: None,
) -> None:
    """Carry bytes both ways until one side ends. Either may be a TLS socket.

    ``before_request`` is called before bytes from ``left_socket`` are sent to ``right``.
    """
    pairs = {left_socket: right, right: left_socket}
    while not closing.is_set():
        waiting = [pair for pair in pairs if hasattr(pair, "pending") and pair.pending()]
        ready = waiting or select.select(list(pairs), [], [], POLL_S)[0]
        for connection in ready:
            data = connection.recv(CHUNK)
            if not data:
                return
            if connection is left_socket:
                before_request()
            pairs[connection].sendall(data)


def forward(host: str, port: int, *, delay: float = 0.0) -> Handler:
    """Pass everything on to a server, each connection and each answer ``delay`` seconds late."""

    def handle(client: socket.socket, closing: threading.Event) -> None:
        with socket.create_connection((host, port)) as server:
            if not delay:
                pump(client, server, closing)
                return
            with _Late(server, delay) as late:
                pump(client, late, closing)

    return handle


class _Late(socket.socket):
    """The same connection, but what is sent over it leaves ``delay`` seconds later."""

    def __init__(self, server: socket.socket, delay: float) -> None:
        super().__init__(server.family, server.type, server.proto, fileno=server.detach())
        self._delay = delay

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        time.sleep(self._delay)
        super().sendall(data, flags)


def tls(context: ssl.SSLContext, then: Handler) -> Handler:
    """Do the server's side of a TLS handshake, then hand the connection on.

    The handshake runs on a blocking socket and the end waits for the client: so OpenSSL's
    alerts reach it.
    """
    import ssl

    def handle(client: socket.socket, closing: threading.Event) -> None:
        client.settimeout(10)
        with context.wrap_socket(client, server_side=True, do_handshake_on_connect=False) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLError:
                _leave(secure)
                return
            secure.settimeout(None)
            then(secure, closing)

    return handle


def server_context(
    certificate: Path,
    *,
    client_authority: Path | None = None,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
    level: int | None = None,
) -> ssl.SSLContext:
    """Return a server's TLS context. With ``client_authority``, clients need a certificate.

    ``versions`` are the oldest and the newest protocol; the old ones are accepted on request.
    ``level`` is OpenSSL's security level, 0 for keys and signatures that are too weak for clients.
    """
    import ssl
    import warnings

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if level is not None:
        context.set_ciphers(f"DEFAULT:@SECLEVEL={level}")
    context.load_cert_chain(certificate)
    if client_authority is not None:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    if versions is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 bars TLS 1.0 at level 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its age is the point
            context.minimum_version, context.maximum_version = versions
    return context


@contextmanager
def dropping(host: str = "127.0.0.1") -> Iterator[int]:
    """Yield a port whose SYNs are never answered, as behind a firewall that drops packets.

    Its queue of connections is full: Linux then drops a SYN without a word.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.bind((host, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):  # a queue of length 0 takes one or two
            filler = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]
