"""Questions to the DNS by dnspython, with the failure taken apart.

The system's own resolver says EAI_AGAIN for SERVFAIL, REFUSED, silence and no resolver
alike; asking the DNS oneself tells them apart. dnspython is imported late: it costs some
50 ms, and a ``mongodb://`` string that resolves never needs it.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.model import Failure

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

DEFAULT_PORT = 53
MAX_RECORDS = 200  # of one answer; more is kept out of the report, and counted


class Server(NamedTuple):
    """A name server of ``--resolver HOST[:PORT]``."""

    address: str
    port: int

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return shown if self.port == DEFAULT_PORT else f"{shown}:{self.port}"


def parse_server(text: str) -> Server:
    """``HOST[:PORT]`` with a literal address; raises ValueError in words for a user."""
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
        raise ValueError(f"{host!r} is not an IP address; a resolver is named by address") from None
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port; give one between 1 and 65535")
    return Server(address, int(port))


def system_servers(path: str = "/etc/resolv.conf") -> tuple[str, ...]:
    """The name servers that this system's resolver asks, where it keeps them in a file."""
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return ()
    rows = (line.split() for line in text.splitlines())
    return tuple(row[1] for row in rows if len(row) > 1 and row[0] == "nameserver")


def resolver(server: str | None) -> Resolver:
    """A resolver for ``server`` (``HOST[:PORT]``), else the one of dnspython, as PyMongo has it.

    Raises ValueError for a server that is none, `dns.resolver.NoResolverConfiguration`
    where the system has no configuration.
    """
    import dns.asyncresolver

    if server is None:
        return dns.asyncresolver.get_default_resolver()
    chosen = parse_server(server)
    made = dns.asyncresolver.Resolver(configure=False)
    made.nameservers = [chosen.address]
    made.port = chosen.port
    return made


@contextlib.contextmanager
def system_override(server: str | None) -> Iterator[None]:
    """Send the driver's lookups, SRV and addresses alike, through ``server``.

    dnspython replaces ``socket.getaddrinfo``, which asyncio looks up at each call.
    """
    if server is None:
        yield
        return
    import dns.asyncresolver
    import dns.resolver

    chosen = parse_server(server)
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = [chosen.address], chosen.port
    former = dns.asyncresolver.default_resolver
    setattr(dns.asyncresolver, "default_resolver", resolver(server))  # noqa: B010 - typed as None
    dns.resolver.override_system_resolver(made)
    try:
        yield
    finally:
        dns.resolver.restore_system_resolver()
        dns.asyncresolver.default_resolver = former


class Asked(NamedTuple):
    """An answer (dnspython's rdata objects and the TTL in seconds), or a failure."""

    records: list[Any]
    ttl: int | None
    failure: Failure | None
    server: str | None


async def ask(name: str, kind: str, server: str | None, lifetime: float) -> Asked:
    """Ask for the records of one type; ``lifetime`` in seconds over all servers and tries."""
    try:
        import dns.exception
        import dns.resolver
    except ImportError as error:
        return Asked([], None, Failure("dependency-missing", str(error)), None)
    try:
        asking = resolver(server)
    except dns.resolver.NoResolverConfiguration as error:
        return Asked([], None, Failure("no-resolver", str(error)), None)
    asking_of = ", ".join(map(str, asking.nameservers)) or None
    try:
        answer = await asking.resolve(name, kind, lifetime=max(lifetime, 0.05), search=False)
    except dns.exception.DNSException as error:
        return Asked([], None, failure_of(error, name, kind), asking_of)
    except OSError as error:
        return Asked([], None, Failure("no-resolver", str(error)), asking_of)
    ttl = answer.rrset.ttl if answer.rrset is not None else None
    return Asked(list(answer)[:MAX_RECORDS], ttl, None, answer.nameserver or asking_of)


def failure_of(error: Any, name: str, kind: str) -> Failure:
    """dnspython's exception as facts: who was asked, and what each of them said."""
    import dns.name
    import dns.resolver

    facts: dict[str, Any] = {"name": name, "type": kind}
    match error:
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
            said = {str(attempt["said"]) for attempt in attempts if attempt["said"]}
            for word in ("REFUSED", "SERVFAIL"):
                if any(word in one for one in said):
                    return Failure(word.lower(), f"the resolver answered {word}", facts=facts)
            if any("refused" in one.lower() or "Errno 111" in one for one in said):
                return Failure("unreachable-resolver", "; ".join(sorted(said)), facts=facts)
            return Failure("resolver-failed", "; ".join(sorted(said)) or str(error), facts=facts)
        case dns.name.LabelTooLong() | dns.name.EmptyLabel() | dns.name.NameTooLong():
            return Failure("bad-name", f"{name} is no DNS name", facts=facts)
        case _:
            return Failure("resolver-failed", f"{type(error).__name__}: {error}", facts=facts)


def _attempts(error: Any) -> list[dict[str, Any]]:
    """What each name server answered: dnspython keeps every attempt in the exception."""
    rows = []
    for attempt in (error.kwargs.get("errors") or [])[:10]:
        server, tcp, port, problem = attempt[0], attempt[1], attempt[2], attempt[3]
        # "Do53:127.0.0.1@53" since dnspython 2.4, the bare address before
        address = str(server).removeprefix("Do53:").partition("@")[0]
        rows.append({"server": address, "port": port, "tcp": bool(tcp), "said": str(problem)})
    return rows
