"""Many targets in one event loop, and in worker processes: results, leftovers, load, deaths."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from mongoping import diagnose
from mongoping.fleet.examine import BUSY
from mongoping.fleet.inventory import of_list
from mongoping.fleet.plan import Plan
from mongoping.fleet.processes import run_all
from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.played import SimulatedServer, standalone
from mongoping.settings import Settings
from tests.fleet.test_inventory import no_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.fleet.line import Line
    from mongoping.sandbox.deployment import Deployment

SHORT = Settings(preset="fleet", deadline=3.0, cap=2.0, count=1)


async def run_list(
    text: str,
    plan: Plan,
    *,
    processes: int = 1,
    stop: asyncio.Event | None = None,
    on_line: Callable[[Line], None] = lambda line: None,
) -> dict[str, Line]:
    """Run the targets of a list and return the lines by name."""
    lines: dict[str, Line] = {}

    def emit(line: Line) -> None:
        assert line.name not in lines
        lines[line.name] = line
        on_line(line)

    entries = of_list(text, "list", no_target)
    await run_all(entries, plan, emit, stop or asyncio.Event(), processes)
    return lines


@pytest.mark.parametrize("processes", [1, 2])
def test_every_target_has_its_own_result(processes: int) -> None:
    """The servers are simulated, because a real one cannot be silent or of another kind.

    The runs of both modules wait for the silent server at the same time.
    """
    with (
        SimulatedServer(standalone()) as healthy,
        SimulatedServer(scripts.too_old()) as old,
        Listener(listeners.silent) as silent,
    ):
        text = "\n".join((healthy.address, old.address, silent.address, "127.0.0.1:1", "<db>"))

        async def main() -> list[dict[str, Line]]:
            plans = (Plan(SHORT, "hello"), Plan(SHORT, "full"))
            return await asyncio.gather(
                *(run_list(text, plan, processes=processes) for plan in plans)
            )

        results = asyncio.run(main())
    for lines in results:
        assert lines[healthy.address].status in ("ok", "warn")
        assert lines[healthy.address].latency_ms is not None or lines[healthy.address].note == BUSY
        assert lines[old.address].cause == "hello.wire-version-too-old"
        assert lines[silent.address].cause == "hello.no-reply"
        assert lines["127.0.0.1:1"].cause == "tcp.refused"
        assert {line.cause for line in lines.values()} >= {"uri.placeholder-not-replaced"}
        assert len(lines) == 5


def test_the_quick_way_and_the_checks_agree(
    replica_set: Deployment, mongod_tls: Deployment
) -> None:
    """A hello without a report takes a shorter way, if the deployment is plain and healthy."""
    text = f"{replica_set.uri}\n{mongod_tls.uri}\n{replica_set.hosts[0]}\n"

    async def main() -> tuple[dict[str, Line], dict[str, Line]]:
        short = await run_list(text, Plan(SHORT, "hello"))
        return short, await run_list(text, Plan(SHORT, "hello", reports=True))

    short, long = asyncio.run(main())
    for name, line in short.items():
        assert (line.status, line.cause) == (long[name].status, long[name].cause)


def test_nothing_is_left_after_many_runs(mongod: Deployment) -> None:
    """Healthy, refused and silent ones, all at the same time."""
    with Listener(listeners.silent) as silent:
        uris = (mongod.uri, "mongodb://127.0.0.1:1/", f"mongodb://{silent.address}/")

        async def main() -> set[asyncio.Task[object]]:
            many = (diagnose(uri, count=1, timeout=2.0) for uri in uris * 67)
            await asyncio.gather(*many)
            return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

        assert asyncio.run(main()) == set()


def test_a_busy_loop_is_no_fault_of_the_deployment(mongod: Deployment) -> None:
    """Something blocks the event loop for longer than the deadline of the targets."""
    settings = SHORT.replace(deadline=0.4, cap=0.4)

    async def block() -> None:
        for _ in range(6):
            time.sleep(0.5)  # noqa: ASYNC251 - on purpose
            await asyncio.sleep(0)

    async def main() -> dict[str, Line]:
        text = "\n".join(f"mongodb://{mongod.host}/?appName=a{number}" for number in range(6))
        blocking = asyncio.ensure_future(block())
        lines = await run_list(text, Plan(settings, "auth"))
        await blocking
        return lines

    lines = asyncio.run(main())
    assert len(lines) == 6
    assert "fail" not in {line.status for line in lines.values()}, lines


def test_a_stop_ends_the_run_and_leaves_unfinished_targets_out() -> None:
    with Listener(listeners.silent) as silent:
        text = f"127.0.0.1:1\n{silent.address}\n"

        async def main() -> dict[str, Line]:
            stop = asyncio.Event()
            return await run_list(text, Plan(SHORT), stop=stop, on_line=lambda line: stop.set())

        lines = asyncio.run(main())
    assert set(lines) == {"127.0.0.1:1"}


def test_targets_of_a_process_that_dies_are_not_measured() -> None:
    with Listener(listeners.silent) as silent:
        text = "\n".join(f"mongodb://{silent.address}/?appName=a{n}" for n in range(3))

        async def main() -> dict[str, Line]:
            running = asyncio.ensure_future(
                run_list(f"{text}\n127.0.0.1:1\n", Plan(SHORT), processes=2, on_line=kill)
            )
            return await running

        def kill(line: Line) -> None:
            if line.name == "127.0.0.1:1":
                for child in psutil.Process().children():
                    if any("mongoping.fleet.worker" in word for word in child.cmdline()):
                        child.send_signal(signal.SIGKILL)

        lines = asyncio.run(main())
    assert len(lines) == 4
    rest = [line for name, line in lines.items() if name != "127.0.0.1:1"]
    assert {line.status for line in rest} == {"skip"}
    assert "was ended by signal 9" in (rest[0].detail or "")
