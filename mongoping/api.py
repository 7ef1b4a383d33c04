"""The library: what ``mongoping check`` does, without a process and without printing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mongoping import collect
from mongoping.settings import Settings
from mongoping.target import Parsed, parse

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Check, Evidence, Report, Result


async def diagnose(
    uri: str,
    *,
    timeout: float = 10.0,
    stable_api: bool | None = None,
    password: str | None = None,
    **settings: Any,
) -> Report:
    """Diagnose the deployment that ``uri`` names, layer by layer, and return the report.

    ``timeout`` is the deadline of the whole run in seconds. ``stable_api`` declares
    version "1" of the Stable API, as ``ServerApi("1")`` does. ``password`` may come apart
    from the string. Further keyword arguments are fields of `mongoping.settings.Settings`.

    Whatever is wrong with the deployment or with the string is in the report; TypeError is
    raised for a setting that does not exist. With ``resolver`` set, name lookups of the
    whole process go through that server while this runs.
    """
    chosen = Settings(deadline=timeout, stable_api=stable_api, **settings)
    _, report = await examine(parse(uri, password=password), chosen)
    return report


async def examine(
    parsed: Parsed,
    settings: Settings,
    *,
    progress: Callable[[Result], None] = lambda result: None,
    stop: asyncio.Event | None = None,
    further: Sequence[Check] = (),
) -> tuple[Evidence, Report]:
    """Gather evidence, weigh it, and write the report: the whole flow in three steps.

    ``further`` checks run beside all others; they are no rows of the report's layers.
    """
    from mongoping.diagnosis import diagnose as weigh
    from mongoping.leads import next_steps
    from mongoping.report import build
    from mongoping.runner import gather

    checks = collect.checks()
    every = (*checks, *further)
    evidence = await gather(parsed, settings, every, progress=progress, stop=stop)
    diagnosis = weigh(evidence, collect.causes())
    report = build(evidence, diagnosis, checks, parsed.shown)
    return evidence, report.replace(next_steps=next_steps(evidence, report))
