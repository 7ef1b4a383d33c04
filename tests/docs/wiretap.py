"""Record what clients send to a real server, to compare it with a page of the documentation."""

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
    """A forwarder to ``port`` on this machine that records the bytes of each client.

    Attributes:
        port: the port on which it listens.
        streams: the recorded bytes, one array per connection.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.streams: list[bytearray] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                record = bytearray()
                self.streams.append(record)
                for ends in ((client, server, record), (server, client, None)):
                    threading.Thread(target=_forward, args=ends, daemon=True).start()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield every command of every client, connection by connection."""
        for stream in self.streams:
            data = bytes(stream)
            while len(data) >= HEADER.size:
                length, _, _, code = HEADER.unpack_from(data)
                yield _document(code, data[HEADER.size : length])
                data = data[length:]


def _forward(source: socket.socket, sink: socket.socket, record: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            if record is not None:
                record += data
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _document(code: int, body: bytes) -> dict[str, Any]:
    """Return the command in an OP_MSG or OP_QUERY message."""
    if code == OP_MSG:
        return dict(bson.decode(body[5 : 5 + struct.unpack_from("<i", body, 5)[0]]))
    assert code == OP_QUERY, f"opcode {code}"
    start = body.index(b"\0", 4) + 1 + 8
    return dict(bson.decode(body[start : start + struct.unpack_from("<i", body, start)[0]]))
