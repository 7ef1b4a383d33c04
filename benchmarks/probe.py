"""``python -m benchmarks.probe``: what the cheap health check costs, beside its peers.

The peers are the bare script of the driver and, where ``MONGOSH`` or PATH has one, mongosh with
the ping that health checks run with it.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence

from benchmarks.processes import ALONE, Series, bare, measure, mongoping
from mongoping.sandbox.deployment import standalone

OF_BARE, OF_MONGOSH = 0.35, 0.1  # of their whole-process CPU, at most
PING = "db.runCommand('ping').ok"


def main() -> int:
    """Measure in turn, print a table, and return 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probe", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="runs of each command")
    rounds = parser.parse_args().rounds
    with standalone() as deployment:
        base = bare(deployment.uri, "bare script")
        alone = bare(deployment.uri, "bare script, without cryptography installed", ALONE)
        probe = mongoping("`mongoping smoke --probe`", "smoke", "--probe", deployment.uri)
        smoke = mongoping("`mongoping smoke`", "smoke", deployment.uri)
        every = [base, alone, probe, smoke]
        if shell := os.environ.get("MONGOSH") or shutil.which("mongosh"):
            ask = [shell, deployment.uri, "--quiet", "--norc", "--eval", PING]
            every.append(Series("`mongosh --eval`", ask))
        measure(every, rounds)
    print(f"Medians of {rounds} runs.\n\n{table(every, base)}\n")
    results = [judge(probe, base, OF_BARE)]
    results += [judge(probe, prober, OF_MONGOSH) for prober in every if "mongosh" in prober.name]
    return 0 if all(results) else 1


def table(every: Sequence[Series], base: Series) -> str:
    """Medians in milliseconds and MiB, and their ratios to ``base``, as Markdown."""
    rows = [
        "| command | CPU ms | × | wall ms | × | peak MiB | × |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for series in every:
        cells = [series.name]
        for what, factor in (("cpu", 1000), ("wall", 1000), ("peak", 1)):
            value = series.median(what)
            cells += [f"{value * factor:.0f}", f"{value / base.median(what):.2f}"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def judge(probe: Series, peer: Series, limit: float) -> bool:
    """Print the ratio of two medians of CPU, and return whether it is within the limit."""
    ratio = probe.median("cpu") / peer.median("cpu")
    print(f"CPU of the probe: {ratio:.2f} × {peer.name} (at most {limit} ×)")
    return ratio <= limit


if __name__ == "__main__":
    raise SystemExit(main())
