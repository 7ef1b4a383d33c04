"""Who the driver is to the server: user, mechanism, roles, and what they allow.

A failed login is never tried again: each attempt is logged, and some services lock an
account. What the server's one answer (18) leaves open is asked without a login: ``hello``
with ``saslSupportedMechs`` names the mechanisms of a user that exists, and nothing for one
that does not (measured on 4.4.2 and 6.0.5).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks._later import FOLLOW_UP_S, compare_connections
from mongoping.checks.hello import HelloSeen, patience_s
from mongoping.escape import clip
from mongoping.model import NO_ANSWER, Check, Evidence, Failure, Line, Outcome
from mongoping.record import NOTHING, Record
from mongoping.uri.host import Host
from mongoping.uri.target import scrub

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection

UNAUTHORIZED = 13
REFUSALS = (UNAUTHORIZED, 8000)  # 8000 is AtlasError, which Atlas gives for most of its own
OF_LOGINS = (2, 11, 18, 334, *REFUSALS)  # what servers answer to logins, see causes/auth.py
WHO = {"connectionStatus": 1, "showPrivileges": True}
ASIDE_S = 0.6  # of the time of a login, kept to ask what became of it
READS, WRITES = "find", "insert"
MAX_ROLES = 50


class AuthSeen(Record):
    """The login as the server tells it.

    ``access_control`` is seen by an unauthenticated getParameter: refused (True) or
    answered (False). ``user_found_in`` maps each database that was asked about to the
    user's mechanisms there, None where it has no such user. ``reads`` and ``writes``
    tell whether the database of the string may be read and written, None if unknown.
    ``login_ms`` is the time of the driver's first command, which opens its connection and logs
    in, without this process's own stalls.
    ``unfit`` is why the driver's rules (SASLprep, RFC 4013) refuse the password, where they do.
    ``pings`` tells whether the server answers those who do not log in, where it did not
    answer the login.
    """

    user: str | None
    source: str
    mechanism: str | None
    access_control: bool | None = None
    server_mechanisms: tuple[str, ...] | None = None
    user_found_in: Mapping[str, tuple[str, ...] | None] = NOTHING
    as_user: str | None = None
    roles: tuple[str, ...] = ()
    database: str | None = None
    reads: bool | None = None
    writes: bool | None = None
    pings: bool | None = None
    unfit: str | None = None
    login_ms: float | None = None


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Log in once by the driver's own way, and ask the server who we are."""
    target, evidence = ctx.target, ctx.evidence
    access, server_mechanisms = await _access_control(ctx)
    facts: dict[str, Any] = {
        "user": target.username,
        "source": evidence.auth_source,
        "mechanism": target.mechanism or (_negotiated(evidence) if target.username else None),
        "access_control": access,
        "server_mechanisms": server_mechanisms,
        "database": target.database,
    }
    if _signs_in(ctx):
        failure = await _log_in(ctx, facts)
        if failure is not None:
            failure = await _explain(ctx, failure, facts)
            return Outcome(AuthSeen(**facts), failure)
    began = ctx.clock()
    failure, reply = await _command(ctx, WHO, min(ctx.remaining(), patience_s(evidence)))
    facts.setdefault("login_ms", ctx.elapsed_ms(began) - ctx.stalled_ms(began))
    if failure is not None and failure.code in REFUSALS and not _signs_in(ctx):
        return Outcome(AuthSeen(**facts), failure.replace(kind="not-authenticated"))
    if failure is not None:  # `ping` reports whether the server answers at all
        return Outcome(AuthSeen(**facts, as_user=target.username))
    seen = AuthSeen(**facts, **_rights(reply, target.database))
    if access and target.username is None and not seen.as_user and not target.mechanism:
        return Outcome(
            seen, Failure("not-authenticated", "the server wants a login", code=UNAUTHORIZED)
        )
    return Outcome(seen)


async def _log_in(ctx: Context, facts: dict[str, Any]) -> Failure | None:
    """Have the driver log in; return why that failed, and note how long it took."""
    began = ctx.clock()
    # a ping, since not every server can say who is logged in
    failure, _ = await _command(ctx, {"ping": 1}, ctx.remaining() - FOLLOW_UP_S)
    facts["login_ms"] = ctx.elapsed_ms(began) - ctx.stalled_ms(began)
    return failure


async def _explain(ctx: Context, failure: Failure, facts: dict[str, Any]) -> Failure | None:
    """Ask what one error leaves open; None if the login is not to blame (`ping` reports it)."""
    if failure.facts.get("cause") == "ValueError":
        facts["unfit"] = _unfit(ctx)
    elif failure.kind in NO_ANSWER:
        later = await compare_connections(ctx)
        facts["pings"] = "ok" in (later.get("kept"), later.get("fresh_ping"))
        return failure.replace(facts={**failure.facts, **later})
    elif failure.code not in OF_LOGINS and await _pings_too(ctx, failure.code):
        return None
    facts["user_found_in"] = await _where_is_user(ctx)
    return failure


def _signs_in(ctx: Context) -> bool:
    return ctx.target.username is not None or ctx.target.mechanism is not None


async def _pings_too(ctx: Context, code: int | None) -> bool:
    """Whether a ping without a login is answered with the same error."""
    reply = await _ask(ctx, {"ping": 1}, ASIDE_S)
    return code is not None and reply is not None and reply.get("code") == code


def _unfit(ctx: Context) -> str | None:
    """Why the password cannot be sent by SCRAM-SHA-256, in words without any of it."""
    from pymongo.saslprep import saslprep

    password = ctx.credentials.password if ctx.credentials else None
    try:
        saslprep(password or "")
    except ValueError as error:
        return scrub(str(error), ctx.credentials)
    return None


async def _command(
    ctx: Context, command: Mapping[str, Any], patience: float
) -> tuple[Failure | None, Mapping[str, Any]]:
    """What the driver says to a command, after a login where there is one, within seconds."""
    try:
        async with asyncio.timeout(max(patience, 0.05)):
            return None, await ctx.driver.command(command)
    except TimeoutError:
        return Failure("timeout", "no answer in time"), {}
    except Exception as error:  # the driver raises whatever an auth plug-in raises
        from pymongo.errors import PyMongoError

        from mongoping.client import failure_of

        if not isinstance(error, (PyMongoError, OSError, ValueError)):
            raise
        failure = failure_of(error)
        return failure.replace(message=scrub(failure.message, ctx.credentials)), {}


def _negotiated(evidence: Evidence) -> str | None:
    """What the driver picks by default: SCRAM-SHA-256 where the user has it, else SHA-1."""
    for result in evidence.of("hello"):
        seen: HelloSeen | None = result.data
        if seen is not None and seen.mechanisms:
            return "SCRAM-SHA-256" if "SCRAM-SHA-256" in seen.mechanisms else "SCRAM-SHA-1"
    return None


def _rights(reply: Mapping[str, Any], database: str | None) -> dict[str, Any]:
    """User, roles and rights from connectionStatus with showPrivileges."""
    info = _map(reply.get("authInfo"))
    users = [f"{one.get('user')}@{one.get('db')}" for one in _maps(info.get("authenticatedUsers"))]
    roles = [
        clip(f"{one.get('role')}@{one.get('db')}", 300)
        for one in _maps(info.get("authenticatedUserRoles"))
    ]
    privileges = _maps(info.get("authenticatedUserPrivileges"))
    known = bool(users) and bool(privileges)
    name = database or "test"
    return {
        "as_user": clip(users[0], 300) if users else None,
        "roles": tuple(sorted(set(roles))[:MAX_ROLES]),
        "reads": allowed(privileges, name, READS) if known else (False if users else None),
        "writes": allowed(privileges, name, WRITES) if known else (False if users else None),
    }


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(clip(str(one), 100) for one in value[:20]) if isinstance(value, list) else None


def _maps(value: Any) -> list[Mapping[str, Any]]:
    """The documents of a list, whatever else a server may have put there."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def allowed(privileges: Iterable[Mapping[str, Any]], database: str, action: str) -> bool:
    """Whether the privileges allow an action on the collections of a database.

    A resource ``{db: "", collection: ""}`` stands for all databases but the system's
    (MongoDB manual, resource document).
    """
    for privilege in privileges:
        resource, actions = _map(privilege.get("resource")), privilege.get("actions")
        covers = resource.get("anyResource") or (
            resource.get("db") in ("", database) and "collection" in resource
        )
        if covers and isinstance(actions, list) and action in actions:
            return True
    return False


def _answered(ctx: Context) -> list[tuple[str, HelloSeen, Connection]]:
    """Hosts that can be asked without a login: arbiters hold no users, and are left out."""
    return [
        (str(result.host), result.data, ctx.connections[str(result.host)])
        for result in ctx.evidence.of("hello")
        if result.ok and str(result.host) in ctx.connections and result.data.role != "arbiter"
    ]


async def _ask(
    ctx: Context, command: Mapping[str, Any], patience: float = 1.0
) -> Mapping[str, Any] | None:
    """A command without a login, on a connection of the probes; None where none answers."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    for host, seen, connection in _answered(ctx):
        extra = {"apiVersion": "1"} if seen.requires_api else {}
        try:
            async with asyncio.timeout(min(ctx.remaining(), patience)):
                return await connection.command({**command, **extra})
        except (OSError, TimeoutError, ClosedByPeerError, WireError):
            connection.close()  # its answer may come yet, and would be taken for the next one's
            del ctx.connections[host]
    return None


async def _access_control(ctx: Context) -> tuple[bool | None, tuple[str, ...] | None]:
    """Return whether a client without a login is refused, and the server's mechanisms if not.

    Some products answer every command with ``ok: 1``. Only a reply with the parameter shows that
    the server let the command through.
    """
    reply = await _ask(ctx, {"getParameter": 1, "authenticationMechanisms": 1})
    if reply is None:
        return None, None
    if reply.get("ok"):
        mechanisms = _texts(reply.get("authenticationMechanisms"))
        return (None if mechanisms is None else False), mechanisms
    return (True, None) if reply.get("code") in REFUSALS else (None, None)


async def _where_is_user(ctx: Context) -> dict[str, tuple[str, ...] | None]:
    """Return the user's mechanisms in each database where it may live, None where it is not.

    Empty if the server cannot say. Some products name mechanisms for every user: their reply
    for a name that no user has shows it.
    """
    target = ctx.target
    if target.username is None or ctx.evidence.auth_source == "$external":
        return {}  # no server names the mechanisms of users in $external
    unknown = f"mongoping-{secrets.token_hex(8)}"
    control = await _ask(ctx, {"hello": 1, "saslSupportedMechs": f"admin.{unknown}"})
    if control is not None and control.get("saslSupportedMechs"):
        return {}
    found: dict[str, tuple[str, ...] | None] = {}
    for database in dict.fromkeys((ctx.evidence.auth_source, "admin", target.database or "admin")):
        reply = await _ask(ctx, {"hello": 1, "saslSupportedMechs": f"{database}.{target.username}"})
        if reply is None or not reply.get("ok"):
            continue
        listed = reply.get("saslSupportedMechs")
        found[database] = _texts(listed)
    return found


def _applies(evidence: Evidence) -> str | None:
    arbiters = [one for one in evidence.of("hello") if one.ok and one.data.role == "arbiter"]
    if arbiters and len(arbiters) == len(evidence.of("hello")):
        return "an arbiter holds no users"
    return None


def _lines(seen: AuthSeen) -> list[Line]:
    control = {True: "on", False: "off: anyone may do anything", None: "not known"}
    rows = []
    if seen.as_user:
        how = f" by {seen.mechanism}" if seen.mechanism else ""
        rows.append(Line("user", f"{seen.as_user}{how}, authSource {seen.source}"))
        rows.append(Line("roles", ", ".join(seen.roles) or "none"))
        may = [word for word, yes in (("read", seen.reads), ("write", seen.writes)) if yes]
        database = seen.database or "test"
        rows.append(Line("may", f"{' and '.join(may) or 'neither read nor write'} {database}"))
    elif seen.user:
        rows.append(Line("user", f"{seen.user}, authSource {seen.source}", "fail"))
    else:
        rows.append(Line("user", "none: the connection string has no credentials"))
    status: Any = "warn" if seen.access_control is False else "ok"
    rows.append(Line("access control", control[seen.access_control], status))
    return rows


CHECK = Check(
    name="auth",
    layer="auth",
    summary="user, mechanism, roles and rights",
    waits_for="reply to the login",
    driver_waits=("the server takes", None),
    resolves=True,
    run=run,
    needs=("driver",),
    after=("api",),
    applies=_applies,
    vacuous=True,
    summarise=lambda seen: seen.as_user or "no login",
    lines=_lines,
)
