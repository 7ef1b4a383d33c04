"""Run a job in several places at the same time, and make reports of what they send."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping import registry, signals
from mongoping.comparison.compare import compare
from mongoping.comparison.reading import view_of
from mongoping.diagnosis import diagnose
from mongoping.escape import printable
from mongoping.model import Evidence, Failure, Report, Result, Vantage
from mongoping.places.connection import has_terminal
from mongoping.places.place import HERE
from mongoping.places.problem import GARBAGE
from mongoping.places.session import Files, Message, Outcome, run
from mongoping.places.wire import decode
from mongoping.record import Record
from mongoping.report import build
from mongoping.tool_info import timestamp, tool_info
from mongoping.uri.redaction import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.comparison.record import View
    from mongoping.places.choose import Bundle
    from mongoping.places.job import Job
    from mongoping.places.place import Place
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

MAX_SECRET_TEXT = 8000
UNUSABLE = "client.place-unusable"
MAX_HOST = 255  # characters of the name of a machine
Value = TypeVar("Value")


class Answer(Record):
    """The messages of a place, by the number of the target. Nothing in them is certain."""

    place: Place
    outcome: Outcome
    results: Mapping[int, Any]


async def collect(
    places: Sequence[Place],
    job_of: Callable[[Place], Job],
    bundles: Sequence[Bundle],
    stop: asyncio.Event,
    receive: Callable[[Place, Message], None],
) -> list[Outcome]:
    """Run its job in each place; call ``receive`` with the messages, which may contain anything."""
    asking = asyncio.Lock() if has_terminal() else contextlib.nullcontext()
    with signals.temporary_folder() as folder:
        files = Files(bundles, folder)
        works = (
            run(place, job_of(place), files, functools.partial(receive, place), stop, asking)
            for place in places
        )
        return list(await asyncio.gather(*works))


async def answers(
    places: Sequence[Place], job: Job, bundles: Sequence[Bundle], stop: asyncio.Event
) -> list[Answer]:
    """Return what each place sends for the targets of a job."""
    found: dict[Place, dict[int, Any]] = {place: {} for place in places}

    def receive(place: Place, message: Message) -> None:
        number = message.get("item")
        if isinstance(number, int) and 0 <= number < len(job.items):
            found[place][number] = message.get("result")

    outcomes = await collect(places, lambda _: job, bundles, stop, receive)
    return [
        Answer(place, outcome, found[place])
        for place, outcome in zip(places, outcomes, strict=True)
    ]


def report_of(answer: Answer, number: int, parsed: ParsedUri, settings: Settings) -> Report:
    """Return the report of a target from a place, also if the place cannot be used."""
    report = read(Report, answer.results.get(number), parsed)
    if report is None:
        evidence = evidence_without(answer, parsed, settings)
        found = diagnose(evidence, registry.causes())
        report = build(evidence, found, registry.checks(), parsed)
    return named(report, answer, parsed)


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


def named(report: Report, answer: Answer, parsed: ParsedUri) -> Report:
    """Return a report with its place; what the user typed is as it is here."""
    host = printable(answer.outcome.host, most=MAX_HOST)
    return report.replace(
        uri=parsed.shown,
        name=parsed.origin.name,
        source=parsed.origin.source,
        location=None,
        target_note=parsed.origin.note,
        vantage=Vantage(answer.place.name, remove(host, secrets_of(parsed), MAX_SECRET_TEXT)),
        places=(),
        comparison=None,
    )


def evidence_without(answer: Answer, parsed: ParsedUri, settings: Settings) -> Evidence:
    """Return the evidence of a place that cannot be used."""
    place = answer.place
    problem = (answer.outcome.problem or GARBAGE).without(secrets_of(parsed))
    facts = {"reason": problem.reason, "kind": place.kind, "address": place.address}
    failure = Failure("place", f"{place.name}: {problem.sentence}", facts=facts)
    interrupted = problem.reason == "interrupted"
    row = Result("import", "compat", None, "failed", failure=failure)
    return Evidence(
        parsed.target,
        settings,
        () if interrupted else (row,),
        started_at=timestamp(),
        tool=tool_info(),
        interrupted=interrupted,
    )


def joined(here: Report, others: Sequence[Report]) -> Report:
    """Return the report from here with those from other places, and what makes the difference."""
    from mongoping.formats.json import document

    usable = [report for report in (here, *others) if not is_unusable(report)]
    views = [view_of(place_of(report), document(report)) for report in usable]
    return here.replace(
        places=tuple(others),
        comparison=compared(views, [place_of(row) for row in others if is_unusable(row)]),
    )


def compared(views: Sequence[View], unusable: Sequence[str]) -> dict[str, Any] | None:
    """Return what makes the difference between views, or None if there are not two of them.

    Warnings are not compared: each report lists its own.
    """
    if len(views) < 2:
        return None
    found = compare([view.replace(warnings=()) for view in views], complete=not unusable)
    unfinished = [view.name for view in views if view.state == "unfinished"]
    sentences = []
    if len(views) - len(unfinished) > 1:
        sentences.append(found.sentence.partition(";")[0] if found.same else found.sentence)
    if unfinished:
        sentences.append(f"Not known from {' and '.join(unfinished)}")
    if unusable:
        sentences.append(f"mongoping could not run in {' and '.join(unusable)}")
    return found.replace(sentence=". ".join(sentences)).as_json()


def place_of(report: Report) -> str:
    """Return the name of the place of a report."""
    return HERE if report.vantage is None else report.vantage.name


def is_unusable(report: Report) -> bool:
    """Return whether a report says only that mongoping could not run in its place."""
    return report.verdict is not None and report.verdict.cause == UNUSABLE
