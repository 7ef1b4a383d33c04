"""Whole processes, timed by the operating system, in turn so that noise falls on all alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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

# PyMongo looks for pyOpenSSL, and finds half of it where cryptography is installed, as it is
# with mongoping: that alone makes its import slower. This is the same machine without it.
ALONE = "import sys; sys.modules['cryptography'] = None\n"


# A connection string of the caller's, and what would keep Python from compiling once for all.
PREFIXES = ("MONGO", "PYTHON")


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of CPU and of wall, MiB at its peak, and its output."""

    cpu: float
    wall: float
    peak: float
    code: int
    output: str = ""


@dataclass
class Series:
    """All runs of one command. ``every`` says in which rounds it runs: 1 is in each."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    every: int = 1
    runs: list[Run] = field(default_factory=list)

    def median(self, what: str) -> float:
        """Return the median of ``cpu``, ``wall`` or ``peak``."""
        return statistics.median(self.all(what))

    def all(self, what: str) -> list[float]:
        """Return the values of every run."""
        return [float(getattr(run, what)) for run in self.runs]


def bare(uri: str, name: str = "bare", before: str = "", **env: str) -> Series:
    """Return the command of the bare script for a deployment."""
    return Series(name, [sys.executable, "-c", before + BARE], {"BENCH_URI": uri, **env})


def mongoping(name: str, *args: str, every: int = 1, **env: str) -> Series:
    """Return a mongoping command."""
    return Series(name, [sys.executable, "-m", "mongoping", *args], env, every)


class Launcher:
    """A small process that starts others, since the peak of a child counts its parent's."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("launcher.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def once(self, series: Series) -> Run:
        """Run one process to its end."""
        clean = {name: os.environ[name] for name in os.environ if not name.startswith(PREFIXES)}
        with tempfile.NamedTemporaryFile() as output:
            request = {
                "argv": list(series.argv),
                "env": {**clean, **series.env},
                "output": output.name,
            }
            if self._process.stdin is None or self._process.stdout is None:
                raise RuntimeError("the launcher has no pipes")
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            cost = json.loads(self._process.stdout.readline())
            text = output.read(100_000).decode("utf-8", "replace")
        return Run(**cost, output=text)


def once(series: Series) -> Run:
    """Run one process to its end, by a launcher of its own."""
    with Launcher() as launcher:
        return launcher.once(series)


def measure(all_series: Sequence[Series], rounds: int) -> None:
    """Measure a warm-up and then ``rounds`` of each command, in rotating order."""
    with Launcher() as launcher:
        for series in all_series:
            launcher.once(series)
        _rounds(launcher, all_series, rounds)


def _rounds(launcher: Launcher, all_series: Sequence[Series], rounds: int) -> None:
    for number in range(rounds):
        order = [*all_series[number % len(all_series) :], *all_series[: number % len(all_series)]]
        for series in order:
            if number % series.every == 0:
                series.runs.append(launcher.once(series))
