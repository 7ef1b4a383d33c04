"""Find out why a watched deployment does not answer, once each time it becomes silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mongoping.code_spans import plain
from mongoping.model import Evidence, Report
from mongoping.observations import observation
from mongoping.shell import quote
from mongoping.watch.model import DRIVER, Event, Tick

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri
    from mongoping.watch.board import Board
    from mongoping.watch.lines import Line

QUIET_S = 30.0  # between two diagnoses of one deployment


class Diagnoser:
    """A sink that runs the checks of `mongoping check` when a deployment becomes silent.

    The cause becomes an event of the watch. A refused login is not diagnosed: that would be
    another attempt to log in.

    With another Python (``--python``), the checks also run after the driver's first ping, and after
    the first one that follows a silence; what that Python could do becomes an event if it is new.
    """

    def __init__(
        self,
        uri: ParsedUri,
        settings: Settings,
        board: Board,
        command: str,
        report: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        self._uri = uri
        self._settings = settings
        self._board = board
        self._command = command
        self._report = report
        self._now = now
        self._task: asyncio.Task[None] | None = None
        self._is_cause = False  # the running diagnosis is about a silence
        self._last = float("-inf")
        self._asks_program = settings.python is not None
        self._reported: Mapping[str, object] = {}  # the facts of the last event of that Python

    def tell(self, line: Line) -> None:
        """Start a diagnosis if the line says that the deployment is not there, or there again."""
        if isinstance(line, Tick):
            if self._asks_program and line.pings.get(DRIVER) is not None:
                self._start(line.at, is_silent=False)
        elif isinstance(line, Event):
            if line.kind == "reached":
                self._asks_program = self._settings.python is not None
            if self._is_silent(line):
                self._start(line.at, is_silent=True)

    def _start(self, at: float, *, is_silent: bool) -> None:
        running = self._task is not None and not self._task.done()
        if not running and at - self._last >= QUIET_S:
            self._last, self._asks_program = at, False
            self._is_cause = is_silent
            self._task = asyncio.ensure_future(self._diagnose(is_silent=is_silent))

    def _is_silent(self, event: Event) -> bool:
        is_unresolved = event.kind == "dns-failed" and not self._board.now.members
        return event.kind == "silent" or is_unresolved

    async def _diagnose(self, *, is_silent: bool) -> None:
        from mongoping.api import examine

        evidence, report = await examine(self._uri, self._settings)
        event = program_event(evidence, report, self._command, self._now())
        if event is not None:
            if event.facts == self._reported:
                return
            self._reported = event.facts
        elif is_silent:
            event = cause_event(report, self._command, self._now())
        if event is not None:
            self._report(event)

    async def close(self) -> None:
        """Stop a diagnosis that is still running, and say so if it was to try the other Python."""
        if self._task is None or self._task.done():
            return
        self._task.cancel()
        await asyncio.wait({self._task})
        python = self._settings.python
        if python is not None and not self._reported and not self._is_cause:
            text = f"{python.path} has no result: the watch ended before it could connect"
            facts = {"python": python.path, "pymongo": None, "state": "unfinished"}
            self._report(Event(self._now(), "program", None, text, "warning", facts))


def program_event(evidence: Evidence, report: Report, command: str, at: float) -> Event | None:
    """Return the event for what the Python of ``--python`` could do, if pings work here."""
    facts, ping = observation(evidence, "program"), observation(evidence, "ping")
    if facts is None or ping is None or ping.p50_ms is None:
        return None
    path, verdict = facts.python.path, report.verdict
    details = {"python": path, "pymongo": facts.pymongo, "state": facts.state}
    if facts.state == "works":
        return Event(at, "program", None, f"{path} connects too", "info", details)
    command = f"{command} --python {quote(path)}"
    if facts.state == "unfinished" or verdict is None:
        problem = (facts.problem or "did not finish").partition(";")[0]
        text = f"{path} has no result: it {problem}"
        return Event(at, "program", None, text, "warning", {**details, "command": command})
    text = f"{path}: {verdict.cause}: {plain(verdict.title)}"
    details |= {"cause": verdict.cause, "title": verdict.title, "command": command}
    return Event(at, "program", None, text, "error", details)


def cause_event(report: Report, command: str, at: float) -> Event | None:
    """Return the event for the verdict of a report, or None if it is healthy again."""
    verdict = report.verdict
    if verdict is None:
        return None
    text = f"{verdict.cause}: {plain(verdict.title)}"
    facts = {"cause": verdict.cause, "title": verdict.title, "command": command}
    return Event(at, "cause", None, text, "error", facts)
