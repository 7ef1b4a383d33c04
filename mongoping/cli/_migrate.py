"""Convert files for ``mongoping snippet migrate``, and report what is left to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mongoping.cli._files import overwrite
from mongoping.escape import printable
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.installation import import_problem, install_command
from mongoping.output import write_form
from mongoping.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.migrate.programs import Migration

MAX_BYTES = 8 * 1024 * 1024  # bytes; no program written by hand is larger


def migrate_files(files: Sequence[str], *, write: bool, check: bool) -> int:
    """Print a diff for each file and return the exit code. Raises `click.UsageError`."""
    try:
        from mongoping.migrate.programs import migrate
    except ImportError as error:
        if not (error.name or "").startswith("libcst"):
            raise
        click.echo(f"Error: {import_problem(error, install_command('migrate'))}", err=True)
        return EXIT_CODES["client"]
    migrations = migrate({path: _read(path) for path in files})
    for path, migration in migrations.items():
        write_form(sys.stdout, migration.diff(path), "diff")
        _report_notes(path, migration)
    if write:
        for path, migration in migrations.items():
            if migration.changed:
                _write(path, migration.new)
    _sum_up(list(migrations.values()), write=write)
    if any(file.problem for file in migrations.values()):
        return EXIT_UNEXPLAINED
    has_unwritten_changes = any(
        file.pending or (file.changed and not write) for file in migrations.values()
    )
    return EXIT_UNEXPLAINED if check and has_unwritten_changes else EXIT_OK


def _read(path: str) -> str:
    import tokenize

    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise click.UsageError(f"{printable(path)} is too large to be a program.")
        with tokenize.open(path) as file:  # detects the encoding from a coding comment, like Python
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
        overwrite(path, text.encode(encoding))
    except OSError as error:
        words = f"{printable(path)} cannot be written: {error.strerror}. It was not changed."
        raise click.UsageError(words) from None


def _report_notes(path: str, migration: Migration) -> None:
    if migration.problem is not None:
        click.echo(f"{printable(path)}: {printable(migration.problem)}", err=True)
    for note in migration.marks:
        click.echo(f"{printable(path)}:{note.line}: to decide: {printable(note.text)}", err=True)
    for note in migration.remarks:
        click.echo(f"{printable(path)}:{note.line}: to check: {printable(note.text)}", err=True)


def _sum_up(migrations: Sequence[Migration], *, write: bool) -> None:
    changes = sum(file.changed for file in migrations)
    pending = sum(file.pending for file in migrations)
    verb = "changed" if write else "to change"
    decide = f", {plural(pending, 'place')} for you to decide" if pending else ""
    click.echo(f"{plural(changes, 'file')} {verb}{decide}.", err=True)
