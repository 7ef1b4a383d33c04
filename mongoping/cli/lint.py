"""``mongoping lint``: check the connection strings in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED

if TYPE_CHECKING:
    from collections import Counter

    from mongoping.lint.record import Result

FORMATS = ("text", "json", "github", "sarif")
MAX_BASELINE = 16 * 1024 * 1024


@click.command("lint", cls=Command, short_help="Check the connection strings in files.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@format_option("Print text, JSON, GitHub annotations or SARIF.", FORMATS)
@click.option("-o", "--output", metavar="FILE", help="Write to this file.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders with this name or path, such as 'tests' or '*.md'.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option(
    "--quiet", "-q", is_flag=True, help="Print problems only, and nothing if there are none."
)
@click.option("--baseline", metavar="FILE", help="Leave out the problems in this file.")
@click.option(
    "--write-baseline", metavar="FILE", help="Write the problems of this run to a file, and exit."
)
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    exclude: tuple[str, ...],
    strict: bool,
    quiet: bool,
    baseline: str | None,
    write_baseline: str | None,
) -> int:
    """Check the connection strings in files, and report file, line and column.

    Reads source code, .env files, YAML, JSON, TOML, properties, notebooks and any other text below
    each PATH, by default the current folder. Applies the rules of mongoping uri, and warns of
    passwords in files that git tracks. A comment `mongoping: ignore` on the line or above it
    silences a string.

    Exits with 10 if any string is invalid.
    """
    from mongoping.lint.check import check

    _require_readable(paths)
    known_problems = _known_problems(baseline)
    outputs = [path for path in (output, baseline, write_baseline) if path not in (None, "-")]
    result = check(paths or (".",), exclude, tuple(map(str, outputs)))
    if write_baseline is not None:
        return _write_baseline(result, write_baseline, quiet=quiet)
    if known_problems is not None:
        from mongoping.lint.baseline import without_known

        problems, count = without_known(result.problems, known_problems)
        result = result.replace(problems=tuple(problems), known=count)
    _write(result, form, output, quiet=quiet)
    return _exit_code(result, strict=strict)


def _require_readable(paths: tuple[str, ...]) -> None:
    """Raise `click.UsageError` for a named path that cannot be read: it would pass unchecked."""
    import os
    import stat

    from mongoping.escape import printable

    for path in paths:
        name = printable(path)
        if not os.access(path, os.F_OK):  # false for a name that is too long, unlike Path
            raise click.UsageError(f"{name} does not exist.")
        if stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116
            raise click.UsageError(f"{name} is a socket, not a file.")
        if not os.access(path, os.R_OK):
            raise click.UsageError(f"{name} cannot be read: Permission denied.")


def _known_problems(path: str | None) -> Counter[str] | None:
    """Return the known problems. Raises `click.UsageError` for a file that is no baseline."""
    if path is None:
        return None
    from mongoping.lint.baseline import load
    from mongoping.smoke.files import InputError, read_file

    try:
        return load(read_file(path, "baseline", limit=MAX_BASELINE))
    except InputError as error:
        raise click.UsageError(str(error)) from None
    except ValueError:
        raise click.UsageError(
            f"{path} is not a baseline: write one with --write-baseline."
        ) from None


def _write_baseline(result: Result, path: str, *, quiet: bool) -> int:
    from mongoping.cli._run import open_report
    from mongoping.lint.baseline import dump
    from mongoping.units import plural

    with open_report(path, f"--write-baseline {path}") as stream:
        stream.write(dump(result.problems))
    if not quiet and getattr(stream, "error", None) is None:
        click.echo(f"Wrote {path} ({plural(len(result.problems), 'problem')}).", err=True)
    return EXIT_OK


def _write(result: Result, form: str, output: str | None, *, quiet: bool) -> None:
    import sys

    from mongoping.cli._run import open_report
    from mongoping.lint import render
    from mongoping.output import write_form

    result_text = (
        render.text(result, quiet=quiet) if form == "text" else render.FORMATS[form](result)
    )
    if output in (None, "-"):
        write_form(sys.stdout, result_text, form)
        return
    with open_report(str(output), f"--output {output}") as stream:
        write_form(stream, result_text, form)
    if not quiet and getattr(stream, "error", None) is None:
        click.echo(f"Wrote {output} ({form}).", err=True)


def _exit_code(result: Result, *, strict: bool) -> int:
    if any(problem.level == "error" for problem in result.problems):
        return EXIT_CODES["uri"]
    return EXIT_UNEXPLAINED if strict and result.problems else EXIT_OK
