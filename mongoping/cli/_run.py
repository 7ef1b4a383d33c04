"""Run a diagnosis for a command: event loop, Ctrl-C, progress, report, exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from mongoping import garbage, signals
from mongoping.cli import _anonymous
from mongoping.cli._display import columns, uses_color
from mongoping.cli._places import places_of
from mongoping.cli._settings import Options, Output
from mongoping.cli._targets import prepare
from mongoping.model.layers import ROW_NAMES
from mongoping.observer import current
from mongoping.output import note_verdict, open_file, write_form
from mongoping.probe.os_errors import limit_of

if TYPE_CHECKING:
    import asyncio

    from mongoping.atlas_api.credentials import ApiCredentials
    from mongoping.cli._places import Places
    from mongoping.model import Evidence, Report, Result, Style
    from mongoping.observer import Observer
    from mongoping.settings import Preset
    from mongoping.uri.target import ParsedUri

Value = TypeVar("Value")
GC_AFTER_S = 3.0  # a run that takes longer collects garbage as usual
FULL = (errno.EMFILE, errno.ENFILE)  # a limit of this machine, not a problem with the file
LOOP_DESCRIPTORS = 4  # an event loop opens a selector and a pair of sockets
HYPERLINK_VARIABLES = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM")
HYPERLINK_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
HYPERLINK_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "contour", "wezterm")
VTE_WITH_HYPERLINKS = 5000
UNTRIED_LAYERS = ("dns", "tcp")  # a run that fails there does not start the driver
PIPE_WIDTH = 100  # if the width is unknown: enough for evidence, not too much for a log


def diagnose(preset: Preset, uri: str | None, params: dict[str, Any]) -> int:
    """Run a diagnosis, print the report and return the exit code."""
    places = places_of(params) if "places" in params else None
    options = Options.of(preset, params)
    return report_on(*prepare(uri, options), places=places)


def report_on(
    uri: ParsedUri,
    options: Options,
    *,
    atlas: ApiCredentials | None = None,
    places: Places | None = None,
) -> int:
    """Diagnose a parsed target, print the report, and return the exit code."""
    report = deliver(
        options.output,
        lambda: _produce(uri, options, atlas, places),
        lambda report, stream: render(report, options.output, stream),
        verdict_of,
    )
    return exit_code([report], options.output)


def exit_code(reports: Sequence[Report], output: Output) -> int:
    """Return the exit code of the reports: that of their format, if it has its own."""
    from mongoping import formats

    code = formats.exit_code(output.form, reports)
    if code is not None:
        return code
    return exit_code_of(reports, strict=output.strict)


def exit_code_of(reports: Sequence[Report], *, strict: bool = False) -> int:
    """Return the first failed target's code; an interruption or a bug of ours takes precedence."""
    from mongoping.model.report import worst_code

    return worst_code([report.exit_code(strict=strict) for report in reports])


def _produce(
    uri: ParsedUri, options: Options, atlas: ApiCredentials | None, places: Places | None
) -> Report:
    """Return the report, even if this machine has no descriptors or threads left for a run."""
    try:
        return run(lambda stop: _everywhere(uri, options, stop, atlas, places))
    except (OSError, RuntimeError, MemoryError) as error:
        from mongoping.api import report_limit

        if (limit := limit_of(error)) is None:
            raise
        return report_limit(uri, options.settings, limit)


def verdict_of(report: Report) -> str:
    """Return the verdict in one phrase, for standard error if the report cannot be written."""
    return report.status if report.verdict is None else report.verdict.cause


def deliver(
    output: Output,
    produce: Callable[[], Value],
    write: Callable[[Value, TextIO], str],
    verdict: Callable[[Value], str],
) -> Value:
    """Open the output, produce a result, and write it there as ``write`` renders it.

    A signal interrupts neither rendering nor writing. Raises `click.UsageError` if the output
    cannot be opened, before ``produce`` is called. `mongoping.output.finish` reports write
    errors, together with the ``verdict``.
    """
    stream = open_output(output)
    with signals.note_only():
        result = produce()
        note_verdict(verdict(result))
        write_form(stream, write(result, stream), output.form)
        if stream is not sys.stdout:
            stream.close()
            tell_written(stream, output)
    return result


def tell_written(stream: TextIO, output: Output) -> None:
    """Say on standard error what was written, unless it failed or ``--quiet`` was given."""
    if getattr(stream, "error", None) is None and not output.quiet:
        click.echo(f"Wrote {output.path} ({output.form}).", err=True)


def open_output(output: Output) -> TextIO:
    """Open the stream of ``--output``. Raises `click.UsageError`."""
    if output.path is None or output.path == "-":
        return sys.stdout
    return open_report(output.path, f"--output {output.path}", form=output.form)


def open_report(path: str, label: str, *, append: bool = False, form: str = "text") -> TextIO:
    """Open a file that the user named. Raises `click.UsageError`."""
    try:
        return open_file(path, label, append=append, form=form)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        reason = getattr(error, "strerror", None) or "the name is not valid"
        raise click.UsageError(f"{label} cannot be written: {reason}.") from None


def render(report: Report, output: Output, stream: TextIO) -> str:
    """Return the report in the chosen format."""
    from mongoping import formats
    from mongoping.cli._checkout import for_format

    output_style = for_format(output.form, style(output, stream))
    return formats.render(
        output.form, [_anonymous.as_printed(report, output.pseudonyms)], output_style
    )


def style(output: Output, stream: TextIO) -> Style:
    """Return how a report looks on this stream; only this function reads the environment."""
    from mongoping.model import Style

    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return Style(
        width=columns(stream, PIPE_WIDTH),
        color=uses_color(stream),
        unicode=encoding.startswith("utf"),
        verbose=output.verbose,
        quiet=output.quiet,
        strict=output.strict,
        hyperlinks=stream.isatty() and uses_color(stream) and shows_hyperlinks(os.environ),
    )


def shows_hyperlinks(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to show hyperlinks (OSC 8).

    A multiplexer is not trusted to pass them on. FORCE_HYPERLINK decides if it is set, as in
    other programs.
    """
    if value := environ.get("FORCE_HYPERLINK"):
        return value != "0"
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")) or environ.get("CI"):
        return False
    vte = environ.get("VTE_VERSION", "")  # 0.50.0 is 5000
    return (
        any(environ.get(name) for name in HYPERLINK_VARIABLES)
        or environ.get("TERM_PROGRAM") in HYPERLINK_PROGRAMS
        or term.startswith(HYPERLINK_TERMS)
        or (vte.isdecimal() and int(vte[:6]) >= VTE_WITH_HYPERLINKS)
    )


async def _everywhere(
    uri: ParsedUri,
    options: Options,
    stop: asyncio.Event,
    atlas: ApiCredentials | None,
    places: Places | None,
) -> Report:
    """Return the report from here, and with --from those from other places."""
    examining = _examine(uri, options, stop, atlas, shows_progress=places is None)
    if places is None:
        return await examining
    from mongoping.cli._places import with_places

    waterfall = options.output.waterfall
    return await with_places(examining, places, uri, options.settings, stop, waterfall=waterfall)


async def _examine(
    uri: ParsedUri,
    options: Options,
    stop: asyncio.Event,
    atlas: ApiCredentials | None,
    *,
    shows_progress: bool,
) -> Report:
    from mongoping.api import examine

    progress = Progress(sys.stderr, is_wanted=shows_progress)
    try:
        evidence, report = await examine(
            uri,
            options.settings,
            progress=progress.show,
            stop=stop,
            waterfall=options.output.waterfall,
            program=options.output.snippet,
            atlas=atlas,
        )
        if (observer := current()) is not None and not stop.is_set():
            await _trace_exception(observer, uri, evidence, report)
    finally:
        progress.clear()
    return report


async def _trace_exception(
    observer: Observer, uri: ParsedUri, evidence: Evidence, report: Report
) -> None:
    """Show the driver's exception; start the driver if the run ended before it was needed."""
    message = report.driver_message
    verdict = report.verdict
    if message is None and verdict is not None and verdict.layer in UNTRIED_LAYERS:
        from mongoping.driver_message import raised_message

        if evidence.failure("tls-files") is None:  # OpenSSL may prompt for a key's password
            message = await raised_message(uri, evidence.settings)
    if message is not None:
        observer.note("driver", "raises", message)


class Progress:
    """A line of finished layers on standard error, if that is a terminal.

    With ``--from`` there is none, because ssh may ask for a password on the same terminal.
    """

    def __init__(self, stream: TextIO, *, is_wanted: bool = True) -> None:
        self._stream = stream
        is_shown = stream.isatty() and os.environ.get("TERM") != "dumb" and current() is None
        self._on = is_shown and is_wanted
        self._layers: dict[str, str] = {}

    def show(self, result: Result) -> None:
        """Show a result; a layer has the mark of its worst result.

        A skipped check shows nothing, because others of its layer may still run.
        """
        if not self._on or result.status == "skipped":
            return
        name = ROW_NAMES.get(result.layer, result.layer)
        if self._layers.get(name) != "✗":
            self._layers[name] = "✓" if result.status == "ok" else "✗"
        line = "  ".join(f"{mark} {layer}" for layer, mark in self._layers.items())
        self._stream.write(f"\r\x1b[2K{line[: self._columns() - 1]}")
        self._stream.flush()

    def _columns(self) -> int:
        """Return the width of this stream's terminal; standard output may be another one."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def clear(self) -> None:
        """Remove the line before the report is printed."""
        if self._on and self._layers:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, Value]]) -> Value:
    """Run a coroutine and return its result; SIGINT, SIGTERM and SIGHUP set its event.

    `asyncio.run` would wait for threads, so that one that hangs in ``getaddrinfo`` would delay a
    finished report by seconds.
    """
    import asyncio
    import contextlib

    from mongoping.driver_import import allow_shortcuts

    allow_shortcuts()
    _spare_descriptors()
    loop = asyncio.new_event_loop()
    try:
        loop.call_later(GC_AFTER_S, garbage.resume)
        stop = asyncio.Event()
        with signals.handle_with(lambda number: loop.call_soon_threadsafe(stop.set)):
            if signals.was_interrupted():  # while asyncio was imported
                stop.set()
            value = loop.run_until_complete(main(stop))
            loop.run_until_complete(_cancel_rest(loop))
        return value
    finally:
        with contextlib.suppress(RuntimeError):
            loop.close()


def _spare_descriptors() -> None:
    """Raise OSError if no event loop can be created: a partial one would print a traceback.

    Also load the codec that `socket.getaddrinfo` needs. Without a descriptor, its import fails, and
    Python reports an unknown encoding from then on.
    """
    descriptors = []
    try:
        for _ in range(LOOP_DESCRIPTORS):
            descriptors.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    "".encode("idna")


async def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    rest = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=0.1)
