"""Ports that do not answer, or not as a server would."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from mongoping.sandbox import listeners
from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.process import free_port
from mongoping.signals import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("tcp.refused")
def refused() -> Iterator[Fault]:
    """Nothing listens on the port."""
    with plain() as whole:
        yield Fault(f"mongodb://localhost:{free_port()}/", remedy_uri=whole.uri)


@fault("tcp.refused:ipv4-only")
def ipv4_only() -> Iterator[Fault]:
    """The server listens on 127.0.0.1, and the string says ::1."""
    with plain() as whole:
        port = whole.ports[0]
        yield Fault(f"mongodb://[::1]:{port}/", remedy_uri=f"mongodb://127.0.0.1:{port}/")


@fault("tcp.refused:other-address")
def other_address() -> Iterator[Fault]:
    """The server listens on IPv4 alone, and the string names the address of IPv6."""
    with plain() as whole:
        port = whole.ports[0]
        yield Fault(f"mongodb://[::1]:{port}/", remedy_uri=f"mongodb://127.0.0.1:{port}/")


@fault("tcp.timeout")
def timeout() -> Iterator[Fault]:
    """Every SYN is dropped, as by a firewall."""
    with plain() as whole, listeners.dropping() as port:
        yield Fault(f"mongodb://127.0.0.1:{port}/", remedy_uri=whole.uri)


@fault("tcp.unreachable")
def unreachable() -> Iterator[Fault]:
    """There is no route to the address: here, loopback's own broadcast address."""
    with plain() as whole:
        port = whole.ports[0]
        yield Fault(f"mongodb://127.255.255.255:{port}/", remedy_uri=whole.uri)


@fault("tcp.reset")
def reset() -> Iterator[Fault]:
    """Something resets each connection as soon as it stands."""
    with plain() as whole, listeners.Listener(listeners.reset) as listener:
        yield Fault(f"mongodb://{listener.address}/", remedy_uri=whole.uri)


@fault("tcp.proxy")
def proxy() -> Iterator[Fault]:
    """A web proxy answers instead of the server, and wants a login (407)."""
    with plain() as whole, listeners.Listener(listeners.http_proxy) as listener:
        yield Fault(f"mongodb://{listener.address}/", remedy_uri=whole.uri)


@fault("tcp.socket-not-found")
def socket_not_found() -> Iterator[Fault]:
    """The UNIX socket is not there."""
    from mongoping.sandbox.deployment import standalone

    with temporary_folder() as folder, standalone(socket_folder=folder) as whole:
        path = whole.servers[0].socket_path
        yield Fault(
            f"mongodb://{quote_plus(str(folder / 'mongodb-1.sock'))}/",
            remedy_uri=f"mongodb://{quote_plus(str(path))}/",
        )


@fault("tcp.refused:stale-socket")
def stale_socket() -> Iterator[Fault]:
    """The UNIX socket is left over from a server that is gone."""
    from mongoping.sandbox.deployment import standalone

    with temporary_folder() as folder, standalone(socket_folder=folder) as whole:
        server = whole.servers[0]
        server.stop()
        uri = f"mongodb://{quote_plus(str(server.socket_path))}/"
        yield Fault(uri, repair=server.restart)
