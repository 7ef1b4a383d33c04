"""Run targets on the workers of a Dask cluster: each from every place, or spread over them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from mongoping._version import __version__
from mongoping.fleet import remote
from mongoping.fleet.line import Line, from_json, not_tried
from mongoping.fleet.plan import entry_as_json
from mongoping.fleet.resolve import places_of
from mongoping.fleet.scheduler import ClusterError
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from mongoping.fleet.entry import Entry
    from mongoping.fleet.plan import Plan

BATCH = 64  # targets of one task, so that a scheduler holds few tasks and results come early
OUTSTANDING = 2  # tasks of a worker, so that it does not wait for the next one
LOOK_S = 2.0  # between two looks at a worker
ANSWER_S = 10.0  # for the event loop of a worker to answer; a busy one needs a second or two
LOST_WORKER = "the worker ended, or lost its connection to the scheduler"
MAX_TRIES = 3  # of a batch with --spread, whose workers ended


class Mode(Record):
    """Where the targets run.

    Attributes:
        names: the workers to use; empty for all.
        spread: whether each target runs on one of them only.
        compared: whether the workers keep what is needed to compare the places.
    """

    names: tuple[str, ...] = ()
    spread: bool = False
    compared: bool = False


class Place:
    """A worker: its address, its name, and why it cannot be used."""

    def __init__(self, address: str, name: str, unusable: str | None = None) -> None:
        self.address = address
        self.name = name
        self.unusable = unusable
        self.note: str | None = None


Batch = list["Entry"]


class Cluster:
    """The workers of a connected client, and a run on them.

    Attributes:
        places: the workers to use.
        changed: set whenever a batch has ended or came back.
    """

    def __init__(
        self, client: Any, plan: Plan, mode: Mode, emit: Callable[[Line], None], stop: asyncio.Event
    ) -> None:
        self._client = client
        self._plan = plan
        self._mode = mode
        self._emit = emit
        self._stop = stop
        self._run = uuid.uuid4().hex
        self._tries: dict[str, int] = {}
        self._shared: deque[Batch] = deque()
        self._unfinished = 0
        self.changed = asyncio.Event()
        self.places: list[Place] = []

    async def find_places(self) -> None:
        """Find the workers. Raises `ClusterError` if there is none, or none with a given name."""
        addresses = await self._addresses()
        if not addresses:
            raise ClusterError("The Dask cluster has no worker: start one with dask worker.")
        name_list = await self._names()
        asking = (
            self._place(address, name_list.get(address, address)) for address in sorted(addresses)
        )
        places = list(await asyncio.gather(*asking))
        names = [place.name for place in places]
        for place in places:
            if names.count(place.name) > 1:
                place.name = f"{place.name} ({place.address})"
        patterns = self._mode.names
        if missing := [name for name in patterns if name not in {place.name for place in places}]:
            others = ", ".join(sorted(place.name for place in places)[:10])
            raise ClusterError(f"The cluster has no worker {missing[0]}; it has {others}.")
        self.places = [place for place in places if not patterns or place.name in patterns]
        self.places.sort(key=lambda place: place.name)
        self._note_versions()

    async def _addresses(self) -> set[str]:
        async with asyncio.timeout(ANSWER_S):
            return set(await self._client.scheduler.ncores())

    async def _names(self) -> dict[str, str]:
        """Return the names of the workers by address, as far as the scheduler states them."""
        try:
            async with asyncio.timeout(ANSWER_S):
                identity = await self._client.scheduler.identity(n_workers=-1)
        except (TypeError, OSError, TimeoutError):  # older schedulers have no such argument
            return {}
        workers = identity.get("workers", {})
        return {address: str(worker.get("name", address)) for address, worker in workers.items()}

    async def _place(self, address: str, name: str) -> Place:
        """Ask a worker for its versions."""
        try:
            async with asyncio.timeout(ANSWER_S):
                answers = await self._client.run(
                    remote.describe, workers=[address], on_error="return"
                )
            answer = answers[address]
        except (TimeoutError, OSError, KeyError, ValueError):
            return Place(address, name, "it does not answer")
        if isinstance(answer, ModuleNotFoundError):
            return Place(address, name, f"it has no {answer.name}; install mongoping there")
        if not isinstance(answer, dict):
            why = f"it cannot run mongoping ({type(answer).__name__})"
            return Place(address, name, why)
        place = Place(address, answer["name"] or name)
        if answer["mongoping"] != __version__:
            place.unusable = (
                f"it has mongoping {answer['mongoping']}, and this machine has {__version__}; "
                "install the same version"
            )
        place.note = answer["pymongo"]
        return place

    def _note_versions(self) -> None:
        """Mark, or with --spread leave out, workers with another PyMongo than this machine."""
        from importlib.metadata import version

        own = version("pymongo")
        for place in self.places:
            other, place.note = place.note, None
            if place.unusable is not None or other in (None, own):
                continue
            words = f"it has PyMongo {other}, and this machine has {own}"
            if self._mode.spread:
                place.unusable = words
            else:
                place.note = f"{place.name}: {words}"

    async def run(
        self, entries: Sequence[Entry], finished_keys: Container[tuple[str, str | None]] = ()
    ) -> None:
        """Run the targets; emit a line for each, and from each place unless they are spread.

        ``finished_keys`` are the names and places of results that are not needed.
        """
        usable = [place for place in self.places if place.unusable is None]
        if self._mode.spread:
            await self._run_spread(entries, usable)
            return
        pumps = []
        for at, place in enumerate(self.places):
            remaining = [
                entry for entry in entries if (entry.name, place.name) not in finished_keys
            ]
            if place.unusable is not None:
                self._report(place, remaining, place.unusable)
                continue
            ordered_entries = _rotate(remaining, at, len(self.places))
            pumps.append(_Pump(self, place, deque(_batches(ordered_entries, 1))))
        await asyncio.gather(*(pump.run() for pump in pumps))

    async def _run_spread(self, entries: Sequence[Entry], usable: Sequence[Place]) -> None:
        self._shared.extend(_batches(_by_host(entries), len(usable)))
        self._unfinished = len(self._shared)
        pumps = [_Pump(self, place, self._shared) for place in usable]
        await asyncio.gather(*(pump.run() for pump in pumps))
        reasons = [f"{place.name}: {place.unusable}" for place in self.places if place.unusable]
        why = "; ".join(["no worker is left to run it", *reasons[:3]])
        for batch in () if self._stop.is_set() else self._shared:
            self._report(None, batch, why)

    def _report(self, place: Place | None, entries: Sequence[Entry], why: str) -> None:
        """Emit a line for each target that could not be run at a place."""
        name = None if place is None else place.name
        words = f"Not measured: {why}." if name is None else f"Not measured from {name}: {why}."
        for entry in entries:
            self._emit(not_tried(entry, words, vantage=name, own=True))

    async def submit(self, place: Place, batch: Batch) -> list[Line]:
        """Run a batch at a place and return its lines. Raises what Dask and the worker raise.

        Each batch is a request of its own. The results of tasks would be fetched together, so that
        a worker that hangs could keep those of the others.
        """
        plan = self._plan.replace(vantage=place.name)
        answers = await self._client.run(
            remote.run_batch,
            self._run,
            plan.as_json(),
            [entry_as_json(entry) for entry in batch],
            self._mode.compared and len(self.places) > 1,
            workers=[place.address],
            on_error="return",
        )
        answer = answers.get(place.address, OSError("no answer"))
        if isinstance(answer, BaseException):
            raise answer
        lines = [from_json(document) for document in answer]
        if place.note is None:
            return lines
        return [line.replace(note=line.note or place.note) for line in lines]

    def finish(self, lines: Sequence[Line]) -> None:
        """Emit the lines of a batch."""
        self._unfinished -= 1
        self.changed.set()
        for line in lines:
            self._emit(line)

    def give_back(self, place: Place, batch: Batch, why: str) -> None:
        """Let another worker run a batch, if targets are spread; otherwise mark its targets."""
        self.changed.set()
        tries = self._tries[batch[0].name] = self._tries.get(batch[0].name, 0) + 1
        if self._mode.spread and tries < MAX_TRIES:
            self._shared.append(batch)
            return
        self._unfinished -= 1
        self._report(place, batch, why)

    @property
    def may_get_more(self) -> bool:
        """Return whether batches that other workers run may still come back."""
        return self._mode.spread and self._unfinished > 0

    @property
    def stopped(self) -> asyncio.Event:
        """Return the event that ends the run."""
        return self._stop

    async def why_lost(self, place: Place) -> str | None:
        """Return why a worker can no longer be used, or None."""
        try:
            if place.address not in await self._addresses():
                return LOST_WORKER
            async with asyncio.timeout(ANSWER_S):
                answers = await self._client.run(
                    remote.is_alive, workers=[place.address], on_error="return"
                )
            if answers.get(place.address) is not True:
                return LOST_WORKER
        except TimeoutError:
            return f"the worker has not answered for {ANSWER_S:g} s"
        except (OSError, ValueError, RuntimeError):
            return "the connection to the cluster was lost"
        return None

    async def views(self, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Return what the places have kept of these targets, by their names."""
        addresses = [place.address for place in self.places if place.unusable is None]
        views_of_targets: dict[str, list[dict[str, Any]]] = {}
        with contextlib.suppress(TimeoutError, OSError, ValueError, RuntimeError):
            async with asyncio.timeout(ANSWER_S):
                answers = await self._client.run(
                    remote.views, self._run, list(names), workers=addresses, on_error="return"
                )
            for views in answers.values():
                for name, view in views.items() if isinstance(views, dict) else ():
                    views_of_targets.setdefault(name, []).append(view)
            async with asyncio.timeout(ANSWER_S):
                await self._client.run(
                    remote.forget, self._run, workers=addresses, on_error="return"
                )
        return views_of_targets


class _Pump:
    """Keeps one worker busy, and notices when it ends or hangs."""

    def __init__(self, cluster: Cluster, place: Place, queue: deque[Batch]) -> None:
        self._cluster = cluster
        self._place = place
        self._queue = queue
        self._running: dict[asyncio.Task[list[Line]], Batch] = {}

    async def run(self) -> None:
        """Run batches until none is left, the worker is lost, or the run is stopped."""
        stopping = asyncio.ensure_future(self._cluster.stopped.wait())
        try:
            while not stopping.done() and await self._step(stopping):
                pass
        finally:
            stopping.cancel()
            self._collect_arrived()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _step(self, stopping: asyncio.Task[bool]) -> bool:
        """Submit what fits, and wait for a result; return whether to go on."""
        while self._queue and len(self._running) < OUTSTANDING:
            batch = self._queue.popleft()
            self._running[asyncio.ensure_future(self._cluster.submit(self._place, batch))] = batch
        if not self._running:
            if not self._cluster.may_get_more:
                return False
            self._cluster.changed.clear()
            changing = asyncio.ensure_future(self._cluster.changed.wait())
            await asyncio.wait({stopping, changing}, return_when=asyncio.FIRST_COMPLETED)
            changing.cancel()
            return True
        finished_tasks, _ = await asyncio.wait(
            {*self._running, stopping}, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
        )
        why = None
        for task in finished_tasks - {stopping}:
            if not self._collect(task):  # type: ignore[arg-type]
                why = await self._cluster.why_lost(self._place)
        if not finished_tasks:
            why = await self._cluster.why_lost(self._place)
        if why is not None:
            self._give_up(why)
            return False
        return True

    def _collect(self, task: asyncio.Task[list[Line]]) -> bool:
        """Emit the lines of a batch; return False if the worker did not run it."""
        batch = self._running.pop(task)
        error = None if task.cancelled() else task.exception()
        if error is None and not task.cancelled():
            self._cluster.finish(task.result())
            return True
        is_lost = error is None or isinstance(error, (OSError, TimeoutError))
        kind = LOST_WORKER if is_lost else f"the worker could not run it ({type(error).__name__})"
        self._cluster.give_back(self._place, batch, kind)
        return False

    def _collect_arrived(self) -> None:
        """Emit the results that arrived while this was waiting for something else."""
        for task in list(self._running):
            if task.done() and not task.cancelled() and task.exception() is None:
                self._collect(task)

    def _give_up(self, why: str) -> None:
        """Give back what the worker has not answered, and unless it is shared, all that waits."""
        self._place.unusable = why
        self._collect_arrived()
        for task, batch in self._running.items():
            task.cancel()
            self._cluster.give_back(self._place, batch, why)
        if not self._cluster.may_get_more:
            while self._queue:
                self._cluster.give_back(self._place, self._queue.popleft(), why)


def _batches(entries: Sequence[Entry], workers: int) -> list[Batch]:
    """Divide targets into tasks: small ones for a small fleet, so that every worker has some."""
    size = max(min(BATCH, -(-len(entries) // max(workers * OUTSTANDING, 1))), 1)
    return [list(entries[at : at + size]) for at in range(0, len(entries), size)]


def _by_host(entries: Sequence[Entry]) -> list[Entry]:
    """Return the targets with those of one host next to each other: one worker limits them."""
    return sorted(entries, key=lambda entry: places_of(entry)[1][:1])


def _rotate(entries: Sequence[Entry], at: int, places: int) -> list[Entry]:
    """Return the targets in another order for each place, which reach a server at other times."""
    start = at * len(entries) // max(places, 1)
    return [*entries[start:], *entries[:start]]
