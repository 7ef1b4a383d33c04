"""What only the set's own configuration tells: hidden and delayed members, priorities, votes.

Asked by the driver, logged in as the user of the connection string, with replSetGetConfig
and replSetGetStatus. A user who may not ask loses those columns and gets a note. Members
that no hello names are then looked at by one walk each.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping.checks import hello
from mongoping.model import Check, Evidence, Failure, Host, Outcome
from mongoping.probe.replies import is_path
from mongoping.probe.replset import (
    MemberConfig,
    MemberState,
    address,
    configured,
    integer,
    mapping,
    states,
)
from mongoping.record import NOTHING, Record
from mongoping.settings import MAX_MEMBERS

if TYPE_CHECKING:
    from mongoping.checks.hello import HelloSeen
    from mongoping.context import Context
    from mongoping.probe.connection import Connection

NO_REPLICATION, UNAUTHORIZED, STRICT = 76, 13, 323
REFUSALS = {
    UNAUTHORIZED: "this user may not run {}: the role clusterMonitor allows it",
    STRICT: "outside the Stable API, and apiStrict is on: {}",
    59: "this service does not know {}",
}


class Visited(Record):
    """A member that no hello names, and how far one walk to it went."""

    hello: HelloSeen | None = None
    family: str | None = None
    address: str | None = None
    days_left: float | None = None
    failed: str | None = None  # dns, tcp, tls or hello
    failure: Failure | None = None


class ConfigSeen(Record):
    """The configuration and the state of the set, as far as the user may see them.

    ``rtts`` are median round trips of ping on the wire, in milliseconds. ``notes`` say what
    may not be seen, in words.
    """

    members: tuple[MemberConfig, ...] = ()
    states: tuple[MemberState, ...] = ()
    visited: Mapping[str, Visited] = NOTHING
    rtts: Mapping[str, float] = NOTHING
    version: int | None = None
    election_timeout_ms: int | None = None
    notes: tuple[str, ...] = ()


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Ask for configuration and state; what is refused becomes a note, never a failure."""
    refused: dict[str, list[str]] = {}
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
        config = await _ask(ctx, "replSetGetConfig", refused)
        status = await _ask(ctx, "replSetGetStatus", refused)
    notes = [words.format(" and ".join(names)) for words, names in refused.items()]
    seen = read(config, status).replace(notes=tuple(notes), rtts=await _round_trips(ctx))
    missing = unseen(ctx.evidence, seen)
    if missing and ctx.evidence.tls and not hasattr(ctx, "tls_context"):
        return Outcome(seen)
    rows = await asyncio.gather(*(_visit(ctx, address(name)) for name in missing))
    return Outcome(seen.replace(visited=dict(zip(missing, rows, strict=True))))


async def _round_trips(ctx: Context) -> dict[str, float]:
    """Pings on the connections that the checks left open, to all members at once."""
    hosts = [str(host) for host in ctx.evidence.hosts if str(host) in ctx.connections]
    times = await asyncio.gather(*(_ping(ctx, ctx.connections[host]) for host in hosts))
    return {host: time for host, time in zip(hosts, times, strict=True) if time is not None}


async def _ping(ctx: Context, connection: Connection) -> float | None:
    """The median of ``settings.count`` round trips in ms, or of those that came in time."""
    from statistics import median

    from mongoping.probe.walk import ERRORS

    times = []
    ask = {"ping": 1, **_declared(ctx.evidence)}
    try:
        async with asyncio.timeout(ctx.remaining() / 2):
            for _ in range(ctx.settings.count):
                began = ctx.clock()
                await connection.command(ask)
                times.append(ctx.elapsed_ms(began))
    except ERRORS:
        connection.close()
    return median(times) if times else None


def _has_configuration(kind: str) -> bool:
    """Whether a deployment of this type may be a replica set, whose members know all of it."""
    return kind.startswith("ReplicaSet") or kind == "Single"


def unseen(evidence: Evidence, config: ConfigSeen) -> list[str]:
    """Members that no check has looked at: hidden ones, and all others of a direct connection.

    By the names of the horizon under which the others are known here, where they have one.
    """
    known = {str(one) for one in evidence.hosts}
    outer = outside(config.members, known)
    names = [one.host for one in config.members]
    for result in evidence.of("hello"):
        if result.ok:
            said = (*result.data.hosts, *result.data.passives, *result.data.arbiters)
            names += [str(address(name)) for name in said]
    names = [outer.get(name, name) for name in names]
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    return [name for name in unknown if not is_path(name)][:MAX_MEMBERS]


def outside(members: Iterable[MemberConfig], known: Container[str]) -> dict[str, str]:
    """Each member's own name, and the one of the horizon under which the set is seen here.

    That is the horizon most of whose names are ``known``; empty where there is none.
    """
    members = tuple(members)
    labels = Counter(
        label for one in members for label, name in one.horizons.items() if name in known
    )
    if not labels:
        return {}
    ((label, _),) = labels.most_common(1)
    return {one.host: one.horizons[label] for one in members if label in one.horizons}


async def _ask(ctx: Context, command: str, refused: dict[str, list[str]]) -> Mapping[str, Any]:
    from pymongo.errors import PyMongoError

    from mongoping.client import failure_of
    from mongoping.target import scrub

    try:
        async with asyncio.timeout(ctx.remaining()):
            return await ctx.driver.command({command: 1})
    except TimeoutError:
        refused.setdefault("no answer to {} in time", []).append(command)
    except (PyMongoError, OSError) as error:
        failure = failure_of(error)
        if failure.code != NO_REPLICATION:
            said = scrub(failure.message, ctx.credentials).replace("{", "{{").replace("}", "}}")
            words = REFUSALS.get(failure.code or 0, "{}: " + said)
            refused.setdefault(words, []).append(command)
    return {}


def read(config: Mapping[str, Any], status: Mapping[str, Any]) -> ConfigSeen:
    """The two replies as a record; whatever their fields hold, they are checked for type."""
    document = mapping(config.get("config"))
    settings = mapping(document.get("settings"))
    return ConfigSeen(
        members=configured(config),
        states=states(status),
        version=integer(document.get("version")),
        election_timeout_ms=integer(settings.get("electionTimeoutMillis")),
    )


async def _visit(ctx: Context, host: Host) -> Visited:
    """One walk to a member, and what it says of itself."""
    from mongoping.probe.walk import ERRORS, Way, walk

    evidence = ctx.evidence
    way = Way(
        host,
        hello.question(evidence),
        ctx.tls_context if evidence.tls else None,
        ctx.settings.resolver,
    )
    walked = await walk(way, ctx.remaining(), ctx.clock)
    seen = Visited(
        family=walked.place.family if walked.place else None,
        address=walked.place.text if walked.place else None,
        failed=walked.failed,
        failure=walked.failure,
    )
    connection = walked.connection
    if connection is None or walked.reply is None:
        return seen
    try:
        async with asyncio.timeout(ctx.remaining()):
            build = await connection.command({"buildInfo": 1, **_declared(evidence)})
    except ERRORS:
        build = {}
    rtt = None if connection.closed else await _ping(ctx, connection)
    connection.close()
    spoken = hello.interpret(
        walked.reply,
        host,
        evidence,
        build=build if build.get("ok") else {},
        rtt_ms=walked.steps["hello"] if rtt is None else rtt,
        requires_api=False,
        now=datetime.now(UTC),
    )
    return seen.replace(hello=spoken, days_left=_days_left(connection))


def _declared(evidence: Evidence) -> dict[str, Any]:
    """What the Stable API adds to a command, where it is declared."""
    return hello.api_fields(evidence) if evidence.settings.uses_stable_api else {}


def _days_left(connection: Any) -> float | None:
    from mongoping.probe import certificates

    session = connection.tls
    chain = certificates.chain(session) if session is not None else []
    leaf = certificates.describe(chain[0]) if chain else None
    return leaf.days_left(datetime.now(UTC)) if leaf else None


CHECK = Check(
    name="set-config",
    layer="topology",
    summary="the set's configuration and state, as far as the user may see them",
    run=run,
    needs=("uri",),
    after=("driver", "hello", "auth", "ping", "members"),
)
