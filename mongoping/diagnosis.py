"""Turn evidence into findings and one verdict: the root cause.

Pure. Each cause of the catalogue decides for itself whether it is true. These rules then
pick the root, and none of them depends on the order of the catalogue:

* A consequence is not reported: neither a cause that another one hides (``hidden_by``), nor
  one that only restates the failure of a check (``restates``) for which another one
  accounts (`Match.explains`).
* A fault of one host is a warning as long as another host got through, since the driver
  works with the others.
* A failure that no cause explains becomes ``LAYER.unexplained``. mongoping does not guess.
* The lowest layer with an error holds the root. Within a layer, ``outranks`` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mongoping import unfinished
from mongoping.escape import defect
from mongoping.model import (
    LAYERS,
    Cause,
    Diagnosis,
    Evidence,
    Finding,
    Match,
    Remedy,
    Result,
    Verdict,
    offered,
    remedy_of,
)

HOST_LAYERS = frozenset({"dns", "tcp", "tls", "hello"})
MAX_NAMED = 8  # hosts and details in one sentence; the data holds all of them


def diagnose(evidence: Evidence, causes: Sequence[Cause]) -> Diagnosis:
    """Return all findings, the root first in its layer, and the verdict.

    The verdict is the first error: the root cause in the lowest layer that stops the driver.
    """
    catalogue = {cause.code: cause for cause in sorted(causes, key=lambda cause: cause.code)}
    matched, broken = _matches(evidence, tuple(catalogue.values()))
    unexplained = _unexplained(evidence, matched)
    kept = [finding for finding in matched if not _is_consequence(finding, matched, catalogue)]
    findings = [_downgrade_if_driver_works(evidence, one) for one in (*kept, *unexplained)]
    # A driver that fails although no error is left is a finding by itself.
    findings += [*_driver_findings(evidence, findings), *broken]
    ordered = _ordered(_grouped(findings), catalogue, [*map(str, evidence.hosts)])
    return Diagnosis(tuple(ordered), _verdict(ordered, catalogue), defect=bool(broken))


def _ordered(
    findings: Iterable[Finding], catalogue: Mapping[str, Cause], hosts: Sequence[str]
) -> list[Finding]:
    """Return the findings layer by layer; within a layer, the likelier root first.

    ``outranks`` decides first. Of two faults that no rule orders, the one that concerns more
    hosts comes first, then the one of the earlier host. The code decides what is left, so
    that the result is always the same.
    """

    def key(finding: Finding) -> tuple[object, ...]:
        places = [hosts.index(host) for host in finding.hosts if host in hosts]
        concerned = len(finding.hosts) or len(hosts) + 1  # the deployment is more than its hosts
        unexplained = finding.cause not in catalogue
        first = min(places, default=0)
        return (_rank(finding.layer), unexplained, -concerned, first, finding.cause)

    waiting = sorted(findings, key=key)
    below = {finding.cause: _outranked(finding.cause, catalogue) for finding in waiting}
    ordered: list[Finding] = []
    while waiting:
        held_back = set().union(*(below[finding.cause] for finding in waiting))
        layer = waiting[0].layer
        first = next(
            (one for one in waiting if one.layer == layer and one.cause not in held_back),
            waiting[0],
        )
        waiting.remove(first)
        ordered.append(first)
    return ordered


def _outranked(code: str, catalogue: Mapping[str, Cause]) -> set[str]:
    """Return the codes that a cause outranks, directly or through others."""
    below: set[str] = set()
    waiting = [code]
    while waiting:
        cause = catalogue.get(waiting.pop())
        fresh = {*cause.outranks} - below if cause is not None else set()
        below |= fresh
        waiting += fresh
    return below


def _rank(layer: str) -> float:
    """Return the position of a layer; faults of the client itself come before any traffic."""
    return LAYERS.index(layer) if layer in LAYERS else 0.5


def _matches(evidence: Evidence, causes: Sequence[Cause]) -> tuple[list[Finding], list[Finding]]:
    """Return the causes that are true, and a note for each whose predicate raised."""
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
    """Return a finding for each host of which the cause is true, or one for the deployment."""
    found: list[Finding] = []
    if cause.when is None:
        return found
    places: list[str | None] = [*map(str, evidence.hosts)] if cause.per_host else [None]
    for host in places:
        match = cause.when(evidence, host)
        if match is None:
            continue
        if isinstance(match, str):
            match = Match(match)
        severity = match.severity or cause.severity
        hosts = (host,) if host is not None else match.hosts
        found.append(Finding(cause.code, cause.layer, severity, match.detail, hosts, match))
    return found


def _is_consequence(
    finding: Finding, matched: Sequence[Finding], catalogue: Mapping[str, Cause]
) -> bool:
    """Return whether another true cause explains this one, for the same host or for all.

    A note (severity ``info``) explains nothing: what it describes is not a fault. A warning
    explains no error: the driver works in spite of what it describes.
    """
    cause = catalogue[finding.cause]
    weaker = ("info",) if finding.severity != "error" else ("info", "warning")
    return any(
        other.cause != finding.cause
        and other.severity not in weaker
        and _share_a_host(other, finding)
        and (other.cause in cause.hidden_by or bool({*cause.restates} & {*other.match.explains}))
        for other in matched
    )


def _share_a_host(one: Finding, other: Finding) -> bool:
    """Return whether two findings concern a common host; without hosts, one concerns all."""
    return not one.hosts or not other.hosts or bool({*one.hosts} & {*other.hosts})


def _downgrade_if_driver_works(evidence: Evidence, finding: Finding) -> Finding:
    """Return the finding, as a warning where the driver can do without the host at fault."""
    if finding.severity != "error" or finding.layer not in HOST_LAYERS:
        return finding
    if any(evidence.failure(check) is not None for check in finding.match.explains):
        return finding  # the driver found the host, and failed later for this very reason
    through = {str(one.host) for one in evidence.of("hello") if one.ok} - set(finding.hosts)
    driver = evidence.result("driver")
    works = driver is not None and driver.ok
    if driver is not None and driver.status == "skipped" and driver.reason:
        return finding  # the driver check was skipped, so keep the severity
    stopped_all = not through and not works
    if stopped_all or (not finding.hosts and not works):
        return finding
    return finding.replace(severity="warning")


def _unexplained(evidence: Evidence, matched: Sequence[Finding]) -> list[Finding]:
    """Return a finding for each failure of a host, or of a lower layer, that no cause explains."""
    rows = []
    for result in evidence.results:
        if result.status == "crashed" and result.failure is not None:
            detail = f"mongoping itself failed here: {result.failure.message}"
            rows.append(_plain(result, detail))
        elif result.status == "failed" and not _explained(evidence, result, matched):
            failure = result.failure
            if failure is not None and failure.kind == unfinished.KIND:
                rows.append(_stopped(evidence, result, failure.message))
                continue
            code = f" (code {failure.code})" if failure and failure.code is not None else ""
            rows.append(_plain(result, f"{failure.message if failure else 'it failed'}{code}"))
    return rows


def _plain(result: Result, detail: str) -> Finding:
    hosts = (result.host,) if result.host else ()
    return Finding(
        f"{result.layer}.unexplained", result.layer, "error", detail, hosts, Match(detail)
    )


def _stopped(evidence: Evidence, result: Result, detail: str) -> Finding:
    """Return the finding for a check that a limit of mongoping ended."""
    where = f"{result.host}: {detail}" if result.host else detail
    busy = bool(result.failure and result.failure.facts.get("busy"))
    match = unfinished.match(result.layer, where, evidence.settings.deadline, busy=busy)
    return _plain(result, where).replace(match=match)


def _explained(evidence: Evidence, result: Result, matched: Sequence[Finding]) -> bool:
    if result.check == "driver":
        return True  # `_driver_findings` decides, once all other errors are known
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


def _driver_findings(evidence: Evidence, findings: Iterable[Finding]) -> list[Finding]:
    """Return the driver's own failure, or a run cut short, where no other error explains it."""
    if any(finding.severity == "error" for finding in findings):
        return []
    driver = evidence.result("driver")
    if driver is not None and driver.status == "failed" and driver.failure is not None:
        if driver.failure.kind == unfinished.KIND:
            return [_stopped(evidence, driver, driver.failure.message)]
        words = f"every layer below is fine, yet the driver says: {driver.failure.message}"
        return [_plain(driver, words)]
    if evidence.interrupted:
        return []
    late = [one for one in evidence.results if one.blocked_by == "deadline"]
    if late and (driver is None or not driver.ok or any(one.check == "ping" for one in late)):
        seconds = max(evidence.settings.deadline, round(evidence.duration_ms / 1000))
        words = f"not finished within {seconds:g} s"
        return [_stopped(evidence, late[0], words)]
    return []


def _grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each cause and severity, with the hosts of all."""
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
    remedies = dict.fromkeys(remedy_of(one) for row in group for one in row.match.remedies)
    others = tuple(dict.fromkeys(code for one in group for code in one.match.alternatives))
    detail = "; ".join(details[:MAX_NAMED]) + more
    said = set.intersection(*(set(one.match.instead_of) for one in group))
    better = tuple(one for one in first.match.instead_of if one in said)
    match = first.match.replace(
        detail=detail, remedies=tuple(remedies), alternatives=others, instead_of=better
    )
    return first.replace(detail=detail, hosts=hosts, match=match)


def _verdict(findings: Sequence[Finding], catalogue: Mapping[str, Cause]) -> Verdict | None:
    """Return the first error in the words of its cause."""
    root = next((one for one in findings if one.severity == "error"), None)
    if root is None:
        return None
    cause = catalogue.get(root.cause)
    if cause is None:
        return _unknown(root)
    alternatives = [*root.match.alternatives, *cause.alternatives]
    return Verdict(
        cause=cause.code,
        layer=root.layer,
        title=root.match.title or cause.title,
        explanation=root.match.explanation or cause.explanation,
        remedies=offered(root.match, cause),
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
        title=root.match.title or f"The {root.layer} layer failed, and no known cause explains it",
        explanation=root.match.explanation
        or "The facts are shown as they were observed. mongoping does not guess.",
        remedies=tuple(map(remedy_of, root.match.remedies))
        or (
            Remedy("Run the same command again with --verbose, which shows every fact."),
            Remedy("Report it with that output (it contains no password), so that it gets a name."),
        ),
        links=(),
        alternatives=(),
        details=(root.detail,),
        hosts=root.hosts,
    )
