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
    answers_by_place: dict[Place, dict[int, Any]] = {place: {} for place in places}

    def receive(place: Place, message: Message) -> None:
        number = message.get("item")
        if isinstance(number, int) and 0 <= number < len(job.items):
            answers_by_place[place][number] = message.get("result")

    outcomes = await collect(places, lambda _: job, bundles, stop, receive)
    return [
        Answer(place, outcome, answers_by_place[place])
        for place, outcome in zip(places, outcomes, strict=True)
    ]


def report_of(answer: Answer, number: int, uri: ParsedUri, settings: Settings) -> Report:
    """Return the report of a target from a place, also if the place cannot be used."""
    report = read(Report, answer.results.get(number), uri)
    if report is None:
        evidence = evidence_without(answer, uri, settings)
        diagnosis = diagnose(evidence, registry.causes())
        report = build(evidence, diagnosis, registry.checks(), uri)
    return with_place(report, answer, uri)


def secrets_of(uri: ParsedUri) -> tuple[str, ...]:
    """Return the secrets of a target."""
    return uri.credentials.secrets if uri.credentials is not None else ()


def read(kind: type[Value], document: Any, uri: ParsedUri) -> Value | None:
    """Return the record that a place has sent, without the secrets of the target, or None."""
    secrets = secrets_of(uri)

    def clean(text: str) -> str:
        return remove(text, secrets, MAX_SECRET_TEXT) if secrets else text

    try:
        return decode(kind, document, clean)
    except (ValueError, RecursionError):
        return None


def with_place(report: Report, answer: Answer, uri: ParsedUri) -> Report:
    """Return a report with its place; what the user typed is as it is here."""
    host = printable(answer.outcome.host, most=MAX_HOST)
    return report.replace(
        uri=uri.shown,
        name=uri.origin.name,
        source=uri.origin.source,
        location=None,
        target_note=uri.origin.note,
        vantage=Vantage(answer.place.name, remove(host, secrets_of(uri), MAX_SECRET_TEXT)),
        places=(),
        comparison=None,
    )


def evidence_without(answer: Answer, uri: ParsedUri, settings: Settings) -> Evidence:
    """Return the evidence of a place that cannot be used."""
    place = answer.place
    problem = (answer.outcome.problem or GARBAGE).without(secrets_of(uri))
    facts = {"reason": problem.reason, "kind": place.kind, "address": place.address}
    failure = Failure("place", f"{place.name}: {problem.sentence}", facts=facts)
    is_interrupted = problem.reason == "interrupted"
    row = Result("import", "compat", None, "failed", failure=failure)
    return Evidence(
        uri.target,
        settings,
        () if is_interrupted else (row,),
        started_at=timestamp(),
        tool=tool_info(),
        interrupted=is_interrupted,
    )


def join_reports(here: Report, others: Sequence[Report]) -> Report:
    """Return the report from here with those from other places, and what makes the difference."""
    from mongoping.formats.json import document

    usable = [report for report in (here, *others) if not is_unusable(report)]
    views = [view_of(place_of(report), document(report)) for report in usable]
    return here.replace(
        places=tuple(others),
        comparison=comparison_of(views, [place_of(row) for row in others if is_unusable(row)]),
    )


def comparison_of(views: Sequence[View], unusable: Sequence[str]) -> dict[str, Any] | None:
    """Return what makes the difference between views, or None if there are not two of them.

    Warnings are not compared: each report lists its own.
    """
    if len(views) < 2:
        return None
    comparison = compare([view.replace(warnings=()) for view in views], complete=not unusable)
    unfinished_names = [view.name for view in views if view.state == "unfinished"]
    sentences = []
    if len(views) - len(unfinished_names) > 1:
        sentences.append(
            comparison.sentence.partition(";")[0] if comparison.same else comparison.sentence
        )
    if unfinished_names:
        sentences.append(f"Not known from {' and '.join(unfinished_names)}")
    if unusable:
        sentences.append(f"mongoping could not run in {' and '.join(unusable)}")
    return comparison.replace(sentence=". ".join(sentences)).as_json()


def place_of(report: Report) -> str:
    """Return the name of the place of a report."""
    return HERE if report.vantage is None else report.vantage.name


def is_unusable(report: Report) -> bool:
    """Return whether a report says only that mongoping could not run in its place."""
    return report.verdict is not None and report.verdict.cause == UNUSABLE
