"""Whole processes, timed by the operating system, in turn so that noise falls on all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# The documented snippet: connect, ping, close.
BARE = """
import asyncio, os, sys
from pymongo import AsyncMongoClient

async def main():
    client = AsyncMongoClient(os.environ["BENCH_URI"])
    try:
        await client.admin.command("ping")
        print("Pinged your deployment. You successfully connected to MongoDB!")
    except Exception as e:
        print(e)
    finally:
        await client.close()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of CPU and of wall, and MiB at its peak."""

    cpu: float
    wall: float
    peak: float
    code: int


@dataclass
class Series:
    """All runs of one command."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs)


def bare(uri: str, **env: str) -> Series:
    """The bare script against a deployment."""
    return Series("bare", [sys.executable, "-c", BARE], {"BENCH_URI": uri, **env})


def mongoping(name: str, *args: str, **env: str) -> Series:
    """A mongoping command."""
    return Series(name, [sys.executable, "-m", "mongoping", *args], env)


def once(series: Series) -> Run:
    """Run one process to its end; its output is thrown away."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MONGO")}
    began = time.perf_counter()
    process = subprocess.Popen(
        list(series.argv),
        env={**clean, **series.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / 1024
    return Run(usage.ru_utime + usage.ru_stime, wall, peak, process.returncode)


def measure(all_series: Sequence[Series], rounds: int) -> None:
    """One warm-up of each, then ``rounds`` of each in turn."""
    for series in all_series:
        once(series)
    for _ in range(rounds):
        for series in all_series:
            series.runs.append(once(series))


def table(all_series: Sequence[Series], base: Series | None = None) -> str:
    """Medians in milliseconds and MiB, and their ratios to ``base``, as Markdown."""
    head = "| command | CPU ms | wall ms | peak MiB | exit |"
    rule = "|---|---:|---:|---:|---:|"
    if base is not None:
        head = "| command | CPU ms | × | wall ms | × | peak MiB | × | exit |"
        rule = "|---|---:|---:|---:|---:|---:|---:|---:|"
    rows = [head, rule]
    for series in all_series:
        cells = [series.name]
        for what, factor in (("cpu", 1000), ("wall", 1000), ("peak", 1)):
            value = series.median(what)
            cells.append(f"{value * factor:.0f}")
            if base is not None:
                cells.append(f"{value / base.median(what):.2f}")
        cells.append(str(series.runs[-1].code))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)
