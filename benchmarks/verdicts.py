"""The second table: each fault, mongoping's verdict and the driver's own words for it.

mongoping runs alone, a few times. The bare script runs once for each fault, several at a
time, since it spends its half minute waiting.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Run, Series, bare, mongoping, once
from mongoping.sandbox.deployment import replica_set, standalone
from mongoping.sandbox.fault import Fault, FaultKind, faults, lending, people
from mongoping.sandbox.mongods import SERVERS, NoMongod, find_mongod

LIMIT_S = 0.7
WAITING_S = 10.0  # the deadline of a run: what is silent or slow has to be waited for
WAITING = (
    "dns.slow",
    "dns.timeout",
    "hello.no-reply",
    "network.slow",
    "ping.",
    "tcp.timeout",
)
QUICK_MS = 2000
ALONE_S = 1.5  # by then a script has failed, or waits
PING_MESSAGE = "Pinged your deployment"

# The script sees the fault as well: its names are looked up where mongoping's are.
RESOLVER = """
import dns.asyncresolver, dns.resolver
for module in (dns.asyncresolver, dns.resolver):
    module.default_resolver = module.Resolver(configure=False)
    module.default_resolver.nameservers = [{host!r}]
    module.default_resolver.port = {port}
dns.resolver.override_system_resolver(dns.resolver.default_resolver)
"""


@dataclass(frozen=True)
class Verdict:
    """The result of one fault, in seconds of wall-clock and of CPU time.

    ``named``: the cause was told, with its exit code.
    """

    kind: FaultKind
    seconds: float
    cpu: float
    is_named: bool
    driver: Run | None

    @property
    def limit(self) -> float:
        """Seconds that the verdict may take."""
        return WAITING_S if self.kind.code.startswith(WAITING) else LIMIT_S

    @property
    def within(self) -> bool:
        """Return whether the verdict came within the limit."""
        return self.seconds <= self.limit

    @property
    def driver_cell(self) -> str:
        """Return the driver's time and result for a table cell."""
        if self.driver is None:
            return ""
        words = f"{self.driver.wall:.1f}"
        if PING_MESSAGE in self.driver.output:
            return f"{words}, pings"
        if self.driver.code < 0:
            return f"> {self.driver.wall:.0f}, and on"
        return f"{words}, traceback" if self.driver.code else words


def script(kind: FaultKind, fault: Fault, selection_ms: int | None) -> Series:
    """Return the bare script for a fault, with its name server and API version."""
    before, options = "", []
    if "--resolver" in fault.args:
        host, _, port = fault.args[fault.args.index("--resolver") + 1].rpartition(":")
        before = RESOLVER.format(host=host, port=int(port))
    if kind.preset == "atlas" or {"--stable-api", "--api-strict"} & set(fault.args):
        strict = "--api-strict" in fault.args
        before += "from pymongo.server_api import ServerApi\n"
        options.append(f"server_api=ServerApi('1', strict={strict})")
    if selection_ms is not None:
        options.append(f"serverSelectionTimeoutMS={selection_ms}")
    series = bare(fault.uri, kind.code, before, **fault.env)
    program = series.argv[2].replace('["BENCH_URI"])', ", ".join(['["BENCH_URI"]', *options]) + ")")
    return Series(series.name, [*series.argv[:2], program], series.env)


def verdicts(
    kinds: Sequence[FaultKind], *, runs: int, at_once: int, selection_ms: int | None
) -> Iterator[Verdict]:
    """Make the faults, a batch at a time, and time both tools on each."""
    with ExitStack() as stack:
        whole = stack.enter_context(standalone())
        with_users = stack.enter_context(standalone(users=people()))
        replicas = stack.enter_context(replica_set())
        stack.enter_context(lending(plain=whole, locked=with_users, replicas=replicas))
        for start in range(0, len(kinds), at_once):
            yield from _batch(kinds[start : start + at_once], runs, selection_ms)


def _batch(kinds: Sequence[FaultKind], runs: int, selection_ms: int | None) -> list[Verdict]:
    with ExitStack() as stack:
        pairs = [(kind, stack.enter_context(kind.make())) for kind in kinds]
        own = [_own(kind, fault, runs) for kind, fault in pairs]
        drivers = _drivers([script(kind, fault, selection_ms) for kind, fault in pairs])
    return [
        Verdict(kind, seconds, cpu, is_named, driver)
        for kind, (seconds, cpu, is_named), driver in zip(kinds, own, drivers, strict=True)
    ]


def _drivers(scripts: Sequence[Series]) -> list[Run]:
    """Run the drivers: start each one by itself, and let them wait at the same time."""
    with ThreadPoolExecutor(len(scripts)) as pool:
        running = []
        for script in scripts:
            running.append(pool.submit(once, script))
            wait(running[-1:], timeout=ALONE_S)
        return [task.result() for task in running]


def _own(kind: FaultKind, fault: Fault, runs: int) -> tuple[float, float, bool]:
    series = mongoping(kind.code, kind.preset, fault.uri, *fault.args)
    series.env = fault.env
    series.runs = [once(series) for _ in range(runs)]
    is_named = all(
        fault.cause in run.output and run.code == fault.expect_exit for run in series.runs
    )
    return series.median("wall"), series.median("cpu"), is_named


def table(verdicts: Sequence[Verdict]) -> str:
    """Return all results as a Markdown table, and a summary line."""
    lines = [
        "| fault | seconds to the verdict | limit | met | CPU seconds | named | driver's seconds |",
        "|---|---:|---:|---|---:|---|---:|",
    ]
    for verdict in verdicts:
        cells = [
            f"`{verdict.kind.code}`" + (" (warning)" if verdict.kind.warning else ""),
            f"{verdict.seconds:.2f}",
            f"{verdict.limit:g}",
            "yes" if verdict.within else "**no**",
            f"{verdict.cpu:.2f}",
            "yes" if verdict.is_named else "**no**",
            verdict.driver_cell,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    waits = [
        verdict.driver.wall
        for verdict in verdicts
        if verdict.driver and PING_MESSAGE not in verdict.driver.output
    ]
    lines += [
        "",
        f"{sum(verdict.is_named for verdict in verdicts)} of {len(verdicts)} named; "
        f"{sum(verdict.within for verdict in verdicts)} within their limit; "
        f"median {statistics.median(verdict.seconds for verdict in verdicts):.2f} s, "
        f"the driver's {statistics.median(waits) if waits else 0:.1f} s where it fails at all.",
    ]
    return "\n".join(lines)


def choose(words: Sequence[str]) -> list[FaultKind]:
    """Return the available faults whose codes begin with one of the words, or all.

    Old servers are looked for where ``tests/servers.py`` puts them.
    """
    os.environ.setdefault(SERVERS, str(Path(__file__).parents[1] / ".servers"))
    return [
        kind
        for code, kind in faults().items()
        if (not words or any(code.startswith(word) for word in words)) and _can_be_had(kind)
    ]


def _can_be_had(kind: FaultKind) -> bool:
    try:
        find_mongod(kind.needs or None)
    except NoMongod as error:
        print(f"{kind.code} is left out: {error}", file=sys.stderr)
        return False
    return True
