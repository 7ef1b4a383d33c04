"""Find out why a watched deployment does not answer, once each time it becomes silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from mongoping.code_spans import plain
from mongoping.model import Report
from mongoping.watch.model import Event

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
    """

    def __init__(
        self,
        parsed: ParsedUri,
        settings: Settings,
        board: Board,
        command: str,
        report: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        self._parsed = parsed
        self._settings = settings
        self._board = board
        self._command = command
        self._report = report
        self._now = now
        self._task: asyncio.Task[None] | None = None
        self._last = float("-inf")

    def tell(self, line: Line) -> None:
        """Start a diagnosis if the line says that the deployment is not there."""
        if not isinstance(line, Event) or not self._is_silent(line):
            return
        running = self._task is not None and not self._task.done()
        if not running and line.at - self._last >= QUIET_S:
            self._last = line.at
            self._task = asyncio.ensure_future(self._diagnose())

    def _is_silent(self, event: Event) -> bool:
        unresolved = event.kind == "dns-failed" and not self._board.now.members
        return event.kind == "silent" or unresolved

    async def _diagnose(self) -> None:
        from mongoping.api import examine

        _, report = await examine(self._parsed, self._settings)
        event = cause_event(report, self._command, self._now())
        if event is not None:
            self._report(event)

    async def close(self) -> None:
        """Stop a diagnosis that is still running."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})


def cause_event(report: Report, command: str, at: float) -> Event | None:
    """Return the event for the verdict of a report, or None if it is healthy again."""
    verdict = report.verdict
    if verdict is None:
        return None
    text = f"{verdict.cause}: {plain(verdict.title)}"
    facts = {"cause": verdict.cause, "title": verdict.title, "command": command}
    return Event(at, "cause", None, text, "error", facts)
