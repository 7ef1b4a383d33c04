"""Ports and sockets that refuse, drop or reset connections."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from mongoping.sandbox import listeners
from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.signals import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("tcp.refused")
def connection_refused() -> Iterator[Fault]:
    """Nothing listens on the port."""
    from mongoping.sandbox.deployment import standalone

    with standalone() as former_server:
        server = former_server.servers[0]
        server.stop()
        yield Fault(former_server.uri, remedy="Start the server", repair=server.restart)


@fault("tcp.refused:ipv4-only")
def ipv4_only() -> Iterator[Fault]:
    """The server listens only on 127.0.0.1, but the string has ::1."""
    with plain() as healthy:
        port = healthy.ports[0]
        yield Fault(f"mongodb://[::1]:{port}/")


@fault("tcp.refused:other-address")
def other_address() -> Iterator[Fault]:
    """The server listens only on IPv4, but the string has an IPv6 address."""
    with plain() as healthy:
        port = healthy.ports[0]
        yield Fault(f"mongodb://[::1]:{port}/")


@fault("tcp.timeout")
def timeout() -> Iterator[Fault]:
    """Connection attempts (SYN packets) are dropped, as by a firewall."""
    with plain() as healthy, listeners.dropping() as port:
        yield Fault(
            f"mongodb://127.0.0.1:{port}/",
            remedy="Allow TCP port",
            remedy_uri=healthy.uri,
            note="The remedy uses an open port instead of unblocking this one.",
        )


@fault("tcp.unreachable")
def unreachable() -> Iterator[Fault]:
    """There is no route to the address (here, the broadcast address of loopback)."""
    with plain() as healthy:
        port = healthy.ports[0]
        yield Fault(
            f"mongodb://127.255.255.255:{port}/",
            no_remedy_here="A missing route cannot be added on loopback.",
        )


@fault("tcp.reset")
def connection_reset() -> Iterator[Fault]:
    """Each connection is reset as soon as it is open."""
    with plain() as healthy, listeners.Listener(listeners.reset_at_once) as listener:
        yield Fault(
            f"mongodb://{listener.address}/",
            remedy="whether a server is running behind it",
            remedy_uri=healthy.uri,
        )


@fault("tcp.proxy")
def proxy() -> Iterator[Fault]:
    """A web proxy answers instead of the server and requires a login (407)."""
    with plain() as healthy, listeners.Listener(listeners.http_proxy) as listener:
        yield Fault(
            f"mongodb://{listener.address}/",
            remedy="Allow direct TCP connections",
            remedy_uri=healthy.uri,
        )


@fault("tcp.socket-not-found")
def socket_not_found() -> Iterator[Fault]:
    """The UNIX socket does not exist; the server uses another one in the same folder."""
    from mongoping.sandbox.deployment import standalone

    with temporary_folder() as folder, standalone(socket_folder=folder):
        yield Fault(f"mongodb://{quote_plus(str(folder / 'mongodb-1.sock'))}/")


@fault("tcp.refused:stale-socket")
def stale_socket() -> Iterator[Fault]:
    """The UNIX socket was left behind by a server that has stopped."""
    from mongoping.sandbox.deployment import standalone

    with temporary_folder() as folder, standalone(socket_folder=folder) as healthy:
        server = healthy.servers[0]
        server.stop()
        uri = f"mongodb://{quote_plus(str(server.socket_path))}/"
        yield Fault(uri, remedy="Start mongod", repair=server.restart)
