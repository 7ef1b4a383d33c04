"""Decide whether a deployment is ready to a given depth. Pure.

Each depth includes the previous ones:

* ``tcp``: a host accepts connections, which may be any kind of server;
* ``hello``: a server that the driver can talk to answers;
* ``primary``: the driver knows a writable member;
* ``auth``: the login of the connection string works, and the pings come back;
* ``write``: that user may write to the database of the string.

Without a depth, ready means healthy for ``mongoping check``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mongoping.model import (
    Diagnosis,
    Evidence,
    Finding,
    Match,
    Remedy,
    Verdict,
    alternatives_of,
    remedy_of,
)
from mongoping.observations import hellos, observation
from mongoping.probe.roles import DRIVER_ROLES, WRITABLE_ROLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import Cause
    from mongoping.runnable import RunnableCheck

DEPTHS = ("tcp", "hello", "primary", "auth", "write")

LAYERS_OF = {
    "tcp": ("uri", "dns", "tcp"),
    "hello": ("uri", "dns", "tcp", "tls", "hello"),
    "primary": ("uri", "dns", "tcp", "tls", "hello", "topology", "compat"),
}
"""What has to be looked at for the depths that do not need everything."""

ALWAYS = frozenset({"client"})  # errors of the client program matter at every depth


def checks_of(depth: str | None, checks: Sequence[RunnableCheck]) -> tuple[RunnableCheck, ...]:
    """Return the checks that a depth needs, in their order."""
    layers = LAYERS_OF.get(depth or "")
    if layers is None:
        return tuple(checks)
    return tuple(check for check in checks if check.layer in layers)


def deeper(one: str | None, other: str | None) -> str | None:
    """Return the deeper of two depths; None is as deep as `check`."""
    order: tuple[str | None, ...] = ("tcp", "hello", "primary", None, "auth", "write")
    return max(one, other, key=order.index)


def judge(
    evidence: Evidence,
    diagnosis: Diagnosis,
    depth: str | None,
    cause_of: Callable[[str], Cause | None],
) -> Diagnosis:
    """Return the diagnosis for a depth: errors beyond what the depth requires become warnings."""
    if depth is None:
        return diagnosis
    layers = LAYERS_OF.get(depth)
    if layers is not None:
        diagnosis = _limit_to(evidence, diagnosis, depth, {*layers, *ALWAYS})
    if diagnosis.verdict is not None or evidence.interrupted:
        return diagnosis
    lacking = _lacking(evidence, depth)
    return diagnosis if lacking is None else with_verdict(diagnosis, lacking, cause_of)


def _limit_to(evidence: Evidence, diagnosis: Diagnosis, depth: str, layers: set[str]) -> Diagnosis:
    """Turn errors that the depth does not require into warnings."""
    enough = depth == "tcp" and any(result.ok for result in evidence.of("tcp"))

    def keeps(one: Finding) -> bool:
        return one.layer in layers and not (enough and one.layer not in ALWAYS)

    findings = tuple(
        finding
        if finding.severity != "error" or keeps(finding)
        else finding.replace(severity="warning")
        for finding in diagnosis.findings
    )
    verdict = diagnosis.verdict
    if verdict is not None and not any(
        finding.severity == "error" and finding.cause == verdict.cause for finding in findings
    ):
        verdict = None
    return Diagnosis(findings, verdict)


def _lacking(evidence: Evidence, depth: str) -> tuple[str, str] | None:
    """Return the cause and detail of a requirement of a depth that is not met, without errors."""
    if depth == "tcp":
        if any(result.ok for result in evidence.of("tcp")):
            return None
        return "tcp.unexplained", "no host was reached"
    if depth == "hello":
        if any(result.ok for result in evidence.of("hello")):
            return None
        return "hello.unexplained", "no host answered hello"
    roles = _roles(evidence)
    if not WRITABLE_ROLES.intersection(roles):
        roles_text = ", ".join(dict.fromkeys(roles)) or "no server"
        direct = _is_direct(evidence) and roles != ["uninitialized"]
        cause = "topology.not-primary" if direct else "topology.no-primary"
        return cause, f"no writable member was found, only {roles_text}"
    facts = observation(evidence, "auth")
    if depth == "write" and facts is not None and facts.writes is False:
        who = facts.as_user or facts.user or "the user"
        return "auth.not-authorized", f"{who} may not write to {facts.database or 'test'}"
    return None


def _is_direct(evidence: Evidence) -> bool:
    """Return whether the driver uses one server, whatever its role."""
    driver = observation(evidence, "driver")
    if driver is None:
        return bool(evidence.options.get("directConnection"))
    return driver.type == "Single"


def _roles(evidence: Evidence) -> list[str]:
    """Return the roles of the servers that the driver knows, or those in the hello replies."""
    driver = observation(evidence, "driver")
    if driver is None:
        return [reply.role for reply in hellos(evidence).values()]
    return [DRIVER_ROLES.get(server.type, "unknown") for server in driver.servers]


def with_verdict(
    diagnosis: Diagnosis,
    lacking: tuple[str, str],
    cause_of: Callable[[str], Cause | None],
) -> Diagnosis:
    """Return the diagnosis with another error, with the texts of the catalog."""
    code, detail = lacking
    layer = code.partition(".")[0]
    finding = Finding(code, layer, "error", detail, match=Match(detail))
    others = tuple(finding for finding in diagnosis.findings if finding.cause != code)
    return Diagnosis((*others, finding), verdict_of(code, detail, cause_of))


def verdict_of(code: str, detail: str, cause_of: Callable[[str], Cause | None]) -> Verdict:
    """Return the verdict with the texts of its cause, or general ones if it is unexplained."""
    cause = cause_of(code)
    layer = code.partition(".")[0]
    if cause is None:
        return Verdict(
            cause=code,
            layer=layer,
            title=f"The {layer} layer is not ready",
            explanation="The run ended before the deployment was ready.",
            remedies=(Remedy("Run the same command with --verbose, which shows all evidence."),),
            links=(),
            alternatives=(),
            evidence=(detail,),
        )
    return Verdict(
        cause=cause.code,
        layer=layer,
        title=cause.title,
        explanation=cause.explanation,
        remedies=tuple(map(remedy_of, cause.remedies)),
        links=cause.links,
        alternatives=alternatives_of(cause.alternatives, cause_of),
        evidence=(detail,),
    )
