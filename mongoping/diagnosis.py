"""From evidence to causes: which of them are true, which are echoes, and which is the root.

Pure. The catalogue is asked one cause at a time; what it says is weighed by three rules:

* a cause that another one explains is silent (``hidden_by``);
* a fault of one host is a warning as long as another host got through, since the driver
  works with the others;
* a failure that no cause explains is said to be unexplained, never guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mongoping.model import LAYERS, Cause, Diagnosis, Evidence, Finding, Match, Result, Verdict
from mongoping.words import defect

HOST_LAYERS = frozenset({"dns", "tcp", "tls", "hello"})
TOO_SHORT = "not finished within {:g} s; --timeout allows more"
MAX_NAMED = 8  # hosts and details in one sentence; the data holds all of them


def diagnose(evidence: Evidence, causes: Sequence[Cause]) -> Diagnosis:
    """All findings, and the one verdict: the lowest layer that stops the driver."""
    order = {cause.code: at for at, cause in enumerate(causes)}
    matched, broken = _matches(evidence, causes)
    unexplained = _unexplained(evidence, matched)
    kept = [one for one in matched if not _hidden(one, matched, causes)]
    weighed = [_weighed(evidence, one) for one in (*kept, *unexplained)]
    # a driver that fails without an error left is a finding by itself
    weighed += [*_judged(evidence, weighed), *broken]
    findings = sorted(
        _grouped(weighed), key=lambda one: (_rank(one.layer), order.get(one.cause, len(order)))
    )
    return Diagnosis(tuple(findings), _verdict(findings, causes), defect=bool(broken))


def _rank(layer: str) -> float:
    """Where a layer stands; the client's own faults come before any traffic."""
    return LAYERS.index(layer) if layer in LAYERS else 0.5


def _matches(evidence: Evidence, causes: Sequence[Cause]) -> tuple[list[Finding], list[Finding]]:
    """The causes that are true; and a note for each that fails by itself, which is left out."""
    found: list[Finding] = []
    broken: list[Finding] = []
    for cause in causes:
        try:
            found += _of_cause(evidence, cause)
        except Exception as error:
            words = f"{cause.code} is left out: mongoping itself failed there ({defect(error)})"
            code = f"{cause.layer}.unexplained"
            broken.append(Finding(code, cause.layer, "warning", words, (), Match(words)))
    return found, broken


def _of_cause(evidence: Evidence, cause: Cause) -> list[Finding]:
    """A finding for each host of which the cause is true, or for the deployment."""
    found: list[Finding] = []
    if cause.when is None:
        return found
    for host in [str(one) for one in evidence.hosts] if cause.per_host else [None]:
        match = cause.when(evidence, host)
        if match is None:
            continue
        if isinstance(match, str):
            match = Match(match)
        severity = match.severity or cause.severity
        hosts = (host,) if host is not None else match.hosts
        found.append(Finding(cause.code, cause.layer, severity, match.detail, hosts, match))
    return found


def _hidden(finding: Finding, matched: Sequence[Finding], causes: Sequence[Cause]) -> bool:
    """Whether another true cause explains this one, for the same host or for all."""
    hiders = next(cause.hidden_by for cause in causes if cause.code == finding.cause)
    return any(
        other.cause in hiders
        and (not other.hosts or not finding.hosts or bool(set(other.hosts) & set(finding.hosts)))
        for other in matched
    )


def _weighed(evidence: Evidence, finding: Finding) -> Finding:
    """A host's error becomes a warning when the driver can do without that host."""
    if finding.severity != "error" or finding.layer not in HOST_LAYERS:
        return finding
    through = {str(one.host) for one in evidence.of("hello") if one.ok} - set(finding.hosts)
    driver = evidence.result("driver")
    works = driver is not None and driver.ok
    if driver is not None and driver.status == "skipped" and driver.reason:
        return finding  # the judge was not asked: nobody knows whether it could do without
    stopped_all = not through and not works
    if stopped_all or (not finding.hosts and not works):
        return finding
    return finding.replace(severity="warning")


def _unexplained(evidence: Evidence, matched: Sequence[Finding]) -> list[Finding]:
    """A finding for each failure of a host, or of a lower layer, that no cause explains."""
    rows = []
    for result in evidence.results:
        if result.status == "crashed" and result.failure is not None:
            detail = f"mongoping itself failed here: {result.failure.message}"
            rows.append(_plain(result, detail))
        elif result.status == "failed" and not _explained(evidence, result, matched):
            failure = result.failure
            code = f" (code {failure.code})" if failure and failure.code is not None else ""
            rows.append(_plain(result, f"{failure.message if failure else 'it failed'}{code}"))
    return rows


def _plain(result: Result, detail: str) -> Finding:
    hosts = (result.host,) if result.host else ()
    return Finding(
        f"{result.layer}.unexplained", result.layer, "error", detail, hosts, Match(detail)
    )


def _explained(evidence: Evidence, result: Result, matched: Sequence[Finding]) -> bool:
    if result.check == "driver":
        return True  # judged at the end, when it is known which errors stand
    for finding in matched:
        if finding.severity == "info":
            continue
        if result.check in finding.match.explains:
            return True
        same_host = not finding.hosts or result.host is None or result.host in finding.hosts
        if result.host is not None and finding.hosts and same_host:
            return True
        if (
            same_host
            and _rank(finding.layer) <= _rank(result.layer)
            and finding.severity == "error"
        ):
            return True
    return False


def _judged(evidence: Evidence, findings: Iterable[Finding]) -> list[Finding]:
    """The driver's own failure, or a run that ended too soon, where no error explains it."""
    if any(finding.severity == "error" for finding in findings):
        return []
    driver = evidence.result("driver")
    if driver is not None and driver.status == "failed" and driver.failure is not None:
        if driver.failure.kind == "timeout" and _out_of_time(evidence):
            return [_plain(driver, TOO_SHORT.format(evidence.settings.deadline))]
        words = f"every layer below is fine, yet the driver says: {driver.failure.message}"
        return [_plain(driver, words)]
    if evidence.interrupted:
        return []
    late = [one for one in evidence.results if one.blocked_by == "deadline"]
    if late and (driver is None or not driver.ok or any(one.check == "ping" for one in late)):
        return [_plain(late[0], TOO_SHORT.format(evidence.settings.deadline))]
    return []


def _out_of_time(evidence: Evidence) -> bool:
    """Whether the deadline of the run ended it, and not a limit of its checks."""
    deadline = evidence.settings.deadline
    return deadline < evidence.settings.cap and evidence.duration_ms >= deadline * 900


def _grouped(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each cause and severity: three hosts with one fault are one fault."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.cause, finding.severity), []).append(finding)
    return [_merged(group) for group in groups.values()]


def _merged(group: Sequence[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    hosts = tuple(dict.fromkeys(host for one in group for host in one.hosts))
    details = list(dict.fromkeys(one.detail for one in group))
    more = f"; and {len(details) - MAX_NAMED} more" if len(details) > MAX_NAMED else ""
    remedies = tuple(dict.fromkeys(remedy for one in group for remedy in one.match.remedies))
    others = tuple(dict.fromkeys(code for one in group for code in one.match.alternatives))
    detail = "; ".join(details[:MAX_NAMED]) + more
    said = set.intersection(*(set(one.match.instead_of) for one in group))
    better = tuple(one for one in first.match.instead_of if one in said)
    match = first.match.replace(
        detail=detail, remedies=remedies, alternatives=others, instead_of=better
    )
    return first.replace(detail=detail, hosts=hosts, match=match)


def _verdict(findings: Sequence[Finding], causes: Sequence[Cause]) -> Verdict | None:
    """The lowest error, in the words of its cause."""
    root = next((one for one in findings if one.severity == "error"), None)
    if root is None:
        return None
    cause = next((one for one in causes if one.code == root.cause), None)
    if cause is None:
        return _unknown(root)
    alternatives = [*root.match.alternatives, *cause.alternatives]
    general = [one for one in cause.remedies if one not in root.match.instead_of]
    return Verdict(
        cause=cause.code,
        layer=root.layer,
        title=cause.title,
        explanation=cause.explanation,
        remedies=tuple(dict.fromkeys((*root.match.remedies, *general))),
        links=cause.links,
        alternatives=tuple(dict.fromkeys(code for code in alternatives if code != cause.code)),
        details=(root.detail,),
        hosts=root.hosts,
        tell_apart=root.match.tell_apart,
    )


def _unknown(root: Finding) -> Verdict:
    return Verdict(
        cause=root.cause,
        layer=root.layer,
        title=f"The {root.layer} layer failed, and no known cause explains it",
        explanation="The facts are shown as they were seen. mongoping does not guess.",
        remedies=(
            "Run the same command again with --verbose, which shows every fact that was seen.",
            "Report it with that output (no password is in it), so that it gets a name.",
        ),
        links=(),
        alternatives=(),
        details=(root.detail,),
        hosts=root.hosts,
    )
