"""Run a job in several places at the same time, and make reports of what they send."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping import registry, signals
from mongoping.escape import printable
from mongoping.model import Evidence, Failure, Report, Result, Vantage
from mongoping.places.connection import has_terminal
from mongoping.places.place import HERE
from mongoping.places.problem import GARBAGE
from mongoping.places.session import Files, Message, Outcome, run
from mongoping.places.wire import decode
from mongoping.record import Record
from mongoping.uri.redaction import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.places.choose import Bundle
    from mongoping.places.job import Job
    from mongoping.places.place import Place
    from mongoping.places.problem import Problem
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

MAX_SECRET_TEXT = 8000
MAX_HOST = 255  # characters of the name of a machine
Value = TypeVar("Value")


class Gathered(Record):
    """The reports of a place, in the order of the targets, and a folder that may be left there."""

    place: Place
    reports: tuple[Report, ...]
    left: str | None = None


async def collect(
    places: Sequence[Place],
    job: Job,
    bundles: Sequence[Bundle],
    stop: asyncio.Event,
    receive: Callable[[Place, Message], None],
) -> list[Outcome]:
    """Run a job in each place; call ``receive`` with the messages, which may contain anything."""
    asking = asyncio.Lock() if has_terminal() else contextlib.nullcontext()
    with signals.temporary_folder() as folder:
        files = Files(bundles, folder)
        works = (
            run(place, job, files, functools.partial(receive, place), stop, asking)
            for place in places
        )
        return list(await asyncio.gather(*works))


async def gather(
    places: Sequence[Place],
    job: Job,
    targets: Sequence[tuple[ParsedUri, Settings]],
    bundles: Sequence[Bundle],
    stop: asyncio.Event,
) -> list[Gathered]:
    """Return what each place reports about the targets, also if it cannot be used."""
    found: dict[tuple[Place, object], Any] = {}

    def receive(place: Place, message: Message) -> None:
        number = message.get("item")
        if isinstance(number, int) and number < len(targets):
            found[place, number] = message.get("report")

    gathered = []
    outcomes = await collect(places, job, bundles, stop, receive)
    for place, outcome in zip(places, outcomes, strict=True):
        reports = []
        for number, (parsed, settings) in enumerate(targets):
            report = None
            if (place, number) in found:
                report = await asyncio.to_thread(read, Report, found[place, number], parsed)
            if report is None:
                problem = (outcome.problem or GARBAGE).without(secrets_of(parsed))
                report = unusable(place, problem, parsed, settings, interrupted=stop.is_set())
            reports.append(_named(report, place, outcome, parsed))
        gathered.append(Gathered(place, tuple(reports), outcome.left))
    return gathered


def secrets_of(parsed: ParsedUri) -> tuple[str, ...]:
    """Return the secrets of a target."""
    return parsed.credentials.secrets if parsed.credentials is not None else ()


def read(kind: type[Value], document: Any, parsed: ParsedUri) -> Value | None:
    """Return the record that a place has sent, without the secrets of the target, or None."""
    secrets = secrets_of(parsed)

    def clean(text: str) -> str:
        return remove(text, secrets, MAX_SECRET_TEXT) if secrets else text

    try:
        return decode(kind, document, clean)
    except (ValueError, RecursionError):
        return None


def _named(report: Report, place: Place, outcome: Outcome, parsed: ParsedUri) -> Report:
    """Return a report with its place; what the user typed is as it is here."""
    host = remove(printable(outcome.host, most=MAX_HOST), secrets_of(parsed), MAX_SECRET_TEXT)
    return report.replace(
        uri=parsed.shown,
        name=parsed.origin.name,
        source=parsed.origin.source,
        location=None,
        target_note=parsed.origin.note,
        vantage=Vantage(place.name, host),
        places=(),
        comparison=None,
    )


def unusable(
    place: Place,
    problem: Problem,
    parsed: ParsedUri,
    settings: Settings,
    *,
    interrupted: bool = False,
) -> Report:
    """Return the report of a place in which mongoping could not run."""
    from mongoping.diagnosis import diagnose
    from mongoping.report import build
    from mongoping.tool_info import timestamp, tool_info

    message = f"{place.name}: {problem.sentence}"
    facts = {"reason": problem.reason, "kind": place.kind, "address": place.address}
    failure = Failure("place", message, facts=facts)
    result = Result("import", "compat", None, "failed", failure=failure)
    evidence = Evidence(
        parsed.target,
        settings,
        (result,),
        started_at=timestamp(),
        tool=tool_info(),
        interrupted=interrupted,
    )
    return build(evidence, diagnose(evidence, registry.causes()), registry.checks(), parsed)


def joined(here: Report, others: Sequence[Report], notes: Sequence[str] = ()) -> Report:
    """Return the report from here with those from other places, and what makes the difference."""
    from mongoping.comparison.compare import compare
    from mongoping.comparison.reading import view_of
    from mongoping.formats.json import document

    views = [view_of(HERE, document(here))]
    views += [
        view_of(report.vantage.name, document(report))
        for report in others
        if report.vantage is not None and not is_unusable(report)
    ]
    views = [view.replace(warnings=()) for view in views]  # each report lists its own
    comparison = compare(views).as_json() if len(views) > 1 else None
    if comparison is not None:
        comparison["notes"] = [*comparison["notes"], *notes]
    return here.replace(places=tuple(others), comparison=comparison)


def is_unusable(report: Report) -> bool:
    """Return whether a report says only that mongoping could not run in its place."""
    return report.verdict is not None and report.verdict.cause == "client.place-unusable"
