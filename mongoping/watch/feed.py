"""Observe the driver: its heartbeats, pools, topology descriptions and pings.

Its monitors use the streaming protocol, so servers from MongoDB 4.4 on report a change of role
at once. A ping follows the connection string's read preference, as a program's read would.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mongoping.client import Driver, close_client, driver_errors, set_name
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.probe.scram import IterationCountError
from mongoping.tasks import run_to_completion
from mongoping.uri.host import Host
from mongoping.uri.target import scrub
from mongoping.watch.model import (
    DRIVER,
    Beat,
    Login,
    Observation,
    Picture,
    Ping,
    Pool,
    Server,
    milliseconds,
)

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

HEARTBEAT_MS = 60_000  # streaming servers report changes at once; each heartbeat costs CPU
CONNECT_S = 5.0  # a new connection takes up to five round trips, so longer than a ping
AUTH_CODES = frozenset({11, 13, 18, 334, 8000})  # 8000 is Atlas's code
_TIMEOUTS = re.compile(r" \(configured timeouts: [^)]*\)")
_ERRNO = re.compile(r"\[Errno (\d{1,3})\] .*")
_CANCELLATIONS = (
    "_OperationCancelled"  # PyMongo interrupts a monitor for an immediate check; not a failure
)


class Feed(Driver):
    """The driver of a watch; ``tell`` is called with each observation as it happens."""

    def __init__(
        self,
        uri: ParsedUri,
        settings: Settings,
        tell: Callable[[Observation], None],
        now: Callable[[], float],
        timeout: float,
    ) -> None:
        super().__init__(uri, settings)
        self._tell = tell
        self._now = now
        self._timeout = timeout
        self._beat_at = 0.0
        self._seen: Any = None  # the last topology description
        self._shape: tuple[Any, ...] = ()
        self._admin: Any = None
        self._opened_at = 0.0  # when the client was created
        self._answered = False  # whether a ping was
        self.refused = False

    async def open(self) -> None:
        """Create the client and start its monitors.

        Raises `pymongo.errors.PyMongoError`, ValueError, TypeError or OSError if the driver
        refuses an option or cannot resolve the SRV name.
        """
        await self.pymongo()
        timeout_ms = max(int(self._timeout * 1000), 1)
        client = self._build(
            CONNECT_S,
            {
                "event_listeners": _listeners(self),
                "serverMonitoringMode": "stream",
                "heartbeatFrequencyMS": HEARTBEAT_MS,
                "serverSelectionTimeoutMS": timeout_ms,
                "socketTimeoutMS": timeout_ms,
                "connectTimeoutMS": int(CONNECT_S * 1000),
            },
        )
        try:
            await client.aconnect()
        except BaseException:
            await run_to_completion(close_client(client))
            raise
        self._client, self._admin, self._opened_at = client, client.admin, self._now()
        self.look()

    async def ping(self) -> Ping:
        """Ping through the driver, including server selection, pool and login.

        The ping is never cancelled, because a cancelled driver operation may continue (Python
        3.11); the driver's own timeouts bound it.
        """
        from pymongo.errors import PyMongoError

        client = self._client
        sent_at = self._now()
        if client is None or self.refused:
            return Ping(
                sent_at, DRIVER, None, "the login was refused" if self.refused else "no client"
            )
        try:
            with driver_errors():
                await self._admin.command("ping", read_preference=client.read_preference)
        except (PyMongoError, OSError) as error:
            why = self.message(error)
            if _ends_logins(error):
                self.refused = True  # every attempt is logged, and some services lock accounts
                self._tell(Login(self._now(), why))
            timed_out = bool(getattr(error, "timeout", False))
            return Ping(self._now(), DRIVER, None, why, timed_out, sent_at)
        done_at, self._answered = self._now(), True
        self.look()  # a busy loop may have delayed the check after a heartbeat
        return Ping(done_at, DRIVER, milliseconds(done_at - sent_at), sent=sent_at)

    @property
    def is_connecting(self) -> bool:
        """Return whether the first connections may be slow: no ping was answered, none failed.

        A ping needs a separate connection, opened after that of a monitor.
        """
        topology = self.topology
        if topology is None or self._answered or self._now() - self._opened_at > 2 * CONNECT_S:
            return False
        return any(server.error is None for server in topology.server_descriptions().values())

    def message(self, error: BaseException) -> str:
        """Return the message of a driver error in one line, without secrets and timeouts."""
        details = getattr(error, "details", None)
        text = details.get("errmsg") if isinstance(details, dict) else None
        error_text = scrub(str(text or error), self._credentials) or type(error).__name__
        error_text = _TIMEOUTS.sub("", error_text)
        error_text = error_text.partition(", Timeout: ")[0].partition("\n")[0]
        # asyncio replaces the operating system's message ("Connect call failed")
        error_text = _ERRNO.sub(lambda match: os.strerror(int(match[1])), error_text)
        return error_text[:300]

    def beat(self, address: tuple[str, int | None], error: BaseException | None) -> None:
        """Report a heartbeat; the topology description changes shortly afterwards."""
        if type(error).__name__ == _CANCELLATIONS:
            return
        self._beat_at = self._now()
        host = str(Host(*address))
        timed_out = bool(getattr(error, "timeout", False))
        why = None if error is None else self.message(error).removeprefix(f"{host}: ")
        self._tell(Beat(self._beat_at, host, why, timed_out))
        loop = asyncio.get_running_loop()
        # PyMongo publishes a heartbeat before it updates the topology
        loop.call_soon(lambda: loop.call_soon(self.look))
        loop.call_later(0.05, self.look)

    def pool(self, address: tuple[str, int | None], why: str) -> None:
        """Report that a pool lost one or all of its connections."""
        self._tell(Pool(self._now(), str(Host(*address)), why))

    def look(self) -> None:
        """Report the topology description if it changed."""
        topology = self.topology
        if topology is None or topology is self._seen:
            return
        self._seen = topology
        servers = tuple(
            Server(
                str(Host(*server.address)),
                DRIVER_ROLES.get(server.server_type_name, "unknown"),
                None if server.round_trip_time is None else server.round_trip_time * 1000,
            )
            for server in topology.server_descriptions().values()
        )
        kind, name = topology.topology_type_name, set_name(topology)
        shape = (kind, name, tuple((server.host, server.role) for server in servers))
        if shape != self._shape:
            self._shape = shape
            self._tell(Picture(self._beat_at or self._now(), kind, name, servers))


def _ends_logins(error: BaseException) -> bool:
    """Return whether a login with the same credentials would fail again."""
    from pymongo.errors import OperationFailure

    if isinstance(error.__cause__, IterationCountError):
        return True
    if not isinstance(error, OperationFailure):
        return False
    # errors raised by PyMongo itself, as for an invalid server signature, have no reply
    return error.details is None or error.code in AUTH_CODES


def _listeners(feed: Feed) -> list[Any]:
    """Return listeners for heartbeats and pools. PyMongo prints exceptions raised in a listener."""
    from pymongo import monitoring

    class Heartbeats(monitoring.ServerHeartbeatListener):
        def started(self, event: Any) -> None:
            pass

        def succeeded(self, event: Any) -> None:
            feed.beat(event.connection_id, None)

        def failed(self, event: Any) -> None:
            feed.beat(event.connection_id, event.reply)

    class Pools(monitoring.ConnectionPoolListener):
        def pool_cleared(self, event: Any) -> None:
            feed.pool(event.address, "the driver cleared its pool")

        def connection_closed(self, event: Any) -> None:
            if event.reason == monitoring.ConnectionClosedReason.ERROR:
                feed.pool(event.address, "the driver's connection failed")

        def _ignore(self, event: Any) -> None:
            pass

        pool_created = pool_ready = pool_closed = _ignore
        connection_created = connection_ready = _ignore
        connection_check_out_started = connection_check_out_failed = _ignore
        connection_checked_out = connection_checked_in = _ignore

    return [Heartbeats(), Pools()]
