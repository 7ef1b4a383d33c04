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
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.escape import clip
from mongoping.model import Failure
from mongoping.observer import Stopwatch
from mongoping.probe.blocking import BlockingCall
from mongoping.probe.closed_resolvers import (
    CLOSED_AFTER_S,
    all_closed,
    are_closed,
    closed_port,
    is_address,
)
from mongoping.probe.dns_failures import failure_of, server_text
from mongoping.record import Record
from mongoping.tasks import CLOSING_S, wait_until_done

if TYPE_CHECKING:
    import dns.resolver
    from dns.asyncresolver import Resolver

DEFAULT_PORT = 53
MAX_SHOWN = 20  # records of one answer that an observer is shown
MAX_INVALID, MAX_INVALID_CHARS = 3, 80  # entries of resolv.conf that are no addresses
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
    except (dns.resolver.NoResolverConfiguration, ValueError) as error:
        return DnsAnswer([], None, _unusable(error, name, kind), None)
    asking_of = ", ".join(map(server_text, asking.nameservers)) or None
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
    except (dns.resolver.NoResolverConfiguration, ValueError) as error:
        return DnsAnswer([], None, _unusable(error, name, kind), None)
    asking_of = ", ".join(map(server_text, asking.nameservers)) or None

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
        list(answer)[:MAX_RECORDS], ttl, None, server_text(replies) if replies else asking_of
    )


def _unusable(error: Exception, name: str, kind: str) -> Failure:
    """Return why there is no resolver: no configuration, or a name server that is no address.

    dnspython raises ValueError for the second, and so does a program that resolves SRV records.
    """
    facts: dict[str, Any] = {"name": name, "type": kind}
    if invalid := [text for text in system_servers() if not is_address(text)]:
        facts["invalid"] = [clip(text, MAX_INVALID_CHARS) for text in invalid[:MAX_INVALID]]
    return Failure("no-resolver", clip(str(error)), facts=facts)


def _import_failure(error: Exception) -> Failure:
    """Return why dnspython cannot be imported. Re-raises unrelated errors."""
    from mongoping.shadowing import shadow_behind

    if (shadow := shadow_behind(error)) is not None:
        name, file = shadow
        return Failure("import", str(error), facts={"module": name, "shadowed_by": file})
    if isinstance(error, ImportError):
        return Failure("dependency-missing", str(error))
    raise error
