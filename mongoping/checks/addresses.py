"""Resolve the addresses of each host with the resolver that the driver uses.

The driver calls ``getaddrinfo``. If that fails or is slow, the name servers are queried as well,
because ``getaddrinfo`` reports the same error for a resolver that refuses, fails or is silent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.checks._lookups import (
    DNSPYTHON_ATTEMPT_S,
    JUDGES_AFTER_S,
    LIFETIME_S,
    delay_fields,
    no_answer,
    start_queries,
    wait_for_lookup,
)
from mongoping.model import NAME_ABSENT, Failure, Line, Outcome
from mongoping.observations import Address, AddressesFacts
from mongoping.probe.family import NoAddressOfFamilyError
from mongoping.probe.lookup import getaddrinfo
from mongoping.probe.os_errors import RESOLVER_KINDS, Limit, limit_of, name_of
from mongoping.runnable import HostCheck
from mongoping.units import milliseconds, plural
from mongoping.uri.host import Host
from mongoping.uri.hosts import is_loopback

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.nameservers import Survey

MAX_SHOWN = 3  # addresses of an answer that the system did not use
ANSWERED_WITH_ERROR = ("servfail", "refused", "resolver-failed")
FOLLOW_UP_S = 0.3  # for a query that only improves the advice
MAX_ADDRESSES = 32


def literal(host: Host) -> Address | None:
    """Return the address of a host that needs no lookup, else None."""
    if host.is_socket:
        return Address(host.name, "unix")
    try:
        version = ipaddress.ip_address(host.name).version
    except ValueError:
        return None
    return Address(host.name, f"ipv{version}")


def _in_order(infos: Sequence[Any], name: str) -> tuple[Address, ...]:
    rows: dict[str, Address] = {}
    for family, _, _, _, address in infos:
        word = "ipv6" if family == socket.AF_INET6 else "ipv4"
        driver = word == "ipv4" or name != "localhost"
        text = str(address[0]) + (_zone(address[3]) if word == "ipv6" else "")
        rows.setdefault(text, Address(text, word, driver))
    return tuple(sorted(rows.values(), key=lambda row: not row.driver))[:MAX_ADDRESSES]


def _zone(index: int) -> str:
    """Return the zone of an IPv6 address as text, from the index of its interface."""
    if not index:
        return ""
    try:
        return f"%{socket.if_indextoname(index)}"
    except OSError:
        return f"%{index}"


async def run(ctx: Context, host: Host) -> Outcome:
    """Resolve one host."""
    began = ctx.clock()
    if own := literal(host):
        facts = AddressesFacts((own,), "literal")
    else:
        ask = _by_dns if ctx.settings.resolver else _by_system
        answer = await ask(ctx, host)
        if isinstance(answer, Failure):
            return Outcome(None, await _has_srv(ctx, host, answer))
        addresses = answer.addresses
        if ctx.settings.preset == "local" and host.name == "localhost":
            addresses += _other_addresses(addresses, host.port)
        facts = AddressesFacts(
            addresses,
            answer.source,
            answer.resolver,
            duration_ms=ctx.elapsed_ms(began),
            completed=answer.completed,
            **delay_fields(answer.survey),
        )
    if not all(_is_local(address) for address in facts.addresses):
        ctx.driver.prefetch()  # import while waiting for the network
    return Outcome(facts)


async def _has_srv(ctx: Context, host: Host, failure: Failure) -> Failure:
    """Add to a failure whether the name has SRV records, as for mongodb+srv://."""
    only_host = len(ctx.target.hosts) == 1 and not ctx.target.srv and "." in host.name
    if failure.kind not in NAME_ABSENT or not only_host:
        return failure
    from mongoping.probe.dns import ask

    name = f"_mongodb._tcp.{host.name}"
    records = await ask(name, "SRV", ctx.settings.resolver, min(FOLLOW_UP_S, ctx.remaining()))
    return failure.replace(facts={**failure.facts, "has_srv": bool(records.records)})


def _other_addresses(addresses: tuple[Address, ...], port: int | None) -> tuple[Address, ...]:
    """Return the IPv6 and UNIX socket addresses that PyMongo does not try for localhost."""
    others = [Address("::1", "ipv6", driver=False)] if socket.has_ipv6 else []
    path = f"/tmp/mongodb-{port}.sock"  # noqa: S108 - mongod's own default
    if Path(path).exists():
        others.append(Address(path, "unix", driver=False))
    texts = {address.text for address in addresses}
    return tuple(other for other in others if other.text not in texts)


def _is_local(address: Address) -> bool:
    return address.family == "unix" or is_loopback(address.text)


class Answer(NamedTuple):
    """The result of a lookup: the addresses, the resolver, and what delayed it."""

    addresses: tuple[Address, ...]
    source: str
    resolver: str | None
    survey: Survey | None = None
    completed: str | None = None


async def _by_system(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import system_servers

    began = ctx.clock()
    lookup = asyncio.ensure_future(getaddrinfo(host.name, host.port, flags=socket.AI_CANONNAME))
    survey = await wait_for_lookup(ctx, lookup, host.name, ("A", "AAAA"))
    if not lookup.done():
        lookup.cancel()
        return no_answer(ctx, CHECK, host.name, survey, ctx.clock() - began)
    try:
        infos = lookup.result()
    except (OSError, UnicodeError) as error:
        return await _explain(ctx, host, error)
    return Answer(
        _in_order(infos, host.name),
        "system",
        ", ".join(system_servers()) or None,
        survey,
        await _completed_name(ctx, host.name, str(infos[0][3]) if infos else ""),
    )


async def _completed_name(ctx: Context, name: str, canonical: str) -> str | None:
    """Return the resolved name if a search domain was appended to ``name``, else None."""
    from mongoping.probe.dns import search_domains

    full_name, query_name = canonical.lower().rstrip("."), name.lower()
    if not full_name or full_name == query_name or query_name.endswith("."):
        return None
    domains, ndots = search_domains()
    if any(full_name == f"{query_name}.{domain}" for domain in domains):
        return full_name
    if not domains or "." not in query_name or query_name.count(".") >= ndots:
        return None  # the name is an alias
    exact = getaddrinfo(f"{name}.", None)
    try:
        async with ctx.timeout(min(FOLLOW_UP_S, ctx.left())):
            await exact
    except socket.gaierror as error:
        return full_name if name_of(error) in ("EAI_NONAME", "EAI_NODATA") else None
    except (OSError, UnicodeError):  # TimeoutError is one
        return None
    return None


async def _explain(ctx: Context, host: Host, error: OSError | UnicodeError) -> Failure:
    """Return cause ``getaddrinfo`` failed: its error symbol, with the answer of the DNS."""
    failure = lookup_failure(host.name, error)
    if failure.kind in NAME_ABSENT and "." in host.name:
        return await _compare_with_dns(ctx, host, failure)
    if failure.kind != "resolver-failed":
        return failure
    cause = await _dns_failure(host, ctx.settings.resolver, min(ctx.remaining(), 2.5))
    if cause is None:
        return failure
    return Failure(cause.kind, cause.message, failure.errno, facts={**failure.facts, **cause.facts})


async def _compare_with_dns(ctx: Context, host: Host, failure: Failure) -> Failure:
    """Ask the DNS for a name that does not exist for ``getaddrinfo``.

    The system may not ask the DNS (nsswitch.conf), and glibc takes some errors for a missing name.
    """
    from mongoping.probe.dns import ask

    lifetime = min(FOLLOW_UP_S, ctx.remaining())
    kinds = ("A",) if failure.kind == "nxdomain" else ("A", "AAAA")
    answers = [await ask(host.name, kind, ctx.settings.resolver, lifetime) for kind in kinds]
    answer = next((answer for answer in answers if answer.records), answers[0])
    facts = dict(failure.facts)
    if answer.records:
        facts["in_dns"] = [str(record) for record in answer.records[:MAX_SHOWN]]
        facts["dns_server"] = answer.server
    elif answer.failure is not None and answer.failure.kind in ANSWERED_WITH_ERROR:
        found = answer.failure
        return Failure(found.kind, found.message, failure.errno, facts={**facts, **found.facts})
    elif answer.failure is not None and answer.failure.facts.get("alias_of"):
        facts["alias_of"] = answer.failure.facts["alias_of"]
    return failure.replace(facts=facts)


def lookup_failure(name: str, error: Exception) -> Failure:
    """Return the failure for an error of ``getaddrinfo``."""
    facts = {"name": name}
    if (limit := limit_of(error) or _descriptor_limit()) is not None:
        return Failure(limit.kind, limit.message, errno=limit.name, facts=facts)
    if not isinstance(error, OSError):
        return Failure("bad-name", f"{name} is not a valid host name: {error}", facts=facts)
    if isinstance(error, NoAddressOfFamilyError):
        return Failure("os", error.strerror or str(error), facts=facts)  # the user's own choice
    symbol = name_of(error)
    kind = RESOLVER_KINDS.get(symbol or "", "resolver-failed")
    message = error.strerror or str(error)
    return Failure(kind, message, errno=symbol, facts={**facts, "symbol": symbol})


def _descriptor_limit() -> Limit | None:
    """Return the limit on open files if it is reached; getaddrinfo reports it as EAI_AGAIN."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM):
            return None
    except OSError as error:
        return limit_of(error)


async def _dns_failure(host: Host, server: str | None, lifetime: float) -> Failure | None:
    from mongoping.probe.dns import ask

    return (await ask(host.name, "A", server, lifetime)).failure


async def _by_dns(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import ask

    server, began = ctx.settings.resolver, ctx.clock()
    lookup = start_queries(ask(host.name, kind, server, LIFETIME_S) for kind in ("A", "AAAA"))
    survey = await wait_for_lookup(
        ctx, lookup, host.name, ("A", "AAAA"), attempt_s=DNSPYTHON_ATTEMPT_S
    )
    if not lookup.done():
        lookup.cancel()
        return no_answer(
            ctx, CHECK, host.name, survey, ctx.clock() - began, attempt_s=DNSPYTHON_ATTEMPT_S
        )
    four, six = lookup.result()
    rows = [Address(str(record), "ipv4") for record in four.records]
    rows += [Address(str(record), "ipv6", host.name != "localhost") for record in six.records]
    if rows:
        return Answer(tuple(rows[:MAX_ADDRESSES]), "dns", server, survey)
    failure = four.failure
    if failure is None or (failure.kind == "no-data" and six.failure):
        failure = six.failure if six.failure and six.failure.kind != "no-data" else four.failure
    return failure or Failure("no-data", f"{host.name} has no address")


def _lines(facts: AddressesFacts) -> list[Line]:
    text = ", ".join(address.text for address in facts.addresses)
    if facts.source == "literal":
        return [Line("", text)]
    rows = [Line("", f"{text}  {milliseconds(facts.duration_ms)}")]
    if facts.completed:
        text = f"{facts.completed} (a search domain was appended)"
        rows.append(Line("resolved as", text, "warn"))
    if facts.resolver:
        # names of this machine come from its hosts file, not from the resolver
        here = all(_is_local(address) for address in facts.addresses) and facts.source == "system"
        way = "--resolver" if facts.source == "dns" else facts.source
        rows.append(Line("resolver", f"{facts.resolver} ({way})", detail=here))
    return rows


CHECK = HostCheck(
    name="addresses",
    layer="dns",
    summary="the A and AAAA records of each host",
    waits_for="answer from the resolver",
    driver_waits=("the resolver of the system", None),
    judges_after_s=JUDGES_AFTER_S,
    patient=True,
    run=run,
    needs=("uri", "srv"),
    summarize=lambda facts: plural(len(facts.addresses), "address"),
    lines=_lines,
)
