"""The outputs of a watch: a live view with keys, lines, a picture, and a recording."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from mongoping.cli._settings import Output
from mongoping.escape import printable
from mongoping.observer import current
from mongoping.output import Output as Stream
from mongoping.output import set_form
from mongoping.watch import lines, text
from mongoping.watch.board import Board, Verdict

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Style
    from mongoping.watch.frame import Row
    from mongoping.watch.keys import Keyboard
    from mongoping.watch.live import LiveView
    from mongoping.watch.ticker import Sink

IMAGE_ROWS = 30
IMAGE_COLUMNS = 100
MAX_PICTURES = 100  # saved within the same second


class WatchTarget(NamedTuple):
    """A target: its name, which is None if it is the only one, and its board."""

    name: str | None
    board: Board


class Recorder:
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


def open_recorder(stack: contextlib.ExitStack, path: str | None, board: Board) -> Recorder | None:
    if path is None:
        return None
    stream = _open(stack, path, f"--record {path}")
    set_form(stream, "json")
    return Recorder(stream, board)


def _open(stack: contextlib.ExitStack, path: str, label: str) -> TextIO:
    """Open a file; a later write error ends the watch. Raises `click.UsageError`."""
    from mongoping.cli._run import open_report

    stream = stack.enter_context(open_report(path, label))
    if isinstance(stream, Stream):
        stream.strict = True
    return stream


class Show:
    """The output of a watch: a live view, lines, or an SVG image at the end."""

    def __init__(
        self, stack: contextlib.ExitStack, output: Output, watch_targets: Sequence[WatchTarget]
    ) -> None:
        from mongoping.cli._run import style

        self.watched = tuple(watch_targets)
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
    def _boards(self) -> list[tuple[str, Board]]:
        return [(name or "", board) for name, board in self.watched]

    @property
    def _is_live(self) -> bool:
        is_text = self.output.form == "text" and not self.output.quiet
        if current() is not None and sys.stderr.isatty():
            return False  # the lines of --trace would go through the view
        return is_text and self.stream.isatty() and os.environ.get("TERM") not in (None, "dumb")

    def sinks(self, watch_target: WatchTarget) -> list[Sink]:
        """Return the sinks that receive every line of a target."""
        from mongoping.watch.sinks import JsonLines, TextLines

        name, board = watch_target
        if self.json is not None:
            return [JsonLines(self.json, board, name)]
        if self._view is not None or self._is_live:
            return [self]
        if self.output.form == "svg" or self.output.quiet:
            return []
        return [TextLines(self.stream, board, None, unicode=self.style.unicode, target=name)]

    def tell(self, line: lines.Line) -> None:
        """Pass a line to the live view, if there is one."""
        if self._view is not None:
            self._view.tell(line)

    @contextlib.contextmanager
    def live(self) -> Iterator[Keyboard | None]:
        """Show the live view if the output is a terminal; yield the keyboard, if there is one."""
        if not self._is_live:
            yield None
            return
        from mongoping.watch.keys import Keyboard
        from mongoping.watch.live import LiveView

        style = self.style
        view = LiveView(self._boards, None, unicode=style.unicode, color=style.color)
        keyboard = Keyboard.of(sys.stdin)
        view.has_keys = keyboard is not None
        with contextlib.ExitStack() as stack:
            if keyboard is not None:
                stack.enter_context(keyboard)
            self._view = stack.enter_context(view)
            yield keyboard
        self._view = None

    @property
    def is_shown(self) -> bool:
        """Return whether the live view is on the screen."""
        return self._view is not None

    @contextlib.contextmanager
    def interactive(self, keyboard: Keyboard | None, stop: asyncio.Event) -> Iterator[None]:
        """Handle keys, a new size of the terminal, and Ctrl-Z. Needs a running event loop."""
        import asyncio

        view = self._view
        if view is None:
            yield
            return
        loop = asyncio.get_running_loop()
        if keyboard is not None and sys.platform != "win32":
            loop.add_reader(keyboard.descriptor, self._read_keys, keyboard, stop)
        try:
            with (
                _handling("SIGWINCH", lambda: loop.call_soon_threadsafe(view.draw)),
                _handling("SIGTSTP", lambda: loop.call_soon_threadsafe(self._pause, keyboard)),
            ):
                yield
        finally:
            if keyboard is not None and sys.platform != "win32":
                loop.remove_reader(keyboard.descriptor)

    def _read_keys(self, keyboard: Keyboard, stop: asyncio.Event) -> None:
        import asyncio

        keys = keyboard.read()
        if keys is None and sys.platform != "win32":  # else the loop would call again at once
            asyncio.get_running_loop().remove_reader(keyboard.descriptor)
        if self._press(keys or ()):
            stop.set()

    def _press(self, keys: Sequence[str]) -> bool:
        view = self._view
        return view is not None and any(view.press(key, self._save) for key in keys)

    def _pause(self, keyboard: Keyboard | None) -> None:
        """Stop the process as Ctrl-Z does, with the terminal as it was before."""
        import signal

        if self._view is None:
            return
        self._view.leave()
        if keyboard is not None:
            keyboard.restore()
        if sys.platform != "win32":  # which has no SIGTSTP
            os.kill(os.getpid(), signal.SIGSTOP)  # continues here
        if keyboard is not None:
            keyboard.listen()
        self._view.enter()

    def wait(self, seconds: float, keyboard: Keyboard | None) -> None:
        """Wait between two lines of a replay; handle keys meanwhile.

        Raises KeyboardInterrupt if one of them ends the watch.
        """
        if keyboard is None or self._view is None:
            time.sleep(seconds)
            return
        until = time.monotonic() + seconds
        while self._view.paused or time.monotonic() < until:
            remaining_s = None if self._view.paused else max(until - time.monotonic(), 0.0)
            if not select.select([keyboard.descriptor], [], [], remaining_s)[0]:
                return
            keys = keyboard.read()
            if keys is None or self._press(keys):
                raise KeyboardInterrupt

    def _save(self, rows: list[Row], width: int) -> str:
        """Write what is shown to a new file in the current folder; return what was done."""
        from mongoping.terminal_svg import svg
        from mongoping.watch.live import texts

        picture = svg(texts(rows), width, "mongoping watch", "watch")
        stem = f"mongoping-watch-{time.strftime('%Y%m%d-%H%M%S')}"
        for number in range(1, MAX_PICTURES):
            path = Path(f"{stem}{f'-{number}' if number > 1 else ''}.svg")
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(picture)
            except FileExistsError:
                continue
            except OSError as error:
                return f"{path} cannot be written: {error.strerror}"
            return f"saved {path}"
        return "too many pictures within a second"

    def finish(self, verdict: Verdict, ends: Sequence[str]) -> None:
        """Write the summary in the chosen format; ``ends`` are the last lines of JSON."""
        form = self.output.form
        if form == "json":
            self.stream.write("".join(ends))
        elif form == "svg":
            self.stream.write(self._image())
        else:
            for name, board in self.watched:
                own = verdict if name is None else Verdict(verdict.code)
                summary_text = text.summary(
                    board, own, width=self.style.width, zone=None, unicode=self.style.unicode
                )
                self.stream.write(
                    summary_text if name is None else f"\n{printable(name)}{summary_text}"
                )
            if len(self.watched) > 1:
                self.stream.write(text.reasons(verdict, self.style.width, self.style.unicode))
        self.stream.flush()

    def _image(self) -> str:
        from datetime import UTC

        from mongoping.terminal_svg import svg
        from mongoping.watch.frame import frames
        from mongoping.watch.live import texts

        rows = frames(self._boards, IMAGE_COLUMNS, IMAGE_ROWS, zone=UTC)
        return svg(texts(rows), IMAGE_COLUMNS, "mongoping watch", "watch")


@contextlib.contextmanager
def _handling(name: str, action: Callable[[], object]) -> Iterator[None]:
    """Call ``action`` for a signal, if this system has it.

    loop.add_signal_handler would replace the descriptor that `mongoping.signals` watches.
    """
    import signal

    number = getattr(signal, name, None)
    if number is None:
        yield
        return
    previous = signal.signal(number, lambda *_: action())
    try:
        yield
    finally:
        signal.signal(number, previous)
