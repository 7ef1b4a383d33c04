"""Run the smoke tests of several targets at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.record import Record
from mongoping.smoke import expectations as expected
from mongoping.smoke.attempts import run_once, wait_until_ready
from mongoping.smoke.depth import deeper
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.model import Diagnosis, Evidence, Report
    from mongoping.model.waiting import Change, Waiting
    from mongoping.runnable import RunnableCheck
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

PROGRAM = "program"  # the check that starts the Python of the user's program
PARALLEL = 4  # targets at once: each opens a handful of connections to every member


class Smoke(Record):
    """One target and its expectations. ``write_check`` is ``DB`` or ``DB.COLLECTION``."""

    parsed: ParsedUri
    settings: Settings
    plan: Plan = Plan()
    wanted: tuple[expected.Requirement, ...] = ()
    write_check: str | None = None
    name: str | None = None

    @property
    def depth(self) -> str | None:
        """Return how deep to look: as deep as the plan, or deeper for the expectations."""
        until = self.plan.until
        return deeper(until, expected.depth_of(self.wanted)) if self.wanted else until

    @property
    def waits(self) -> bool:
        """Return whether there may be more than one attempt."""
        return bool(self.plan.wait or self.plan.stable)


class Batch(Record):
    """The targets of one run, and how many of them run at once."""

    targets: tuple[Smoke, ...]
    parallel: int = PARALLEL


async def run_all(
    targets: Sequence[Smoke],
    *,
    stop: asyncio.Event,
    parallel: int = PARALLEL,
    tell: Callable[[str | None, Change], None] = lambda name, change: None,
) -> tuple[Report, ...]:
    """Return the reports of all targets in order; ``parallel`` of them run at once.

    With ``--resolver`` they run one at a time, because it applies to the whole process.
    """
    if any(target.settings.resolver for target in targets):
        parallel = 1
    room = asyncio.Semaphore(max(parallel, 1))

    async def one(target: Smoke) -> Report:
        async with room:
            return await run_one(target, stop=stop, tell=lambda change: tell(target.name, change))

    return tuple(await asyncio.gather(*(one(target) for target in targets)))


async def run_one(
    target: Smoke,
    *,
    stop: asyncio.Event,
    tell: Callable[[Change], None] = lambda change: None,
) -> Report:
    """Wait for one target, then look as deep as its expectations go.

    The program's Python starts once, when the target is ready: attempts of a wait are too short
    for it, and each would repeat a login that fails.
    """
    count = max(target.settings.count, expected.pings_of(target.wanted))
    target = target.replace(settings=target.settings.replace(count=count))
    further = expected.further_checks(target.wanted)
    starts_python_later = target.waits and target.settings.python is not None
    at_once = target.depth == target.plan.until and not starts_python_later
    evidence, diagnosis, checks, waiting = await wait_until_ready(
        target.parsed,
        target.settings,
        target.plan,
        stop=stop,
        tell=tell,
        further=further if at_once else (),
        without=(PROGRAM,) if starts_python_later else (),
    )
    if not at_once and diagnosis.verdict is None and not evidence.interrupted:
        evidence, diagnosis, checks = await run_once(
            target.parsed, target.settings, target.depth, stop, further
        )
    return await _finish_report(target, evidence, diagnosis, checks, waiting, stop)


async def _finish_report(
    target: Smoke,
    evidence: Evidence,
    diagnosis: Diagnosis,
    checks: tuple[RunnableCheck, ...],
    waiting: Waiting,
    stop: asyncio.Event,
) -> Report:
    """Return the report with its rows; the write check runs last, if everything else works."""
    from mongoping.api import complete

    own = registry.checks()
    shown_checks = [check for check in checks if check in own]
    report = complete(evidence, diagnosis, shown_checks, target.parsed)
    rows = list(expected.rows(target.wanted, evidence, diagnosis))
    report = report.replace(
        name=target.name or report.name, waiting=waiting, expectations=tuple(rows)
    )
    if target.write_check is not None:
        report = await _add_write_check(target, report, stop)
    if stop.is_set():
        report = report.replace(interrupted=True)
    return expected.add_verdict(report)


async def _add_write_check(target: Smoke, report: Report, stop: asyncio.Event) -> Report:
    """Return the report with the row of the write check, and its cause if it failed."""
    from mongoping.smoke.depth import verdict_of
    from mongoping.smoke.writing import skipped_row, write_check

    place = target.write_check or ""
    if report.verdict is not None or stop.is_set():
        return report.replace(expectations=(*report.expectations, skipped_row(place, report)))
    row, cause = await write_check(target.parsed, target.settings, place, stop)
    report = report.replace(expectations=(*report.expectations, row))
    if cause is None or row.status != "fail":
        return report
    words = verdict_of(cause, row.found, registry.cause)
    if row.remedy is not None:  # which is chosen by the error
        words = words.replace(remedies=tuple(dict.fromkeys((row.remedy, *words.remedies))))
    return report.replace(status="fail", verdict=words)
