"""Build the report that formats render from the evidence and its diagnosis. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mongoping.headline import headline, interpreter
from mongoping.model import (
    LAYERS,
    Check,
    CheckName,
    Diagnosis,
    Evidence,
    Finding,
    Latency,
    LayerReport,
    Location,
    Match,
    Report,
    Result,
    Status,
    Topology,
)
from mongoping.model.findings import with_target
from mongoping.model.layers import ROW_NAMES
from mongoping.model.to_jsonable import to_jsonable
from mongoping.observations import observation
from mongoping.report_lines import Texts, lines_of_layer, render_results
from mongoping.uri.hosts import is_atlas
from mongoping.uri.origin import Origin
from mongoping.uri.target import ParsedUri

DRIVER_CHECKS: tuple[CheckName, ...] = ("driver", "auth", "api", "ping")


def build(
    evidence: Evidence, diagnosis: Diagnosis, checks: Sequence[Check], uri: ParsedUri
) -> Report:
    """Return the report of a run on a connection string."""
    texts = render_results(evidence, checks)
    failure_findings = tuple(_render_failure_finding(check, evidence, texts) for check in checks)
    findings = (
        *diagnosis.findings,
        *(finding for finding in failure_findings if finding is not None),
    )
    target_argument = uri.origin.argument(uri.shown)
    findings = tuple(
        finding.replace(remedies=with_target(finding.remedies, target_argument))
        for finding in findings
    )
    verdict = diagnosis.verdict
    diagnosis = diagnosis.replace(
        verdict=verdict
        and verdict.replace(remedies=with_target(verdict.remedies, target_argument)),
        findings=findings,
        bug=diagnosis.bug or len(findings) > len(diagnosis.findings),
    )
    layers = tuple(
        _layer(name, evidence, diagnosis, [check for check in checks if check.layer == name], texts)
        for name in LAYERS
        if any(check.layer == name for check in checks)
    )
    latency = observation(evidence, "ping")
    members = observation(evidence, "members")
    topology = getattr(members, "topology", None)
    seeds = evidence.seeds
    return Report(
        tool=evidence.tool,
        uri=uri.shown,
        preset=evidence.settings.preset,
        hosts=None if seeds is None else tuple(str(host) for host in seeds),
        deployment=_deployment(evidence),
        started_at=evidence.started_at,
        duration_ms=evidence.duration_ms,
        status=_status(evidence, diagnosis),
        verdict=diagnosis.verdict,
        layers=layers,
        latency=latency if isinstance(latency, Latency) else None,
        headline=headline(evidence),
        topology=topology if isinstance(topology, Topology) and topology.members else None,
        interrupted=evidence.interrupted,
        caret=_caret(evidence),
        name=uri.origin.name,
        source=uri.origin.source,
        location=_location(uri.origin),
        target_note=uri.origin.note,
        bug=diagnosis.bug,
        driver_message=_driver_message(evidence),
        interpreter=interpreter(evidence),
    )


def _location(origin: Origin) -> Location | None:
    return None if origin.path is None else Location(origin.path, origin.line)


def _driver_message(evidence: Evidence) -> str | None:
    """Return the driver's exception: of the first check through the driver that failed."""
    for name in DRIVER_CHECKS:
        failure = evidence.failure(name)
        if failure is not None and "exception" in failure.facts:
            return str(failure.facts["exception"])
    return None


def _render_failure_finding(check: Check, evidence: Evidence, texts: Texts) -> Finding | None:
    """Return a finding if the text of some results could not be rendered, else None."""
    hosts = [result.host for result in evidence.of(check.name)]
    rows = [(host, texts[check.name, host].bug) for host in hosts]
    bugs = list(dict.fromkeys(text for _, text in rows if text is not None))
    if not bugs:
        return None
    concerned_hosts = tuple(host for host, text in rows if text is not None and host is not None)
    message = f"mongoping could not show the result of the check {check.name}: internal error"
    detail = f"{message} ({'; '.join(bugs)})"
    code = f"{check.layer}.unexplained"
    return Finding(code, check.layer, "warning", detail, concerned_hosts, Match(detail))


def _status(evidence: Evidence, diagnosis: Diagnosis) -> Status:
    if diagnosis.verdict is not None:
        return "fail"
    has_warning = any(finding.severity == "warning" for finding in diagnosis.findings)
    return "warn" if has_warning or evidence.interrupted else "ok"


def _deployment(evidence: Evidence) -> str:
    """Return the service by its replies, or by the host names if nothing answered."""
    for result in evidence.of("hello"):
        if result.ok and result.data.flavour != "unknown":
            return str(result.data.flavour)
    hosts = (*evidence.hosts, *(evidence.target.hosts if evidence.target is not None else ()))
    return "atlas" if any(map(is_atlas, hosts)) else "unknown"


def _caret(evidence: Evidence) -> tuple[int, int] | None:
    failure = evidence.failure("uri")
    if failure is None or "start" not in failure.facts:
        return None
    return int(failure.facts["start"]), max(int(failure.facts.get("length", 1)), 1)


def _layer(
    name: str, evidence: Evidence, diagnosis: Diagnosis, checks: Sequence[Check], texts: Texts
) -> LayerReport:
    results = [result for check in checks for result in evidence.of(check.name)]
    deciding = [row for check in checks if not check.aside for row in evidence.of(check.name)]
    findings = tuple(finding for finding in diagnosis.findings if _layer_of(finding) == name)
    status = _layer_status(name, deciding, findings, checks)
    idle = status == "skip" and len(evidence.hosts) < 2  # the rows above say it already
    return LayerReport(
        name=name,
        status=status,
        duration_ms=_duration(deciding, checks),
        summary=_summary(name, deciding, checks, findings, evidence, texts),
        data=_data(results, checks),
        lines=() if idle else tuple(lines_of_layer(results, checks, evidence, texts)),
        findings=findings,
        crashed=any(result.status == "crashed" for result in results),
    )


def _layer_of(finding: Finding) -> str:
    """Return the layer that shows a finding; the client's own faults are shown under compat."""
    return finding.layer if finding.layer in LAYERS else "compat"


def _main_results(layer: str, results: Sequence[Result]) -> Sequence[Result]:
    """Return the results of the check that decides a layer, or all; the others assist it."""
    main = "driver" if layer == "topology" else layer
    return [result for result in results if result.check == main] or results


def _layer_status(
    name: str, results: Sequence[Result], findings: Sequence[Finding], checks: Sequence[Check]
) -> Status:
    if any(result.status == "crashed" for result in results):
        return "fail"
    if any(finding.severity == "error" for finding in findings):
        return "fail"
    per_host = {check.name for check in checks if check.per_host}
    failures = [result for result in results if result.status == "failed"]
    if any(result.check not in per_host for result in failures):
        return "fail"
    if failures and not any(result.ok for result in results if result.check in per_host):
        return "fail"
    if failures or any(finding.severity == "warning" for finding in findings):
        return "warn"
    main = _main_results(name, results)
    if any(result.blocked_by and result.check not in per_host for result in main):
        return "skip"
    on_hosts = [result for result in main if result.check in per_host]
    if on_hosts and not any(result.ok for result in on_hosts):
        return "skip"  # such as TLS files that were read, for a handshake that was not tried
    return "ok" if any(result.ok for result in main) else "skip"


def _duration(results: Sequence[Result], checks: Sequence[Check]) -> float:
    """Return the duration of a layer in ms: the longest host of each check, summed over checks."""
    return sum(
        max((result.duration_ms for result in results if result.check == check.name), default=0.0)
        for check in checks
    )


def _summary(
    layer: str,
    results: Sequence[Result],
    checks: Sequence[Check],
    findings: Sequence[Finding],
    evidence: Evidence,
    texts: Texts,
) -> str:
    worst = next((finding for finding in findings if finding.severity == "error"), None)
    if worst is not None:
        return worst.detail
    for result in results:
        if result.status in ("failed", "crashed") and result.failure is not None:
            return result.failure.message
    summaries: list[str] = []
    for check in checks:
        successes = [result for result in results if result.check == check.name and result.ok]
        rows = dict.fromkeys(texts[check.name, result.host].summary for result in successes)
        summaries += [summary for summary in rows if summary]
    skipped_results = [
        result for result in _main_results(layer, results) if result.status == "skipped"
    ]
    blocked_result = next((result for result in skipped_results if result.blocked_by), None)
    if summaries and (blocked_result is None or blocked_result.host is not None):
        return "; ".join(summaries[:4])
    warning = next((finding for finding in findings if finding.severity == "warning"), None)
    if warning is not None:
        return warning.detail  # rather than why the rest of the layer was skipped
    names = {check.name for check in checks if check.per_host or check.name == check.layer}
    own = next(
        (result for result in skipped_results if result.check in names and not result.blocked_by),
        None,
    )
    if own is not None and own.reason:
        return own.reason
    return (
        _lowest_failure(evidence)
        if blocked_result is None
        else _skip_reason(blocked_result, evidence)
    )


def _lowest_failure(evidence: Evidence) -> str:
    """Return why nothing was tried: the lowest layer that failed."""
    for result in evidence.results:
        if result.status == "failed":
            return _failed_below(result)
    return "skipped: no host to connect to"


def _failed_below(result: Result) -> str:
    return f"skipped: {ROW_NAMES.get(result.layer, result.layer)} failed"


def _skip_reason(skipped_result: Result, evidence: Evidence) -> str:
    """Return why a check was skipped: the first failure in the chain of its dependencies."""
    if skipped_result.reason:
        return skipped_result.reason
    below = [result for result in evidence.results if result.check == skipped_result.blocked_by]
    same = [result for result in below if result.host in (None, skipped_result.host)] or below
    if not same:
        return _lowest_failure(evidence)
    for result in same:
        if result.blocked_by and result.blocked_by != skipped_result.check:
            return _skip_reason(result, evidence)
        if result.status == "skipped" and result.reason:
            return f"skipped: {result.reason}"
    return _failed_below(same[0])


def _key(check: Check) -> str:
    return check.name.replace("-", "_")


def _data(results: Sequence[Result], checks: Sequence[Check]) -> dict[str, Any]:
    """Return a layer's data for programs: hosts under ``hosts``, other checks by their names."""
    data: dict[str, Any] = {}
    for check in checks:
        for result in [result for result in results if result.check == check.name]:
            entry: dict[str, Any] = {
                "status": result.status,
                "duration_ms": round(result.duration_ms, 3),
            }
            fields = to_jsonable(result.data)
            entry |= fields if isinstance(fields, dict) else {}
            if result.failure is not None:
                entry["failure"] = to_jsonable(result.failure)
            if result.status == "skipped":
                entry["reason"] = result.reason or f"needs {result.blocked_by}"
            if check.per_host:
                host_entry = data.setdefault("hosts", {}).setdefault(result.host, {})
                host_entry |= {_key(check): entry} if host_entry else entry
            elif check.name == check.layer:
                data |= entry
            else:
                data[_key(check)] = entry
    return data
