"""A server that is simulated: it speaks the wire protocol and replies from a script.

For servers that no installed mongod can be: a mongos, a load balancer, a server too old or too
new for the driver, products of other vendors, and a hostile server. Only the replies are
simulated. Whatever a real mongod can show is shown by a real one, see
`mongoping.sandbox.deployment`.
"""

from __future__ import annotations

import datetime
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mongoping.sandbox.listeners import Listener

if TYPE_CHECKING:
    import threading


OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
MORE_TO_COME = 2


@dataclass(frozen=True)
class Wire:
    """Bytes to send instead of a message; only the id that is answered is filled in.

    No bytes at all: the client waits.
    """

    data: bytes


@dataclass(frozen=True)
class Body:
    """A BSON document that is encoded already; `bson` would refuse to make it."""

    data: bytes


Document = Mapping[str, Any]
Reply = Document | Wire | Body | None
"""A document, bytes, or None: the connection is closed."""

Answering = Callable[[Document, str], Reply]
"""A reply that depends on the command, or on the server's own address."""

Script = dict[str, Reply | Answering]
"""Command name → reply, or what finds it."""


class SimulatedServer:
    """A server that answers as its script says, from ``with`` to its end.

    ``wrap`` puts something before it, as ``partial(listeners.tls, context)``. ``commands`` are
    the commands that were received. Each connection gets ``replies`` at most, all that it asks
    for by default; then it is closed, or with ``hangs`` kept open in silence.
    """

    def __init__(
        self,
        script: Script,
        *,
        wrap: Callable[..., Any] | None = None,
        replies: int | None = None,
        hangs: bool = False,
    ) -> None:
        self._replies = replies
        self._hangs = hangs
        self.script = dict(script)
        self.commands: list[Document] = []
        self._listener = Listener(wrap(then=self._serve) if wrap else self._serve)

    @property
    def address(self) -> str:
        """Return ``host:port``."""
        return self._listener.address

    @property
    def port(self) -> int:
        """Return the port on which it listens."""
        return self._listener.port

    def __enter__(self) -> SimulatedServer:
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    def _serve(self, client: socket.socket, closing: threading.Event) -> None:
        import bson

        sent_bytes = 0
        while not closing.is_set():
            message = _read(client)
            if message is None:
                return
            if sent_bytes == self._replies:
                if self._hangs:
                    closing.wait()
                return
            sent_bytes += 1
            request, opcode, payload = message
            command, expects_reply = _command(opcode, payload, bson.decode)
            self.commands.append(command)
            reply = self._reply(command)
            if reply is None:
                return
            if expects_reply:
                client.sendall(_encode(request, opcode, reply, bson.encode))

    def _reply(self, command: Document) -> Reply:
        name = next(iter(command), "")
        legacy = name.lower() == "ismaster"
        reply = self.script.get("hello" if legacy else name, _unknown_command)
        answer = reply(command, self.address) if callable(reply) else reply
        if legacy and isinstance(answer, Mapping):
            return {**answer, "ismaster": answer.get("isWritablePrimary", False)}
        return answer


def _unknown_command(command: Document, address: str) -> Document:
    return error(59, f"no such command: '{next(iter(command), '')}'", "CommandNotFound")


def _exactly(client: socket.socket, size: int) -> bytes:
    """Read this many bytes, or fewer at the end; TLS sockets lack MSG_WAITALL."""
    content = b""
    while len(content) < size and (part := client.recv(size - len(content))):
        content += part
    return content


def _read(client: socket.socket) -> tuple[int, int, bytes] | None:
    """Return the next message (id, opcode, body after the header), or None at the end."""
    header = _exactly(client, 16)
    if len(header) < 16:
        return None
    size, request, _, opcode = struct.unpack("<iiii", header)
    payload = _exactly(client, size - 16)
    return (request, opcode, payload) if len(payload) == size - 16 else None


def _command(
    opcode: int, payload: bytes, decode: Callable[[bytes], Document]
) -> tuple[Document, bool]:
    """Return the command, and whether a reply is expected. Raises OSError for other opcodes."""
    if opcode == OP_MSG:
        (size,) = struct.unpack_from("<i", payload, 5)  # flags, then one section of kind 0
        (flags,) = struct.unpack_from("<I", payload)
        return decode(payload[5 : 5 + size]), not flags & MORE_TO_COME
    if opcode == OP_QUERY:
        end = payload.index(b"\0", 4)  # flags, then the name of the collection
        (size,) = struct.unpack_from("<i", payload, end + 9)
        return decode(payload[end + 9 : end + 9 + size]), True
    raise OSError(f"opcode {opcode}")


def _encode(request: int, opcode: int, reply: Reply, encode: Callable[[Document], bytes]) -> bytes:
    if isinstance(reply, Wire):
        if not reply.data:
            return b""
        return reply.data[:8] + struct.pack("<i", request) + reply.data[12:]
    body = reply.data if isinstance(reply, Body) else encode(dict(reply or {}))
    if opcode == OP_QUERY:
        rest = struct.pack("<iqii", 8, 0, 0, 1) + body
        return struct.pack("<iiii", 16 + len(rest), 1, request, OP_REPLY) + rest
    rest = struct.pack("<I", 0) + b"\0" + body
    return struct.pack("<iiii", 16 + len(rest), 1, request, OP_MSG) + rest


def error(code: int, message: str, name: str = "") -> Document:
    """Return a server's reply to a command that failed."""
    return {"ok": 0.0, "errmsg": message, "code": code, "codeName": name or f"Location{code}"}


def hello(**fields: Any) -> Answering:
    """Return the hello of a healthy MongoDB 7.0 standalone with changed fields; None removes one.

    ``{me}`` in a text, or in a list of texts, is the server's own address.
    """

    def reply(command: Document, address: str) -> Document:
        document: dict[str, Any] = {
            "isWritablePrimary": True,
            "maxBsonObjectSize": 16_777_216,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "localTime": datetime.datetime.now(datetime.UTC),
            "logicalSessionTimeoutMinutes": 30,
            "connectionId": 1,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "readOnly": False,
            **fields,
            "ok": 1.0,
        }
        return {
            name: _fill_in(value, address) for name, value in document.items() if value is not None
        }

    return reply


def _fill_in(value: Any, address: str) -> Any:
    if isinstance(value, list):
        return [_fill_in(item, address) for item in value]
    return value.replace("{me}", address) if isinstance(value, str) else value


def standalone(**fields: Any) -> Script:
    """Return the script of a healthy server with changed hello fields. Add commands with ``|``."""
    return {
        "hello": hello(**fields),
        "ping": {"ok": 1.0},
        "endSessions": {"ok": 1.0},
        "buildInfo": {"version": "7.0.14", "ok": 1.0},
        "connectionStatus": {
            "authInfo": {"authenticatedUsers": [], "authenticatedUserRoles": []},
            "ok": 1.0,
        },
    }
