"""The output of a monitoring plug-in, for Nagios, Icinga and others that run such plug-ins.

The first line has the state, the verdict and the performance data; what follows is the long
output. No text contains ``|``, which would begin performance data.

Source: https://nagios-plugins.org/doc/guidelines.html and the Monitoring Plugins' guidelines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mongoping.code_spans import plain
from mongoping.escape import printable
from mongoping.exit_codes import EXIT_BUG, EXIT_INTERRUPTED
from mongoping.formats._cases import further, title
from mongoping.model.layers import ROW_NAMES
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mongoping.model import Finding, Remedy, Report, Status, Style
    from mongoping.model.measurements import Measurement

State = Literal["OK", "WARNING", "CRITICAL", "UNKNOWN"]
CODES: Mapping[State, int] = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
WORST_FIRST: tuple[State, ...] = ("CRITICAL", "WARNING", "UNKNOWN", "OK")
UNCHECKED_LAYERS = ("uri", "client")
"""Layers whose failures kept the deployment from being checked: the guidelines' UNKNOWN."""
OF_THIS_PYTHON = frozenset(
    {"client.motor-end-of-life", "client.ocsp-cost", "compat.driver-end-of-life"}
)
"""Warnings about the Python that runs the plug-in, which say nothing about the deployment."""
MAX_LINE = 600  # characters of a line; the guidelines allow 4 KB for everything
MAX_NAMED = 5  # targets in the first line
MAX_SERVICES = 200  # targets in the long output
_REPLACEMENTS = str.maketrans(
    {"|": "/", "<": "(", ">": ")"}
)  # perf data, and HTML in web interfaces


class Service(NamedTuple):
    """The result of one target.

    Attributes:
        name: what the target is called.
        state: its state.
        text: the verdict in one phrase.
        performance: its performance data, without the target's name.
        details: the lines of the long output.
    """

    name: str
    state: State
    text: str
    performance: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def render(report: Report, style: Style) -> str:
    """Return the output for one report."""
    own_service = service(report)
    lines = [
        _first(own_service.state, own_service.text, own_service.performance),
        *own_service.details,
    ]
    return "\n".join(lines) + "\n"


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return the output for several reports."""
    return join_services([service(report) for report in reports])


def exit_code(reports: Sequence[Report]) -> int:
    """Return the exit code of the worst state, by the order of the guidelines."""
    return CODES[worst(state(report) for report in reports)]


def join_services(services: Sequence[Service]) -> str:
    """Return the output for several targets: the worst of them in the first line."""
    counts = {
        state: sum(state_of_service.state == state for state_of_service in services)
        for state in WORST_FIRST
    }
    words = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    bad = [state_of_service for state_of_service in services if state_of_service.state != "OK"]
    bad.sort(key=lambda state_of_service: WORST_FIRST.index(state_of_service.state))
    names_and_texts = [
        f"{state_of_service.name}: {state_of_service.text}" for state_of_service in bad[:MAX_NAMED]
    ]
    more = [f"and {len(bad) - MAX_NAMED} more"] if len(bad) > MAX_NAMED else []
    text = "; ".join(
        [
            f"{plural(len(services), 'target')}, {words or 'nothing checked'}",
            *names_and_texts,
            *more,
        ]
    )
    performance = [f"{state.lower()}={count};;;0" for state, count in counts.items()]
    lines = [
        _first(worst(state_of_service.state for state_of_service in services), text, performance)
    ]
    services_in_order = sorted(
        services, key=lambda state_of_service: WORST_FIRST.index(state_of_service.state)
    )
    lines += [
        _text(f"{state_of_service.state} {state_of_service.name}: {state_of_service.text}")
        for state_of_service in services_in_order[:MAX_SERVICES]
    ]
    if len(services_in_order) > MAX_SERVICES:
        lines.append(f"and {plural(len(services_in_order) - MAX_SERVICES, 'more target')}")
    return "\n".join(lines) + "\n"


def unknown_output(text: str) -> str:
    """Return the output of a run that could not check anything."""
    return _first("UNKNOWN", text, ()) + "\n"


def worst(states: Iterable[State]) -> State:
    """Return the worst state; UNKNOWN if there is none."""
    return min(states, key=WORST_FIRST.index, default="UNKNOWN")


def state(report: Report) -> State:
    """Return the state of a report; UNKNOWN if the deployment could not be checked."""
    if report.exit_code() in (EXIT_BUG, EXIT_INTERRUPTED):
        return "UNKNOWN"
    verdict = report.verdict
    if verdict is not None and verdict.inconclusive:
        return "UNKNOWN"
    if report.exit_code():
        return state_of("fail", None if verdict is None else verdict.layer)
    return state_of("warn" if _warnings(report) else "ok")


def _warnings(report: Report) -> list[Finding]:
    """Return the warnings about the deployment."""
    return [finding for finding in further(report) if finding.cause not in OF_THIS_PYTHON]


def state_of(status: Status, layer: str | None = None) -> State:
    """Return the state of a status, with the layer of the verdict."""
    if status == "fail":
        return "UNKNOWN" if layer in UNCHECKED_LAYERS else "CRITICAL"
    return {"ok": "OK", "warn": "WARNING"}.get(status, "UNKNOWN")  # type: ignore[return-value]


def service(report: Report) -> Service:
    """Return the result of a report."""
    return Service(
        title(report), state(report), _summary(report), _performance(report), _details(report)
    )


def _first(state: State, text: str, performance: Sequence[str]) -> str:
    data = f" | {' '.join(performance)}" if performance else ""
    return f"MONGODB {state}: {_text(text)}{data}"


def _text(text: str) -> str:
    """Return a line of text that no reader takes for something else."""
    return printable(text, most=MAX_LINE).translate(_REPLACEMENTS)


def _summary(report: Report) -> str:
    if report.interrupted:
        return "the run was interrupted"
    verdict = report.verdict
    if verdict is not None:
        evidence = f" ({'; '.join(verdict.evidence)})" if verdict.evidence else ""
        return f"{verdict.cause}: {plain(verdict.title)}{evidence}"
    others = _warnings(report)
    if others:
        more = f"; and {len(others) - 1} more" if len(others) > 1 else ""
        return f"{others[0].cause}: {others[0].detail}{more}"
    headline = report.headline
    facts = [headline.name, headline.product, *headline.facts] if headline is not None else []
    median = report.latency.p50_ms if report.latency is not None else None
    if median is not None:
        facts.append(f"ping {milliseconds(median)}")
    return ", ".join(filter(None, facts)) or "it works"


def _performance(report: Report) -> tuple[str, ...]:
    """Return the performance data: the duration of the run, and each figure with its limits."""
    rows = [f"time={report.duration_ms / 1000:.3f}s;;;0"]
    rows += [_figure(figure) for figure in report.measurements.figures if figure.value is not None]
    if report.latency is not None:
        rows.append(f"lost={report.latency.lost};;;0;{report.latency.count}")
    return tuple(rows)


def _figure(figure: Measurement) -> str:
    if figure.name == "certificate-days":  # a range "21:" alerts below 21
        limits = [f"{limit:g}:" if limit is not None else "" for limit in _limits(figure)]
        return f"{figure.name}={figure.value:.1f};{';'.join(limits)}"
    limits = [f"{limit:g}" if limit is not None else "" for limit in _limits(figure)]
    return f"{figure.name}={figure.value:.6f}s;{';'.join(limits)};0"


def _limits(figure: Measurement) -> tuple[float | None, float | None]:
    return figure.warning, figure.critical


def _details(report: Report) -> tuple[str, ...]:
    """Return the long output: the target, each layer, each finding, and what to do."""
    lines = [f"target: {report.uri}"]
    verdict = report.verdict
    if verdict is not None:
        lines += _remedies(verdict.remedies)
    for finding in further(report):
        lines.append(f"{finding.severity}: {finding.cause}: {finding.detail}")
        lines += _remedies(finding.remedies[:1])
    for layer in report.layers:
        name = ROW_NAMES.get(layer.name, layer.name)
        lines.append(f"{layer.status} {name}: {layer.summary}".rstrip(": "))
    for expectation in report.expectations:
        words = f"expected {expectation.expected}, found {expectation.found}"
        lines.append(f"{expectation.status} {expectation.name}: {words}")
    for member in report.topology.members if report.topology is not None else ():
        answer = {True: "answers", False: "no answer", None: "not checked"}[member.reachable]
        lines.append(f"member {member.host}: {member.role}, {answer}")
    return tuple(map(_text, lines))


def _remedies(remedies: Sequence[Remedy]) -> list[str]:
    """Return the remedies; a command is left out if its characters would be replaced."""
    lines = []
    for position, remedy in enumerate(remedies):
        pastes = [
            text
            for text in (remedy.command, remedy.uri)
            if text and text == text.translate(_REPLACEMENTS)
        ]
        label = "also try" if position else "try first"
        lines.append(" ".join([f"{label}: {plain(remedy.text)}", *pastes]))
    return lines
