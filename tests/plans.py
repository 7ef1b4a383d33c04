"""Checks of the tests' own for the runner: they succeed, fail, crash or hang as they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mongoping.model import Check, Evidence, Failure, Outcome, Result
from mongoping.runner import gather
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import Parsed, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mongoping.context import Context

    Run = Callable[[Context, Host | None], Awaitable[Outcome]]

TWO = parse("mongodb://a,b:2/")
SRV = parse("mongodb+srv://c0.ab.example.test/")
QUICK = Settings(deadline=5.0, cap=2.0)
SHORT = Settings(deadline=60.0, cap=0.2)  # a busy machine may need seconds for the rest


def returning(data: Any = "seen", failure: Failure | None = None) -> Run:
    async def run(ctx: Context, host: Host | None) -> Outcome:
        return Outcome(data, failure)

    return run


def raising(error: BaseException) -> Run:
    async def run(ctx: Context, host: Host | None) -> Outcome:
        raise error

    return run


async def forever(ctx: Context, host: Host | None) -> Outcome:
    await asyncio.sleep(3600)
    return Outcome()


async def stubborn(ctx: Context, host: Host | None) -> Outcome:
    """Swallows the first cancellation, as a driver's operation may."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
    return Outcome("too late")


FAILING = returning(failure=Failure("refused", "no"))


def check(name: str, run: Run | None = None, **more: Any) -> Check:
    return Check(name, more.pop("layer", "tcp"), name, run or returning(), **more)


def look(
    checks: Sequence[Check],
    parsed: Parsed = TWO,
    chosen: Settings = QUICK,
    **more: Any,
) -> Evidence:
    return asyncio.run(gather(parsed, chosen, checks, **more))


def rows(evidence: Evidence, name: str) -> dict[str | None, Result]:
    return {one.host: one for one in evidence.of(name)}
