"""The judge's own word: can AsyncMongoClient, given the same string, work here?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks.driver_import import silent
from mongoping.escape import clip
from mongoping.model import Check, DiscoveryState, Evidence, Failure, Line, Outcome
from mongoping.record import NOTHING, Record
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from pymongo.server_description import ServerDescription
    from pymongo.topology_description import TopologyDescription

    from mongoping.client import Driver
    from mongoping.context import Context

MAX_TAGS = 20  # of one member
AGAIN_S = 0.4  # for a further look at hosts that answered the probe and not the driver
POLL_S = 0.005  # of a picture that changes by itself
SOFT_BUDGET_S = 1.5  # where no probe got through, the driver is asked only to confirm it


class ServerSeen(Record):
    """A member in the driver's picture. ``rtt_ms`` is its average, in milliseconds."""

    address: str
    type: str
    rtt_ms: float | None = None
    set_name: str | None = None
    wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    last_write: float | None = None  # seconds since the epoch
    me: str | None = None
    error: str | None = None


class DriverSeen(Record):
    """What discovery came to, and the driver's picture of the deployment.

    ``selection_ms`` has this process's own stalls deducted.
    ``again`` is what became of a further hello to each host that had answered one before, and
    of which the driver knows nothing: ``ok``, or the kind of its failure.
    """

    state: DiscoveryState
    type: str
    set_name: str | None
    servers: tuple[ServerSeen, ...]
    failures: Mapping[str, Failure] = NOTHING
    compatible: bool = True
    incompatible_why: str | None = None
    readable: bool | None = None  # whether a member fits the read preference of the string
    read_preference: str | None = None
    again: Mapping[str, str] = NOTHING
    selection_ms: float | None = None  # from the first connection to a known topology

    @property
    def has_primary(self) -> bool:
        """Whether the driver knows a server that takes writes."""
        return any(server.type in ("RSPrimary", "Standalone", "Mongos") for server in self.servers)


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Build the client, let it discover the deployment, and take down its picture."""
    from mongoping.client import failure_of, set_name
    from mongoping.probe.dns import system_override

    heard = any(result.ok for result in ctx.evidence.of("hello"))
    began = ctx.clock()
    whole = ctx.remaining()
    aside = min(AGAIN_S, whole / 3) if heard else 0.0
    budget = whole - aside if heard else min(whole, SOFT_BUDGET_S)
    pymongo = await ctx.driver.pymongo()
    override = system_override(ctx.settings.resolver)
    override.__enter__()  # stays: a client resolves again whenever it opens a connection
    ctx.on_close(override)
    connecting = ctx.clock()
    try:
        state, topology = await ctx.driver.connect(budget)
    except (pymongo.errors.PyMongoError, ValueError, TypeError, OSError) as error:
        return Outcome(None, _scrubbed(ctx, failure_of(error)))
    selection_ms = ctx.elapsed_ms(connecting) - ctx.stalled_ms(connecting)
    while state == "ready" and _may_fit(ctx.driver) and ctx.clock() - began < budget:
        await asyncio.sleep(POLL_S)
        topology = ctx.driver.topology or topology
    failures = {
        address: _scrubbed(ctx, beat)
        for address, beat in ctx.driver.beats.items()
        if isinstance(beat, Failure)
    }
    why = None
    try:
        topology.check_compatible()
    except pymongo.errors.ConfigurationError as error:
        why = str(error)
    seen = DriverSeen(
        state=state,
        type=topology.topology_type_name,
        set_name=set_name(topology),
        servers=tuple(_server(ctx, one) for one in topology.server_descriptions().values()),
        failures=failures,
        compatible=why is None,
        incompatible_why=why,
        selection_ms=selection_ms,
        again={} if state == "ready" else await _again(ctx, topology, aside),
        **(ctx.driver.readable() if why is None else {}),
    )
    return Outcome(seen, _failure(seen))


def _may_fit(driver: Driver) -> bool:
    """Whether no member fits the read preference, and one that may is not heard of yet.

    Discovery is done with a primary; who reads from secondaries has to wait for these.
    """
    if driver.topology is None or driver.readable().get("readable") is not False:
        return False
    servers = driver.topology.server_descriptions().values()
    beats = (
        driver.beats.get(str(Host(*one.address))) for one in servers if not one.is_server_type_known
    )
    return any(not isinstance(beat, Failure) for beat in beats)


async def _again(ctx: Context, topology: TopologyDescription, seconds: float) -> dict[str, str]:
    """Ask hosts once more that answered a probe, and not the driver."""
    known = {str(Host(*one.address)) for one in topology.known_servers}
    asked = [
        host
        for host in ctx.evidence.hosts
        if str(host) not in known
        and (result := ctx.evidence.result("hello", str(host))) is not None
        and result.ok
    ]
    kinds = await asyncio.gather(*(_hello(ctx, host, seconds) for host in asked[:MAX_MEMBERS]))
    return dict(zip(map(str, asked), kinds, strict=False))


async def _hello(ctx: Context, host: Host, seconds: float) -> str:
    from mongoping.probe.connection import ClosedByPeerError, failure_of
    from mongoping.probe.wire import WireError

    try:
        async with asyncio.timeout(seconds):
            await greet(ctx, host, {"hello": 1})
    except (OSError, TimeoutError, ClosedByPeerError, WireError) as error:
        return failure_of(error).kind
    return "ok"


async def greet(ctx: Context, host: Host, hello: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to a hello command on a new connection.

    Raises:
        OSError, ClosedByPeerError, WireError: what `Connection` raises.
    """
    from mongoping.checks.tcp import dial

    connection = await dial(ctx, host)
    try:
        if ctx.evidence.tls:
            await connection.start_tls(ctx.tls_context, host.name)
        return await connection.command(hello)
    finally:
        connection.close()


def _scrubbed(ctx: Context, failure: Failure) -> Failure:
    return failure.replace(message=_shown(ctx, failure.message))


def _shown(ctx: Context, text: str) -> str:
    """Foreign text without a secret, and no longer than anyone reads."""
    from mongoping.uri.target import scrub

    return clip(scrub(text, ctx.credentials))


def _server(ctx: Context, one: ServerDescription) -> ServerSeen:
    known = one.is_server_type_known
    wire = (one.min_wire_version, one.max_wire_version)
    whole = known and all(type(number) is int for number in wire)
    stated: object = one.tags  # a value of any type
    tags = list(stated.items())[:MAX_TAGS] if isinstance(stated, Mapping) else []
    return ServerSeen(
        address=str(Host(*one.address)),
        type=one.server_type_name,
        rtt_ms=one.round_trip_time * 1000 if one.round_trip_time is not None else None,
        set_name=_name(one.replica_set_name),
        wire=wire if whole else None,
        tags={clip(str(key), 100): clip(str(value), 100) for key, value in tags},
        last_write=one.last_write_date if isinstance(one.last_write_date, float) else None,
        me=str(Host(*one.me)) if one.me else None,
        error=_shown(ctx, str(one.error)) if one.error else None,
    )


def _name(value: object) -> str | None:
    return clip(str(value)) if value else None


def _failure(seen: DriverSeen) -> Failure | None:
    if not seen.compatible:
        return Failure("incompatible", seen.incompatible_why or "wire versions do not meet")
    if seen.state == "ready":
        return None
    first = next(iter(seen.failures.values()), None)
    facts: dict[str, Any] = {"state": seen.state}
    if first is not None:
        return Failure(first.kind, first.message, code=first.code, facts={**first.facts, **facts})
    return Failure(seen.state, f"discovery ended as {seen.state}", facts=facts)


def _applies(evidence: Evidence) -> str | None:
    """The driver is not asked where it could only wait: for a silent host, or for a person.

    For a key that is encrypted and has no password, OpenSSL asks on the terminal.
    """
    files = evidence.failure("tls-files")
    if files is not None and files.facts.get("how") == "password-needed":
        return "OpenSSL would ask for the key's password on the terminal"
    if any(one.failure and one.failure.facts.get("wire") == "size" for one in evidence.of("hello")):
        return "an answer was larger than any server's, and the driver would take it in"
    return silent(evidence)


def _lines(seen: DriverSeen) -> list[Line]:
    status: Any = "ok" if seen.state == "ready" else "fail"
    return [Line("driver", f"{seen.type}, {seen.state.replace('-', ' ')}", status)]


CHECK = Check(
    name="driver",
    layer="topology",
    summary="what AsyncMongoClient makes of the same connection string",
    waits_for="usable member",
    driver_waits=("serverSelectionTimeoutMS", 30.0),
    resolves=True,
    run=run,
    needs=("uri", "tcp", "import"),
    after_any=("hello",),
    applies=_applies,
    lines=_lines,
)
