"""Ports where no MongoDB server answers, or one that a driver cannot use."""

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


ONLY_THE_LOG = "Only the log of the server or of the proxy shows the reason."
RIGHT_PORT = "Use MongoDB's port"


@contextmanager
def _instead(handle: Handler, remedy: str = RIGHT_PORT) -> Iterator[Fault]:
    """Yield a listener in place of a server."""
    with plain() as healthy, listeners.Listener(handle) as listener:
        yield Fault(f"mongodb://{listener.address}/", remedy=remedy, remedy_uri=healthy.uri)


@contextmanager
def simulated_fault(
    script: Script, note: str, remedy: str = "", *, never: str = ""
) -> Iterator[Fault]:
    """Yield a simulated server in place of a real one; ``never`` is why no remedy is tried."""
    from mongoping.sandbox.played import SimulatedServer

    with plain() as healthy, SimulatedServer(script) as server:
        yield Fault(
            f"mongodb://{server.address}/",
            remedy=remedy,
            remedy_uri=None if never else healthy.uri,
            no_remedy_here=never,
            note=note,
        )


@fault("hello.not-mongodb")
def http() -> Iterator[Fault]:
    """A web server listens on the port."""
    with _instead(listeners.http) as fault_:
        yield fault_


@fault("hello.not-mongodb:ssh")
def ssh() -> Iterator[Fault]:
    """An SSH server listens on the port."""
    with _instead(listeners.ssh) as fault_:
        yield fault_


@fault("hello.not-mongodb:mysql")
def mysql() -> Iterator[Fault]:
    """A MySQL server listens on the port. Its greeting is simulated."""
    with _instead(listeners.mysql) as fault_:
        yield fault_


@fault("hello.not-mongodb:garbage")
def garbage() -> Iterator[Fault]:
    """The listener sends bytes of an unknown protocol."""
    with _instead(listeners.garbage) as fault_:
        yield fault_


@fault("hello.not-mongodb:huge-length")
def huge_length() -> Iterator[Fault]:
    """The reply announces a message of 2 GB."""
    with _instead(listeners.huge_length) as fault_:
        yield fault_


@fault("hello.no-reply")
def no_reply() -> Iterator[Fault]:
    """The server accepts the connection, but never replies."""
    with _instead(listeners.silent, "Check that the server process is running") as fault_:
        yield fault_


@fault("hello.not-mongodb:endless")
def endless() -> Iterator[Fault]:
    """The reply begins, but never ends."""
    with _instead(listeners.endless) as fault_:
        yield fault_


@fault("hello.closed-by-server")
def closed_by_server() -> Iterator[Fault]:
    """The server closes the connection when the client sends its first message."""
    with listeners.Listener(listeners.close_after_first_bytes) as listener:
        yield Fault(f"mongodb://{listener.address}/", no_remedy_here=ONLY_THE_LOG)


@contextmanager
def _behind_tls(handle: Handler, good: Handler) -> Iterator[Fault]:
    """Yield a TLS proxy in front of ``handle``; the remedy has ``good`` behind it."""
    with workshop() as certificates:
        context = listeners.server_context(certificates.good)
        with (
            listeners.Listener(listeners.tls(context, handle)) as bad,
            listeners.Listener(listeners.tls(context, good)) as front,
        ):
            uri, remedy = (
                build_uri([f"localhost:{port}"], tls=True, tlsCAFile=certificates.authority)
                for port in (bad.port, front.port)
            )
            yield Fault(uri, remedy="Configure the proxy to use TLS", remedy_uri=remedy)


@fault("hello.closed-by-server:tls")
def closed_behind_tls() -> Iterator[Fault]:
    """The TLS handshake succeeds, but the connection is closed when the client sends hello."""
    with workshop() as certificates:
        handle = listeners.tls(
            listeners.server_context(certificates.good), listeners.close_after_first_bytes
        )
        with listeners.Listener(handle) as front:
            uri = build_uri([f"localhost:{front.port}"], tls=True, tlsCAFile=certificates.authority)
            yield Fault(uri, no_remedy_here=ONLY_THE_LOG)


@fault("hello.closed-by-server:tls-twice")
def tls_twice() -> Iterator[Fault]:
    """A proxy terminates TLS, but the server behind it requires TLS too."""
    from mongoping.sandbox.deployment import ServerTls, standalone

    with (
        workshop() as certificates,
        standalone(tls=ServerTls(certificates.good, certificates.authority)) as strict,
    ):
        behind = listeners.forward("127.0.0.1", strict.ports[0])
        with plain() as healthy:
            good = listeners.forward("127.0.0.1", healthy.ports[0])
            with _behind_tls(behind, good) as fault_:
                yield fault_


@fault("hello.too-many-connections")
def too_many_connections() -> Iterator[Fault]:
    """The server has reached its connection limit (--maxConns)."""
    from mongoping.sandbox.deployment import standalone

    with standalone(extra=("--maxConns", "10")) as healthy, ExitStack() as stack:

        def repair() -> None:
            stack.close()

        address = ("127.0.0.1", healthy.ports[0])
        for _ in range(30):
            stack.enter_context(socket.create_connection(address))
        yield Fault(healthy.uri, remedy="close those that are not needed", repair=repair)


@fault("hello.wire-version-too-old")
def wire_version_too_old() -> Iterator[Fault]:
    """The server is MongoDB 3.6, too old for current drivers."""
    with simulated_fault(
        scripts.too_old(),
        "The server is simulated.",
        never="The first remedy installs an older driver, and one environment has only one.",
    ) as fault_:
        yield fault_


@fault("hello.wire-version-too-new")
def wire_version_too_new() -> Iterator[Fault]:
    """The server is too new for current drivers."""
    with simulated_fault(
        scripts.too_new(),
        "The server is simulated.",
        never="No driver supports the simulated server.",
    ) as fault_:
        yield fault_


@fault("hello.refused")
def hello_refused() -> Iterator[Fault]:
    """A proxy in front of the server answers hello with an error."""
    script: Script = {"hello": error(13, "access denied by policy")}
    with simulated_fault(script, "The server is simulated.", never=ONLY_THE_LOG) as fault_:
        yield fault_


@fault("hello.closed-by-server:shutdown")
def shutdown() -> Iterator[Fault]:
    """The server is shutting down and answers hello with an error."""
    script: Script = {"hello": error(11600, "interrupted at shutdown", "InterruptedAtShutdown")}
    with simulated_fault(
        script, "The server is simulated.", "Wait until the server is up"
    ) as fault_:
        yield fault_
