"""Run ``mongoping fleet --dask``: check the options, run, and name what differs by place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._options import KEY_PASSWORD
from mongoping.fleet.cluster import Cluster, Mode
from mongoping.fleet.scheduler import Access, ClusterError, connect

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Container, Coroutine, Sequence

    from mongoping.fleet.entry import Entry
    from mongoping.fleet.line import Line
    from mongoping.fleet.plan import Plan
    from mongoping.fleet.results import Results

NEED_DASK = ("places", "spread", "send_secrets", "dask_tls_ca", "dask_tls_cert", "dask_tls_key")
CANCEL_S = 0.1  # for the work to end after a signal
MAX_COMPARED = 200  # targets; more that differ have the same few reasons


def access_of(params: dict[str, Any], plan: Plan, entries: Sequence[Entry]) -> Access | None:
    """Return how to reach the cluster, or None without --dask.

    Raises `click.UsageError` for options that do not fit, and for secrets that must not be sent.
    """
    if params["dask"] is None:
        from mongoping.places.place import shown_place

        for name in NEED_DASK:
            if params[name]:
                flag = f"--{name.replace('_', '-')}"
                if name == "places":
                    value = shown_place(params[name])
                    flag = f"--from {value} is no place such as ssh:HOST, and a worker"
                raise click.UsageError(f"{flag} needs --dask ADDRESS.")
        return None
    if plan.ip_version is not None:
        raise click.UsageError(f"-{plan.ip_version} cannot be combined with --dask.")
    if params["anonymize"] or params["anonymize_key"]:
        raise click.UsageError("--anonymize cannot be combined with --dask.")
    if params["processes"]:
        raise click.UsageError("--processes cannot be combined with --dask.")
    access = Access(
        params["dask"], params["dask_tls_ca"], params["dask_tls_cert"], params["dask_tls_key"]
    )
    if access.url.startswith("tcp://") and any((access.ca, access.cert, access.key)):
        raise click.UsageError(f"--dask-tls-* need TLS: use --dask {_as_tls(access.url)}.")
    for name in ("dask_tls_ca", "dask_tls_cert", "dask_tls_key"):
        _require_readable(f"--{name.replace('_', '-')}", params[name])
    _require_references(params, access, plan, entries)
    return access


def _require_readable(option: str, path: str | None) -> None:
    """Raise `click.UsageError` for a file that Dask could not read."""
    from mongoping.smoke.files import read_bytes, reason

    try:
        if path is not None:
            read_bytes(path, 1)
    except OSError as error:
        raise click.UsageError(f"{option} {path} cannot be read: {reason(error)}.") from None


def _as_tls(url: str) -> str:
    return f"tls://{url.partition('://')[2]}"


def _require_references(
    params: dict[str, Any], access: Access, plan: Plan, entries: Sequence[Entry]
) -> None:
    """Raise `click.UsageError` if a secret would be sent without TLS or without being asked to."""
    holding = [entry.name for entry in entries if entry.reference.holds_secret]
    if KEY_PASSWORD in plan.overrides:
        holding.append("the password of the TLS key")
    if not holding:
        return
    what = f"{holding[0]}{f' and {len(holding) - 1} more' if len(holding) > 1 else ''}"
    if not params["send_secrets"]:
        raise click.UsageError(
            f"The password of a target is not sent to the cluster ({what}): refer to it with "
            "env:NAME or file:PATH, which each worker resolves, or add --send-secrets."
        )
    if not access.tls:
        raise click.UsageError(
            f"Passwords are sent only over TLS ({what}): use --dask {_as_tls(access.url)}."
        )


def mode_of(params: dict[str, Any]) -> Mode:
    """Return which workers are used, and how."""
    words = (params["places"] or "all").split(",")
    names = tuple(word.strip() for word in words if word.strip())
    return Mode(() if names == ("all",) else names, params["spread"], not params["spread"])


async def run_on_cluster(
    access: Access,
    mode: Mode,
    entries: Sequence[Entry],
    completed_keys: Container[tuple[str, str | None]],
    plan: Plan,
    emit: Callable[[Line], None],
    results: Results,
    stop: asyncio.Event,
) -> str | None:
    """Run the targets; return why the cluster cannot be used, in one sentence, or None."""

    async def work() -> str | None:
        try:
            async with connect(access, stop) as client:
                cluster = Cluster(client, plan, mode, emit, stop)
                await cluster.find_places()
                results.expected = len(entries) * (1 if mode.spread else len(cluster.places))
                await cluster.run(entries, completed_keys)
                if not stop.is_set():
                    await _compare(cluster, results)
        except ClusterError as error:
            return str(error)
        return None

    return await until_stopped(work(), stop)


async def until_stopped(work: Coroutine[Any, Any, str | None], stop: asyncio.Event) -> str | None:
    """Return what the coroutine returns, or None after ``stop``.

    A worker or a scheduler may take seconds to answer. After a signal, waiting for that long would
    cost the results so far, because `mongoping.signals` ends a process that seems to hang.
    """
    import asyncio

    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working}, timeout=CANCEL_S)
    return None if working.cancelled() or not working.done() else working.result()


async def _compare(cluster: Cluster, results: Results) -> None:
    """Find what differs for targets that have other verdicts from some places."""
    names = results.differing()[:MAX_COMPARED]
    if not names:
        return
    from mongoping.comparison.compare import compare
    from mongoping.comparison.record import View

    view_list = await cluster.views(names)
    for name in names:
        views = sorted(map(View.from_json, view_list.get(name, ())), key=lambda view: view.name)
        if len(views) > 1 and (sentence := compare(views).sentence):
            results.differences[name] = f"{sentence[0].lower()}{sentence[1:]}"
