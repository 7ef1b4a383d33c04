"""``mongoping topology``: show the deployment as a tree."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._options import anonymizing, python_option, reaching
from mongoping.cli._places import options as from_places
from mongoping.cli._places import places_of
from mongoping.cli._settings import Options, Output
from mongoping.cli._types import Duration

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from mongoping.cli._places import Places
    from mongoping.model import Style
    from mongoping.settings import Settings
    from mongoping.topology.view import PreferenceOptions, View
    from mongoping.uri.target import ParsedUri

FORMATS = ("text", "json", "svg")
MODES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
PINGS = 5  # to each member, for the median


@click.command("topology", cls=Command, short_help="Show the members of a deployment as a tree.")
@click.argument("uri", required=False)
@click.option(
    "--read-preference",
    type=click.Choice(MODES, case_sensitive=False),
    help="Explain which members this read preference selects.  [default: from the URI]",
)
@click.option(
    "--tags",
    multiple=True,
    metavar="KEY:VALUE,…",
    help="Tag set for the read preference; repeat to add more, tried in order.",
)
@click.option(
    "--max-staleness",
    type=Duration(0),
    metavar="TIME",
    help="maxStalenessSeconds for the read preference.",
)
@from_places
@partial(reaching, count=PINGS)
@python_option()
@format_option("Text, one JSON object, or an SVG image.", FORMATS)
@click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of the terminal.")
@click.option("--quiet", "-q", is_flag=True, help="Print one line only.")
@click.option("--verbose", "-v", is_flag=True, hidden=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@anonymizing
def command(
    uri: str | None,
    read_preference: str | None,
    tags: tuple[str, ...],
    max_staleness: float | None,
    **given: Any,
) -> int:
    """Show the deployment as a tree: every member, with all names that lead to it.

    Shows roles, round-trip times, replication lag, versions, tags and certificates; also
    priorities, votes, hidden and delayed members if the user may read the configuration.
    Explains which members a read preference selects, and suggests a better connection string
    if the given one is fragile.

    The exit code is that of check, except that missing permissions are not a failure. It is 17
    if the read preference selects no member, and 2 if no driver accepts --max-staleness.
    """
    from mongoping.cli._targets import prepare

    preferences = _preference_options(read_preference, tags, max_staleness)
    places = places_of(given)
    options = Options.of("check", given)
    return _show(*prepare(uri, options), preferences, places)


def _preference_options(
    mode: str | None, tags: tuple[str, ...], max_staleness: float | None
) -> PreferenceOptions:
    from mongoping.topology.selection import parse_tags
    from mongoping.topology.view import PreferenceOptions

    try:
        sets = tuple(parse_tags(text) for text in tags) or None
    except ValueError as error:
        raise click.UsageError(f"--tags: {error}.") from None
    return PreferenceOptions(mode, sets, max_staleness)


def _show(
    uri: ParsedUri, options: Options, preference: PreferenceOptions, places: Places | None
) -> int:
    from mongoping.cli._run import deliver, run, style, verdict_of
    from mongoping.model.report import worst_code

    _refuse_impossible(uri, preference)
    views = deliver(
        options.output,
        lambda: run(lambda stop: _everywhere(uri, options.settings, preference, places, stop)),
        lambda views, stream: _render(views, options.output, style(options.output, stream)),
        lambda views: verdict_of(views[0].report),
    )
    codes = [view.exit_code(strict=options.output.strict) for view in views]
    return worst_code(codes) if len(codes) > 1 else codes[0]


def _refuse_impossible(uri: ParsedUri, preference: PreferenceOptions) -> None:
    """Raise `click.UsageError` for a --max-staleness that every driver refuses."""
    from mongoping.topology.view import build_preference

    if uri.target is None or preference.max_staleness_s is None:
        return
    if problem := build_preference(uri.target.options, preference).problem:
        raise click.UsageError(f"--max-staleness: {problem}.")


async def _everywhere(
    uri: ParsedUri,
    settings: Settings,
    preference: PreferenceOptions,
    places: Places | None,
    stop: asyncio.Event,
) -> tuple[View, ...]:
    """Return the view from here, and with --from those from other places."""
    examining = _examine(uri, settings, preference, stop, shows_progress=places is None)
    if places is None:
        return (await examining,)
    from mongoping.cli._places import views_with_places

    return await views_with_places(examining, places, uri, settings, preference, stop)


async def _examine(
    uri: ParsedUri,
    settings: Settings,
    preference: PreferenceOptions,
    stop: asyncio.Event,
    *,
    shows_progress: bool,
) -> View:
    """Run the checks and build the view, with progress on standard error."""
    from mongoping.api import examine
    from mongoping.cli._run import Progress
    from mongoping.topology.config import CHECK
    from mongoping.topology.view import build_view

    progress = Progress(sys.stderr, is_wanted=shows_progress)
    try:
        evidence, report = await examine(
            uri, settings, progress=progress.show, stop=stop, further=(CHECK,)
        )
    finally:
        progress.clear()
    return build_view(evidence, report, preference)


def _render(views: Sequence[View], output: Output, style: Style) -> str:
    if output.pseudonyms is not None:
        from mongoping.anonymous.reports import rewriter
        from mongoping.cli._anonymous import own_names

        reports = [view.report for view in views]
        rewrite = rewriter(reports, output.pseudonyms, more=own_names())
        views = [rewrite.value(view) for view in views]
    if output.form == "json":
        from mongoping.topology import document

        return document.render(views)
    from mongoping.topology import text

    if output.form == "svg":
        from mongoping.terminal_svg import svg

        plain = style.replace(color=True, unicode=True)
        return svg(text.all_lines(views, plain), style.width, "mongoping topology", "topology")
    return text.render_all(views, style)
