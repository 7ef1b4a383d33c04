"""Run ``mongoping watch --from PLACE``: the same watch there, over one connection per place."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from mongoping.cli._places import ip_version, warn_of_leftovers
from mongoping.exit_codes import EXIT_CODES
from mongoping.places.gather import MAX_SECRET_TEXT, collect, secrets_of
from mongoping.places.job import START_S, Item, Job
from mongoping.places.place import HERE
from mongoping.places.wire import encode, plain
from mongoping.shell import quote
from mongoping.uri.redaction import remove
from mongoping.watch import lines
from mongoping.watch.board import Verdict
from mongoping.watch.model import DRIVER, Event
from mongoping.watch.remote import UNWATCHABLE
from mongoping.watch.replay import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.cli._places import Places
    from mongoping.cli._watch_show import WatchTarget
    from mongoping.places.place import Place
    from mongoping.places.session import Message
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri
    from mongoping.watch.board import Board
    from mongoping.watch.lines import Line
    from mongoping.watch.ticker import Plan, Sink


class Elsewhere:
    """The watches of all targets in other places.

    Attributes:
        problems: why a place could not be used, or was lost, by its name.
    """

    def __init__(
        self,
        places: Places,
        targets: Sequence[ParsedUri],
        here: Sequence[WatchTarget],
        there: Mapping[tuple[Place, int], WatchTarget],
        sinks: Mapping[tuple[Place, int], Sequence[Sink]],
    ) -> None:
        self._places = places
        self._targets = targets
        self._here = here
        self._there = there
        self._sinks = sinks
        self._silent = set(places.places)  # those that have not sent anything
        self._ready = asyncio.Event()
        self.problems: dict[str, str] = {}

    @property
    def watched(self) -> list[WatchTarget]:
        """Return the targets as they are watched in other places; they begin now."""
        watch_targets = list(self._there.values())
        for watch_target in watch_targets:
            watch_target.board.started = watch_target.board.at = time.time()
        return watch_targets

    async def wait_until_ready(self, running: asyncio.Future[Any]) -> None:
        """Wait until every place has sent a line, or cannot be used.

        Until then, ssh may ask for a password on the terminal.
        """
        ready = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()

    async def run(
        self, plan: Plan, settings: Settings, commands: Sequence[str], stop: asyncio.Event
    ) -> None:
        """Watch in all places until their planned end, or until ``stop`` is set."""
        items = tuple(
            Item(uri, settings, {"command": command})
            for uri, command in zip(self._targets, commands, strict=True)
        )
        limit_s = plan.interval + plan.timeout + START_S
        job = Job("watch", items, limit_s, ip_version(), {"plan": encode(plan)})

        async def watch(place: Place) -> None:
            bundles = self._places.bundles
            try:
                [outcome] = await collect([place], lambda _: job, bundles, stop, self._receive)
            except OSError:  # of an output: the others must end, too
                stop.set()
                raise
            if outcome.problem is not None and not stop.is_set():
                self._lose(place, outcome.problem.sentence)
            self._arrived(place)
            warn_of_leftovers([(place, outcome)])

        watches = map(watch, self._places.places)
        for result in await asyncio.gather(*watches, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    def _arrived(self, place: Place) -> None:
        self._silent.discard(place)
        if not self._silent:
            self._ready.set()

    def _receive(self, place: Place, message: Message) -> None:
        number = message.get("item")
        if not isinstance(number, int) or not 0 <= number < len(self._targets):
            return
        self._arrived(place)
        if message.get("result") == UNWATCHABLE:
            self.problems[place.name] = "the connection string cannot be used there"
            return
        secrets = secrets_of(self._targets[number])
        line = read_line(message.get("result"), lambda text: remove(text, secrets, MAX_SECRET_TEXT))
        if line is not None:
            self._tell(place, number, self._related_line(line, number, place))

    def _tell(self, place: Place, number: int, line: Line) -> None:
        board = self._there[place, number].board
        if board.at == board.started:  # the first line: copying mongoping there took a while
            board.started = getattr(line, "at", board.started)
        apply(line, board)
        for sink in self._sinks.get((place, number), ()):
            sink.tell(line)

    def _lose(self, place: Place, why: str) -> None:
        """Report in the watch of every target that a place cannot be used any more."""
        for number, uri in enumerate(self._targets):
            board = self._there[place, number].board
            sentence = remove(why, secrets_of(uri), MAX_SECRET_TEXT)
            self.problems[place.name] = sentence
            event = Event(board.at or self._here[0].board.at, "place", None, sentence, "error")
            self._tell(place, number, event)

    def _related_line(self, line: Line, number: int, place: Place) -> Line:
        return self.related(line, number, place) if isinstance(line, Event) else line

    def related(self, event: Event, number: int, place: Place | None = None) -> Event:
        """Return an event of a target; a cause names the places whose pings are answered.

        The command of a cause in another place runs its checks there.
        ``place`` is where it happened, or None for here.
        """
        if event.kind != "cause":
            return event
        command = event.facts.get("command")
        if place is not None and isinstance(command, str):
            command = f"{command} --from {quote(place.name)}"
            event = event.replace(facts={**event.facts, "command": command})
        boards = {HERE: self._here[number].board} if place is not None else {}
        for (other, target), watch_target in self._there.items():
            if target == number and other != place:
                boards[other.name] = watch_target.board
        names = [name for name, board in boards.items() if _answers(board)]
        if not names:
            return event
        text = f"{event.text}; pings from {' and '.join(names)} are answered"
        return event.replace(text=text, facts={**event.facts, "answered_from": names})

    def never_ran(self, board: Board) -> bool:
        """Return whether a board is that of a place which could not be used, and sent no ping."""
        return not board.series and any(
            watch_target.board is board and place.name in self.problems
            for (place, _), watch_target in self._there.items()
        )

    def with_problems(self, verdict: Verdict) -> Verdict:
        """Return the verdict of the watch with the places that could not be used."""
        if not self.problems:
            return verdict
        reasons = tuple(f"{name}: {why}" for name, why in self.problems.items())
        return Verdict(max(verdict.code, EXIT_CODES["client"]), (*verdict.reasons, *reasons))


def _answers(board: Board) -> bool:
    """Return whether the last pings of the driver were answered."""
    return DRIVER in board.series and board.series[DRIVER].last is not None


def read_line(document: Any, clean: Callable[[str], str]) -> Line | None:
    """Return a line that a place has sent, or None if it is none; a place may send anything.

    ``clean`` removes the secrets of the target.
    """
    if not isinstance(document, str) or len(document) > lines.MAX_LINE:
        return None
    try:
        return lines.read(json.dumps(plain(json.loads(document), clean)))
    except (ValueError, RecursionError, lines.BadLineError):
        return None
