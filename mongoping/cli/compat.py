"""``mongoping compat``: show which versions work together."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._wrapping import (
    align_rows,
    field_lines,
    mark,
    remedy_fields,
    show_cause,
    terminal_width,
    wrap_lines,
)
from mongoping.columns import INDENT
from mongoping.compat import rules as compat
from mongoping.compat.facts import Range, ranges
from mongoping.compat.versions import release
from mongoping.escape import printable
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.model import Remedy, for_python
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.cli._wrapping import Field
    from mongoping.interpreter.record import Interpreter

Function = TypeVar("Function", bound="Callable[..., Any]")
SCHEMA = 2
CHECK_SERVER = Remedy(
    "Check the version of your server, for example:", command="mongoping compat --server 8.0"
)


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


def _python(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return a version, or a path as it was given. Raises `click.BadParameter`."""
    is_version = value is None or value.strip().lstrip("vV")[:1].isdigit()
    return _version(ctx, param, value) if is_version else value


def _option(name: str, words: str) -> Callable[[Function], Function]:
    return click.option(name, metavar="VERSION", callback=_version, help=words)


@click.command("compat", cls=Command)
@_option("--server", "Check this version of MongoDB.")
@_option("--pymongo", "Check this version of PyMongo instead of the installed one.")
@click.option(
    "--python",
    metavar="VERSION|PATH",
    callback=_python,
    help="Check this version of Python, or the packages of the Python at this path; auto finds the "
    "project's.",
)
@_option("--motor", "Check this version of Motor instead of the installed one.")
@format_option("Print text or JSON.")
def command(form: str, **stated: str | None) -> int:
    """Show whether these versions of Python, PyMongo, Motor and MongoDB work together.

    Defaults to the versions that mongoping itself uses; --python PATH looks into the Python that
    runs your program. Exits with 19 if the combination cannot work, and with 0 if it can, even
    with warnings.
    """
    other = _interpreter(stated)
    versions = _versions(stated) if other is None else _versions_of(other, stated)
    implementation = _implementation(stated) if other is None else other.kind
    rows = compat.check(datetime.now(UTC).date(), implementation=implementation, **versions)
    unlisted_row = compat.not_in_table(versions["pymongo"]) if versions["pymongo"] else None
    rows = (unlisted_row, *rows) if unlisted_row else rows
    rows = tuple(
        row.replace(remedy=for_python(row.remedy, other)) if row.remedy else row for row in rows
    )
    if form == "json":
        write_form(sys.stdout, _json(versions, rows, other) + "\n", "json")
    else:
        from mongoping.cli._display import uses_color

        general = not any(stated.values())
        text = _text(versions, rows, general=general)
        if other is not None:
            text = f"{_about(other)}\n{text}"
        elif not any(stated.values()):
            text += _hint()
        click.echo(text, color=uses_color(sys.stdout))
    return EXIT_CODES["compat"] if compat.worst(rows) == "fail" else EXIT_OK


def _versions(versions: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the versions to compare: as stated, else as installed here."""
    from mongoping.checks.compat import driver_version, installed_version

    return {
        "server": versions["server"],
        "pymongo": versions["pymongo"] or driver_version(),
        "python": versions["python"] or ".".join(map(str, sys.version_info[:3])),
        "motor": versions["motor"] or installed_version("motor", "motor"),
        # a different PyMongo comes with a different dnspython
        "dnspython": None if versions["pymongo"] else installed_version("dns", "dnspython"),
    }


def _interpreter(versions: Mapping[str, str | None]) -> Interpreter | None:
    """Return the other Python that ``--python`` names. Raises `click.UsageError`."""
    value = versions["python"]
    if value is None or value[:1].isdigit():
        return None
    from mongoping.cli._python import interpreter_named

    return interpreter_named(value, with_pymongo=versions["pymongo"] is None)


def _versions_of(other: Interpreter, versions: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the versions to compare: as stated, else as the other Python has them."""
    packages = other.packages
    return {
        "server": versions["server"],
        "pymongo": versions["pymongo"] or packages["pymongo"],
        "python": other.version,
        "motor": versions["motor"] or packages["motor"],
        "dnspython": None if versions["pymongo"] else packages["dnspython"],
    }


def _about(other: Interpreter) -> str:
    """Return the lines about another Python: where it is, what it has, and what it trusts."""
    how = "" if other.found_by == "--python" else f", from {other.found_by}"
    packages = [f"{name} {version}" for name, version in other.packages.items() if version]
    lines = [f"Python at {other.path}{how}", f"  has    {', '.join(packages) or 'no packages'}"]
    lines.append(f"  TLS    {other.openssl or 'none: this Python has no module ssl'}")
    if other.openssl:
        count = "" if other.store_count is None else f" ({other.store_count} CAs)"
        lines.append(f"  trust  {other.trust_store}{count}")
    if other.certifi_file:
        lines.append(f"  trust  {other.certifi_file} (certifi {other.packages['certifi']})")
    return printable("\n".join(lines), newlines=True) + "\n"


def _hint() -> str:
    """Return how to look into the project's own Python, if it is not this one."""
    from mongoping.interpreter.locate import find_other

    if find_other(os.environ, Path.cwd()) is None:
        return ""
    line = Remedy("For the Python of this project:", command="mongoping compat --python auto")
    return "\n" + "\n".join(field_lines([("", line)], terminal_width()))


def _implementation(versions: Mapping[str, str | None]) -> str:
    pypy = sys.implementation.name == "pypy" and not versions["python"]
    return "PyPy" if pypy else "CPython"


def _json(
    versions: Mapping[str, str | None], rows: Sequence[compat.Row], other: Interpreter | None
) -> str:
    return json.dumps(
        {
            "schema": SCHEMA,
            "status": compat.worst(rows),
            "versions": versions,
            "interpreter": _interpreter_as_json(other),
            "rows": [_row_as_json(row) for row in rows],
            "pymongo": [span._asdict() for span in ranges()],
        },
        indent=1,
    )


def _interpreter_as_json(other: Interpreter | None) -> dict[str, Any] | None:
    return None if other is None else {**vars(other), "packages": dict(other.packages)}


def _row_as_json(row: compat.Row) -> dict[str, Any]:
    remedies = [row.remedy.as_json()] if row.remedy else []
    fields = {name: value for name, value in vars(row).items() if name != "remedy"}
    return {**fields, "remedies": remedies}


def _text(versions: Mapping[str, str | None], rows: Sequence[compat.Row], *, general: bool) -> str:
    missing = versions["pymongo"] is None
    lines = ["PyMongo is not installed in this Python.", ""] if missing else []
    columns = terminal_width()
    lines += _rows(rows, columns)
    if general:
        heads = ("PyMongo", "MongoDB", "Python", "async API")
        table = [(_span(row.first, row.last), *_cells(row)) for row in ranges()]
        lines += ["", *(line for row in align_rows([heads, *table], columns) for line in row), ""]
        lines += wrap_lines("Newer servers also work, except for their new features.", columns)
        lines += field_lines([("", CHECK_SERVER)], columns)
    elif causes := [row.cause for row in rows if row.cause]:
        lines += ["", *field_lines([("", show_cause(causes))], columns)]
    return "\n".join(lines)


def _rows(rows: Sequence[compat.Row], columns: int) -> list[str]:
    """Return the lines of each row, with its remedy and its cause if it has them."""
    lines: list[str] = []
    if not rows:
        return lines
    table = align_rows([(row.subject, row.version, row.words) for row in rows], columns, INDENT)
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
