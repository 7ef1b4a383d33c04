"""Ask the replica set about members without a role, and about its write concern modes.

This runs only if a member that answered hello is neither primary nor secondary, or if hello
cannot confirm the write concern of the connection string. The command is sent without a login on
the probes' own connections. If that is refused, the driver sends it, but only after a successful
login, because a failed login is never repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence, Outcome
from mongoping.observations import SetStatusFacts, observation
from mongoping.probe.replset import MemberState, member_configs, modes, states
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context

WITHOUT_ROLE = ("recovering", "uninitialized")
MAX_ASKED = 5  # members without a role
STATUS, CONFIG = "replSetGetStatus", "replSetGetConfig"


async def run(ctx: Context) -> Outcome:
    """Ask for the configuration, and for the states of the members, where hello leaves doubt."""
    facts = SetStatusFacts()
    if uninitialized_hosts := _hosts(ctx.evidence, ("uninitialized",)):
        code = (await _ask(ctx, STATUS, uninitialized_hosts)).get("code")
        facts = facts.replace(
            code=code if isinstance(code, int) else None,
            configured=member_configs(await _ask(ctx, CONFIG, uninitialized_hosts)),
        )
    if waiting := _hosts(ctx.evidence, ("recovering",)):
        facts = facts.replace(states=await _states(ctx, waiting))
    if _is_write_concern_doubtful(ctx.evidence) and not facts.configured:
        members = _hosts(ctx.evidence, ("primary", "secondary", "hidden"))
        config = await _ask(ctx, CONFIG, members)
        facts = facts.replace(configured=member_configs(config), modes=modes(config))
    return Outcome(facts)


async def _states(ctx: Context, waiting: Sequence[str]) -> tuple[MemberState, ...]:
    """Return the states of all members, and those that the members without a role state.

    The others know which members reject their login. A member's own statement is more recent,
    because the others learn its state with the next heartbeat.
    """
    others = _hosts(ctx.evidence, ("primary", "secondary", "hidden"))
    rows = states(await _ask(ctx, STATUS, others)) if others else ()
    for host in waiting[:MAX_ASKED]:
        reply = observation(ctx.evidence, "hello", host)
        name = ((reply.me if reply is not None else None) or host).lower()
        own = states(await _ask(ctx, STATUS, [host]))
        rows += tuple(row for row in own if not others or row.host == name)
    return rows


def _is_write_concern_doubtful(evidence: Evidence) -> bool:
    """Return whether w is larger than the number of listed members, or the name of a mode."""
    write_concern = evidence.options.get("w")
    members = [
        {*row.data.hosts, *row.data.passives}
        for row in evidence.of("hello")
        if row.ok and row.data.set_name
    ]
    if not members or write_concern in (None, "majority"):
        return False
    return not isinstance(write_concern, int) or write_concern > max(map(len, members))


def _hosts(evidence: Evidence, roles: Iterable[str]) -> list[str]:
    """Return the hosts that stated one of these roles, in the order of the roles."""
    roles_by_host = [(str(row.host), row.data.role) for row in evidence.of("hello") if row.ok]
    return [host for role in roles for host, role_of_host in roles_by_host if role_of_host == role]


async def _ask(ctx: Context, command: str, hosts: Iterable[str]) -> Mapping[str, Any]:
    """Return the reply of the first host with a connection, or that to the driver.

    Return a refusal for lack of permissions only if the driver cannot send the command either.
    """
    from mongoping.probe.connection import ERRORS

    reply: Mapping[str, Any] = {}
    for host in hosts:
        connection = ctx.connections.get(host)
        if connection is None:
            continue
        try:
            async with ctx.timeout(ctx.remaining() / 2):
                reply = await connection.command(
                    {command: 1, **_api_to_declare(ctx.evidence, host)}
                )
            break
        except ERRORS:
            continue
    is_unknown = not reply or reply.get("code") not in (None, 93, 94)
    return (await _by_driver(ctx, command) or reply) if is_unknown else reply


def _api_to_declare(evidence: Evidence, host: str) -> dict[str, Any]:
    """Return the API version to declare if a server requires one."""
    facts = observation(evidence, "hello", host)
    return {"apiVersion": "1"} if facts is not None and facts.requires_api else {}


async def _by_driver(ctx: Context, command: str) -> Mapping[str, Any]:
    """Return the reply to a command of the driver; empty if it cannot send one."""
    from pymongo.errors import PyMongoError

    driver, login = ctx.evidence.result("driver"), ctx.evidence.result("auth")
    if driver is None or not driver.ok or login is None or not login.ok:
        return {}
    try:
        async with ctx.timeout(ctx.remaining()):
            return await ctx.driver.command({command: 1})
    except (PyMongoError, OSError, TimeoutError):
        return {}


def _applies(evidence: Evidence) -> str | None:
    if _hosts(evidence, WITHOUT_ROLE) or _is_write_concern_doubtful(evidence):
        return None
    return "every member that answered has a role"


CHECK = OnceCheck(
    name="set-status",
    layer="topology",
    summary="why a member has no role, and whether the set can satisfy w",
    run=run,
    needs=("uri",),
    after=("driver", "hello", "auth"),
    applies=_applies,
)
