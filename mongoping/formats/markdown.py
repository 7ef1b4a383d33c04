"""Markdown, for job summaries, merge requests and issues: GitHub's and GitLab's dialect.

Nothing that a peer says can open a link, an image, a mention or HTML: marks are escaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.escape import printable
from mongoping.formats._cases import cases, title
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Report, Style, Verdict

MARKS = {"ok": "✅", "warn": "⚠️", "fail": "❌", "skip": "➖"}
PLAIN_MARKS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skip": "skip"}
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&]|^[-+=])")
_MENTION = re.compile(r"([@#])(?=\w)")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
ZERO = "\u2060"  # a word joiner: not seen, and no autolink or mention goes through it


def escape(text: str) -> str:
    """Foreign text as text: no mark, link, mention or HTML in it means anything."""
    parted = _ADDRESS.sub(rf"\1{ZERO}", _MENTION.sub(rf"\1{ZERO}", printable(text)))
    return _MARKUP.sub(r"\\\1", parted)


def code(text: str) -> str:
    """Foreign text as code, with a fence that is longer than any in it."""
    shown = printable(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown or ' '}{space}{fence}"


def cell(text: str) -> str:
    """Escape text for a table cell, which a bar would end even inside code."""
    return code(text).replace("|", "\\|")


def render(report: Report, style: Style) -> str:
    """Return the verdict, then a table of layers, then the expectations."""
    if style.quiet:
        return f"{_headline(report, style)}\n"
    parts = [f"### {_headline(report, style)}"]
    if report.verdict is not None:
        parts.append(_verdict(report, report.verdict))
    rows = cases(report)
    parts.append(_layers(rows, style))
    if report.expectations:
        parts.append(_expectations(report, style))
    if (waited := _waited(report)) is not None:
        parts.append(waited)
    parts.append(_tool(report))
    return "\n\n".join(parts) + "\n"


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return an overview, then every report."""
    marks = MARKS if style.unicode else PLAIN_MARKS
    lines = ["## mongoping", "", "| | target | cause | time |", "|---|---|---|---:|"]
    for report in reports:
        cause = code(report.verdict.cause) if report.verdict else ""
        took = milliseconds(report.duration_ms)
        lines.append(f"| {marks[report.status]} | {cell(title(report))} | {cause} | {took} |")
    if style.quiet:
        return "\n".join(lines) + "\n"
    return "\n".join(lines) + "\n\n" + "\n".join(render(entry, style) for entry in reports)


def _headline(report: Report, style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    words = {"ok": "works", "warn": "works, with warnings", "fail": "does not work"}
    if report.interrupted:
        words = dict.fromkeys(words, "was interrupted")
    cause = f": {code(report.verdict.cause)}" if report.verdict is not None else ""
    return f"{marks[report.status]} {code(title(report))} {words[report.status]}{cause}"


def _verdict(report: Report, verdict: Verdict) -> str:
    lines = [f"**{escape(verdict.title)}** (exit code {report.exit_code()})", ""]
    lines += [f"> {escape(detail)}" for detail in verdict.evidence]
    lines += ["", escape(verdict.explanation), ""]
    lines += [f"{at}. {escape(str(remedy))}" for at, remedy in enumerate(verdict.remedies, 1)]
    if verdict.alternatives:
        lines += [
            "",
            "Or it could be: "
            + ", ".join(
                f"{escape(other.title)} ({code(other.cause)})" for other in verdict.alternatives
            ),
        ]
    if verdict.links:
        lines += ["", "Docs: " + ", ".join(f"<{link}>" for link in verdict.links[:2])]
    return "\n".join(lines)


def _layers(rows: Sequence[Case], style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    lines = ["| | layer | seen | time |", "|---|---|---|---:|"]
    for row in rows:
        if row.group == "expectation":
            continue
        took = milliseconds(row.duration_ms) if row.status != "skip" else ""
        words = [escape(row.summary)] if row.summary else []
        words += [
            f"{code(finding.cause)} {escape(finding.detail)}"
            for finding in row.findings
            if finding.severity == "warning"
        ]
        lines.append(f"| {marks[row.status]} | {row.name} | {'<br>'.join(words)} | {took} |")
    return "\n".join(lines)


def _expectations(report: Report, style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    lines = ["| | expectation | expected | found |", "|---|---|---|---|"]
    for expectation in report.expectations:
        expected, found = escape(expectation.expected), escape(expectation.found)
        lines.append(
            f"| {marks[expectation.status]} | {escape(expectation.name)} | {expected} | {found} |"
        )
    return "\n".join(lines)


def _waited(report: Report) -> str | None:
    waiting = report.waiting
    if waiting is None or not (waiting.limit_s or waiting.stable_s):
        return None
    word = "Ready" if waiting.ready else "Given up"
    lines = [f"{word} after {waiting.took_s:.1f} s and {plural(waiting.attempts, 'attempt')}:", ""]
    for change in waiting.changes:
        cause = f"{code(change.cause)} " if change.cause else ""
        lines.append(f"- {change.at_s:.1f} s: {cause}{escape(change.detail)}")
    return "\n".join(lines)


def _tool(report: Report) -> str:
    named = {"mongoping": "mongoping", "python": "Python", "pymongo": "PyMongo"}
    words = [
        f"{shown} {escape(str(report.tool[name]))}"
        for name, shown in named.items()
        if report.tool.get(name)
    ]
    return f"<sub>{', '.join(words)}, {escape(report.started_at)}</sub>"
