"""What every format of a smoke test is made of: cases with a status and a reason. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mongoping.model import Finding, Report, Status
from mongoping.model.waiting import Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mongoping.model import LayerReport, Remedy

NOT_MET = "expectation.not-met"


class Case(NamedTuple):
    """One row: a layer or an expectation. ``cause`` is there where something was found."""

    group: str  # ``layer`` or ``expectation``
    name: str
    status: Status
    duration_ms: float
    summary: str
    cause: str | None = None
    remedies: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def title(report: Report) -> str:
    """How a report is called beside others: by its name, else by its redacted string."""
    return report.name or report.uri


def cases(report: Report) -> tuple[Case, ...]:
    """Every layer, then every expectation; what failed is never left out.

    A verdict that belongs to none of them gets a row of its own.
    """
    rows = [_layer(report, layer) for layer in report.layers]
    rows += [_expectation(expectation) for expectation in report.expectations]
    verdict = report.verdict
    if verdict is not None and not any(row.cause == verdict.cause for row in rows):
        words = "; ".join(verdict.details) or verdict.title
        rows.append(
            Case(
                "verdict", verdict.layer, "fail", 0.0, words, verdict.cause, texts(verdict.remedies)
            )
        )
    if report.interrupted:
        rows.append(Case("verdict", "interrupted", "fail", 0.0, "the run was interrupted"))
    return tuple(rows)


def texts(remedies: Iterable[Remedy | str]) -> tuple[str, ...]:
    """Return each remedy as one text, for formats that have no place for commands."""
    return tuple(map(str, remedies))


def _expectation(one: Expectation) -> Case:
    words = f"expected {one.expected}, found {one.found}"
    if one.status != "fail":
        return Case("expectation", one.name, one.status, 0.0, words)
    remedies = (one.remedy,) if one.remedy else ()
    return Case("expectation", one.name, "fail", 0.0, words, NOT_MET, remedies)


def _layer(report: Report, layer: LayerReport) -> Case:
    status, summary, cause = layer.status, layer.summary, None
    remedies: tuple[str, ...] = ()
    errors = [finding for finding in layer.findings if finding.severity == "error"]
    verdict = report.verdict
    if verdict is not None and _stands_in(verdict.layer, layer.name):
        status, cause, remedies = "fail", verdict.cause, texts(verdict.remedies)
        summary = "; ".join(verdict.details) or verdict.title
    elif errors:
        status, cause, remedies = "fail", errors[0].cause, texts(errors[0].remedies)
        summary = errors[0].detail
    return Case(
        "layer", layer.name, status, layer.duration_ms, summary, cause, remedies, layer.findings
    )


def _stands_in(seen: str, layer: str) -> bool:
    """Whether a verdict is told in the row of this layer: the client's own stand with compat."""
    return seen == layer or (seen == "client" and layer == "compat")


def tally(rows: Sequence[Case]) -> dict[Status, int]:
    """How many cases came to each status."""
    counts: dict[Status, int] = {"ok": 0, "warn": 0, "fail": 0, "skip": 0}
    for row in rows:
        counts[row.status] += 1
    return counts


def why(row: Case) -> str:
    """Return the complete failure: cause, evidence and remedies, one per line."""
    head = f"{row.cause}: {row.summary}" if row.cause else row.summary
    others = [
        f"{finding.cause}: {finding.detail}"
        for finding in row.findings
        if finding.severity != "info"
        and (finding.cause, finding.detail) != (row.cause, row.summary)
    ]
    steps = [f"{at}. {remedy}" for at, remedy in enumerate(row.remedies, 1)]
    return "\n".join([head, *others, *steps])
