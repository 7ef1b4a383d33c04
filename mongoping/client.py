"""Drive PyMongo's AsyncMongoClient, built from the user's own connection string.

PyMongo is imported late and in a thread, because its import takes longer than a whole probe.
No operation starts before the topology is known: an operation on an unknown topology waits for
server selection, and on Python 3.11 it can keep waiting after it was cancelled. Discovery
listens to heartbeats instead, which report a failure at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mongoping._version import __version__
from mongoping.driver_import import import_pymongo
from mongoping.escape import clip
from mongoping.model import DiscoveryState, Failure, FailureKind
from mongoping.probe.discovery import Address, outcome, pending
from mongoping.probe.os_errors import limit_of
from mongoping.probe.scram import IterationCountError
from mongoping.settings import MAX_MEMBERS
from mongoping.tasks import CLOSING_S, wait_until_done
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from types import ModuleType

    from pymongo import AsyncMongoClient
    from pymongo.monitoring import (
        ServerHeartbeatFailedEvent,
        ServerHeartbeatStartedEvent,
        ServerHeartbeatSucceededEvent,
    )
    from pymongo.server_description import ServerDescription
    from pymongo.topology_description import TopologyDescription

    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

SELECTION_MS = 1000  # a safety limit: operations start only once the topology is known
APPLY_REPLY_S = 1.0  # to apply a reply to the topology; it may never happen
GOODBYE_S = 0.5  # for a server to answer endSessions
HURRIED_GOODBYE_S = 0.1  # the same after a signal


class Driver:
    """The AsyncMongoClient of one run, created when it is first needed.

    Attributes:
        beats: for each address, the reply to its last successful heartbeat, or else the
            failure of its first one.
    """

    def __init__(self, uri: ParsedUri, settings: Settings, *, is_needed: bool = True) -> None:
        self._needed = is_needed
        self._credentials = uri.credentials
        self._uri_options = uri.target.options if uri.target else {}
        self._settings = settings
        self._import: asyncio.Future[ModuleType] | None = None
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._beat_arrived = asyncio.Event()
        self.beats: dict[str, Failure | dict[str, Any]] = {}
        # what the topology held for an address when its reply arrived
        self._before_reply: dict[Address, ServerDescription | None] = {}

    def start_import(self) -> asyncio.Future[ModuleType]:
        """Start to import PyMongo in a thread, unless that was done before; return the import."""
        if self._import is None:
            loop = asyncio.get_running_loop()
            self._import = loop.run_in_executor(None, import_pymongo)
        return self._import

    def prefetch(self) -> None:
        """Start to import PyMongo while there is a network to wait for, if this run needs it."""
        if self._needed:
            self.start_import()

    async def pymongo(self) -> ModuleType:
        """Wait for the import and return the module; only then may ``cryptography`` be imported."""
        return await asyncio.shield(self.start_import())

    @property
    def importing(self) -> asyncio.Future[ModuleType] | None:
        """Return the import of PyMongo, which may have ended, or None if it was not started."""
        return self._import

    async def wait_for_import(self) -> None:
        """Wait for a running import, so that another import does not race with it."""
        if self._import is not None:
            await asyncio.shield(self._import)

    @property
    def ready(self) -> bool:
        """Return whether the client was created and its topology is known."""
        return self._client is not None

    async def connect(
        self, budget: float, **overrides: Any
    ) -> tuple[DiscoveryState, TopologyDescription]:
        """Discover the deployment within ``budget`` seconds.

        Return the state (``ready``, ``removed``, ``no-usable-member``, ``unreachable`` or
        ``timeout``) and the topology. ``overrides`` are keyword arguments of the client.
        Raise what the driver raises for the options or for SRV:
        `pymongo.errors.PyMongoError`, ValueError or OSError.
        """
        await self.pymongo()
        client = self._build(budget, overrides)
        self._client = client
        try:
            async with asyncio.timeout(budget):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # options of the TXT record are read here
                    await client.aconnect()
                if client.topology_description.topology_type_name == "LoadBalanced":
                    with driver_errors():  # PyMongo reports it ready without any contact
                        await client.admin.command("ping")
                state = await self._discover(client)
        except TimeoutError:
            state = "timeout"
        return state, client.topology_description

    def _build(self, budget: float, overrides: Mapping[str, Any]) -> AsyncMongoClient[Any]:
        import logging

        import pymongo
        from pymongo.driver_info import DriverInfo
        from pymongo.server_api import ServerApi

        # PyMongo prints a UserWarning for Cosmos DB and DocumentDB unless this logger listens
        logger = logging.getLogger("pymongo.client")
        if not logger.isEnabledFor(logging.INFO):
            logger.setLevel(logging.INFO)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        options: dict[str, Any] = {
            "event_listeners": [_listener(self)],
            "serverSelectionTimeoutMS": SELECTION_MS,
            "connectTimeoutMS": self._limit_ms("connectTimeoutMS", budget),
            "socketTimeoutMS": self._limit_ms("socketTimeoutMS", self._settings.cap),
            "serverMonitoringMode": "poll",
            "driver": DriverInfo("mongoping", __version__),
        }
        if pymongo.version_tuple >= (4, 17):
            options["max_adaptive_retries"] = 0
        if self._settings.uses_stable_api:
            options["server_api"] = ServerApi(
                self._settings.api_version,
                strict=self._settings.api_strict or None,
                deprecation_errors=self._settings.api_deprecation_errors or None,
            )
        uri = self._credentials.uri if self._credentials else ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the check `uri` reports dropped options
            return new_client(uri, **{**options, **overrides})

    def _limit_ms(self, option: str, seconds: float) -> int:
        """Return the shorter of ``seconds`` and the limit in the connection string, in ms."""
        limit = max(int(seconds * 1000), 1)
        own = self._uri_options.get(option)
        return min(int(own), limit) if isinstance(own, (int, float)) and own > 0 else limit

    async def _discover(self, client: AsyncMongoClient[Any]) -> DiscoveryState:
        """Wait until each member has answered or failed once, or the topology is usable."""
        clock = asyncio.get_running_loop().time
        while True:
            self._beat_arrived.clear()
            until = clock() + APPLY_REPLY_S
            while True:
                topology = client.topology_description
                is_applied = not pending(topology, self._before_reply) or clock() >= until
                state = outcome(topology, self.beats, is_applied=is_applied)
                if state is not None:
                    return state
                if is_applied:
                    break
                await asyncio.sleep(0)
            await self._beat_arrived.wait()

    def note_beat(self, address: Address, beat: Failure | dict[str, Any]) -> None:
        """Record a heartbeat: a success replaces an earlier failure, never the reverse."""
        name = str(Host(*address))
        if isinstance(beat, dict):
            self.beats[name] = beat
            servers = self.topology.server_descriptions() if self.topology else {}
            self._before_reply[address] = servers.get(address)
        else:
            self.beats.setdefault(name, beat)
        self._beat_arrived.set()

    @property
    def client(self) -> AsyncMongoClient[dict[str, Any]] | None:
        """Return the client, or None before it was created and after it was closed."""
        return self._client

    @property
    def topology(self) -> TopologyDescription | None:
        """Return the driver's current topology, without any traffic."""
        return self._client.topology_description if self._client else None

    def readable(self) -> dict[str, Any]:
        """Return whether any member matches the client's read preference, and that preference."""
        if self._client is None:
            return {}
        read_preference = self._client.read_preference
        tag_sets = [
            tags for tags in getattr(read_preference, "tag_sets", None) or () if tags
        ]  # [{}] is any
        preference = f"{read_preference.name} {tag_sets}" if tag_sets else read_preference.name
        try:
            fits = self._client.topology_description.has_readable_server(read_preference)
        except Exception as error:  # PyMongo checks maxStalenessSeconds here
            return {"readable": False, "read_preference": f"{preference}: {error}"}
        return {"readable": fits, "read_preference": preference}

    async def command(
        self, command: Mapping[str, Any], database: str = "admin"
    ) -> Mapping[str, Any]:
        """Run one command on the primary, else on a secondary, and return the reply.

        The topology must be known. All commands go to the same member, so that later ones
        find an open connection. Raise `pymongo.errors.PyMongoError`.
        """
        from pymongo.read_preferences import ReadPreference

        if self._client is None:
            raise RuntimeError("the client is not connected")
        preference = ReadPreference.PRIMARY_PREFERRED
        with driver_errors():
            reply: Mapping[str, Any] = await self._client[database].command(
                dict(command), read_preference=preference
            )
        return reply

    async def close(self, *, hurry: bool = False) -> None:
        """Close the client; unless in a ``hurry``, also wait for a running import."""
        if self._client is not None:
            client, self._client = self._client, None
            await close_client(client, HURRIED_GOODBYE_S if hurry else GOODBYE_S)
        if self._import is not None and not hurry:
            await wait_until_done({self._import}, CLOSING_S)


def new_client(uri: str, **options: Any) -> AsyncMongoClient[Any]:
    """Return an AsyncMongoClient that limits the size of replies and the cost of a login.

    Raise what PyMongo raises for the connection string and the options.
    """
    import pymongo

    from mongoping.probe.guarded import observe_tls, pool_class

    client: AsyncMongoClient[Any] = pymongo.AsyncMongoClient(
        uri, _pool_class=pool_class(), **options
    )
    observe_tls(client)
    return client


@contextlib.contextmanager
def driver_errors() -> Iterator[None]:
    """Turn exceptions that a malformed reply causes inside the driver into ProtocolError."""
    from pymongo.errors import ProtocolError, PyMongoError

    try:
        yield
    except (PyMongoError, OSError):
        raise
    except Exception as error:
        message = f"the driver cannot read the reply: {type(error).__name__}: {error}"
        unreadable = ProtocolError(message)
        unreadable.not_mongodb = _misses_a_field(error)  # type: ignore[attr-defined]
        raise unreadable from error


def _misses_a_field(error: Exception) -> bool:
    """Return whether PyMongo itself failed to find a field of a reply.

    A ValueError may be its refusal of a password, and a KeyError one of an auth plug-in.
    """
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    module = frame.tb_frame.f_globals.get("__name__", "") if frame is not None else ""
    return isinstance(error, KeyError) and str(module).startswith("pymongo.")


async def close_client(client: AsyncMongoClient[Any], goodbye: float = GOODBYE_S) -> None:
    """Close a client, its monitors and its sockets, even if the server does not answer.

    ``goodbye`` limits the round trip that ends the sessions, in seconds. PyMongo's ``close`` makes
    it too, but loses the sockets that it was closing if it is cancelled on a busy machine, so it
    gets no sessions to end. A PyMongo without these private functions makes the round trip itself.
    """
    steps: list[asyncio.Future[None]] = []
    topology = getattr(client, "_topology", None)  # None until an SRV name is resolved
    pop_sessions = getattr(topology, "pop_all_sessions", None)
    end_sessions = getattr(client, "_end_sessions", None)
    if pop_sessions and end_sessions and (sessions := pop_sessions()):
        ending = asyncio.ensure_future(end_sessions(sessions))
        steps.append(ending)
        await asyncio.wait({ending}, timeout=goodbye)
        ending.cancel()
    for _ in range(2):
        closing = asyncio.ensure_future(client.close())
        steps.append(closing)
        await asyncio.wait({closing}, timeout=CLOSING_S)
        if closing.done() and not closing.cancelled() and closing.exception() is None:
            break
        closing.cancel()
    await wait_until_done(steps, CLOSING_S)


def set_name(topology: TopologyDescription) -> str | None:
    """Return the replica set's name as text; a peer may send a value of any type."""
    name: object = topology.replica_set_name
    return clip(name if isinstance(name, str) else repr(name)) if name else None


def _member_count(document: Mapping[str, Any]) -> int:
    lists = (document.get(name) for name in ("hosts", "passives", "arbiters"))
    return sum(len(members) for members in lists if isinstance(members, list))


def _listener(driver: Driver) -> Any:
    """Return a listener that records heartbeats in ``driver``; PyMongo prints its exceptions."""
    from pymongo.monitoring import ServerHeartbeatListener

    class FirstBeat(ServerHeartbeatListener):
        def started(self, event: ServerHeartbeatStartedEvent) -> None:
            pass

        def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
            document = dict(event.reply.document)
            if (count := _member_count(document)) <= MAX_MEMBERS:
                driver.note_beat(event.connection_id, document)
                return
            message = f"the reply lists {count} members, but a replica set has at most 50"
            driver.note_beat(event.connection_id, Failure("not-mongodb", message))
            # ends this monitor before PyMongo starts one for each of them
            raise asyncio.CancelledError

        def failed(self, event: ServerHeartbeatFailedEvent) -> None:
            driver.note_beat(event.connection_id, failure_of(event.reply))

    return FirstBeat()


def failure_of(error: BaseException) -> Failure:
    """Return the facts of an exception that the driver raised.

    The text is for display only, never matched. Scrub it before it is shown, since PyMongo
    quotes commands and connection strings.
    """
    from pymongo import errors

    code = getattr(error, "code", None)
    cause = type(error.__cause__).__name__ if error.__cause__ else None
    facts: dict[str, Any] = {"type": type(error).__name__, "cause": cause}
    if (limit := limit_of(error)) is not None:
        return Failure(limit.kind, str(error) or limit.message, errno=limit.name, facts=facts)
    if isinstance(error, (errors.OperationFailure, errors.NotPrimaryError)):
        reply = error.details if isinstance(error.details, Mapping) else {}
        code = reply.get("code") if code is None else code  # NotPrimaryError has none of its own
        message = clip(str(reply.get("errmsg") or error))
        return Failure("command", message, code=code if type(code) is int else None, facts=facts)
    if isinstance(error.__cause__, IterationCountError):
        facts["iterations"] = error.__cause__.iterations
        return Failure("iterations", str(error), facts=facts)
    if getattr(error, "not_mongodb", False):
        return Failure("not-mongodb", str(error), facts=facts)
    if isinstance(error, errors.ConfigurationError):
        return Failure("configuration", str(error), facts=facts)
    timed_out = isinstance(error, (errors.NetworkTimeout, TimeoutError))
    selection = isinstance(error, errors.ServerSelectionTimeoutError)
    kind: FailureKind = "selection" if selection else "timeout" if timed_out else "driver"
    return Failure(kind, str(error) or type(error).__name__, facts=facts)
