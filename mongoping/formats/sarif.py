"""SARIF 2.1.0: a rule for each cause, a result for each finding, for code scanning views.

Source: the OASIS standard, sections 3.13 (log), 3.14 (run), 3.27 (result), 3.49 (rule).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mongoping._version import __version__
from mongoping.escape import harmless_json, printable
from mongoping.formats._cases import advice, cases, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Report, Style

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(report: Report, style: Style) -> str:
    """One log with one run; ``style`` changes nothing."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """One log with one run over all reports; each result names its target."""
    results: list[dict[str, Any]] = []
    rules: dict[str, dict[str, Any]] = {}
    for report in reports:
        for rule, result in _results(report):
            known = rules.setdefault(rule["id"], rule)
            known.update({key: value for key, value in rule.items() if key not in known})
            results.append(result)
    order = {code: at for at, code in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = order[result["ruleId"]]
    driver = {"name": "mongoping", "version": __version__, "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report) for report in reports],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return harmless_json(json.dumps(log, ensure_ascii=False, indent=1)) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": not report.interrupted,
        "exitCode": report.exit_code(),
        "startTimeUtc": report.started_at,
        "properties": {"target": title(report), "uri": report.uri, "status": report.status},
    }


def _results(report: Report) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the failure with its remedies, then the other findings."""
    for row in cases(report):
        told = None
        if row.status == "fail":
            told = row.cause or f"{row.name}.interrupted"
            yield _rule(report, told, row), _result(report, told, "error", row.summary, ())
        for finding in row.findings:
            if finding.cause == told and finding.detail == row.summary:
                continue
            words = finding.detail or finding.cause
            yield (
                _rule(report, finding.cause, None),
                _result(report, finding.cause, LEVELS[finding.severity], words, finding.hosts),
            )


def _rule(report: Report, code: str, row: Case | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    verdict = report.verdict
    if verdict is not None and verdict.cause == code:
        rule["shortDescription"] = {"text": verdict.title}
        rule["fullDescription"] = {"text": verdict.explanation}
        if verdict.links:
            rule["helpUri"] = verdict.links[0]
    if row is not None and row.remedies:
        rule["help"] = {"text": _clean("\n".join(advice(row.remedies)))}
    return rule


def _result(
    report: Report, code: str, level: str, text: str, hosts: Sequence[str]
) -> dict[str, Any]:
    names = [f"{title(report)}/{host}" for host in hosts] or [title(report)]
    return {
        "ruleId": code,
        "level": level,
        "message": {"text": _clean(text) or code},
        "locations": [
            {"logicalLocations": [{"fullyQualifiedName": _clean(name), "kind": "resource"}]}
            for name in names
        ],
    }


def _clean(text: str) -> str:
    return printable(text, newlines=True)
