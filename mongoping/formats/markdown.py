"""Markdown for job summaries, merge requests and issues, in the dialect of GitHub and GitLab.

Foreign text is escaped: it cannot become a link, an image, a mention or HTML. Commands and
connection strings are in fenced blocks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping import code_spans
from mongoping.escape import printable
from mongoping.formats._cases import cases, further, title
from mongoping.model.layers import ROW_NAMES
from mongoping.units import milliseconds, plural
from mongoping.waterfall.bars import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Finding, Remedy, Report, Style, Verdict
    from mongoping.model.waterfall import Waterfall

MARKS = {"ok": "✅", "warn": "⚠️", "fail": "❌", "skip": "➖"}
PLAIN_MARKS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skip": "skip"}
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&]|^[-+=])")
_MENTION = re.compile(r"([@#])(?=\w)")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
ZERO = "\u2060"  # a word joiner: invisible, and breaks autolinks and mentions
WATERFALL_WIDTH = 80  # columns


def escape(text: str) -> str:
    """Return foreign text in which no mark, link, mention or HTML has a meaning."""
    escaped_text = _ADDRESS.sub(rf"\1{ZERO}", _MENTION.sub(rf"\1{ZERO}", printable(text)))
    return _MARKUP.sub(r"\\\1", escaped_text)


def prose(text: str) -> str:
    """Return an escaped sentence of the catalog, which keeps the backticks around its code."""
    return code_spans.mark_code(text, escape, code)


def code(text: str) -> str:
    """Return foreign text as code, with more backticks around it than in it."""
    safe_text = printable(text)
    fence = "`" * (_longest_fence(safe_text) + 1)
    space = " " if safe_text.startswith("`") or safe_text.endswith("`") else ""
    return f"{fence}{space}{safe_text or ' '}{space}{fence}"


def block(lines: Iterable[str], language: str = "text") -> str:
    """Return lines of foreign text as a fenced block."""
    safe_lines = [printable(line) for line in lines]
    fence = "`" * max(3, max(map(_longest_fence, safe_lines), default=0) + 1)
    return "\n".join([f"{fence}{language}", *safe_lines, fence])


def _longest_fence(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def cell(text: str) -> str:
    """Escape text for a table cell, which a bar would end even inside code."""
    return code(text).replace("|", "\\|")


def render(report: Report, style: Style) -> str:
    """Return the verdict and the warnings, then tables of layers and expectations."""
    if style.quiet:
        return f"{_headline(report, style)}\n"
    parts = [f"### {_headline(report, style)}"]
    if report.verdict is not None:
        parts.append(_verdict(report, report.verdict))
    parts += [_finding(finding, style) for finding in further(report)]
    parts.append(_layers(cases(report), style))
    if report.waterfall is not None and report.waterfall.lanes:
        parts.append(_waterfall(report.waterfall, style))
    if report.expectations:
        parts.append(_expectations(report, style))
    if (waiting := _waiting_line(report)) is not None:
        parts.append(waiting)
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
    return "\n".join(lines) + "\n\n" + "\n".join(render(report, style) for report in reports)


def _headline(report: Report, style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    words = {"ok": "works", "warn": "works, with warnings", "fail": "does not work"}
    if report.interrupted:
        words = dict.fromkeys(words, "was interrupted")
    cause = f": {code(report.verdict.cause)}" if report.verdict is not None else ""
    return f"{marks[report.status]} {code(title(report))} {words[report.status]}{cause}"


def _verdict(report: Report, verdict: Verdict) -> str:
    parts = [f"**{prose(verdict.title)}** (exit code {report.exit_code()})"]
    parts += ["\n".join(f"> {escape(text)}" for text in verdict.evidence)]
    parts += [prose(verdict.explanation), *_remedies(verdict.remedies)]
    if verdict.alternatives:
        others = (f"{prose(other.title)} ({code(other.cause)})" for other in verdict.alternatives)
        parts.append(f"Or it could be: {', '.join(others)}")
    if verdict.tell_apart:
        parts += _advice("To find out", verdict.tell_apart)
    if verdict.links:
        parts.append(f"Docs: {', '.join(f'<{link}>' for link in verdict.links[:2])}")
    return "\n\n".join(filter(None, parts))


def _finding(finding: Finding, style: Style) -> str:
    """Return a finding that is not the verdict, with what to do about it."""
    marks = MARKS if style.unicode else PLAIN_MARKS
    mark = marks["fail" if finding.severity == "error" else "warn"]
    head = f"{mark} **{prose(finding.title or finding.cause)}** ({code(finding.cause)})"
    return "\n\n".join([head, f"> {escape(finding.detail)}", *_remedies(finding.remedies)])


def _remedies(remedies: Sequence[Remedy]) -> list[str]:
    """Return the paragraphs of remedies; they are alternatives and no steps: no numbers."""
    parts = []
    for position, remedy in enumerate(remedies):
        parts += _advice("Also try" if position else "Try first", remedy)
    return parts


def _advice(label: str, remedy: Remedy) -> list[str]:
    """Return the sentence of a remedy, and what to paste as a block."""
    paste_blocks = [block([text]) for text in (remedy.command, remedy.uri) if text]
    return [f"**{label}:** {prose(remedy.text)}", *paste_blocks]


def _waterfall(waterfall: Waterfall, style: Style) -> str:
    bars = rows(waterfall, WATERFALL_WIDTH, unicode=style.unicode)
    return block("".join(text for text, _ in row).rstrip() for row in bars)


def _layers(layers: Sequence[Case], style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    lines = ["| | layer | evidence | time |", "|---|---|---|---:|"]
    for row in layers:
        if row.group == "expectation":
            continue
        took = milliseconds(row.duration_ms) if row.status != "skip" else ""
        words = [escape(row.summary)] if row.summary else []
        words += [code(finding.cause) for finding in row.findings if finding.severity == "warning"]
        name = ROW_NAMES.get(row.name, row.name)
        lines.append(f"| {marks[row.status]} | {name} | {'<br>'.join(words)} | {took} |")
    return "\n".join(lines)


def _expectations(report: Report, style: Style) -> str:
    marks = MARKS if style.unicode else PLAIN_MARKS
    lines = ["| | expectation | expected | found |", "|---|---|---|---|"]
    for expectation in report.expectations:
        expected_text, found_text = escape(expectation.expected), escape(expectation.found)
        lines.append(
            f"| {marks[expectation.status]} | {escape(expectation.name)} "
            f"| {expected_text} | {found_text} |"
        )
    return "\n".join(lines)


def _waiting_line(report: Report) -> str | None:
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
    names = {"mongoping": "mongoping", "python": "Python", "pymongo": "PyMongo"}
    words = [
        f"{title} {escape(str(report.tool[name]))}"
        for name, title in names.items()
        if report.tool.get(name)
    ]
    return f"<sub>{', '.join(words)}, {escape(report.started_at)}</sub>"
