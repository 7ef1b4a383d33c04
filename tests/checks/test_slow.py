"""Slow servers and lossy networks, made real; and a busy process, which is neither."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.api import examine
from mongoping.context import LoopLag
from mongoping.diagnosis import diagnose
from mongoping.sandbox import listeners
from mongoping.sandbox.deployment import standalone
from mongoping.sandbox.listeners import Listener
from mongoping.settings import Settings
from mongoping.uri.target import parse
from tests.checks.real import look
from tests.conftest import clean_environment, having, unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from mongoping.model import Evidence
    from mongoping.sandbox.deployment import Deployment

SLOW = ("ping.slow", "network.slow")
STOPPED_S = 2.0  # the limit is 0.5 s, and the stalls of a busy machine are subtracted
STALL_S = 0.6
SLOW_S = 0.9  # well above the limit of 500 ms, since stalls are subtracted


def slowness(evidence: Evidence) -> dict[str, str]:
    """The findings about slowness, with their sentences."""
    every = diagnose(evidence, registry.causes()).findings
    return {step.cause: step.detail for step in every if step.cause in SLOW}


def test_a_server_that_stands_still_at_the_first_word_is_slow_although_pings_are_quick() -> None:
    """A real mongod, stopped as a container that has used up its share of the CPU is."""
    with having(), standalone() as server:
        pid = server.servers[0].pid
        assert pid is not None
        first = threading.Event()
        onward = listeners.forward("127.0.0.1", server.ports[0])

        def stop_once(client: socket.socket, closing: threading.Event) -> None:
            if not first.is_set():
                first.set()
                os.kill(pid, signal.SIGSTOP)
                threading.Timer(STOPPED_S, os.kill, (pid, signal.SIGCONT)).start()
            onward(client, closing)

        with Listener(stop_once) as front:
            evidence = look(f"mongodb://{front.address}/")
    assert list(slowness(evidence)) == ["ping.slow"]
    assert "hello took" in slowness(evidence)["ping.slow"]
    assert diagnose(evidence, registry.causes()).verdict is None


def test_the_delay_of_a_slow_hello_is_no_difference_of_the_clocks() -> None:
    """The server runs on this machine, by the same clock; its answers are late. No skew is seen."""
    with having(), standalone() as server:
        late = listeners.forward("127.0.0.1", server.ports[0], delay=0.7)
        with Listener(late) as front:
            evidence = look(
                f"mongodb://{front.address}/", deadline=20.0, cap=10.0, count=1, clock_skew=0.1
            )
        (row,) = evidence.of("hello")
    assert row.data.skew_s == 0.0


def test_a_quick_server_is_not_slow(mongod: Deployment) -> None:
    assert slowness(look(mongod.uri, count=10)) == {}


def test_a_far_server_is_not_slow() -> None:
    """Every answer is late by the same 120 ms."""
    with having(), standalone() as server:
        late = listeners.forward("127.0.0.1", server.ports[0], delay=0.12)
        with Listener(late) as front:
            evidence = look(f"mongodb://{front.address}/", count=4)
    assert slowness(evidence) == {}


def test_stalls_of_the_loop_are_measured() -> None:
    async def stall() -> tuple[float, float]:
        lag = LoopLag(time.monotonic)
        lag.start()
        await asyncio.sleep(0)
        began = time.monotonic()
        time.sleep(0.3)  # noqa: ASYNC251 - holding up the loop is what is tested
        await asyncio.sleep(0.05)
        end = time.monotonic()
        lag.stop()
        return lag.stalled_ms(began), lag.stalled_ms(end)

    during, after = asyncio.run(stall())
    assert during >= 250  # the rest is the tick in which it began
    assert after == 0


def test_what_a_busy_program_costs_is_not_blamed_on_the_server(mongod: Deployment) -> None:
    """The loop is held up for longer than any reply takes, again and again."""

    async def main() -> Evidence:
        busy = asyncio.ensure_future(hold_up())
        # more pings than fit between two stalls; a tick of the measurement is lost with each stall,
        # so half a stall is the limit for a step that spans several
        settings = Settings(deadline=60.0, cap=40.0, count=50, slow_ping_ms=STALL_S * 500)
        evidence, _ = await examine(parse(mongod.uri), settings)
        busy.cancel()
        return evidence

    async def hold_up() -> None:
        while True:
            await asyncio.sleep(0.01)
            time.sleep(STALL_S)  # noqa: ASYNC251 - see above

    evidence = asyncio.run(main())
    assert max(row.stalled_ms for row in evidence.results) > 500  # it was measured, and deducted
    assert slowness(evidence) == {}


@contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy with another program."""
    line = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            program = stack.enter_context(subprocess.Popen(line))
            stack.callback(program.kill)
        yield


def test_a_busy_machine_does_not_hide_a_slow_server_and_does_not_make_one(
    mongod: Deployment,
) -> None:
    """A relay that delays every reply is slow; the server behind it is not."""
    patient = {"deadline": 60.0, "cap": 40.0, "count": 3}
    late = listeners.forward("127.0.0.1", mongod.ports[0], delay=SLOW_S)
    with Listener(late) as slow, busy_cores():
        direct, relay = look(mongod.uri, **patient), look(f"mongodb://{slow.address}/", **patient)
    assert slowness(direct) == {}
    assert list(slowness(relay)) == ["ping.slow"]


LOSSY = textwrap.dedent(
    """
    import subprocess, sys
    from mongoping.sandbox.deployment import standalone
    with standalone() as server:
        port = server.ports[0]
        rules = "add table ip f; add chain ip f i {{ type filter hook input priority 0; }}; "
        rules += f"add rule ip f i tcp {side} {{port}} numgen inc mod {every} == 1 drop"
        subprocess.run(["nft", rules], check=True)
        args = [server.uri, "--format", "json", "--timeout", "60", "--count", "15"]
        print(subprocess.run([sys.executable, "-m", "mongoping", "check", *args],
              stdout=subprocess.PIPE, check=False).stdout.decode())
    """
)


def behind_loss(home: Path, side: str, every: int) -> dict[str, Any]:
    """Return the report of a run in a network namespace that drops packets."""
    enter = ["unshare", "--map-root-user", "--net", "sh", "-c"]
    ready = shutil.which("unshare") and shutil.which("nft") and shutil.which("ip")
    check = "ip link set lo up && nft add table ip probe"
    if not ready or subprocess.run([*enter, check], capture_output=True, check=False).returncode:
        unavailable("a network namespace with nftables cannot be made here")
    run = f'ip link set lo up && exec "{sys.executable}" -c "$PROGRAM"'
    environment = clean_environment(home) | {"PROGRAM": LOSSY.format(side=side, every=every)}
    environment |= {"MONGOPING_SERVERS": os.environ.get("MONGOPING_SERVERS", "")}
    environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    process = subprocess.run(
        [*enter, run], env=environment, capture_output=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stderr.decode()
    report: dict[str, Any] = json.loads(process.stdout)
    return report


@pytest.mark.parametrize("side", ["dport", "sport"])
def test_lost_packets_are_reported_with_the_kernels_own_count(side: str, tmp_path: Path) -> None:
    """Every third packet to the server, or from it, is dropped by a rule of the kernel."""
    with having():
        report = behind_loss(tmp_path, side, 3)
    slow = [
        finding
        for layer in report["layers"]
        for finding in layer["findings"]
        if finding["cause"] == "network.slow"
    ]
    assert report["verdict"] is None
    assert [finding["severity"] for finding in slow] == ["warning"]
    assert "packets are lost" in slow[0]["detail"]
    assert "client.clock-skew" not in str(report["layers"])
