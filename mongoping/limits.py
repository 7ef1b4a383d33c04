"""Compare the figures of a run with the limits that the user set for them. Pure.

A limit for a warning adds a warning to the report. A limit for a failure, which ``--critical``
sets, makes a deployment fail that works otherwise. A figure that was not measured exceeds no
limit, but the report warns that the limit could not be checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mongoping.measurements import measurements
from mongoping.model import Finding, Match, Remedy, Verdict
from mongoping.model.findings import NOT_MET
from mongoping.model.percentiles import MIN_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mongoping.model import Evidence, LayerReport, Report, Severity, Status
    from mongoping.model.measurements import Measurement
    from mongoping.settings import Limit, Quantity

LAYER = "expectation"
EXPLANATION = (
    "The deployment works, but this figure is beyond the limit that --warning or --critical sets."
)
SEVERAL = "The deployment works, but these figures are beyond the limits that --critical sets."
UNKNOWN_FIGURE = "The limit could not be checked, because the figure was not measured."
BUSY_FIGURE = (
    "The limit could not be checked, because this machine was busy. Run it again when it is not."
)


class Kind(NamedTuple):
    """A figure that can have limits.

    Attributes:
        title: what is wrong if the limit is exceeded.
        layer: the layer of the report that shows it.
        remedy: what to do about it.
        cause: the cause of the catalog that warns of the same, if the report has it.
        pings: how many pings it needs.
        minimum: whether values below the limit exceed it.
    """

    title: str
    layer: str
    remedy: str
    cause: str | None = None
    pings: int = 1
    minimum: bool = False


CLOSER = "Run closer to the deployment, or raise the limit."
KINDS: dict[Quantity, Kind] = {
    "p50": Kind("The median round trip of ping is above its limit", "ping", CLOSER),
    "p95": Kind(
        "The 95th percentile of ping is above its limit", "ping", CLOSER, pings=MIN_SAMPLES[0.95]
    ),
    "p99": Kind(
        "The 99th percentile of ping is above its limit", "ping", CLOSER, pings=MIN_SAMPLES[0.99]
    ),
    "connect": Kind(
        "Connecting takes longer than its limit",
        "hello",
        "Compare the times of the layers in the report to find the slow one.",
    ),
    "lag": Kind(
        "A secondary lags behind by more than the limit",
        "topology",
        "Find out what slows the secondary down: its disk, its network, or too many writes.",
        "topology.replication-lag",
    ),
    "certificate-days": Kind(
        "A certificate expires sooner than the limit allows",
        "tls",
        "Renew the certificate and load it on the server.",
        "tls.certificate-expiring",
        minimum=True,
    ),
}


def pings_of(limits: Iterable[Limit]) -> int:
    """Return how many pings the limits need; 1 if any number will do."""
    return max((KINDS[limit.name].pings for limit in limits), default=1)


def add_limits(report: Report, evidence: Evidence) -> Report:
    """Return the report with the figures of its run and a finding for each exceeded limit."""
    measured_values = measurements(evidence)
    limits = evidence.settings.limits
    by_key = {(limit.name, limit.critical): limit.value for limit in limits}
    figures = tuple(
        figure.replace(
            warning=by_key.get((figure.name, False)), critical=by_key.get((figure.name, True))
        )
        for figure in measured_values.figures
    )
    report = report.replace(measurements=measured_values.replace(figures=figures))
    if not limits or evidence.interrupted:
        return report
    for figure in figures:
        finding = _finding(figure, report)
        if finding is not None:
            report = _with_finding(report, finding, KINDS[figure.name].layer)
    return report


def _finding(figure: Measurement, report: Report) -> Finding | None:
    """Return the finding for a figure, or None if it is within its limits."""
    kind = KINDS[figure.name]
    if figure.critical is None and figure.warning is None:
        return None
    if figure.value is None:
        if report.verdict is not None or not figure.applies:
            return None
        words = f"{figure.name} could not be compared with its limit: {figure.text}"
        return _finding_of(
            "warning", f"The limit of {figure.name} could not be checked", words, UNKNOWN_FIGURE
        )
    for severity, limit in (("error", figure.critical), ("warning", figure.warning)):
        if limit is None or not _exceeds(kind, figure.value, limit):
            continue
        if figure.least is not None and not _exceeds(kind, figure.least, limit):
            return _finding_of(
                "warning",
                f"The limit of {figure.name} could not be checked",
                f"{figure.name} is {figure.text}, so it may be within its limit of "
                f"{limit_text(figure.name, limit)}",
                BUSY_FIGURE,
            )
        if severity == "warning" and kind.cause is not None and _has(report, kind.cause):
            return None
        word = "critical limit" if severity == "error" else "limit for a warning"
        words = (
            f"{figure.name} is {figure.text}, and its {word} is {limit_text(figure.name, limit)}"
        )
        error: Severity = "error" if severity == "error" else "warning"
        return _finding_of(error, kind.title, words, EXPLANATION, kind.remedy)
    return None


def _exceeds(kind: Kind, value: float, limit: float) -> bool:
    return value < limit if kind.minimum else value > limit


def _has(report: Report, cause: str) -> bool:
    return any(finding.cause == cause for layer in report.layers for finding in layer.findings)


def limit_text(name: Quantity, limit: float) -> str:
    """Return a limit as the user may have written it: ``200 ms``, ``60 s``, ``21 days``."""
    if name == "certificate-days":
        return f"{limit:g} days"
    return f"{limit:g} s" if limit >= 1 else f"{limit * 1000:g} ms"


def _finding_of(
    severity: Severity, title: str, detail: str, explanation: str, remedy: str | None = None
) -> Finding:
    remedies = (Remedy(remedy),) if remedy else ()
    return Finding(
        NOT_MET,
        LAYER,
        severity,
        detail,
        match=Match(detail),
        remedies=remedies,
        title=title,
        explanation=explanation,
    )


def _with_finding(report: Report, finding: Finding, place: str) -> Report:
    """Return the report with another finding in a layer, and as the verdict if it has none."""
    status: Status = "fail" if finding.severity == "error" else "warn"
    layers = tuple(
        layer.replace(
            findings=(*layer.findings, finding),
            status="fail" if "fail" in (layer.status, status) else "warn",
            summary=finding.detail
            if status == "fail" and layer.status != "fail"
            else layer.summary,
        )
        if layer.name == place
        else layer
        for layer in report.layers
    )
    report = report.replace(layers=layers, status="fail" if report.status == "fail" else status)
    if status == "warn":
        return report
    verdict = report.verdict
    if verdict is None:
        return report.replace(verdict=_verdict(finding))
    if verdict.cause != NOT_MET:
        return report
    return report.replace(
        verdict=verdict.replace(
            title="Several figures are beyond their limits",
            explanation=SEVERAL,
            evidence=(*verdict.evidence, finding.detail),
            remedies=tuple(dict.fromkeys((*verdict.remedies, *finding.remedies))),
        )
    )


def _layer_with(finding: Finding, status: Status, layer: LayerReport) -> LayerReport:
    fails = status == "fail" and layer.status != "fail"
    return layer.replace(
        findings=(*layer.findings, finding),
        status="fail" if "fail" in (layer.status, status) else "warn",
        summary=finding.detail if fails else layer.summary,
    )


def _verdict(finding: Finding) -> Verdict:
    return Verdict(
        cause=finding.cause,
        layer=finding.layer,
        title=finding.title,
        explanation=finding.explanation,
        remedies=finding.remedies,
        links=(),
        alternatives=(),
        evidence=(finding.detail,),
    )
