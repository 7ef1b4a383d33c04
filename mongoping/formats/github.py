"""Annotations of GitHub Actions: workflow commands, one a line, on standard output.

The runner obeys a line that starts with ``::``, blanks before it notwithstanding, and one
with ``##[`` anywhere in it; so nothing foreign may stand on a line of its own.
Source: GitHub's documentation of workflow commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.escape import printable
from mongoping.formats._cases import cases, title, why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Report, Style

MAX_CHARS = 4000  # of one annotation: GitHub cuts longer ones


def render(report: Report, style: Style) -> str:
    """Return an error for the failure, a warning for each warning, or a notice if all is well."""
    lines: list[str] = []
    for row in cases(report):
        if row.status == "fail":
            head = f"mongoping: {title(report)}: {row.cause or row.name}"
            lines.append(_annotation("error", head, why(row)))
        lines += [
            _annotation("warning", f"mongoping: {title(report)}: {finding.cause}", finding.detail)
            for finding in row.findings
            if finding.severity == "warning"
            or (finding.severity == "error" and row.status != "fail")
        ]
    if not lines:
        words = f"{title(report)} works"
        lines.append(_annotation("notice", "mongoping", words))
    return "\n".join(lines) + "\n"


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return the annotations of all reports."""
    return "".join(render(report, style) for report in reports)


def _annotation(level: str, head: str, text: str) -> str:
    shown = printable(text, newlines=True)[:MAX_CHARS]
    return f"::{level} title={_property(printable(head))}::{_data(shown)}"


def _data(text: str) -> str:
    """Escape the message of a command: per cent signs, line ends, and older commands in it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("##[", "#%23[")


def _property(text: str) -> str:
    """Escape a property, which colons and commas would end."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
