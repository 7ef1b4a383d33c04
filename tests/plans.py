"""Checks of the tests' own for the runner: they succeed, fail, crash or hang as they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from mongoping.model import Evidence, Failure, Outcome, Result
from mongoping.runnable import HostCheck, OnceCheck, RunnableCheck
from mongoping.runner import gather
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import ParsedUri, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from mongoping.context import Context

    class Run(Protocol):
        """A coroutine that both kinds of checks can run."""

        def __call__(self, ctx: Context, host: Host | None = None) -> Awaitable[Outcome]: ...


TWO = parse("mongodb://a,b:2/")
SRV = parse("mongodb+srv://c0.ab.example.test/")
QUICK = Settings(deadline=5.0, cap=2.0)
SHORT = Settings(deadline=60.0, cap=0.2)  # a busy machine may need seconds for the rest


def returning(data: Any = "seen", failure: Failure | None = None) -> Run:
    async def run(ctx: Context, host: Host | None = None) -> Outcome:
        return Outcome(data, failure)

    return run


def raising(error: BaseException) -> Run:
    async def run(ctx: Context, host: Host | None = None) -> Outcome:
        raise error

    return run


async def forever(ctx: Context, host: Host | None = None) -> Outcome:
    await asyncio.sleep(3600)
    return Outcome()


async def stubborn(ctx: Context, host: Host | None = None) -> Outcome:
    """Swallows the first cancellation, as a driver's operation may."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
    return Outcome("too late")


FAILING = returning(failure=Failure("refused", "no"))


def check(
    name: str, run: Run | None = None, *, per_host: bool = False, **more: Any
) -> RunnableCheck:
    kind = HostCheck if per_host else OnceCheck
    more = {"layer": "tcp", "run": run or returning(), **more}
    return kind(name=name, summary=name, **more)


def look(
    checks: Sequence[RunnableCheck],
    uri: ParsedUri = TWO,
    settings: Settings = QUICK,
    **more: Any,
) -> Evidence:
    return asyncio.run(gather(uri, settings, checks, **more))


def rows(evidence: Evidence, name: str) -> dict[str | None, Result]:
    return {result.host: result for result in evidence.of(name)}
