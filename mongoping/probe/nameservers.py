"""Query each name server of this machine separately, to find one that does not answer.

The system's resolver tries one after the other and does not report which one did not answer.
The query is built by hand, because importing dnspython takes longer than the query.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence

TYPES = {"A": 1, "TXT": 16, "AAAA": 28, "SRV": 33}  # RFC 1035, 3596 and 2782
RCODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}  # RFC 1035, section 4.1.1
SENT_AGAIN_AFTER_S = (1.0, 2.0, 3.0, 4.0, 5.0, 5.0)  # one lost packet is no silence
MAX_SERVERS = 6  # the resolver of glibc takes three


class Survey:
    """The responses of each name server so far. `run` queries; the other methods only read."""

    def __init__(self, servers: Sequence[tuple[str, int]], name: str, types: Sequence[str]) -> None:
        self._servers = tuple(dict.fromkeys(servers))[:MAX_SERVERS]
        self._name = name
        self._types = tuple(types)
        self._answers: dict[tuple[str, int], dict[str, str]] = {each: {} for each in self._servers}
        self.answered = asyncio.Event()  # any of them
        self.first_answer_s: float | None = None  # after the first packet was sent

    @property
    def silent(self) -> tuple[str, ...]:
        """Return the servers that have not answered at all."""
        return tuple(
            _server_text(server) for server, answers in self._answers.items() if not answers
        )

    @property
    def partly_silent(self) -> tuple[str, ...]:
        """Return the servers that answered one type of query and not another, with these types."""
        return tuple(
            f"{_server_text(server)} "
            f"({', '.join(kind for kind in self._types if kind not in answers)})"
            for server, answers in self._answers.items()
            if answers and len(answers) < len(self._types)
        )

    @property
    def answering(self) -> tuple[str, ...]:
        """Return the servers that have answered every query."""
        return tuple(
            _server_text(server)
            for server, answers in self._answers.items()
            if len(answers) == len(self._types) and "closed" not in answers.values()
        )

    @property
    def rcodes(self) -> frozenset[str]:
        """Return the response codes received, by name; ``closed`` if nothing listens."""
        return frozenset(code for answers in self._answers.values() for code in answers.values())

    async def run(self) -> None:
        """Query every server for every type separately, until all have answered."""
        await asyncio.gather(
            *(self._ask(server, kind) for server in self._servers for kind in self._types)
        )

    async def _ask(self, server: tuple[str, int], kind: str) -> None:
        began = time.monotonic()
        answer = await _query(server, self._name, kind)
        if answer is not None:
            self._answers[server][kind] = answer
            if answer != "closed" and not self.answered.is_set():
                self.first_answer_s = time.monotonic() - began
                self.answered.set()


async def _query(server: tuple[str, int], name: str, kind: str) -> str | None:
    """Return the response code of a server, ``closed``, or None without an answer."""
    number = os.urandom(2)
    try:
        packet = _packet(number, name, kind)
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        query_socket = socket.socket(family, socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return None
    with query_socket:
        query_socket.setblocking(False)
        for seconds in SENT_AGAIN_AFTER_S:
            try:
                query_socket.connect(server)
                query_socket.send(packet)
                async with asyncio.timeout(seconds):
                    while True:
                        reply = await asyncio.get_running_loop().sock_recv(query_socket, 4096)
                        if len(reply) >= 12 and reply[:2] == number:
                            return RCODES.get(reply[3] & 15, f"RCODE{reply[3] & 15}")
            except ConnectionRefusedError:
                return "closed"
            except TimeoutError:
                continue
            except OSError:
                return None
    return None


def _packet(number: bytes, name: str, kind: str) -> bytes:
    """Return a query (RFC 1035, section 4.1); raises UnicodeError for an invalid DNS name."""
    encoded_name = name.rstrip(".").encode("ascii" if name.isascii() else "idna")
    labels = encoded_name.split(b".")
    if any(not 0 < len(label) < 64 for label in labels):
        raise UnicodeError(f"{name!r} is no DNS name")
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    header = number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"  # recursion desired, 1 question
    return header + question + TYPES[kind].to_bytes(2, "big") + b"\x00\x01"


def _server_text(server: tuple[str, int]) -> str:
    address, port = server
    if port == 53:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
