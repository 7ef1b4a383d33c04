"""The driver as a witness: its heartbeats, its pools, its picture of the deployment, its pings.

Its monitors stream: a server of MongoDB 4.4 or later tells a change of role at once. A
ping goes where the connection string's read preference says, as a program's read would.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mongoping.client import Driver, close_client, driver_errors, set_name
from mongoping.escape import clip
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.probe.scram import IterationCountError
from mongoping.tasks import to_the_end
from mongoping.uri.host import Host
from mongoping.uri.target import scrub
from mongoping.watch.model import DRIVER, Beat, Login, Observation, Picture, Ping, Pool, Server

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import Parsed

HEARTBEAT_MS = 60_000  # servers that stream tell a change at once; each further beat costs CPU
CONNECT_S = 5.0  # a new connection may take longer than a ping; five round trips over a bad line
AUTH_CODES = frozenset({11, 13, 18, 334, 8000})  # 8000 is what Atlas says
_TIMEOUTS = re.compile(r" \(configured timeouts: [^)]*\)")
_ERRNO = re.compile(r"\[Errno (\d{1,3})\] .*")
_CANCELLED = "_OperationCancelled"  # how a monitor is told to look again at once; no failure


class Feed(Driver):
    """The driver of a watch. ``tell`` gets every observation at the moment of it."""

    def __init__(
        self,
        parsed: Parsed,
        settings: Settings,
        tell: Callable[[Observation], None],
        now: Callable[[], float],
        timeout: float,
    ) -> None:
        super().__init__(parsed, settings)
        self._tell = tell
        self._now = now
        self._timeout = timeout
        self._beat_at = 0.0
        self._seen: Any = None  # the last picture's topology, and what it came to
        self._shape: tuple[Any, ...] = ()
        self._admin: Any = None
        self.refused = False

    async def open(self) -> None:
        """Make the client and start its monitors.

        Raises `pymongo.errors.PyMongoError`, ValueError, TypeError or OSError for options
        that the driver refuses and for an SRV name that it cannot resolve.
        """
        await self.pymongo()
        patience = max(int(self._timeout * 1000), 1)
        client = self._build(
            CONNECT_S,
            {
                "event_listeners": _listeners(self),
                "serverMonitoringMode": "stream",
                "heartbeatFrequencyMS": HEARTBEAT_MS,
                "serverSelectionTimeoutMS": patience,
                "socketTimeoutMS": patience,
                "connectTimeoutMS": int(CONNECT_S * 1000),
            },
        )
        try:
            await client.aconnect()
        except BaseException:
            await to_the_end(close_client(client))
            raise
        self._client, self._admin = client, client.admin
        self.look()

    async def ping(self) -> Ping:
        """One ping by the driver's own way: selection, pool, login and all.

        Never cancelled, since a cancelled operation of the driver can go on (Python 3.11):
        the driver's own time limits bound it.
        """
        from pymongo.errors import PyMongoError

        client = self._client
        sent = self._now()
        if client is None or self.refused:
            return Ping(
                sent, DRIVER, None, "the login was refused" if self.refused else "no client"
            )
        try:
            with driver_errors():
                await self._admin.command("ping", read_preference=client.read_preference)
        except (PyMongoError, OSError) as error:
            why = self.words(error)
            if _ends_logins(error):
                self.refused = True  # every attempt is logged, and some services lock accounts
                self._tell(Login(self._now(), why))
            timed_out = bool(getattr(error, "timeout", False))
            return Ping(self._now(), DRIVER, None, why, timed_out, sent)
        done = self._now()
        self.look()  # whatever a busy loop made of the looks after a heartbeat
        return Ping(done, DRIVER, (done - sent) * 1000, sent=sent)

    def words(self, error: BaseException) -> str:
        """A driver's error in one line, without secrets and without its settings."""
        details = getattr(error, "details", None)
        text = details.get("errmsg") if isinstance(details, dict) else None
        shown = clip(str(text or error)) or type(error).__name__
        shown = _TIMEOUTS.sub("", shown)
        shown = shown.partition(", Timeout: ")[0].partition("\n")[0]
        # asyncio replaces the operating system's words by its own ("Connect call failed")
        shown = _ERRNO.sub(lambda found: os.strerror(int(found[1])), shown)
        return scrub(shown, self._credentials)[:300]

    def beat(self, address: tuple[str, int | None], error: BaseException | None) -> None:
        """A heartbeat came back, or did not; the picture changes a moment later."""
        if type(error).__name__ == _CANCELLED:
            return
        self._beat_at = self._now()
        host = str(Host(*address))
        timed_out = bool(getattr(error, "timeout", False))
        why = None if error is None else self.words(error).removeprefix(f"{host}: ")
        self._tell(Beat(self._beat_at, host, why, timed_out))
        loop = asyncio.get_running_loop()
        # a beat is published before the topology is updated
        loop.call_soon(lambda: loop.call_soon(self.look))
        loop.call_later(0.05, self.look)

    def pool(self, address: tuple[str, int | None], why: str) -> None:
        """A pool lost its connections, or one of them."""
        self._tell(Pool(self._now(), str(Host(*address)), why))

    def look(self) -> None:
        """Tell the driver's picture where it has changed."""
        topology = self.topology
        if topology is None or topology is self._seen:
            return
        self._seen = topology
        servers = tuple(
            Server(
                str(Host(*one.address)),
                DRIVER_ROLES.get(one.server_type_name, "unknown"),
                None if one.round_trip_time is None else one.round_trip_time * 1000,
            )
            for one in topology.server_descriptions().values()
        )
        kind, name = topology.topology_type_name, set_name(topology)
        shape = (kind, name, tuple((one.host, one.role) for one in servers))
        if shape != self._shape:
            self._shape = shape
            self._tell(Picture(self._beat_at or self._now(), kind, name, servers))


def _ends_logins(error: BaseException) -> bool:
    """Return whether another login with the same credentials would end in the same way."""
    from pymongo.errors import OperationFailure

    if isinstance(error.__cause__, IterationCountError):
        return True
    if not isinstance(error, OperationFailure):
        return False
    # PyMongo's own refusal, such as of an invalid server signature, has no reply
    return error.details is None or error.code in AUTH_CODES


def _listeners(feed: Feed) -> list[Any]:
    """Listeners of heartbeats and pools; the driver prints an exception in one, so none has any."""
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

        def _nothing(self, event: Any) -> None:
            pass

        pool_created = pool_ready = pool_closed = _nothing
        connection_created = connection_ready = _nothing
        connection_check_out_started = connection_check_out_failed = _nothing
        connection_checked_out = connection_checked_in = _nothing

    return [Heartbeats(), Pools()]
