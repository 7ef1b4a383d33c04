"""Run the probes: one at a time for each target, and a bounded number at once.

A second scrape of the same target and module joins the probe that runs. A scrape of another
module waits for it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from mongoping.exporter.budget import MARGIN_S, MIN_RUN_S
from mongoping.formats import prometheus
from mongoping.probe.os_errors import limit_of
from mongoping.smoke.files import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.depth import Module
    from mongoping.exporter.catalog import Catalog
    from mongoping.formats.prometheus import Sample
    from mongoping.model import Report, Status
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

PARALLEL = 16  # at once: a probe needs about 20 ms of CPU, and the others wait for it
GRACE_S = 0.6 * MARGIN_S  # after the deadline of a run, to close its connections
NOT_IN_TIME = "The probe could not run within the time that the scrape allows."


class Outcome(NamedTuple):
    """The result of a probe: its samples, and what the page shows of it.

    ``status`` is None if the probe could not run, and ``text`` then says why. ``at`` is in
    seconds since 1970.
    """

    module: Module
    samples: tuple[Sample, ...]
    status: Status | None
    cause: str | None
    text: str
    seconds: float
    at: float


class _Flight(NamedTuple):
    """A probe that runs."""

    module: Module
    task: asyncio.Task[Outcome]


class Prober:
    """Runs the probes of a catalog and keeps the last outcome of each configured target.

    Attributes:
        catalog: the targets; a reload replaces it.
        last: the last outcome by the name of the target.
        done: called with each outcome, and whether the target is configured.
        joined: called when a scrape joins a probe that runs.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        parallel: int = PARALLEL,
        on_done: Callable[[str | None, Outcome], None] = lambda name, outcome: None,
        on_join: Callable[[], None] = lambda: None,
    ) -> None:
        self.catalog = catalog
        self.last: dict[str, Outcome] = {}
        self.done = on_done
        self.joined = on_join
        self._room = asyncio.Semaphore(parallel)
        self._flights: dict[str, _Flight] = {}

    @property
    def running(self) -> int:
        """Return the number of probes that run or wait for their turn."""
        return len(self._flights)

    async def probe(self, key: str, module: Module, seconds: float) -> Outcome:
        """Return the outcome of a probe that takes at most ``seconds``."""
        until = time.monotonic() + seconds
        while (flight := self._flights.get(key)) is not None and flight.module != module:
            if not await _ends(flight.task, until):
                return _not_run(module, NOT_IN_TIME)
        if flight is None:
            task = asyncio.ensure_future(self._run(key, module, until))
            flight = self._flights[key] = _Flight(module, task)
            task.add_done_callback(lambda finished_task: self._land(key, finished_task))
        else:
            self.joined()
        if not await _ends(flight.task, until + GRACE_S):
            return _not_run(module, NOT_IN_TIME)
        return flight.task.result()

    def _land(self, key: str, task: asyncio.Task[Outcome]) -> None:
        self._flights.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        name = key if key in self.catalog.names else None
        if name is not None:
            self.last[name] = task.result()._replace(samples=())
        self.done(name, task.result())

    async def _run(self, key: str, module: Module, until: float) -> Outcome:
        async with self._room:
            seconds = until - time.monotonic()
            if seconds < MIN_RUN_S:
                return _not_run(module, NOT_IN_TIME)
            try:
                uri, settings = self.catalog.prepare(key, seconds)
                return await _examine(uri, settings, module)
            except InputError as error:
                return _not_run(module, str(error))
            except (OSError, RuntimeError, MemoryError) as error:
                if (limit := limit_of(error)) is None:
                    raise
                return _not_run(module, f"A limit of this machine stopped it: {limit.message}.")

    async def close(self) -> None:
        """Cancel all probes and wait for them."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def forget(self) -> None:
        """Forget the outcomes of targets that are no longer configured."""
        names = self.catalog.names
        self.last = {name: outcome for name, outcome in self.last.items() if name in names}


async def _ends(task: asyncio.Task[Outcome], until: float) -> bool:
    """Wait for a task, without cancelling it; return whether it ended in time."""
    finished_tasks, _ = await asyncio.wait({task}, timeout=max(until - time.monotonic(), 0))
    return bool(finished_tasks)


async def _examine(uri: ParsedUri, settings: Settings, module: Module) -> Outcome:
    from mongoping.depth import examine

    start = time.monotonic()
    _, report = await examine(uri, settings, module)
    return outcome_of(report, module, time.monotonic() - start)


def outcome_of(report: Report, module: Module, seconds: float) -> Outcome:
    """Return the outcome of a report."""
    from mongoping.formats._cases import further

    cause, text = None, ""
    if report.verdict is not None:
        cause, text = report.verdict.cause, "; ".join(report.verdict.evidence)
    elif others := further(report):
        cause, text = others[0].cause, others[0].detail
    samples = prometheus.samples(report)
    return Outcome(module, samples, report.status, cause, text, seconds, time.time())


def _not_run(module: Module, why: str) -> Outcome:
    return Outcome(module, prometheus.not_run(), None, None, why, 0.0, time.time())
