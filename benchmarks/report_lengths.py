"""Measure how long the text reports are: ``python -m benchmarks.report_lengths``.

Every fault of ``mongoping sandbox --list-faults`` and some healthy deployments are started, and
reported as on a terminal of 80 columns. The limits that this checks come from how terminals are
read: from the end, and one screen at a time.
"""

from __future__ import annotations

import argparse
import math
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.processes import mongoping, once
from benchmarks.verdicts import choose
from mongoping import signals
from mongoping.cli._sandbox import variables
from mongoping.sandbox.deployment import replica_set, standalone
from mongoping.sandbox.fault import Fault, lending, people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.fault import FaultKind

COLUMNS = 80
MAX_STANDALONE, MAX_SET = 8, 12  # rows of a healthy report
USUAL_ROWS, USUAL_SHARE = 24, 0.95  # of the failing reports
MAX_ROWS = 40  # of a failing report
LAST_ROWS = 15  # show the title of the verdict and its first remedy


@dataclass(frozen=True)
class Length:
    """The rows of one report, on a terminal that wraps long lines.

    Attributes:
        name: the fault, or the kind of healthy deployment.
        rows: of the complete report.
        title_at: the row of the verdict's title, counted from the end; 0 without a verdict.
        limit: the most rows that the report may have.
    """

    name: str
    rows: int
    title_at: int
    limit: int

    @property
    def within(self) -> bool:
        """Return whether the report keeps the limits that apply to every report."""
        return self.rows <= self.limit and self.title_at <= LAST_ROWS


def rows_of(text: str, columns: int = COLUMNS) -> list[str]:
    """Return a text in the rows of a terminal, which wraps long lines."""
    return [
        line[start : start + columns]
        for line in text.splitlines()
        for start in range(0, max(len(line), 1), columns)
    ]


def measure(name: str, text: str, limit: int = MAX_ROWS) -> Length:
    """Return the length of a report; its verdict begins with the last mark of a failure."""
    rows = rows_of(text)
    titles = [at for at, row in enumerate(rows) if row.startswith("✗ ")]
    return Length(name, len(rows), len(rows) - titles[-1] if titles else 0, limit)


def lengths(kinds: Sequence[FaultKind], *, show: bool = False) -> Iterator[Length]:
    """Yield the length of every report: of healthy deployments first, then of faults."""
    with ExitStack() as stack:
        plain = stack.enter_context(standalone())
        with_users = stack.enter_context(standalone(users=people()))
        replicas = stack.enter_context(replica_set())
        yield measure("healthy standalone", _healthy(plain), MAX_STANDALONE)
        yield measure("healthy standalone with a login", _healthy(with_users), MAX_STANDALONE)
        yield measure("healthy set of three", _healthy(replicas), MAX_SET)
        stack.enter_context(lending(plain=plain, locked=with_users, replicas=replicas))
        for kind in kinds:
            with kind.make() as fault:
                text = _report(fault.uri, *fault.args, preset=kind.preset, **fault.env)
            if show:
                print(f"--- {kind.code}\n{text}", flush=True)
            yield measure(kind.code, text)


def _healthy(deployment: Deployment) -> str:
    """Return the report as ``mongoping sandbox -- mongoping check`` shows it."""
    return _report(deployment.uri, **variables(Fault(deployment.uri)))


def _report(uri: str, *args: str, preset: str = "check", **env: str) -> str:
    series = mongoping("report", preset, uri, *args)
    series.env = {"COLUMNS": str(COLUMNS), "LC_ALL": "C.UTF-8", **env}
    return once(series).output


def summary(lengths: Sequence[Length]) -> list[str]:
    """Return the distribution, and whether each limit is kept."""
    healthy = [length for length in lengths if length.name.startswith("healthy")]
    failing = sorted(length.rows for length in lengths if length.title_at)
    row_counts = sorted(length.rows for length in lengths if not length.title_at)[len(healthy) :]
    usual = sum(rows <= USUAL_ROWS for rows in failing)
    lines = [f"{length.name}: {length.rows} rows, at most {length.limit}" for length in healthy]
    if failing:
        median, most = (failing[math.ceil(share * len(failing)) - 1] for share in (0.5, 0.95))
        lines.append(
            f"{len(failing)} failing reports: median {median} rows, 95 % at most {most}, "
            f"longest {failing[-1]}"
        )
        lines.append(
            f"{usual} of {len(failing)} ({usual / len(failing):.0%}) take at most {USUAL_ROWS} rows"
        )
        title = max(length.title_at for length in lengths)
        lines.append(f"the title of the verdict is within the last {title} rows")
    if row_counts:
        lines.append(
            f"{len(row_counts)} healthy reports with a warning: at most {row_counts[-1]} rows"
        )
    return lines


def main() -> int:
    """Print the distribution and the reports that exceed a limit; return 1 if there are any."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report_lengths", description=__doc__
    )
    parser.add_argument("--only", nargs="*", default=[], help="faults whose codes begin so")
    parser.add_argument("--show", action="store_true", help="print each report, too")
    args = parser.parse_args()
    results = list(lengths(choose(args.only), show=args.show))
    print("\n".join(summary(results)))
    outside = [length for length in results if not length.within]
    failing = [length for length in results if length.title_at]
    usual = sum(length.rows <= USUAL_ROWS for length in failing) >= USUAL_SHARE * len(failing)
    long = [] if usual else [length for length in failing if length.rows > USUAL_ROWS]
    for length in dict.fromkeys([*outside, *long]):
        print(f"too long: {length.name}: {length.rows} rows, title {length.title_at} from the end")
    return 1 if outside or long else 0


if __name__ == "__main__":
    with signals.raising():
        sys.exit(main())
