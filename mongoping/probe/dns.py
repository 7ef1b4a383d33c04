"""Query DNS with dnspython, and distinguish failures.

The system's resolver returns EAI_AGAIN for SERVFAIL, REFUSED, no reply and no resolver alike;
a query of our own distinguishes them. dnspython is imported late, because it takes about 50 ms,
and a ``mongodb://`` string that resolves does not need it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.model import Failure, FailureKind
from mongoping.observer import Stopwatch
from mongoping.probe.blocking import BlockingCall
from mongoping.probe.closed_resolvers import (
    CLOSED_AFTER_S,
    all_closed,
    are_closed,
    closed_port,
)
from mongoping.record import Record
from mongoping.tasks import CLOSING_S, wait_until_done

if TYPE_CHECKING:
    import dns.resolver
    from dns.asyncresolver import Resolver

DEFAULT_PORT = 53
RCODE_KINDS: Mapping[str, FailureKind] = {"REFUSED": "refused", "SERVFAIL": "servfail"}
MAX_SHOWN = 20  # records of one answer that an observer is shown
MAX_RECORDS = 200  # of one answer; more is kept out of the report, and counted


class Server(NamedTuple):
    """A name server of ``--resolver HOST[:PORT]``."""

    address: str
    port: int

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return address if self.port == DEFAULT_PORT else f"{address}:{self.port}"


def parse_server(text: str) -> Server:
    """Parse ``HOST[:PORT]`` with an IP address. Raises ValueError with a sentence for the user."""
    host, port = text, str(DEFAULT_PORT)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        if rest:
            port = rest[1:] if rest.startswith(":") else f"]{rest}"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address") from None
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port; give one between 1 and 65535")
    return Server(address, int(port))


def system_servers(path: str = "/etc/resolv.conf") -> tuple[str, ...]:
    """Return the name servers in this system's resolver configuration."""
    if sys.platform == "win32":
        return _registered_servers()
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return ()
    rows = (line.split() for line in text.splitlines())
    return tuple(row[1] for row in rows if len(row) > 1 and row[0] == "nameserver")


def _registered_servers() -> tuple[str, ...]:
    """Return the name servers of Windows, which dnspython reads from the registry."""
    import dns.exception
    import dns.resolver

    try:
        return tuple(map(str, dns.resolver.get_default_resolver().nameservers))
    except (dns.exception.DNSException, OSError):
        return ()


def search_domains(path: str = "/etc/resolv.conf") -> tuple[tuple[str, ...], int]:
    """Return the search domains of this system, and the ``ndots`` below which they come first.

    Source: resolv.conf(5).
    """
    domains: tuple[str, ...] = ()
    ndots = 1
    try:
        rows = [line.split() for line in Path(path).read_text(errors="replace").splitlines()]
    except OSError:
        return domains, ndots
    for row in rows:
        if len(row) > 1 and row[0] in ("search", "domain"):  # the last one counts
            domains = tuple(domain.lower().strip(".") for domain in row[1:] if domain.strip("."))
        for option in row[1:] if row[:1] == ["options"] else ():
            name, _, value = option.partition(":")
            if name == "ndots" and value.isascii() and value.isdigit():
                ndots = min(int(value), 15)
    return domains, ndots


def resolver(server: str | None) -> Resolver:
    """Return a resolver for ``server`` (``HOST[:PORT]``), else the system's, as PyMongo does.

    Raises ValueError for an invalid server, `dns.resolver.NoResolverConfiguration`
    if the system has no configuration.
    """
    import dns.asyncresolver

    if server is None:
        return dns.asyncresolver.get_default_resolver()
    name_server = parse_server(server)
    new_resolver = dns.asyncresolver.Resolver(configure=False)
    new_resolver.nameservers = [name_server.address]
    new_resolver.port = name_server.port
    return new_resolver


@contextlib.contextmanager
def system_override(server: str | None) -> Iterator[None]:
    """Send the driver's lookups, SRV and addresses alike, through ``server``.

    dnspython replaces ``socket.getaddrinfo``, which asyncio looks up at each call. This applies
    to the whole process: of several overrides, the last one is used, and the original function
    is restored after the last one has ended.
    """
    if server is None:
        yield
        return
    import dns.asyncresolver

    if not _OVERRIDES:
        _FORMER[:] = [dns.asyncresolver.default_resolver]
    own = (server, object())
    _OVERRIDES.append(own)
    _override(server)
    try:
        yield
    finally:
        _OVERRIDES.remove(own)
        _override(_OVERRIDES[-1][0] if _OVERRIDES else None)


_OVERRIDES: list[tuple[str, object]] = []
_FORMER: list[Any] = []


def _override(server: str | None) -> None:
    """Route this process's name lookups through a server; None restores the previous resolver."""
    import dns.asyncresolver
    import dns.resolver

    if server is None:
        dns.resolver.restore_system_resolver()
        dns.asyncresolver.default_resolver = _FORMER.pop()
        return
    setattr(dns.asyncresolver, "default_resolver", resolver(server))  # noqa: B010 - typed as None
    dns.resolver.override_system_resolver(_blocking_resolver(server))


def _blocking_resolver(server: str | None) -> dns.resolver.Resolver:
    """Return the counterpart of `resolver` for blocking calls. Raises the same errors."""
    import dns.resolver

    if server is None:
        return dns.resolver.get_default_resolver()
    name_server = parse_server(server)
    new_resolver = dns.resolver.Resolver(configure=False)
    new_resolver.nameservers, new_resolver.port = [name_server.address], name_server.port
    return new_resolver


class DnsAnswer(Record):
    """An answer (dnspython's rdata objects and the TTL in seconds), or a failure."""

    records: list[Any]
    ttl: int | None
    failure: Failure | None
    server: str | None


async def ask(name: str, kind: str, server: str | None, lifetime: float) -> DnsAnswer:
    """Ask for the records of one type; ``lifetime`` in seconds over all servers and tries."""
    stopwatch = Stopwatch("dns", server or "system")
    answer = await _ask(name, kind, server, lifetime)
    if stopwatch:
        records_text = ", ".join(map(str, answer.records[:MAX_SHOWN]))
        text = answer.failure.message if answer.failure is not None else records_text
        stopwatch.done(f"{name} {kind}: {text}")
    return answer


async def _ask(name: str, kind: str, server: str | None, lifetime: float) -> DnsAnswer:
    try:
        import dns.exception
        import dns.resolver
    except Exception as error:  # it is missing, or another file is imported in its place
        return DnsAnswer([], None, _import_failure(error), None)
    try:
        asking = resolver(server)
    except dns.resolver.NoResolverConfiguration as error:
        return DnsAnswer([], None, Failure("no-resolver", str(error)), None)
    asking_of = ", ".join(map(_server_text, asking.nameservers)) or None
    resolving = asyncio.ensure_future(
        asking.resolve(name, kind, lifetime=max(lifetime, 0.05), search=False)
    )
    try:
        await asyncio.wait({resolving}, timeout=min(CLOSED_AFTER_S, lifetime))
        if not resolving.done() and await all_closed(asking, name, kind):
            return DnsAnswer([], None, closed_port(asking, name, kind), asking_of)
        answer = await resolving
    except (dns.exception.DNSException, OSError) as error:
        return DnsAnswer([], None, failure_of(error, name, kind), asking_of)
    finally:
        resolving.cancel()
        await wait_until_done({resolving}, CLOSING_S)
    return _answer_of(answer, asking_of)


def ask_blocking(name: str, kind: str, server: str | None, lifetime: float) -> DnsAnswer:
    """Ask as `ask` does, without an event loop; block for ``lifetime`` seconds at most."""
    try:
        import dns.exception
        import dns.resolver
    except Exception as error:  # it is missing, or another file is imported in its place
        return DnsAnswer([], None, _import_failure(error), None)
    try:
        asking = _blocking_resolver(server)
    except dns.resolver.NoResolverConfiguration as error:
        return DnsAnswer([], None, Failure("no-resolver", str(error)), None)
    asking_of = ", ".join(map(_server_text, asking.nameservers)) or None

    def resolve() -> DnsAnswer:
        try:
            answer = asking.resolve(name, kind, lifetime=max(lifetime, 0.05), search=False)
        except (dns.exception.DNSException, OSError) as error:
            return DnsAnswer([], None, failure_of(error, name, kind), asking_of)
        return _answer_of(answer, asking_of)

    try:
        call = BlockingCall(resolve)
    except RuntimeError:  # this machine has no thread left
        return resolve()
    try:
        return call.result(min(CLOSED_AFTER_S, lifetime / 2))
    except TimeoutError:
        if are_closed(asking, name, kind):
            return DnsAnswer([], None, closed_port(asking, name, kind), asking_of)
    return call.result()


def _answer_of(answer: dns.resolver.Answer, asking_of: str | None) -> DnsAnswer:
    ttl = answer.rrset.ttl if answer.rrset is not None else None
    replies = answer.nameserver
    return DnsAnswer(
        list(answer)[:MAX_RECORDS], ttl, None, _server_text(replies) if replies else asking_of
    )


def _import_failure(error: Exception) -> Failure:
    """Return why dnspython cannot be imported. Re-raises unrelated errors."""
    from mongoping.shadowing import shadow_behind

    if (shadow := shadow_behind(error)) is not None:
        name, file = shadow
        return Failure("import", str(error), facts={"module": name, "shadowed_by": file})
    if isinstance(error, ImportError):
        return Failure("dependency-missing", str(error))
    raise error


def _server_text(server: Any) -> str:
    """Return a name server as ``HOST:PORT``; dnspython 2.4 and newer has ``Do53:127.0.0.1@53``."""
    return str(server).removeprefix("Do53:").partition("@")[0]


def failure_of(error: Any, name: str, kind: str) -> Failure:
    """Return the failure for an exception of dnspython, with the response of each name server."""
    import dns.name
    import dns.resolver

    facts: dict[str, Any] = {"name": name, "type": kind}
    match error:
        case OSError():
            return Failure("no-resolver", str(error), facts=facts)
        case dns.resolver.NXDOMAIN():
            return Failure("nxdomain", f"{name} does not exist", facts=facts)
        case dns.resolver.NoAnswer():
            return Failure(
                "no-data", f"{name} exists, without a record of type {kind}", facts=facts
            )
        case dns.resolver.LifetimeTimeout():
            facts["attempts"] = _attempts(error)
            return Failure("timeout", "no answer from the resolver", facts=facts)
        case dns.resolver.NoNameservers():
            attempts = facts["attempts"] = _attempts(error)
            replies = {str(attempt["said"]) for attempt in attempts if attempt["said"]}
            for rcode, reason in RCODE_KINDS.items():
                if any(rcode in words for words in replies):
                    return Failure(reason, f"the resolver answered {rcode}", facts=facts)
            if any("refused" in reply.lower() or "Errno 111" in reply for reply in replies):
                return Failure("unreachable-resolver", "; ".join(sorted(replies)), facts=facts)
            if any("CNAME chain" in reply for reply in replies):
                facts["chain"] = True
            return Failure("resolver-failed", "; ".join(sorted(replies)) or str(error), facts=facts)
        case dns.name.LabelTooLong() | dns.name.EmptyLabel() | dns.name.NameTooLong():
            return Failure("bad-name", f"{name} is no DNS name", facts=facts)
        case _:
            return Failure("resolver-failed", f"{type(error).__name__}: {error}", facts=facts)


def _attempts(error: Any) -> list[dict[str, Any]]:
    """Return the response of each name server, from the attempts in the exception."""
    rows = []
    for attempt in (error.kwargs.get("errors") or [])[:10]:
        server, tcp, port, problem = attempt[0], attempt[1], attempt[2], attempt[3]
        rows.append(
            {"server": _server_text(server), "port": port, "tcp": bool(tcp), "said": str(problem)}
        )
    return rows
