"""``mongoping watch``: ping until stopped."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._options import python_option, reaching
from mongoping.cli._places import options as place_options
from mongoping.cli._types import Duration, Number

FORMATS = ("text", "json", "svg")
PING_S = 2.0  # slower pings count as lost
INTERVAL_S = 1.0
RECHECK_S = 60.0  # the interval at which drivers poll SRV records (SRV polling specification)
SPEED = 10.0


OVERRIDDEN_HELP = {
    "count": "Stop after N ticks.",
    "python": "Also connect with the Python of your program, at the start and after a silence; "
    "auto finds that of the project.",
    "timeout": f"Time after which a ping counts as lost.  [default: {PING_S:g}]",
}
"""Help of shared options that have another meaning here."""


def _override_help(command: click.Command) -> click.Command:
    for param in command.params:
        if isinstance(param, click.Option) and param.name in OVERRIDDEN_HELP:
            param.help, param.default, param.show_default = OVERRIDDEN_HELP[param.name], None, False
    return command


@click.command(
    "watch", cls=Command, short_help="Ping until stopped; show latencies, elections and drops live."
)
@click.argument("uris", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--interval",
    type=Duration(0.05, 3600),
    default=INTERVAL_S,
    show_default=True,
    metavar="TIME",
    help="Time between ticks.",
)
@click.option(
    "--duration",
    type=Duration(0, above=True),
    metavar="TIME",
    help="Stop after this time: 90, 90s, 5m, 2h.",
)
@click.option(
    "--max-loss",
    type=Number(0, 100),
    metavar="PERCENT",
    help="Exit with 18 if more pings are lost.",
)
@click.option("--max-p95", type=Number(0), metavar="MS", help="Exit with 18 if p95 is longer.")
@click.option("--record", metavar="FILE", help="Record to FILE as JSON lines.")
@click.option(
    "--on-event",
    metavar="COMMAND",
    help="Run COMMAND when the primary changes, or when something goes down or comes up; the "
    "event is in MONGOPING_EVENT and MONGOPING_EVENT_*.",
)
@click.option("--replay", metavar="FILE", help="Replay a recording instead of watching a target.")
@click.option(
    "--speed",
    type=Number(0),
    default=SPEED,
    show_default=True,
    metavar="N",
    help="Speed of --replay in a terminal, relative to real time; 0 does not wait.",
)
@click.option(
    "--recheck",
    type=Duration(0.5, 86400),
    default=RECHECK_S,
    show_default=True,
    metavar="TIME",
    help="Time between lookups of SRV records, addresses and certificates.",
)
@python_option()
@place_options
@reaching
@format_option("Text (live in a terminal), JSON lines, or an SVG image at the end.", FORMATS)
@click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of the terminal.")
@click.option("--quiet", "-q", is_flag=True, help="Print only the summary.")
def command(
    uris: tuple[str, ...],
    interval: float,
    duration: float | None,
    max_loss: float | None,
    max_p95: float | None,
    record: str | None,
    on_event: str | None,
    replay: str | None,
    speed: float,
    recheck: float,
    **given: Any,
) -> int:
    """Ping deployments until stopped; report elections, drops and changes as they happen.

    Each tick pings through the driver, and each member directly. Shows a live view in a
    terminal (q quits, ? lists the keys), one line per tick elsewhere, and a summary at the end.
    The end set by --count or --duration waits for the driver's first result.
    If no member answers, names the cause, as check would. With --from PLACE, the same watch also
    runs there.

    Exits with 18 if --max-loss or --max-p95 is exceeded, or if no ping was answered; with 130
    if interrupted before the end set by --count or --duration.
    """
    from mongoping.cli import _watch
    from mongoping.watch.model import Limits
    from mongoping.watch.ticker import Plan

    count, timeout = given.pop("count"), given.pop("timeout")
    plan = Plan(interval, duration, count, timeout or PING_S, recheck)
    limits = Limits(max_loss, max_p95)
    if replay is not None:
        live = (given["uri_file"], given["python"], record, on_event)
        if uris or given["places"] or any(value is not None for value in live):
            raise click.UsageError(
                "--replay shows a recording; remove TARGET, --uri-file, --python, --from, --record "
                "and --on-event."
            )
        return _watch.replay(replay, speed, limits, given)
    return _watch.watch(uris, _watch.WatchOptions(plan, limits, record, on_event), given)


_override_help(command)
