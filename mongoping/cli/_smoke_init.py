"""``mongoping smoke --init``: write a commented configuration file to start with."""

from __future__ import annotations

import os
import sys

import click

from mongoping.exit_codes import EXIT_OK

EXAMPLE = "mongodb://localhost:27017"


def initialize(path: str | None) -> int:
    """Write the file. Raises `click.UsageError` if it exists or cannot be written."""
    from mongoping.cli._files import create
    from mongoping.smoke.template import template

    name = path or "mongoping.toml"
    try:
        create(name, template().encode())
    except FileExistsError:
        raise click.UsageError(f"{name} already exists and was not changed.") from None
    except OSError as error:
        raise click.UsageError(f"{name} cannot be written: {error.strerror}.") from None
    click.echo(f"{name} written. Show what it would check: {_dry_run(path)}", err=True)
    return EXIT_OK


def _dry_run(path: str | None) -> str:
    """Return a command that works when pasted, also if MONGODB_URI is not set yet."""
    from mongoping.shell import quote

    variable = "" if os.environ.get("MONGODB_URI", "").strip() else f"MONGODB_URI={EXAMPLE} "
    if variable and sys.platform == "win32":
        variable = f'$env:MONGODB_URI = "{EXAMPLE}"; '
    option = "" if path is None else f"--config {quote(path)} "
    return f"{variable}mongoping smoke {option}--dry-run"
