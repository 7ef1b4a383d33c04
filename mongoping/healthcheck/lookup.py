"""Names looked up with blocking calls: addresses, and the records of ``mongodb+srv://``."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from mongoping.healthcheck.stream import time_left
from mongoping.probe import unix_sockets
from mongoping.probe.blocking import BlockingCall
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model import Failure, Outcome
    from mongoping.probe.dns import DnsAnswer
    from mongoping.uri.host import Host
    from mongoping.uri.target import Target

Place = tuple[int, Any]
"""A family and an address, as the socket module takes them."""


class HostAddresses(Record):
    """The addresses of a host. Without any, ``error`` or ``failure`` says why.

    ``source`` is ``literal``, ``system`` (getaddrinfo) or ``dns`` (``--resolver``).
    """

    places: tuple[Place, ...] = ()
    source: str = "literal"
    duration_ms: float = 0.0
    error: Exception | None = None
    failure: Failure | None = None


def find(host: Host, server: str | None, deadline: float) -> HostAddresses:
    """Return the addresses of a host that PyMongo would try, in its order."""
    if host.is_socket:
        return HostAddresses(((unix_sockets.FAMILY, host.name),))
    began = time.monotonic()
    try:
        numeric = _getaddrinfo(host, socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        numeric = ()
    if numeric:
        return HostAddresses(numeric)
    answer = _by_system(host, deadline) if server is None else _by_dns(host, server, deadline)
    return answer.replace(duration_ms=(time.monotonic() - began) * 1000)


def _getaddrinfo(host: Host, flags: int = 0) -> tuple[Place, ...]:
    # PyMongo asks for IPv4 only if the name is localhost
    family = socket.AF_INET if host.name == "localhost" else socket.AF_UNSPEC
    rows = socket.getaddrinfo(host.name, host.port, family, socket.SOCK_STREAM, 0, flags)
    return tuple(dict.fromkeys((row[0].value, row[4]) for row in rows))


def _by_system(host: Host, deadline: float) -> HostAddresses:
    """Call getaddrinfo, which has no deadline: its thread is left behind if it takes longer."""
    try:
        call = BlockingCall(lambda: _getaddrinfo(host))
        return HostAddresses(call.result(time_left(deadline)), "system")
    except Exception as error:
        return HostAddresses((), "system", error=error)


def _by_dns(host: Host, server: str, deadline: float) -> HostAddresses:
    from mongoping.model import Failure

    four = ask(host.name, "A", server, deadline)
    places = [(int(socket.AF_INET), (str(record), host.port)) for record in four.records]
    closed = four.failure is not None and four.failure.kind == "unreachable-resolver"
    if host.name == "localhost" or closed:
        return HostAddresses(tuple(places), "dns", failure=None if places else four.failure)
    six = ask(host.name, "AAAA", server, deadline)
    places += [(int(socket.AF_INET6), (str(record), host.port)) for record in six.records]
    if places:
        return HostAddresses(tuple(places), "dns")
    failures = [answer.failure for answer in (four, six) if answer.failure is not None]
    failures.sort(key=lambda failure: failure.kind == "no-data")
    return HostAddresses(
        (), "dns", failure=failures[0] if failures else Failure("no-data", "no address")
    )


def seeds(target: Target, server: str | None, deadline: float) -> tuple[Outcome, float]:
    """Return what the SRV and TXT records mean for a target, and the milliseconds it took."""
    from mongoping.checks.srv import interpret
    from mongoping.model import Outcome
    from mongoping.observations import SrvFacts
    from mongoping.probe.dns import DnsAnswer
    from mongoping.probe.srv_rules import query_name, suffix_failure

    began = time.monotonic()
    if refusal_of_suffix := suffix_failure(target):
        return Outcome(SrvFacts(query_name(target), server), refusal_of_suffix), 0.0
    srv = ask(query_name(target), "SRV", server, deadline)
    txt = DnsAnswer([], None, None, srv.server)
    if srv.failure is None:
        txt = ask(target.srv_name or "", "TXT", server, deadline)
    took = (time.monotonic() - began) * 1000
    return interpret(target, srv, txt, took), took


def ask(name: str, kind: str, server: str | None, deadline: float) -> DnsAnswer:
    """Return the records of one type, for which dnspython may wait until ``deadline``."""
    from mongoping.probe.dns import ask_blocking

    return ask_blocking(name, kind, server, time_left(deadline))
