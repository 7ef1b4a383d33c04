"""TAP version 14: a line for each layer and expectation, and a YAML block for what failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mongoping.code_spans import plain
from mongoping.escape import printable
from mongoping.formats._cases import cases, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Remedy, Report, Style


def render(report: Report, style: Style) -> str:
    """Return a document; ``style`` is not used."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return a document for all reports, with test points named after targets."""
    every = [(report, row) for report in reports for row in cases(report)]
    lines = ["TAP version 14", f"1..{len(every)}"]
    for number, (report, row) in enumerate(every, 1):
        lines += _point(number, report, row)
    return "\n".join(lines) + "\n"


def _point(number: int, report: Report, row: Case) -> list[str]:
    name = _escape(f"{title(report)}: {row.group} {row.name}")
    mark = f"not ok {number}" if row.status == "fail" else f"ok {number}"
    if row.status == "skip":
        return [f"{mark} - {name} # SKIP {_escape(row.summary.removeprefix('skipped: '))}"]
    line = f"{mark} - {name}"
    if row.status == "ok":
        return [line]
    block = _fields(row.summary, row.cause, row.remedies)
    block.insert(0, f"severity: {'fail' if row.status == 'fail' else 'comment'}")
    others = row.others()
    if others:
        block.append("findings:")
    for finding in others:
        first, *rest = _fields(finding.detail, finding.cause, finding.remedies)
        block += [f"  - {first}", *(f"    {line}" for line in rest)]
    return [line, "  ---", *(f"  {row}" for row in block), "  ..."]


def _fields(message: str, cause: str | None, remedies: Sequence[Remedy]) -> list[str]:
    """Return lines of YAML: what was found, the cause, and the first remedy."""
    fields = {"message": message, "cause": cause}
    if remedies:
        first = remedies[0]
        fields |= {"remedy": plain(first.text), "command": first.command, "uri": first.uri}
    # a JSON string is a YAML scalar too
    return [
        f"{name}: {json.dumps(printable(text))}"
        for name, text in fields.items()
        if text is not None
    ]


def _escape(text: str) -> str:
    """Escape a description, in which a hash would begin a directive."""
    return printable(text).replace("\\", "\\\\").replace("#", "\\#")
