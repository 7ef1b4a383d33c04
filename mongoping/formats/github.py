"""Annotations of GitHub Actions: workflow commands, one per line, on standard output.

The runner obeys a line that starts with ``::``, even after blanks, and one that contains
``##[`` anywhere, so foreign text never gets a line of its own.
Source: GitHub's documentation of workflow commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.escape import printable
from mongoping.formats._cases import advice, cases, title, why
from mongoping.record import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.model import Report, Style

MAX_CHARS = 4000  # of one annotation: GitHub cuts longer ones


def render(report: Report, style: Style) -> str:
    """Return an error for each failure, a warning for each warning, or one notice."""
    lines: list[str] = []
    for row in cases(report):
        errors = [finding for finding in row.others() if finding.severity == "error"]
        if row.status == "fail":
            failure = row._replace(findings=tuple(errors))
            lines.append(annotation("error", _head(report, row.cause or row.name), why(failure)))
            errors = []
        warnings = [finding for finding in row.others() if finding.severity == "warning"]
        for finding in (*errors, *warnings):
            text = "\n".join([finding.detail, *advice(finding.remedies)])
            lines.append(annotation("warning", _head(report, finding.cause), text))
    if not lines:
        lines.append(annotation("notice", "mongoping", f"{title(report)} works"))
    return "\n".join(lines) + "\n"


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return the annotations of all reports."""
    return "".join(render(report, style) for report in reports)


def _head(report: Report, cause: str) -> str:
    return f"mongoping: {title(report)}: {cause}"


def annotation(level: str, head: str, text: str, place: Mapping[str, object] = NOTHING) -> str:
    """Return a workflow command.

    Args:
        level: ``error``, ``warning`` or ``notice``.
        head: the title of the annotation.
        text: its message.
        place: ``file``, ``line`` and ``col``, for an annotation in a file.
    """
    safe_text = printable(text, newlines=True)[:MAX_CHARS]
    words = {**place, "title": printable(head)}
    properties = ",".join(
        f"{name}={_property(printable(str(value)))}" for name, value in words.items()
    )
    return f"::{level} {properties}::{_data(safe_text)}"


def _data(text: str) -> str:
    """Escape the message of a command: per cent signs, line ends, and older commands in it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("##[", "#%23[")


def _property(text: str) -> str:
    """Escape a property, which colons and commas would end."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
