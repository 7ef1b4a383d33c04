"""``mongoping topology``: the deployment as a tree."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mongoping.cli._options import Options, Output, reaching

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Style
    from mongoping.settings import Settings
    from mongoping.target import Parsed
    from mongoping.topology.view import View, Wish

FORMATS = ("text", "json", "svg")
MODES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
PINGS = 5  # of each member: enough for a median


@click.command("topology", short_help="The deployment as a tree: members, roles, names, versions.")
@click.argument("uri", required=False)
@click.option(
    "--read-preference",
    type=click.Choice(MODES, case_sensitive=False),
    help="Explain whom this read preference selects.  [default: that of the URI]",
)
@click.option(
    "--tags",
    multiple=True,
    metavar="KEY:VALUE,…",
    help="A tag set to go with it; give several in the order in which they are tried.",
)
@click.option(
    "--max-staleness",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="maxStalenessSeconds to go with it.",
)
@reaching
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Text for people, one JSON object, or a picture.",
)
@click.option("--output", "-o", metavar="FILE", help="Write it to a file.")
@click.option("--quiet", "-q", is_flag=True, help="One line.")
@click.option("--verbose", "-v", is_flag=True, hidden=True)
@click.option("--strict", is_flag=True, help="Exit with 1 when there are warnings.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    uri: str | None,
    read_preference: str | None,
    tags: tuple[str, ...],
    max_staleness: float | None,
    **given: Any,
) -> int:
    """Show the deployment as a tree: every member, by every name that leads to it.

    Roles, round trips, replication lag, versions, tags, certificates; priorities, votes,
    hidden and delayed members where the user may see the configuration. It explains whom a
    read preference selects, and prints a better connection string where the given one works
    by luck.

    Exits as check would, except that a user without rights is no failure here. Exits with 17
    if the read preference selects no member, and with 2 if no driver accepts --max-staleness.
    """
    from mongoping.cli._input import connection_string, password
    from mongoping.target import parse

    wish = _wish(read_preference, tags, max_staleness)
    options = Options.of("check", given)
    if ctx.get_parameter_source("count") is ParameterSource.DEFAULT:
        options = options.replace(settings=options.settings.replace(count=PINGS))
    text = connection_string(uri, options.uri_file)
    secret = password(options.password_file, options.ask_password)
    return _show(parse(text, password=secret, overrides=options.overrides), options, wish)


def _wish(mode: str | None, tags: tuple[str, ...], max_staleness: float | None) -> Wish:
    from mongoping.topology.selection import parse_tags
    from mongoping.topology.view import Wish

    try:
        sets = tuple(parse_tags(one) for one in tags) or None
    except ValueError as error:
        raise click.UsageError(f"--tags {error}.") from None
    return Wish(mode, sets, max_staleness)


def _show(parsed: Parsed, options: Options, wish: Wish) -> int:
    from mongoping.cli._run import deliver, run, style, verdict_of

    _refuse_impossible(parsed, wish)
    view = deliver(
        options.output,
        lambda: run(lambda stop: _look(parsed, options.settings, wish, stop)),
        lambda view, stream: _render(view, options.output, style(options.output, stream)),
        lambda view: verdict_of(view.report),
    )
    return view.exit_code(strict=options.output.strict)


def _refuse_impossible(parsed: Parsed, wish: Wish) -> None:
    """Raise a usage error for a --max-staleness that every driver refuses."""
    from mongoping.topology.view import preference

    if parsed.target is None or wish.max_staleness_s is None:
        return
    if problem := preference(parsed.target.options, wish).problem:
        raise click.UsageError(f"{problem[0].upper()}{problem[1:]}.")


async def _look(parsed: Parsed, settings: Settings, wish: Wish, stop: asyncio.Event) -> View:
    from mongoping.api import examine
    from mongoping.cli._run import Progress
    from mongoping.topology.config import CHECK
    from mongoping.topology.view import view

    progress = Progress(sys.stderr)
    try:
        evidence, report = await examine(
            parsed, settings, progress=progress.show, stop=stop, further=(CHECK,)
        )
    finally:
        progress.clear()
    return view(evidence, report, wish)


def _render(view: View, output: Output, style: Style) -> str:
    if output.form == "json":
        from mongoping.topology import document

        return document.render(view)
    from mongoping.topology import text

    if output.form == "svg":
        from mongoping.picture import svg

        plain = style.replace(color=True, unicode=True)
        return svg(text.lines(view, plain), style.width, "mongoping topology", "topology")
    return text.render(view, style)
