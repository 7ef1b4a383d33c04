"""``python -m benchmarks``: start real servers, and print tables in Markdown.

Commands of their own: ``python -m benchmarks.probe``, ``python -m benchmarks.explain`` (the scores
of explain by source, with floors), ``python -m benchmarks.driver_messages``,
``python -m benchmarks.artifacts`` (sizes and start-up times of the published files) and
``python benchmarks/explain_score.py``.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime

from benchmarks import commands, logs, records, verdicts, watch_steady
from mongoping import signals

TABLES = ("commands", "verdicts", "records", "logs", "watch")


def machine() -> str:
    """Return a description of this machine, without its name."""
    import pymongo

    from mongoping.sandbox.mongods import find_mongod

    load = f"load {os.getloadavg()[0]:.1f} at the start"
    parts = [
        datetime.now(UTC).strftime("%Y-%m-%d"),
        f"{os.cpu_count()} cores ({load})",
        f"{platform.system()} {platform.machine()}",
        f"CPython {platform.python_version()}",
        f"PyMongo {pymongo.version}",
        f"mongod {find_mongod().version}",
    ]
    return ", ".join(parts)


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)} (default: all)"
    )
    parser.add_argument("--rounds", type=int, default=25, help="runs of each command")
    parser.add_argument("--runs", type=int, default=3, help="runs for each fault or log")
    parser.add_argument(
        "--at-once", type=int, default=8, help="faults, and bare scripts, at a time"
    )
    parser.add_argument("--only", nargs="*", default=[], help="faults whose codes begin so")
    parser.add_argument("--seconds", type=int, default=60, help="of each watch, for its CPU")
    parser.add_argument("--megabytes", type=int, default=100, help="of each log")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"the bare script selects servers for {verdicts.QUICK_MS} ms instead of 30 s",
    )
    args = parser.parse_args()
    if unknown_tables := set(args.tables) - set(TABLES):
        parser.error(f"no such table: {', '.join(unknown_tables)}")
    return args


def main() -> None:
    """Run the tables that were asked for."""
    arguments = options()
    names = arguments.tables or TABLES
    start = time.monotonic()
    print(f"{machine()}\n", flush=True)
    if "commands" in names:
        print(
            f"Medians of {arguments.rounds} runs.\n\n{commands.table(arguments.rounds)}\n",
            flush=True,
        )
    if "verdicts" in names:
        print(f"{_verdicts(arguments)}\n", flush=True)
    if "records" in names:
        print(
            f"Medians of {arguments.rounds} runs.\n\n{records.table(arguments.rounds)}\n",
            flush=True,
        )
    if "logs" in names:
        print(f"{logs.table(arguments.runs, arguments.megabytes)}\n", flush=True)
    if "watch" in names:
        print(f"{watch_steady.table(arguments.seconds)}\n", flush=True)
    print(f"{time.monotonic() - start:.0f} s in all", file=sys.stderr)


def _verdicts(namespace: argparse.Namespace) -> str:
    selection = verdicts.QUICK_MS if namespace.quick else None
    limit = f"{selection} ms (--quick)" if selection else "PyMongo's default, 30 s"
    head = f"mongoping: medians of {namespace.runs} runs. "
    head += f"Bare script: one run, server selection: {limit}."
    results = []
    for verdict in verdicts.verdicts(
        verdicts.choose(namespace.only),
        runs=namespace.runs,
        at_once=namespace.at_once,
        selection_ms=selection,
    ):
        results.append(verdict)
        print(
            f"{verdict.kind.code}: {verdict.seconds:.2f} s, driver {verdict.driver_cell}",
            file=sys.stderr,
        )
    return f"{head}\n\n{verdicts.table(results)}"


if __name__ == "__main__":
    with signals.raising():
        main()
