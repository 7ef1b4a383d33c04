"""``mongoping smoke --init``: write a commented configuration file to start with."""

from __future__ import annotations

from pathlib import Path

import click

from mongoping.exit_codes import EXIT_OK


def initialize(path: str | None) -> int:
    """Write the file. Raises `click.UsageError` if it exists or cannot be written."""
    from mongoping.smoke.template import template

    name = path or "mongoping.toml"
    try:
        with Path(name).open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise click.UsageError(f"{name} already exists and was not changed.") from None
    except OSError as error:
        raise click.UsageError(f"{name} cannot be written: {error.strerror}.") from None
    click.echo(f"{name} written. Test it with: mongoping smoke --dry-run", err=True)
    return EXIT_OK
