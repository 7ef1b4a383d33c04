"""From evidence and its diagnosis to the report that formats render. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mongoping.escape import defect
from mongoping.model import (
    LAYERS,
    Check,
    CheckName,
    Diagnosis,
    Evidence,
    Finding,
    Latency,
    LayerReport,
    Line,
    Match,
    Report,
    Result,
    Status,
    Topology,
)
from mongoping.model.to_jsonable import to_jsonable
from mongoping.observations import observation
from mongoping.record import Record


def build(evidence: Evidence, diagnosis: Diagnosis, checks: Sequence[Check], shown: str) -> Report:
    """The report of a run. ``shown`` is the connection string, redacted."""
    told = _told(evidence, checks)
    untold = tuple(_untold(check, evidence, told) for check in checks)
    findings = (*diagnosis.findings, *(one for one in untold if one is not None))
    diagnosis = diagnosis.replace(
        findings=findings, defect=diagnosis.defect or len(findings) > len(diagnosis.findings)
    )
    layers = tuple(
        _layer(name, evidence, diagnosis, [check for check in checks if check.layer == name], told)
        for name in LAYERS
        if any(check.layer == name for check in checks)
    )
    latency = observation(evidence, "ping")
    members = observation(evidence, "members")
    topology = getattr(members, "topology", None)
    seeds = evidence.seeds
    return Report(
        tool=evidence.tool,
        uri=shown,
        preset=evidence.settings.preset,
        hosts=None if seeds is None else tuple(str(host) for host in seeds),
        deployment=_deployment(evidence),
        started_at=evidence.started_at,
        duration_ms=evidence.duration_ms,
        status=_status(evidence, diagnosis),
        verdict=diagnosis.verdict,
        layers=layers,
        latency=latency if isinstance(latency, Latency) else None,
        topology=topology if isinstance(topology, Topology) and topology.members else None,
        interrupted=evidence.interrupted,
        caret=_caret(evidence),
        defect=diagnosis.defect,
    )


class _Words(Record):
    """What a check says of one result; ``defect`` where it cannot, by a fault of its own."""

    summary: str = ""
    lines: tuple[Line, ...] = ()
    defect: str | None = None


Told = Mapping[tuple[CheckName, str | None], _Words]


def _told(evidence: Evidence, checks: Sequence[Check]) -> Told:
    """The words of every result, each check asked once."""
    found = {}
    for check in checks:
        for one in evidence.of(check.name):
            found[check.name, one.host] = _words(check, one)
    return found


def _words(check: Check, one: Result) -> _Words:
    if one.data is None:
        return _Words()
    try:
        return _Words(check.summarise(one.data) if one.ok else "", tuple(check.lines(one.data)))
    except Exception as error:
        return _Words(defect=defect(error))


def _untold(check: Check, evidence: Evidence, told: Told) -> Finding | None:
    """A note where words failed: the rest of the report is none the worse for it."""
    rows = [(one.host, told[check.name, one.host].defect) for one in evidence.of(check.name)]
    why = list(dict.fromkeys(said for _, said in rows if said is not None))
    if not why:
        return None
    hosts = tuple(host for host, said in rows if said is not None and host is not None)
    words = f"what the check {check.name} saw cannot be told: mongoping itself failed there"
    detail = f"{words} ({'; '.join(why)})"
    code = f"{check.layer}.unexplained"
    return Finding(code, check.layer, "warning", detail, hosts, Match(detail))


def _status(evidence: Evidence, diagnosis: Diagnosis) -> Status:
    if diagnosis.verdict is not None:
        return "fail"
    warned = any(one.severity == "warning" for one in diagnosis.findings)
    return "warn" if warned or evidence.interrupted else "ok"


def _deployment(evidence: Evidence) -> str:
    """The service that answered; before any answer, what the names say."""
    for result in evidence.of("hello"):
        if result.ok and result.data.flavour != "unknown":
            return str(result.data.flavour)
    names = [host.name for host in evidence.hosts]
    if evidence.target is not None:
        names += [host.name for host in evidence.target.hosts]
    return "atlas" if any(name.endswith(".mongodb.net") for name in names) else "unknown"


def _caret(evidence: Evidence) -> tuple[int, int] | None:
    failure = evidence.failure("uri")
    if failure is None or "start" not in failure.facts:
        return None
    return int(failure.facts["start"]), max(int(failure.facts.get("length", 1)), 1)


def _layer(
    name: str, evidence: Evidence, diagnosis: Diagnosis, checks: Sequence[Check], told: Told
) -> LayerReport:
    results = [one for check in checks for one in evidence.of(check.name)]
    findings = tuple(one for one in diagnosis.findings if _row(one) == name)
    status = _layer_status(results, findings, checks)
    idle = status == "skip" and len(evidence.hosts) < 2  # nothing to say that is not said above
    return LayerReport(
        name=name,
        status=status,
        duration_ms=_duration(results, checks),
        summary=_summary(results, checks, findings, evidence, told),
        data=_data(results, checks),
        lines=() if idle else tuple(_lines(results, checks, evidence, told)),
        findings=findings,
        crashed=any(one.status == "crashed" for one in results),
    )


def _row(finding: Finding) -> str:
    """The layer under which a finding is shown: the client's own faults stand with compat."""
    return finding.layer if finding.layer in LAYERS else "compat"


def _layer_status(
    results: Sequence[Result], findings: Sequence[Finding], checks: Sequence[Check]
) -> Status:
    if any(one.status == "crashed" for one in results):
        return "fail"
    if any(one.severity == "error" for one in findings):
        return "fail"
    per_host = {check.name for check in checks if check.per_host}
    failed = [one for one in results if one.status == "failed"]
    if any(one.check not in per_host for one in failed):
        return "fail"
    if failed and not any(one.ok for one in results if one.check in per_host):
        return "fail"
    if failed or any(one.severity == "warning" for one in findings):
        return "warn"
    if any(one.blocked_by and one.check not in per_host for one in results):
        return "skip"
    return "ok" if any(one.ok for one in results) else "skip"


def _duration(results: Sequence[Result], checks: Sequence[Check]) -> float:
    """Hosts of a layer run at once, so the longest counts; checks of a layer add up."""
    return sum(
        max((one.duration_ms for one in results if one.check == check.name), default=0.0)
        for check in checks
    )


def _summary(
    results: Sequence[Result],
    checks: Sequence[Check],
    findings: Sequence[Finding],
    evidence: Evidence,
    told: Told,
) -> str:
    worst = next((one for one in findings if one.severity == "error"), None)
    if worst is not None:
        return worst.detail
    for one in results:
        if one.status in ("failed", "crashed") and one.failure is not None:
            return one.failure.message
    words = []
    for check in checks:
        done = [one for one in results if one.check == check.name and one.ok]
        texts = dict.fromkeys(told[check.name, one.host].summary for one in done)
        words += [text for text in texts if text]
    skipped = [one for one in results if one.status == "skipped"]
    blocked = next((one for one in skipped if one.blocked_by), None)
    if words and (blocked is None or blocked.host is not None):
        return "; ".join(words[:4])
    names = {check.name for check in checks if check.per_host or check.name == check.layer}
    own = next((one for one in skipped if one.check in names and not one.blocked_by), None)
    if own is not None and own.reason:
        return own.reason
    return _bottom(evidence) if blocked is None else _why(blocked, evidence)


def _bottom(evidence: Evidence) -> str:
    """Why there was nothing to try: the lowest layer that failed."""
    for one in evidence.results:
        if one.status == "failed":
            return f"skipped: {one.layer} failed"
    return "skipped: there is no host to ask"


def _why(blocked: Result, evidence: Evidence) -> str:
    """Why a check was not tried: what failed at the bottom of the chain that it stands on."""
    if blocked.reason:
        return blocked.reason
    below = [one for one in evidence.results if one.check == blocked.blocked_by]
    same = [one for one in below if one.host in (None, blocked.host)] or below
    if not same:
        return _bottom(evidence)
    for one in same:
        if one.blocked_by and one.blocked_by != blocked.check:
            return _why(one, evidence)
        if one.status == "skipped" and one.reason:
            return f"skipped: {one.reason}"
    return f"skipped: {same[0].layer} failed"


def _lines(
    results: Sequence[Result], checks: Sequence[Check], evidence: Evidence, told: Told
) -> list[Line]:
    """The words of a layer; a host's name stands before its lines where there are several."""
    short = aliases([str(host) for host in evidence.hosts])
    rows: list[Line] = []
    for check in checks:
        known: set[tuple[str, str]] = set()  # what one host has said, the others need not repeat
        for one in (one for one in results if one.check == check.name):
            words = list(told[check.name, one.host].lines)
            for row in _result_lines(words, one, short, known, several=len(evidence.hosts) > 1):
                full = row.text
                if check.layer not in ("uri", "dns"):
                    for name, alias in short.items():
                        full = full.replace(name, alias)
                rows.append(row._replace(text=full))
    return rows


def aliases(hosts: Sequence[str]) -> dict[str, str]:
    """Short names for hosts of one domain, for lines that follow the full ones.

    Empty for a single host, and where the hosts share no domain that is worth leaving out.
    """
    splits = [host.rpartition(":")[0].split(".") for host in hosts]
    if len(hosts) < 2 or any(len(labels) < 3 or labels[-1].isdigit() for labels in splits):
        return {}
    domains = {tuple(labels[1:]) for labels in splits}
    if len(domains) > 1:
        return {}
    ports = {host.rpartition(":")[2] for host in hosts}
    names = [labels[0] for labels in splits]
    if len(set(names)) < len(names):
        return {}
    ends = [f":{host.rpartition(':')[2]}" if len(ports) > 1 else "" for host in hosts]
    return {host: f"{name}…{end}" for host, name, end in zip(hosts, names, ends, strict=True)}


def _result_lines(
    rows: list[Line],
    one: Result,
    short: dict[str, str],
    known: set[tuple[str, str]],
    *,
    several: bool,
) -> list[Line]:
    if one.status == "skipped":
        return []
    failed = one.status in ("failed", "crashed")
    if failed and one.failure is not None and not any(row.status == "fail" for row in rows):
        code = f" (code {one.failure.code})" if one.failure.code is not None else ""
        rows.append(Line("", one.failure.message + code, "fail"))
    if one.host is None:
        return rows
    fresh = [
        row
        for row in rows
        if not row.label or row.status == "fail" or (row.label, row.text) not in known
    ]
    known |= {(row.label, row.text) for row in rows}
    name = short.get(one.host, one.host)
    if several or not rows:
        return _headed(name, fresh, failed=failed)
    return rows


def _headed(name: str, rows: Sequence[Line], *, failed: bool) -> list[Line]:
    """A host's lines under its name, or behind it where the first has no label of its own."""
    if rows and not rows[0].label:
        first = rows[0]._replace(text=f"{name}  {rows[0].text}")
        return [first, *(row._replace(label=f"  {row.label}") for row in rows[1:])]
    head = Line("", name, "fail" if failed else "ok")
    return [head, *(row._replace(label=f"  {row.label}") for row in rows)]


def _key(check: Check) -> str:
    return check.name.replace("-", "_")


def _data(results: Sequence[Result], checks: Sequence[Check]) -> dict[str, Any]:
    """What the layer saw, for programs: hosts under ``hosts``, single checks by their names."""
    data: dict[str, Any] = {}
    for check in checks:
        for one in (one for one in results if one.check == check.name):
            entry: dict[str, Any] = {"status": one.status, "duration_ms": round(one.duration_ms, 3)}
            seen = to_jsonable(one.data)
            entry |= seen if isinstance(seen, dict) else {}
            if one.failure is not None:
                entry["failure"] = to_jsonable(one.failure)
            if one.status == "skipped":
                entry["reason"] = one.reason or f"needs {one.blocked_by}"
            if check.per_host:
                of_host = data.setdefault("hosts", {}).setdefault(one.host, {})
                of_host |= {_key(check): entry} if of_host else entry
            elif check.name == check.layer:
                data |= entry
            else:
                data[_key(check)] = entry
    return data
