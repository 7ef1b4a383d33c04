"""``mongoping explain``: name the cause of a pasted error, or of all errors in a log."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from mongoping.cli import _explain_input as given
from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._wrapping import terminal_width
from mongoping.exit_codes import EXIT_OK, EXIT_UNEXPLAINED
from mongoping.lazy_re import lazy_compile
from mongoping.output import set_form

if TYPE_CHECKING:
    from mongoping.explaining import Explanation
    from mongoping.explaining.log import Summary
    from mongoping.explaining.tally import Group

STDIN = "-"
MAX_PASTE = 256 * 1024  # bytes; more than that on standard input is a log
NO_ERROR = "No line is an error of a MongoDB client or server that shows its cause."
NOT_TEXT = "This is not text, so no error message can be found in it."


_FILE_NAME = lazy_compile(
    r"[^\s:=]{1,250}\.(?:log|txt|out|err|json|gz)(?:\.\w{1,20}){0,2}|(?:\.{0,2}/)[^\s:=]{1,250}"
)


@click.command(
    "explain", cls=Command, short_help="Name the cause and the remedies for a pasted error message."
)
@click.argument("text", nargs=-1, metavar="[TEXT]")
@click.option(
    "--file",
    "path",
    metavar="LOG",
    help="Find the errors in a log (plain or gzip), and group them by cause.",
)
@format_option("Print text, or one JSON object.")
def command(text: tuple[str, ...], path: str | None, form: str) -> int:
    """Name the cause and the remedies for an error message of any driver, without network traffic.

    TEXT is the error as a program printed it: a message, a traceback, a log line. Without TEXT,
    or with -, reads standard input; input of more than 256 KiB is treated as a log. Passwords
    are not repeated.

    Exits with 0 if a cause is named, 1 if the text does not show the cause.
    """
    try:
        return _answer(text, path, form)
    except given.BrokenInput:
        words = "Standard input cannot be decompressed: it is not a complete gzip file."
        raise click.UsageError(words) from None
    except given.NotText:
        from mongoping.explaining import Explanation

        return _show(Explanation(missing=NOT_TEXT), form)


def _answer(text: tuple[str, ...], path: str | None, form: str) -> int:
    """Explain the text from wherever it was given. Raises `given.NotText`."""
    if path is not None:
        if text:
            raise click.UsageError("Give TEXT or --file LOG, not both.")
        return _of_file(path, form)
    if text and text != (STDIN,):
        if not "".join(text).strip():
            raise click.UsageError("The error text is empty.")
        return _of_text(" ".join(text), form)
    if not text and sys.stdin.isatty():
        raise click.UsageError("Give the error text, pipe it in, or name a log with --file LOG.")
    return _of_stream(sys.stdin.buffer, form)


def _of_file(path: str, form: str) -> int:
    """Print the errors of a log file and return the exit code."""
    if path == STDIN:
        return _of_log(given.chunks(sys.stdin.buffer), form)
    try:
        with Path(path).open("rb") as stream:
            if _is_endless(stream):
                raise click.UsageError(f"The log {path} is a device, which may never end.")
            return _of_log(given.chunks(stream), form)
    except OSError as error:
        words = f"The log {path} cannot be read: {error.strerror}."
        raise click.UsageError(words) from None
    except given.BrokenInput:
        words = f"The log {path} cannot be decompressed: it is not a complete gzip file."
        raise click.UsageError(words) from None


def _is_endless(stream: BinaryIO) -> bool:
    """Return whether a stream is a device such as /dev/zero; a terminal ends with Ctrl-D."""
    is_device = stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
    return is_device and not stream.isatty() and stream.name != os.devnull


def _of_stream(stream: BinaryIO, form: str) -> int:
    """Explain standard input: a pasted text, or a log if it is long."""
    head = stream.read(MAX_PASTE + 1)
    if len(head) > MAX_PASTE or head.startswith(given.GZIP):
        return _of_log(given.chunks(stream, head), form)
    text = "".join(given.text([head]))
    if not text.strip():
        raise click.UsageError("Standard input is empty: pipe the error text in.")
    return _of_text(text, form)


def _of_text(text: str, form: str) -> int:
    from mongoping.explaining import explain

    explanation = explain(text)
    name = text.strip()
    if explanation.cause is None and _FILE_NAME.fullmatch(name):
        explanation = explanation.replace(
            missing=f"That looks like the name of a file. Read it with --file {name}."
        )
    return _show(explanation, form)


def _show(answer: Explanation, form: str) -> int:
    """Print one explanation and return the exit code."""
    if form == "json":
        _echo(_as_text(as_json(answer)))
    else:
        from mongoping.cli import _explain_text

        _echo(_explain_text.render(answer, terminal_width()))
    return EXIT_UNEXPLAINED if answer.cause is None else EXIT_OK


def _of_log(chunks: Iterator[bytes], form: str) -> int:
    bounds = given.Bounds()
    summary = _summary(given.text(chunks, bounds))
    note = " ".join(_notes(bounds, summary)) or None
    if form == "json":
        document = log_as_json(summary)
        words = " ".join(filter(None, (note, document["missing"])))
        _echo(_as_text({**document, "missing": words or None}))
    else:
        from mongoping.cli import _explain_text

        _echo(_explain_text.render_log(summary, terminal_width(), note))
    has_cause = any(group.explanation.cause for group in summary.groups)
    return EXIT_OK if has_cause else EXIT_UNEXPLAINED


def _notes(bounds: given.Bounds, summary: Summary) -> Iterator[str]:
    """Yield a sentence for each bound that was reached."""
    if bounds.stopped:
        yield f"Only {bounds.stopped} was read."
    if summary.unread:
        yield (
            f"{summary.unread:,} records that may be errors were not explained, because this log "
            "has too many different ones."
        )


def _summary(pieces: Iterator[str]) -> Summary:
    """Return the errors of a log, or the one of a short file."""
    from mongoping.explaining import log, records, short

    head = ""
    for piece in pieces:
        head += piece
        if len(head) > short.MAX_CHARS:
            return log.read_log(records.lines(chain((head,), pieces)))
    return short.read_short(head)


def _as_text(document: dict[str, Any]) -> str:
    import json

    set_form(sys.stdout, "json")
    return json.dumps(document)


def as_json(answer: Explanation) -> dict[str, Any]:
    """Return one explanation as a JSON object, with only the documented fields."""
    return {
        "cause": answer.cause,
        "confidence": answer.confidence,
        "alternatives": list(answer.alternatives),
        "title": answer.title,
        "remedies": [remedy.as_json() for remedy in answer.remedies],
        "client": answer.client,
        "host": answer.host,
        "missing": answer.missing,
    }


def log_as_json(summary: Summary) -> dict[str, Any]:
    """Return the errors of a log as an object: the most frequent cause, and every group."""
    from mongoping.explaining import Explanation

    every = [group.explanation for group in summary.groups]
    explanations = [explanation for explanation in every if explanation.cause]
    first = (*explanations, *every, Explanation(missing=NO_ERROR))[0]
    groups = [_group_as_json(group) for group in summary.groups]
    return {**as_json(first), "lines": summary.lines, "errors": summary.errors, "groups": groups}


def _group_as_json(group: Group) -> dict[str, Any]:
    return {
        **as_json(group.explanation),
        "host": group.hosts[0] if len(group.hosts) == 1 else None,
        "hosts": list(group.hosts),
        "count": group.count,
        "line": group.line,
        "first": group.first,
        "follows": group.follows,
        "resolved": group.resolved,
        "resolved_after_s": group.seconds,
        "last": group.last,
    }


def _echo(text: str) -> None:
    """Print, with colors if the environment wants them."""
    from mongoping.cli._display import uses_color

    click.echo(text, color=uses_color(sys.stdout))
