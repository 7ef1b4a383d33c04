"""Thousands of simulated servers: one asyncio server that answers hello on every loopback address.

Run as a process of its own: ``python -m benchmarks.simulated``; it prints its port and ends with
its standard input.
"""

from __future__ import annotations

import asyncio
import struct
import sys

HEADER = 16
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HELLO = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 16777216,
    "maxMessageSizeBytes": 48000000,
    "maxWriteBatchSize": 100000,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
    "ok": 1.0,
}
BUILD = {
    "version": "7.0.14",
    "gitVersion": "ce59cfc6a3c5e5c067dca0d30697edd68d4f5188",
    "modules": [],
    "openssl": {"running": "OpenSSL 3.0.2", "compiled": "OpenSSL 3.0.2"},
    "versionArray": [7, 0, 14, 0],
    "maxBsonObjectSize": 16777216,
    "ok": 1.0,
}


def reply(number: int, operation: int, document: bytes) -> bytes:
    """Return a message with a document, in the form of the request."""
    if operation == OP_QUERY:
        body, answer = struct.pack("<iqii", 8, 0, 0, 1) + document, OP_REPLY
    else:
        body, answer = b"\0\0\0\0\0" + document, OP_MSG
    return struct.pack("<iiii", HEADER + len(body), 1, number, answer) + body


class Server(asyncio.Protocol):
    """One connection: answers every command at once, with as little work as possible."""

    def __init__(self, hello: bytes, build: bytes, good: bytes) -> None:
        self.documents = hello, build, good
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while len(self.buffer) >= HEADER:
            length, number, _, operation = struct.unpack_from("<iiii", self.buffer)
            if len(self.buffer) < length:
                return
            message, self.buffer = self.buffer[:length], self.buffer[length:]
            hello, build, good = self.documents
            document = good
            if b"buildInfo" in message:
                document = build
            elif b"ismaster" in message or b"hello\0" in message or b"isMaster" in message:
                document = hello
            self.transport.write(reply(number, operation, document))  # type: ignore[attr-defined]


async def main() -> None:
    import bson

    documents = bson.encode(HELLO), bson.encode(BUILD), bson.encode({"ok": 1.0})
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(*documents), "0.0.0.0", 0, backlog=4096  # noqa: S104 - all loopback addresses
    )  # fmt: skip
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    asyncio.run(main())
