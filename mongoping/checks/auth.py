"""Check the login: user, mechanism, roles, and what they permit.

A failed login is never repeated, because each attempt is logged and some services lock accounts.
The server's error (18) does not say what is wrong, so mongoping asks without a login: the reply to
``hello`` with ``saslSupportedMechs`` lists the mechanisms of a user that exists, and nothing for
one that does not (measured on 4.4.2 and 6.0.5).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks._connections import patience_s
from mongoping.checks._later import FOLLOW_UP_S, compare_connections
from mongoping.driver_message import message_of
from mongoping.escape import clip
from mongoping.model import NO_ANSWER, Evidence, Failure, Line, Outcome
from mongoping.observations import AuthFacts, HelloFacts
from mongoping.runnable import OnceCheck
from mongoping.uri.target import scrub

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection

NOT_ALLOWED = 13
REFUSALS = (NOT_ALLOWED, 8000)  # 8000 is AtlasError, which Atlas uses for most of its errors
LOGIN_ERRORS = (2, 11, 18, 334, *REFUSALS)  # replies to failed logins, see causes/auth.py
CONNECTION_STATUS = {"connectionStatus": 1, "showPrivileges": True}
FOLLOW_UP_TIMEOUT_S = 0.6  # for a request that shows whether the login is the problem
PACKAGE_EXTRAS = {"MONGODB-AWS": "aws", "GSSAPI": "gssapi"}  # of PyMongo
READS, WRITES = "find", "insert"
MAX_ROLES = 50


async def run(ctx: Context) -> Outcome:
    """Log in once with the driver, and ask the server for the user and its roles."""
    target, evidence = ctx.target, ctx.evidence
    access, server_mechanisms = await _access_control(ctx)
    facts: dict[str, Any] = {
        "user": target.username,
        "source": evidence.auth_source,
        "mechanism": target.mechanism
        or (_negotiated_mechanism(evidence) if target.username else None),
        "access_control": access,
        "server_mechanisms": server_mechanisms,
        "database": target.database,
    }
    if _has_login(ctx):
        failure = await _log_in(ctx, facts)
        if failure is not None:
            failure = await _explain(ctx, failure, facts)
            return Outcome(AuthFacts(**facts), failure)
    began = ctx.clock()
    failure, reply = await _command(
        ctx, CONNECTION_STATUS, min(ctx.remaining(), patience_s(evidence))
    )
    facts.setdefault("login_ms", ctx.own_ms(began))
    if failure is not None and failure.code in REFUSALS and not _has_login(ctx):
        return Outcome(AuthFacts(**facts), failure.replace(kind="not-authenticated"))
    if failure is not None:  # `ping` reports whether the server answers at all
        return Outcome(AuthFacts(**facts, as_user=target.username))
    auth_facts = AuthFacts(**facts, **_rights(reply, target.database))
    if access and target.username is None and not auth_facts.as_user and not target.mechanism:
        return Outcome(
            auth_facts,
            Failure("not-authenticated", "the server requires a login", code=NOT_ALLOWED),
        )
    return Outcome(auth_facts)


async def _log_in(ctx: Context, facts: dict[str, Any]) -> Failure | None:
    """Let the driver log in; return the failure, if any, and add the duration to ``facts``."""
    began = ctx.clock()
    # ping, since not every server supports connectionStatus
    failure, _ = await _command(ctx, {"ping": 1}, ctx.remaining() - FOLLOW_UP_S)
    facts["login_ms"] = ctx.own_ms(began)
    return failure


async def _explain(ctx: Context, failure: Failure, facts: dict[str, Any]) -> Failure | None:
    """Return the failure with more evidence; None if the login is not to blame (see `ping`)."""
    failure = _with_command(ctx, failure)
    if failure.facts.get("cause") == "ValueError":
        facts["unfit"] = _unfit(ctx)
    elif failure.kind in NO_ANSWER:
        later = await compare_connections(ctx)
        facts["pings"] = "ok" in (later.get("kept"), later.get("fresh_ping"))
        return failure.replace(facts={**failure.facts, **later})
    elif failure.code not in LOGIN_ERRORS and await _ping_fails_too(ctx, failure.code):
        return None
    facts["user_found_in"] = await _where_is_user(ctx)
    return failure


def _with_command(ctx: Context, failure: Failure) -> Failure:
    """Add the command that installs the package of the mechanism here: the fact ``install``."""
    extra = PACKAGE_EXTRAS.get(str(ctx.target.mechanism))
    if failure.kind != "configuration" or extra is None:
        return failure
    from mongoping.installation import package_command

    command = package_command(f"pymongo[{extra}]")
    return failure.replace(facts={**failure.facts, "install": command})


def _has_login(ctx: Context) -> bool:
    return ctx.target.username is not None or ctx.target.mechanism is not None


async def _ping_fails_too(ctx: Context, code: int | None) -> bool:
    """Return whether a ping without a login fails with the same error."""
    reply = await _ask(ctx, {"ping": 1}, FOLLOW_UP_TIMEOUT_S)
    return code is not None and reply is not None and reply.get("code") == code


def _unfit(ctx: Context) -> str | None:
    """Return why SCRAM-SHA-256 cannot use the password, in a message that does not contain it."""
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
    """Run a command with the driver, which logs in first; return the failure or the reply.

    ``patience`` is the timeout in seconds.
    """
    try:
        async with ctx.timeout(max(patience, 0.05)):
            return None, await ctx.driver.command(command)
    except TimeoutError:
        return Failure("timeout", "no answer in time"), {}
    except Exception as error:  # the driver raises whatever an auth plug-in raises
        from pymongo.errors import PyMongoError

        from mongoping.client import failure_of

        if not isinstance(error, (PyMongoError, OSError, ValueError)):
            raise
        failure = failure_of(error)
        exception = message_of(error, ctx.credentials)
        facts = {**failure.facts, "exception": exception}
        return failure.replace(message=scrub(failure.message, ctx.credentials), facts=facts), {}


def _negotiated_mechanism(evidence: Evidence) -> str | None:
    """Return the driver's default mechanism: SCRAM-SHA-256 if the user has it, else SHA-1."""
    for result in evidence.of("hello"):
        facts: HelloFacts | None = result.data
        if facts is not None and facts.mechanisms:
            return "SCRAM-SHA-256" if "SCRAM-SHA-256" in facts.mechanisms else "SCRAM-SHA-1"
    return None


def _rights(reply: Mapping[str, Any], database: str | None) -> dict[str, Any]:
    """Return user, roles and permissions from the reply to connectionStatus."""
    info = _map(reply.get("authInfo"))
    users = [
        f"{user.get('user')}@{user.get('db')}" for user in _maps(info.get("authenticatedUsers"))
    ]
    roles = [
        clip(f"{role.get('role')}@{role.get('db')}", 300)
        for role in _maps(info.get("authenticatedUserRoles"))
    ]
    privileges = _maps(info.get("authenticatedUserPrivileges"))
    is_known = bool(users) and bool(privileges)
    name = database or "test"
    return {
        "as_user": clip(users[0], 300) if users else None,
        "roles": tuple(sorted(set(roles))[:MAX_ROLES]),
        "reads": is_allowed(privileges, name, READS) if is_known else (False if users else None),
        "writes": is_allowed(privileges, name, WRITES) if is_known else (False if users else None),
    }


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(clip(str(item), 100) for item in value[:20]) if isinstance(value, list) else None


def _maps(value: Any) -> list[Mapping[str, Any]]:
    """Return the documents in a list, without any other values that a server may have sent."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def is_allowed(privileges: Iterable[Mapping[str, Any]], database: str, action: str) -> bool:
    """Return whether the privileges permit an action on the collections of a database.

    A resource ``{db: "", collection: ""}`` means all databases except system collections
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


def _connections_to_ask(ctx: Context) -> list[tuple[str, HelloFacts, Connection]]:
    """Return the hosts to ask without a login, except arbiters, which hold no users."""
    return [
        (str(result.host), result.data, ctx.connections[str(result.host)])
        for result in ctx.evidence.of("hello")
        if result.ok and str(result.host) in ctx.connections and result.data.role != "arbiter"
    ]


async def _ask(
    ctx: Context, command: Mapping[str, Any], patience: float = 1.0
) -> Mapping[str, Any] | None:
    """Send a command without a login on a probe's connection; return the first reply, or None."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    for host, facts, connection in _connections_to_ask(ctx):
        extra = {"apiVersion": "1"} if facts.requires_api else {}
        try:
            async with ctx.timeout(min(ctx.remaining(), patience)):
                return await connection.command({**command, **extra})
        except (OSError, TimeoutError, ClosedByPeerError, WireError):
            connection.close()  # a late reply would be taken for that of the next command
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
    """Return the user's mechanisms in each database that may contain it, None where it is not.

    Empty if the server does not reveal that. Some products list mechanisms for every user, which
    their reply for a random name shows.
    """
    target = ctx.target
    if target.username is None or ctx.evidence.auth_source == "$external":
        return {}  # servers do not list mechanisms for users in $external
    random_user = f"mongoping-{secrets.token_hex(8)}"
    control = await _ask(ctx, {"hello": 1, "saslSupportedMechs": f"admin.{random_user}"})
    if control is not None and control.get("saslSupportedMechs"):
        return {}
    mechanisms: dict[str, tuple[str, ...] | None] = {}
    for database in dict.fromkeys((ctx.evidence.auth_source, "admin", target.database or "admin")):
        reply = await _ask(ctx, {"hello": 1, "saslSupportedMechs": f"{database}.{target.username}"})
        if reply is None or not reply.get("ok"):
            continue
        offer = reply.get("saslSupportedMechs")
        mechanisms[database] = _texts(offer)
    return mechanisms


def _applies(evidence: Evidence) -> str | None:
    arbiters = [
        result for result in evidence.of("hello") if result.ok and result.data.role == "arbiter"
    ]
    if arbiters and len(arbiters) == len(evidence.of("hello")):
        return "arbiters hold no users"
    return None


def _lines(facts: AuthFacts) -> list[Line]:
    control = {True: "on", False: "off: no login is required", None: "unknown"}
    rows = []
    if facts.as_user:
        mechanism = f" ({facts.mechanism})" if facts.mechanism else ""
        rows.append(Line("user", f"{facts.as_user}{mechanism}, authSource {facts.source}"))
        rows.append(Line("roles", ", ".join(facts.roles) or "none"))
        rights = [word for word, yes in (("read", facts.reads), ("write", facts.writes)) if yes]
        database = facts.database or "test"
        rows.append(Line("can", f"{' and '.join(rights) or 'neither read nor write'} {database}"))
    elif facts.user:
        rows.append(Line("user", f"{facts.user}, authSource {facts.source}", "fail"))
    else:
        rows.append(Line("user", "(none)"))
    status: Any = "warn" if facts.access_control is False else "ok"
    rows.append(Line("access control", control[facts.access_control], status))
    return rows


CHECK = OnceCheck(
    name="auth",
    layer="auth",
    summary="the login: user, mechanism, roles and permissions",
    waits_for="reply to the login",
    driver_waits=("the server takes", None),
    resolves=True,
    run=run,
    needs=("driver",),
    after=("api",),
    applies=_applies,
    vacuous=True,
    summarize=lambda facts: facts.as_user or "no login",
    lines=_lines,
)
