"""``python -m benchmarks.fleet``: CPU and memory of ``mongoping fleet`` for each target.

One asyncio server simulates the targets on many addresses of the loopback network; real servers
are mixed in. The bare driver connects, pings and closes one client per target, in one process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from mongoping.sandbox.deployment import standalone

BARE = """
import asyncio, sys
from pymongo import AsyncMongoClient

async def ping(uri):
    client = AsyncMongoClient(uri)
    try:
        await client.admin.command("ping")
    finally:
        await client.close()

async def main(uris):
    for start in range(0, len(uris), 10):
        await asyncio.gather(*map(ping, uris[start:start + 10]))

asyncio.run(main(open(sys.argv[1]).read().split()))
"""
STEP_S = 0.1  # between two looks at the memory
ADDRESSES = 250 * 250


@dataclass
class Cost:
    """What a run cost: seconds of CPU of all its processes, of the clock, and MiB at the peak."""

    cpu: float
    wall: float
    peak: float
    out: str


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--targets", type=int, default=10_000, help="for the module hello")
    parser.add_argument("--deep", type=int, default=2_000, help="for auth, full and the driver")
    parser.add_argument("--real", type=int, default=20, help="of them on real servers")
    args = parser.parse_args()
    with simulated_servers() as port, standalone() as first, standalone() as second:
        real = [first.host, second.host]
        print("| module | targets | CPU per target | elapsed | peak memory | results |")
        print("| --- | --- | --- | --- | --- | --- |")
        for module, count in (("hello", args.targets), ("auth", args.deep), ("full", args.deep)):
            words = ["-m", "mongoping", "fleet", "-", "--module", module, "--count", "1"]
            words += ["--format", "json", "--no-report"]
            cost = run(words, targets(count, port, real, args.real))
            row(module, count, cost, statuses(cost.out))
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(targets(args.deep, port, real, args.real, scheme="mongodb://"))
            file.flush()
            row("bare driver", args.deep, run(["-c", BARE, file.name], ""), "")


def row(name: str, count: int, cost: Cost, result: str) -> None:
    """Print a row of the table."""
    each = f"{cost.cpu / count * 1000:.2f} ms"
    print(f"| {name} | {count:,} | {each} | {cost.wall:.1f} s | {cost.peak:.0f} MiB | {result} |")


def targets(count: int, port: int, real: list[str], real_count: int, *, scheme: str = "") -> str:
    """Return a list of targets; each real one has an address of its own, too."""
    every = max(count // max(real_count, 1), 1)
    rows = []
    for number in range(count):
        name = f"127.{1 + number // ADDRESSES}.{number // 250 % 250}.{number % 250 + 1}:{port}"
        if number % every == 0 and number // every < real_count:
            name = f"{real[number % len(real)]}/?appName=a{number}"
        rows.append(f"{scheme}{name}")
    return "\n".join(rows) + "\n"


@contextlib.contextmanager
def simulated_servers() -> Iterator[int]:
    """Run the simulated servers in a process; yield their port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.simulated"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()


def run(words: list[str], text: str) -> Cost:
    """Run Python with these words and this standard input; measure all its processes."""
    with tempfile.TemporaryFile("w+") as source, tempfile.TemporaryFile("w+") as out:
        source.write(text)
        source.seek(0)
        start = time.monotonic()
        process = subprocess.Popen([sys.executable, *words], stdin=source, stdout=out)
        child, peak = psutil.Process(process.pid), 0.0
        while True:
            pid, _, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, memory(child))
            time.sleep(STEP_S)
        process.returncode = 0
        out.seek(0)
        cpu = usage.ru_utime + usage.ru_stime
        return Cost(cpu, time.monotonic() - start, peak, out.read())


def memory(process: psutil.Process) -> float:
    """Return the MiB that a process and its children use; shared pages count once."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for each in (process, *process.children(recursive=True)):
            total += each.memory_full_info().pss
    return total / 2**20


def statuses(out: str) -> str:
    """Return the counts in the last line."""
    summary = json.loads(out.splitlines()[-1])["summary"]
    return ", ".join(f"{summary[name]:,} {name}" for name in ("ok", "warn", "fail", "skip"))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
