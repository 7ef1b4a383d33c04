"""Compare the evidence with each expectation. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from mongoping import measurements
from mongoping.measurements import sessions
from mongoping.measurements import topology as topology_of
from mongoping.observations import hellos, observation
from mongoping.probe.roles import WRITABLE_TYPES
from mongoping.smoke.measures import Concerns, Rights
from mongoping.units import plural

if TYPE_CHECKING:
    from mongoping.model import Diagnosis, Evidence, Member, Topology
    from mongoping.model.measurements import Measurement
    from mongoping.observations import AuthFacts
    from mongoping.settings import Quantity
    from mongoping.smoke.values import Range

FRIENDLY: Mapping[str, tuple[str, ...]] = {
    "standalone": ("Single",),
    "replica-set": ("ReplicaSetWithPrimary", "ReplicaSetNoPrimary"),
    "sharded": ("Sharded",),
    "load-balanced": ("LoadBalanced",),
}
MAX_NAMED = 5  # members in one sentence


class Comparison(NamedTuple):
    """The result of an expectation: a text, and whether it is met; None if unknown."""

    text: str
    met: bool | None


def _unknown_value(why: str) -> Comparison:
    return Comparison(f"not known: {why}", None)


def _members(members_topology: Topology) -> list[Member]:
    """Return the members of the set, without seeds that it does not list."""
    return [
        member
        for member in members_topology.members
        if member.advertised or not members_topology.set_name
    ]


def server(evidence: Evidence, diagnosis: Diagnosis, requirement: Range) -> Comparison:
    """Compare the version of every server that replied."""
    replies = hellos(evidence)
    if not replies:
        return _unknown_value("no server answered")
    versions = {
        host: hello.version for host, hello in replies.items() if hello.role != "load-balancer"
    }
    silent = [host for host, version in versions.items() if not _release(version)]
    if silent:
        return _unknown_value(f"{silent[0]} does not state its version")
    text = ", ".join(dict.fromkeys(str(version) for version in versions.values()))
    return Comparison(
        text, all(requirement.holds(_release(version)) for version in versions.values())
    )


def _release(text: str | None) -> tuple[int, ...]:
    """Return the numbers of a version; empty if it is not one."""
    parts = (text or "").partition("-")[0].split(".")
    return (
        tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()
    )


def topology(evidence: Evidence, diagnosis: Diagnosis, requirement: str) -> Comparison:
    """Compare the driver's name for the type of the deployment."""
    topology_facts = topology_of(evidence)
    if topology_facts is None or topology_facts.type == "Unknown":
        return _unknown_value("no server replied to the driver")
    alone = topology_facts.type == "Single" and topology_facts.set_name
    text = (
        f"{topology_facts.type}, one member of {topology_facts.set_name}"
        if alone
        else topology_facts.type
    )
    is_met = topology_facts.type in FRIENDLY.get(requirement, (requirement,)) and not (
        alone and requirement == "standalone"
    )
    return Comparison(text, is_met)


def members(evidence: Evidence, diagnosis: Diagnosis, requirement: Range) -> Comparison:
    """Compare the number of members in the set, reachable or not."""
    topology_facts = topology_of(evidence)
    if topology_facts is None or not any(member.reachable for member in topology_facts.members):
        return _unknown_value("no server answered")
    count = len(_members(topology_facts))
    return Comparison(str(count), requirement.holds((count,)))


def primary(evidence: Evidence, diagnosis: Diagnosis, requirement: bool) -> Comparison:
    """Return whether the driver knows a server that it can write to."""
    driver = observation(evidence, "driver")
    if driver is None:
        return _unknown_value("the driver check was skipped")
    for server in driver.servers:
        if server.type in WRITABLE_TYPES:
            return Comparison(server.address, True)
    return Comparison("none", False)


def all_reachable(evidence: Evidence, diagnosis: Diagnosis, requirement: bool) -> Comparison:
    """Return whether every member and every seed can be reached."""
    topology_facts = topology_of(evidence)
    if topology_facts is None or not topology_facts.members:
        return _unknown_value("no member is known")
    missing = [member.host for member in topology_facts.members if not member.reachable]
    if not missing:
        return Comparison(f"{plural(len(topology_facts.members), 'member')} reachable", True)
    names = ", ".join(missing[:MAX_NAMED]) + (" ..." if len(missing) > MAX_NAMED else "")
    return Comparison(
        f"{len(missing)} of {len(topology_facts.members)} cannot be reached: {names}", False
    )


def stable_api(evidence: Evidence, diagnosis: Diagnosis, requirement: bool) -> Comparison:
    """Return whether the server refuses an API version that does not exist."""
    facts = observation(evidence, "api")
    if facts is None or facts.enforced is None:
        return _unknown_value("the server could not be reached")
    return Comparison("enforced" if facts.enforced else "ignored by the server", facts.enforced)


def _without_tls(evidence: Evidence) -> Comparison:
    if (
        evidence.of("hello")
        and any(result.ok for result in evidence.of("hello"))
        and not evidence.tls
    ):
        return Comparison("no TLS", False)
    return _unknown_value("no handshake succeeded")


def tls_version(evidence: Evidence, diagnosis: Diagnosis, requirement: str) -> Comparison:
    """Compare the lowest TLS version agreed with any host."""
    versions = [session.version for session in sessions(evidence).values()]
    agreed_versions = {version.removeprefix("TLSv") for version in versions if version}
    if not agreed_versions:
        return _without_tls(evidence)
    order = {"1": 0, "1.0": 0, "1.1": 1, "1.2": 2, "1.3": 3}
    lowest = min(agreed_versions, key=lambda version: order.get(version, -1))
    return Comparison(f"TLS {lowest}", order.get(lowest, -1) >= order[requirement])


def certificate_days(evidence: Evidence, diagnosis: Diagnosis, requirement: float) -> Comparison:
    """Compare the certificate that expires first."""
    measurement = measurements.certificate_days(evidence)
    if not measurement.applies:
        return Comparison(measurement.text, False)
    return _compare(measurement, lambda value: value >= requirement)


def _auth(evidence: Evidence) -> AuthFacts | None:
    result = evidence.result("auth")
    return result.data if result is not None and result.ok else None


def user(evidence: Evidence, diagnosis: Diagnosis, requirement: str) -> Comparison:
    """Compare the user that the connection is authenticated as."""
    facts = _auth(evidence)
    if facts is None:
        return _unknown_value("no login was made")
    if facts.as_user is None:
        return Comparison("none: there was no login", False)
    return Comparison(
        facts.as_user, requirement in (facts.as_user, facts.as_user.rpartition("@")[0])
    )


def roles(evidence: Evidence, diagnosis: Diagnosis, requirement: tuple[str, ...]) -> Comparison:
    """Return whether the user has all of these roles."""
    facts = _auth(evidence)
    if facts is None:
        return _unknown_value("no login was made")
    if facts.as_user is None:
        return Comparison("no login, and no roles", False)
    return Comparison(", ".join(facts.roles) or "none", set(requirement) <= set(facts.roles))


def privileges(
    evidence: Evidence, diagnosis: Diagnosis, requirement: tuple[str, ...]
) -> Comparison:
    """Return whether the user may perform each action on its database."""
    from mongoping.checks.auth import is_allowed

    rights = evidence.data("rights")
    if not isinstance(rights, Rights):
        return _unknown_value("no login was made")
    if rights.problem is not None:
        return _unknown_value(rights.problem)
    if rights.anyone:
        return Comparison("all: the server has no access control", True)
    missing = []
    for privilege in requirement:
        action, _, database = privilege.partition("@")
        if not is_allowed(rights.privileges, database, action):
            missing.append(privilege)
    return Comparison(f"missing: {', '.join(missing)}" if missing else "all of them", not missing)


def read_concern(evidence: Evidence, diagnosis: Diagnosis, requirement: str) -> Comparison:
    """Compare the connection string's value, or the default of the deployment."""
    own = evidence.options.get("readConcernLevel")
    if own is not None:
        return Comparison(f"{own} (connection string)", str(own) == requirement)
    return _default(evidence.data("concerns"), "read", requirement)


def write_concern(evidence: Evidence, diagnosis: Diagnosis, requirement: str) -> Comparison:
    """Compare the connection string's value, or the default of the deployment."""
    own = evidence.options.get("w")
    if own is not None:
        return Comparison(f"{own} (connection string)", str(own) == requirement)
    return _default(evidence.data("concerns"), "write", requirement)


def _default(
    default_value: object, which: Literal["read", "write"], requirement: str
) -> Comparison:
    if not isinstance(default_value, Concerns):
        return _unknown_value("the server was not asked")
    if default_value.problem is not None:
        return _unknown_value(default_value.problem)
    value = default_value.read if which == "read" else default_value.write
    return Comparison(f"{value} (the deployment's default)", value == requirement)


def percentile(name: Quantity) -> Callable[[Evidence, Diagnosis, float], Comparison]:
    """Return a comparison for a percentile of the pings in milliseconds; none may be lost."""

    def find(evidence: Evidence, diagnosis: Diagnosis, requirement: float) -> Comparison:
        measurement = measurements.percentile(evidence, name)
        return _compare(measurement, lambda value: value * 1000 <= requirement)

    return find


def connect(evidence: Evidence, diagnosis: Diagnosis, requirement: float) -> Comparison:
    """Compare the time for DNS, TCP, TLS and hello of the slowest host that replied."""
    measurement = measurements.connect(evidence)
    return _compare(measurement, lambda value: value * 1000 <= requirement)


def lag(evidence: Evidence, diagnosis: Diagnosis, requirement: float) -> Comparison:
    """Compare the secondary that is furthest behind, without hidden and delayed ones."""
    measurement = measurements.lag(evidence)
    if not measurement.applies:
        return Comparison(measurement.text, True)
    return _compare(measurement, lambda value: value <= requirement)


def _compare(measurement: Measurement, holds: Callable[[float], bool]) -> Comparison:
    """Return the comparison of a figure; it is unknown if the figure was not measured."""
    return (
        _unknown_value(measurement.text)
        if measurement.value is None
        else Comparison(measurement.text, holds(measurement.value))
    )


def clock_skew(evidence: Evidence, diagnosis: Diagnosis, requirement: float) -> Comparison:
    """Compare the server whose clock differs most from ours."""
    replies = hellos(evidence)
    skews = [hello.skew_s for hello in replies.values() if hello.skew_s is not None]
    if not skews or len(skews) < len(replies):
        return _unknown_value("a server does not report its time")
    widest = max(skews, key=abs)
    return Comparison(f"{widest:+.1f} s", abs(widest) <= requirement)


def no_warnings(evidence: Evidence, diagnosis: Diagnosis, requirement: bool) -> Comparison:
    """Return whether the report has no warnings."""
    causes = [finding.cause for finding in diagnosis.findings if finding.severity == "warning"]
    if not causes:
        return Comparison("no warning", True if diagnosis.verdict is None else None)
    return Comparison(", ".join(dict.fromkeys(causes)), False)
