"""One message and its answer, for who wants the time of it and little else."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from mongoping.observer import Stopwatch
from mongoping.probe import wire
from mongoping.probe.connection import ClosedByPeerError, Connection


async def round_trip(connection: Connection, ask: bytes) -> bytes:
    """Send a message and read the whole of its answer, which is not looked into.

    Taking apart the answers to many pings would cost more than all the rest. Raises
    `ClosedByPeerError`, `wire.WireError`, or OSError.
    """
    stopwatch = Stopwatch("probe", connection.peer)
    if stopwatch:
        stopwatch.message(wire.command_in(ask), is_sent=True)
    await connection.send(ask)
    answer = await connection.read()
    size = wire.HEADER_BYTES
    while answer:
        wire.check_start(answer)
        if len(answer) >= wire.HEADER_BYTES:
            size = wire.HEADER_BYTES + wire.body_length(answer[: wire.HEADER_BYTES])
            if len(answer) >= size:
                if stopwatch:
                    stopwatch.message(wire.command_in(answer), is_sent=False)
                return answer
        part = await connection.read()
        if not part:
            break
        answer += part
    raise ClosedByPeerError(f"closed after {len(answer)} of {size} bytes")


def read(answer: bytes) -> dict[str, Any]:
    """Return the document of an answer. Raises `wire.WireError`."""
    return wire.reply(answer[: wire.HEADER_BYTES], answer[wire.HEADER_BYTES :])


def with_payload(command: Mapping[str, Any], payload: bytes, database: str) -> bytes:
    """Return a command with a field ``payload`` of binary data, as SASL has it, as OP_MSG."""
    fields = wire.encode({**command, "$db": database})[4:-1]
    binary = b"\x05payload\0" + struct.pack("<i", len(payload)) + b"\0" + payload
    document = struct.pack("<i", 4 + len(fields) + len(binary) + 1) + fields + binary + b"\0"
    body = b"\0\0\0\0\0" + document
    return struct.pack("<iiii", wire.HEADER_BYTES + len(body), 1, 0, wire.OP_MSG) + body
