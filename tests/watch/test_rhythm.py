"""Naps of about half a second end together; every other timer keeps its own time."""

from __future__ import annotations

import asyncio

import pytest

from mongoping.watch.rhythm import NAP_S, naps_together
from tests.watch.virtual import run


async def woken(delays: list[tuple[float, float]]) -> list[float]:
    """When sleepers wake that go to sleep after the first number of seconds, for the second."""
    loop = asyncio.get_running_loop()

    async def sleeper(after: float, seconds: float) -> float:
        await asyncio.sleep(after)
        await asyncio.sleep(seconds)
        return round(loop.time(), 6)

    return await asyncio.gather(*(sleeper(after, seconds) for after, seconds in delays))


def test_naps_that_begin_at_any_time_end_on_the_beat() -> None:
    async def main() -> list[float]:
        with naps_together(asyncio.get_running_loop()):
            return await woken([(0.0, NAP_S), (0.07, NAP_S), (0.2, NAP_S), (0.3, NAP_S)])

    assert run(main()) == [0.5, 0.5, 0.5, 1.0]


def test_a_nap_that_goes_on_for_ever_keeps_its_pace() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        with naps_together(loop):
            await asyncio.sleep(0.13)
            for _ in range(100):
                await asyncio.sleep(NAP_S)
            return loop.time()

    assert run(main()) == pytest.approx(100 * NAP_S + 0.13, abs=0.25)


@pytest.mark.parametrize("seconds", [0.01, 0.25, 1.0, 5.0])
def test_other_sleeps_are_as_long_as_asked(seconds: float) -> None:
    async def main() -> list[float]:
        with naps_together(asyncio.get_running_loop()):
            return await woken([(0.07, seconds)])

    assert run(main()) == [pytest.approx(0.07 + seconds)]


def test_a_time_limit_of_half_a_second_is_one() -> None:
    """What a user sets as connectTimeoutMS or --timeout is no nap."""

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        times = []
        with naps_together(loop):
            await asyncio.sleep(0.07)
            began = loop.time()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(NAP_S):
                    await asyncio.Event().wait()
            times.append(loop.time() - began)
            began = loop.time()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), NAP_S)
            times.append(loop.time() - began)
        return times

    assert run(main()) == [pytest.approx(NAP_S)] * 2


def test_afterwards_the_loop_is_as_it_was() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        with naps_together(loop):
            await asyncio.sleep(0)
        return await woken([(0.07, NAP_S)])

    assert run(main()) == [pytest.approx(0.57)]
