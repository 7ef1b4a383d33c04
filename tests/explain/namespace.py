"""A network of our own: its loopback, and a DNS resolver at the address that everyone asks.

Only so can drivers that read ``/etc/resolv.conf`` themselves (Node's c-ares, glibc) be shown
names that exist nowhere. Needs Linux, and the right to make namespaces: root, or a container
that allows it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INSIDE = "MONGOPING_CORPUS_NAMESPACE"
RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"
REPLY_S = 10


def enter(module: str, argv: Sequence[str]) -> int:
    """Run ``python -m module`` again, inside; its exit code. Exits in words where it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "resolv.conf"
        config.write_text(RESOLV_CONF)
        steps = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"'
        inner = [sys.executable, "-m", module, *argv]
        line = ["unshare", "--net", "--mount", "sh", "-c", steps, str(config), *inner]
        try:
            process = subprocess.run(line, env={**os.environ, INSIDE: "1"}, check=False)
        except FileNotFoundError:
            sys.exit("This needs Linux with unshare, ip and mount.")
    return process.returncode


def inside() -> bool:
    """Return whether this process runs in its own network namespace."""
    return bool(os.environ.get(INSIDE))


class Port53:
    """127.0.0.1:53, UDP and TCP: passes every question on to the name server of the moment."""

    def __init__(self) -> None:
        self._target: tuple[str, int] | None = None
        self._sockets: list[socket.socket] = []

    @contextlib.contextmanager
    def leading_to(self, address: str) -> Iterator[None]:
        """Lead to ``host:port``. Where nothing listens there, nothing listens here."""
        host, _, port = address.rpartition(":")
        self._target = (host, int(port))
        alive = True
        try:
            socket.create_connection(self._target, 1).close()
        except OSError:
            alive = False
        if alive:
            self._open()
        try:
            yield
        finally:
            self._close()

    def _open(self) -> None:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.bind(("127.0.0.1", 53))
        tcp = socket.create_server(("127.0.0.1", 53))
        self._sockets = [udp, tcp]
        for serve, pair in ((self._serve_udp, udp), (self._serve_tcp, tcp)):
            threading.Thread(target=serve, args=(pair,), daemon=True).start()

    def _close(self) -> None:
        for endpoint in self._sockets:
            with contextlib.suppress(OSError):
                endpoint.shutdown(socket.SHUT_RDWR)
            endpoint.close()
        self._sockets = []

    def _serve_udp(self, udp: socket.socket) -> None:
        while True:
            try:
                query, peer = udp.recvfrom(4096)
            except OSError:
                return
            if query:  # closing sends an empty one
                threading.Thread(target=self._pass_on, args=(udp, query, peer), daemon=True).start()

    def _pass_on(self, udp: socket.socket, query: bytes, peer: Any) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up, contextlib.suppress(OSError):
            up.settimeout(REPLY_S)
            up.connect(self._target or ("127.0.0.1", 9))
            up.send(query)
            udp.sendto(up.recv(4096), peer)

    def _serve_tcp(self, tcp: socket.socket) -> None:
        while True:
            try:
                client, _ = tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._pipe, args=(client,), daemon=True).start()

    def _pipe(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(REPLY_S)
            with socket.create_connection(self._target or ("127.0.0.1", 9), REPLY_S) as up:
                up.settimeout(REPLY_S)
                head = client.recv(2, socket.MSG_WAITALL)
                up.sendall(head + client.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
                size = up.recv(2, socket.MSG_WAITALL)
                client.sendall(size + up.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
