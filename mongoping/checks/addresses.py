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
from typing import TYPE_CHECKING, Any

from mongoping.model import Check, Failure, Host, Line, Outcome
from mongoping.record import Record
from mongoping.words import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.context import Context

OWN_QUESTION_AFTER_S = 1.0  # getaddrinfo gives no word of why it waits
ASIDE_S = 0.3  # for a question that only makes the advice better
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


def literal(host: Host) -> Address | None:
    """The address of a host that needs no lookup, or None."""
    if host.is_socket:
        return Address(host.name, "unix")
    try:
        version = ipaddress.ip_address(host.name).version
    except ValueError:
        return None
    if "%" in host.name:  # whether there is such a zone, only the system knows
        return None
    return Address(host.name, f"ipv{version}")


def _sorted(found: Sequence[Any], name: str) -> tuple[Address, ...]:
    rows: dict[str, Address] = {}
    for family, _, _, _, address in found:
        word = "ipv6" if family == socket.AF_INET6 else "ipv4"
        driver = word == "ipv4" or name != "localhost"
        rows.setdefault(str(address[0]), Address(str(address[0]), word, driver))
    return tuple(sorted(rows.values(), key=lambda one: not one.driver))[:MAX_ADDRESSES]


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
        found = answer[0]
        if ctx.settings.preset == "local" and host.name == "localhost":
            found += _other_ways(found, host.port)
        seen = AddressesSeen(found, answer[1], answer[2], duration_ms=ctx.elapsed_ms(began))
    if not all(_is_local(address) for address in seen.addresses):
        ctx.driver.start_import()  # there is a network to wait for meanwhile
    return Outcome(seen)


async def _has_srv(ctx: Context, host: Host, failure: Failure) -> Failure:
    """Note whether a name without an address is one for mongodb+srv://."""
    alone = len(ctx.target.hosts) == 1 and not ctx.target.srv and "." in host.name
    if failure.kind not in ("nxdomain", "no-data") or not alone:
        return failure
    from mongoping.probe.dns import ask

    name = f"_mongodb._tcp.{host.name}"
    asked = await ask(name, "SRV", ctx.settings.resolver, min(ASIDE_S, ctx.remaining()))
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
    if address.family == "unix":
        return True
    try:
        return ipaddress.ip_address(address.text.partition("%")[0]).is_loopback
    except ValueError:
        return False


Answer = tuple[tuple[Address, ...], str, str | None]


async def _by_system(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import system_servers

    loop = asyncio.get_running_loop()
    asking = asyncio.ensure_future(loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM))
    cap = ctx.remaining()
    began = ctx.clock()
    await asyncio.wait({asking}, timeout=min(OWN_QUESTION_AFTER_S, cap))
    if not asking.done():  # ask the DNS as well, while the system goes on waiting
        own = asyncio.ensure_future(_why(host, None, cap - OWN_QUESTION_AFTER_S))
        await asyncio.wait({asking}, timeout=cap - (ctx.clock() - began))
        if not asking.done():
            asking.cancel()
            why = own.result() if own.done() and not own.cancelled() else None
            own.cancel()
            return why or Failure("timeout", f"no answer in {cap:.1f} s", facts={"name": host.name})
        own.cancel()
    try:
        found = asking.result()
    except (OSError, UnicodeError) as error:
        return await _explain(ctx, host, error)
    return _sorted(found, host.name), "system", ", ".join(system_servers()) or None


async def _explain(ctx: Context, host: Host, error: OSError | UnicodeError) -> Failure:
    """Why ``getaddrinfo`` failed: its own symbol, and what the DNS says of it."""
    if not isinstance(error, socket.gaierror):
        return Failure(
            "bad-name", f"{host.name} is no host name: {error}", facts={"name": host.name}
        )
    symbol = next(
        (
            name
            for name in dir(socket)
            if name.startswith("EAI_") and getattr(socket, name) == error.errno
        ),
        None,
    )
    message = error.strerror or str(error)
    facts = {"name": host.name, "symbol": symbol}
    if symbol in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY"):
        kind = "nxdomain" if symbol == "EAI_NONAME" else "no-data"
        return Failure(kind, message, errno=symbol, facts=facts)
    why = await _why(host, ctx.settings.resolver, min(ctx.remaining(), 2.5))
    if why is None:
        return Failure("resolver-failed", message, errno=symbol, facts=facts)
    return Failure(why.kind, why.message, errno=symbol, facts={**facts, **why.facts})


async def _why(host: Host, server: str | None, lifetime: float) -> Failure | None:
    from mongoping.probe.dns import ask

    return (await ask(host.name, "A", server, lifetime)).failure


async def _by_dns(ctx: Context, host: Host) -> Answer | Failure:
    from mongoping.probe.dns import ask

    server, lifetime = ctx.settings.resolver, ctx.remaining()
    four, six = await asyncio.gather(
        ask(host.name, "A", server, lifetime), ask(host.name, "AAAA", server, lifetime)
    )
    rows = [Address(str(record), "ipv4") for record in four.records]
    rows += [Address(str(record), "ipv6", host.name != "localhost") for record in six.records]
    if rows:
        return tuple(rows[:MAX_ADDRESSES]), "dns", server
    failure = four.failure
    if failure is None or (failure.kind == "no-data" and six.failure):
        failure = six.failure if six.failure and six.failure.kind != "no-data" else four.failure
    return failure or Failure("no-data", f"{host.name} has no address")


def _lines(seen: AddressesSeen) -> list[Line]:
    words = ", ".join(address.text for address in seen.addresses)
    if seen.source == "literal":
        return [Line("", words)]
    rows = [Line("", f"{words}  {milliseconds(seen.duration_ms)}")]
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
    patient=True,
    run=run,
    per_host=True,
    needs=("uri", "srv"),
    summarise=lambda seen: plural(len(seen.addresses), "address"),
    lines=_lines,
)
