"""The judge: AsyncMongoClient, built from the user's own connection string.

PyMongo is imported late, in a thread, since its import takes longer than a whole probe.
No operation is started before the topology is known: on Python 3.11 a cancelled operation
can go on until server selection gives up, and any operation on an unknown topology waits
for it. Discovery therefore listens to heartbeats, which fail at once.
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
from mongoping.probe.os_errors import limit_of
from mongoping.probe.scram import IterationCountError
from mongoping.settings import MAX_MEMBERS
from mongoping.tasks import CLOSING_S, settled
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
    from mongoping.uri.target import Parsed

Address = tuple[str, int | None]

USABLE = frozenset({"Standalone", "RSPrimary", "RSSecondary", "Mongos", "LoadBalancer"})
ALONE = USABLE | {"RSOther", "RSArbiter", "RSGhost"}  # a direct connection takes any role
SELECTION_MS = 1000  # never waited for, since the topology is known; bounds what slips through
TAKEN_UP_S = 1.0  # the driver takes up an answer some turns of the loop later, or never
GOODBYE_S = 0.5  # for a server to take note that the sessions are over
HASTY_S = 0.1  # the same after a signal


class Driver:
    """One deployment's AsyncMongoClient, made when it is first needed.

    ``beats`` maps each address to the first failure of its heartbeat, or to its hello.
    """

    def __init__(self, parsed: Parsed, settings: Settings) -> None:
        self._credentials = parsed.credentials
        self._own = parsed.target.options if parsed.target else {}
        self._settings = settings
        self._import: asyncio.Future[ModuleType] | None = None
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._beaten = asyncio.Event()
        self.beats: dict[str, Failure | dict[str, Any]] = {}
        self._former: dict[Address, ServerDescription | None] = {}  # when its answer came

    def start_import(self) -> asyncio.Future[ModuleType]:
        """Begin to import PyMongo in a thread; a second call changes nothing."""
        if self._import is None:
            loop = asyncio.get_running_loop()
            self._import = loop.run_in_executor(None, import_pymongo)
        return self._import

    async def pymongo(self) -> ModuleType:
        """The imported module; also the moment after which ``cryptography`` may be imported."""
        return await asyncio.shield(self.start_import())

    async def settle(self) -> None:
        """Wait for an import under way, so that another one does not race with it."""
        if self._import is not None:
            await asyncio.shield(self._import)

    @property
    def ready(self) -> bool:
        """Whether there is a client whose topology is known."""
        return self._client is not None

    async def connect(
        self, budget: float, **overrides: Any
    ) -> tuple[DiscoveryState, TopologyDescription]:
        """Discover the deployment within ``budget`` seconds.

        Returns what came of it (``ready``, ``removed``, ``no-usable-member``,
        ``unreachable``, ``timeout``) and the topology. Raises what the driver raises for
        the options or for SRV: `pymongo.errors.PyMongoError`, ValueError or OSError.
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
                    with driver_errors():  # taken for ready without any contact
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
            "connectTimeoutMS": self._bounded("connectTimeoutMS", budget),
            "socketTimeoutMS": self._bounded("socketTimeoutMS", self._settings.cap),
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
            warnings.simplefilter("ignore")  # the uri layer tells of options that are dropped
            return new_client(uri, **{**options, **overrides})

    def _bounded(self, option: str, seconds: float) -> int:
        """The string's own limit where it is shorter, in ms: the driver is to fail by it too."""
        most = max(int(seconds * 1000), 1)
        own = self._own.get(option)
        return min(int(own), most) if isinstance(own, (int, float)) and own > 0 else most

    async def _discover(self, client: AsyncMongoClient[Any]) -> DiscoveryState:
        """Wait until every member has answered or failed once, or a full topology is known."""
        clock = asyncio.get_running_loop().time
        while True:
            self._beaten.clear()
            until = clock() + TAKEN_UP_S
            while True:
                topology = client.topology_description
                settled = not pending(topology, self._former) or clock() >= until
                state = outcome(topology, self.beats, settled=settled)
                if state is not None:
                    return state
                if settled:
                    break
                await asyncio.sleep(0)
            await self._beaten.wait()

    def heard(self, address: Address, what: Failure | dict[str, Any]) -> None:
        """Note a heartbeat: a success replaces an earlier failure, never the other way round."""
        name = _name(address)
        if isinstance(what, dict):
            self.beats[name] = what
            servers = self.topology.server_descriptions() if self.topology else {}
            self._former[address] = servers.get(address)
        else:
            self.beats.setdefault(name, what)
        self._beaten.set()

    @property
    def topology(self) -> TopologyDescription | None:
        """The driver's present picture of the deployment, without any traffic."""
        return self._client.topology_description if self._client else None

    def readable(self) -> dict[str, Any]:
        """Whether any member fits the client's own read preference, and that preference."""
        if self._client is None:
            return {}
        wanted = self._client.read_preference
        tags = [one for one in getattr(wanted, "tag_sets", None) or () if one]  # [{}] is any
        words = f"{wanted.name} {tags}" if tags else wanted.name
        try:
            fits = self._client.topology_description.has_readable_server(wanted)
        except Exception as error:  # maxStalenessSeconds is judged here, by its own exception
            return {"readable": False, "read_preference": f"{words}: {error}"}
        return {"readable": fits, "read_preference": words}

    async def command(
        self, command: Mapping[str, Any], database: str = "admin"
    ) -> Mapping[str, Any]:
        """Run one command on the primary, else on a secondary; the topology must be known.

        Always the same member, so that later commands find an open connection.

        Raises `pymongo.errors.PyMongoError`.
        """
        from pymongo.read_preferences import ReadPreference

        if self._client is None:
            raise RuntimeError("a command was asked of a client that is not connected")
        preference = ReadPreference.PRIMARY_PREFERRED
        with driver_errors():
            reply: Mapping[str, Any] = await self._client[database].command(
                dict(command), read_preference=preference
            )
        return reply

    async def close(self, *, hurry: bool = False) -> None:
        """Close the client, and wait for an import that is under way, unless in a ``hurry``."""
        if self._client is not None:
            client, self._client = self._client, None
            await close_client(client, HASTY_S if hurry else GOODBYE_S)
        if self._import is not None and not hurry:
            await settled({self._import}, CLOSING_S)


def new_client(uri: str, **options: Any) -> AsyncMongoClient[Any]:
    """Return an AsyncMongoClient that bounds what its peer can make it do.

    Raises what PyMongo raises for the connection string and the options.
    """
    import pymongo

    from mongoping.probe.guarded import pool_class

    client: AsyncMongoClient[Any] = pymongo.AsyncMongoClient(
        uri, _pool_class=pool_class(), **options
    )
    return client


@contextlib.contextmanager
def driver_errors() -> Iterator[None]:
    """Raise as ProtocolError what a reply of unexpected types leads to within the driver."""
    from pymongo.errors import ProtocolError, PyMongoError

    try:
        yield
    except (PyMongoError, OSError):
        raise
    except Exception as error:
        words = f"the driver cannot read the reply: {type(error).__name__}: {error}"
        odd = ProtocolError(words)
        odd.not_mongodb = True  # type: ignore[attr-defined]
        raise odd from error


async def close_client(client: AsyncMongoClient[Any], goodbye: float = GOODBYE_S) -> None:
    """Close a client, its monitors and its sockets, whatever its server answers.

    The first attempt ends the sessions, a round trip to the server. Should that fail or take
    longer than ``goodbye`` seconds, PyMongo asks no server in a second attempt, and then closes
    its topology.
    """
    attempts = []
    for patience in (goodbye, CLOSING_S):
        closing = asyncio.ensure_future(client.close())
        attempts.append(closing)
        await asyncio.wait({closing}, timeout=patience)
        if closing.done() and not closing.cancelled() and closing.exception() is None:
            break
        closing.cancel()
    await settled(attempts, CLOSING_S)


def set_name(topology: TopologyDescription) -> str | None:
    """Return the name of the set that the driver found; it may be a value of any type."""
    name: object = topology.replica_set_name
    return clip(name if isinstance(name, str) else repr(name)) if name else None


def _name(address: Address) -> str:
    return str(Host(*address))


def pending(
    topology: TopologyDescription, former: Mapping[Address, ServerDescription | None]
) -> bool:
    """Whether a member has answered, and the driver's picture does not show it yet.

    A heartbeat is published before the topology takes it up; ``former`` is what the picture
    had of each member at that moment.
    """
    servers = topology.server_descriptions()
    return any(servers[one] is former.get(one) for one in servers if one in former)


def outcome(
    topology: TopologyDescription, beats: Mapping[str, object], *, settled: bool
) -> DiscoveryState | None:
    """Return how discovery ended, or None while a server has not answered yet.

    ``beats`` has every address that was heard of, ``settled`` says that the topology shows
    all of them. Pure.
    """
    addresses = {_name(address) for address in topology.server_descriptions()}
    if not settled:
        return None
    asked = bool(beats) and addresses <= set(beats)
    takes = ALONE if topology.topology_type_name == "Single" else USABLE
    usable = any(server.server_type_name in takes for server in topology.known_servers)
    if usable and (asked or topology.topology_type_name != "ReplicaSetNoPrimary"):
        return "ready"
    if not asked:
        return None
    if not addresses:
        return "removed"
    return "no-usable-member" if topology.known_servers else "unreachable"


def _members(document: Mapping[str, Any]) -> int:
    lists = (document.get(name) for name in ("hosts", "passives", "arbiters"))
    return sum(len(one) for one in lists if isinstance(one, list))


def _listener(driver: Driver) -> Any:
    """A heartbeat listener that tells the driver; an exception in it would be printed."""
    from pymongo.monitoring import ServerHeartbeatListener

    class FirstBeat(ServerHeartbeatListener):
        def started(self, event: ServerHeartbeatStartedEvent) -> None:
            pass

        def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
            document = dict(event.reply.document)
            if (count := _members(document)) <= MAX_MEMBERS:
                driver.heard(event.connection_id, document)
                return
            words = f"the reply names {count} members, and a replica set has 50 at most"
            driver.heard(event.connection_id, Failure("not-mongodb", words))
            # ends this monitor, as nothing else would, before it makes one for each of them
            raise asyncio.CancelledError

        def failed(self, event: ServerHeartbeatFailedEvent) -> None:
            driver.heard(event.connection_id, failure_of(event.reply))

    return FirstBeat()


def failure_of(error: BaseException) -> Failure:
    """A driver's exception as plain facts.

    Its text is shown, never matched; it has to be scrubbed of secrets before it is shown,
    as PyMongo quotes commands and connection strings.
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
