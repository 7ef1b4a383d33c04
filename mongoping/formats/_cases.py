"""The rows that formats for machines render: a case for each layer and each expectation. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mongoping.code_spans import plain
from mongoping.model import Finding, Remedy, Report, Status, remedy_of
from mongoping.model.findings import NOT_MET
from mongoping.model.waiting import Expectation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import LayerReport


class Case(NamedTuple):
    """One row: a layer, an expectation, or a verdict that belongs to neither.

    Attributes:
        group: ``layer``, ``expectation`` or ``verdict``.
        cause: the cause of a failure.
        remedies: what to do about a failure, most likely first.
    """

    group: str
    name: str
    status: Status
    duration_ms: float
    summary: str
    cause: str | None = None
    remedies: tuple[Remedy, ...] = ()
    findings: tuple[Finding, ...] = ()

    def others(self) -> tuple[Finding, ...]:
        """Return the errors and warnings that are not the failure of the row itself."""
        own = (self.cause, self.summary)
        return tuple(
            finding
            for finding in self.findings
            if finding.severity != "info" and (finding.cause, finding.detail) != own
        )


def title(report: Report) -> str:
    """Return what a report is called among others: its name or its redacted connection string."""
    return report.name or report.uri


def cases(report: Report) -> tuple[Case, ...]:
    """Return every layer, then every expectation; a failure is never left out.

    A verdict that belongs to none of them gets a row of its own.
    """
    rows = [_layer(report, layer) for layer in report.layers]
    rows += [_expectation(expectation) for expectation in report.expectations]
    verdict = report.verdict
    if verdict is not None and not any(row.cause == verdict.cause for row in rows):
        summary = "; ".join(verdict.evidence) or plain(verdict.title)
        row = Case("verdict", verdict.layer, "fail", 0.0, summary, verdict.cause, verdict.remedies)
        rows.append(row)
    if report.interrupted:
        rows.append(Case("verdict", "interrupted", "fail", 0.0, "the run was interrupted"))
    return tuple(rows)


def further(report: Report) -> tuple[Finding, ...]:
    """Return the errors and warnings that the verdict does not tell."""
    verdict = report.verdict
    return tuple(
        finding
        for layer in report.layers
        for finding in layer.findings
        if finding.severity != "info"
        and not (
            verdict is not None
            and finding.cause == verdict.cause
            and finding.detail in verdict.evidence
        )
    )


def _expectation(expectation: Expectation) -> Case:
    summary = f"expected {expectation.expected}, found {expectation.found}"
    if expectation.status != "fail":
        return Case("expectation", expectation.name, expectation.status, 0.0, summary)
    remedies = (expectation.remedy,) if expectation.remedy else ()
    return Case("expectation", expectation.name, "fail", 0.0, summary, NOT_MET, remedies)


def _layer(report: Report, layer: LayerReport) -> Case:
    status, summary, cause = layer.status, layer.summary, None
    remedies: tuple[Remedy, ...] = ()
    errors = [finding for finding in layer.findings if finding.severity == "error"]
    verdict = report.verdict
    if verdict is not None and _shows(layer.name, verdict.layer):
        status, cause, remedies = "fail", verdict.cause, verdict.remedies
        summary = "; ".join(verdict.evidence) or plain(verdict.title)
    elif errors:
        status, cause, remedies = "fail", errors[0].cause, errors[0].remedies
        summary = errors[0].detail
    return Case(
        "layer", layer.name, status, layer.duration_ms, summary, cause, remedies, layer.findings
    )


def _shows(row: str, layer: str) -> bool:
    """Return whether the row of a layer shows a verdict; compat shows the client's own faults."""
    return layer == row or (layer == "client" and row == "compat")


def tally(rows: Sequence[Case]) -> dict[Status, int]:
    """Return the number of cases of each status."""
    counts: dict[Status, int] = {"ok": 0, "warn": 0, "fail": 0, "skip": 0}
    for row in rows:
        counts[row.status] += 1
    return counts


def why(row: Case) -> str:
    """Return everything that is wrong with a row: each cause, its evidence and its remedies."""
    head = f"{row.cause}: {row.summary}" if row.cause else row.summary
    lines = [head, *advice(row.remedies)]
    for finding in row.others():
        lines += finding_lines(finding)
    return "\n".join(lines)


def finding_lines(finding: Finding) -> list[str]:
    """Return the lines of a finding: its cause with the evidence, then its remedies."""
    return [f"{finding.cause}: {finding.detail}", *advice(finding.remedies)]


def advice(remedies: Sequence[Remedy]) -> list[str]:
    """Return the lines of remedies; what to paste is on a line of its own."""
    lines = []
    for position, remedy in enumerate(map(remedy_of, remedies)):
        lines.append(f"{'Also try' if position else 'Try first'}: {plain(remedy.text)}")
        lines += [f"  {paste}" for paste in (remedy.command, remedy.uri) if paste]
    return lines
