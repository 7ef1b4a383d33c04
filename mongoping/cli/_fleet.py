"""Run ``mongoping fleet``: read the inventory, run the targets, write lines and the result."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from mongoping import signals
from mongoping.cli._fleet_cluster import access_of, mode_of, run_on_cluster
from mongoping.cli._fleet_inventory import read_entries, read_results
from mongoping.cli._fleet_places import everywhere_of, run_everywhere, split
from mongoping.cli._run import open_output, run, style, tell_written
from mongoping.cli._settings import Options
from mongoping.cli._target_options import IP_VERSION
from mongoping.fleet.inventory import select
from mongoping.fleet.plan import Plan
from mongoping.fleet.results import Results
from mongoping.fleet.text import Writer
from mongoping.observer import current
from mongoping.output import note_verdict, write_form
from mongoping.record import Record

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Mapping, Sequence

    from mongoping.cli._fleet_anonymous import Hiding
    from mongoping.cli._places import Places
    from mongoping.cli._settings import Output
    from mongoping.fleet.entry import Entry
    from mongoping.fleet.line import Line
    from mongoping.fleet.scheduler import Access
    from mongoping.interpreter.record import Interpreter

PROGRESS_S = 0.1  # between two updates of the live count
CLEAR = "\r\x1b[2K"


def fleet(path: str | None, params: dict[str, Any]) -> int:
    """Run the fleet and return the exit code of the contract."""
    places = split(params)
    options = Options.of("fleet", params)
    entries = _select(_entries(path, params), params["select"])
    plan = _plan(options, params)
    access = access_of(params, plan, entries)
    resumed_run = _ResumedRun(params["resume"], entries, options.output)
    stream = open_output(options.output)
    report = _Report(entries, options.output, stream, params, plan.settings.python)
    with signals.note_only():
        began = time.monotonic()
        resumed_run.replay(report)
        work = _Work(entries, resumed_run.keys, plan, access, params, places)
        report.results.interrupted = _run_to_end(work, report)
        report.results.seconds = time.monotonic() - began
        report.finish()
        if stream is not sys.stdout:
            stream.close()
            tell_written(stream, options.output)
        if report.results.interrupted:
            _tell_interrupted(report.results, options.output)
    return report.exit_code(first=params["exit_code"] == "first")


def _tell_interrupted(results: Results, output: Output) -> None:
    """Say on standard error how far the run came, and how to continue it."""
    from mongoping.escape import printable
    from mongoping.fleet.text import headline

    words = f"Interrupted after {headline(results)}."
    if output.form == "json":
        is_file = output.path not in (None, "-")
        name = printable(str(output.path)) if is_file else "FILE"
        where = "another --output" if is_file else "the file that has these lines as FILE"
        words += f" To continue, run the same command with --resume {name} and {where}."
    click.echo(words, err=True)


def _entries(path: str | None, params: dict[str, Any]) -> list[Entry]:
    """Return the targets of the inventory, which is a file, the configuration, or Atlas."""
    if not params["from_atlas"]:
        if params["atlas_api_url"] is not None:
            raise click.UsageError("--atlas-api-url needs --from-atlas.")
        return read_entries(path, params["config"])
    if path is not None:
        raise click.UsageError(f"Give one inventory: {path} or --from-atlas.")
    from mongoping.cli._fleet_atlas import read_clusters

    return read_clusters(params["config"], params["atlas_api_url"])


def _select(entries: list[Entry], patterns: Sequence[str]) -> list[Entry]:
    try:
        return select(entries, patterns)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


def _plan(options: Options, params: dict[str, Any]) -> Plan:
    """Return the plan. Raises `click.UsageError` if the folder for reports cannot be made."""
    context = click.get_current_context()
    explicit = [name for name in ("timeout", "count") if not _is_default(context, name)]
    module = params["module"]
    if params["from_atlas"] and _is_default(context, "module"):
        module = "hello"  # the strings of Atlas contain no login
    if params["python"] is not None:
        _require_python_use(params, module)
    folder = params["output_dir"]
    if folder is not None and options.output.pseudonyms is not None:
        raise click.UsageError("--output-dir keeps the names: leave it out with --anonymize.")
    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or "the name is not valid"
            raise click.UsageError(f"--output-dir {folder} cannot be made: {reason}.") from None
        folder = os.path.abspath(folder)  # noqa: PTH100 - not resolved
    return Plan(
        options.settings.replace(project_python=None),
        module,
        options.target.overrides,
        tuple(explicit),
        reports=options.output.pseudonyms is not None  # a report has the names to replace
        or (options.output.form == "json" and not params["no_report"]),
        output_dir=folder,
        metrics=options.output.form == "prometheus",
        ip_version=context.meta.get(IP_VERSION),
    )


def _require_python_use(params: dict[str, Any], module: str) -> None:
    """Raise `click.UsageError` if targets cannot be run with the program's Python."""
    if module != "full":
        raise click.UsageError(f"--python needs --module full, not {module}.")
    if params["dask"] is not None:
        raise click.UsageError(
            "--python names a Python of this machine: leave out --dask, or use --from ssh:HOST."
        )
    if not hasattr(os, "fork"):
        raise click.UsageError("fleet --python needs a system that can fork, such as Linux.")


def _is_default(context: click.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is None or source.name in ("DEFAULT", "DEFAULT_MAP")


class _ResumedRun:
    """The results of an interrupted run that are not repeated.

    Attributes:
        keys: the names and places that have a result.
    """

    def __init__(self, path: str | None, entries: Sequence[Entry], output: Output) -> None:
        self._path = path
        self.keys: set[tuple[str, str | None]] = set()
        if path is None:
            return
        target = output.path
        if target is not None and os.path.realpath(path) == os.path.realpath(target):
            raise click.UsageError(
                f"--resume and --output are the same file, {path}: write to another one."
            )
        names = {entry.name for entry in entries}
        self.keys = {line.key for _, line in read_results(path) if line.name in names}

    def replay(self, report: _Report) -> None:
        """Add the results to the report, as far as they are of this inventory."""
        keys: set[tuple[str, str | None]] = set()
        for text, line in read_results(self._path) if self._path is not None else ():
            if line.key in self.keys and line.key not in keys:
                keys.add(line.key)
                report.add(line, text)


class _Report:
    """Everything that is written: lines as they come, the live count, and the result."""

    def __init__(
        self,
        entries: Sequence[Entry],
        output: Output,
        stream: TextIO,
        params: dict[str, Any],
        python: Interpreter | None = None,
    ) -> None:
        self.results = Results()
        self.results.expected = len(entries)
        self.results.python = None if python is None else python.versions
        self._entries = entries
        self._output = output
        self._stream = stream
        self._reports = not params["no_report"]
        self._only_failures = params["only_failures"]
        self._live = Writer(style(output, sys.stderr))
        self._shows_count = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._shown_at = 0.0
        self._kept: list[Line] = []
        self._hiding: Hiding | None = None
        if output.pseudonyms is not None:
            from mongoping.cli._fleet_anonymous import Hiding

            self._hiding = Hiding(entries, output.pseudonyms)
        # the names as they are shown: the widths of others would reveal their lengths
        self._writer = Writer(style(output, stream), max(map(len, self._names()), default=0))

    def _names(self) -> list[str]:
        """Return the names of all targets as they are shown."""
        names = [entry.name for entry in self._entries]
        return names if self._hiding is None else list(map(self._hiding.name, names))

    @property
    def is_lost(self) -> bool:
        """Return whether the output cannot be written any more."""
        return getattr(self._stream, "error", None) is not None

    def add(self, line: Line, text: str | None = None) -> Line:
        """Count a result, write it if the format has a line for each, and return it as shown.

        ``text`` is the JSON line of an earlier run.
        """
        if self._hiding is not None:
            line, text = self._hiding.line(line), text if self._output.form == "text" else None
        self.results.add(line)
        is_failure = line.status in ("fail", "skip")
        if is_failure or not self._only_failures or self._output.form == "nagios":
            self._write(line, text)
        self._show_count()
        return line

    def _write(self, line: Line, text: str | None) -> None:
        if self._output.form == "json":
            self._emit(text if text is not None and self._reports else _json(line, self._reports))
        elif self._output.form == "text":
            if not self._output.quiet and text is None:
                self._emit(self._writer.line(line))
        else:
            self._kept.append(line.replace(report=None))

    def _emit(self, text: str) -> None:
        if self._shows_count and self._stream.isatty():
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
        write_form(self._stream, text, self._output.form)

    def _show_count(self) -> None:
        now = time.monotonic()
        if not self._shows_count or now - self._shown_at < PROGRESS_S:
            return
        self._shown_at = now
        sys.stderr.write(CLEAR + self._live.progress(self.results))
        sys.stderr.flush()

    def finish(self) -> None:
        """Write the result."""
        if self._shows_count:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
        note_verdict(", ".join(f"{n} {status}" for status, n in self.results.counts.items() if n))
        form = self._output.form
        if form == "json":
            self._emit(json.dumps(self.results.summary()) + "\n")
        elif form == "text":
            self._emit(self._writer.result(self.results))
        else:
            from mongoping.fleet import documents

            self._emit(documents.render(form, self._kept, self.results))

    def exit_code(self, *, first: bool) -> int:
        """Return the exit code, which Nagios' convention overrides."""
        if self._output.form == "nagios":
            from mongoping.fleet import documents

            return documents.nagios_exit_code(self._kept, self.results)
        places: list[str | None] = [*self.results.places] or [None]
        order = [(name, place) for name in self._names() for place in places]
        return self.results.exit_code(strict=self._output.strict, order=order if first else None)


def _json(line: Line, reports: bool) -> str:
    from mongoping.escape import harmless_json

    text = json.dumps(line.as_json(report=reports), ensure_ascii=False, allow_nan=False)
    return harmless_json(text) + "\n"


class _Work(Record):
    """The command to run, and where."""

    entries: Sequence[Entry]
    done: Collection[tuple[str, str | None]]
    plan: Plan
    access: Access | None
    given: Mapping[str, Any]
    places: Places | None = None


def _run_to_end(work: _Work, report: _Report) -> bool:
    """Run everything; return whether a signal interrupted the run.

    Raises `click.UsageError` if a cluster cannot be used.
    """
    was_interrupted, problem = run(lambda stop: _run(work, report, stop))
    if problem is not None:
        raise click.UsageError(problem)
    return was_interrupted


async def _run(work: _Work, report: _Report, stop: asyncio.Event) -> tuple[bool, str | None]:
    """Run the targets; return whether a signal interrupted the run, and what is wrong with it."""

    def add(line: Line) -> Line:
        line_text = report.add(line)
        if report.is_lost:
            stop.set()
        return line_text

    def emit(line: Line) -> None:
        add(line)

    problem = None
    if work.access is not None:
        mode = mode_of(dict(work.given))
        entries = work.entries if not mode.spread else _remaining(work)
        problem = await run_on_cluster(
            work.access, mode, entries, work.done, work.plan, emit, report.results, stop
        )
    elif work.places is not None:
        everywhere = everywhere_of(work.places, work.plan, add)
        processes = _processes(work, work.entries)
        await run_everywhere(everywhere, work.entries, work.done, processes, report.results, stop)
    else:
        from mongoping.fleet.processes import run_all

        remaining = _remaining(work)
        await run_all(remaining, work.plan, emit, stop, _processes(work, remaining))
    return signals.was_interrupted() or (stop.is_set() and not report.is_lost), problem


def _processes(work: _Work, entries: Sequence[Entry]) -> int:
    """Return how many processes run targets here."""
    from mongoping.fleet.processes import default_processes

    if current() is not None:  # --trace shows what this process does
        return 1
    return int(work.given["processes"] or default_processes(len(entries)))


def _remaining(work: _Work) -> list[Entry]:
    """Return the targets without any result so far."""
    names = {name for name, _ in work.done}
    return [entry for entry in work.entries if entry.name not in names]
