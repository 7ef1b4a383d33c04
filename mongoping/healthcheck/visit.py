"""Contact one host with blocking calls. Errors are recorded here and interpreted elsewhere."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.checks.hello import interpret, refusal
from mongoping.healthcheck import lookup
from mongoping.healthcheck.stream import BlockingStream, time_left
from mongoping.probe.greeting import hello_command, second_hello_command
from mongoping.probe.stream import ClosedByPeerError, finish
from mongoping.probe.wire import WireError
from mongoping.record import Record

if TYPE_CHECKING:
    import ssl

    from mongoping.model import Evidence, Failure
    from mongoping.observations import HelloFacts
    from mongoping.uri.host import Host

ERRORS = (OSError, ClosedByPeerError, WireError, ValueError, OverflowError)
MAX_ADDRESSES = 32


class Attempt(NamedTuple):
    """One call of connect: where to, for how long, and the error if it failed."""

    place: lookup.Place
    duration_ms: float
    allowed_s: float
    error: Exception | None


class Visit(Record):
    """The result of contacting one host.

    Attributes:
        stopped: the check that failed, None if all succeeded that were asked for.
        stream: the closed connection, which keeps what the peer sent and its TLS session.
        error: the exception at the layer that failed, for ``tls`` and ``hello``.
        failure: why a reply to hello is not one that a driver could work with.
        seen: the reply to hello.
    """

    host: Host
    stopped: str | None = None
    duration_ms: float = 0.0
    found: lookup.HostAddresses | None = None
    attempts: tuple[Attempt, ...] = ()
    stream: BlockingStream | None = None
    tls_ms: float = 0.0
    hello_ms: float = 0.0
    error: Exception | None = None
    failure: Failure | None = None
    seen: HelloFacts | None = None


def visit(
    base: Evidence,
    host: Host,
    deadline: float,
    *,
    hello: bool = True,
    context: ssl.SSLContext | None = None,
) -> Visit:
    """Look a host up, connect, and unless ``hello`` is False shake hands and say hello.

    ``base`` holds target, settings and SRV records. ``deadline`` is in monotonic seconds;
    ``context`` is None without TLS.
    """
    began = time.monotonic()
    first_visit = Visit(host, found=lookup.find(host, base.settings.resolver, deadline))
    first_visit = _connect(first_visit, deadline)
    if (stream := first_visit.stream) is not None:
        try:
            if hello:
                first_visit = _greet(first_visit, base, stream, context)
        finally:
            stream.close()
    return first_visit.replace(duration_ms=_ms(began))


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000


def _connect(state: Visit, deadline: float) -> Visit:
    """Return the visit with a connection to the first address that accepts one, as the driver."""
    places = state.found.places[:MAX_ADDRESSES] if state.found is not None else ()
    if not places:
        return state.replace(stopped="addresses")
    attempts: list[Attempt] = []
    for position, place in enumerate(places):
        began = time.monotonic()
        share = time_left(deadline) / (len(places) - position)
        try:
            stream = BlockingStream.connect(*place, began + share)
        except ERRORS as error:
            attempts.append(Attempt(place, _ms(began), share, error))
            continue
        stream.deadline = deadline
        attempts.append(Attempt(place, _ms(began), share, None))
        return state.replace(attempts=tuple(attempts), stream=stream)
    return state.replace(stopped="tcp", attempts=tuple(attempts))


def _greet(
    state: Visit, base: Evidence, stream: BlockingStream, context: ssl.SSLContext | None
) -> Visit:
    began = time.monotonic()
    if context is not None:
        try:
            finish(stream.start_tls(context, state.host.name))
        except ERRORS as error:
            return state.replace(stopped="tls", tls_ms=_ms(began), error=error)
        state = state.replace(tls_ms=_ms(began))
    began = time.monotonic()
    ask = hello_command(base)
    try:
        reply = finish(stream.command(ask))
        again = second_hello_command(ask, reply)
        if again is not None:
            began = time.monotonic()
            reply = finish(stream.command(again))
    except ERRORS as error:
        return state.replace(stopped="hello", hello_ms=_ms(began), error=error)
    state = state.replace(hello_ms=_ms(began))
    if failure := refusal(reply):
        return state.replace(stopped="hello", failure=failure)
    facts: dict[str, Any] = {"build": {}, "requires_api": "apiVersion" in (again or {})}
    facts |= {"rtt_ms": state.hello_ms, "now": datetime.now(UTC)}
    return state.replace(seen=interpret(reply, state.host, base, **facts))
