"""Diagnose a look with the causes of the catalog. Pure, except for files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.healthcheck.evidence import evidence_of
from mongoping.model import Remedy
from mongoping.report import build
from mongoping.smoke.depth import judge, with_verdict

if TYPE_CHECKING:
    from mongoping.healthcheck.look import Look
    from mongoping.model import Check, Diagnosis, Report, Verdict

CHECKS = ("uri", "srv", "addresses", "tcp", "tls_files", "tls", "hello", "members")
FIND_OUT = Remedy(
    "Open further connections to the same target, which shows more:", command="mongoping check"
)
POINTER = "mongoping check shows more"


def report_of(look: Look) -> Report:
    """Return the report of a look, with the verdict of the catalog."""
    evidence = evidence_of(look)
    diagnosis = diagnose(evidence, registry.causes())
    if look.ready is not None:
        diagnosis = _as_warnings(diagnosis)
    else:
        diagnosis = judge(evidence, diagnosis, look.depth, registry.cause)
        diagnosis = _complete(diagnosis, look)
    names = {result.check for result in evidence.results}
    checks = [check for check in _checks() if check.name in names]
    return build(evidence, diagnosis, checks, look.parsed)


def _as_warnings(diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis of a deployment that is ready: the driver can do without the rest."""
    findings = tuple(
        finding.replace(severity="warning") if finding.severity == "error" else finding
        for finding in diagnosis.findings
    )
    return diagnosis.replace(findings=findings, verdict=None)


def _complete(diagnosis: Diagnosis, look: Look) -> Diagnosis:
    """Return the diagnosis with a verdict unless it is healthy, and with what to do next."""
    if diagnosis.verdict is None and look.candidate is None:
        layer = "topology" if look.depth == "primary" else look.depth
        words = "no host shows that the deployment is ready"
        diagnosis = with_verdict(diagnosis, (f"{layer}.unexplained", words), registry.cause)
    verdict = diagnosis.verdict
    return diagnosis if verdict is None else diagnosis.replace(verdict=_pointing(verdict))


def _checks() -> list[Check]:
    return [importlib.import_module(f"mongoping.checks.{name}").CHECK for name in CHECKS]


def is_open(verdict: Verdict) -> bool:
    """Return whether `check` may find a more precise cause, on connections of its own."""
    if verdict.layer == "uri":
        return False  # that layer needs no connection
    return verdict.cause.endswith(".unexplained") or bool(verdict.alternatives)


def _pointing(verdict: Verdict) -> Verdict:
    """Return the verdict with the way to a more precise one, where there may be one."""
    if not is_open(verdict):
        return verdict
    if verdict.cause.endswith(".unexplained"):
        verdict = verdict.replace(
            explanation="The health check only asks what one connection shows.",
            remedies=(FIND_OUT,),
        )
    return verdict.replace(tell_apart=verdict.tell_apart or FIND_OUT)
