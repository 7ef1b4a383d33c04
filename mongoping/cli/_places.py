"""The options --from and --bundle: check a deployment from other places, too."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping.cli._help import Option

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Report
    from mongoping.places.choose import Bundle
    from mongoping.places.place import Place
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

Command = TypeVar("Command", bound=Callable[..., Any])
BUNDLE_VARIABLE = "MONGOPING_BUNDLE"
MAX_PLACES = 20
GROUP = "Places"


def options(command: Command) -> Command:
    """Add the options of places to a command."""
    bundle = click.option(
        "--bundle",
        cls=Option,
        group=GROUP,
        multiple=True,
        metavar="FILE",
        help="Copy this mongoping.pyz or executable there. Repeat it for places that differ.",
    )
    place = click.option(
        "--from",
        "places",
        cls=Option,
        group=GROUP,
        multiple=True,
        metavar="PLACE",
        help="Check from ssh:HOST, docker:NAME or kubectl:[NAMESPACE/]POD too. Repeat for more.",
    )
    return place(bundle(command))


class Places:
    """The places of a run, and the files that can be copied there."""

    def __init__(self, places: Sequence[Place], bundles: Sequence[Bundle]) -> None:
        self.places = tuple(places)
        self.bundles = tuple(bundles)


def places_of(given: dict[str, Any]) -> Places | None:
    """Return the places, or None without --from. Raises `click.UsageError`."""
    texts, files = given.pop("places"), given.pop("bundle")
    if not texts:
        if files:
            raise click.UsageError("--bundle needs --from PLACE.")
        return None
    from mongoping.places.bundle import BundleError, available
    from mongoping.places.place import parse

    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(parse(text))
        except ValueError as error:
            raise click.UsageError(f"--from {text}: {error}.") from None
    if len(found) > MAX_PLACES:
        raise click.UsageError(f"--from: name at most {MAX_PLACES} places.")
    if given.get("anonymize") or given.get("anonymize_key"):
        raise click.UsageError("--anonymize cannot be combined with --from.")
    if not files and (named := os.environ.get(BUNDLE_VARIABLE)):
        files = (named,)
    try:
        return Places(found, available(files))
    except BundleError as error:
        raise click.UsageError(str(error)) from None


async def with_places(
    examining: Any,
    given: Places,
    parsed: ParsedUri,
    settings: Settings,
    stop: asyncio.Event,
    *,
    waterfall: bool = False,
) -> Report:
    """Return the report from here, which ``examining`` makes, with those from the places."""
    import asyncio

    from mongoping.cli._target_options import IP_VERSION
    from mongoping.places.gather import gather, joined
    from mongoping.places.job import Item, Job, limit_of

    if parsed.credentials is None:  # the string is invalid, wherever it is used
        report: Report = await examining
        return report
    context = click.get_current_context(silent=True)
    item = Item(parsed, settings.replace(atlas_api_url=None), {"waterfall": waterfall})
    version = None if context is None else context.meta.get(IP_VERSION)
    job = Job("check", (item,), limit_of([settings]), version)
    targets = [(parsed, settings)]
    here, found = await asyncio.gather(
        examining, gather(given.places, job, targets, given.bundles, stop)
    )
    for row in found:
        if row.left is not None:
            click.echo(f"{row.left} may still exist on {row.place.name}.", err=True)
    return joined(here, [report for row in found for report in row.reports])
