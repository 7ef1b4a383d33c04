"""Runs checks: layers in order, hosts at once, every one with a clock and a deadline.

The runner names no check. It starts one job for each check and host, lets a job begin
when what it needs is known, stamps status and time, and stops at the deadline with what
has been seen so far. A check that raises is a row in the report, and the others go on.
"""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mongoping import unfinished
from mongoping.client import Driver
from mongoping.context import MARGIN_S, Context
from mongoping.escape import clip
from mongoping.model import Check, CheckName, Evidence, Failure, Outcome, Result
from mongoping.probe.os_errors import limit_of  # not later: no file may be left to open then
from mongoping.shadowing import shadow_behind
from mongoping.tasks import CLOSING_S, settled, to_the_end
from mongoping.tool import tool
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import Parsed

TURNS = 20  # of the loop: tasks that a check has cancelled end in fewer
MAX_HOSTS = 60  # beside the seeds: a replica set has at most 50 members

BUSY_S = 0.3  # of stalls in one check: less is no reason for what was not answered
SLACK_S = 0.5  # between the limit of a check and the one that it keeps, for its last questions

Progress = Callable[[Result], None]


class _Board:
    """What is known so far, and who waits for more."""

    def __init__(self, parsed: Parsed, settings: Settings, checks: Sequence[Check]) -> None:
        self.parsed = parsed
        self.settings = settings
        self.checks = {check.name: check for check in checks}
        self.results: dict[tuple[CheckName, str | None], Result] = {}
        self.hosts: dict[str, Host] = {}
        self.open_checks: set[str] = set()  # those that may still find hosts
        self.seeds: tuple[Host, ...] | None = None
        self._snapshot: tuple[object, Evidence] | None = None
        self.changed = asyncio.Event()
        self.events: dict[tuple[str, str | None], asyncio.Event] = {}
        self.started = time.monotonic()
        self.started_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def snapshot(self) -> Evidence:
        """Return the evidence so far; the same object until something is posted or added."""
        state = len(self.results), len(self.hosts), self.seeds
        if self._snapshot is None or self._snapshot[0] != state:
            self._snapshot = state, self.evidence()
        return self._snapshot[1]

    def evidence(self, *, interrupted: bool = False) -> Evidence:
        order = {name: at for at, name in enumerate(self.checks)}
        hosts = {name: at for at, name in enumerate(self.hosts)}
        results = sorted(
            self.results.values(), key=lambda one: (order[one.check], hosts.get(one.host or "", -1))
        )
        return Evidence(
            target=self.parsed.target,
            settings=self.settings,
            results=tuple(results),
            hosts=tuple(self.hosts.values()),
            seeds=self.seeds,
            started_at=self.started_at.replace("+00:00", "Z"),
            duration_ms=(time.monotonic() - self.started) * 1000,
            interrupted=interrupted,
            tool=tool(),
        )

    def post(self, result: Result) -> None:
        self.results[result.check, result.host] = result
        self.posted(result.check, result.host).set()
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()

    def posted(self, name: str, host: str | None) -> asyncio.Event:
        """Set when a check is posted for a host, so that a seed wakes none but its own."""
        return self.events.setdefault((name, host), asyncio.Event())

    async def ready(self, check: Check, host: str | None) -> None:
        """Wait until all that the check waits for is known."""
        if host is None:
            while not self.may_start(check, host):
                await self.changed.wait()
            return
        for name in (*check.needs, *check.after, *check.after_any):
            if name in self.checks:
                await self.posted(name, host if self.checks[name].per_host else None).wait()

    def may_start(self, check: Check, host: str | None) -> bool:
        """Whether all that the check waits for is known."""
        return all(self.ended(name, host, any_ok=False) for name in check.after) and all(
            self.ended(name, host, any_ok=True) for name in (*check.needs, *check.after_any)
        )

    def ended(self, name: CheckName, host: str | None, *, any_ok: bool) -> bool:
        """Whether a check has said all it will, or (``any_ok``) succeeded for one host."""
        check = self.checks.get(name)
        if check is None:
            return True
        if not check.per_host:
            return (name, None) in self.results
        if host is not None:
            return (name, host) in self.results
        posted = [self.results.get((name, one)) for one in self.hosts]
        if any_ok and any(one is not None and one.ok for one in posted):
            return True
        return not self.may_grow(name) and all(one is not None for one in posted)

    def may_grow(self, name: CheckName) -> bool:
        """Whether hosts may still be added, other than by checks that wait for this one."""
        return any(
            check.expands and check.name != name and (check.name, None) not in self.results
            for check in self.checks.values()
            if not check.per_host
        )

    def blocker(self, check: Check, host: str | None) -> CheckName | None:
        """The need that failed, if one did."""
        for name in check.needs:
            needed = self.checks.get(name)
            if needed is None:
                continue
            if needed.per_host and host is None:
                posted = [
                    self.results[name, one] for one in self.hosts if (name, one) in self.results
                ]
                if not any(one.ok for one in posted):
                    return name
            else:
                result = self.results[name, host if needed.per_host else None]
                vacuous = needed.vacuous and result.status == "skipped" and not result.blocked_by
                if not result.ok and not vacuous:
                    return name
        return None


class _Run:
    def __init__(
        self, board: _Board, ctx: Context, progress: Progress, scrub: Callable[[str], str]
    ) -> None:
        self.board = board
        self.ctx = ctx
        self.progress = progress
        self.scrub = scrub
        self.tasks: set[asyncio.Task[None]] = set()
        self.running: set[asyncio.Future[Outcome]] = set()  # also those beyond their cap

    def start(self) -> None:
        for check in self.board.checks.values():
            if not check.per_host:
                self.spawn(check, None)
        target = self.board.parsed.target
        if target is not None and not target.srv:
            self.add_hosts(target.hosts, seeds=True)

    def spawn(self, check: Check, host: Host | None) -> None:
        task = asyncio.ensure_future(self.job(check, host))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def add_hosts(self, hosts: Sequence[Host], *, seeds: bool = False) -> None:
        if seeds and self.board.seeds is None:
            self.board.seeds = tuple(dict.fromkeys(hosts))
        for host in hosts:
            # whoever wrote the seed list means all of it; what a server adds has a bound
            full = not seeds and len(self.board.hosts) >= len(self.board.seeds or ()) + MAX_HOSTS
            if str(host) in self.board.hosts or full:
                continue
            self.board.hosts[str(host)] = host
            for check in self.board.checks.values():
                if check.per_host:
                    self.spawn(check, host)

    async def job(self, check: Check, host: Host | None) -> None:
        """Wait for what the check needs, run it, and post the stamped result."""
        name = str(host) if host is not None else None
        await self.board.ready(check, name)
        try:
            result, found = await self.outcome(check, host)
        except Exception as error:
            result, found = self.broken(check, name, 0.0, error), []
        if found:
            self.add_hosts(found, seeds=check.seeds)
        self.board.post(result)
        self.progress(result)

    async def outcome(self, check: Check, host: Host | None) -> tuple[Result, list[Host]]:
        """The stamped result, and the hosts that were found by it."""
        name = str(host) if host is not None else None
        if blocked := self.board.blocker(check, name):
            return Result(check.name, check.layer, name, "skipped", blocked_by=blocked), []
        if reason := check.applies(self.ctx.evidence):
            return Result(check.name, check.layer, name, "skipped", reason=reason), []
        result = await self.stamp(check, host)
        if check.expands is None or result.data is None:
            return result, []
        return result, list(check.expands(result.data))

    async def stamp(self, check: Check, host: Host | None) -> Result:
        began = self.ctx.clock()
        budget = self.limit(check, began) - began - MARGIN_S
        task: asyncio.Future[Outcome] = asyncio.ensure_future(check.run(self.ctx, host))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        # not wait_for: a cancelled operation of the driver may go on, and must not be awaited
        try:
            while not task.done() and (left := self.limit(check, began) - self.ctx.clock()) > 0:
                await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            task.cancel()
            raise
        took, stalled = self.ctx.elapsed_ms(began), self.ctx.stalled_ms(began)
        name = str(host) if host is not None else None
        if not task.done():
            task.cancel()
            silence = Failure("timeout", f"no {check.waits_for} within {took / 1000:.1f} s")
            late = self.overdue(check, silence, began, budget)
            return Result(check.name, check.layer, name, "failed", took, failure=late)
        error = None if task.cancelled() else task.exception()
        if error is not None or task.cancelled():
            return self.broken(check, name, took, error)
        outcome: Outcome = task.result()
        failure = outcome.failure
        if failure is not None and failure.kind == "timeout":
            failure = self.overdue(check, failure, began, budget)
        if failure is not None:  # foreign text: no secret in it, and no longer than anyone reads
            failure = failure.replace(message=clip(self.scrub(failure.message)))
        status: Any = "ok" if failure is None else "failed"
        row = Result(check.name, check.layer, name, status, took, outcome.data, failure)
        return row.replace(stalled_ms=stalled)

    def limit(self, check: Check, began: float) -> float:
        """Return until when a check may run, on the clock of the context."""
        if check.patient:
            return max(self.ctx.deadline, began + MARGIN_S)
        return max(min(began + self.ctx.cap, self.ctx.deadline), began + MARGIN_S)

    def overdue(self, check: Check, failure: Failure, began: float, budget: float) -> Failure:
        """Return a timeout as it is, or as unfinished where a limit of mongoping ended it.

        An answer is overdue when the check has waited long enough to judge, or as long as the
        user or the operating system wanted.
        """
        waited = self.ctx.clock() - began
        own = self.ctx.options.get(check.driver_waits[0])
        if isinstance(own, (int, float)) and 0 < own <= waited * 1000:
            return failure
        if failure.errno or waited < budget - SLACK_S:
            return failure
        stalled = self.ctx.stalled_ms(began) / 1000
        enough = check.judges_after_s + (2 * self.ctx.lookups_s if check.resolves else 0.0)
        if waited - stalled >= enough:
            return failure
        return unfinished.failure(
            check, waited, self.ctx.options, failure.facts, busy=stalled > BUSY_S
        )

    def broken(
        self, check: Check, host: str | None, took: float, error: BaseException | None
    ) -> Result:
        """Return the result of a check that raised: a limit of this machine, or a defect."""
        failure = _outside(error) if error is not None else None
        if failure is not None:
            failure = failure.replace(message=clip(self.scrub(failure.message)))
            return Result(check.name, check.layer, host, "failed", took, failure=failure)
        return Result(check.name, check.layer, host, "crashed", took, failure=self.crash(error))

    def crash(self, error: BaseException | None) -> Failure:
        """The facts of a defect of our own, with every secret taken out."""
        if error is None:
            return Failure("crashed", "the check was cancelled")
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = [f"{one.filename.rpartition(os.sep)[2]}:{one.lineno} {one.name}" for one in frames]
        message = self.scrub(f"{type(error).__name__}: {error}")
        return Failure("crashed", message, facts={"where": where})


def _outside(error: BaseException) -> Failure | None:
    """Return the failure if this machine, not mongoping, is why a check raised."""
    if (limit := limit_of(error)) is not None:
        return Failure(limit.kind, limit.message, errno=limit.name)
    if (shadow := shadow_behind(error)) is not None:
        name, file = shadow
        facts = {"module": name, "shadowed_by": file}
        return Failure("import", f"{type(error).__name__}: {error}", facts=facts)
    return None


async def gather(
    parsed: Parsed,
    settings: Settings,
    checks: Sequence[Check],
    *,
    progress: Progress = lambda result: None,
    stop: asyncio.Event | None = None,
) -> Evidence:
    """Run the checks against a target and return what they saw: the only step with I/O.

    Ends at ``settings.deadline`` (seconds), or as soon as ``stop`` is set, which marks the
    evidence as interrupted; either way nothing that was seen is lost. Raises nothing of
    its own.
    """
    from mongoping.uri.target import scrub

    board = _Board(parsed, settings, checks)
    driver = Driver(parsed, settings)
    ctx = Context(parsed, settings, driver, board.snapshot)
    run = _Run(board, ctx, progress, lambda text: scrub(text, parsed.credentials))
    try:
        ctx.lag.start()
        run.start()
        interrupted = await _until_done(run, stop or asyncio.Event())
        for result in _unfinished(run, interrupted=interrupted):
            board.post(result)
        return board.evidence(interrupted=interrupted)
    finally:  # also when the caller cancels
        await to_the_end(_end(run, driver, wait=stop is None or not stop.is_set()))


async def _end(run: _Run, driver: Driver, *, wait: bool) -> None:
    """Stop what still runs and close what is open; ``wait`` until both are done."""
    left: set[asyncio.Future[Any]] = {*run.tasks, *run.running}
    for task in left:
        task.cancel()
    run.ctx.close()
    if wait:  # a process that was told to end ends anyway
        await driver.close()
        await settled(left, CLOSING_S)
        run.ctx.close()  # of what they opened before they ended
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def _until_done(run: _Run, stop: asyncio.Event) -> bool:
    """Wait for all jobs; True when stopped from outside. Jobs may spawn further jobs."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while run.tasks and not stop.is_set():
            left = run.ctx.deadline + MARGIN_S - run.ctx.clock()
            if left <= 0:
                break
            waiting = {*run.tasks, stopping}
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        return stop.is_set()
    finally:
        stopping.cancel()


def _unfinished(run: _Run, *, interrupted: bool) -> list[Result]:
    """A row for each job that had no time left, so that nothing goes missing from a report."""
    why = "interrupted" if interrupted else "the deadline came first"
    rows = []
    for check in run.board.checks.values():
        hosts: list[str | None] = [*run.board.hosts] if check.per_host else [None]
        for host in hosts:
            if (check.name, host) in run.board.results:
                continue
            row = Result(
                check.name, check.layer, host, "skipped", reason=why, blocked_by="deadline"
            )
            rows.append(_so_far(run, row))
    return rows


def _so_far(run: _Run, row: Result) -> Result:
    """The row with what the check has seen, where it said how to ask."""
    try:
        seen = run.ctx.so_far(row.check)
    except Exception as error:
        return row.replace(status="crashed", failure=run.crash(error))
    return row.replace(status="ok", data=seen) if seen else row
