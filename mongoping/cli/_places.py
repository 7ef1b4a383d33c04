"""The options --from and --bundle: check a deployment from other places, too."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping.cli._help import Option

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Iterable

    from mongoping.model import Report
    from mongoping.places.choose import Bundle
    from mongoping.places.gather import Answer
    from mongoping.places.job import Job
    from mongoping.places.place import Place
    from mongoping.places.session import Outcome
    from mongoping.settings import Settings
    from mongoping.smoke.targets import Batch
    from mongoping.topology.view import PreferenceOptions, View
    from mongoping.uri.target import ParsedUri

Command = TypeVar("Command", bound=Callable[..., Any])
BUNDLE_VARIABLE = "MONGOPING_BUNDLE"
MAX_PLACES = 20
GROUP = "Places"


def bundle_option(command: Command) -> Command:
    """Add the option that names a file to copy."""
    return click.option(
        "--bundle",
        cls=Option,
        group=GROUP,
        multiple=True,
        metavar="FILE",
        help="Copy this mongoping.pyz or executable there. Repeat it for places that differ.",
    )(command)


def options(command: Command) -> Command:
    """Add the options of places to a command."""
    place = click.option(
        "--from",
        "places",
        cls=Option,
        group=GROUP,
        multiple=True,
        metavar="PLACE",
        help="Check from ssh:HOST, docker:NAME or kubectl:[NAMESPACE/]POD too. Repeat for more.",
    )
    return place(bundle_option(command))


class Places:
    """The places of a run, and the files that can be copied there.

    ``has_here`` is whether the run is also made here.
    """

    def __init__(
        self, places: Sequence[Place], bundles: Sequence[Bundle], *, has_here: bool = True
    ) -> None:
        self.places = tuple(places)
        self.bundles = tuple(bundles)
        self.has_here = has_here

    def without_here(self) -> Places:
        """Return the same places for a run that is not made here."""
        return Places(self.places, self.bundles, has_here=False)


def places_of(params: dict[str, Any]) -> Places | None:
    """Return the places, or None without --from. Raises `click.UsageError`."""
    return read(params.pop("places"), params.pop("bundle"), params)


def read(texts: Sequence[str], files: Sequence[str], params: Mapping[str, Any]) -> Places | None:
    """Return the places that values of --from name, or None if there are none.

    Raises `click.UsageError`.
    """
    if not texts:
        if files:
            raise click.UsageError("--bundle needs --from PLACE.")
        return None
    from mongoping.places.bundle import BundleError, available
    from mongoping.places.place import FORMS, is_place, parse, shown_place

    places = []
    for text in dict.fromkeys(texts):
        if "://" in text and not is_place(text):
            raise click.UsageError(f"--from takes a place, not a connection string: use {FORMS}.")
        try:
            places.append(parse(text))
        except ValueError as error:
            raise click.UsageError(f"--from {shown_place(text)}: {error}.") from None
    if len(places) > MAX_PLACES:
        raise click.UsageError(f"--from: name at most {MAX_PLACES} places.")
    if not files and (bundle_path := os.environ.get(BUNDLE_VARIABLE)):
        files = (bundle_path,)
    try:
        return Places(places, available(files))
    except BundleError as error:
        raise click.UsageError(str(error)) from None


async def with_places(
    examining: Coroutine[Any, Any, Report],
    places: Places,
    uri: ParsedUri,
    settings: Settings,
    stop: asyncio.Event,
    *,
    waterfall: bool = False,
) -> Report:
    """Return the report from here, which ``examining`` makes, with those from the places.

    Without the run here, the first place takes its part.
    """
    import asyncio

    from mongoping.places.gather import join_reports, report_of
    from mongoping.places.job import Item, Job, limit_of

    if uri.credentials is None:  # the string is invalid, wherever it is used
        return await examining
    item = Item(uri, settings)
    details = {"waterfall": waterfall}
    job = Job("check", (item,), limit_of([settings]), ip_version(), details)
    asking = ask(places, job, stop)
    own, place_answers = (
        await asyncio.gather(examining, asking) if places.has_here else (None, await asking)
    )
    if own is None:
        examining.close()
    others = [report_of(answer, 0, uri, settings) for answer in place_answers]
    first, *others = others if own is None else [own, *others]
    return join_reports(first, others) if others else first


async def smoke_with_places(
    testing: Awaitable[Sequence[Report]], places: Places, batch: Batch, stop: asyncio.Event
) -> tuple[Report, ...]:
    """Return the reports of a smoke test here, which ``testing`` makes, and in the places."""
    import asyncio

    from mongoping.places.gather import join_reports, report_of
    from mongoping.places.job import Job, limit_of, smoke_item

    valid = [target for target in batch.targets if target.parsed.credentials is not None]
    waits = sum(target.plan.wait + target.plan.stable for target in valid)
    limit_s = len(valid) * limit_of([target.settings for target in valid], extra_s=waits)
    items = tuple(map(smoke_item, valid))
    job = Job("smoke", items, limit_s, ip_version(), {"parallel": batch.parallel})
    here, place_answers = await asyncio.gather(testing, ask(places, job, stop))
    reports = []
    for target, report in zip(batch.targets, here, strict=True):
        others = []
        if target in valid:
            number, name = valid.index(target), target.name
            rows = (
                report_of(answer, number, target.parsed, target.settings)
                for answer in place_answers
            )
            others = [row.replace(name=name or row.name) for row in rows]
        reports.append(join_reports(report, others) if others else report)
    return tuple(reports)


async def views_with_places(
    examining: Awaitable[View],
    places: Places,
    uri: ParsedUri,
    settings: Settings,
    preference: PreferenceOptions,
    stop: asyncio.Event,
) -> tuple[View, ...]:
    """Return the tree from here, which ``examining`` makes, and those from the places.

    The report of the first one has the comparison.
    """
    import asyncio

    from mongoping.places.gather import join_reports
    from mongoping.places.job import Item, Job, limit_of
    from mongoping.places.trees import view_of
    from mongoping.places.wire import encode

    if uri.credentials is None:
        return (await examining,)
    items = (Item(uri, settings),)
    job = Job("topology", items, limit_of([settings]), ip_version(), encode(preference))
    here, place_answers = await asyncio.gather(examining, ask(places, job, stop))
    views = [view_of(answer, uri, settings, preference) for answer in place_answers]
    report = join_reports(here.report, [view.report for view in views]).replace(places=())
    return (here.replace(report=report), *views)


async def ask(places: Places, job: Job, stop: asyncio.Event) -> list[Answer]:
    """Run a job in the places; say on standard error what may be left there."""
    from mongoping.places.gather import answers

    place_answers = await answers(places.places, job, places.bundles, stop)
    warn_of_leftovers((answer.place, answer.outcome) for answer in place_answers)
    return place_answers


def warn_of_leftovers(rows: Iterable[tuple[Place, Outcome]]) -> None:
    """Say on standard error what may be left in places."""
    for place, outcome in rows:
        if outcome.left is not None:
            click.echo(f"{outcome.left} may still exist on {place.name}.", err=True)


def ip_version() -> int | None:
    """Return 4 or 6 if an option restricts the run to one of them."""
    from mongoping.cli._target_options import IP_VERSION

    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(IP_VERSION)
