"""Connect like a driver, and time each step: name lookup, TCP, TLS, hello.

Unlike the checks, which try all addresses at once, this tries addresses one after the other and
uses the first that accepts, as a driver does. It is used for many connections to one host: by
the waterfall, by `watch`, and for members that only the configuration lists.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mongoping.model import Failure
from mongoping.probe import unix_sockets
from mongoping.probe.connection import ERRORS, Connection, failure_of
from mongoping.probe.lookup import getaddrinfo
from mongoping.uri.host import Host

Clock = Callable[[], float]


class Way(NamedTuple):
    """The parameters of a connection. ``context`` is None without TLS; ``hello`` is sent first."""

    host: Host
    hello: Mapping[str, Any]
    context: ssl.SSLContext | None = None
    resolver: str | None = None


class Place(NamedTuple):
    """An address for a socket; ``family`` is ``ipv4``, ``ipv6`` or ``unix``."""

    text: str
    family: str
    socket_family: int
    where: Any


class WalkResult(NamedTuple):
    """The result of a walk. ``steps`` maps each successful step to its milliseconds.

    ``failed`` is the step that failed, ``failure`` the reason. If ``connection`` is not None, it
    is open, and the caller must close it.
    """

    steps: dict[str, float]
    place: Place | None = None
    reply: Mapping[str, Any] | None = None
    connection: Connection | None = None
    failed: str | None = None
    failure: Failure | None = None


def literal(host: Host) -> Place | None:
    """Return the place of a host that needs no lookup, or None."""
    if host.is_socket:
        return Place(host.name, "unix", unix_sockets.FAMILY, host.name)
    name, _, zone = host.name.partition("%")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return _place(str(address), host.port, zone)


def _place(text: str, port: int | None, zone: str = "") -> Place:
    if ":" not in text:
        return Place(text, "ipv4", socket.AF_INET, (text, port))
    scope = socket.if_nametoindex(zone) if zone and not zone.isdigit() else int(zone or 0)
    return Place(text, "ipv6", socket.AF_INET6, (text, port, 0, scope))


async def places(host: Host, resolver: str | None, lifetime: float) -> list[Place] | Failure:
    """Return the addresses of a host in the driver's order: only IPv4 for ``localhost``.

    ``lifetime`` is in seconds. Uses ``resolver`` if given, otherwise the system's (getaddrinfo).
    """
    if place := literal(host):
        return [place]
    if resolver is not None:
        return await _query_places(host, resolver, lifetime)
    family = socket.AF_INET if host.name == "localhost" else socket.AF_UNSPEC
    asking = getaddrinfo(host.name, host.port, family=family)
    try:
        async with asyncio.timeout(lifetime):
            infos = await asking
    except TimeoutError:
        return Failure("timeout", "no answer from the resolver")
    except (OSError, UnicodeError) as error:
        return Failure("not-resolved", getattr(error, "strerror", None) or str(error))
    rows = {str(row[4][0]): Place(str(row[4][0]), _word(row[0]), row[0], row[4]) for row in infos}
    return list(rows.values())


def _word(family: int) -> str:
    return "ipv6" if family == socket.AF_INET6 else "ipv4"


async def _query_places(host: Host, resolver: str, lifetime: float) -> list[Place] | Failure:
    from mongoping.probe.dns import ask

    kinds = ("A",) if host.name == "localhost" else ("A", "AAAA")
    answers = await asyncio.gather(*(ask(host.name, kind, resolver, lifetime) for kind in kinds))
    rows = [_place(str(record), host.port) for answer in answers for record in answer.records]
    if rows:
        return rows
    return answers[0].failure or Failure("no-data", f"{host.name} has no address")


async def walk(way: Way, budget: float, clock: Clock) -> WalkResult:
    """Resolve, connect, do the TLS handshake, send hello; take at most ``budget`` seconds.

    Failures of the network or the peer are in the result, not raised.
    """
    progress = _Walk(way, clock)
    try:
        async with asyncio.timeout(budget):
            await progress.go(budget)
    except (*ERRORS, asyncio.CancelledError) as error:
        progress.drop()
        if isinstance(error, asyncio.CancelledError):
            raise
        failure = Failure("os", str(error)) if isinstance(error, OverflowError) else None
        return progress.result(failure or failure_of(error))
    return progress.result(progress.failure)


class _Walk:
    """A walk in progress: its current step, and the times of the previous ones."""

    def __init__(self, way: Way, clock: Clock) -> None:
        self.way = way
        self.clock = clock
        self.steps: dict[str, float] = {}
        self.step = "dns"
        self.place: Place | None = None
        self.connection: Connection | None = None
        self.reply: Mapping[str, Any] | None = None
        self.failure: Failure | None = None

    async def go(self, budget: float) -> None:
        began = self.clock()
        addresses = await places(self.way.host, self.way.resolver, budget)
        if isinstance(addresses, Failure):
            self.failure = addresses
            return
        if literal(self.way.host) is None:
            self.took("dns", began)
        self.step = "tcp"
        self.connection = await self.enter(addresses, budget)
        if self.way.context is not None:
            self.step, began = "tls", self.clock()
            await self.connection.start_tls(self.way.context, self.way.host.name)
            self.took("tls", began)
        self.step, began = "hello", self.clock()
        reply = await self.connection.command(dict(self.way.hello))
        self.took("hello", began)
        self.reply = reply
        if not reply.get("ok"):
            code = reply.get("code")
            words = str(reply.get("errmsg") or "the server answered hello with an error")
            self.failure = Failure("command", words, code=code if isinstance(code, int) else None)
            self.drop()

    async def enter(self, addresses: list[Place], budget: float) -> Connection:
        """Connect to the first address that accepts; only its time counts."""
        last: BaseException = OSError("there is no address to try")
        for self.place in addresses:
            began = self.clock()
            try:
                connection = await Connection.open(
                    self.place.socket_family, self.place.where, budget / len(addresses)
                )
            except (OSError, TimeoutError, OverflowError) as error:
                last = error
            else:
                self.took("tcp", began)
                return connection
        raise last

    def took(self, step: str, began: float) -> None:
        self.steps[step] = (self.clock() - began) * 1000

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def result(self, failure: Failure | None) -> WalkResult:
        if failure is not None:
            self.drop()
        failed_step = self.step if failure is not None else None
        return WalkResult(self.steps, self.place, self.reply, self.connection, failed_step, failure)
