"""A TCP forwarder in front of a server, whose delay can change while connections are open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mongoping.sandbox.listeners import Listener, pump

if TYPE_CHECKING:
    import socket
    import threading


class Forwarder:
    """Forwards connections to a server on loopback, and delays what is sent to it.

    Attributes:
        port: the port of the server; may be set after the forwarder has started.
        delay: seconds by which each request reaches the server later. Replies are not delayed, so
            it is the time that every round trip takes longer.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.delay = 0.0
        self.listener = Listener(self._handle)

    def _handle(self, client: socket.socket, closing: threading.Event) -> None:
        import socket

        with socket.create_connection(("127.0.0.1", self.port)) as server:
            pump(client, server, closing, before_request=self._wait)

    def _wait(self) -> None:
        if self.delay:
            time.sleep(self.delay)

    def __enter__(self) -> Forwarder:
        self.listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.stop()
