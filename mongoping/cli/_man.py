"""``mongoping --man``: the manual page, for installations that `man` does not search."""

from __future__ import annotations

from pathlib import Path

import click


def page() -> Path:
    """Return the path of the manual page, in an installation or in a checkout of the source."""
    package = Path(__file__).parents[1]
    installed_page = package / "data" / "mongoping.1"
    return (
        installed_page
        if installed_page.exists()
        else package.parent / "docs" / "man" / "mongoping.1"
    )


def show(ctx: click.Context) -> None:
    """Print the source of the manual page and exit."""
    try:
        text = page().read_text("utf-8")
    except OSError as error:
        raise click.UsageError(f"{page()} cannot be read: {error.strerror}.") from None
    click.echo(text, nl=False)
    ctx.exit()
