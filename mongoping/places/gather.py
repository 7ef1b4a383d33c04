"""Run a job in several places at the same time, and make reports of what they send."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from mongoping import registry, signals
from mongoping.escape import printable
from mongoping.model import Evidence, Failure, Report, Result, Vantage
from mongoping.places.connection import has_terminal
from mongoping.places.place import HERE
from mongoping.places.problem import GARBAGE
from mongoping.places.session import Files, Outcome, run
from mongoping.places.wire import decode
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from mongoping.places.choose import Bundle
    from mongoping.places.job import Job
    from mongoping.places.place import Place
    from mongoping.places.problem import Problem
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

MAX_SECRET_TEXT = 8000


class Gathered(Record):
    """The reports of a place, in the order of the targets, and a folder that may be left there."""

    place: Place
    reports: tuple[Report, ...]
    left: str | None = None


async def gather(
    places: Sequence[Place],
    job: Job,
    targets: Sequence[tuple[ParsedUri, Settings]],
    bundles: Sequence[Bundle],
    stop: asyncio.Event,
) -> list[Gathered]:
    """Return what each place reports about the targets, also if it cannot be used."""
    asking = asyncio.Lock() if has_terminal() else contextlib.nullcontext()
    with signals.temporary_folder() as folder:
        files = Files(bundles, folder)
        works = (_from(place, job, targets, files, stop, asking) for place in places)
        return list(await asyncio.gather(*works))


async def _from(
    place: Place,
    job: Job,
    targets: Sequence[tuple[ParsedUri, Settings]],
    files: Files,
    stop: asyncio.Event,
    asking: AbstractAsyncContextManager[object],
) -> Gathered:
    found: dict[int, Any] = {}

    def receive(message: dict[str, Any]) -> None:
        number = message.get("item")
        if isinstance(number, int) and 0 <= number < len(targets):
            found[number] = message.get("report")

    outcome = await run(place, job, files, receive, stop, asking)
    reports = []
    for number, (parsed, settings) in enumerate(targets):
        report = None
        if number in found:
            report = await asyncio.to_thread(_report, found[number], parsed)
        if report is None:
            problem = outcome.problem or GARBAGE
            report = unusable(place, problem, parsed, settings, interrupted=stop.is_set())
        reports.append(_named(report, place, outcome, parsed))
    return Gathered(place, tuple(reports), outcome.left)


def _report(document: Any, parsed: ParsedUri) -> Report | None:
    """Return the report that a place has sent, without the secrets of the target."""
    from mongoping.uri.redaction import remove

    secrets = parsed.credentials.secrets if parsed.credentials is not None else ()

    def clean(text: str) -> str:
        return remove(text, secrets, MAX_SECRET_TEXT) if secrets else text

    try:
        return decode(Report, document, clean)
    except (ValueError, RecursionError):
        return None


def _named(report: Report, place: Place, outcome: Outcome, parsed: ParsedUri) -> Report:
    """Return a report with its place; what the user typed is as it is here."""
    host = printable(outcome.host, most=255)
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
