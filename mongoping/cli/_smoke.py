"""Run ``mongoping smoke``: collect the targets, test them, write the reports."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from mongoping import registry, signals
from mongoping.cli._places import places_of, smoke_with_places
from mongoping.cli._settings import Options
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_USAGE
from mongoping.output import note_verdict, write_form
from mongoping.record import Record

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from mongoping.cli._places import Places
    from mongoping.cli._settings import Output
    from mongoping.model import Report, Style
    from mongoping.model.waiting import Change
    from mongoping.smoke.ci import Ci
    from mongoping.smoke.targets import Batch

FILE_WIDTH = 100  # columns of a report in a file


def smoke(uris: Sequence[str], params: dict[str, Any]) -> int:
    """Run the smoke test and return the exit code of the contract."""
    from mongoping.cli._run import exit_code, tell_written
    from mongoping.cli._smoke_options import expect_help
    from mongoping.cli._smoke_targets import listing, targets

    if "help" in params["expect"]:
        click.echo(expect_help())
        return EXIT_OK
    places = places_of(params)
    options = Options.of("smoke", params)
    if params["dry_run"]:
        incomplete: list[tuple[str, str]] = []
        smoke_targets = targets(uris, params, options, incomplete)
        click.echo(listing(smoke_targets.targets, incomplete))
        if incomplete:
            return EXIT_USAGE
        bad = any(target.parsed.problem is not None for target in smoke_targets.targets)
        return EXIT_CODES["uri"] if bad else EXIT_OK
    smoke_targets = targets(uris, params, options)
    with contextlib.ExitStack() as stack:
        sinks = _sinks(stack, params["report"], options.output)
        stack.enter_context(signals.note_only())
        has_names = options.output.pseudonyms is None
        reports = _run(smoke_targets, places, shows_names=has_names)
        note_verdict("; ".join(map(_named_verdict, reports)))
        for sink in sinks:
            sink.write(reports, options.output)
    for sink in sinks:
        if sink.path is not None:
            tell_written(sink.stream, options.output.replace(path=sink.path, form=sink.form))
    return exit_code(reports, options.output)


def _named_verdict(report: Report) -> str:
    from mongoping.cli._run import verdict_of
    from mongoping.escape import printable

    name = f"{printable(report.name)}: " if report.name else ""
    return f"{name}{verdict_of(report)}"


def _run(batch: Batch, places: Places | None, *, shows_names: bool = True) -> tuple[Report, ...]:
    from mongoping.cli._run import run
    from mongoping.smoke.targets import run_all

    targets = batch.targets
    waits = any(target.waits for target in targets) and shows_names
    is_named = len(targets) > 1

    def tell(name: str | None, change: Change) -> None:
        if waits:
            click.echo(progress_line(name if is_named else None, change), err=True)

    async def everywhere(stop: asyncio.Event) -> tuple[Report, ...]:
        testing = run_all(targets, stop=stop, parallel=batch.parallel, tell=tell)
        if places is None:
            return await testing
        return await smoke_with_places(testing, places, batch, stop)

    return run(everywhere)


def progress_line(name: str | None, change: Change) -> str:
    """Return one line of progress: when, which target, what is wrong, and what is awaited."""
    from mongoping.escape import printable

    who = f"{printable(name)}: " if name else ""
    cause = f"{change.cause}: " if change.cause else ""
    waiting_text = f"; waiting for {change.awaited}" if change.awaited else ""
    return f"{change.at_s:7.1f} s  {who}{cause}{printable(change.detail)}{waiting_text}"


class Sink(Record):
    """The destination of one report: a format, a stream, the file's path if it is a file."""

    form: str
    stream: Any
    path: str | None = None
    ci: Any = None

    def write(self, reports: Sequence[Report], output: Output) -> None:
        """Render and write the reports; `mongoping.output.finish` reports write errors."""
        from mongoping import formats
        from mongoping.cli import _anonymous
        from mongoping.cli._checkout import for_format

        output_style = for_format(self.form, self.style(output))
        printed_reports = [_anonymous.as_printed(report, output.pseudonyms) for report in reports]
        text = formats.render(self.form, printed_reports, output_style)
        write_form(self.stream, text, self.form)

    def style(self, output: Output) -> Style:
        """Return the style: for a file a fixed width without colors, else that of the stream."""
        from mongoping.cli._run import style
        from mongoping.model import Style

        if self.path is not None:
            return Style(width=FILE_WIDTH, verbose=output.verbose)
        output_style = style(output, self.stream)
        return (
            output_style
            if output_style.color
            else output_style.replace(color=_ci_colors(self.ci, self.stream))
        )


def _ci_colors(ci: Ci | None, stream: TextIO) -> bool:
    """Return whether to use colors: in the log of a CI system that shows them, not in a file."""
    if ci is None or not ci.colors or os.environ.get("NO_COLOR"):
        return False
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _sinks(stack: contextlib.ExitStack, names: Sequence[str], output: Output) -> list[Sink]:
    """Open all files before any network traffic. Raises `click.UsageError`."""
    from mongoping.smoke.ci import detect

    ci = detect(os.environ)
    pairs = [_pair(text) for text in names]
    if output.path is not None and output.path != "-":
        pairs.insert(0, (output.form, output.path))
    paths = [os.path.realpath(path) for _, path in pairs]
    if len(set(paths)) < len(paths):
        raise click.UsageError("Two reports have the same file: give each a different one.")
    sinks = []
    for form, path in pairs:
        label = f"The {form} report {path}"
        if path == output.path:
            label = f"--output {path}"
        sinks.append(Sink(form, _open(stack, path, label, form=form), path, ci))
    if output.path is None or output.path == "-":
        sinks.append(Sink(output.form, sys.stdout, None, ci))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        sinks.append(
            Sink(
                "markdown",
                _open(stack, summary, f"GITHUB_STEP_SUMMARY {summary}", append=True),
                summary,
                ci,
            )
        )
    return sinks


def _pair(text: str) -> tuple[str, str]:
    """Return format and path of ``junit=FILE``. Raises `click.UsageError`."""
    form, _, path = text.partition("=")
    formats = registry.names("formats")
    if form not in formats:
        from mongoping.cli._nearest import nearest

        near = nearest(form, formats, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(formats)}."
        raise click.UsageError(f"--report {text}: there is no format {form!r}. {hint}")
    if not path:
        raise click.UsageError(f"--report {text} needs a file: write --report {form}=FILE.")
    if path == "-":
        raise click.UsageError(f"--report {text}: for standard output, use --format {form}.")
    return form, path


def _open(
    stack: contextlib.ExitStack,
    path: str,
    label: str,
    *,
    append: bool = False,
    form: str = "text",
) -> TextIO:
    from mongoping.cli._run import open_report

    return stack.enter_context(open_report(path, label, append=append, form=form))
