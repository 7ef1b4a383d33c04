"""Run the targets of a fleet here and in other places, and name what differs."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from mongoping.comparison.reading import view_of
from mongoping.exit_codes import EXIT_BUG, EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.fleet.folder import write_report
from mongoping.fleet.line import Line, from_json, not_tried
from mongoping.fleet.plan import entry_as_json
from mongoping.fleet.resolve import resolve
from mongoping.formats.json import SCHEMA
from mongoping.places.gather import collect, comparison_of, secrets_of
from mongoping.places.job import Item, Job, limit_of, sendable
from mongoping.places.place import HERE
from mongoping.places.problem import GARBAGE
from mongoping.places.wire import plain
from mongoping.smoke.files import InputError
from mongoping.uri.redaction import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from mongoping.comparison.record import View
    from mongoping.fleet.entry import Entry
    from mongoping.fleet.plan import Plan
    from mongoping.fleet.results import Results
    from mongoping.places.choose import Bundle
    from mongoping.places.place import Place
    from mongoping.places.session import Message, Outcome

MAX_KEPT = 5_000  # targets whose views are kept, some 2 kB for each place
MAX_COMPARED = 200  # targets; more that differ have the same few reasons
MAX_TEXT = 8_000  # characters
ATTEMPTS = 3  # that a fleet makes for a target before its line is sent
CODES = frozenset((EXIT_OK, EXIT_UNEXPLAINED, EXIT_BUG, *EXIT_CODES.values()))
_LABEL = re.compile("[a-z_]{1,40}")


class Everywhere:
    """A run of a fleet from here and from other places.

    ``places`` are the other places. ``emit`` returns a line as it is shown, which may be with
    pseudonyms: what differs is found in the reports that are shown.
    """

    def __init__(
        self,
        places: Sequence[Place],
        bundles: Sequence[Bundle],
        plan: Plan,
        emit: Callable[[Line], Line],
    ) -> None:
        self.places = tuple(places)
        self._bundles = bundles
        self._plan = plan
        self._emit = emit
        self._views: OrderedDict[str, dict[str, View]] = OrderedDict()
        self._unsent: set[str] = set()
        self._secrets: dict[str, tuple[str, ...]] = {}

    @property
    def plan_here(self) -> Plan:
        """Return the plan of the run from here, whose reports are compared."""
        return self._plan.replace(vantage=HERE, reports=True)

    def add(self, line: Line) -> None:
        """Emit a line, and keep what is compared. A target that cannot be sent has one line."""
        self._add(line)
        if line.vantage == HERE and line.name in self._unsent:
            for place in self.places:
                self._add(self._write_report(_elsewhere(line, place.name)))

    def _add(self, line: Line) -> None:
        line_text = self._emit(line if self._plan.reports else line.replace(report=None))
        self._keep(line_text if self._plan.reports else line)

    def _write_report(self, line: Line) -> Line:
        """Return the line of another place, after its report was written to the folder."""
        if self._plan.output_dir is None or line.report is None:
            return line
        try:
            write_report(self._plan.output_dir, line, line.report)
        except OSError as error:
            why = f"mongoping could not write the report: {error.strerror or error}."
            return line.replace(status="skip", cause=None, detail=why, exit_code=EXIT_UNEXPLAINED)
        return line

    def _keep(self, line: Line) -> None:
        if line.report is None or line.vantage is None:
            return
        self._views.setdefault(line.name, {})[line.vantage] = view_of(line.vantage, line.report)
        while len(self._views) > MAX_KEPT:
            self._views.popitem(last=False)

    async def run(
        self,
        entries: Sequence[Entry],
        finished_keys: Container[tuple[str, str | None]],
        stop: asyncio.Event,
    ) -> list[Outcome]:
        """Run the targets in the places; every target has a line for each of them."""
        sent_items = await asyncio.to_thread(self._items, entries)
        by_name = {entry.name: entry for entry, _ in sent_items}
        settings = [self._plan.settings_of(entry) for entry in by_name.values()]
        remote_settings = sendable(self._plan.settings)
        plan = self._plan.replace(overrides={}, settings=remote_settings, output_dir=None)
        details = {"plan": plan.as_json()}
        limit_s = ATTEMPTS * limit_of(settings)
        received_names: dict[Place, set[str]] = {place: set() for place in self.places}
        entries_by_place = {
            place: tuple(
                (entry, item)
                for entry, item in sent_items
                if (entry.name, place.name) not in finished_keys
            )
            for place in self.places
        }

        def job_of(place: Place) -> Job:
            items = tuple(item for _, item in entries_by_place[place])
            return Job("fleet", items, limit_s, details=details)

        def receive(place: Place, message: Message) -> None:
            number = message.get("item")
            rows = entries_by_place[place]
            if not isinstance(number, int) or not 0 <= number < len(rows):
                return
            entry = rows[number][0]
            line = self._line(entry, place, message.get("result"))
            if line is not None and entry.name not in received_names[place]:
                received_names[place].add(entry.name)
                self._add(self._write_report(line))

        outcomes = await collect(self.places, job_of, self._bundles, stop, receive)
        for place, outcome in zip(self.places, outcomes, strict=True):
            for entry, _ in entries_by_place[place] if not stop.is_set() else ():
                if entry.name not in received_names[place]:
                    problem = (outcome.problem or GARBAGE).without(self._secrets[entry.name])
                    words = f"Not measured from {place.name}: {problem.sentence}."
                    self._add(not_tried(entry, words, vantage=place.name, own=True))
        return outcomes

    def _items(self, entries: Sequence[Entry]) -> list[tuple[Entry, Item]]:
        """Return the targets that can be sent; the others have the same result everywhere."""
        items = []
        for entry in entries:
            try:
                uri = resolve(entry, self._plan.overrides)
                item = Item(uri, self._plan.settings, _details(entry))
            except (InputError, ValueError):
                self._unsent.add(entry.name)
                continue
            self._secrets[entry.name] = secrets_of(uri)
            items.append((entry, item))
        return items

    def _line(self, entry: Entry, place: Place, document: Any) -> Line | None:
        """Return a line that a place has sent, or None if it is none of ours."""
        secrets = self._secrets[entry.name]

        def clean(text: str) -> str:
            return remove(text, secrets, MAX_TEXT) if secrets else text[:MAX_TEXT]

        with contextlib.suppress(ValueError, TypeError):
            line = from_json(plain(document, clean))
            report = line.report
            if report is not None and not _is_report(report):
                return None
            return line.replace(
                name=entry.name,
                labels=entry.labels,
                vantage=place.name,
                exit_code=line.exit_code if line.exit_code in CODES else EXIT_UNEXPLAINED,
                samples=tuple(sample for sample in line.samples if _is_sample(*sample)),
            )
        return None

    def compare(self, results: Results) -> None:
        """Find what differs for targets that have other verdicts from some places."""
        for name in results.differing()[:MAX_COMPARED]:
            comparison = comparison_of(list(self._views.get(name, {}).values()), ())
            if comparison is not None and (text := comparison["sentence"]):
                results.differences[name] = f"{text[0].lower()}{text[1:]}"


def _elsewhere(line: Line, place: str) -> Line:
    """Return the line of a target that cannot be sent, such as one with an invalid string."""
    report = line.report
    if report is not None:
        report = {**report, "vantage": {"name": place, "host": ""}}
    own, other = ("vantage", HERE), ("vantage", place)
    samples = tuple(
        sample._replace(labels=tuple(other if label == own else label for label in sample.labels))
        for sample in line.samples
    )
    return line.replace(vantage=place, report=report, samples=samples)


def _details(entry: Entry) -> dict[str, Any]:
    """Return what is sent of a target beside its connection string."""
    return {**entry_as_json(entry), "kind": "text", "text": ""}


def _is_report(document: Any) -> bool:
    return document.get("schema") == SCHEMA and isinstance(document.get("layers"), list)


def _is_sample(family: Any, labels: Any, value: Any) -> bool:
    """Return whether a metric can be written; unknown families are left out there."""
    return (
        isinstance(family, str)
        and isinstance(value, (int, float))
        and all(
            isinstance(name, str) and _LABEL.fullmatch(name) and isinstance(text, str)
            for name, text in labels
        )
    )
