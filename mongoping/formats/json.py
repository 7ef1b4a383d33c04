"""The report as one JSON object, as the contract has it (``report.schema.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mongoping.plain import plain
from mongoping.words import harmless_json

if TYPE_CHECKING:
    from mongoping.model import Finding, Latency, LayerReport, Report, Style, Topology, Verdict

SCHEMA = 1
MEDIA = "application/json"


def render(report: Report, style: Style) -> str:
    """One object and a newline, for UTF-8; ``style`` changes nothing.

    What a terminal could obey is escaped, which JSON allows wherever such text can stand.
    """
    text = json.dumps(document(report), ensure_ascii=False, allow_nan=False)
    return harmless_json(text) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as the contract's object."""
    return {
        "schema": SCHEMA,
        "tool": dict(report.tool),
        "target": {
            "uri": report.uri,
            "preset": report.preset,
            "hosts": None if report.hosts is None else list(report.hosts),
            "deployment": report.deployment,
        },
        "started_at": report.started_at,
        "duration_ms": round(report.duration_ms, 3),
        "status": report.status,
        "verdict": _verdict(report.verdict),
        "layers": [_layer(one) for one in report.layers],
        "latency": _latency(report.latency),
        "topology": _topology(report.topology),
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "cause": verdict.cause,
        "layer": verdict.layer,
        "title": verdict.title,
        "explanation": verdict.explanation,
        "remedies": list(verdict.remedies),
        "links": list(verdict.links),
        "alternatives": list(verdict.alternatives),
    }


def _layer(layer: LayerReport) -> dict[str, Any]:
    return {
        "name": layer.name,
        "status": layer.status,
        "duration_ms": round(layer.duration_ms, 3),
        "summary": layer.summary,
        "data": plain(layer.data),
        "findings": [_finding(one) for one in layer.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "severity": finding.severity,
        "host": finding.host,
        "detail": finding.detail,
    }


def _latency(latency: Latency | None) -> dict[str, Any] | None:
    if latency is None:
        return None
    row: dict[str, Any] = plain(latency)
    del row["samples_ms"]
    return row


def _topology(topology: Topology | None) -> dict[str, Any] | None:
    if topology is None:
        return None
    return {
        "type": topology.type,
        "set_name": topology.set_name,
        "members": [
            {
                "host": one.host,
                "role": one.role,
                "rtt_ms": plain(one.rtt_ms),
                "lag_s": plain(one.lag_s),
                "version_wire": plain(one.version_wire) or [],
                "tags": dict(one.tags),
                "reachable": one.reachable,
                "error": one.error,
            }
            for one in topology.members
        ],
    }
