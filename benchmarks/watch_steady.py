"""The fourth table: a long watch does not grow, and each tick of it costs next to nothing.

Memory: 100,000 ticks of a watch whose clock jumps, in a process of its own. Its ticker,
machine, board and forms are the real ones; what they are told is made up: lost pings,
elections, members that come and go by ever new names.

CPU: a real watch of a real set of three, and a bare AsyncMongoClient that pings it as often.
Most of it is the kernel's: on loopback, who sends pays for the delivery.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from mongoping.sandbox.deployment import Deployment, replica_set

TICKS, EARLY = 100_000, 1_000
GROWTH_MIB = 5.0
CPU_MS = 3.0
TURNS = 2  # of each program, so that noise falls on all alike
WARM_UP_S = 8.0  # imports, discovery, and what Python specialises
DRAWN_EVERY = 100  # of the simulated ticks are drawn: a frame costs more than all else of a tick
CHURN = 50  # ticks until the last member leaves, and another joins by a new name
ROWS, COLUMNS = 40, 120

BARE = """
import asyncio, os
from pymongo import AsyncMongoClient

async def main():
    client = AsyncMongoClient(os.environ["BENCH_URI"])
    while True:
        await client.admin.command("ping")
        await asyncio.sleep(1)

asyncio.run(main())
"""


def table(seconds: int) -> str:
    """Both measurements in Markdown."""
    return f"{memory_table(measure_memory())}\n\n{cpu_table(cpu(seconds))}"


def measure_memory() -> dict[str, float]:
    """Return the MiB of resident memory after ``ticks`` ticks, measured in a separate process."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    line = [sys.executable, "-m", "benchmarks.watch_steady"]
    process = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    return result


def memory_table(sizes: Mapping[str, float]) -> str:
    """Return a table of resident memory, and its growth since the first thousand ticks."""
    lines = ["| ticks | resident MiB | growth MiB | limit | met |", "|---:|---:|---:|---|---|"]
    early = sizes[str(EARLY)]
    for ticks, mib in sizes.items():
        more = mib - early
        limit = f"≤ {GROWTH_MIB:g} MiB" if int(ticks) > EARLY else ""
        answer = ("yes" if more <= GROWTH_MIB else "**no**") if limit else ""
        lines.append(f"| {int(ticks):,} | {mib:.1f} | {more:.1f} | {limit} | {answer} |")
    return "\n".join(lines)


def cpu_table(costs: Mapping[str, float]) -> str:
    """CPU of a second, which is a tick."""
    lines = ["| program | CPU ms per tick | limit | met |", "|---|---:|---|---|"]
    for name, ms in costs.items():
        limit = f"≤ {CPU_MS:g} ms" if "watch" in name else ""
        answer = ("yes" if ms <= CPU_MS else "**no**") if limit else ""
        lines.append(f"| {name} | {ms:.2f} | {limit} | {answer} |")
    return "\n".join(lines)


def cpu(seconds: int) -> dict[str, float]:
    """Milliseconds of CPU for each second of each program, one after the other.

    In turn, since programs that wake in the same moment drive one another out of the caches.
    """
    costs = dict.fromkeys(programs(), 0.0)
    with replica_set(3) as whole:
        for _ in range(TURNS):
            for name, start in programs().items():
                with start(whole) as pid:
                    time.sleep(WARM_UP_S)
                    before, start_s = used_ms(pid), time.monotonic()
                    time.sleep(seconds / TURNS)
                    elapsed = time.monotonic() - start_s
                    costs[name] += (used_ms(pid) - before) / elapsed / TURNS
    return costs


Start = Callable[[Deployment], "contextlib.AbstractContextManager[int]"]


def programs() -> dict[str, Start]:
    """Return the programs to compare; each yields the ID of its process."""
    return {
        "`mongoping watch --quiet`": lambda whole: _process(whole, "--quiet"),
        "`mongoping watch`, one line per tick": lambda whole: _process(whole),
        f"`mongoping watch`, live, {COLUMNS} × {ROWS}": _live,
        "bare driver, one ping per second": _bare,
    }


@contextlib.contextmanager
def _process(whole: Deployment, *args: str, program: Sequence[str] = ()) -> Iterator[int]:
    line = [sys.executable, *(program or ("-m", "mongoping", "watch", whole.uri)), *args]
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "BENCH_URI": whole.uri},
    )
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"{line[1:4]} ended before it was measured")
    finally:
        process.terminate()
        process.wait()


def _bare(whole: Deployment) -> contextlib.AbstractContextManager[int]:
    return _process(whole, program=("-c", BARE))


@contextlib.contextmanager
def _live(whole: Deployment) -> Iterator[int]:
    """Run in a separate terminal, whose output is read by a thread."""
    import fcntl
    import pty
    import struct
    import termios
    import threading

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", "watch", whole.uri],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(ours, 65536):
                pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()
        reader.join(5)
        os.close(ours)


def used_ms(pid: int) -> float:
    """CPU of all threads of a process so far, by the scheduler's own count (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def resident_mib() -> float:
    """Return the resident memory of this process in MiB (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class _Play:
    """A deployment that is made up: three members, one of which is another one now and then."""

    def __init__(self, tell: Callable[[Any], None], now: Callable[[], float]) -> None:
        self.tell = tell
        self.now = now
        self.tick = 0
        self.members = ["a.example.test:27017", "b.example.test:27017", "c.example.test:27017"]

    def pingers(self) -> dict[str, Any]:
        """Return the targets of a tick; inject events, because this is called once per tick."""
        from mongoping.watch.model import DRIVER

        self.tick += 1
        if self.tick % CHURN == 1:
            self._happen()
        hosts = (DRIVER, *self.members)
        return {host: lambda host=host: self._ping(host) for host in hosts}

    def _happen(self) -> None:
        """Inject an election, a new member, another certificate or another address."""
        from mongoping.watch.model import Certificate, Names, Picture, Server

        at, number = self.now(), self.tick // CHURN
        self.members[2] = f"member-{number}.example.test:27017"
        leader = number % 2
        roles = ["primary" if index == leader else "secondary" for index in range(3)]
        without = tuple(Server(host, "secondary", 1.0) for host in self.members)
        servers = tuple(
            Server(host, role, 1.0) for host, role in zip(self.members, roles, strict=True)
        )
        self.tell(Picture(at, "ReplicaSetNoPrimary", "rs0", without))
        self.tell(Picture(at, "ReplicaSetWithPrimary", "rs0", servers))
        for host in self.members:
            self.tell(Certificate(at, host, f"{number:064x}", at + 90 * 86400))
            self.tell(Names(at, "addresses", host, frozenset({f"192.0.2.{number % 250}"})))

    async def _ping(self, host: str) -> Any:
        from mongoping.watch.model import Ping

        sent_at = self.now()
        number = self.tick * 2654435761 % 1000  # scattered, and the same in every run
        await asyncio.sleep(0.001 + number / 100_000)
        answered_at = self.now()
        if number < 20 and host != self.members[0]:
            return Ping(
                answered_at, host, None, f"reset {self.tick}", timed_out=False, sent=sent_at
            )
        return Ping(answered_at, host, (answered_at - sent_at) * 1000, sent=sent_at)


class _Seldom:
    """A view that redraws at a fixed number of ticks."""

    def __init__(self, view: Any) -> None:
        self.view = view
        self.count = 0

    def tell(self, line: Any) -> None:
        self.count += 1
        if self.count % DRAWN_EVERY == 0:
            self.view.draw()


class _Memory:
    """Records the resident memory at a fixed number of ticks."""

    def __init__(self, at: Sequence[int]) -> None:
        self.at = set(at)
        self.sizes: dict[int, float] = {}

    def tell(self, line: Any) -> None:
        number = getattr(line, "number", None)
        if number in self.at:
            self.sizes[number] = resident_mib()


async def simulate(ticks: int, at: Sequence[int], nowhere: TextIO) -> dict[int, float]:
    """Run ticks through everything that a watch stores and writes."""
    from mongoping.watch.board import Board
    from mongoping.watch.live import LiveView
    from mongoping.watch.machine import Machine
    from mongoping.watch.sinks import JsonLines, TextLines
    from mongoping.watch.ticker import Plan, Ticker

    now = asyncio.get_running_loop().time
    board, machine, memory = Board("mongodb://a.example.test/"), Machine(), _Memory(at)
    lines = (JsonLines(nowhere, board), TextLines(nowhere, board, None, unicode=True))
    play = _Play(lambda facts: ticker.observe(facts), now)
    with LiveView([("", board)], None, unicode=True, color=True) as view:
        sinks = (*lines, _Seldom(view), memory)
        ticker = Ticker(Plan(count=ticks), machine, board, sinks, play.pingers, now)
        await ticker.run(asyncio.Event())
    return memory.sizes


def main() -> None:
    """Run only the simulation and print a line of JSON."""
    from tests.watch.virtual import run

    steps = [EARLY, TICKS // 10, TICKS]
    out = sys.stdout
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        result = run(simulate(TICKS, steps, nowhere))
    print(json.dumps(result), file=out)


if __name__ == "__main__":
    main()
