"""``mongoping compat``: show which versions work together."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping.cli._help import Command
from mongoping.cli._wrapping import (
    SHOW_CAUSE,
    aligned,
    field_lines,
    mark,
    remedy_fields,
    terminal_width,
    wrapped,
)
from mongoping.columns import INDENT
from mongoping.compat import rules as compat
from mongoping.compat.facts import Range, ranges
from mongoping.compat.versions import release
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.model import Remedy
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.cli._wrapping import Field

Function = TypeVar("Function", bound="Callable[..., Any]")
SCHEMA = 2
CHECK_ONE = Remedy("Check one:", command="mongoping compat --server VERSION")


def _version(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return a version without spaces and leading v. Raises `click.BadParameter`."""
    if value is None:
        return None
    try:
        release(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it like 8.0 or 4.20.1.") from None
    text = value.strip()
    return text[1:] if text[0] in "vV" else text


def _option(name: str, words: str) -> Callable[[Function], Function]:
    return click.option(name, metavar="VERSION", callback=_version, help=words)


@click.command("compat", cls=Command)
@_option("--server", "Check this version of MongoDB.")
@_option("--pymongo", "Check this version of PyMongo instead of the installed one.")
@_option("--python", "Check this version of Python instead of the running one.")
@_option("--motor", "Check this version of Motor instead of the installed one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Print text or JSON.",
)
def command(form: str, **stated: str | None) -> int:
    """Show whether these versions of Python, PyMongo, Motor and MongoDB work together.

    Defaults to the installed versions. Exits with 19 if the combination cannot work, and with 0
    if it can, even with warnings.
    """
    versions = _versions(stated)
    rows = compat.check(
        datetime.now(UTC).date(), implementation=_implementation(stated), **versions
    )
    if form == "json":
        write_form(sys.stdout, _json(versions, rows) + "\n", "json")
    else:
        from mongoping.cli._display import colored

        general = not any(stated.values())
        click.echo(_text(versions, rows, general=general), color=colored(sys.stdout))
    return EXIT_CODES["compat"] if compat.worst(rows) == "fail" else EXIT_OK


def _versions(stated: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the versions to compare: as stated, else as installed here."""
    from mongoping.checks.compat import driver_version, installed

    return {
        "server": stated["server"],
        "pymongo": stated["pymongo"] or driver_version(),
        "python": stated["python"] or ".".join(map(str, sys.version_info[:3])),
        "motor": stated["motor"] or installed("motor", "motor"),
        # a different PyMongo comes with a different dnspython
        "dnspython": None if stated["pymongo"] else installed("dns", "dnspython"),
    }


def _implementation(stated: Mapping[str, str | None]) -> str:
    pypy = sys.implementation.name == "pypy" and not stated["python"]
    return "PyPy" if pypy else "CPython"


def _json(versions: Mapping[str, str | None], rows: Sequence[compat.Row]) -> str:
    return json.dumps(
        {
            "schema": SCHEMA,
            "status": compat.worst(rows),
            "versions": versions,
            "rows": [_row_as_json(row) for row in rows],
            "pymongo": [span._asdict() for span in ranges()],
        },
        indent=1,
    )


def _row_as_json(row: compat.Row) -> dict[str, Any]:
    remedies = [row.remedy.as_json()] if row.remedy else []
    kept = {name: value for name, value in vars(row).items() if name != "remedy"}
    return {**kept, "remedies": remedies}


def _text(versions: Mapping[str, str | None], rows: Sequence[compat.Row], *, general: bool) -> str:
    missing = versions["pymongo"] is None
    lines = ["PyMongo is not installed in this Python.", ""] if missing else []
    columns = terminal_width()
    lines += _rows(rows, columns)
    if general:
        heads = ("PyMongo", "MongoDB", "Python", "async API")
        table = [(_span(row.first, row.last), *_cells(row)) for row in ranges()]
        lines += ["", *(line for row in aligned([heads, *table], columns) for line in row), ""]
        lines += wrapped("Newer servers also work, except for their new features.", columns)
        lines += field_lines([("", CHECK_ONE)], columns)
    elif any(row.cause for row in rows):
        lines += ["", *field_lines([("", SHOW_CAUSE)], columns)]
    return "\n".join(lines)


def _rows(rows: Sequence[compat.Row], columns: int) -> list[str]:
    """Return the lines of each row, with its remedy and its cause if it has them."""
    lines = []
    table = aligned([(row.subject, row.version, row.words) for row in rows], columns, INDENT)
    for row, (first, *rest) in zip(rows, table, strict=True):
        lines += [f"{mark(row.status)} {first[INDENT:]}", *rest]
        fields: list[Field] = []
        if row.remedy and row.status != "ok":
            fields += remedy_fields([row.remedy])
        if row.cause:
            fields.append(("Cause", row.cause))
        lines += field_lines(fields, columns)
    return lines


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} - {last}"


def _cells(span: Range) -> tuple[str, str, str]:
    return " - ".join(span.servers), span.python or "unknown", span.async_api
