"""JUnit XML: a suite for each target, a case for each layer and each expectation.

The elements and attributes are those that Jenkins, GitLab, Azure and GitHub actions read.
XML 1.0 has no way to say most control characters, so they are written out as escapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.escape import XML_FORBIDDEN, printable
from mongoping.formats._cases import cases, tally, title, why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Report, Style


def render(report: Report, style: Style) -> str:
    """Return a document with one suite; ``style`` is not used."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return a document with a suite for each report."""
    counts = [tally(cases(report)) for report in reports]
    attributes = as_attributes(
        name="mongoping",
        tests=sum(sum(count.values()) for count in counts),
        failures=sum(count["fail"] for count in counts),
        errors=0,
        time=seconds(sum(report.duration_ms for report in reports)),
    )
    suites = "".join(_suite(at, report) for at, report in enumerate(reports))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<testsuites{attributes}>\n{suites}</testsuites>\n"


def _suite(at: int, report: Report) -> str:
    rows = cases(report)
    counts = tally(rows)
    attributes = as_attributes(
        name=title(report),
        id=at,
        tests=len(rows),
        failures=counts["fail"],
        errors=0,
        skipped=counts["skip"],
        time=seconds(report.duration_ms),
        timestamp=report.started_at.removesuffix("Z"),
        hostname=(report.hosts or ("",))[0] or "unknown",
    )
    properties = "".join(
        f"   <property{as_attributes(name=name, value=value)}/>\n"
        for name, value in _properties(report)
    )
    body = "".join(_case(report, row) for row in rows)
    out = _delays(report)
    return (
        f" <testsuite{attributes}>\n  <properties>\n{properties}  </properties>\n"
        f"{body}{out} </testsuite>\n"
    )


def _properties(report: Report) -> list[tuple[str, str]]:
    """Return the properties: versions, target, exit code."""
    rows = [(name, value) for name, value in report.tool.items() if value]
    rows += [
        ("uri", report.uri),
        ("preset", report.preset),
        ("deployment", report.deployment),
        ("status", report.status),
        ("exit_code", str(report.exit_code())),
    ]
    if report.verdict is not None:
        rows.append(("cause", report.verdict.cause))
    servers = next(
        (layer.data.get("servers") for layer in report.layers if layer.name == "compat"), None
    )
    if isinstance(servers, dict):
        rows.append(("server", ", ".join(dict.fromkeys(map(str, servers.values())))))
    if report.topology is not None:
        rows.append(("topology", report.topology.type))
    if report.waiting is not None:
        rows.append(("waited_s", f"{report.waiting.took_s:.3f}"))
        rows.append(("attempts", str(report.waiting.attempts)))
    return rows


def _case(report: Report, row: Case) -> str:
    attributes = as_attributes(
        classname=f"mongoping.{row.group}", name=row.name, time=seconds(row.duration_ms)
    )
    kind = row.cause or "interrupted"
    return case_element(attributes, row.status, kind, row.summary, why(row))


def case_element(attributes: str, status: str, kind: str, message: str, text: str) -> str:
    """Return a case with its result.

    Args:
        attributes: Those of the case, as `as_attributes` returns them.
        status: Its status in words of mongoping.
        kind: The type of a failure.
        message: Why it failed or was skipped, in one line.
        text: The same in full, for a failure or a warning.
    """
    if status == "fail":
        inner = f"<failure{as_attributes(type=kind, message=message)}>{as_text(text)}</failure>"
    elif status == "skip":
        inner = f"<skipped{as_attributes(message=message)}/>"
    elif status == "warn":
        inner = f"<system-out>{as_text(text)}</system-out>"
    else:
        return f"  <testcase{attributes}/>\n"
    return f"  <testcase{attributes}>{inner}</testcase>\n"


def _delays(report: Report) -> str:
    """Return what delayed readiness while the smoke test waited."""
    if report.waiting is None or not report.waiting.changes:
        return ""
    lines = [
        f"{change.at_s:.1f} s  {change.cause + ': ' if change.cause else ''}{change.detail}"
        for change in report.waiting.changes
    ]
    return f"  <system-out>{as_text(chr(10).join(lines))}</system-out>\n"


def seconds(milliseconds: float) -> str:
    """Return a duration as JUnit has it."""
    return f"{milliseconds / 1000:.3f}"


def as_attributes(**values: object) -> str:
    """Return values as XML attributes, each with a blank before it."""
    return "".join(f' {name}="{_attribute(str(value))}"' for name, value in values.items())


def _attribute(text: str) -> str:
    return as_text(printable(text)).replace('"', "&quot;").replace("\n", "&#10;")


def as_text(text: str) -> str:
    """Return text for XML; characters that XML 1.0 forbids are escaped."""
    safe_text = printable(text, newlines=True)
    safe = XML_FORBIDDEN.sub(lambda match: f"\\x{ord(match.group()):02x}", safe_text)
    return safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
