"""SARIF 2.1.0: a rule for each cause and a result for each finding, for code scanning.

Meets the rules of GitHub, which rejects a file or drops results that break them: every rule has
descriptions and help, every result has a physical location with a region, a path relative to the
repository, and a fingerprint. A target that no file of the repository contains is attached to
`Checkout.default`.

Sources: the OASIS standard, sections 3.13 (log), 3.14 (run), 3.27 (result), 3.49 (rule);
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mongoping._version import __version__
from mongoping.code_spans import plain
from mongoping.escape import harmless_json, printable
from mongoping.formats._cases import advice, cases, title
from mongoping.formats.markdown import code as markdown_code
from mongoping.formats.markdown import prose as markdown_prose
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Checkout, Finding, Remedy, Report, Severity, Style

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
PROBLEMS = {"error": "error", "warning": "warning", "info": "recommendation"}
DOCS = "https://www.mongodb.com/docs/manual/"
MAX_DESCRIPTION = 1024  # characters: GitHub's limit for the descriptions of a rule


class Problem(Record):
    """One result, with the texts of its rule."""

    cause: str
    severity: Severity
    text: str
    hosts: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    title: str = ""
    explanation: str = ""
    links: tuple[str, ...] = ()


def render(report: Report, style: Style) -> str:
    """Return a log with one run; ``style`` says which files belong to the repository."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return a log with one run over all reports; each result names its target."""
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for report in reports:
        for problem in _problems(report):
            rules.setdefault(problem.cause, _rule(problem))
            results.append(_result(report, problem, style.checkout, counts))
    order = {code: position for position, code in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = order[result["ruleId"]]
    driver = {
        "name": "mongoping",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": list(rules.values()),
    }
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
        "properties": {
            "target": _clean(title(report)),
            "uri": _clean(report.uri),
            "status": report.status,
        },
    }


def _problems(report: Report) -> Iterator[Problem]:
    """Yield the failure of each row, then its other findings."""
    for row in cases(report):
        if row.status == "fail":
            yield _failure(report, row)
        for finding in row.findings:
            if row.status == "fail" and (finding.cause, finding.detail) == (row.cause, row.summary):
                continue
            yield _problem(finding)


def _failure(report: Report, row: Case) -> Problem:
    """Return the failure of a row, with the texts of the verdict or of its finding."""
    verdict = report.verdict
    if verdict is not None and verdict.cause == row.cause:
        return Problem(
            verdict.cause, "error", row.summary, verdict.hosts, verdict.remedies,
            verdict.title, verdict.explanation, verdict.links,
        )  # fmt: skip
    finding = next((finding for finding in row.findings if finding.cause == row.cause), None)
    if finding is not None:
        return _problem(finding).replace(severity="error", text=row.summary, remedies=row.remedies)
    return Problem(
        row.cause or f"{row.name}.interrupted", "error", row.summary, remedies=row.remedies
    )


def _problem(finding: Finding) -> Problem:
    return Problem(
        finding.cause, finding.severity, finding.detail or finding.cause, finding.hosts,
        finding.remedies, finding.title, finding.explanation, finding.links,
    )  # fmt: skip


def _rule(problem: Problem) -> dict[str, Any]:
    """Return the rule of a cause, with texts that do not depend on the run."""
    code = problem.cause
    short = problem.title or f"A problem that mongoping calls {code}"
    full = plain(problem.explanation or short)
    command = f"mongoping causes {code}"
    text = [full, f"Show what mongoping knows about it: {command}", *problem.links]
    markdown = [
        markdown_prose(problem.explanation or short),
        f"Show what mongoping knows about it: {markdown_code(command)}",
        *(f"- <{link}>" for link in problem.links),
    ]
    return {
        "id": code,
        "name": "".join(map(str.capitalize, code.replace(".", "-").split("-"))),
        "shortDescription": {"text": _clean(plain(short))[:MAX_DESCRIPTION]},
        "fullDescription": {"text": _clean(full)[:MAX_DESCRIPTION]},
        "help": {"text": _clean("\n".join(text)), "markdown": "\n\n".join(markdown)},
        "helpUri": next(iter(problem.links), DOCS),
        "defaultConfiguration": {"level": LEVELS[problem.severity]},
        "properties": {
            "tags": ["mongodb", code.partition(".")[0]],
            "problem.severity": PROBLEMS[problem.severity],
            "precision": "high",
        },
    }


def _result(
    report: Report, problem: Problem, checkout: Checkout, counts: Counter[str]
) -> dict[str, Any]:
    names = [f"{title(report)}/{host}" for host in problem.hosts] or [title(report)]
    lines = [f"{title(report)}: {problem.text}", *advice(problem.remedies)]
    location = {
        "physicalLocation": _physical(report, checkout),
        "logicalLocations": [
            {"fullyQualifiedName": _clean(name), "kind": "resource"} for name in names
        ],
    }
    identity = hashlib.sha256(
        json.dumps([problem.cause, title(report)]).encode("utf-8", "replace")
    ).hexdigest()[:16]
    counts[identity] += 1
    return {
        "ruleId": problem.cause,
        "level": LEVELS[problem.severity],
        "message": {"text": _clean("\n".join(lines))},
        "locations": [location],
        # in the form of GitHub's own fingerprints; independent of the line, which may move
        "partialFingerprints": {"primaryLocationLineHash": f"{identity}:{counts[identity]}"},
    }


def _physical(report: Report, checkout: Checkout) -> dict[str, Any]:
    """Return the file that contains the target, or the default one, with a region."""
    path, line, column = checkout.default, 1, 1
    place = report.location
    inside = None if place is None else _relative(place.path, checkout)
    if place is not None and inside is not None:
        path, line, column = inside, place.line or 1, place.column or 1
    return {
        "artifactLocation": {"uri": quote(path.encode("utf-8", "replace"))},
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": line,
            "endColumn": column + 1,
        },
    }


def _relative(path: str, checkout: Checkout) -> str | None:
    """Return a path relative to the repository, or None if the file is outside."""
    normal_path = posixpath.normpath(posixpath.join(checkout.folder, path.replace("\\", "/")))
    if checkout.root:
        root = checkout.root.rstrip("/") + "/"
        return normal_path.removeprefix(root) if normal_path.startswith(root) else None
    return None if normal_path.startswith(("/", "..")) else normal_path


def _clean(text: str) -> str:
    return printable(text, newlines=True)
