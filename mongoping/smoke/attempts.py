"""Repeat attempts until a deployment is ready, in one process with one driver import."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.smoke.depth import checks_of, judge
from mongoping.smoke.waiting import Plan, Wait, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from mongoping.model import Diagnosis, Evidence, Verdict
    from mongoping.model.waiting import Change, Waiting
    from mongoping.runnable import RunnableCheck
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

LEAST_S = 2.0  # of an attempt that has to find a cause
SHORTEST_S = 0.1  # of one at the end of the wait, in which a server that is ready is still seen
GROWTH = 1.25  # of the cap: what is slow, but works, gets through in the end


async def run_once(
    uri: ParsedUri,
    settings: Settings,
    depth: str | None,
    stop: asyncio.Event,
    further: Sequence[RunnableCheck] = (),
    without: Container[str] = (),
) -> tuple[Evidence, Diagnosis, tuple[RunnableCheck, ...]]:
    """Return the evidence, the diagnosis and the checks of one run as deep as ``depth``.

    ``without`` has the names of checks that do not run.
    """
    from mongoping.diagnosis import diagnose
    from mongoping.runner import gather

    own_checks = [check for check in registry.checks() if check.name not in without]
    checks = (*checks_of(depth, own_checks), *further)
    evidence = await gather(uri, settings, checks, stop=stop)
    diagnosis = judge(evidence, diagnose(evidence, registry.causes()), depth, registry.cause)
    return evidence, diagnosis, checks


async def wait_until_ready(
    uri: ParsedUri,
    settings: Settings,
    plan: Plan,
    *,
    stop: asyncio.Event,
    tell: Callable[[Change], None] = lambda change: None,
    further: Sequence[RunnableCheck] = (),
    without: Container[str] = (),
) -> tuple[Evidence, Diagnosis, tuple[RunnableCheck, ...], Waiting]:
    """Run attempts until the plan is fulfilled, its time is over, or waiting cannot help.

    Returns the last attempt that had time to find a cause. No attempt goes on for longer than
    the wait, except that the first one gets `LEAST_S` seconds. ``stop`` ends it at once.
    """
    start = time.monotonic()
    state = Wait(plan.replace(names=_names(uri)))
    last = None
    cap = min(settings.cap, LEAST_S) if plan.wait else settings.cap
    while True:
        began = time.monotonic() - start
        remaining_s = max(plan.wait - began, LEAST_S if last is None else SHORTEST_S)
        deadline = min(settings.deadline, remaining_s) if plan.wait else settings.deadline
        extension = (
            min(settings.extension, remaining_s - deadline) if plan.wait else settings.extension
        )
        own_settings = settings.replace(deadline=deadline, cap=cap, extension=extension)
        cap = min(cap * GROWTH, settings.cap)
        current = await run_once(uri, own_settings, plan.until, stop, further, without)
        now = time.monotonic() - start
        evidence, diagnosis, _ = current
        if evidence.interrupted:
            return *current, state.record(now)
        if last is not None and remaining_s < LEAST_S and _cut_short(current, own_settings):
            return *last, state.record(now)
        state, step = state.after(diagnosis.verdict, mark_of(evidence), began, now)
        if step.news is not None:
            tell(step.news)
        if last is None or step.kind == "again" or not _says_less(diagnosis, last[1]):
            last = current
        if step.kind == "end":
            return *last, state.record(now)
        if await _sleep(step.delay, stop):
            partial = evidence.replace(interrupted=True)
            return partial, diagnosis, current[2], state.record(time.monotonic() - start)


def _names(uri: ParsedUri) -> tuple[str, ...]:
    """Return the names that the connection string needs to look up."""
    target = uri.target
    if target is None:
        return ()
    return (target.srv_name,) if target.srv_name else tuple(host.name for host in target.hosts)


def _cut_short(
    attempt: tuple[Evidence, Diagnosis, tuple[RunnableCheck, ...]], bounded_settings: Settings
) -> bool:
    """Return whether an attempt failed only because the wait was over."""
    evidence, diagnosis, _ = attempt
    return diagnosis.verdict is not None and evidence.duration_ms >= bounded_settings.deadline * 900


def _says_less(diagnosis: Diagnosis, former: Diagnosis) -> bool:
    """Return whether an attempt ran out of time after an earlier one found a cause."""
    if diagnosis.verdict is None or former.verdict is None:
        return False
    return _is_unexplained(diagnosis.verdict) and not _is_unexplained(former.verdict)


def _is_unexplained(verdict: Verdict) -> bool:
    return verdict.cause.endswith(".unexplained")


async def _sleep(seconds: float, stop: asyncio.Event) -> bool:
    """Wait; return whether ``stop`` ended it."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
