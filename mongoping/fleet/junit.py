"""JUnit XML for a fleet: one suite, with a case for each target and vantage point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.formats.junit import as_attributes, case_element, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.fleet.line import Line
    from mongoping.fleet.results import Results


def suites_of(lines: Sequence[Line], results: Results) -> str:
    """Return the document."""
    counts = as_attributes(
        name="mongoping fleet",
        tests=len(lines),
        failures=sum(line.status == "fail" for line in lines),
        errors=0,
        skipped=sum(line.status == "skip" for line in lines),
        time=f"{results.seconds:.3f}",
    )
    cases = "".join(map(_case, lines))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<testsuites>\n <testsuite{counts}>\n{cases} </testsuite>\n</testsuites>\n"


def _case(line: Line) -> str:
    group = "mongoping.fleet" if line.vantage is None else f"mongoping.fleet.{line.vantage}"
    own = as_attributes(classname=group, name=line.name, time=seconds(line.duration_ms or 0.0))
    message = line.detail or line.note or ""
    text = f"{line.cause}: {message}" if line.status == "warn" else message
    return case_element(own, line.status, line.cause or "not-tried", message, text)
