"""A run on a cluster that is stopped while a worker or the scheduler does not answer."""

from __future__ import annotations

import asyncio

from mongoping.cli._fleet_cluster import until_stopped


def test_work_that_waits_for_an_answer_ends_when_stopped() -> None:
    async def main() -> tuple[str | None, list[str]]:
        stop, began, ended = asyncio.Event(), asyncio.Event(), []

        async def wait_for_an_answer() -> str:
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")
            return "an answer"

        working = asyncio.ensure_future(until_stopped(wait_for_an_answer(), stop))
        await began.wait()
        stop.set()
        return await asyncio.wait_for(working, 30), ended

    assert asyncio.run(main()) == (None, ["cancelled"])


def test_work_that_ends_returns_its_value() -> None:
    async def main() -> str | None:
        return await until_stopped(asyncio.sleep(0, "no worker"), asyncio.Event())

    assert asyncio.run(main()) == "no worker"
