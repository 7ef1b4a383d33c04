"""A connection that blocks until its deadline."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from mongoping.probe.stream import Stream, connecting

MIN_S = 0.05  # a deadline that has passed still leaves time for an answer that is there


def time_left(deadline: float) -> float:
    """Return the seconds until ``deadline`` (monotonic), and never less than `MIN_S`."""
    return max(deadline - time.monotonic(), MIN_S)


class BlockingStream(Stream):
    """A stream whose coroutines never wait for an event loop: run them with `finish`.

    Each operation ends at ``deadline`` (monotonic seconds), with TimeoutError.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__(sock)
        self.deadline = deadline

    @classmethod
    def connect(cls, family: int, address: Any, deadline: float) -> BlockingStream:
        """Connect to one address. Raises OSError, OverflowError and TimeoutError."""
        with connecting(family, address) as sock:
            sock.settimeout(time_left(deadline))
            sock.connect(address)
        return cls(sock, deadline)

    async def _send(self, data: bytes) -> None:
        self._prepare()
        self._sock.sendall(data)

    async def _receive_some(self, most: int) -> bytes:
        self._prepare()
        return self._sock.recv(most)

    def _arrived(self, most: int) -> bytes:
        self._sock.setblocking(False)
        with contextlib.suppress(OSError):  # BlockingIOError, SSLWantReadError
            return self._tls.read(most) if self._tls is not None else self._sock.recv(most)
        return b""

    def _prepare(self) -> None:
        seconds_left = self.deadline - time.monotonic()
        if seconds_left <= 0:
            raise TimeoutError
        self._sock.settimeout(seconds_left)
