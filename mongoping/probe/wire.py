"""The little of MongoDB's wire protocol that a probe needs: OP_MSG, OP_QUERY and BSON.

Pure and bounded. The driver's own `bson` costs as much to import as a whole probe to run,
and it trusts its peer; here any bytes may come. Sources: the MongoDB wire protocol
reference (OP_MSG, OP_REPLY) and bsonspec.org 1.1.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER_BYTES = 16
LENGTH_BYTES = 4  # of a header: the length of the message
MAX_REPLY_BYTES = 4 * 1024 * 1024  # a hello of 50 members takes some 10 KiB
MAX_DEPTH = 24  # MongoDB itself stops at 100; hello nests three deep
MAX_ELEMENTS = 20_000  # of one reply, over all its documents
DRIVER_MAX_MESSAGE = 48_000_000  # PyMongo's MAX_MESSAGE_SIZE before the first hello reply

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WireError(Exception):
    """The data received is not a valid reply of a MongoDB server.

    ``kind`` is ``length`` or ``bson`` for what no server says, ``size`` for what is larger than
    any server's answer, and must not be given to a driver either.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Timestamp(int):
    """BSON timestamp; the seconds are its upper 32 bits."""

    @property
    def seconds(self) -> int:
        """Return the seconds since the epoch."""
        return int(self) >> 32


def encode(document: dict[str, Any]) -> bytes:
    """Return a document as BSON. Supports str, bool, int, float, dict and list."""
    body = b"".join(_element(name, value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def _element(name: str, value: Any) -> bytes:
    key = name.encode() + b"\0"
    match value:
        case bool():
            return b"\x08" + key + bytes([value])
        case int() if -(2**31) <= value < 2**31:
            return b"\x10" + key + struct.pack("<i", value)
        case int():
            return b"\x12" + key + struct.pack("<q", value)
        case float():
            return b"\x01" + key + struct.pack("<d", value)
        case str():
            text = value.encode()
            return b"\x02" + key + struct.pack("<i", len(text) + 1) + text + b"\0"
        case dict():
            return b"\x03" + key + encode(value)
        case list() | tuple():
            return b"\x04" + key + encode({str(i): item for i, item in enumerate(value)})
        case None:
            return b"\x0a" + key
        case _:
            raise TypeError(f"a probe sends no {type(value).__name__}")


class _Reader:
    """Walks a BSON document and counts what it has seen, so that no reply can grow on us."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = MAX_ELEMENTS

    def unpack(self, form: str, at: int, end: int) -> tuple[Any, int]:
        size = struct.calcsize(form)
        if at + size > end:
            raise WireError("bson", "a value runs past the end of its document")
        return struct.unpack_from(form, self.data, at)[0], at + size

    def cstring(self, at: int, end: int) -> tuple[str, int]:
        stop = self.data.find(b"\0", at, end)
        if stop < 0:
            raise WireError("bson", "a name has no end")
        return self.data[at:stop].decode("utf-8", "replace"), stop + 1

    def sized(self, at: int, end: int, *, least: int) -> tuple[int, int, int]:
        """Return the bounds of a value with a length prefix, and the position after it."""
        size, at = self.unpack("<i", at, end)
        if size < least or at + size > end:
            raise WireError("bson", f"a length of {size} does not fit its document")
        return at, at + size, size

    def document(self, at: int, end: int, depth: int) -> tuple[dict[str, Any], int]:
        if depth > MAX_DEPTH:
            raise WireError("size", f"documents are nested more than {MAX_DEPTH} deep")
        size, start = self.unpack("<i", at, end)
        stop = at + size
        if size < 5 or stop > end or self.data[stop - 1] != 0:
            raise WireError("bson", f"a document length of {size} does not fit the message")
        document: dict[str, Any] = {}
        at = start
        while at < stop - 1:
            self.left -= 1
            if self.left < 0:
                raise WireError("size", f"the reply has more than {MAX_ELEMENTS} values")
            kind = self.data[at]
            name, at = self.cstring(at + 1, stop)
            document[name], at = self.value(kind, at, stop - 1, depth)
        return document, stop

    def value(self, kind: int, at: int, end: int, depth: int) -> tuple[Any, int]:
        match kind:
            case 0x01:
                return self.unpack("<d", at, end)
            case 0x02 | 0x0D | 0x0E:
                start, stop, _ = self.sized(at, end, least=1)
                return self.data[start : stop - 1].decode("utf-8", "replace"), stop
            case 0x03:
                return self.document(at, end, depth + 1)
            case 0x04:
                items, at = self.document(at, end, depth + 1)
                return list(items.values()), at
            case 0x05:
                size, at = self.unpack("<i", at, end)
                if size < 0 or at + 1 + size > end:
                    raise WireError("bson", f"a binary of {size} bytes does not fit")
                return self.data[at + 1 : at + 1 + size], at + 1 + size
            case 0x07:
                if at + 12 > end:
                    raise WireError("bson", "an ObjectId runs past the end")
                return self.data[at : at + 12].hex(), at + 12
            case 0x08:
                flag, at = self.unpack("<B", at, end)
                return flag != 0, at
            case 0x09:
                millis, at = self.unpack("<q", at, end)
                return _date(millis), at
            case 0x06 | 0x0A | 0xFF | 0x7F:
                return None, at
            case 0x0B:
                pattern, at = self.cstring(at, end)
                _, at = self.cstring(at, end)
                return pattern, at
            case 0x10:
                return self.unpack("<i", at, end)
            case 0x11:
                raw, at = self.unpack("<Q", at, end)
                return Timestamp(raw), at
            case 0x12:
                return self.unpack("<q", at, end)
            case 0x13:
                if at + 16 > end:
                    raise WireError("bson", "a decimal runs past the end")
                return self.data[at : at + 16], at + 16
            case _:
                raise WireError("bson", f"0x{kind:02x} is no BSON type of a server's reply")


def _date(millis: int) -> datetime | None:
    """Return a BSON date, or None where Python has no such year."""
    try:
        return _EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def decode(data: bytes) -> dict[str, Any]:
    """Return one BSON document. Raises `WireError` for anything that is not one."""
    document, stop = _Reader(data).document(0, len(data), 0)
    if stop != len(data):
        raise WireError("bson", f"{len(data) - stop} bytes follow the document")
    return document


def message(command: dict[str, Any], database: str = "admin", request_id: int = 1) -> bytes:
    """Return a command as OP_MSG (MongoDB 3.6+)."""
    body = b"\0\0\0\0\0" + encode({**command, "$db": database})
    return struct.pack("<iiii", HEADER_BYTES + len(body), request_id, 0, OP_MSG) + body


def legacy_query(command: dict[str, Any], request_id: int = 1) -> bytes:
    """Return a command as OP_QUERY on ``admin.$cmd``: the handshake of servers before 3.6."""
    body = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + encode(command)
    return struct.pack("<iiii", HEADER_BYTES + len(body), request_id, 0, OP_QUERY) + body


def check_start(data: bytes) -> None:
    """Check what has come of a header. Raises `WireError` where it cannot become one.

    A greeting may be shorter than a header, and nothing may follow it.
    """
    if len(data) < LENGTH_BYTES:
        return
    (length,) = struct.unpack_from("<i", data)
    if not HEADER_BYTES < length <= DRIVER_MAX_MESSAGE:
        raise WireError("length", "the first bytes are not the header of a MongoDB message")


def body_length(header: bytes) -> int:
    """Return how many bytes follow this header.

    Raises `WireError` where it is no header, or announces more than `MAX_REPLY_BYTES`.
    """
    check_start(header)
    length, _, _, opcode = struct.unpack("<iiii", header)
    if opcode not in (OP_REPLY, OP_MSG):
        raise WireError("length", "the first bytes are not the header of a MongoDB message")
    if length > MAX_REPLY_BYTES:
        raise WireError("size", f"a reply of {length:,} bytes is larger than any MongoDB sends")
    return int(length) - HEADER_BYTES


def reply(header: bytes, body: bytes) -> dict[str, Any]:
    """Return the document of an OP_MSG or OP_REPLY message. Raises `WireError`."""
    opcode = struct.unpack_from("<i", header, 12)[0]
    if opcode == OP_REPLY:
        return decode(body[20:])
    if len(body) < 10 or body[4] != 0:
        raise WireError("bson", "the reply has no body section")
    document, _ = _Reader(body).document(5, len(body), 0)
    return document


def command_in(message: bytes) -> dict[str, Any] | bytes:
    """Return the document of a complete message, or the message itself if it cannot be read."""
    try:
        opcode = struct.unpack_from("<i", message, 12)[0]
        if opcode == OP_QUERY:
            start = message.index(b"\0", HEADER_BYTES + 4) + 9
            return _Reader(message).document(start, len(message), 0)[0]
        return reply(message[:HEADER_BYTES], message[HEADER_BYTES:])
    except (WireError, struct.error, ValueError):
        return message
