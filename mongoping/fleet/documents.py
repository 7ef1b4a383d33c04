"""The formats that are written at the end of a run: one document for all targets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.fleet.line import metric_labels
from mongoping.formats import nagios, prometheus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.fleet.line import Line
    from mongoping.fleet.results import Results


def render(form: str, lines: Sequence[Line], results: Results) -> str:
    """Return the lines in a format: html, markdown, junit, prometheus or nagios."""
    if form == "html":
        from mongoping.fleet.html import page_of

        return page_of(lines, results)
    if form == "markdown":
        from mongoping.fleet.markdown import document_of

        return document_of(lines, results)
    if form == "junit":
        from mongoping.fleet.junit import suites_of

        return suites_of(lines, results)
    if form == "prometheus":
        return prometheus.exposition(sample for line in lines for sample in _samples(line))
    return nagios.join_services([_service(line) for line in lines])


def _samples(line: Line) -> tuple[prometheus.Sample, ...]:
    labels = metric_labels(line)
    if line.status == "skip" or (line.status == "fail" and line.cause is None):
        return prometheus.not_run(labels)
    if line.samples:
        return line.samples
    seconds = None if line.duration_ms is None else line.duration_ms / 1000
    return prometheus.result_samples(line.status, line.cause, duration_s=seconds, labels=labels)


def _service(line: Line) -> nagios.Service:
    name = line.name if line.vantage is None else f"{line.name} from {line.vantage}"
    if line.status == "skip" or (line.status == "fail" and line.cause is None):
        return nagios.Service(name, "UNKNOWN", line.detail or "not measured")
    layer = None if line.cause is None else line.cause.partition(".")[0]
    text = ": ".join(filter(None, (line.cause, line.detail))) or "it works"
    state = (
        "UNKNOWN" if line.note and line.status == "fail" else nagios.state_of(line.status, layer)
    )
    return nagios.Service(name, state, text)


def nagios_exit_code(lines: Sequence[Line], results: Results) -> int:
    """Return the exit code that monitoring systems expect."""
    if results.interrupted:
        return nagios.CODES["UNKNOWN"]
    return nagios.CODES[nagios.worst(_service(line).state for line in lines)]
