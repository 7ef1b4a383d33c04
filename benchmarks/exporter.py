"""``python -m benchmarks.exporter``: CPU and memory of ``mongoping exporter`` for each probe.

A real server is configured as many targets, which are scraped all at once, round after round.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

from mongoping.depth import MODULES
from mongoping.sandbox.deployment import standalone

MIB = 1024 * 1024
WARM_UP = 5  # scrapes of each target, after which the memory no longer grows


class Cost(NamedTuple):
    """What the exporter has used so far."""

    cpu_s: float
    memory: int


def cost(process: psutil.Process) -> Cost:
    """Return what a process has used so far."""
    times = process.cpu_times()
    return Cost(times.user + times.system, process.memory_info().rss)


async def scrape(address: str, module: str, targets: int, rounds: int) -> None:
    """Scrape all targets at once, and require that each probe succeeds."""
    limits = httpx.Limits(max_connections=targets)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        for _ in range(rounds):
            answers = await asyncio.gather(
                *(client.get(f"/probe?target=t{at}&module={module}") for at in range(targets))
            )
            assert all("mongoping_probe_success 1" in answer.text for answer in answers)


def run(folder: Path, uri: str, targets: int, rounds: int) -> None:
    """Print a row for each module."""
    config = "".join(f'[targets.t{at}]\nuri = "{uri}"\n' for at in range(targets))
    (folder / "mongoping.toml").write_text(config)
    command = [sys.executable, "-m", "mongoping", "exporter", "--listen", "0"]
    command += ["--config", str(folder / "mongoping.toml"), "--timeout", "100"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = re.search(r"http\S+", server.stderr.readline())
        assert address is not None
        process = psutil.Process(server.pid)
        asyncio.run(scrape(address[0], "full", targets, WARM_UP))
        for module in MODULES:
            before, start = cost(process), time.monotonic()
            asyncio.run(scrape(address[0], module, targets, rounds))
            after, count = cost(process), targets * rounds
            print(
                f"| {module} | {count} | {(after.cpu_s - before.cpu_s) / count * 1000:.1f} "
                f"| {(time.monotonic() - start) / count * 1000:.1f} | {after.memory / MIB:.0f} "
                f"| {(after.memory - before.memory) / MIB:.1f} |"
            )
        server.terminate()


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exporter", description=__doc__)
    parser.add_argument("--targets", type=int, default=50, help="scraped at once")
    parser.add_argument("--rounds", type=int, default=20, help="scrapes of each target")
    args = parser.parse_args()
    print("| module | probes | CPU ms | ms between answers | MiB | growth MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder, standalone() as deployment:
        run(Path(folder), deployment.uri, args.targets, args.rounds)


if __name__ == "__main__":
    main()
