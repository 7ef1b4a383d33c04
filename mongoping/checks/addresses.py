"""Every A and AAAA record of a host, from the resolver that the driver uses.

The driver asks ``getaddrinfo``. Where that fails, or is slow, the DNS is asked as well,
since ``getaddrinfo`` says the same for a resolver that refuses, fails or is silent.
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
    delay,
    patiently,
    together,
    unanswered,
)
from mongoping.model import NAME_ABSENT, Check, Failure, Line, Outcome
from mongoping.probe.lookup import getaddrinfo
from mongoping.probe.os_errors import RESOLVER_KINDS, Limit, limit_of, name_of
from mongoping.record import Record
from mongoping.units import milliseconds, plural
from mongoping.uri.host import Host
from mongoping.uri.hosts import is_loopback

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.nameservers import Survey

LIFETIME_S = 20.0  # of one DNS query, as PyMongo has it
FOLLOW_UP_S = 0.3  # for a question that only makes the advice better
MAX_ADDRESSES = 32


class Address(Record):
    """One address to connect to. ``family`` is ``ipv4``, ``ipv6`` or ``unix``.

    ``driver`` says whether PyMongo would try it: for ``localhost`` it asks IPv4 only.
    """

    text: str
    family: str
    driver: bool = True


class AddressesSeen(Record):
    """The addresses of a host in the order in which the driver tries them."""

    addresses: tuple[Address, ...]
    source: str  # literal, system (getaddrinfo) or dns (--resolver)
    resolver: str | None = None
    duration_ms: float = 0.0
    completed: str | None = None  # the name that was answered, if a search domain was appended
    silent: tuple[str, ...] = ()  # name servers that did not answer, asked after a slow lookup
    partly_silent: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()


def literal(host: Host) -> Address | None:
    """The address of a host that needs no lookup, or None."""
    if host.is_socket:
        return Address(host.name, "unix")
    try:
        version = ipaddress.ip_address(host.name).version
    except ValueError:
        return None
    return Address(host.name, f"ipv{version}")


def _sorted(found: Sequence[Any], name: str) -> tuple[Address, ...]:
    rows: dict[str, Address] = {}
    for family, _, _, _, address in found:
        word = "ipv6" if family == socket.AF_INET6 else "ipv4"
        driver = word == "ipv4" or name != "localhost"
        text = str(address[0]) + (_zone(address[3]) if word == "ipv6" else "")
        rows.setdefault(text, Address(text, word, driver))
    return tuple(sorted(rows.values(), key=lambda one: not one.driver))[:MAX_ADDRESSES]


def _zone(index: int) -> str:
    """Return the zone of an IPv6 address as it is written, from the index of its interface."""
    if not index:
        return ""
    try:
        return f"%{socket.if_indextoname(index)}"
    except OSError:
        return f"%{index}"


async def run(ctx: Context, host: Host) -> Outcome:
    """Resolve one host."""
    began = ctx.clock()
    if one := literal(host):
        seen = AddressesSeen((one,), "literal")
    else:
        ask = _by_dns if ctx.settings.resolver else _by_system
        answer = await ask(ctx, host)
        if isinstance(answer, Failure):
            return Outcome(None, await _has_srv(ctx, host, answer))
        found = answer.addresses
        if ctx.settings.preset == "local" and host.name == "localhost":
            found += _other_ways(found, host.port)
        seen = AddressesSeen(
            found,
            answer.source,
            answer.resolver,
            duration_ms=ctx.elapsed_ms(began),
            completed=answer.completed,
            **delay(answer.survey),
        )
    if not all(_is_local(address) for address in seen.addresses):
        ctx.driver.start_import()  # there is a network to wait for meanwhile
    return Outcome(seen)


async def _has_srv(ctx: Context, host: Host, failure: Failure) -> Failure:
    """Note whether a name without an address is one for mongodb+srv://."""
    alone = len(ctx.target.hosts) == 1 and not ctx.target.srv and "." in host.name
    if failure.kind not in NAME_ABSENT or not alone:
        return failure
    from mongoping.probe.dns import ask

    name = f"_mongodb._tcp.{host.name}"
    asked = await ask(name, "SRV", ctx.settings.resolver, min(FOLLOW_UP_S, ctx.remaining()))
    return failure.replace(facts={**failure.facts, "has_srv": bool(asked.records)})


def _other_ways(found: tuple[Address, ...], port: int | None) -> tuple[Address, ...]:
    """IPv6 and the UNIX socket: ways to a server here that PyMongo does not try for localhost."""
    ways = [Address("::1", "ipv6", driver=False)] if socket.has_ipv6 else []
    path = f"/tmp/mongodb-{port}.sock"  # noqa: S108 - mongod's own default
    if Path(path).exists():
        ways.append(Address(path, "unix", driver=False))
    known = {address.text for address in found}
    return tuple(way for way in ways if way.text not in known)


def _is_local(address: Address) -> bool:
    return address.family == "unix" or is_loopback(address.text)


class Answer(NamedTuple):
    """What a lookup found, by which resolver, and what delayed or completed it."""

    addresses: tuple[Address, ...]
    source: str
    resolver: str | None
    survey: Survey | None = None
    completed: str | None = None


async def _by_system(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import system_servers

    began = ctx.clock()
    asking = asyncio.ensure_future(getaddrinfo(host.name, host.port, flags=socket.AI_CANONNAME))
    survey = await patiently(ctx, asking, host.name, ("A", "AAAA"))
    if not asking.done():
        asking.cancel()
        return unanswered(ctx, CHECK, host.name, survey, ctx.clock() - began)
    try:
        found = asking.result()
    except (OSError, UnicodeError) as error:
        return await _explain(ctx, host, error)
    return Answer(
        _sorted(found, host.name),
        "system",
        ", ".join(system_servers()) or None,
        survey,
        await _completed(ctx, host.name, str(found[0][3]) if found else ""),
    )


async def _completed(ctx: Context, name: str, canonical: str) -> str | None:
    """Return the name that was answered, where a search domain was appended to ``name``."""
    from mongoping.probe.dns import search_domains

    found, asked = canonical.lower().rstrip("."), name.lower()
    if not found or found == asked or asked.endswith("."):
        return None
    domains, ndots = search_domains()
    if any(found == f"{asked}.{domain}" for domain in domains):
        return found
    if not domains or "." not in asked or asked.count(".") >= ndots:
        return None  # the name was asked as it is, and is an alias
    exact = getaddrinfo(f"{name}.", None)
    try:
        async with asyncio.timeout(min(FOLLOW_UP_S, ctx.left())):
            await exact
    except socket.gaierror as error:
        return found if name_of(error) in ("EAI_NONAME", "EAI_NODATA") else None
    except (OSError, UnicodeError):  # TimeoutError is one
        return None
    return None


async def _explain(ctx: Context, host: Host, error: OSError | UnicodeError) -> Failure:
    """Return why ``getaddrinfo`` failed: its own symbol, and what the DNS says of it."""
    failure = lookup_failure(host.name, error)
    if failure.kind != "resolver-failed":
        return failure
    why = await _why(host, ctx.settings.resolver, min(ctx.remaining(), 2.5))
    if why is None:
        return failure
    return Failure(why.kind, why.message, failure.errno, facts={**failure.facts, **why.facts})


def lookup_failure(name: str, error: Exception) -> Failure:
    """Return an error of ``getaddrinfo`` as a failure."""
    facts = {"name": name}
    if (limit := limit_of(error) or _descriptor_limit()) is not None:
        return Failure(limit.kind, limit.message, errno=limit.name, facts=facts)
    if not isinstance(error, OSError):
        return Failure("bad-name", f"{name} is no host name: {error}", facts=facts)
    symbol = name_of(error)
    kind = RESOLVER_KINDS.get(symbol or "", "resolver-failed")
    message = error.strerror or str(error)
    return Failure(kind, message, errno=symbol, facts={**facts, "symbol": symbol})


def _descriptor_limit() -> Limit | None:
    """Return the limit on open files if it is reached: getaddrinfo hides it as EAI_AGAIN."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM):
            return None
    except OSError as error:
        return limit_of(error)


async def _why(host: Host, server: str | None, lifetime: float) -> Failure | None:
    from mongoping.probe.dns import ask

    return (await ask(host.name, "A", server, lifetime)).failure


async def _by_dns(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import ask

    server, began = ctx.settings.resolver, ctx.clock()
    asking = together(ask(host.name, kind, server, LIFETIME_S) for kind in ("A", "AAAA"))
    survey = await patiently(ctx, asking, host.name, ("A", "AAAA"), attempt_s=DNSPYTHON_ATTEMPT_S)
    if not asking.done():
        asking.cancel()
        return unanswered(
            ctx, CHECK, host.name, survey, ctx.clock() - began, attempt_s=DNSPYTHON_ATTEMPT_S
        )
    four, six = asking.result()
    rows = [Address(str(record), "ipv4") for record in four.records]
    rows += [Address(str(record), "ipv6", host.name != "localhost") for record in six.records]
    if rows:
        return Answer(tuple(rows[:MAX_ADDRESSES]), "dns", server, survey)
    failure = four.failure
    if failure is None or (failure.kind == "no-data" and six.failure):
        failure = six.failure if six.failure and six.failure.kind != "no-data" else four.failure
    return failure or Failure("no-data", f"{host.name} has no address")


def _lines(seen: AddressesSeen) -> list[Line]:
    words = ", ".join(address.text for address in seen.addresses)
    if seen.source == "literal":
        return [Line("", words)]
    rows = [Line("", f"{words}  {milliseconds(seen.duration_ms)}")]
    if seen.completed:
        words = f"{seen.completed}, completed by a search domain"
        rows.append(Line("answer for", words, "warn"))
    if seen.resolver:
        # a name of this machine comes from its hosts file, whoever else could be asked
        here = all(_is_local(address) for address in seen.addresses) and seen.source == "system"
        rows.append(Line("resolver", f"{seen.resolver}, by {seen.source}", detail=here))
    return rows


CHECK = Check(
    name="addresses",
    layer="dns",
    summary="every A and AAAA record of each host",
    waits_for="answer from the resolver",
    driver_waits=("the resolver of the system", None),
    judges_after_s=JUDGES_AFTER_S,
    patient=True,
    run=run,
    per_host=True,
    needs=("uri", "srv"),
    summarise=lambda seen: plural(len(seen.addresses), "address"),
    lines=_lines,
)
