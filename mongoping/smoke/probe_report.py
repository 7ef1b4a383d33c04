"""A probe as the report that every format renders. Pure, but for the catalogue it reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mongoping import __version__
from mongoping.model import Finding, LayerReport, Line, Match, Report
from mongoping.smoke.depth import verdict_of

if TYPE_CHECKING:
    from mongoping.model import Cause, Status
    from mongoping.smoke.probe import HostSeen, Probe

ORDER = ("uri", "dns", "tcp", "tls", "hello", "topology")


def report_of(seen: Probe, cause: Cause | None, started_at: str) -> Report:
    """The report: the layers as far as the probe went. ``cause`` is the catalogue's entry."""
    reached = ORDER[: ORDER.index(seen.layer) + 1] if seen.layer in ORDER else ORDER
    layers = tuple(_layer(name, seen) for name in reached)
    verdict = None
    if seen.cause is not None:
        verdict = verdict_of(seen.cause, seen.layer, seen.detail, cause)
    return Report(
        tool=_tool(),
        uri=seen.uri,
        preset="smoke",
        hosts=tuple(one.host for one in seen.hosts) or None,
        deployment="unknown",
        started_at=started_at,
        duration_ms=seen.duration_ms,
        status="ok" if verdict is None else "fail",
        verdict=verdict,
        layers=layers,
    )


def _layer(name: str, seen: Probe) -> LayerReport:
    failed = seen.cause is not None and name == seen.layer
    status: Status = "fail" if failed else "ok"
    if name == "tls" and not seen.tls:
        return LayerReport(name, "skip", 0.0, "TLS was not asked for", {})
    findings: tuple[Finding, ...] = ()
    if failed and seen.cause is not None:
        findings = (Finding(seen.cause, name, "error", seen.detail, match=Match(seen.detail)),)
    rows = [one for one in seen.hosts if one.layer == name]
    hosts = {one.host: _host(one) for one in rows}
    lines = tuple(
        Line(
            "",
            one.detail or f"{one.host}  {one.role or 'connected'}",
            "fail" if one.cause else "ok",
        )
        for one in rows
    )
    took = max((one.duration_ms for one in rows), default=0.0)
    summary = seen.detail if failed or (name == seen.layer) else ""
    data = {"hosts": hosts} if hosts else {}
    return LayerReport(name, status, took, summary, data, lines, findings)


def _host(one: HostSeen) -> dict[str, Any]:
    return {
        "role": one.role,
        "cause": one.cause,
        "detail": one.detail,
        "duration_ms": round(one.duration_ms, 3),
    }


def _tool() -> dict[str, str | None]:
    ssl: Any = sys.modules.get("ssl")
    return {
        "mongoping": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pymongo": None,
        "openssl": getattr(ssl, "OPENSSL_VERSION", None),
        "platform": sys.platform,
    }
