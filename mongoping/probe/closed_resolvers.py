"""Find out that nothing listens at the addresses of the name servers.

dnspython does not notice it before its timeout, because its sockets are not connected.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

from mongoping.model import Failure

if TYPE_CHECKING:
    import dns.resolver
    from dns.asyncresolver import Resolver

CLOSED_AFTER_S = 0.2  # without an answer for this long, look whether anything listens there


async def all_closed(asking: Resolver, name: str, kind: str) -> bool:
    """Return whether nothing listens at any of the name servers, which dnspython does not detect.

    A connected socket receives the ICMP error of a closed port, unlike dnspython's.
    """
    queries = _queries(asking, name, kind)
    answers = await asyncio.gather(*(_is_closed(place, query) for place, query in queries))
    return bool(answers) and all(answers)


def are_closed(asking: dns.resolver.Resolver, name: str, kind: str) -> bool:
    """Return the same as `all_closed`, by blocking calls."""
    queries = _queries(asking, name, kind)
    return bool(queries) and all(_refuses(place, query) for place, query in queries)


def _refuses(place: tuple[str, int], query: bytes) -> bool:
    with socket.socket(_family(place), socket.SOCK_DGRAM) as probe_socket:
        probe_socket.settimeout(CLOSED_AFTER_S)
        try:
            probe_socket.connect(place)
            probe_socket.send(query)
            probe_socket.recv(512)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _queries(asking: Any, name: str, kind: str) -> list[tuple[tuple[str, int], bytes]]:
    """Return name servers and the query for each; empty unless all are named by address."""
    import dns.message

    addresses = [text for text in map(str, asking.nameservers) if is_address(text)]
    if len(addresses) != len(asking.nameservers):
        return []
    query = dns.message.make_query(name, kind).to_wire()
    return [((address, asking.port), query) for address in addresses]


def _family(place: tuple[str, int]) -> int:
    return socket.AF_INET6 if ":" in place[0] else socket.AF_INET


async def _is_closed(place: tuple[str, int], query: bytes) -> bool:
    with socket.socket(_family(place), socket.SOCK_DGRAM) as probe_socket:
        probe_socket.setblocking(False)
        try:
            probe_socket.connect(place)
            probe_socket.send(query)
            async with asyncio.timeout(CLOSED_AFTER_S):
                await asyncio.get_running_loop().sock_recv(probe_socket, 512)
        except ConnectionRefusedError:
            return True
        except (OSError, TimeoutError):
            return False
    return False


def is_address(text: str) -> bool:
    """Return whether a text is an IP address, as opposed to a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def closed_port(asking: Any, name: str, kind: str) -> Failure:
    """Return the failure if nothing listens at any of the name servers."""
    words = "nothing listens at the resolver's address (connection refused)"
    attempts = [
        {"server": str(nameserver), "port": asking.port, "tcp": False, "said": "Connection refused"}
        for nameserver in asking.nameservers
    ]
    return Failure(
        "unreachable-resolver", words, facts={"name": name, "type": kind, "attempts": attempts}
    )
