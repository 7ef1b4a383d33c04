"""Every member of the deployment: what the driver knows, what the probes saw, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks.driver import DriverSeen, ServerSeen
from mongoping.checks.hello import HelloSeen
from mongoping.model import Check, Evidence, Failure, Host, Line, Member, Outcome, Status, Topology
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.record import Record
from mongoping.words import plural

if TYPE_CHECKING:
    from mongoping.context import Context


class MembersSeen(Record):
    """The topology, and what a set that is not initialised says of itself.

    ``status_code`` is the code of replSetGetStatus on such a member: 94 was never
    initiated, 93 was removed from its set.
    """

    topology: Topology
    me: Mapping[str, str]  # address asked: the name that the member has for itself
    status_code: int | None = None


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Put the pictures side by side; one question more where a member has no configuration."""
    evidence = ctx.evidence
    seen = MembersSeen(topology(evidence), _me(evidence))
    if any(member.role == "uninitialized" for member in seen.topology.members):
        seen = seen.replace(status_code=await _status(ctx))
    return Outcome(seen)


async def _status(ctx: Context) -> int | None:
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    for result in ctx.evidence.of("hello"):
        connection = ctx.connections.get(str(result.host))
        if not result.ok or result.data.role != "uninitialized" or connection is None:
            continue
        try:
            async with asyncio.timeout(ctx.remaining()):
                reply = await connection.command({"replSetGetStatus": 1})
        except (OSError, TimeoutError, ClosedByPeerError, WireError):
            return None
        code = reply.get("code")
        return code if isinstance(code, int) else None
    return None


def _me(evidence: Evidence) -> Mapping[str, str]:
    pairs = ((str(one.host), one.data) for one in evidence.of("hello") if one.ok)
    return {host: seen.me for host, seen in pairs if seen.me}


def topology(evidence: Evidence) -> Topology:
    """Every seed and every advertised name, with the best that is known of each."""
    driver: DriverSeen | None = evidence.data("driver")
    servers = {one.address: one for one in driver.servers} if driver else {}
    hellos = {str(one.host): one.data for one in evidence.of("hello") if one.ok}
    advertised = _advertised(hellos.values())
    names = dict.fromkeys([*(str(host) for host in evidence.hosts), *servers, *advertised])
    writes = {name: _last_write(servers.get(name), hellos.get(name)) for name in names}
    newest = max((write for write in writes.values() if write is not None), default=None)
    members = tuple(
        _member(name, evidence, servers.get(name), hellos.get(name), _behind(writes[name], newest))
        for name in names
    )
    return Topology(
        type=driver.type if driver else "Unknown",
        set_name=(driver.set_name if driver else None) or _set_name(hellos.values()),
        members=members,
    )


def _asked(name: str, evidence: Evidence) -> bool:
    """Whether a probe or the driver tried to reach a host."""
    driver: DriverSeen | None = evidence.data("driver")
    tried = driver is not None and name in {server.address for server in driver.servers}
    return tried or any(str(host) == name for host in evidence.hosts)


def _last_write(server: ServerSeen | None, hello: HelloSeen | None) -> float | None:
    """Seconds since the epoch of a member's last write, from the driver or the probe."""
    if server is not None and server.last_write:
        return server.last_write
    return hello.last_write.timestamp() if hello is not None and hello.last_write else None


def _behind(write: float | None, newest: float | None) -> float | None:
    return None if write is None or newest is None else max(newest - write, 0.0)


def _advertised(hellos: Any) -> set[str]:
    return {
        name.lower() for seen in hellos for name in (*seen.hosts, *seen.passives, *seen.arbiters)
    }


def _set_name(hellos: Any) -> str | None:
    return next((seen.set_name for seen in hellos if seen.set_name), None)


def _member(
    name: str,
    evidence: Evidence,
    server: ServerSeen | None,
    hello: HelloSeen | None,
    behind: float | None,
) -> Member:
    known = server is not None and server.type in DRIVER_ROLES
    role = DRIVER_ROLES.get(server.type, "unknown") if server else "unknown"
    if hello is not None and (not known or role == "recovering"):
        role = hello.role
    wire = server.wire if server is not None and known else None
    if wire is None and hello is not None:
        wire = (hello.min_wire, hello.max_wire)
    rtt = server.rtt_ms if server is not None and known else None
    return Member(
        host=name,
        role=role,
        reachable=hello is not None or known or (False if _asked(name, evidence) else None),
        rtt_ms=hello.rtt_ms if hello is not None else rtt,
        lag_s=behind if role in ("secondary", "hidden") else None,
        version_wire=wire,
        tags=dict(server.tags if server is not None and known else (hello.tags if hello else {})),
        seed=name in evidence.seed_names,
        advertised=name in _advertised(one.data for one in evidence.of("hello") if one.ok),
        error=_error(name, evidence, hello is not None),
    )


def _error(name: str, evidence: Evidence, answered: bool) -> str | None:
    """The lowest failure of a host, in its own words."""
    if answered:
        return None
    for result in evidence.results:
        if result.host == name and result.failure is not None:
            return result.failure.message
    driver: DriverSeen | None = evidence.data("driver")
    failure: Failure | None = driver.failures.get(name) if driver else None
    return failure.message if failure else None


def _lines(seen: MembersSeen) -> list[Line]:
    shown = seen.topology
    words = shown.type + (f" {shown.set_name}" if shown.set_name else "")
    known = any(member.reachable for member in shown.members)
    rows = [Line("type", words if known else f"{words}: no member was reached", _mark(known))]
    for member in shown.members:
        nobody = "not asked" if member.reachable is None else "no answer"
        extras = [] if member.reachable else [member.error or nobody]
        if member.rtt_ms is not None:
            extras.append(f"{member.rtt_ms:.1f} ms")
        if member.lag_s is not None:
            extras.append(f"lag {member.lag_s:.0f} s")
        if member.advertised and not member.seed:
            extras.append("advertised, not in the seed list")
        of_set = member.role not in ("standalone", "mongos", "unknown") and shown.set_name
        if member.seed and not member.advertised and of_set:
            extras.append("in the seed list, not advertised")
        other = seen.me.get(member.host)
        if other and other.lower() != member.host:
            extras.append(f"calls itself {other}")
        words = f"{member.host}  {member.role}" + (f"  ({', '.join(extras)})" if extras else "")
        status: Status = "ok" if member.reachable else "fail"
        rows.append(Line("", words, "skip" if member.reachable is None else status))
    return rows


def _mark(known: bool) -> Status:
    """A type that nobody has told is nothing to be called ok."""
    return "ok" if known else "skip"


def _summary(seen: MembersSeen) -> str:
    members = seen.topology.members
    reached = sum(bool(member.reachable) for member in members)
    words = f"{seen.topology.type}, {plural(len(members), 'member')}"
    return words if reached == len(members) else f"{words}, {reached or 'none'} reached"


CHECK = Check(
    name="members",
    layer="topology",
    summary="every member, seed list and advertised names side by side",
    run=run,
    needs=("uri",),
    after=("driver", "hello"),
    summarise=_summary,
    lines=_lines,
)
