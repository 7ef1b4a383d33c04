"""Things that answer on the port and are no MongoDB server that a driver can talk to."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.fault import Fault, fault, plain, workshop
from mongoping.sandbox.played import error
from mongoping.sandbox.users import build_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.listeners import Handler
    from mongoping.sandbox.played import Script


@contextmanager
def _instead(handle: Handler) -> Iterator[Fault]:
    """A listener where a server should be."""
    with plain() as whole, listeners.Listener(handle) as listener:
        yield Fault(f"mongodb://{listener.address}/", remedy_uri=whole.uri)


@contextmanager
def played(script: Script, note: str) -> Iterator[Fault]:
    """A played server where another one should be."""
    from mongoping.sandbox.played import Played

    with plain() as whole, Played(script) as server:
        yield Fault(f"mongodb://{server.address}/", remedy_uri=whole.uri, note=note)


@fault("hello.not-mongodb")
def http() -> Iterator[Fault]:
    """A web server listens on the port."""
    with _instead(listeners.http) as made:
        yield made


@fault("hello.not-mongodb:ssh")
def ssh() -> Iterator[Fault]:
    """An SSH server listens on the port."""
    with _instead(listeners.ssh) as made:
        yield made


@fault("hello.not-mongodb:mysql")
def mysql() -> Iterator[Fault]:
    """A MySQL server listens on the port. Its first words are played."""
    with _instead(listeners.mysql) as made:
        yield made


@fault("hello.not-mongodb:garbage")
def garbage() -> Iterator[Fault]:
    """What answers speaks no protocol that anyone knows."""
    with _instead(listeners.garbage) as made:
        yield made


@fault("hello.not-mongodb:huge-length")
def huge_length() -> Iterator[Fault]:
    """The answer announces a message of two gigabytes."""
    with _instead(listeners.huge_length) as made:
        yield made


@fault("hello.no-reply")
def no_reply() -> Iterator[Fault]:
    """The connection is accepted, and nothing ever comes."""
    with _instead(listeners.silent) as made:
        yield made


@fault("hello.not-mongodb:endless")
def endless() -> Iterator[Fault]:
    """The answer begins, and never ends."""
    with _instead(listeners.endless) as made:
        yield made


@fault("hello.closed-by-server")
def closed_by_server() -> Iterator[Fault]:
    """The connection is closed when the client speaks."""
    with _instead(listeners.close_after_first_bytes) as made:
        yield made


@contextmanager
def _behind_tls(handle: Handler, good: Handler) -> Iterator[Fault]:
    """What stands behind a front that ends TLS, and what should stand there."""
    with workshop() as made:
        context = listeners.server_context(made.good)
        with (
            listeners.Listener(listeners.tls(context, handle)) as bad,
            listeners.Listener(listeners.tls(context, good)) as front,
        ):
            uri, remedy = (
                build_uri([f"localhost:{port}"], tls=True, tlsCAFile=made.authority)
                for port in (bad.port, front.port)
            )
            yield Fault(uri, remedy_uri=remedy)


@fault("hello.closed-by-server:tls")
def closed_behind_tls() -> Iterator[Fault]:
    """The handshake succeeds, and the connection is closed when the client speaks."""
    with plain() as whole:
        good = listeners.forward("127.0.0.1", whole.ports[0])
        with _behind_tls(listeners.close_after_first_bytes, good) as made:
            yield made


@fault("hello.closed-by-server:tls-twice")
def tls_twice() -> Iterator[Fault]:
    """A front ends TLS, and the server behind it requires TLS of its own."""
    from mongoping.sandbox.deployment import ServerTls, standalone

    with workshop() as made, standalone(tls=ServerTls(made.good, made.authority)) as strict:
        behind = listeners.forward("127.0.0.1", strict.ports[0])
        with plain() as whole:
            good = listeners.forward("127.0.0.1", whole.ports[0])
            with _behind_tls(behind, good) as fault_:
                yield fault_


@fault("hello.too-many-connections")
def too_many_connections() -> Iterator[Fault]:
    """The server has as many connections as it may have (--maxConns)."""
    from mongoping.sandbox.deployment import standalone

    with standalone(extra=("--maxConns", "10")) as whole, ExitStack() as stack:

        def repair() -> None:
            stack.close()

        address = ("127.0.0.1", whole.ports[0])
        for _ in range(30):
            stack.enter_context(socket.create_connection(address))
        yield Fault(whole.uri, repair=repair)


@fault("hello.wire-version-too-old")
def wire_version_too_old() -> Iterator[Fault]:
    """The server is MongoDB 3.6, older than every driver of today."""
    with played(scripts.too_old(), "The server is played.") as made:
        yield made


@fault("hello.wire-version-too-new")
def wire_version_too_new() -> Iterator[Fault]:
    """The server is newer than every driver of today."""
    with played(scripts.too_new(), "The server is played.") as made:
        yield made


@fault("hello.refused")
def refused() -> Iterator[Fault]:
    """Something in front of the server answers hello with an error."""
    with played({"hello": error(13, "access denied by policy")}, "The server is played.") as made:
        yield made


@fault("hello.closed-by-server:shutdown")
def shutdown() -> Iterator[Fault]:
    """The server is shutting down, and says so to hello."""
    script: Script = {"hello": error(11600, "interrupted at shutdown", "InterruptedAtShutdown")}
    with played(script, "The server is played.") as made:
        yield made
