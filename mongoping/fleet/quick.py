"""Say hello to a deployment in the cheapest way, for the plain case in which all goes well.

One connection to each host, without TLS, with a single address: hello and buildInfo, and nothing
else. The evidence has the same records as that of the checks, so that the catalog decides. Whatever
does not go well, or is not so plain, is left to the checks, which find out why.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping.checks import uri
from mongoping.checks.hello import interpret, refusal
from mongoping.model import Evidence, Failure, Result
from mongoping.observations import Address, AddressesFacts, Attempt, TcpFacts
from mongoping.probe.connection import ERRORS, Connection
from mongoping.probe.greeting import hello_command, second_hello_command
from mongoping.probe.walk import literal, places
from mongoping.settings import MAX_MEMBERS
from mongoping.tool_info import timestamp, tool_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.settings import Settings
    from mongoping.uri.host import Host
    from mongoping.uri.target import ParsedUri

NO_TLS = "TLS is off"
LOOKUP_MS = 200.0  # a lookup that takes longer is measured by the check


async def quick_evidence(
    parsed_uri: ParsedUri, settings: Settings, looked_up: Callable[[], None]
) -> Evidence | None:
    """Return the evidence of a hello to every host, or None if it needs the checks.

    ``looked_up`` is called once no further name has to be looked up.
    """
    target = parsed_uri.target
    if target is None or target.srv or settings.resolver is not None or settings.resolvers:
        return None
    read = uri.look(parsed_uri)
    base = Evidence(target, settings, started_at=timestamp(), tool=tool_info())
    if read.failure is not None or base.tls or base.options.get("loadBalanced"):
        return None
    seeds = tuple(dict.fromkeys(target.hosts))
    base = base.replace(
        results=(Result("uri", "uri", None, "ok", data=read.data),), seeds=seeds, hosts=seeds
    )
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        async with asyncio.timeout(min(settings.cap, settings.deadline)):
            evidence = await _greet(base, list(seeds), looked_up)
    except (*ERRORS, ValueError):
        return None
    return evidence and evidence.replace(duration_ms=(clock() - began) * 1000)


async def _greet(
    base: Evidence, hosts: list[Host], looked_up: Callable[[], None]
) -> Evidence | None:
    """Return the evidence with the results of all hosts: the seeds, then those they advertise."""
    results: list[Result] = [*base.results]
    visits = 0
    while visits < len(hosts):
        wave = hosts[visits:]
        visits = len(hosts)
        if len(wave) == 1:  # without the cost of further tasks
            first_visits = [await _visit(base, wave[0])]
        else:
            first_visits = await asyncio.gather(*(_visit(base, host) for host in wave))
        for rows in first_visits:
            if rows is None:
                return None
            results += rows
            for host in rows[-1].data.advertised:
                if host not in hosts and len(hosts) < len(base.seeds or ()) + MAX_MEMBERS:
                    hosts.append(host)
    looked_up()
    return base.replace(results=tuple(results), hosts=tuple(hosts))


async def _visit(base: Evidence, host: Host) -> list[Result] | None:
    """Return the results for one host, or None if anything is out of the ordinary."""
    clock = asyncio.get_running_loop().time
    began = clock()
    address_list = await places(host, None, base.settings.cap)
    looked_up_ms = (clock() - began) * 1000
    if isinstance(address_list, Failure) or len(address_list) != 1 or looked_up_ms > LOOKUP_MS:
        return None
    place, name = address_list[0], str(host)
    source = "literal" if literal(host) is not None else "system"
    began = clock()
    connection = await Connection.open(place.socket_family, place.where, base.settings.cap)
    try:
        connected_ms = (clock() - began) * 1000
        if connection.sent_first():
            return None
        facts = await _converse(base, host, connection)
    finally:
        connection.close()
    if facts is None:
        return None
    addresses = AddressesFacts((Address(place.text, place.family),), source)
    attempt = Attempt(place.text, place.family, driver=True, duration_ms=connected_ms)
    return [
        Result("addresses", "dns", name, "ok", looked_up_ms, addresses),
        Result("tcp", "tcp", name, "ok", connected_ms, TcpFacts((attempt,), place.text)),
        Result("tls", "tls", name, "skipped", reason=NO_TLS),
        Result("hello", "hello", name, "ok", facts.rtt_ms, facts),
    ]


async def _converse(base: Evidence, host: Host, connection: Connection) -> Any:
    """Return what the reply to hello says, or None if a second question is needed."""
    clock = asyncio.get_running_loop().time
    ask = hello_command(base)
    began = clock()
    reply = await connection.command(ask)
    rtt_ms, now = (clock() - began) * 1000, datetime.now(UTC)
    if second_hello_command(ask, reply) is not None or refusal(reply) is not None:
        return None
    began = clock()
    resent_packets = connection.resent
    build = await connection.command(
        {"buildInfo": 1, **({"apiVersion": "1"} if base.settings.uses_stable_api else {})}
    )
    facts = interpret(
        reply,
        host,
        base,
        build=build if build.get("ok") else {},
        rtt_ms=rtt_ms,
        requires_api=False,
        now=now,
    )
    return facts.replace(resent=resent_packets, build_ms=(clock() - began) * 1000)
