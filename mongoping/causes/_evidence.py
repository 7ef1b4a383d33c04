"""Questions that several causes ask of the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mongoping.model import Evidence, Failure
from mongoping.observations import hellos as hellos
from mongoping.observations import observation
from mongoping.uri.host import Host
from mongoping.uri.hosts import is_atlas as is_atlas
from mongoping.uri.hosts import is_loopback as is_loopback

if TYPE_CHECKING:
    from mongoping.observations import (
        AddressesFacts,
        ApiFacts,
        AtlasFacts,
        AuthFacts,
        DriverFacts,
        HelloFacts,
        ImportFacts,
        MemberAnswer,
        MembersFacts,
        SetStatusFacts,
        SrvFacts,
        TcpFacts,
        TlsFacts,
    )


def srv(evidence: Evidence) -> SrvFacts | None:
    return observation(evidence, "srv")


def addresses(evidence: Evidence, host: str | None) -> AddressesFacts | None:
    return observation(evidence, "addresses", host)


def tcp(evidence: Evidence, host: str | None) -> TcpFacts | None:
    return observation(evidence, "tcp", host)


def tls(evidence: Evidence, host: str | None) -> TlsFacts | None:
    return observation(evidence, "tls", host)


def hello(evidence: Evidence, host: str | None) -> HelloFacts | None:
    """Return the hello of a host that completed it, else None."""
    result = evidence.result("hello", host)
    return result.data if result is not None and result.ok else None


def driver(evidence: Evidence) -> DriverFacts | None:
    return observation(evidence, "driver")


def driver_works(evidence: Evidence) -> bool:
    """Return whether AsyncMongoClient found a deployment that it can use."""
    result = evidence.result("driver")
    return result is not None and result.ok


def import_facts(evidence: Evidence) -> ImportFacts | None:
    return observation(evidence, "import")


def api(evidence: Evidence) -> ApiFacts | None:
    return observation(evidence, "api")


def atlas(evidence: Evidence) -> AtlasFacts | None:
    """Return what the Atlas API said, where it was asked."""
    return observation(evidence, "atlas")


def auth(evidence: Evidence) -> AuthFacts | None:
    return observation(evidence, "auth")


def members(evidence: Evidence) -> MembersFacts | None:
    return observation(evidence, "members")


def set_status(evidence: Evidence) -> SetStatusFacts | None:
    """Return what the set says of members without a role, where it was asked."""
    return observation(evidence, "set-status")


def answers(evidence: Evidence, host: str) -> tuple[MemberAnswer, ...]:
    """Return which servers answered on several connections to one address."""
    topology = members(evidence)
    return topology.answers.get(host, ()) if topology is not None else ()


def strangers(evidence: Evidence) -> dict[str, str]:
    """Map each member name that leads to a different server here to the host that has it.

    A name is proven to lead elsewhere in two ways. The member that calls itself by it still
    answers at its own address, with another process. Or what answers at the name belongs to
    another set, or to none; a member without a configuration does not count for that.
    """
    hellos_by_host = hellos(evidence)
    wrong: dict[str, str] = {}
    for host, hello in hellos_by_host.items():
        for name in map(str, hello.advertised):
            other = hellos_by_host.get(name)
            if other is None or name == host:
                continue
            itself = hello.me is not None and hello.me.lower() == name
            if itself and hello.process and other.process:
                late = answers(evidence, host)
                same_process = not late or late[-1].process == hello.process
                if other.process != hello.process and same_process:
                    wrong[name] = host
            elif other.set_name != hello.set_name and other.role != "uninitialized":
                wrong[name] = host
    return wrong


def is_advertised(evidence: Evidence, host: str) -> bool:
    """Return whether a member that answered lists this host as one of its set."""
    return any(
        host in (name.lower() for name in (*hello.hosts, *hello.passives, *hello.arbiters))
        for hello in hellos(evidence).values()
    )


def is_seed(evidence: Evidence, host: str) -> bool:
    return host in evidence.seed_names


def host_of(evidence: Evidence, name: str) -> Host:
    """Return the `Host` with this name."""
    return next(host for host in evidence.hosts if str(host) == name)


def name_failures(evidence: Evidence) -> Iterator[tuple[str | None, Failure]]:
    """Yield every failed lookup: of the SRV name (None), and of each seed that is a host name."""
    result = evidence.result("srv")
    if result is not None and result.failure is not None:
        yield None, result.failure
    for result in evidence.of("addresses"):
        if result.failure is not None:
            yield result.host, result.failure


def quote_reply(evidence: Evidence, host: str) -> str:
    """Return what a peer that is not MongoDB sent: its first bytes, or its answer to HTTP."""
    facts = tls(evidence, host)
    if facts is not None and facts.first_bytes:
        return facts.first_bytes
    if facts is not None and facts.http:
        return facts.http
    for check in ("hello", "tls"):
        failure = evidence.failure(check, host)
        if failure is not None and failure.facts.get("head"):
            return str(failure.facts["head"])
        if failure is not None and failure.facts.get("http"):
            return str(failure.facts["http"])
    return ""
