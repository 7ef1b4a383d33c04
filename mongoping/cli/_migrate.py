"""What ``mongoping snippet migrate`` does: read, show, write, and say what is left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mongoping.escape import printable
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.output import write_form
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.migrate.programs import Migrated

MAX_BYTES = 8 * 1024 * 1024  # no program of a person is larger


def migrate_files(files: Sequence[str], *, write: bool, check: bool) -> int:
    """Print the difference for each file; the exit code. Raises `click.UsageError`."""
    try:
        from mongoping.migrate.programs import migrate
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        click.echo(
            "migrate needs libcst, which is not installed. Install it: python -m pip install "
            '"mongoping[migrate]"',
            err=True,
        )
        return EXIT_CODES["client"]
    found = migrate({path: _read(path) for path in files})
    for path, one in found.items():
        write_form(sys.stdout, one.diff(path), "diff")
        _tell(path, one)
    if write:
        for path, one in found.items():
            if one.changed:
                _write(path, one.new)
    _sum_up(list(found.values()), write=write)
    if any(entry.problem for entry in found.values()):
        return EXIT_UNEXPLAINED
    left = any(entry.pending or (entry.changed and not write) for entry in found.values())
    return EXIT_UNEXPLAINED if check and left else EXIT_OK


def _read(path: str) -> str:
    import tokenize

    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise click.UsageError(f"{printable(path)} is too large to be a program.")
        with tokenize.open(path) as file:  # as Python reads it: a comment may name the encoding
            pass
        with Path(path).open(encoding=file.encoding, newline="") as text:
            return text.read()
    except OSError as error:
        raise click.UsageError(f"{printable(path)} cannot be read: {error.strerror}.") from None
    except (SyntaxError, UnicodeDecodeError):
        raise click.UsageError(f"{printable(path)} is not text.") from None


def _write(path: str, text: str) -> None:
    import tokenize

    with tokenize.open(path) as file:
        encoding = file.encoding
    try:
        with Path(path).open("w", encoding=encoding, newline="") as out:
            out.write(text)
    except OSError as error:
        raise click.UsageError(f"{printable(path)} cannot be written: {error.strerror}.") from None


def _tell(path: str, one: Migrated) -> None:
    if one.problem is not None:
        click.echo(f"{printable(path)}: {printable(one.problem)}", err=True)
    for note in one.marks:
        click.echo(f"{printable(path)}:{note.line}: to decide: {printable(note.text)}", err=True)
    for note in one.remarks:
        click.echo(f"{printable(path)}:{note.line}: to check: {printable(note.text)}", err=True)


def _sum_up(found: Sequence[Migrated], *, write: bool) -> None:
    changed = sum(entry.changed for entry in found)
    pending = sum(entry.pending for entry in found)
    verb = "changed" if write else "to change"
    decide = f", {plural(pending, 'mark')} for a person to decide" if pending else ""
    click.echo(f"{plural(changed, 'file')} {verb}{decide}.", err=True)
