"""Seeds and addresses from the DNS, by dnspython and without a loop."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from mongoping.model import Host

if TYPE_CHECKING:
    from mongoping.target import Target

MAX_SEEDS = 60
LIFETIME_S = 3.0


class LookupFailedError(Exception):
    """What the DNS did not give; ``kind`` is the second half of a cause's code."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def seeds(target: Target, resolver: str | None, lifetime: float) -> list[Host]:
    """The hosts of the SRV record. Raises `LookupFailedError`."""
    name = target.srv_name or ""
    service = target.options.get("srvServiceName") or "mongodb"
    records = _ask(f"_{service}._tcp.{name}", "SRV", resolver, lifetime, "srv-not-found")
    found = [Host(str(one.target).rstrip(".").lower(), int(one.port)) for one in records]
    if not found:
        raise LookupFailedError("srv-empty", f"{name} has no SRV record")
    labels = name.lower().split(".")
    parent = "." + ".".join(labels[1:] if len(labels) > 2 else labels)
    for one in found:
        if not one.name.endswith(parent):
            words = f"{one.name} is not within {parent.lstrip('.')}"
            raise LookupFailedError("srv-parent-domain-mismatch", words)
    return found[:MAX_SEEDS]


def addresses(name: str, resolver: str) -> list[tuple[int, str]]:
    """IPv4 and IPv6 addresses by a resolver of the user's own. Raises `LookupFailedError`."""
    found: list[tuple[int, str]] = []
    problem: LookupFailedError | None = None
    for kind, family in (("A", socket.AF_INET), ("AAAA", socket.AF_INET6)):
        try:
            records = _ask(name, kind, resolver, LIFETIME_S, "host-not-found")
        except LookupFailedError as error:
            problem = problem or error
            continue
        found += [(family, one.address) for one in records]
    if not found:
        raise problem or LookupFailedError("host-not-found", f"{name} has no address")
    return found


def _ask(name: str, kind: str, server: str | None, lifetime: float, missing: str) -> list[Any]:
    import dns.exception
    import dns.resolver

    try:
        asking = _resolver(server)
        return list(asking.resolve(name, kind, lifetime=lifetime, search=False))
    except dns.resolver.NXDOMAIN:
        raise LookupFailedError(missing, f"{name} does not exist") from None
    except dns.resolver.NoAnswer:
        kind_of = "srv-empty" if kind == "SRV" else missing
        raise LookupFailedError(kind_of, f"{name} has no record of type {kind}") from None
    except dns.resolver.NoResolverConfiguration as error:
        raise LookupFailedError("resolver-config", str(error)) from None
    except dns.exception.Timeout:
        raise LookupFailedError("timeout", f"no answer for {name} from the resolver") from None
    except dns.exception.DNSException as error:
        words = f"{name}: {type(error).__name__}"
        raise LookupFailedError("resolver-failed", words) from None


def _resolver(server: str | None) -> Any:
    import dns.resolver

    if server is None:
        return dns.resolver.get_default_resolver()
    from mongoping.probe.dns import parse_server

    chosen = parse_server(server)
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = [chosen.address], chosen.port
    return made
