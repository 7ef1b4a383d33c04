"""Write the result of a run: text, JSON, GitHub annotations, SARIF. Pure."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from mongoping import registry
from mongoping._version import __version__
from mongoping.code_spans import plain
from mongoping.escape import harmless_json, printable
from mongoping.lazy_re import lazy_compile
from mongoping.lint.baseline import identity
from mongoping.lint.record import EXPLANATIONS, TITLES, Problem, Result
from mongoping.units import plural

_DRIVE = lazy_compile(r"[A-Za-z]:/")
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string/"


def text(result: Result, *, quiet: bool = False) -> str:
    """Return a line for each problem, which editors can open, and the totals unless ``quiet``."""
    lines = []
    for problem in result.problems:
        place = f"{printable(problem.path)}:{problem.line}:{problem.column}"
        lines.append(f"{place}: {problem.level} {problem.code}: {printable(problem.text)}")
        lines.append(f"  {printable(problem.shown)}")
    lines += [f"Not read: {printable(entry)}" for entry in result.skipped.unreadable]
    if not quiet:
        lines.append(summary(result))
    return "".join(f"{line}\n" for line in lines)


def summary(result: Result) -> str:
    """Return the totals in one sentence."""
    levels = Counter(problem.level for problem in result.problems)
    counts_text = [plural(levels[level], level) for level in ("error", "warning") if levels[level]]
    left_out = [
        f"{number} {what}"
        for number, what in (
            (result.known, "known"),
            (result.ignored, "ignored"),
            (result.skipped.binary, "binary"),
            (result.skipped.large, "larger than 2 MB"),
            (result.skipped.reports, "written by mongoping"),
        )
        if number
    ]
    words = f"{plural(result.strings, 'connection string')} in {plural(result.files, 'file')}"
    more = f" (left out: {', '.join(left_out)})" if left_out else ""
    return f"{words}: {', '.join(counts_text) or 'no problem'}{more}"


def as_json(result: Result) -> str:
    """Return one JSON object."""
    problems = [
        {
            "path": problem.path,
            "line": problem.line,
            "column": problem.column,
            "code": problem.code,
            "level": problem.level,
            "message": problem.text,
            "uri": problem.shown,
        }
        for problem in result.problems
    ]
    document = {
        "schema": 1,
        "tool": {"mongoping": __version__},
        "files": result.files,
        "strings": result.strings,
        "skipped": {
            "binary": result.skipped.binary,
            "large": result.skipped.large,
            "reports": result.skipped.reports,
        },
        "unreadable": list(result.skipped.unreadable),
        "known": result.known,
        "ignored": result.ignored,
        "problems": problems,
    }
    return harmless_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def github(result: Result) -> str:
    """Return the annotations of GitHub Actions, at the lines of the files."""
    from mongoping.formats.github import annotation

    lines = [
        annotation(
            problem.level,
            f"mongoping: {problem.code}",
            problem.text,
            {"file": problem.path, "line": problem.line, "col": problem.column},
        )
        for problem in result.problems
    ]
    return "\n".join([*lines, annotation("notice", "mongoping lint", summary(result))]) + "\n"


def sarif(result: Result) -> str:
    """Return a log of SARIF 2.1.0 with the places in the files."""
    codes = list(dict.fromkeys(problem.code for problem in result.problems))
    counts: Counter[str] = Counter()
    results = []
    for problem in result.problems:
        key = identity(problem)
        counts[key] += 1
        results.append(_result(problem, codes.index(problem.code), f"{key}:{counts[key]}"))
    driver = {
        "name": "mongoping lint",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return harmless_json(json.dumps(log, ensure_ascii=False, indent=1)) + "\n"


def _result(problem: Problem, rule: int, fingerprint: str) -> dict[str, Any]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endLine": problem.line,
        "endColumn": problem.column + problem.length,
    }
    artifact = {"uri": file_uri(problem.path)}
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.level,
        "message": {"text": printable(f"{problem.text} ({problem.shown})")},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }


def file_uri(path: str) -> str:
    """Return a path as a URI: relative, or of the scheme ``file`` if it has a drive or a server.

    Source: RFC 8089, appendix E.2 and E.3.
    """
    quoted_path = quote(path.encode("utf-8", "replace"))
    if path.startswith("//"):
        return f"file:{quoted_path}"
    return f"file:///{path[:2]}{quoted_path[4:]}" if _DRIVE.match(path) else quoted_path


def _rule(code: str) -> dict[str, Any]:
    cause = registry.cause(code)
    title = plain(cause.title) if cause is not None else TITLES.get(code, code)
    full = plain(cause.explanation) if cause is not None else EXPLANATIONS.get(code, title)
    return {
        "id": code,
        "name": "".join(map(str.capitalize, code.replace(".", "-").split("-"))),
        "shortDescription": {"text": title},
        "fullDescription": {"text": full},
        "help": {"text": full, "markdown": full},
        "helpUri": next(iter(cause.links), DOCS) if cause is not None else DOCS,
        "properties": {"tags": ["mongodb", "connection-string"], "precision": "high"},
    }


FORMATS = {"text": text, "json": as_json, "github": github, "sarif": sarif}
