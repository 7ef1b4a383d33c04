"""Run a watch or a replay for the command line: output, end and exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from mongoping import signals
from mongoping.cli._settings import Options, Output
from mongoping.exit_codes import EXIT_INTERRUPTED
from mongoping.observer import current
from mongoping.output import Output as Stream
from mongoping.output import note_verdict, set_form
from mongoping.watch import lines, text
from mongoping.watch.board import Board, Verdict, judge

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Style
    from mongoping.uri.target import Parsed
    from mongoping.watch.live import LiveView
    from mongoping.watch.model import Limits
    from mongoping.watch.ticker import Plan, Sink

IMAGE_ROWS = 30
IMAGE_COLUMNS = 100
SETTINGS = {"count": 1, "timeout": None, "verbose": False, "strict": False}
"""Shared options that a watch ignores or handles itself."""


def watch(
    uri: str | None, plan: Plan, limits: Limits, record: str | None, given: dict[str, Any]
) -> int:
    """Watch a deployment and return the exit code."""
    from mongoping.cli._targets import resolve
    from mongoping.watch.session import Session, UnwatchableError

    options = Options.of("check", {**SETTINGS, **given})
    parsed = resolve(uri, options.target)
    if parsed.problem is not None:
        with signals.noted():
            return _explain(parsed, options)
    board = Board(parsed.shown, interval=plan.interval)
    with contextlib.ExitStack() as stack:
        show = _Show(stack, options.output, board)
        stack.enter_context(signals.noted())
        sinks = show.sinks()
        recorder = _recorder(stack, record, board)
        sinks += [recorder] if recorder else []
        stopped = False
        try:
            from mongoping.cli._run import run

            async def main(stop: asyncio.Event) -> bool:
                session = Session(parsed, options.settings, plan, board, sinks)
                await session.prepare()
                header = lines.start(board, _tool())
                for stream in (recorder.stream if recorder else None, show.json):
                    if stream is not None:
                        stream.write(header)
                with show.resizing():
                    await session.run(stop)
                return stop.is_set()

            with show.live():
                stopped = run(main)
        except UnwatchableError:
            return _explain(parsed, options)
        except OSError:
            if not show.gone and (recorder is None or not recorder.gone):
                raise
        planned = plan.count is not None or plan.duration is not None
        return _end(show, recorder, limits, interrupted=stopped and planned)


def replay(path: str, speed: float, limits: Limits, given: dict[str, Any]) -> int:
    """Replay a recording and return the exit code by its numbers and the limits."""
    options = Options.of("check", {**SETTINGS, **given})
    board = Board()
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise click.UsageError(f"--replay {path} cannot be read: {error.strerror}.") from None
        show = _Show(stack, options.output, board)
        interrupted = False
        try:
            with show.live() as live, signals.raising():
                _play(file, board, show.sinks(), speed if live else 0.0)
        except lines.BadLineError as error:
            raise click.UsageError(f"--replay {path}: {error}.") from None
        except KeyboardInterrupt:
            interrupted = True
        except OSError:
            if not show.gone:
                raise
        return _end(show, None, limits, interrupted=interrupted)


def _play(file: TextIO, board: Board, sinks: list[Sink], speed: float) -> None:
    import time

    from mongoping.watch.replay import apply, parse, pause

    previous: float | None = None
    texts = iter(lambda: file.readline(lines.MAX_LINE + 2), "")
    for line in parse(texts):
        wait = pause(previous, line, speed)
        if wait:
            time.sleep(wait)
        previous = getattr(line, "at", previous)
        apply(line, board)
        for sink in sinks:
            sink.tell(line)


def _end(show: _Show, recorder: _Recorder | None, limits: Limits, *, interrupted: bool) -> int:
    """Write the summary to all outputs and return the exit code."""
    board = show.board
    verdict = judge({host: series.numbers for host, series in board.series.items()}, limits)
    if interrupted:
        verdict = Verdict(EXIT_INTERRUPTED, verdict.reasons)
    last = lines.end(board, verdict, interrupted=interrupted)
    note_verdict("; ".join(verdict.reasons))
    for stream in (show.stream, *([recorder.stream] if recorder else [])):
        if isinstance(stream, Stream):
            stream.strict = False  # from here on `finish` reports errors
    if recorder is not None:
        recorder.stream.write(last)
        recorder.stream.flush()
    show.finish(verdict, last)
    if show.stream is not sys.stdout:
        from mongoping.cli._run import tell_written

        tell_written(show.stream, show.output)
    return verdict.code


def _tool() -> dict[str, str | None]:
    from mongoping._version import __version__

    return {"mongoping": __version__, "python": ".".join(map(str, sys.version_info[:3]))}


def _explain(parsed: Parsed, options: Options) -> int:
    """Explain on standard error, as `check` does, why a watch cannot start."""
    from mongoping.cli._run import run, style
    from mongoping.formats import text as form

    async def main(stop: asyncio.Event) -> Any:
        from mongoping.api import examine

        return await examine(parsed, options.settings, stop=stop)

    _, report = run(main)
    sys.stderr.write(form.render(report, style(options.output, sys.stderr)))
    code: int = report.exit_code()
    return code


class _Recorder:
    """The file of ``--record``."""

    def __init__(self, stream: TextIO, board: Board) -> None:
        from mongoping.watch.sinks import JsonLines

        self.stream = stream
        self._lines = JsonLines(stream, board)

    @property
    def gone(self) -> bool:
        """Return whether the file can no longer be written."""
        return isinstance(self.stream, Stream) and self.stream.error is not None

    def tell(self, line: lines.Line) -> None:
        """Write a line. Raises OSError, which ends the watch."""
        self._lines.tell(line)


def _recorder(stack: contextlib.ExitStack, path: str | None, board: Board) -> _Recorder | None:
    if path is None:
        return None
    stream = _open(stack, path, f"--record {path}")
    set_form(stream, "json")
    return _Recorder(stream, board)


def _open(stack: contextlib.ExitStack, path: str, label: str) -> TextIO:
    """Open a file; a later write error ends the watch. Raises `click.UsageError`."""
    from mongoping.cli._run import open_report

    stream = stack.enter_context(open_report(path, label))
    if isinstance(stream, Stream):
        stream.strict = True
    return stream


class _Show:
    """The output of a watch: a live view, lines, or an SVG image at the end."""

    def __init__(self, stack: contextlib.ExitStack, output: Output, board: Board) -> None:
        from mongoping.cli._run import style

        self.board = board
        self.output = output
        self.stream: TextIO = sys.stdout
        if output.path is not None and output.path != "-":
            self.stream = _open(stack, output.path, f"--output {output.path}")
        if isinstance(self.stream, Stream):
            self.stream.strict = True  # otherwise the watch would continue without a reader
        self.style: Style = style(output, self.stream)
        set_form(self.stream, output.form)
        self._view: LiveView | None = None

    @property
    def gone(self) -> bool:
        """Return whether the stream can no longer be written, as after a closed pipe."""
        return isinstance(self.stream, Stream) and self.stream.error is not None

    @property
    def json(self) -> TextIO | None:
        """Return the stream of JSON lines, or None in other formats."""
        return self.stream if self.output.form == "json" else None

    @property
    def _is_live(self) -> bool:
        import os

        shown = self.output.form == "text" and not self.output.quiet
        if current() is not None and sys.stderr.isatty():
            return False  # the lines of --trace would go through the view
        return shown and self.stream.isatty() and os.environ.get("TERM") not in (None, "dumb")

    def sinks(self) -> list[Sink]:
        """Return the sinks that receive every line."""
        from mongoping.watch.sinks import JsonLines, TextLines

        if self.json is not None:
            return [JsonLines(self.json, self.board)]
        if self._view is not None or self._is_live:
            return [self]
        if self.output.form == "svg" or self.output.quiet:
            return []
        return [TextLines(self.stream, self.board, None, unicode=self.style.unicode)]

    def tell(self, line: lines.Line) -> None:
        """Pass a line to the live view, if there is one."""
        if self._view is not None:
            self._view.tell(line)

    @contextlib.contextmanager
    def live(self) -> Iterator[bool]:
        """Show the live view if the output is a terminal; yield whether it is."""
        if not self._is_live:
            yield False
            return
        from mongoping.watch.live import LiveView

        style = self.style
        with LiveView(self.board, None, unicode=style.unicode, color=style.color) as self._view:
            yield True
        self._view = None

    @contextlib.contextmanager
    def resizing(self) -> Iterator[None]:
        """Redraw when the size of the terminal changes. Needs a running event loop."""
        import asyncio
        import signal

        view, number = self._view, getattr(signal, "SIGWINCH", None)
        if view is None or number is None:
            yield
            return
        loop = asyncio.get_running_loop()
        # loop.add_signal_handler would replace the descriptor that mongoping.signals watches
        previous = signal.signal(number, lambda *_: loop.call_soon_threadsafe(view.draw))
        try:
            yield
        finally:
            signal.signal(number, previous)

    def finish(self, verdict: Verdict, last: str) -> None:
        """Write the summary in the chosen format."""
        form = self.output.form
        if form == "json":
            self.stream.write(last)
        elif form == "svg":
            self.stream.write(self._image())
        else:
            shown = text.summary(
                self.board, verdict, width=self.style.width, zone=None, unicode=self.style.unicode
            )
            self.stream.write(shown)
        self.stream.flush()

    def _image(self) -> str:
        from datetime import UTC

        from mongoping.terminal_svg import svg
        from mongoping.watch.frame import frame
        from mongoping.watch.live import texts

        rows = frame(self.board, IMAGE_COLUMNS, IMAGE_ROWS, zone=UTC)
        return svg(texts(rows), IMAGE_COLUMNS, "mongoping watch", "watch")
