"""``mongoping check``: diagnose any deployment, layer by layer."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._options import connecting
from mongoping.cli._places import options as from_places


@click.command("check", cls=Command)
@click.argument("uri", required=False)
@from_places
@connecting
def command(uri: str | None, **given: Any) -> int:
    """Diagnose any deployment, layer by layer.

    URI is a connection string, an address such as localhost:27017, or - for standard input.
    Without it, mongoping uses MONGOPING_URI, MONGODB_URI, MONGO_URL, MONGO_URI, MONGODB_URL or
    DATABASE_URL from the environment, or from .env in the current folder.
    """
    from mongoping.cli._run import diagnose

    return diagnose("check", uri, given)
