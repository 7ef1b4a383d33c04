"""Run ``mongoping fleet --from PLACE``: check the options, and run here and in the places."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._places import read, warn_of_leftovers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mongoping.cli._places import Places
    from mongoping.fleet.entry import Entry
    from mongoping.fleet.plan import Plan
    from mongoping.fleet.results import Results
    from mongoping.places.fleet import Everywhere

OF_CLUSTERS = {
    "dask": "--dask runs on the workers of a cluster",
    "spread": "--spread divides targets among the workers of a cluster",
}


def split(params: dict[str, Any]) -> Places | None:
    """Return the places among the values of --from; leave names of workers in ``params``.

    Raises `click.UsageError`.
    """
    from mongoping.places.place import is_place, shown_place

    words = [word.strip() for value in params["places"] for word in value.split(",")]
    words = [word for word in words if word]
    if params["places"] and not words:
        raise click.UsageError(
            "--from names no place: check that the variable it comes from is set."
        )
    names = [word for word in words if not is_place(word)]
    if names and len(names) < len(words):
        read([word for word in words if is_place(word)], params["bundle"], params)
        raise click.UsageError(
            f"--from {shown_place(names[0])} is the name of a worker: "
            "name either workers or places."
        )
    params["places"] = ",".join(names)
    if len(names) == len(words):
        return read((), params.pop("bundle"), params)
    for name, what in OF_CLUSTERS.items():
        if params[name]:
            raise click.UsageError(
                f"{what}, and {shown_place(words[0])} is none: leave out --{name}, or name workers."
            )
    return read(words, params.pop("bundle"), params)


def everywhere_of(places: Places, plan: Plan, emit: Any) -> Everywhere:
    """Return the run from here and from the places."""
    from mongoping.places.fleet import Everywhere

    return Everywhere(places.places, places.bundles, plan, emit)


async def run_everywhere(
    run: Everywhere,
    entries: Sequence[Entry],
    finished_keys: Collection[tuple[str, str | None]],
    processes: int,
    results: Results,
    stop: asyncio.Event,
) -> None:
    """Run the targets here and in the places, and find what differs."""
    from mongoping.fleet.processes import run_all
    from mongoping.places.place import HERE

    here = [entry for entry in entries if (entry.name, HERE) not in finished_keys]
    results.expected = len(entries) * (1 + len(run.places))
    _, outcomes = await asyncio.gather(
        run_all(here, run.plan_here, run.add, stop, processes),
        run.run(entries, finished_keys, stop),
    )
    warn_of_leftovers(zip(run.places, outcomes, strict=True))
    if not stop.is_set():
        run.compare(results)
