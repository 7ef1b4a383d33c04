"""TAP version 14: a line for each layer and expectation, and a YAML block for what failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mongoping.escape import printable
from mongoping.formats._cases import cases, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Report, Style


def render(report: Report, style: Style) -> str:
    """One document; ``style`` changes nothing."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """One document over all reports, each point named after its target."""
    every = [(report, row) for report in reports for row in cases(report)]
    lines = ["TAP version 14", f"1..{len(every)}"]
    for number, (report, row) in enumerate(every, 1):
        lines += _point(number, report, row)
    return "\n".join(lines) + "\n"


def _point(number: int, report: Report, row: Case) -> list[str]:
    name = _escape(f"{title(report)}: {row.group} {row.name}")
    mark = f"not ok {number}" if row.status == "fail" else f"ok {number}"
    if row.status == "skip":
        return [f"{mark} - {name} # SKIP {_escape(row.summary)}"]
    line = f"{mark} - {name}"
    if row.status == "ok":
        return [line]
    fields = {"severity": "fail" if row.status == "fail" else "comment", "message": row.summary}
    if row.cause:
        fields["cause"] = row.cause
    if row.remedies:
        fields["remedy"] = str(row.remedies[0])
    warnings = [
        f"{finding.cause}: {finding.detail}"
        for finding in row.findings
        if finding.severity == "warning"
    ]
    if warnings:
        fields["warnings"] = "; ".join(warnings)
    # a JSON string is a YAML scalar too
    block = [f"  {key}: {json.dumps(printable(text))}" for key, text in fields.items()]
    return [line, "  ---", *block, "  ..."]


def _escape(text: str) -> str:
    """Escape a description, in which a hash would begin a directive."""
    return printable(text).replace("\\", "\\\\").replace("#", "\\#")
