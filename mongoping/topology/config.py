"""Read the replica set configuration: hidden and delayed members, priorities, votes.

The driver runs replSetGetConfig and replSetGetStatus as the user in the connection string.
If that user lacks the permission, these columns stay empty and a note says why. Members that
no hello reply lists are then contacted once each.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping.checks import hello
from mongoping.model import Evidence, Failure, Outcome
from mongoping.probe.greeting import api_fields, hello_command
from mongoping.probe.replies import is_path
from mongoping.probe.replset import (
    MemberConfig,
    MemberState,
    address,
    integer,
    mapping,
    member_configs,
    states,
)
from mongoping.record import NOTHING, Record
from mongoping.runnable import OnceCheck
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.observations import HelloFacts
    from mongoping.probe.connection import Connection

NO_REPLICATION, NOT_AUTHORIZED, STRICT = 76, 13, 323
REFUSALS = {
    NOT_AUTHORIZED: "this user is not allowed to run {}; the role clusterMonitor allows it",
    STRICT: "apiStrict forbids {}, which is not part of the Stable API",
    59: "this service does not support {}",
}


class Visit(Record):
    """The result of contacting a member that no hello reply lists."""

    hello: HelloFacts | None = None
    family: str | None = None
    address: str | None = None
    days_left: float | None = None
    failed: str | None = None  # the layer: dns, tcp, tls or hello
    failure: Failure | None = None


class ConfigFacts(Record):
    """The configuration and the state of the set, as far as the user may read them.

    Attributes:
        visits: Members that no hello reply lists, by host.
        rtts: Median round-trip time of ping in milliseconds, by host.
        notes: What could not be read, and why.
    """

    members: tuple[MemberConfig, ...] = ()
    states: tuple[MemberState, ...] = ()
    visits: Mapping[str, Visit] = NOTHING
    rtts: Mapping[str, float] = NOTHING
    version: int | None = None
    election_timeout_ms: int | None = None
    notes: tuple[str, ...] = ()


def config_of(evidence: Evidence) -> ConfigFacts:
    """Return the replica set configuration in the evidence; empty where it was not read."""
    facts = evidence.data("set-config")
    return facts if isinstance(facts, ConfigFacts) else ConfigFacts()


async def run(ctx: Context) -> Outcome:
    """Read configuration and state; a refused command becomes a note, never a failure."""
    refusals: dict[str, list[str]] = {}
    config: Mapping[str, Any] = {}
    status: Mapping[str, Any] = {}
    driver = ctx.evidence.result("driver")
    # each command would be another login with the credentials that were refused
    login_failed = ctx.evidence.failure("auth") is not None
    if (
        not login_failed
        and driver is not None
        and driver.ok
        and _has_configuration(driver.data.type)
    ):
        config = await _ask(ctx, "replSetGetConfig", refusals)
        status = await _ask(ctx, "replSetGetStatus", refusals)
    notes = [template.format(" and ".join(names)) for template, names in refusals.items()]
    replies = parse_replies(config, status).replace(
        notes=tuple(notes), rtts=await _measure_rtts(ctx)
    )
    missing = find_unvisited(ctx.evidence, replies)
    if missing and ctx.evidence.tls and not hasattr(ctx, "tls_context"):
        return Outcome(replies)
    visits = await asyncio.gather(*(_visit(ctx, address(name)) for name in missing))
    return Outcome(replies.replace(visits=dict(zip(missing, visits, strict=True))))


async def _measure_rtts(ctx: Context) -> dict[str, float]:
    """Ping all members at once on the connections that the checks left open.

    Returns median round-trip times in milliseconds, by host.
    """
    hosts = [str(host) for host in ctx.evidence.hosts if str(host) in ctx.connections]
    times = await asyncio.gather(*(_ping(ctx, ctx.connections[host]) for host in hosts))
    return {host: time for host, time in zip(hosts, times, strict=True) if time is not None}


async def _ping(ctx: Context, connection: Connection) -> float | None:
    """Return the median of up to ``settings.count`` round trips in ms, or None without any."""
    from statistics import median

    from mongoping.probe.connection import ERRORS

    times = []
    command = {"ping": 1, **_api_fields(ctx.evidence)}
    try:
        async with ctx.timeout(ctx.remaining() / 2):
            for _ in range(ctx.settings.count):
                began = ctx.clock()
                await connection.command(command)
                times.append(ctx.elapsed_ms(began))
    except ERRORS:
        connection.close()
    return median(times) if times else None


def _has_configuration(kind: str) -> bool:
    """Return whether a deployment of this topology type may be a replica set."""
    return kind.startswith("ReplicaSet") or kind == "Single"


def find_unvisited(evidence: Evidence, config: ConfigFacts) -> list[str]:
    """Return the members that no check has contacted, by the names that clients use.

    These are hidden members, and with a direct connection all other members. If the set has
    horizons, the names are those of the horizon in use here.
    """
    known_names = {str(host) for host in evidence.hosts}
    external = find_horizon(config.members, known_names)
    names = [member.host for member in config.members]
    for result in evidence.of("hello"):
        if result.ok:
            member_names = (*result.data.hosts, *result.data.passives, *result.data.arbiters)
            names += [str(address(name)) for name in member_names]
    names = [external.get(name, name) for name in names]
    unknown_names = [name for name in dict.fromkeys(names) if name not in known_names]
    return [name for name in unknown_names if not is_path(name)][:MAX_MEMBERS]


def find_horizon(members: Iterable[MemberConfig], known_names: Container[str]) -> dict[str, str]:
    """Map each member's configured name to its name in the horizon that is in use here.

    That is the horizon with the most names among ``known_names`` hosts. Returns an empty mapping
    if no horizon is in use.
    """
    members = tuple(members)
    labels = Counter(
        label
        for member in members
        for label, name in member.horizons.items()
        if name in known_names
    )
    if not labels:
        return {}
    ((label, _),) = labels.most_common(1)
    return {member.host: member.horizons[label] for member in members if label in member.horizons}


async def _ask(ctx: Context, command: str, refusals: dict[str, list[str]]) -> Mapping[str, Any]:
    from pymongo.errors import PyMongoError

    from mongoping.client import failure_of
    from mongoping.uri.target import scrub

    try:
        async with ctx.timeout(ctx.remaining()):
            return await ctx.driver.command({command: 1})
    except TimeoutError:
        refusals.setdefault("{} timed out", []).append(command)
    except (PyMongoError, OSError) as error:
        failure = failure_of(error)
        if failure.code != NO_REPLICATION:
            message = scrub(failure.message, ctx.credentials)
            escaped_message = message.replace("{", "{{").replace("}", "}}")
            template = REFUSALS.get(failure.code or 0, "{}: " + escaped_message)
            refusals.setdefault(template, []).append(command)
    return {}


def parse_replies(config: Mapping[str, Any], status: Mapping[str, Any]) -> ConfigFacts:
    """Parse the two replies; fields of an unexpected type are dropped."""
    document = mapping(config.get("config"))
    settings = mapping(document.get("settings"))
    return ConfigFacts(
        members=member_configs(config),
        states=states(status),
        version=integer(document.get("version")),
        election_timeout_ms=integer(settings.get("electionTimeoutMillis")),
    )


async def _visit(ctx: Context, host: Host) -> Visit:
    """Connect to a member once and read its hello reply, version and certificate."""
    from mongoping.probe.connection import ERRORS
    from mongoping.probe.walk import Way, walk

    evidence = ctx.evidence
    way = Way(
        host,
        hello_command(evidence),
        ctx.tls_context if evidence.tls else None,
        ctx.settings.resolver,
    )
    walk_result = await walk(way, ctx.remaining(), ctx.clock)
    visit = Visit(
        family=walk_result.place.family if walk_result.place else None,
        address=walk_result.place.text if walk_result.place else None,
        failed=walk_result.failed,
        failure=walk_result.failure,
    )
    connection = walk_result.connection
    if connection is None or walk_result.reply is None:
        return visit
    try:
        async with ctx.timeout(ctx.remaining()):
            build = await connection.command({"buildInfo": 1, **_api_fields(evidence)})
    except ERRORS:
        build = {}
    rtt = None if connection.closed else await _ping(ctx, connection)
    connection.close()
    reply = hello.interpret(
        walk_result.reply,
        host,
        evidence,
        build=build if build.get("ok") else {},
        rtt_ms=walk_result.steps["hello"] if rtt is None else rtt,
        requires_api=False,
        now=datetime.now(UTC),
    )
    return visit.replace(hello=reply, days_left=_days_left(connection))


def _api_fields(evidence: Evidence) -> dict[str, Any]:
    """Return the Stable API fields of a command, or none if no API version is declared."""
    return api_fields(evidence) if evidence.settings.uses_stable_api else {}


def _days_left(connection: Any) -> float | None:
    """Return how many days the server's certificate remains valid, or None without TLS."""
    from mongoping.probe import certificates

    session = connection.tls
    chain = certificates.chain(session) if session is not None else []
    leaf = certificates.describe(chain[0]) if chain else None
    return leaf.days_left(datetime.now(UTC)) if leaf else None


CHECK = OnceCheck(
    name="set-config",
    layer="topology",
    summary="the replica set configuration and status, as far as the user may read them",
    run=run,
    needs=("uri",),
    after=("driver", "hello", "auth", "ping", "members"),
)
