"""Connect to every address of every host.

The driver tries addresses one after the other, each for up to connectTimeoutMS. This check tries
all at once, and keeps the first one that the driver would use open for the layers above.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import stat
from itertools import islice
from typing import TYPE_CHECKING, Any

from mongoping.checks.addresses import Address
from mongoping.lazy_re import lazy_compile
from mongoping.model import Failure, Line, Outcome, Status
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.runnable import HostCheck
from mongoping.units import milliseconds
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection


MAX_INTERFACES = 20
MAX_ENTRIES = 4000  # of a folder that is searched for sockets
MAX_SOCKETS = 4
SERVER_SOCKET = lazy_compile(r"mongodb-\d{1,5}\.sock")  # as mongod and mongos name them
NO_ZONE = "a link-local address needs its interface, and none is given"


class Attempt(Record):
    """One connect: to which address, how long it took, and what went wrong if it did."""

    address: str
    family: str
    driver: bool
    duration_ms: float
    failure: Failure | None = None


class TcpSeen(Record):
    """All attempts on a host, and the address that the layers above use."""

    attempts: tuple[Attempt, ...]
    used: str | None = None


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


def interfaces() -> list[str]:
    """Return the names of this machine's network interfaces, without loopback."""
    try:
        names = [name for _, name in socket.if_nameindex()]
    except OSError:
        return []
    return [name for name in names if name != "lo"][:MAX_INTERFACES]


def sockets_beside(path: str) -> list[str]:
    """Return the UNIX sockets of servers in the folder of a path, at most MAX_SOCKETS."""
    found = []
    try:
        with os.scandir(os.path.dirname(path)) as entries:  # noqa: PTH120 - as plain text
            for file in islice(entries, MAX_ENTRIES):
                if SERVER_SOCKET.fullmatch(file.name) and stat.S_ISSOCK(file.stat().st_mode):
                    found.append(file.path)
    except (OSError, ValueError):
        return []
    return sorted(found)[:MAX_SOCKETS]


def socket_address(address: Address, host: Host) -> tuple[int, Any]:
    """Return the family and the address in the form of the socket module."""
    if address.family == "unix":
        return socket.AF_UNIX, address.text
    if address.family == "ipv6":
        name, _, zone = address.text.partition("%")
        scope = _scope(name, zone)
        return socket.AF_INET6, (name, host.port, 0, scope)
    return socket.AF_INET, (address.text, host.port)


async def dial(ctx: Context, host: Host) -> Connection:
    """Open another connection to the address that the driver uses.

    Raise OSError or TimeoutError.
    """
    from mongoping.probe.connection import Connection

    seen = observation(ctx.evidence, "tcp", str(host))
    if seen is None:
        raise OSError(f"no address of {host} was tried")
    address = next(attempt for attempt in seen.attempts if attempt.address == seen.used)
    family, where = socket_address(Address(address.address, address.family), host)
    return ctx.close_later(await Connection.open(family, where, ctx.remaining()))


async def run(ctx: Context, host: Host) -> Outcome:
    """Connect to all addresses of one host concurrently."""
    from mongoping.probe.connection import Connection, failure_of

    resolved = observation(ctx.evidence, "addresses", str(host))
    addresses = resolved.addresses if resolved is not None else ()
    timeout = ctx.remaining()
    if own := ctx.options.get("connectTimeoutMS"):
        timeout = min(timeout, max(own / 1000, 0.05))

    async def attempt(address: Address) -> tuple[Attempt, Connection | None]:
        began = ctx.clock()
        opened, failure = None, None
        try:
            opened = ctx.close_later(await Connection.open(*socket_address(address, host), timeout))
        except FileNotFoundError as error:
            failure = failure_of(error).replace(facts={"sockets": sockets_beside(address.text)})
        except ZoneError as error:
            failure = zone_failure(str(error))
        except (OSError, TimeoutError, OverflowError) as error:
            failure = (
                Failure("os", str(error))
                if isinstance(error, OverflowError)
                else failure_of(error, timeout_s=round(timeout, 1))
            )
        took = ctx.elapsed_ms(began)
        return Attempt(address.text, address.family, address.driver, took, failure), opened

    pairs = await asyncio.gather(*(attempt(address) for address in addresses))
    used = None
    for tried, opened in pairs:
        if opened is None:
            continue
        if used is None and tried.driver:
            used = tried.address
            ctx.connections[str(host)] = opened
        else:
            opened.close()
    attempts = tuple(tried for tried, _ in pairs)
    failures = [tried.failure for tried in attempts if tried.driver and tried.failure]
    failure = None if used else (failures[0] if failures else Failure("no-address", "no address"))
    return Outcome(TcpSeen(attempts, used), failure)


def _lines(seen: TcpSeen) -> list[Line]:
    rows = []
    for attempt in seen.attempts:
        note = (
            "  (PyMongo uses only IPv4 for localhost)"
            if attempt.family == "ipv6" and not attempt.driver
            else ""
        )
        label = attempt.family if len(seen.attempts) > 1 else ""
        if attempt.failure is None:
            rows.append(
                Line(label, f"{attempt.address}  {milliseconds(attempt.duration_ms)}{note}")
            )
        else:
            status: Status = "fail" if attempt.driver else "skip"
            rows.append(Line(label, f"{attempt.address}  {attempt.failure.message}{note}", status))
    return rows


CHECK = HostCheck(
    name="tcp",
    layer="tcp",
    summary="a connection to every address of every host",
    waits_for="answer to the connection attempt",
    driver_waits=("connectTimeoutMS", 20.0),
    run=run,
    needs=("addresses",),
    summarize=lambda seen: f"connected to {seen.used}",
    lines=_lines,
)
