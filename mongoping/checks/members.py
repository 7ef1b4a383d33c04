"""List the members of the deployment as the driver and the probes saw them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks._connections import greet, patience_s
from mongoping.model import Evidence, Failure, Line, Member, Outcome, Status, Topology
from mongoping.observations import (
    HelloFacts,
    MemberAnswer,
    MembersFacts,
    ServerFacts,
    hellos,
    observation,
)
from mongoping.probe.greeting import hello_command
from mongoping.probe.replset import address
from mongoping.probe.roles import DRIVER_ROLES, role_of
from mongoping.runnable import OnceCheck
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.context import Context


MAX_RECHECKS = 3  # more connections to one address; with round robin, the second shows it
MAX_RECHECKED = 5  # addresses


async def run(ctx: Context) -> Outcome:
    """Compare the driver's view with the probes', and check whether an address is one server."""
    evidence = ctx.evidence
    return Outcome(MembersFacts(topology(evidence), _me(evidence), await _answers(ctx)))


async def _answers(ctx: Context) -> dict[str, tuple[MemberAnswer, ...]]:
    """Return the servers that answered at addresses which several servers may share.

    The probe and the driver have each opened a connection. More follow if these two differ, if
    the member states another name, or if the only server states no name: there may be a load
    balancer in front of several servers.
    """
    first: dict[str, tuple[MemberAnswer, ...]] = {}
    hellos_by_host = hellos(ctx.evidence)
    for host, facts in hellos_by_host.items():
        answers = [MemberAnswer(facts.role, facts.me, facts.process)]
        beat = ctx.driver.beats.get(host)
        if not isinstance(beat, dict):
            continue  # the driver has no reply from it, which other causes explain
        answers.append(_answer(beat))
        nameless = (
            facts.me is None and facts.role in ("standalone", "mongos") and len(hellos_by_host) == 1
        )
        has_other_name = facts.me is not None and str(address(facts.me)) != host
        if has_other_name or nameless or len({*answers}) > 1:
            first[host] = tuple(answers)
    hosts = [*first][:MAX_RECHECKED]
    more = await asyncio.gather(*(_recheck(ctx, host, first[host]) for host in hosts))
    return dict(zip(hosts, more, strict=True))


def _answer(reply: Mapping[str, Any]) -> MemberAnswer:
    """Return the server that sent a hello reply."""
    version, me = reply.get("topologyVersion"), reply.get("me")
    process = version.get("processId") if isinstance(version, Mapping) else None
    return MemberAnswer(
        role_of(reply),
        me[:300] if isinstance(me, str) else None,
        str(process)[:100] if process is not None else None,
    )


async def _recheck(
    ctx: Context, name: str, answers: tuple[MemberAnswer, ...]
) -> tuple[MemberAnswer, ...]:
    """Send hello on up to three new connections, until a second member answers.

    For a server without a name, one is enough if the process is always the same.
    """
    from mongoping.probe.connection import ERRORS

    host = next(host for host in ctx.evidence.hosts if str(host) == name)
    try:
        async with ctx.timeout(min(ctx.remaining() / 2, patience_s(ctx.evidence))):
            for count in range(MAX_RECHECKS):
                same = len({answer.process for answer in answers}) == 1
                if len({answer.me for answer in answers}) > 1:
                    break
                if count and same and answers[0].me is None:
                    break
                answers = (*answers, _answer(await greet(ctx, host, hello_command(ctx.evidence))))
    except ERRORS:
        pass
    return answers


def _me(evidence: Evidence) -> Mapping[str, str]:
    return {host: facts.me for host, facts in hellos(evidence).items() if facts.me}


def topology(evidence: Evidence) -> Topology:
    """Return all seeds and advertised members, with the best information on each."""
    driver = observation(evidence, "driver")
    servers = {server.address: server for server in driver.servers} if driver else {}
    replies = hellos(evidence)
    advertised_hosts = _advertised_hosts(replies.values())
    names = dict.fromkeys([*(str(host) for host in evidence.hosts), *servers, *advertised_hosts])
    writes = {name: _last_write(servers.get(name), replies.get(name)) for name in names}
    newest = max((write for write in writes.values() if write is not None), default=None)
    members = tuple(
        _member(name, evidence, servers.get(name), replies.get(name), _lag_s(writes[name], newest))
        for name in names
    )
    return Topology(
        type=driver.type if driver else "Unknown",
        set_name=(driver.set_name if driver else None) or _set_name(replies.values()),
        members=members,
    )


def _was_tried(name: str, evidence: Evidence) -> bool:
    """Return whether a probe or the driver tried to connect to a host."""
    driver = observation(evidence, "driver")
    is_tried = driver is not None and name in {server.address for server in driver.servers}
    return is_tried or any(str(host) == name for host in evidence.hosts)


def _last_write(server: ServerFacts | None, hello: HelloFacts | None) -> float | None:
    """Return a member's last write in seconds since the epoch, or None if unknown.

    A member without data states the epoch itself, which is not a write.
    """
    if server is not None and server.last_write:
        return server.last_write
    if hello is None or hello.last_write is None:
        return None
    return hello.last_write.timestamp() or None


def _lag_s(write: float | None, newest: float | None) -> float | None:
    return None if write is None or newest is None else max(newest - write, 0.0)


def _advertised_hosts(replies: Any) -> set[str]:
    return {
        name.lower()
        for facts in replies
        for name in (*facts.hosts, *facts.passives, *facts.arbiters)
    }


def _set_name(replies: Any) -> str | None:
    return next((facts.set_name for facts in replies if facts.set_name), None)


def _member(
    name: str,
    evidence: Evidence,
    server: ServerFacts | None,
    hello: HelloFacts | None,
    lag_s: float | None,
) -> Member:
    is_known = server is not None and server.type in DRIVER_ROLES
    role = DRIVER_ROLES.get(server.type, "unknown") if server else "unknown"
    if hello is not None and (not is_known or role == "recovering"):
        role = hello.role
    wire = server.wire if server is not None and is_known else None
    if wire is None and hello is not None:
        wire = (hello.min_wire, hello.max_wire)
    rtt = server.rtt_ms if server is not None and is_known else None
    return Member(
        host=name,
        role=role,
        reachable=hello is not None or is_known or (False if _was_tried(name, evidence) else None),
        rtt_ms=hello.rtt_ms if hello is not None else rtt,
        lag_s=lag_s if role in ("secondary", "hidden") else None,
        version_wire=wire,
        tags=dict(
            server.tags if server is not None and is_known else (hello.tags if hello else {})
        ),
        seed=name in evidence.seed_names,
        advertised=name
        in _advertised_hosts(result.data for result in evidence.of("hello") if result.ok),
        error=_error(name, evidence, hello is not None),
    )


def _error(name: str, evidence: Evidence, has_answered: bool) -> str | None:
    """Return the message of a host's first failure, or None if it answered."""
    if has_answered:
        return None
    for result in evidence.results:
        if result.host == name and result.failure is not None:
            return result.failure.message
    driver = observation(evidence, "driver")
    failure: Failure | None = driver.failures.get(name) if driver else None
    return failure.message if failure else None


def _lines(facts: MembersFacts) -> list[Line]:
    topology = facts.topology
    text = topology.type + (f" {topology.set_name}" if topology.set_name else "")
    any_reachable = any(member.reachable for member in topology.members)
    rows = [
        Line(
            "type",
            text if any_reachable else f"{text}: no member was reached",
            _mark(any_reachable),
        )
    ]
    for member in topology.members:
        no_error = "not checked" if member.reachable is None else "no answer"
        extras = [] if member.reachable else [member.error or no_error]
        if member.rtt_ms is not None:
            extras.append(milliseconds(member.rtt_ms))
        if member.lag_s is not None:
            extras.append(f"lag {member.lag_s:.0f} s")
        if member.advertised and not member.seed:
            extras.append("advertised, not in the seed list")
        of_set = member.role not in ("standalone", "mongos", "unknown") and topology.set_name
        if member.seed and not member.advertised and of_set:
            extras.append("in the seed list, not advertised")
        other = facts.me.get(member.host)
        if other and other.lower() != member.host:
            extras.append(f"calls itself {other}")
        text = f"{member.host}  {member.role}" + (f"  ({', '.join(extras)})" if extras else "")
        status: Status = "ok" if member.reachable else "fail"
        rows.append(Line("", text, "skip" if member.reachable is None else status))
    return rows


def _mark(is_known: bool) -> Status:
    """Return "skip" for an unknown topology type."""
    return "ok" if is_known else "skip"


def _summary(facts: MembersFacts) -> str:
    members = facts.topology.members
    reachable = sum(bool(member.reachable) for member in members)
    text = f"{facts.topology.type}, {plural(len(members), 'member')}"
    return text if reachable == len(members) else f"{text}, {reachable or 'none'} reached"


CHECK = OnceCheck(
    name="members",
    layer="topology",
    summary="all members, from the seed list and as advertised",
    waits_for="reply about the members",
    driver_waits=("the server takes", None),
    resolves=True,
    run=run,
    needs=("uri",),
    after=("driver", "hello"),
    summarize=_summary,
    lines=_lines,
)
