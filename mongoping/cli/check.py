"""``mongoping check``: diagnose any deployment, layer by layer."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._options import connecting


@click.command("check")
@click.argument("uri", required=False)
@connecting
def command(uri: str | None, **given: Any) -> int:
    """Diagnose any deployment, layer by layer.

    URI is a mongodb:// or mongodb+srv:// connection string, or - for standard input.
    Without it, mongoping uses MONGOPING_URI or MONGODB_URI from the environment.
    """
    from mongoping.cli._run import diagnose

    return diagnose("check", uri, given)
