"""Turn addresses into the form that sockets take, with the interface that some of them need."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

from mongoping.model import Failure
from mongoping.probe import unix_sockets

if TYPE_CHECKING:
    from mongoping.observations import Address
    from mongoping.uri.host import Host

MAX_INTERFACES = 20
NO_ZONE = "a link-local address needs its interface, and none is given"


class ZoneError(Exception):
    """An IPv6 address needs an interface of this machine, and names none or an unknown one."""


def _scope(address: str, zone: str) -> int:
    """Return the index of the interface of an IPv6 address, 0 if it needs none."""
    if not zone:
        if lacks_zone(address):
            raise ZoneError(NO_ZONE)
        return 0
    try:
        return int(zone) if zone.isdigit() else socket.if_nametoindex(zone)
    except OSError:
        raise ZoneError(f"this machine has no interface {zone}") from None


def lacks_zone(address: str, scope: int = 0) -> bool:
    """Return whether an IPv6 address is one of every link, and no interface (scope) is given."""
    return not scope and "%" not in address and ipaddress.IPv6Address(address).is_link_local


def zone_failure(words: str) -> Failure:
    """Return the failure for an address whose interface is missing or does not exist."""
    return Failure("unreachable", words, facts={"interfaces": interfaces()})


def source_address(family: int, where: Any) -> str | None:
    """Return the address of this machine from which packets to an address leave.

    None if no route leads there, and for a UNIX socket. Nothing is sent: connecting a datagram
    socket only looks up the route.
    """
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe_socket:
            probe_socket.connect(where)
            return str(probe_socket.getsockname()[0])
    except (OSError, OverflowError):
        return None


def interfaces() -> list[str]:
    """Return the names of this machine's network interfaces, without loopback."""
    try:
        names = [name for _, name in socket.if_nameindex()]
    except OSError:
        return []
    return [name for name in names if name != "lo"][:MAX_INTERFACES]


def socket_address(address: Address, host: Host) -> tuple[int, Any]:
    """Return the family and the address in the form of the socket module."""
    if address.family == "unix":
        return unix_sockets.FAMILY, address.text
    if address.family == "ipv6":
        name, _, zone = address.text.partition("%")
        scope = _scope(name, zone)
        return socket.AF_INET6, (name, host.port, 0, scope)
    return socket.AF_INET, (address.text, host.port)
