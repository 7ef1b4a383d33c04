"""Send hello, the first message of MongoDB's protocol, to every host, as PyMongo would.

Like the driver's own handshake, ``hello`` carries ``saslSupportedMechs`` for the user of the
connection string: the reply shows whether that user exists, before any login.

The health probe uses the pure functions here, so this module imports neither asyncio nor ssl.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence, Failure, Flavour, Line, Outcome
from mongoping.observations import HelloFacts
from mongoping.probe import genuine, replies
from mongoping.probe.greeting import API_VERSION_REQUIRED, hello_command, second_hello_command
from mongoping.probe.replset import address
from mongoping.probe.roles import role_of
from mongoping.runnable import HostCheck
from mongoping.settings import MAX_MEMBERS
from mongoping.units import milliseconds
from mongoping.uri.host import Host
from mongoping.uri.hosts import is_atlas

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection


async def run(ctx: Context, host: Host) -> Outcome:
    """Send hello on the connection that the lower checks left open."""

    from mongoping.checks._openings import explain, speaks_first
    from mongoping.probe.connection import ClosedByPeerError, failure_of
    from mongoping.probe.wire import WireError

    connection = ctx.connections.pop(str(host))
    if connection.tls is None and (greeting := connection.sent_first()):
        connection.close()
        return Outcome(None, speaks_first(greeting))
    began = ctx.clock()
    try:
        async with ctx.timeout(ctx.remaining()):
            hello_facts = await _converse(ctx, host, connection)
    except (OSError, TimeoutError, ClosedByPeerError, WireError) as error:
        facts: dict[str, Any] = {"received": connection.heard, "took_ms": ctx.elapsed_ms(began)}
        facts["resent"] = connection.resent
        connection.close()
        failure = failure_of(error, **facts)
        return Outcome(None, await explain(ctx, host, failure, connection))
    if isinstance(hello_facts, Failure):
        connection.close()
        return Outcome(None, hello_facts)
    if not connection.closed:
        ctx.connections[str(host)] = connection
    return Outcome(hello_facts)


async def _converse(ctx: Context, host: Host, connection: Connection) -> HelloFacts | Failure:
    evidence = ctx.evidence
    ask = hello_command(evidence)
    began = ctx.clock()
    reply = await connection.command(ask)
    rtt, now = ctx.elapsed_ms(began), datetime.now(UTC)
    requires_api = reply.get("code") == API_VERSION_REQUIRED
    if (again := second_hello_command(ask, reply)) is not None:
        began = ctx.clock()
        reply = await connection.command(again)
        rtt, now = ctx.elapsed_ms(began), datetime.now(UTC)
    if failure := refusal(reply):
        return failure
    resent_packets = connection.resent
    began = ctx.clock()
    build = await _build_info(ctx, connection, api=requires_api or ctx.settings.uses_stable_api)
    facts = interpret(
        reply,
        host,
        evidence,
        build=build,
        rtt_ms=rtt,
        requires_api=requires_api,
        now=now,
    )
    build_ms = ctx.elapsed_ms(began)
    later = connection.resent  # None once it is closed
    return facts.replace(
        resent=resent_packets if later is None else later,
        build_ms=build_ms,
        build_lost=connection.closed,
    )


def refusal(reply: Mapping[str, Any]) -> Failure | None:
    """Return why a driver cannot use a reply to hello, or None if it can."""
    fields = ("maxWireVersion", "ismaster", "isWritablePrimary")
    if "ok" not in reply or (reply["ok"] and not any(name in reply for name in fields)):
        return Failure("not-mongodb", "the reply to hello has none of the expected fields")
    if not reply["ok"]:
        message = _text(reply.get("errmsg")) or "the server answered hello with an error"
        code, name = _int(reply.get("code")), _text(reply.get("codeName"))
        return Failure("command", message, code=code, facts={"code_name": name})
    if _int(reply.get("maxWireVersion", 0)) is None:
        return Failure("not-mongodb", "the wire version in the reply to hello is not a number")
    if problem := replies.problem(reply):
        return Failure("not-mongodb", problem)
    lists = [reply.get(name) for name in ("hosts", "passives", "arbiters")]
    if not all(names is None or _is_names(names) for names in lists):
        return Failure("not-mongodb", "the members in the reply to hello are not a list of names")
    count = sum(len(names) for names in lists if isinstance(names, list))
    if count > MAX_MEMBERS:  # a driver would open connections to each of them
        message = f"the reply lists {count} members, but a replica set has at most 50"
        return Failure("not-mongodb", message, facts={"wire": "size"})
    return None


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


async def _build_info(ctx: Context, connection: Connection, *, api: bool) -> Mapping[str, Any]:
    """Return the reply to ``buildInfo``, which servers answer before login.

    Empty if this server does not. Without any reply the connection is closed, since a late reply
    would be taken for that of the next command.
    """

    from mongoping.checks._connections import FOLLOW_UP_TIMEOUT_S
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    ask: dict[str, Any] = {"buildInfo": 1}
    try:
        async with ctx.timeout(FOLLOW_UP_TIMEOUT_S):
            reply = await connection.command({**ask, "apiVersion": "1"} if api else ask)
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        connection.close()
        return {}
    return reply if reply.get("ok") else {}


def _int(value: Any) -> int | None:
    """Return a number as an integer; None for NaN, infinity and values that are not numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return int(value)


def _text(value: Any) -> str | None:
    return value[:500] if isinstance(value, str) else None


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(name[:300] for name in value[:MAX_MEMBERS] if isinstance(name, str))


def interpret(
    reply: Mapping[str, Any],
    host: Host,
    evidence: Evidence,
    *,
    build: Mapping[str, Any],
    rtt_ms: float,
    requires_api: bool,
    now: datetime,
) -> HelloFacts:
    """Return a hello reply as a record; the types of its fields are checked."""
    members = (
        _names(reply.get("hosts")) + _names(reply.get("passives")) + _names(reply.get("arbiters"))
    )
    follow = not evidence.options.get("directConnection") and not evidence.options.get(
        "loadBalanced"
    )
    local = reply.get("localTime")
    write = reply.get("lastWrite")
    last = write.get("lastWriteDate") if isinstance(write, dict) else None
    mechanisms = reply.get("saslSupportedMechs")
    tags = reply.get("tags")
    login_name = hello_command(evidence).get("saslSupportedMechs")
    hosts = reply.get("hosts")
    return HelloFacts(
        role=role_of(reply),
        min_wire=_int(reply.get("minWireVersion")) or 0,
        max_wire=_int(reply.get("maxWireVersion")) or 0,
        flavour=flavour(reply, build, host.name),
        version=_text(build.get("version")),
        doubts=genuine.doubts(
            build, _int(reply.get("minWireVersion")) or 0, _int(reply.get("maxWireVersion")) or 0
        ),
        set_name=_text(reply.get("setName")),
        me=_text(reply.get("me")),
        primary=_text(reply.get("primary")),
        hosts=_names(reply.get("hosts")),
        passives=_names(reply.get("passives")),
        arbiters=_names(reply.get("arbiters")),
        hidden=bool(reply.get("hidden")),
        tags={str(k)[:100]: str(v)[:100] for k, v in list(tags.items())[:20]}
        if isinstance(tags, dict)
        else {},
        mechanisms=_names(mechanisms) if isinstance(mechanisms, list) else None,
        asked_user=login_name,
        requires_api=requires_api,
        local_time=local if isinstance(local, datetime) else None,
        skew_s=_skew_s(now, local, rtt_ms),
        last_write=last if isinstance(last, datetime) else None,
        rtt_ms=rtt_ms,
        info=_text(reply.get("info")),
        service_id=reply.get("serviceId") is not None,
        advertised=tuple(address(name) for name in members if not replies.is_path(name))
        if follow
        else (),
        advertised_count=len(hosts) if isinstance(hosts, list) else 0,
        process=_process(reply),
        config_server=reply.get("configsvr") is not None,
    )


def _skew_s(now: datetime, server: Any, rtt_ms: float) -> float | None:
    """Return the clock difference in seconds; 0 if the round trip explains it."""
    if not isinstance(server, datetime):
        return None
    half = rtt_ms / 2000
    skew = (now - server).total_seconds() - half
    return skew if abs(skew) > half else 0.0


def _process(reply: Mapping[str, Any]) -> str | None:
    """Return the server's identifier of its process (MongoDB 4.4 and newer)."""
    version = reply.get("topologyVersion")
    return _text(version.get("processId")) if isinstance(version, dict) else None


def flavour(reply: Mapping[str, Any], build: Mapping[str, Any], host: str) -> Flavour:
    """Return which service answers, by its replies first and by its host name second."""
    internal = reply.get("internal")
    if "ferretdb" in build or "ferretdb" in reply:
        return "ferretdb"
    if isinstance(internal, dict) and "documentdb_versions" in internal:
        return "documentdb"
    if reply.get("_t") == "IsMasterResponse" or host.endswith(".cosmos.azure.com"):
        return "cosmosdb"
    if host.endswith((".docdb.amazonaws.com", ".docdb-elastic.amazonaws.com")):
        return "documentdb"
    if is_atlas(host):
        return "atlas"
    set_name = reply.get("setName")
    if isinstance(set_name, str) and set_name.startswith("atlas-") and "-shard-" in set_name:
        return "atlas"
    return "self-managed"


def _lines(facts: HelloFacts) -> list[Line]:
    name = {"atlas": "MongoDB (Atlas)", "self-managed": "MongoDB"}.get(facts.flavour, facts.flavour)
    version = f" {facts.version}" if facts.version else ""
    if facts.doubts and facts.flavour == "self-managed":
        name, version = "not MongoDB", f", claims {facts.version}" if facts.version else ""
    of_set = f" of {facts.set_name}" if facts.set_name else ""
    text = f"{name}{version}, {facts.role}{of_set}, wire {facts.min_wire}-{facts.max_wire}"
    rows = [Line("", f"{text}  {milliseconds(facts.rtt_ms)}")]
    if facts.skew_s is not None and abs(facts.skew_s) >= 1:
        rows.append(Line("clock", f"{facts.skew_s:+.0f} s compared with the server"))
    return rows


CHECK = HostCheck(
    name="hello",
    layer="hello",
    summary="the handshake (hello) with every host",
    waits_for="reply to the first message",
    driver_waits=("connectTimeoutMS", 20.0),
    run=run,
    needs=("tcp", "tls"),
    expands=lambda facts: facts.advertised,
    summarize=lambda facts: f"{facts.role}, wire {facts.max_wire}",
    lines=_lines,
)
