"""Run checks: layers in order, hosts in parallel, each check with a time limit.

The runner knows no check by name. It creates one job for each check and host, starts a job when
its dependencies are known, records status and duration, and stops at the deadline with the data
so far. A check that raises becomes a row of the report, and the others continue.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from mongoping import unfinished
from mongoping.client import Driver
from mongoping.context import MARGIN_S, Context
from mongoping.escape import clip
from mongoping.model import Check, Evidence, Failure, Outcome, Result
from mongoping.probe.os_errors import limit_of  # early: later, no descriptor may be left
from mongoping.results_board import ResultsBoard
from mongoping.runnable import HostCheck, OnceCheck, RunnableCheck
from mongoping.settings import MAX_MEMBERS
from mongoping.shadowing import shadow_behind
from mongoping.tasks import CLOSING_S, run_to_completion, wait_until_done
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.atlas_api.credentials import ApiCredentials
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

TURNS = 20  # loop iterations; tasks that a check has cancelled end in fewer

BUSY_S = 0.3  # of stalls in one check; shorter ones do not explain a missing answer
SLACK_S = 0.5  # a check may stop this much before its limit, after its last request

Progress = Callable[[Result], None]
Start = Callable[[], Awaitable[Outcome]]


class _Run:
    def __init__(
        self, board: ResultsBoard, ctx: Context, progress: Progress, scrub: Callable[[str], str]
    ) -> None:
        self.board = board
        self.ctx = ctx
        self.progress = progress
        self.scrub = scrub
        self.tasks: set[asyncio.Task[None]] = set()
        self.running: set[asyncio.Future[Outcome]] = set()  # including those beyond their limit

    def start(self) -> None:
        for check in self.board.checks.values():
            if isinstance(check, OnceCheck):
                self.spawn(check, None, partial(check.run, self.ctx))
        target = self.board.uri.target
        if target is not None and not target.srv:
            self.add_hosts(target.hosts, seeds=True)

    def spawn(self, check: Check, host: Host | None, run: Start) -> None:
        task = asyncio.ensure_future(self.job(check, host, run))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def add_hosts(self, hosts: Sequence[Host], *, seeds: bool = False) -> None:
        if seeds and self.board.seeds is None:
            self.board.seeds = tuple(dict.fromkeys(hosts))
        for host in hosts:
            # Seeds are never truncated; advertised hosts are capped at MAX_MEMBERS.
            full = not seeds and len(self.board.hosts) >= len(self.board.seeds or ()) + MAX_MEMBERS
            if str(host) in self.board.hosts or full:
                continue
            self.board.hosts[str(host)] = host
            for check in self.board.checks.values():
                if isinstance(check, HostCheck):
                    self.spawn(check, host, partial(check.run, self.ctx, host))

    async def job(self, check: Check, host: Host | None, run: Start) -> None:
        """Wait for the dependencies of a check, run it, and post its result."""
        name = str(host) if host is not None else None
        await self.board.wait_for_dependencies(check, name)
        try:
            result, new_hosts = await self.outcome(check, name, run)
        except Exception as error:
            result, new_hosts = self.result_of_error(check, name, 0.0, error), []
        if new_hosts:
            self.add_hosts(new_hosts, seeds=check.seeds)
        self.board.post(result)
        self.progress(result)

    async def outcome(
        self, check: Check, host: str | None, run: Start
    ) -> tuple[Result, list[Host]]:
        """Run a check unless it is blocked; return its result and the hosts it found."""
        if blocker := self.board.blocker(check, host):
            return Result(check.name, check.layer, host, "skipped", blocked_by=blocker), []
        if reason := check.applies(self.ctx.evidence):
            return Result(check.name, check.layer, host, "skipped", reason=reason), []
        result = await self.run_timed(check, host, run)
        if check.expands is None or result.data is None:
            return result, []
        return result, list(check.expands(result.data))

    async def run_timed(self, check: Check, host: str | None, run: Start) -> Result:
        began = self.ctx.clock()
        budget = self.limit(check, began) - began - MARGIN_S
        task: asyncio.Future[Outcome] = asyncio.ensure_future(run())
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        # not wait_for, which would wait for a cancelled driver operation that may keep running
        try:
            while not task.done():
                remaining_s = self.limit(check, began) - self.ctx.clock()
                if remaining_s <= 0:
                    break
                await asyncio.wait({task}, timeout=remaining_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        duration, stalled_ms = self.ctx.elapsed_ms(began), self.ctx.stalled_ms(began)
        if not task.done():
            task.cancel()
            silence = Failure("timeout", f"no {check.waits_for} within {duration / 1000:.1f} s")
            late = self.overdue(check, silence, began, budget)
            return Result(check.name, check.layer, host, "failed", duration, failure=late)
        error = None if task.cancelled() else task.exception()
        if error is not None or task.cancelled():
            return self.result_of_error(check, host, duration, error)
        outcome: Outcome = task.result()
        failure = outcome.failure
        if failure is not None and failure.kind == "timeout":
            failure = self.overdue(check, failure, began, budget)
        if failure is not None:  # text from a peer: scrub and clip it
            failure = failure.replace(message=clip(self.scrub(failure.message)))
        status: Any = "ok" if failure is None else "failed"
        row = Result(check.name, check.layer, host, status, duration, outcome.data, failure)
        return row.replace(stalled_ms=stalled_ms)

    def limit(self, check: Check, began: float) -> float:
        """Return until when a check may run, by the clock of the context."""
        cap = began + self.ctx.cap + self.ctx.held_up_s(began)  # see `Context.timeout`
        ends = self.ctx.deadline if check.patient else min(cap, self.ctx.deadline)
        return max(ends, began + MARGIN_S)

    def overdue(self, check: Check, failure: Failure, began: float, budget: float) -> Failure:
        """Return a timeout unchanged, or as unfinished if a limit of mongoping caused it.

        The timeout counts if the check has waited long enough to judge, or as long as the
        connection string or the operating system allows.
        """
        waited_s = self.ctx.clock() - began
        own = self.ctx.options.get(check.driver_waits[0])
        if isinstance(own, (int, float)) and 0 < own <= waited_s * 1000:
            return failure
        if failure.errno or waited_s < budget - SLACK_S:
            return failure
        stalled_s = self.ctx.stalled_ms(began) / 1000
        enough = check.judges_after_s + (2 * self.ctx.lookups_s if check.resolves else 0.0)
        if waited_s - self.ctx.held_up_s(began) >= enough:
            return failure
        return unfinished.failure(
            check, waited_s, self.ctx.options, failure.facts, busy=stalled_s > BUSY_S
        )

    def result_of_error(
        self, check: Check, host: str | None, duration: float, error: BaseException | None
    ) -> Result:
        """Return the result of a check that raised: a limit of this machine, or a bug."""
        failure = _machine_failure(error) if error is not None else None
        if failure is not None:
            failure = failure.replace(message=clip(self.scrub(failure.message)))
            return Result(check.name, check.layer, host, "failed", duration, failure=failure)
        return Result(check.name, check.layer, host, "crashed", duration, failure=self.crash(error))

    def crash(self, error: BaseException | None) -> Failure:
        """Return the facts of an internal error, without secrets."""
        if error is None:
            return Failure("crashed", "the check was cancelled")
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = [
            f"{frame.filename.rpartition(os.sep)[2]}:{frame.lineno} {frame.name}"
            for frame in frames
        ]
        message = self.scrub(f"{type(error).__name__}: {error}")
        return Failure("crashed", message, facts={"where": where})


def _machine_failure(error: BaseException) -> Failure | None:
    """Return the failure if a check raised because of this machine, else None."""
    if (limit := limit_of(error)) is not None:
        return Failure(limit.kind, limit.message, errno=limit.name)
    if (shadow := shadow_behind(error)) is not None:
        name, file = shadow
        facts = {"module": name, "shadowed_by": file}
        return Failure("import", f"{type(error).__name__}: {error}", facts=facts)
    return None


async def gather(
    uri: ParsedUri,
    settings: Settings,
    checks: Sequence[RunnableCheck],
    *,
    progress: Progress = lambda result: None,
    stop: asyncio.Event | None = None,
    atlas: ApiCredentials | None = None,
) -> Evidence:
    """Run the checks against a target and return their evidence: the only step with I/O.

    The run ends at ``settings.deadline`` (seconds), or as soon as ``stop`` is set, which marks
    the evidence as interrupted. Either way the evidence contains all data so far. ``progress``
    is called with each result. ``atlas`` is the key of the Atlas API, for the check that asks it.
    """
    from mongoping.uri.target import scrub

    board = ResultsBoard(uri, settings, checks)
    driver = Driver(uri, settings, is_needed=any(check.name == "import" for check in checks))
    ctx = Context(uri, settings, driver, board.snapshot, atlas=atlas)
    run = _Run(board, ctx, progress, lambda text: scrub(text, uri.credentials))
    try:
        ctx.lag.start()
        run.start()
        was_interrupted = await _until_done(run, stop or asyncio.Event())
        for result in _unfinished_results(run, was_interrupted=was_interrupted):
            board.post(result)
        return board.evidence(was_interrupted=was_interrupted)
    finally:  # also when the caller cancels
        await run_to_completion(_end(run, driver, wait=stop is None or not stop.is_set()))


async def _end(run: _Run, driver: Driver, *, wait: bool) -> None:
    """Cancel all tasks and close all connections; with ``wait``, wait until that is done."""
    unfinished_tasks: set[asyncio.Future[Any]] = {*run.tasks, *run.running}
    idle = not unfinished_tasks and driver.client is None  # nothing can leave a task behind
    for task in unfinished_tasks:
        task.cancel()
    run.ctx.close()
    if wait:  # after a signal, the process ends anyway
        await driver.close()
        await wait_until_done(unfinished_tasks, CLOSING_S)
        run.ctx.close()  # connections that the tasks opened before they ended
        for _ in range(0 if idle else TURNS):
            await asyncio.sleep(0)


async def _until_done(run: _Run, stop: asyncio.Event) -> bool:
    """Wait for all jobs, which may spawn further ones; return True if ``stop`` was set."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while run.tasks and not stop.is_set():
            remaining_s = run.ctx.deadline + MARGIN_S - run.ctx.clock()
            if remaining_s <= 0:
                break
            waiting = {*run.tasks, stopping}
            await asyncio.wait(waiting, timeout=remaining_s, return_when=asyncio.FIRST_COMPLETED)
        return stop.is_set()
    finally:
        stopping.cancel()


def _unfinished_results(run: _Run, *, was_interrupted: bool) -> list[Result]:
    """Return a result for each job that did not end in time, so that the report has every row."""
    reason = "interrupted" if was_interrupted else "the deadline came first"
    rows = []
    for check in run.board.checks.values():
        hosts: list[str | None] = [*run.board.hosts] if check.per_host else [None]
        for host in hosts:
            if (check.name, host) in run.board.results:
                continue
            row = Result(
                check.name, check.layer, host, "skipped", reason=reason, blocked_by="deadline"
            )
            rows.append(_with_partial_data(run, row))
    return rows


def _with_partial_data(run: _Run, row: Result) -> Result:
    """Return the row with the check's data so far, if it has registered any."""
    try:
        data = run.ctx.partial_data(row.check)
    except Exception as error:
        return row.replace(status="crashed", failure=run.crash(error))
    return row.replace(status="ok", data=data) if data else row
