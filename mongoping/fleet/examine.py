"""Look at one target of a fleet, without blaming it for the load of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from mongoping import registry, unfinished
from mongoping.context import LATE_TICK_MS
from mongoping.exit_codes import EXIT_UNEXPLAINED
from mongoping.fleet.line import Line, line_of, metric_labels, not_tried
from mongoping.fleet.resolve import resolve
from mongoping.formats.prometheus import samples
from mongoping.observations import observation
from mongoping.smoke.files import InputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from mongoping.fleet.entry import Entry
    from mongoping.fleet.plan import Plan
    from mongoping.model import Diagnosis, Evidence, Report, Result
    from mongoping.uri.target import ParsedUri

SLOW_CAUSES = ("dns.slow", "ping.slow", "ping.lost", "network.slow")
"""Warnings about times, which are also true if this process is too slow to read the answers."""
LATE_KINDS = ("timeout", "selection")
"""Failures of the driver that a busy process can cause: an answer was not read in time."""
OWN_CLOCK = ("addresses", "srv", "tcp", "tls", "hello")
"""Checks whose timeouts count only if they waited long enough apart from stalls of this process."""
STALL_SHARE = 0.1  # of a run; shorter stalls do not explain a missing answer
STALL_MS = 20.0  # of a run whose times were judged; shorter stalls explain no warning
LATENCY_SHARE = 0.5  # of a latency that stalls may make up
LOAD_S = 0.1  # before a run: a loop that was blocked then is still busy
BUSY = "this machine was too busy to measure it"


class NameServers:
    """A limit for name lookups that run at the same time."""

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)

    @contextlib.asynccontextmanager
    async def turn(self, uri: ParsedUri) -> AsyncIterator[Callable[[Result | None], None]]:
        """Hold a place while the block looks names up; yield a function that gives it back."""
        if not needs_names(uri):
            yield lambda result: None
            return
        await self._room.acquire()
        turn_held = [True]

        def release(result: Result | None) -> None:
            if turn_held and (result is None or result.layer not in ("uri", "dns", "compat")):
                turn_held.clear()
                self._room.release()

        try:
            yield release
        finally:
            release(None)


def needs_names(uri: ParsedUri) -> bool:
    """Return whether a name server is asked for a target."""
    from mongoping.probe.walk import literal

    target = uri.target
    if target is None:
        return False
    return target.srv or any(literal(host) is None for host in target.hosts)


class Attempt:
    """What one look at a target has found.

    Attributes:
        line: the result.
        affected: whether the load of this process may have caused it.
    """

    __slots__ = ("affected", "line")

    def __init__(self, line: Line, *, is_affected: bool = False) -> None:
        self.line = line
        self.affected = is_affected


async def look(
    entry: Entry,
    plan: Plan,
    stop: asyncio.Event,
    names: NameServers,
    stalled_ms: Callable[[float], float],
) -> Attempt | None:
    """Return the result for a target, or None if ``stop`` interrupted it.

    ``stalled_ms`` returns for how long the loop was blocked since a time of its clock.
    """
    try:
        uri = await _resolve(entry, plan)
    except InputError as error:
        return Attempt(not_tried(entry, str(error), vantage=plan.vantage))
    async with names.turn(uri) as release:
        began = asyncio.get_running_loop().time()
        evidence, diagnosis = await _gather(entry, uri, plan, stop, release)
        stall_ms = stalled_ms(began)
    if evidence.interrupted:
        return None
    line, own_load = _result(entry, uri, evidence, diagnosis, plan, stall_ms)
    line = with_honest_latency(line, evidence, stalled_ms(began - LOAD_S))
    return Attempt(line, is_affected=own_load)


def with_honest_latency(line: Line, evidence: Evidence, stalled_ms: float) -> Line:
    """Return the line without the latency if the load of this process may be most of it.

    ``stalled_ms`` is for how long the loop was blocked during the run or shortly before. Stalls are
    already deducted from the round trips of pings. A failure has no latency to explain.
    """
    if line.latency_ms is None or observation(evidence, "ping") is not None:
        return line
    if line.latency_ms < LATE_TICK_MS or stalled_ms <= LATENCY_SHARE * line.latency_ms:
        return line  # a stall that can be seen is longer than a very short latency
    note = None if line.status == "fail" else BUSY
    return line.replace(latency_ms=None, note=line.note or note)


def _result(
    entry: Entry,
    uri: ParsedUri,
    evidence: Evidence,
    diagnosis: Diagnosis,
    plan: Plan,
    stalled_ms: float,
) -> tuple[Line, bool]:
    """Return the line, and whether the load of this process may have caused it."""
    verdict, findings = diagnosis.verdict, diagnosis.findings
    report = None
    if plan.wants_report or plan.metrics or plan.settings.limits:
        report = _report(entry, uri, evidence, diagnosis, plan)
        verdict = report.verdict
        findings = tuple(finding for layer in report.layers for finding in layer.findings)
    line = line_of(entry, evidence, verdict, findings, vantage=plan.vantage)
    own_load = is_affected(evidence, line, stalled_ms)
    if report is not None and plan.wants_report:
        line = _with_report(line, report, plan)
    if report is not None and plan.metrics:
        line = line.replace(samples=samples(report, metric_labels(line)))
    return line, own_load


def _report(
    entry: Entry, uri: ParsedUri, evidence: Evidence, diagnosis: Diagnosis, plan: Plan
) -> Report:
    """Return the report of a target, without the next steps, which its JSON does not have."""
    from mongoping.depth import checks_of
    from mongoping.limits import add_limits
    from mongoping.model import Vantage
    from mongoping.report import build

    checks = checks_of(plan.module, registry.checks())
    report = add_limits(build(evidence, diagnosis, checks, uri), evidence)
    report = report.replace(name=entry.name)
    if plan.vantage is None:
        return report
    return report.replace(vantage=Vantage(plan.vantage, socket.gethostname()))


def _with_report(line: Line, report: Report, plan: Plan) -> Line:
    """Return the line with its report, and write the report to the folder of the run."""
    from mongoping.formats.json import document

    report_document = document(report)
    if plan.output_dir is not None:
        from mongoping.fleet.folder import write_report

        write_report(plan.output_dir, line, report_document)
    return line.replace(report=report_document) if plan.reports else line


async def _resolve(entry: Entry, plan: Plan) -> ParsedUri:
    if "password-command" not in entry.reference.values:
        return resolve(entry, plan.overrides)
    return await asyncio.to_thread(resolve, entry, plan.overrides)  # the command may take a while


async def _gather(
    entry: Entry,
    uri: ParsedUri,
    plan: Plan,
    stop: asyncio.Event,
    progress: Callable[[Result | None], None],
) -> tuple[Evidence, Diagnosis]:
    from mongoping.depth import checks_of, diagnosis_of
    from mongoping.fleet.quick import quick_evidence
    from mongoping.runner import gather

    settings = plan.settings_of(entry)
    if plan.module == "hello" and not (plan.wants_report or plan.metrics):
        first_evidence = await quick_evidence(uri, settings, lambda: progress(None))
        if (
            first_evidence is not None
            and (diagnosis := diagnosis_of(first_evidence, "hello")).verdict is None
        ):
            return first_evidence, diagnosis
    checks = checks_of(plan.module, registry.checks())
    evidence = await gather(uri, settings, checks, progress=progress, stop=stop)
    return evidence, diagnosis_of(evidence, plan.module)


def is_affected(evidence: Evidence, line: Line, stalled_ms: float) -> bool:
    """Return whether the load of this process may have caused the result."""
    failures = [result.failure for result in evidence.results if result.failure is not None]
    if any(failure.kind == "unfinished" and failure.facts.get("busy") for failure in failures):
        return True
    if {line.cause, *line.also}.intersection(SLOW_CAUSES) and stalled_ms > STALL_MS:
        return True
    late = any(
        result.failure is not None
        and result.failure.kind in LATE_KINDS
        and result.check not in OWN_CLOCK
        for result in evidence.results
    )
    return (late or _is_cut_short(evidence, line)) and (
        stalled_ms > STALL_SHARE * evidence.duration_ms
    )


def _is_cut_short(evidence: Evidence, line: Line) -> bool:
    """Return whether nothing but the end of the run's time is known to be wrong."""
    return (line.cause or "").endswith(".unexplained") and any(
        result.blocked_by == "deadline"
        or (result.failure is not None and result.failure.kind == unfinished.KIND)
        for result in evidence.results
    )


def settled_line(line: Line) -> Line:
    """Return a line that the load of this process affected in every attempt.

    It is no statement about the deployment: a failure is taken back, and a warning marked.
    """
    if line.status != "fail":
        return line.replace(note=BUSY, latency_ms=None)
    return line.replace(
        status="skip",
        cause=None,
        detail=f"Not measured: {BUSY}.",
        note=BUSY,
        exit_code=EXIT_UNEXPLAINED,
        samples=(),
    )
