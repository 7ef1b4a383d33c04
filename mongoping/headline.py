"""Summarize what the driver is connected to, for the first lines of a healthy report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.model.headline import Headline
from mongoping.model.kinds import SERVICES
from mongoping.observations import hellos, observation
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.model import Evidence, Topology
    from mongoping.observations import HelloFacts, TlsFacts

GENERIC = {"Sharded": "sharded cluster", "LoadBalanced": "load balancer"}


def headline(evidence: Evidence) -> Headline | None:
    """Return the deployment in short, or None if no server answered hello."""
    replies = hellos(evidence)
    members = observation(evidence, "members")
    if not replies or members is None:
        return None
    handshakes: list[TlsFacts] = [result.data for result in evidence.of("tls") if result.ok]
    days = [tls_facts.days_left for tls_facts in handshakes if tls_facts.days_left is not None]
    versions = sorted({tls_facts.version for tls_facts in handshakes if tls_facts.version})
    name, facts = _name_and_facts(members.topology, replies)
    return Headline(
        name=name,
        product=_product([*replies.values()]),
        facts=facts,
        tls=tuple(version.replace("TLSv", "TLS ") for version in versions),
        certificate_days=min(days, default=None),
        user=_user(evidence),
    )


def interpreter(evidence: Evidence) -> str | None:
    """Return what is known of the program's Python, in one phrase; None if there is none.

    If another Python was found and not named, the phrase says how to try it, once the deployment
    works here.
    """
    facts = observation(evidence, "program")
    if facts is not None:
        return facts.sentence()
    ping = evidence.result("ping")
    if ping is None or not ping.ok:
        return None
    compat = observation(evidence, "compat")
    python = compat.project_python if compat is not None else None
    if python is None:
        return None
    return f"not tried: {python.path} (from {python.found_by}); add --python auto"


def _product(replies: Sequence[HelloFacts]) -> str:
    """Return the product with its version, or with all versions if members differ."""
    reply = replies[0]
    product = SERVICES.get(reply.flavour, "MongoDB")
    if any(reply.doubts for reply in replies):
        product = "not MongoDB, claims"
    versions = sorted({reply.version for reply in replies if reply.version})
    place = " (Atlas)" if reply.flavour == "atlas" else ""
    return f"{product} {' and '.join(versions[:2])}".strip() + place


def _name_and_facts(
    topology: Topology, replies: Mapping[str, HelloFacts]
) -> tuple[str, tuple[str, ...]]:
    """Return what the deployment is called, and its members."""
    hosts = [member.host for member in topology.members]
    primary = next((member.host for member in topology.members if member.role == "primary"), None)
    if topology.type.startswith("ReplicaSet"):
        role = f"primary {primary}" if primary else "no primary"
        return topology.set_name or "replica set", (plural(len(hosts), "member"), role)
    if topology.type in GENERIC:
        return GENERIC[topology.type], (*([f"{len(hosts)} mongos"] if len(hosts) > 1 else hosts),)
    host, reply = next(iter(replies.items()))
    if reply.set_name:
        return reply.set_name, (f"{reply.role} {host}, directly",)
    return host, (reply.role,)


def _user(evidence: Evidence) -> str | None:
    auth = observation(evidence, "auth")
    if auth is None or not auth.as_user:
        return None
    user = auth.as_user
    return user if "@" in user else f"{user}@{auth.source}"
