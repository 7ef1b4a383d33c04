"""Reports and their parts, for tests of the text."""

from __future__ import annotations

from mongoping.formats import text
from mongoping.model import (
    Finding,
    LayerReport,
    Line,
    Match,
    Remedy,
    Report,
    Style,
    Verdict,
    remedy_of,
)


def verdict(**more: object) -> Verdict:
    fields = {
        "cause": "tcp.refused",
        "layer": "tcp",
        "title": "Nothing listens on that port",
        "explanation": "The machine was reached: no server runs there, or only elsewhere.",
        "remedies": ("Start the server.", "Use another port."),
        "links": ("https://www.mongodb.com/docs/",),
        "alternatives": (),
        "evidence": ("a:27017 refused the connection",),
    }
    fields |= more
    return Verdict(**{**fields, "remedies": tuple(map(remedy_of, fields["remedies"]))})


def report(**more: object) -> Report:
    fields = {
        "tool": {},
        "uri": "mongodb://a:27017/",
        "preset": "check",
        "hosts": ("a:27017",),
        "deployment": "unknown",
        "started_at": "2026-11-22T12:00:00.000Z",
        "duration_ms": 12.0,
        "status": "fail" if more.get("verdict") else "ok",
        "verdict": None,
        "layers": (),
    }
    return Report(**{**fields, **more})


def layer(*lines: Line, **more: object) -> LayerReport:
    fields = {
        "name": "tcp",
        "status": "ok",
        "duration_ms": 0.42,
        "summary": "connected",
        "data": {},
        "lines": lines,
    }
    return LayerReport(**{**fields, **more})


def render(report: Report, **style: object) -> str:
    return text.render(report, Style(**style))


def warning(name: str, *remedies: Remedy) -> Finding:
    return Finding(f"tls.{name}", "tls", "warning", f"it is {name}", (), Match(""), remedies)
