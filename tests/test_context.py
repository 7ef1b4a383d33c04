"""Limits in time and measured durations while this process blocks its own event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from mongoping.checks import driver_import
from mongoping.client import Driver
from mongoping.context import MARGIN_S, TICK_S, Context, LoopLag, extend_limit
from mongoping.model import is_disturbed
from mongoping.settings import Settings
from mongoping.uri.target import parse
from tests.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import ModuleType

STALL_S = 0.3


@pytest.mark.parametrize(
    ("seconds", "stalled_s", "left_s", "limit_s"),
    [
        (1.0, 0.0, 10.0, 1.0),
        (1.0, 0.4, 10.0, 1.4),
        (1.0, 0.4, 1.2 + MARGIN_S, 1.2),  # the run ends
        (1.0, 0.4, 0.5, 1.0),  # never shortened
    ],
)
def test_stalls_extend_a_limit(
    seconds: float, stalled_s: float, left_s: float, limit_s: float
) -> None:
    assert extend_limit(seconds, stalled_s, left_s) == pytest.approx(limit_s)


@pytest.mark.parametrize(
    ("own_ms", "stalled_ms", "expected"),
    [(0.0, 0.0, False), (600.0, 0.0, False), (600.0, 590.0, False), (600.0, 610.0, True)],
)
def test_a_duration_is_disturbed_if_stalls_are_the_larger_part(
    own_ms: float, stalled_ms: float, expected: bool
) -> None:
    assert is_disturbed(own_ms, stalled_ms) is expected


def test_a_stall_counts_before_its_tick_was_noticed() -> None:
    """A task may run before the timer in the first turn of the loop after a stall."""

    async def main() -> None:
        now = 100.0
        lag = LoopLag(lambda: now)
        lag.start()
        now += TICK_S + 0.6  # as if a callback took so long, with no turn of the loop since
        assert lag.stalled_ms(100.0) == pytest.approx(600.0)
        assert lag.stalled_ms(now - 0.1) == pytest.approx(100.0)
        assert lag.stalled_ms(now) == 0.0
        lag.stop()
        assert lag.stalled_ms(100.0) == 0.0

    asyncio.run(main())


async def running() -> AsyncIterator[Context]:
    """Yield a context as the runner starts it."""
    uri, settings = parse("mongodb://a/"), Settings()
    ctx = Context(uri, settings, Driver(uri, settings), evidence)
    ctx.lag.start()
    try:
        yield ctx
    finally:
        ctx.close()


def test_stalls_extend_the_run_as_far_as_the_settings_allow() -> None:
    now = 100.0
    uri, settings = parse("mongodb://a/"), Settings(deadline=10.0, extension=5.0)

    async def main() -> list[float]:
        nonlocal now
        ctx = Context(uri, settings, Driver(uri, settings), evidence, lambda: now)
        ctx.lag.start()
        deadlines = [ctx.deadline]
        for stall_s in (2.0, 20.0):
            now = 100.0 + TICK_S + stall_s  # as if no callback had run for so long
            deadlines.append(ctx.deadline)
        ctx.close()
        return deadlines

    assert asyncio.run(main()) == pytest.approx([110.0, 112.0, 115.0])


def test_a_slow_import_extends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import ends only after the run was extended."""
    import pymongo

    monkeypatch.setattr("mongoping.context.SLOW_IMPORT_S", 0.0)
    uri, settings = parse("mongodb://a/"), Settings(deadline=10.0, extension=5.0)
    importing = threading.Event()

    def slow_import() -> ModuleType:
        importing.wait()
        return pymongo

    monkeypatch.setattr("mongoping.client.import_pymongo", slow_import)

    async def main() -> float:
        ctx = Context(uri, settings, Driver(uri, settings), evidence, lambda: 100.0)
        running = asyncio.ensure_future(driver_import.run(ctx))
        while ctx.deadline == 110.0:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        importing.set()
        assert (await running).data.version == pymongo.version
        return ctx.deadline

    assert asyncio.run(main()) == 115.0


def test_a_reply_that_arrived_during_a_stall_is_in_time() -> None:
    async def main() -> bytes:
        async for ctx in running():
            here, peer = socket.socketpair()
            with here, peer:
                here.setblocking(False)
                reading = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(here, 9))
                await asyncio.sleep(2 * TICK_S)
                async with ctx.timeout(STALL_S / 3):
                    peer.send(b"pong")
                    time.sleep(STALL_S)  # noqa: ASYNC251 - the stall is what is tested
                    return await reading
        raise AssertionError

    assert asyncio.run(main()) == b"pong"


def test_a_peer_that_stays_silent_after_a_stall_is_not_waited_for() -> None:
    async def silence(ctx: Context) -> None:
        async with ctx.timeout(STALL_S / 3):
            time.sleep(STALL_S)  # noqa: ASYNC251 - see above
            await asyncio.Event().wait()

    async def main() -> None:
        async for ctx in running():
            with pytest.raises(TimeoutError):
                await silence(ctx)

    asyncio.run(main())
