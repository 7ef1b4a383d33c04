"""The report as one JSON object, described by ``report.schema.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mongoping.escape import harmless_json
from mongoping.model.to_jsonable import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Finding, Latency, LayerReport, Report, Style, Topology
    from mongoping.model.waiting import Waiting
    from mongoping.model.waterfall import Lane, Waterfall

SCHEMA = 2
MEDIA = "application/json"


def render(report: Report, style: Style) -> str:
    """Return one object and a newline, for UTF-8; ``style`` changes nothing.

    Characters that a terminal would obey are escaped as JSON allows.
    """
    return _as_text(document(report))


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return one object with the reports of several targets, and the worst of their statuses."""
    statuses = [report.status for report in reports]
    worst = next((status for status in ("fail", "warn") if status in statuses), "ok")
    rows = [document(report) for report in reports]
    return _as_text({"schema": SCHEMA, "status": worst, "targets": rows})


def _as_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return harmless_json(text) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as the object that ``report.schema.json`` describes."""
    report_object = {
        **head(report),
        "layers": [_layer(layer) for layer in report.layers],
        "latency": _latency(report.latency),
        "topology": _topology(report.topology),
    }
    if report.anonymized is not None:
        report_object["anonymized"] = report.anonymized
    if report.waterfall is not None:
        report_object["waterfall"] = _waterfall(report.waterfall)
    if report.places:
        report_object["places"] = [document(row) for row in report.places]
        report_object["comparison"] = to_jsonable(report.comparison)
    return (
        report_object if report.waiting is None else report_object | _smoke(report, report.waiting)
    )


def head(report: Report) -> dict[str, Any]:
    """Return the fields with which the reports of all commands begin."""
    return {
        "schema": SCHEMA,
        "tool": dict(report.tool),
        "target": _target(report),
        "vantage": to_jsonable(report.vantage),
        "started_at": report.started_at,
        "duration_ms": round(report.duration_ms, 3),
        "status": report.status,
        "verdict": _verdict(report),
    }


def _target(report: Report) -> dict[str, Any]:
    """Return what was checked."""
    return {
        "uri": report.uri,
        "name": report.name,
        "source": report.source,
        "preset": report.preset,
        "hosts": None if report.hosts is None else list(report.hosts),
        "deployment": report.deployment,
    }


def _verdict(report: Report) -> dict[str, Any] | None:
    """Return the verdict, with the exit code of the run."""
    own_verdict = report.verdict
    if own_verdict is None:
        return None
    return {
        "cause": own_verdict.cause,
        "layer": own_verdict.layer,
        "title": own_verdict.title,
        "explanation": own_verdict.explanation,
        "evidence": list(own_verdict.evidence),
        "exit_code": report.exit_code(),
        "remedies": [remedy.as_json() for remedy in own_verdict.remedies],
        "fixed_uri": own_verdict.fixed_uri,
        "links": list(own_verdict.links),
        "alternatives": [
            {"cause": other.cause, "title": other.title} for other in own_verdict.alternatives
        ],
    }


def _waterfall(waterfall: Waterfall) -> dict[str, Any]:
    """Return every lane with its phases; times are in ms."""
    return {
        "asked": waterfall.asked,
        "names": _lane(waterfall.names) if waterfall.names else None,
        "hosts": [_lane(host) for host in waterfall.hosts],
        "driver": _lane(waterfall.driver) if waterfall.driver else None,
    }


def _lane(lane: Lane) -> dict[str, Any]:
    phases = [{"name": phase.name, **to_jsonable(phase.spread)} for phase in lane.phases]
    return {"name": lane.name, "address": lane.address, "note": lane.note, "phases": phases}


def _smoke(report: Report, waiting: Waiting) -> dict[str, Any]:
    """Return the keys that a smoke test adds."""
    rows = [
        {
            "name": expectation.name,
            "status": expectation.status,
            "expected": expectation.expected,
            "found": expectation.found,
            "remedies": [
                remedy.as_json()
                for remedy in (expectation.remedy,)
                if remedy and expectation.status == "fail"
            ],
        }
        for expectation in report.expectations
    ]
    changes = [to_jsonable(vars(change)) for change in waiting.changes]
    return {
        "expectations": rows,
        "waiting": {**to_jsonable(vars(waiting)), "changes": changes},
    }


def _layer(layer: LayerReport) -> dict[str, Any]:
    return {
        "name": layer.name,
        "status": layer.status,
        "duration_ms": round(layer.duration_ms, 3),
        "summary": layer.summary,
        "data": to_jsonable(layer.data),
        "findings": [_finding(finding) for finding in layer.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "severity": finding.severity,
        "host": finding.host,
        "detail": finding.detail,
        "remedies": [remedy.as_json() for remedy in finding.remedies],
    }


LATENCY = (
    "count",
    "lost",
    "min_ms",
    "mean_ms",
    "stddev_ms",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
)


def _latency(latency: Latency | None) -> dict[str, Any] | None:
    if latency is None:
        return None
    row: dict[str, Any] = to_jsonable(latency)
    return {name: row[name] for name in LATENCY}


def _topology(topology: Topology | None) -> dict[str, Any] | None:
    if topology is None:
        return None
    return {
        "type": topology.type,
        "set_name": topology.set_name,
        "members": [
            {
                "host": member.host,
                "role": member.role,
                "rtt_ms": to_jsonable(member.rtt_ms),
                "lag_s": to_jsonable(member.lag_s),
                "version_wire": to_jsonable(member.version_wire) or [],
                "tags": dict(member.tags),
                "reachable": member.reachable,
                "error": member.error,
            }
            for member in topology.members
        ],
    }
