"""What the workers of a Dask cluster run: functions that are sent by their names.

A worker needs only mongoping. It resolves references on its own machine, and keeps what is needed
to compare the places, until it is asked for or something newer takes its room.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from mongoping._version import __version__
from mongoping.fleet.engine import Engine
from mongoping.fleet.line import Line
from mongoping.fleet.plan import Plan, entry_from_json, plan_from_json
from mongoping.fleet.worker import prepare

MAX_KEPT = 5_000  # views of some 2 KB each

_inventories: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()


def describe(dask_worker: Any = None) -> dict[str, Any]:
    """Return the name of this worker, and the versions that decide whether it can take part."""
    from importlib.metadata import version

    return {
        "name": str(dask_worker.name) if dask_worker is not None else "",
        "mongoping": __version__,
        "pymongo": version("pymongo"),
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def is_alive() -> bool:
    """Return True: the event loop of this worker answers."""
    return True


async def run_batch(
    run: str, plan: dict[str, Any], entries: Sequence[dict[str, Any]], compares: bool
) -> list[dict[str, Any]]:
    """Run targets and return their lines.

    With ``compares``, keep a view of each report under the name of the run, for `views`.
    """
    own_plan = plan_from_json(plan)
    if own_plan.output_dir is not None:
        os.makedirs(own_plan.output_dir, exist_ok=True)  # noqa: PTH103 - pathlib costs 5 ms
    lines: list[dict[str, Any]] = []

    def emit(line: Line) -> None:
        if compares and line.report is not None:
            _keep(run, line)
        lines.append(line.as_json(report=own_plan.reports))

    with ExitStack() as stack:
        await asyncio.to_thread(prepare, own_plan, stack)
        await run_entries(own_plan.replace(reports=own_plan.reports or compares), entries, emit)
    return lines


async def run_entries(plan: Plan, entries: Sequence[dict[str, Any]], emit: Any) -> None:
    """Run targets that `entry_as_json` wrote; ``emit`` gets each line."""
    engine = Engine(plan, emit, asyncio.Event())

    async def feed() -> None:
        for entry in entries:
            await engine.put(entry_from_json(entry))
        engine.close()

    feeding = asyncio.ensure_future(feed())
    await engine.run()
    await feeding


def _keep(run: str, line: Line) -> None:
    from mongoping.comparison.reading import view_of

    view = view_of(line.vantage or "", line.report or {})
    _inventories[run, line.name] = view.as_json()
    while len(_inventories) > MAX_KEPT:
        _inventories.popitem(last=False)


def views(run: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the kept views of some targets, as far as they are still here."""
    return {name: _inventories[run, name] for name in names if (run, name) in _inventories}


def forget(run: str) -> None:
    """Drop everything that was kept for a run."""
    for key in [key for key in _inventories if key[0] == run]:
        del _inventories[key]
