"""Ping a member on a connection of its own, and reconnect when it fails."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.probe import wire
from mongoping.probe.connection import ERRORS, failure_of
from mongoping.probe.exchange import read, round_trip
from mongoping.probe.roles import role_of
from mongoping.probe.walk import WalkResult, Way, walk
from mongoping.watch.feed import CONNECT_S
from mongoping.watch.model import Certificate, Ping, milliseconds

if TYPE_CHECKING:
    from mongoping.model import Failure
    from mongoping.probe.connection import Connection


class Wire:
    """The connection to one member; ``declared`` are the Stable API fields of each command."""

    def __init__(
        self, way: Way, now: Callable[[], float], timeout: float, api: Mapping[str, Any]
    ) -> None:
        self.way = way
        self.host = str(way.host)
        self.fresh: WalkResult | None = None  # with a certificate not yet recorded
        self._now = now
        self._timeout = timeout
        self._ping = wire.message({"ping": 1, **api})
        self._hello = wire.message({"hello": 1, **api})
        self._connection: Connection | None = None
        self._walking: asyncio.Task[WalkResult] | None = None

    async def ping(self, *, role: bool) -> Ping:
        """Measure one round trip of ping, or of hello if the ``role`` is needed."""
        sent_at = self._now()
        if self._connection is None:
            failure = await self._connect(sent_at)
            if failure is not None:
                return failure
            sent_at = self._now()
        connection = self._connection
        if connection is None:
            return self._lost(sent_at, "closed", timed_out=False)
        command = self._hello if role else self._ping
        try:
            async with asyncio.timeout(self._timeout):
                answer = await round_trip(connection, command)
                done_at = self._now()
                role_seen = self._role(answer) if role else None
        except ERRORS as error:
            self._connection = None
            connection.close()
            return self._failed(sent_at, failure_of(error))
        return Ping(
            done_at, self.host, milliseconds(done_at - sent_at), sent=sent_at, role=role_seen
        )

    def _role(self, answer: bytes) -> str | None:
        """Return the role in a hello reply. Raises `WireError` if it is malformed."""
        reply = read(answer)
        return role_of(reply) if reply.get("ok") else None

    async def _connect(self, sent_at: float) -> Ping | None:
        """Continue connecting for as long as a ping may take; return None on success."""
        if self._walking is None:
            clock = asyncio.get_running_loop().time
            self._walking = asyncio.ensure_future(walk(self.way, CONNECT_S, clock))
        await asyncio.wait({self._walking}, timeout=self._timeout)
        if not self._walking.done():
            return self._lost(sent_at, "no connection yet", timed_out=True)
        walk_result, self._walking = self._walking.result(), None
        if walk_result.failure is not None:
            return self._failed(sent_at, walk_result.failure)
        self._connection = walk_result.connection
        self.fresh = walk_result
        return None

    def _failed(self, sent_at: float, failure: Failure) -> Ping:
        return self._lost(sent_at, failure.message, timed_out=failure.kind == "timeout")

    def _lost(self, sent_at: float, why: str, *, timed_out: bool) -> Ping:
        return Ping(self._now(), self.host, None, why, timed_out, sent_at)

    def close(self) -> None:
        """Close the connection, or cancel the attempt to open one."""
        if self._walking is not None:
            self._walking.cancel()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_certificate(walk_result: WalkResult, host: str, at: float) -> Certificate | None:
    """Return the server certificate of a connection; None without TLS. Imports cryptography."""
    session = walk_result.connection.tls if walk_result.connection is not None else None
    if session is None:
        return None
    from mongoping.probe import certificates

    chain = certificates.chain(session)
    if not chain:
        return None
    leaf = certificates.describe(chain[0])
    until = leaf.not_after.timestamp() if leaf is not None else None
    return Certificate(at, host, hashlib.sha256(chain[0]).hexdigest(), until)
