"""``mongoping watch``: ping until stopped."""

from __future__ import annotations

import re
from typing import Any

import click

from mongoping.cli._options import Seconds, reaching

FORMATS = ("text", "json", "svg")
PING_S = 2.0  # a ping that takes longer is lost; a program's patience is seldom longer
INTERVAL_S = 1.0
RECHECK_S = 60.0  # as often as drivers ask SRV again (SRV polling specification)
SPEED = 10.0
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType):  # type: ignore[type-arg]
    """Seconds, or a number with a unit: ``90``, ``90s``, ``5m``, ``2h``, ``1d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number of seconds."""
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", str(value).strip().lower())
        seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is no duration: write 90, 90s, 5m or 2h.", param, ctx)
        return seconds


ADAPTED = {
    "count": "Stop after so many ticks.",
    "timeout": f"A ping that takes longer is lost.  [default: {PING_S:g}]",
}
"""Shared options that mean something of their own here."""


def _adapt(command: click.Command) -> click.Command:
    for param in command.params:
        if isinstance(param, click.Option) and param.name in ADAPTED:
            param.help, param.default, param.show_default = ADAPTED[param.name], None, False
    return command


@click.command("watch", short_help="Ping until stopped: latencies, elections and drops, live.")
@click.argument("uri", required=False)
@click.option(
    "--interval",
    type=Seconds(0.05, 3600),
    default=INTERVAL_S,
    show_default=True,
    metavar="SECONDS",
    help="Time from one tick to the next.",
)
@click.option("--duration", type=Duration(), metavar="TIME", help="Stop after 90, 90s, 5m, 2h.")
@click.option(
    "--max-loss",
    type=Seconds(0, 100),
    metavar="PERCENT",
    help="Exit with 18 when more pings are lost.",
)
@click.option("--max-p95", type=Seconds(0), metavar="MS", help="Exit with 18 when p95 is longer.")
@click.option("--record", metavar="FILE", help="Write everything to FILE as JSON lines.")
@click.option("--replay", metavar="FILE", help="Show a recording again; no URI is needed.")
@click.option(
    "--speed",
    type=Seconds(0),
    default=SPEED,
    show_default=True,
    metavar="N",
    help="Of --replay in a terminal, times real time; 0 does not wait.",
)
@click.option(
    "--recheck",
    type=Seconds(0.5, 86400),
    default=RECHECK_S,
    show_default=True,
    metavar="SECONDS",
    help="Time between questions for SRV, addresses and certificates.",
)
@reaching
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Live in a terminal and lines elsewhere, JSON lines, or a picture at the end.",
)
@click.option("--output", "-o", metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--quiet", "-q", is_flag=True, help="The summary alone.")
def command(
    uri: str | None,
    interval: float,
    duration: float | None,
    max_loss: float | None,
    max_p95: float | None,
    record: str | None,
    replay: str | None,
    speed: float,
    recheck: float,
    **given: Any,
) -> int:
    """Ping a deployment until stopped, and tell elections, drops and changes as they happen.

    The driver's own pings, and those of every member on the wire, each interval. A live view
    in a terminal, one line a tick elsewhere, and a summary at the end, also after Ctrl-C.

    Exits with 18 when --max-loss or --max-p95 is exceeded, or when no ping came back; with
    130 when stopped before --count or --duration is over.
    """
    from mongoping.cli import _watch
    from mongoping.watch.model import Limits
    from mongoping.watch.ticker import Plan

    count, timeout = given.pop("count"), given.pop("timeout")
    plan = Plan(interval, duration, count, timeout or PING_S, recheck)
    limits = Limits(max_loss, max_p95)
    if replay is not None:
        if uri is not None or given["uri_file"] is not None or record is not None:
            raise click.UsageError("--replay shows a recording: give no URI and no --record.")
        return _watch.again(replay, speed, limits, given)
    return _watch.watch(uri, plan, limits, record, given)


_adapt(command)
