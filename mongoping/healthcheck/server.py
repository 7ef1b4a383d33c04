"""Answer health requests over HTTP from the last probe: 200 or 503, with the report as JSON.

One thread probes and another answers, so a deployment that hangs does not make the answer hang.
A result that has become too old is answered with 503: a probe that stopped must not look healthy.
Each client is bounded in bytes and in time.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mongoping import garbage, signals
from mongoping.probe import unix_sockets
from mongoping.record import Record

MAX_REQUEST = 8 * 1024  # bytes: what a load balancer sends is a few hundred
MAX_CLIENTS = 128  # at once; one more makes the oldest leave, so that idle ones block no check
BACKLOG = 1024  # connections that wait to be accepted: a burst of clients is not refused
PATHS = (b"/", b"/healthz")
REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
PATIENCE_S = 5.0  # for a client to send its request and receive the answer
POLL_S = 0.5
STALE_FACTOR = 3  # how many probes may be missed


class Answer(Record):
    """The result of the last probe: the body of the answer, and when it was made."""

    healthy: bool
    body: bytes
    at: float  # monotonic seconds


class Health:
    """The last answer, shared by the thread that probes and the one that answers."""

    def __init__(self, look: Callable[[], tuple[bool, bytes]], every: float, patience: float):
        self._look = look
        self._every = every
        self._fresh_s = (every + patience) * STALE_FACTOR
        self._last: Answer | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mongoping-probe", daemon=True)

    def start(self) -> None:
        """Probe now, and then every ``every`` seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Start no further probe; one that is under way goes on."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            began = time.monotonic()
            with contextlib.suppress(Exception):  # an old result becomes stale, never healthy
                healthy, body = self._look()
                self._last = Answer(healthy, body, time.monotonic())
            self._ended.wait(max(self._every - (time.monotonic() - began), 0.05))

    def now(self) -> tuple[int, bytes]:
        """Return the HTTP status and the body."""
        last = self._last
        if last is None:
            return 503, b'{"status": "fail", "verdict": null, "detail": "not looked yet"}\n'
        age = time.monotonic() - last.at
        if age > self._fresh_s:
            words = f'"the last look was {age:.0f} s ago"'
            return 503, f'{{"status": "fail", "verdict": null, "detail": {words}}}\n'.encode()
        return (200 if last.healthy else 503), last.body


def listener(where: str) -> socket.socket:
    """Return a listening socket on ``PORT`` (loopback), ``HOST:PORT`` or the path of a UNIX socket.

    Raises OSError, or ValueError if ``where`` is none of these.
    """
    if "/" in where or where.endswith(".sock"):
        return _unix(where)
    host, _, port = where.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(
            "this is not an address to listen on; use PORT, HOST:PORT, or the path of a UNIX socket"
        )
    name = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    new_socket = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there, it would let two processes have the same port
            new_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        new_socket.bind((name, int(port)))
        new_socket.listen(BACKLOG)
        new_socket.setblocking(False)
    except BaseException:
        new_socket.close()
        raise
    return new_socket


def _unix(path: str) -> socket.socket:
    """Return a listening UNIX socket; replace a file at which no process listens any more.

    Any other file makes ``bind`` fail, and so does a socket in use.
    """
    server_socket = unix_sockets.new_socket()
    try:
        if _is_stale(path):
            Path(path).unlink(missing_ok=True)
        server_socket.bind(path)
        server_socket.listen(BACKLOG)
        server_socket.setblocking(False)
    except BaseException:
        server_socket.close()
        raise
    return server_socket


def _is_stale(path: str) -> bool:
    """Return whether a socket is left over. One with a full backlog is in use."""
    if not Path(path).is_socket():
        return False
    with unix_sockets.new_socket() as other:
        other.setblocking(False)
        return other.connect_ex(path) == errno.ECONNREFUSED


@contextlib.contextmanager
def listening(where: str) -> Iterator[socket.socket]:
    """Listen at ``where``, see `listener`, and remove the file of a UNIX socket afterwards.

    Only the file that was created here: another process may have put its own in its place.
    Raises OSError or ValueError.
    """
    with signals.defer():
        sock = listener(where)
        remove = _remover(sock)
        removal = signals.Removal(remove)
    try:
        with sock:
            yield sock
    finally:
        with signals.defer():
            remove()
            removal.cancel()


def _remover(sock: socket.socket) -> Callable[[], None]:
    path = sock.getsockname()
    if not isinstance(path, str):
        return lambda: None
    place = Path(path).absolute()

    def identity() -> tuple[int, int] | None:
        try:
            status = place.lstat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    created_file = identity()

    def remove() -> None:
        if identity() == created_file:
            place.unlink(missing_ok=True)

    return remove


class _Client:
    """One connection: the bytes received, and those still to send."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.until = time.monotonic() + PATIENCE_S
        self.request = b""
        self.reply = b""


def respond(request: bytes, health: Health) -> bytes:
    """Return the answer to a request: the state at `PATHS`, 404 at any other path."""
    method, _, rest = request.partition(b" ")
    if method not in (b"GET", b"HEAD"):
        return _http(405, b'{"status": "fail", "detail": "GET or HEAD"}\n', head=False)
    head = method == b"HEAD"
    if _path(rest.split(None, 1)[0] if rest.split() else b"") not in PATHS:
        return _http(404, b'{"status": "fail", "detail": "GET / or /healthz"}\n', head=head)
    status, body = health.now()
    return _http(status, body, head=head)


def _path(target: bytes) -> bytes:
    """Return the path of a request target, which may be a whole URL (RFC 9112, section 3.2)."""
    if target.lower().startswith((b"http://", b"https://")):
        target = b"/" + target.split(b"/", 3)[3] if target.count(b"/") > 2 else b"/"
    return target.partition(b"?")[0]


def _http(status: int, body: bytes, *, head: bool) -> bytes:
    words = REASONS[status]
    allow = "Allow: GET, HEAD\r\n" if status == 405 else ""
    lines = (
        f"HTTP/1.1 {status} {words}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n{allow}"
        "Connection: close\r\n\r\n"
    )
    return lines.encode() + (b"" if head else body)


class Server:
    """A server on one listening socket; `stop` may be called from any thread or signal handler."""

    def __init__(self, sock: socket.socket, health: Health) -> None:
        self._sock = sock
        self._health = health
        self._clients: dict[int, _Client] = {}
        self._selector = selectors.DefaultSelector()
        self._reader, self._writer = socket.socketpair()  # Windows selects only sockets
        self._writer.setblocking(False)

    def stop(self) -> None:
        """End `run` as soon as it can."""
        with contextlib.suppress(OSError):
            self._writer.send(b"x")

    def run(self) -> None:
        """Answer until stopped, then close every socket."""
        self._selector.register(self._reader, selectors.EVENT_READ, "stop")
        self._selector.register(self._sock, selectors.EVENT_READ, "listener")
        try:
            while True:
                for key, _ in self._selector.select(POLL_S):
                    if key.data == "stop":
                        return
                    if key.data == "listener":
                        self._accept()
                    elif key.data.sock.fileno() >= 0:  # not one that was just closed
                        self._serve(key.data)
                self._drop_slow()
        finally:
            for client in list(self._clients.values()):
                self._close(client)
            self._sock.close()
            self._selector.close()
            self._reader.close()
            self._writer.close()

    def _accept(self) -> None:
        """Accept what waits, and close the oldest connection for each one too many."""
        for _ in range(MAX_CLIENTS):
            try:
                sock, _ = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._drop_oldest()
                    time.sleep(0.01)  # should this process have no descriptor to give back
                return  # the next round tries again
            sock.setblocking(False)
            if len(self._clients) >= MAX_CLIENTS:
                self._drop_oldest()
            client = _Client(sock)
            self._clients[sock.fileno()] = client
            self._selector.register(sock, selectors.EVENT_READ, client)
            self._serve(client)  # its request is mostly there already

    def _drop_oldest(self) -> None:
        for client in self._clients.values():
            self._close(client)
            return

    def _serve(self, client: _Client) -> None:
        try:
            if client.reply:
                self._send(client)
            else:
                self._receive(client)
        except BlockingIOError:
            return
        except OSError:
            self._close(client)

    def _receive(self, client: _Client) -> None:
        data = client.sock.recv(4096)
        client.request += data
        complete = b"\r\n\r\n" in client.request or b"\n\n" in client.request
        if not data or len(client.request) > MAX_REQUEST:
            self._close(client)
        elif complete:
            client.reply = respond(client.request, self._health)
            self._selector.modify(client.sock, selectors.EVENT_WRITE, client)
            self._send(client)

    def _send(self, client: _Client) -> None:
        sent_bytes = client.sock.send(client.reply)
        client.reply = client.reply[sent_bytes:]
        if not client.reply:
            with contextlib.suppress(OSError):
                client.sock.shutdown(socket.SHUT_WR)
            self._close(client)

    def _drop_slow(self) -> None:
        now = time.monotonic()
        for client in [client for client in self._clients.values() if client.until < now]:
            self._close(client)

    def _close(self, client: _Client) -> None:
        if self._clients.pop(client.sock.fileno(), None) is None:
            return
        self._selector.unregister(client.sock)
        client.sock.close()


def serve(sock: socket.socket, health: Health, on_start: Callable[[], Any]) -> None:
    """Probe and answer until SIGINT, SIGTERM or SIGHUP."""
    garbage.resume()
    server = Server(sock, health)
    with signals.handle_with(lambda number: server.stop()):
        try:
            health.start()
            on_start()
            server.run()
        finally:
            health.stop()
