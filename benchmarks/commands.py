"""The first table: what a command costs, beside the bare driver on a healthy server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.processes import ALONE, Series, bare, measure, mongoping
from mongoping.sandbox.deployment import standalone
from mongoping.sandbox.fault import faults, lending, people

SLOW_EVERY = 5  # rounds: a silent host takes the whole cap each time


@dataclass(frozen=True)
class Limit:
    """The limit of a command: ratios to the bare script, or seconds of wall-clock time."""

    cpu: float | None = None
    wall: float | None = None
    peak: float | None = 1.5
    seconds: float | None = None

    def words(self) -> str:
        """Return the limit for a table cell."""
        ratios = [
            f"{word} ≤ {value} ×"
            for word, value in (("CPU", self.cpu), ("wall", self.wall), ("peak", self.peak))
            if value is not None
        ]
        times = [f"≤ {self.seconds:g} s"] if self.seconds is not None else []
        return ", ".join(times + ratios)

    def is_met(self, series: Series, base: Series) -> bool:
        """Return whether the medians are within the limit."""
        for what in ("cpu", "wall", "peak"):
            most = getattr(self, what)
            if most is not None and series.median(what) > most * base.median(what):
                return False
        return self.seconds is None or series.median("wall") <= self.seconds


HEALTHY = Limit(cpu=1.3, wall=1.3)  # beside either script
INSTANT = Limit(cpu=0.5, wall=0.5)
FAULT = Limit(seconds=0.7)
SILENT = Limit(seconds=5.7)  # the cap of 5 s, and what a process needs besides


def table(rounds: int) -> str:
    """Start servers, run everything in turn, and return the table in Markdown."""
    with ExitStack() as stack:
        whole = stack.enter_context(standalone())
        with_users = stack.enter_context(standalone(users=people()))
        stack.enter_context(lending(plain=whole, locked=with_users))

        def series_of_fault(name: str, code: str, *more: str, every: int = 1) -> Series:
            kind = faults()[code]
            fault = stack.enter_context(kind.make())
            args = (kind.preset, fault.uri, *fault.args, *more)
            series = mongoping(name, *args, every=every)
            series.env = fault.env
            return series

        base = bare(whole.uri, "bare script")
        alone = bare(whole.uri, "bare script, without cryptography installed", ALONE)
        rows = [
            (mongoping("`mongoping local`, healthy", "local", whole.host), HEALTHY),
            (mongoping("`mongoping check`, healthy", "check", whole.uri), HEALTHY),
            (mongoping("`mongoping --help`", "--help"), INSTANT),
            (mongoping("`mongoping uri`", "uri", "mongodb://localhost/shop?w=1"), INSTANT),
            (mongoping("`mongoping explain`", "explain", "bad auth : auth failed"), INSTANT),
            (mongoping("`mongoping causes`", "causes"), INSTANT),
            (series_of_fault("refused port", "tcp.refused"), FAULT),
            (series_of_fault("unknown host", "dns.host-not-found"), FAULT),
            (series_of_fault("TLS: unknown CA", "tls.unknown-ca"), FAULT),
            (series_of_fault("TLS: wrong name", "tls.hostname-mismatch"), FAULT),
            (series_of_fault("wrong password", "auth.failed"), FAULT),
            (series_of_fault("silent host", "hello.no-reply", every=SLOW_EVERY), SILENT),
        ]
        measure([base, alone, *(series for series, _ in rows)], rounds)
    return f"{_markdown(base, alone, rows)}\n\n{_beside(alone, rows[0][0])}"


def _beside(alone: Series, local: Series) -> str:
    """Compare the healthy run with the leaner of the two scripts too."""
    ratios = [f"{local.median(what) / alone.median(what):.2f} × {what}" for what in ("cpu", "wall")]
    is_met = HEALTHY.is_met(local, alone)
    return (
        f"{local.name}, beside the script without cryptography installed: {', '.join(ratios)} "
        f"({HEALTHY.words()}: {'yes' if is_met else '**no**'})."
    )


def _markdown(base: Series, alone: Series, rows: Sequence[tuple[Series, Limit]]) -> str:
    lines = [
        "| command | CPU ms | × | wall ms (min) | × | peak MiB | × | exit | limit | met |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|---|",
        _row(base, base, "", ""),
        _row(alone, base, "", ""),
    ]
    lines += [
        _row(series, base, limit.words(), "yes" if limit.is_met(series, base) else "**no**")
        for series, limit in rows
    ]
    return "\n".join(lines)


def _row(series: Series, base: Series, limit: str, verdict: str) -> str:
    cells = [series.name]
    for what, factor in (("cpu", 1000), ("wall", 1000), ("peak", 1)):
        value = series.median(what)
        cell = f"{value * factor:.0f}"
        if what == "wall":
            cell += f" ({min(series.all(what)) * factor:.0f})"
        cells += [cell, f"{value / base.median(what):.2f}"]
    return "| " + " | ".join([*cells, str(series.runs[-1].code), limit, verdict]) + " |"
