"""``mongoping diff``: compare two reports of one target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

import click

from mongoping.cli._anonymous import pseudonyms_of
from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._options import anonymizing
from mongoping.escape import harmless_json, printable
from mongoping.exit_codes import EXIT_OK, EXIT_UNEXPLAINED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mongoping.anonymous.pseudonyms import Pseudonyms
    from mongoping.cli._settings import Output
    from mongoping.comparison.results import Result

FORMATS = ("text", "json", "markdown")


@click.command("diff", cls=Command, short_help="Compare two reports of one target.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@format_option("Print text, one JSON object, or Markdown.", FORMATS)
@click.option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of its suffix.")
@click.option("--any-target", is_flag=True, help="Compare reports of targets with other names.")
@click.option("--strict", is_flag=True, help="Exit with 1 also if only warnings differ.")
@click.option("--quiet", "-q", is_flag=True, help="Print one line only.")
@anonymizing
def command(
    first: str,
    second: str,
    form: str,
    output: str | None,
    any_target: bool,
    strict: bool,
    quiet: bool,
    **pseudonyms: Any,
) -> int:
    """Compare two reports of one target, and name the difference that explains the verdict.

    A and B are JSON files from check, atlas, local, smoke or fleet, for example from a laptop and
    from a server, or from before and after a change; - reads one from standard input. Reports of
    several targets are matched by name.

    Exits with 0 if the verdicts are the same, with 1 if they differ, and with 2 if the files cannot
    be compared.
    """
    from mongoping.cli._run import deliver
    from mongoping.cli._settings import Output, form_of

    hiding = pseudonyms_of(pseudonyms)
    output_options = Output(form_of(form, output), output, quiet, False, strict, pseudonyms=hiding)
    result = deliver(
        output_options,
        lambda: _compare(first, second, hiding, any_target=any_target),
        lambda result, stream: _render(result, output_options, stream),
        lambda result: result.headline,
    )
    same = result.same_warnings if strict else result.same
    return EXIT_OK if same else EXIT_UNEXPLAINED


def _compare(first: str, second: str, pseudonyms: Pseudonyms | None, *, any_target: bool) -> Result:
    """Read both files and compare them. Raises `click.UsageError`."""
    from mongoping.comparison.documents import DocumentError, pairs, read
    from mongoping.comparison.results import compare_pairs

    if first == second == "-":
        raise click.UsageError("Only one of the two reports can be read from standard input.")
    names = _labels(first, second)
    change = _changing(pseudonyms)
    try:
        differences = [
            read(_contents(path), path if path != "-" else name, name, change)
            for path, name in zip((first, second), names, strict=True)
        ]
        return compare_pairs(pairs(*differences, any_target=any_target), names)
    except DocumentError as error:
        raise click.UsageError(str(error)) from None


def _changing(pseudonyms: Pseudonyms | None) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return what is done with each report before it is compared."""
    if pseudonyms is None:
        return lambda report: report
    from mongoping.anonymous.reports import anonymized_document

    return lambda report: anonymized_document(report, pseudonyms)


def _labels(first: str, second: str) -> tuple[str, str]:
    """Return what to call the files: their names without folders, if these differ."""
    names = [
        "standard input" if path == "-" else printable(path.replace("\\", "/").rpartition("/")[2])
        for path in (first, second)
    ]
    if names[0] != names[1] and all(names):
        return names[0], names[1]
    return (first, second) if first != second else (first, f"{second} (again)")


def _contents(path: str) -> bytes:
    """Return the contents of a file. Raises `DocumentError`."""
    import sys

    from mongoping.cli._input import read_bytes, reason
    from mongoping.comparison.documents import MAX_BYTES, DocumentError

    try:
        data = (
            sys.stdin.buffer.read(MAX_BYTES + 1) if path == "-" else read_bytes(path, MAX_BYTES + 1)
        )
    except OSError as error:
        raise DocumentError(f"The report {path} cannot be read: {reason(error)}.") from None
    if len(data) > MAX_BYTES:
        raise DocumentError(f"The report {path} is larger than {MAX_BYTES // 1_000_000} MB.")
    return data


def _render(result: Result, output: Output, stream: TextIO) -> str:
    if output.form == "json":
        return harmless_json(json.dumps(result.as_json(), ensure_ascii=False)) + "\n"
    from mongoping.cli._diff_text import markdown, plain
    from mongoping.cli._run import style

    return (markdown if output.form == "markdown" else plain)(result, style(output, stream))
