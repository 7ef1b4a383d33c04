"""Run a watch or a replay for the command line: output, end and exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import click

from mongoping import signals
from mongoping.cli._places import places_of
from mongoping.cli._settings import Options
from mongoping.cli._watch_show import Recorder, Show, WatchTarget, open_recorder
from mongoping.decoding import open_text
from mongoping.exit_codes import EXIT_CODES, EXIT_INTERRUPTED
from mongoping.output import Output as Stream
from mongoping.output import note_verdict
from mongoping.shell import quote
from mongoping.tool_info import tool_info
from mongoping.watch import lines
from mongoping.watch.board import Board, Verdict, judge

if TYPE_CHECKING:
    import asyncio

    from mongoping.cli._places import Places
    from mongoping.cli._watch_places import Elsewhere
    from mongoping.places.place import Place
    from mongoping.uri.target import ParsedUri
    from mongoping.watch.keys import Keyboard
    from mongoping.watch.model import Event, Limits
    from mongoping.watch.ticker import Plan, Sink, Ticker

SETTINGS = {"count": 1, "timeout": None, "verbose": False, "strict": False}
"""Shared options that a watch ignores or handles itself."""
MAX_TARGETS = 20


class WatchOptions(NamedTuple):
    """The options of the command line, without the targets."""

    plan: Plan
    limits: Limits
    record: str | None = None
    on_event: str | None = None


def watch(uris: Sequence[str], watch_options: WatchOptions, params: dict[str, Any]) -> int:
    """Watch deployments and return the exit code."""
    from mongoping.watch.session import UnwatchableError

    places = places_of(params)
    options = Options.of("check", {**SETTINGS, **params})
    targets = _targets(uris, options)
    for uri in targets:
        if uri.problem is not None:
            with signals.note_only():
                return _explain(uri, options)
    if watch_options.record is not None and (len(targets) > 1 or places is not None):
        raise click.UsageError("--record takes one target and no place: run a watch for each.")
    watch_targets, there = _boards(targets, places, watch_options.plan.interval)
    with contextlib.ExitStack() as stack:
        show = Show(stack, options.output, [*watch_targets, *there.values()])
        stack.enter_context(signals.note_only())
        recorder = open_recorder(stack, watch_options.record, watch_targets[0].board)
        run = _Run(targets, watch_targets, options, watch_options, show, recorder)
        if places is not None:
            run.add_places(places, there)
        try:
            stop = run.start()
        except UnwatchableError:
            return _explain(run.unwatchable(), options)
        except OSError:
            if not show.gone and (recorder is None or not recorder.gone):
                raise
            stop = False
        ends_itself = (
            watch_options.plan.count is not None or watch_options.plan.duration is not None
        )
        was_interrupted = stop and ends_itself
        return _end(
            show, recorder, watch_options.limits, was_interrupted=was_interrupted, away=run.away
        )


def _boards(
    targets: Sequence[ParsedUri], places: Places | None, interval: float
) -> tuple[list[WatchTarget], dict[tuple[Place, int], WatchTarget]]:
    """Return the boards of the targets here, and in other places by place and target."""
    several = len(targets) > 1
    names = labels(targets) if several else [""]
    here, there = [], {}
    for number, (name, uri) in enumerate(zip(names, targets, strict=True)):
        own = f"{name} from here" if several else "here"
        label = own if places is not None else name or None
        here.append(WatchTarget(label, Board(uri.shown, interval=interval)))
        for place in places.places if places is not None else ():
            label = f"{name} from {place.name}" if several else place.name
            there[place, number] = WatchTarget(label, Board(uri.shown, interval=interval))
    return here, there


def _targets(uris: Sequence[str], options: Options) -> list[ParsedUri]:
    """Return the parsed targets. Raises `click.UsageError` if they contradict each other."""
    from mongoping.cli._targets import resolve

    if len(uris) > MAX_TARGETS:
        raise click.UsageError(f"Watch at most {MAX_TARGETS} targets at once, not {len(uris)}.")
    if list(uris).count("-") > 1:
        raise click.UsageError("Give - only once: standard input has one connection string.")
    return [resolve(uri, options.target) for uri in uris or (None,)]


def labels(targets: Sequence[ParsedUri]) -> list[str]:
    """Return a short, unambiguous name for each target: its configured name, or its first host."""
    labels_so_far: list[str] = []
    for uri in targets:
        target = uri.target
        seed = ""
        if target is not None:
            seed = target.srv_name if target.srv and target.srv_name else str(target.hosts[0])
        name = uri.origin.name or seed
        same = sum(label.partition(" #")[0] == name for label in labels_so_far)
        labels_so_far.append(f"{name} #{same + 1}" if same else name)
    return labels_so_far


def diagnosing_command(uri: ParsedUri) -> str:
    """Return the command that diagnoses a target, with a redacted connection string."""
    if uri.origin.name:
        return f"mongoping check {quote(f'@{uri.origin.name}')}"
    return f"mongoping check {quote(uri.shown)}"


class _Run:
    """The sessions of a watch in one event loop."""

    def __init__(
        self,
        targets: Sequence[ParsedUri],
        watch_targets: Sequence[WatchTarget],
        options: Options,
        watch_options: WatchOptions,
        show: Show,
        recorder: Recorder | None,
    ) -> None:
        self._targets = targets
        self._watched = watch_targets
        self._options = options
        self._wanted = watch_options
        self._show = show
        self._recorder = recorder
        self._failed: ParsedUri | None = None
        self.away: Elsewhere | None = None

    def add_places(self, places: Places, there: Mapping[tuple[Place, int], WatchTarget]) -> None:
        """Watch the targets in other places, too."""
        from mongoping.cli._watch_places import Elsewhere

        sinks = {key: self._show.sinks(watch_target) for key, watch_target in there.items()}
        self.away = Elsewhere(places, self._targets, self._watched, there, sinks)

    def start(self) -> bool:
        """Watch until the end; return whether a signal or a key ended it.

        Raises `UnwatchableError`, or the exception of a sink.
        """
        from mongoping.cli._run import run

        if self.away is not None:
            away = self.away
            return run(lambda stop: self._everywhere(stop, away))
        with self._show.live() as keyboard:
            return run(lambda stop: self._main(stop, keyboard))

    async def _everywhere(self, stop: asyncio.Event, away: Elsewhere) -> bool:
        """Watch here once the watches in the places have begun, and wait for all of them."""
        import asyncio

        commands = [diagnosing_command(uri) for uri in self._targets]
        for watch_target in away.watched:
            self._write_start(watch_target)
        running = asyncio.ensure_future(
            away.run(self._wanted.plan, self._options.settings, commands, stop)
        )
        try:
            await away.wait_until_ready(running)
            with self._show.live() as keyboard:
                here = asyncio.ensure_future(self._main(stop, keyboard))
                await asyncio.gather(here, running)
        except BaseException:
            stop.set()  # so that the folders in the places are removed
            await asyncio.wait({running})
            raise
        return stop.is_set()

    def unwatchable(self) -> ParsedUri:
        """Return the target that can never work, after `UnwatchableError`."""
        return self._failed or self._targets[0]

    async def _main(self, stop: asyncio.Event, keyboard: Keyboard | None) -> bool:
        import asyncio

        jobs = list(zip(self._targets, self._watched, strict=True))
        with self._show.interactive(keyboard, stop):
            tasks = [asyncio.ensure_future(self._watch(*job, stop)) for job in jobs]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        return stop.is_set()

    async def _watch(self, uri: ParsedUri, watch_target: WatchTarget, stop: asyncio.Event) -> None:
        from mongoping.watch.diagnoser import Diagnoser
        from mongoping.watch.hooks import Hooks
        from mongoping.watch.session import Session, UnwatchableError

        board, settings = watch_target.board, self._options.settings
        sinks: list[Sink] = [*self._show.sinks(watch_target)]
        sinks += [self._recorder] if self._recorder else []
        try:
            session = Session(uri, settings, self._wanted.plan, board, sinks)
            await session.prepare()
            self._write_start(watch_target)
            command = diagnosing_command(uri)
            ticker = session.ticker
            report = self._reporter(ticker, self._targets.index(uri))
            diagnoser = Diagnoser(uri, settings, board, command, report, session.now)
            ticker.sinks.append(diagnoser)
            hooks = None
            if self._wanted.on_event is not None:
                hooks = Hooks(self._wanted.on_event, uri.shown)
                ticker.sinks.append(hooks)
            try:
                await session.run(stop)
            finally:
                await diagnoser.close()
                if hooks is not None:
                    await hooks.close()
        except UnwatchableError:
            self._failed = uri
            raise

    def _reporter(self, ticker: Ticker, number: int) -> Callable[[Event], None]:
        """Return what writes the events of a diagnosis: with places, in relation to them."""
        away = self.away
        if away is None:
            return ticker.report
        return lambda event: ticker.report(away.related(event, number))

    def _write_start(self, watch_target: WatchTarget) -> None:
        header = lines.with_target(lines.start(watch_target.board, tool_info()), watch_target.name)
        for stream in (self._recorder.stream if self._recorder else None, self._show.json):
            if stream is not None:
                stream.write(header)


def replay(path: str, speed: float, limits: Limits, params: dict[str, Any]) -> int:
    """Replay a recording and return the exit code by its numbers and the limits."""
    options = Options.of("check", {**SETTINGS, **params})
    board = Board()
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_text(path, "replace"))
        except OSError as error:
            raise click.UsageError(f"--replay {path} cannot be read: {error.strerror}.") from None
        show = Show(stack, options.output, [WatchTarget(None, board)])
        was_interrupted = False
        try:
            with show.live() as keyboard, signals.raising():
                _play(file, board, show, speed if show.is_shown else 0.0, keyboard)
        except lines.BadLineError as error:
            raise click.UsageError(f"--replay {path}: {error}.") from None
        except KeyboardInterrupt:
            was_interrupted = True
        except OSError:
            if not show.gone:
                raise
        return _end(show, None, limits, was_interrupted=was_interrupted)


def _play(file: TextIO, board: Board, show: Show, speed: float, keyboard: Keyboard | None) -> None:
    from mongoping.watch.replay import apply, parse, pause

    sinks = show.sinks(show.watched[0])
    previous: float | None = None
    texts = iter(lambda: file.readline(lines.MAX_LINE + 2), "")
    for line in parse(texts):
        wait = pause(previous, line, speed)
        if wait:
            show.wait(wait, keyboard)
        previous = getattr(line, "at", previous)
        apply(line, board)
        for sink in sinks:
            sink.tell(line)


def _end(
    show: Show,
    recorder: Recorder | None,
    limits: Limits,
    *,
    was_interrupted: bool,
    away: Elsewhere | None = None,
) -> int:
    """Write the summary to all outputs and return the exit code: the highest of all targets."""
    ends, codes, reasons = [], [], []
    for name, board in show.watched:
        own = judge({host: series.numbers for host, series in board.series.items()}, limits)
        if away is not None and away.never_ran(board):
            own = Verdict(EXIT_CODES["client"])  # `with_problems` adds the reason
        codes.append(own.code)
        reasons += [reason if name is None else f"{name}: {reason}" for reason in own.reasons]
        own = Verdict(EXIT_INTERRUPTED, own.reasons) if was_interrupted else own
        ends.append(lines.with_target(lines.end(board, own, was_interrupted=was_interrupted), name))
    verdict = Verdict(max(codes), tuple(reasons))
    verdict = verdict if away is None else away.with_problems(verdict)
    verdict = verdict.replace(code=EXIT_INTERRUPTED) if was_interrupted else verdict
    note_verdict("; ".join(verdict.reasons))
    for stream in (show.stream, *([recorder.stream] if recorder else [])):
        if isinstance(stream, Stream):
            stream.strict = False  # from here on `finish` reports errors
    if recorder is not None:
        recorder.stream.write("".join(ends))
        recorder.stream.flush()
    show.finish(verdict, ends)
    if show.stream is not sys.stdout:
        from mongoping.cli._run import tell_written

        tell_written(show.stream, show.output)
    return verdict.code


def _explain(uri: ParsedUri, options: Options) -> int:
    """Explain on standard error, as `check` does, why a watch cannot start."""
    from mongoping.cli._run import run, style
    from mongoping.formats import text as form

    async def main(stop: asyncio.Event) -> Any:
        from mongoping.api import examine

        return await examine(uri, options.settings, stop=stop)

    _, report = run(main)
    sys.stderr.write(form.render(report, style(options.output, sys.stderr)))
    code: int = report.exit_code()
    return code
