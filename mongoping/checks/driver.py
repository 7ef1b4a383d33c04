"""Let AsyncMongoClient discover the deployment with the same connection string."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks._connections import greet
from mongoping.checks._later import ping_kept
from mongoping.checks._silence import reason_to_skip
from mongoping.driver_message import message_of, selection_message
from mongoping.escape import clip
from mongoping.model import Evidence, Failure, Line, Outcome
from mongoping.observations import DriverFacts, ServerFacts
from mongoping.runnable import OnceCheck
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from pymongo.server_description import ServerDescription
    from pymongo.topology_description import TopologyDescription

    from mongoping.client import Driver
    from mongoping.context import Context

MAX_TAGS = 20  # of one member
SHORT_HELLO: Mapping[str, Any] = {"hello": 1}
LARGE_BYTES = 1000  # longer than any driver's hello, and shorter than the usual MTU
AGAIN_S = 0.4  # for another hello to hosts that answered the probe but not the driver
POLL_S = 0.005  # while the driver's monitors update the topology
SOFT_BUDGET_S = 1.5  # if no probe succeeded, the driver only has to confirm that


async def run(ctx: Context) -> Outcome:
    """Build the client, let it discover the deployment, and record what it sees."""
    from mongoping.client import failure_of, set_name
    from mongoping.probe.dns import system_override

    has_answer = any(result.ok for result in ctx.evidence.of("hello"))
    began = ctx.clock()
    limit = ctx.remaining()
    follow_up = min(AGAIN_S, limit / 3) if has_answer else 0.0
    budget = limit - follow_up if has_answer else min(limit, SOFT_BUDGET_S)
    pymongo = await ctx.driver.pymongo()
    override = system_override(ctx.settings.resolver)
    override.__enter__()  # stays active, since the client resolves names for each connection
    ctx.on_close(override)
    connecting = ctx.clock()
    try:
        state, topology = await ctx.driver.connect(budget)
    except (pymongo.errors.PyMongoError, ValueError, TypeError, OSError) as error:
        failure = _without_secrets(ctx, failure_of(error))
        exception = message_of(error, ctx.credentials)
        return Outcome(None, failure.replace(facts={**failure.facts, "exception": exception}))
    selection_ms = ctx.own_ms(connecting)
    while state == "ready" and _may_fit(ctx.driver) and ctx.clock() - began < budget:
        await asyncio.sleep(POLL_S)
        topology = ctx.driver.topology or topology
    failures = {
        address: _without_secrets(ctx, beat)
        for address, beat in ctx.driver.beats.items()
        if isinstance(beat, Failure)
    }
    why = None
    try:
        topology.check_compatible()
    except pymongo.errors.ConfigurationError as error:
        why = str(error)
    again: dict[str, str] = {}
    kept: dict[str, str] = {}
    large: dict[str, str] = {}
    if state != "ready":
        again, kept, large = await _again(ctx, topology, follow_up)
    facts = DriverFacts(
        state=state,
        type=topology.topology_type_name,
        set_name=set_name(topology),
        servers=tuple(_server(ctx, server) for server in topology.server_descriptions().values()),
        failures=failures,
        compatible=why is None,
        incompatible_why=why,
        selection_ms=selection_ms,
        exception=None if state == "ready" else await _exception(ctx),
        again=again,
        kept=kept,
        large=large,
        **(ctx.driver.readable() if why is None else {}),
    )
    return Outcome(facts, _failure(facts))


async def _exception(ctx: Context) -> str | None:
    """Return the exception that a program gets, as the driver itself raises it."""
    options = ctx.uri.target.options if ctx.uri.target else {}
    return await selection_message(ctx.driver.client, dict(options), ctx.credentials)


def _may_fit(driver: Driver) -> bool:
    """Return whether a member that may match the read preference has not answered yet.

    Discovery ends with a primary, but a client that reads from secondaries waits for one.
    """
    if driver.topology is None or driver.readable().get("readable") is not False:
        return False
    servers = driver.topology.server_descriptions().values()
    unknown_servers = (server for server in servers if not server.is_server_type_known)
    beats = (driver.beats.get(str(Host(*server.address))) for server in unknown_servers)
    return any(not isinstance(beat, Failure) for beat in beats)


async def _again(
    ctx: Context, topology: TopologyDescription, seconds: float
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Ask the hosts again that answered a probe but not the driver: ``again``, ``kept``, ``large``.

    A hello is sent on a new connection, and a ping on the one that mongoping opened before. Where
    the hello is answered, a longer one follows, because the driver's is longer too.
    """
    known_to_driver = {str(Host(*server.address)) for server in topology.known_servers}
    silent_hosts = [
        host
        for host in ctx.evidence.hosts
        if str(host) not in known_to_driver
        and (result := ctx.evidence.result("hello", str(host))) is not None
        and result.ok
    ]
    hosts = silent_hosts[:MAX_MEMBERS]
    kinds, kept = await asyncio.gather(
        asyncio.gather(*(_hello(ctx, host, seconds) for host in hosts)),
        asyncio.gather(*(ping_kept(ctx, host, seconds) for host in hosts)),
    )
    names = list(map(str, hosts))
    again = dict(zip(names, kinds, strict=True))
    answering = [host for host in hosts if again[str(host)] == "ok"]
    longer = {"hello": 1, "comment": "x" * LARGE_BYTES}
    large = await asyncio.gather(*(_hello(ctx, host, seconds, longer) for host in answering))
    return (
        again,
        {name: kind for name, kind in zip(names, kept, strict=True) if kind is not None},
        dict(zip(map(str, answering), large, strict=True)),
    )


async def _hello(
    ctx: Context, host: Host, seconds: float, hello: Mapping[str, Any] = SHORT_HELLO
) -> str:
    from mongoping.probe.connection import ClosedByPeerError, failure_of
    from mongoping.probe.wire import WireError

    try:
        async with ctx.timeout(seconds):
            await greet(ctx, host, dict(hello))
    except (OSError, TimeoutError, ClosedByPeerError, WireError) as error:
        return failure_of(error).kind
    return "ok"


def _without_secrets(ctx: Context, failure: Failure) -> Failure:
    return failure.replace(message=_safe(ctx, failure.message))


def _safe(ctx: Context, text: str) -> str:
    """Return text from a peer without secrets, clipped."""
    from mongoping.uri.target import scrub

    return clip(scrub(text, ctx.credentials))


def _server(ctx: Context, description: ServerDescription) -> ServerFacts:
    is_known = description.is_server_type_known
    rtt_s, last_write = description.round_trip_time, description.last_write_date
    wire = (description.min_wire_version, description.max_wire_version)
    valid = is_known and all(type(number) is int for number in wire)
    tag_document: object = description.tags  # a value of any type
    tags = list(tag_document.items())[:MAX_TAGS] if isinstance(tag_document, Mapping) else []
    return ServerFacts(
        address=str(Host(*description.address)),
        type=description.server_type_name,
        rtt_ms=rtt_s * 1000 if rtt_s is not None else None,
        set_name=_name(description.replica_set_name),
        wire=wire if valid else None,
        tags={clip(str(key), 100): clip(str(value), 100) for key, value in tags},
        last_write=last_write if isinstance(last_write, float) else None,
        me=str(Host(*description.me)) if description.me else None,
        error=_safe(ctx, str(description.error)) if description.error else None,
    )


def _name(value: object) -> str | None:
    return clip(str(value)) if value else None


def _failure(driver_facts: DriverFacts) -> Failure | None:
    if not driver_facts.compatible:
        return Failure("incompatible", driver_facts.incompatible_why or "no common wire version")
    if driver_facts.state == "ready":
        return None
    first = next(iter(driver_facts.failures.values()), None)
    facts: dict[str, Any] = {"state": driver_facts.state}
    if driver_facts.exception is not None:
        facts["exception"] = driver_facts.exception
    if first is not None:
        return Failure(first.kind, first.message, code=first.code, facts={**first.facts, **facts})
    return Failure(driver_facts.state, f"discovery ended as {driver_facts.state}", facts=facts)


def _applies(evidence: Evidence) -> str | None:
    """Return why the driver is skipped: it would only wait for a silent host or for input.

    OpenSSL prompts on the terminal for the password of an encrypted key.
    """
    files = evidence.failure("tls-files")
    how = files.facts.get("how") if files is not None else None
    if how == "password-needed":
        return "OpenSSL would prompt for the key's password on the terminal"
    if how == "pipe":
        return "OpenSSL would wait for data from a pipe"
    failures = [result.failure for result in evidence.of("hello") if result.failure]
    if any(failure.facts.get("wire") == "size" for failure in failures):
        return "a reply was larger than any MongoDB server sends, and the driver has no limit"
    return reason_to_skip(evidence)


def _lines(facts: DriverFacts) -> list[Line]:
    status: Any = "ok" if facts.state == "ready" else "fail"
    return [Line("driver", f"{facts.type}, {facts.state.replace('-', ' ')}", status)]


CHECK = OnceCheck(
    name="driver",
    layer="topology",
    summary="discovery by AsyncMongoClient with the same connection string",
    waits_for="usable member",
    driver_waits=("serverSelectionTimeoutMS", 30.0),
    resolves=True,
    run=run,
    needs=("uri", "tcp", "import"),
    after_any=("hello",),
    applies=_applies,
    lines=_lines,
)
