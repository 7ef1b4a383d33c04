"""A forwarder before a real server that keeps what clients said, to hold it against a page."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import bson

if TYPE_CHECKING:
    from collections.abc import Iterator

OP_QUERY, OP_MSG = 2004, 2013
HEADER = struct.Struct("<iiii")


class Tap:
    """Forwards connections to ``port`` of this machine, and keeps the bytes of each client."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.said: list[bytearray] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                kept = bytearray()
                self.said.append(kept)
                for one in ((client, server, kept), (server, client, None)):
                    threading.Thread(target=_pump, args=one, daemon=True).start()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Every command that a client sent, in the order of its connection."""
        for stream in self.said:
            data = bytes(stream)
            while len(data) >= HEADER.size:
                length, _, _, code = HEADER.unpack_from(data)
                yield _document(code, data[HEADER.size : length])
                data = data[length:]


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            if kept is not None:
                kept += data
            sink.sendall(data)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _document(code: int, body: bytes) -> dict[str, Any]:
    """The command of a message, in either form of the protocol."""
    if code == OP_MSG:
        return dict(bson.decode(body[5 : 5 + struct.unpack_from("<i", body, 5)[0]]))
    assert code == OP_QUERY, f"opcode {code}"
    start = body.index(b"\0", 4) + 1 + 8
    return dict(bson.decode(body[start : start + struct.unpack_from("<i", body, start)[0]]))
