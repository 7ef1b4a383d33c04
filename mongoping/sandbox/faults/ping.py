"""Servers that are found, but answer late or not at all."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.deployment import standalone
from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.faults.hello import simulated_fault
from mongoping.sandbox.played import SimulatedServer
from mongoping.sandbox.played import standalone as played_standalone

if TYPE_CHECKING:
    from collections.abc import Iterator

SIMULATION_NOTE = "The server is simulated; the remedy uses a real one."
LATE_S = 0.6  # above the half second that mongoping reports as slow


@fault("ping.slow", warning=True)
def slow() -> Iterator[Fault]:
    """Every reply is late, as over a slow network."""
    with plain() as healthy:
        late = listeners.forward("127.0.0.1", healthy.ports[0], delay=LATE_S)
        with listeners.Listener(late) as proxy:
            args = ("--count", "3", "--timeout", "30")
            yield Fault(
                f"mongodb://{proxy.address}/",
                args=args,
                remedy="Check the server's CPU limit",
                remedy_uri=healthy.uri,
                note="A forwarder delays the replies; the remedy uses the server without it.",
            )


@fault("ping.timeout")
def timeout() -> Iterator[Fault]:
    """The server answers hello, but no ping."""
    with simulated_fault(scripts.mute("ping"), SIMULATION_NOTE) as fault_:
        yield replace(fault_, remedy="Check the server's load")


@fault("ping.lost", warning=True)
def pings_lost() -> Iterator[Fault]:
    """Every fourth ping loses its connection."""
    with simulated_fault(scripts.dropping("ping", 4), SIMULATION_NOTE) as fault_:
        yield replace(fault_, remedy="Check what closes connections")


@fault("ping.timeout:later")
def silent_later() -> Iterator[Fault]:
    """Each connection stops replying after a while, as behind a broken proxy."""
    with plain() as healthy, SimulatedServer(played_standalone(), replies=5, hangs=True) as server:
        yield Fault(
            f"mongodb://{server.address}/",
            remedy="Check what closes connections",
            remedy_uri=healthy.uri,
            note=SIMULATION_NOTE,
        )


@fault("hello.too-many-connections:later")
def too_many_later() -> Iterator[Fault]:
    """The server reaches its connection limit (--maxConns) after the first connection."""
    with standalone(extra=("--maxConns", "12")) as full, ExitStack() as stack:
        address = ("127.0.0.1", full.ports[0])
        for _ in range(11):
            stack.enter_context(socket.create_connection(address))
        yield Fault(full.uri, remedy="close those that are not needed", repair=stack.close)
