"""Servers that are found, and answer late or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.faults.hello import played

if TYPE_CHECKING:
    from collections.abc import Iterator

LATE_S = 0.6  # mongoping calls half a second slow


@fault("ping.slow", warning=True)
def slow() -> Iterator[Fault]:
    """Every answer is late, as over a bad line."""
    with plain() as whole:
        late = listeners.forward("127.0.0.1", whole.ports[0], delay=LATE_S)
        with listeners.Listener(late) as proxy:
            args = ("--count", "3", "--timeout", "30")
            yield Fault(f"mongodb://{proxy.address}/", args=args, remedy_uri=whole.uri)


@fault("ping.timeout")
def timeout() -> Iterator[Fault]:
    """The server answers hello, and no ping."""
    with played(scripts.mute("ping"), "The server is played.") as made:
        yield made


@fault("ping.lost", warning=True)
def lost() -> Iterator[Fault]:
    """At every fourth ping the connection is lost."""
    with played(scripts.dropping("ping", 4), "The server is played.") as made:
        yield made
