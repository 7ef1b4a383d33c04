"""Turn evidence into findings and one verdict: the root cause. Pure.

Each cause of the catalog has its own predicate. These rules then pick the root cause; none of
them depends on the order of the catalog:

* Consequences are not reported: a cause that another true cause hides (``hidden_by``), and one
  that only restates the failure of a check (``restates``) that another one explains
  (`Match.explains`).
* A fault of one host is a warning if another host works, because the driver uses the others.
* A failure that no cause explains becomes ``LAYER.unexplained``. mongoping does not guess.
* The root cause is in the lowest layer with an error. Within a layer, ``outranks`` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mongoping import unfinished
from mongoping.escape import bug_location
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
    alternatives_of,
    remedies_to_offer,
    remedy_of,
)
from mongoping.uri.hosts import is_atlas

HOST_LAYERS = frozenset({"dns", "tcp", "tls", "hello"})
ATLAS_DOCS = "mongodb.com/docs/atlas/"
STRING_DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string/"
MAX_NAMED = 8  # hosts and details in one sentence; the data holds all of them


def diagnose(evidence: Evidence, causes: Sequence[Cause]) -> Diagnosis:
    """Return all findings, ordered by layer with the likelier root first, and the verdict.

    The verdict is the first finding that is an error.
    """
    catalog = {cause.code: cause for cause in sorted(causes, key=lambda cause: cause.code)}
    true_findings, broken_causes = _matches(evidence, tuple(catalog.values()))
    unexplained_findings = _unexplained_findings(evidence, true_findings)
    independent_findings = [
        finding
        for finding in true_findings
        if not _is_consequence(evidence, finding, true_findings, catalog)
    ]
    findings = [
        _downgrade_if_driver_works(evidence, finding)
        for finding in (*independent_findings, *unexplained_findings)
    ]
    # If the driver fails and no other error remains, its failure is a finding of its own.
    findings += [*_driver_findings(evidence, findings), *broken_causes]
    findings_in_order = _order(_group(findings), catalog, [*map(str, evidence.hosts)])
    findings_in_order = [
        _with_texts(finding, catalog, _concerns_atlas(evidence)) for finding in findings_in_order
    ]
    return Diagnosis(
        tuple(findings_in_order), _verdict(findings_in_order, catalog), bug=bool(broken_causes)
    )


def _concerns_atlas(evidence: Evidence) -> bool:
    """Return whether the deployment is on Atlas, or may be because no host is known."""
    target = evidence.target
    names = [str(host) for host in evidence.hosts]
    if target is not None and target.srv_name:
        names.append(target.srv_name)
    return evidence.settings.preset == "atlas" or not names or any(is_atlas(name) for name in names)


def _links_for(links: tuple[str, ...], *, atlas: bool) -> tuple[str, ...]:
    """Return the links for a deployment; outside Atlas, the manual instead of Atlas's pages."""
    if atlas:
        return links
    return tuple(dict.fromkeys(STRING_DOCS if ATLAS_DOCS in link else link for link in links))


def _with_texts(finding: Finding, catalog: Mapping[str, Cause], atlas: bool) -> Finding:
    """Return the finding with what it means and what to do about it."""
    cause = catalog.get(finding.cause)
    if cause is None:
        return finding.replace(remedies=tuple(map(remedy_of, finding.match.remedies)))
    return finding.replace(
        remedies=remedies_to_offer(finding.match, cause),
        title=finding.match.title or cause.title,
        explanation=finding.match.explanation or cause.explanation,
        links=_links_for(cause.links, atlas=atlas or cause.code.startswith("atlas.")),
    )


def _order(
    findings: Iterable[Finding], catalog: Mapping[str, Cause], hosts: Sequence[str]
) -> list[Finding]:
    """Return the findings layer by layer; within a layer, the likelier root first.

    ``outranks`` decides first, then the number of hosts concerned, then the position of the
    first host, and finally the code, so that the order is always the same.
    """

    def key(finding: Finding) -> tuple[object, ...]:
        places = [hosts.index(host) for host in finding.hosts if host in hosts]
        # a finding without hosts concerns the deployment, which is more than its hosts
        host_count = len(finding.hosts) or len(hosts) + 1
        is_unexplained = finding.cause not in catalog
        first = min(places, default=0)
        return (_rank(finding.layer), is_unexplained, -host_count, first, finding.cause)

    remaining = sorted(findings, key=key)
    below = {finding.cause: _codes_outranked_by(finding.cause, catalog) for finding in remaining}
    findings_in_order: list[Finding] = []
    while remaining:
        held_back = set().union(*(below[finding.cause] for finding in remaining))
        layer = remaining[0].layer
        first = next(
            (
                finding
                for finding in remaining
                if finding.layer == layer and finding.cause not in held_back
            ),
            remaining[0],
        )
        remaining.remove(first)
        findings_in_order.append(first)
    return findings_in_order


def _codes_outranked_by(code: str, catalog: Mapping[str, Cause]) -> set[str]:
    """Return the codes that a cause outranks, directly or through others."""
    below: set[str] = set()
    waiting = [code]
    while waiting:
        cause = catalog.get(waiting.pop())
        fresh = {*cause.outranks} - below if cause is not None else set()
        below |= fresh
        waiting += fresh
    return below


def _rank(layer: str) -> float:
    """Return the position of a layer; the client's own faults rank below all network layers."""
    return LAYERS.index(layer) if layer in LAYERS else 0.5


def _matches(evidence: Evidence, causes: Sequence[Cause]) -> tuple[list[Finding], list[Finding]]:
    """Return the causes that are true, and a note for each whose predicate raised."""
    true_findings: list[Finding] = []
    defects: list[Finding] = []
    for cause in causes:
        try:
            true_findings += _findings_of(evidence, cause)
        except Exception as error:
            where = bug_location(error)
            detail = f"mongoping could not check for {cause.code}: internal error ({where})"
            code = f"{cause.layer}.unexplained"
            defects.append(Finding(code, cause.layer, "warning", detail, (), Match(detail)))
    return true_findings, defects


def _findings_of(evidence: Evidence, cause: Cause) -> list[Finding]:
    """Return a finding for each host of which the cause is true, or one for the deployment."""
    own_findings: list[Finding] = []
    for host, match in cause.matches(evidence):
        severity = match.severity or cause.severity
        hosts = (host,) if host is not None else match.hosts
        own_findings.append(Finding(cause.code, cause.layer, severity, match.detail, hosts, match))
    return own_findings


def _is_consequence(
    evidence: Evidence,
    finding: Finding,
    true_findings: Sequence[Finding],
    catalog: Mapping[str, Cause],
) -> bool:
    """Return whether another true cause explains this one, for the same host or for all.

    A note (severity ``info``) explains nothing, because it does not describe a fault. A warning
    explains no error, because the driver works in spite of what it describes; an error that the
    report shows as a warning counts as one.
    """
    cause = catalog[finding.cause]
    severity = _downgrade_if_driver_works(evidence, finding).severity
    weaker = ("info",) if severity != "error" else ("info", "warning")
    return any(
        other.cause != finding.cause
        and other.severity not in weaker
        and _share_a_host(other, finding)
        and (other.cause in cause.hidden_by or bool({*cause.restates} & {*other.match.explains}))
        for other in true_findings
    )


def _share_a_host(first: Finding, other: Finding) -> bool:
    """Return whether two findings share a host; a finding without hosts concerns all of them."""
    return not first.hosts or not other.hosts or bool({*first.hosts} & {*other.hosts})


def _downgrade_if_driver_works(evidence: Evidence, finding: Finding) -> Finding:
    """Return the finding, as a warning if the driver works without the faulty host."""
    if finding.severity != "error" or finding.layer not in HOST_LAYERS:
        return finding
    if any(evidence.failure(check) is not None for check in finding.match.explains):
        return finding  # the driver reached the host, and failed later for this reason
    answering_hosts = {str(result.host) for result in evidence.of("hello") if result.ok}
    answering_hosts -= set(finding.hosts)
    driver = evidence.result("driver")
    works = driver is not None and driver.ok
    if driver is not None and driver.status == "skipped" and driver.reason:
        return finding  # the driver check was skipped, so keep the severity
    stopped_all = not answering_hosts and not works
    if stopped_all or (not finding.hosts and not works):
        return finding
    return finding.replace(severity="warning")


def _unexplained_findings(evidence: Evidence, true_findings: Sequence[Finding]) -> list[Finding]:
    """Return a finding for each failure of a host, or of a lower layer, that no cause explains."""
    rows = []
    for result in evidence.results:
        if result.status == "crashed" and result.failure is not None:
            detail = f"internal error in mongoping: {result.failure.message}"
            rows.append(_unexplained_finding(result, detail))
        elif result.status == "failed" and not _is_explained(evidence, result, true_findings):
            failure = result.failure
            if failure is not None and failure.kind == unfinished.KIND:
                rows.append(_unfinished_finding(evidence, result, failure.message))
                continue
            code = f" (code {failure.code})" if failure and failure.code is not None else ""
            message = failure.message.strip() if failure else ""
            rows.append(_unexplained_finding(result, f"{message or 'it failed'}{code}"))
    return rows


def _unexplained_finding(result: Result, detail: str) -> Finding:
    hosts = (result.host,) if result.host else ()
    return Finding(
        f"{result.layer}.unexplained", result.layer, "error", detail, hosts, Match(detail)
    )


def _unfinished_finding(evidence: Evidence, result: Result, detail: str) -> Finding:
    """Return the finding for a check that one of mongoping's own limits stopped."""
    where = f"{result.host}: {detail}" if result.host else detail
    busy = bool(result.failure and result.failure.facts.get("busy"))
    match = unfinished.match(result.layer, where, evidence.settings.deadline, busy=busy)
    return _unexplained_finding(result, where).replace(match=match)


def _is_explained(evidence: Evidence, result: Result, true_findings: Sequence[Finding]) -> bool:
    if result.check == "driver":
        return True  # `_driver_findings` decides, once all other errors are known
    for finding in true_findings:
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
    """Return the driver's own failure, or a run that was cut short, if no error explains it."""
    if any(finding.severity == "error" for finding in findings):
        return []
    driver = evidence.result("driver")
    if driver is not None and driver.status == "failed" and driver.failure is not None:
        if driver.failure.kind == unfinished.KIND:
            return [_unfinished_finding(evidence, driver, driver.failure.message)]
        detail = f"all lower layers work, but the driver reports: {driver.failure.message}"
        return [_unexplained_finding(driver, detail)]
    if evidence.interrupted:
        return []
    late = [result for result in evidence.results if result.blocked_by == "deadline"]
    if late and (driver is None or not driver.ok or any(result.check == "ping" for result in late)):
        seconds = max(evidence.settings.deadline, round(evidence.duration_ms / 1000))
        detail = f"not finished within {seconds:g} s"
        return [_unfinished_finding(evidence, late[0], detail)]
    return []


def _group(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each cause and severity, with the hosts of the whole group."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.cause, finding.severity), []).append(finding)
    return [_merge(group) for group in groups.values()]


def _merge(group: Sequence[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    hosts = tuple(dict.fromkeys(host for finding in group for host in finding.hosts))
    details = list(dict.fromkeys(finding.detail for finding in group))
    more = f"; and {len(details) - MAX_NAMED} more" if len(details) > MAX_NAMED else ""
    matches = [finding.match for finding in group]
    remedies = dict.fromkeys(remedy_of(text) for match in matches for text in match.remedies)
    others = tuple(dict.fromkeys(code for match in matches for code in match.alternatives))
    detail = "; ".join(details[:MAX_NAMED]) + more
    in_all = set.intersection(*(set(finding.match.instead_of) for finding in group))
    instead_of = tuple(remedy for remedy in first.match.instead_of if remedy in in_all)
    match = first.match.replace(
        detail=detail, remedies=tuple(remedies), alternatives=others, instead_of=instead_of
    )
    return first.replace(detail=detail, hosts=hosts, match=match)


def _verdict(findings: Sequence[Finding], catalog: Mapping[str, Cause]) -> Verdict | None:
    """Return the verdict for the first error, or None if there is none."""
    root = next((finding for finding in findings if finding.severity == "error"), None)
    if root is None:
        return None
    cause = catalog.get(root.cause)
    if cause is None:
        return _verdict_without_cause(root)
    general = () if root.match.certain else cause.alternatives
    codes = (*root.match.alternatives, *general)
    others = _of_same_item(root, findings)
    return Verdict(
        cause=cause.code,
        layer=root.layer,
        title=root.title,
        explanation=root.explanation,
        remedies=_for_all(root, others),
        links=root.links,
        alternatives=alternatives_of((code for code in codes if code != cause.code), catalog.get),
        evidence=tuple(finding.detail for finding in (root, *others) if finding.detail.strip()),
        hosts=root.hosts,
        tell_apart=root.match.tell_apart,
    )


def _of_same_item(root: Finding, findings: Iterable[Finding]) -> list[Finding]:
    """Return the other errors of the same layer and hosts, as of one certificate.

    Correcting only the root would leave them for the next run.
    """
    return [
        finding
        for finding in findings
        if finding.severity == "error"
        and finding.cause != root.cause
        and finding.layer == root.layer
        and finding.hosts == root.hosts != ()
        and not finding.cause.endswith(".unexplained")
    ]


def _for_all(root: Finding, others: Iterable[Finding]) -> tuple[Remedy, ...]:
    """Return the remedies of a verdict: the first for each error, then the others of the root."""
    firsts = [remedy for finding in others for remedy in finding.remedies[:1]]
    return tuple(dict.fromkeys((*root.remedies[:1], *firsts, *root.remedies[1:])))


def _verdict_without_cause(root: Finding) -> Verdict:
    return Verdict(
        cause=root.cause,
        layer=root.layer,
        title=root.match.title or f"The {root.layer} layer failed, and no known cause explains it",
        explanation=root.match.explanation
        or "The evidence is shown as it was observed. mongoping does not guess.",
        remedies=root.remedies
        or (
            Remedy("Run the same command with --verbose, which shows all evidence."),
            Remedy("Report the problem with that output, which contains no passwords."),
        ),
        links=(),
        alternatives=(),
        evidence=(root.detail,),
        hosts=root.hosts,
        inconclusive=root.match.inconclusive,
    )
