"""``mongoping atlas``: diagnose a deployment on MongoDB Atlas."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._options import connecting


@click.command("atlas", cls=Command)
@click.argument("uri", required=False)
@connecting
def command(uri: str | None, **given: Any) -> int:
    """Diagnose a deployment on Atlas, expecting TLS, mongodb+srv and the Stable API.

    Declares the Stable API, as the connection snippets of Atlas do, unless --no-stable-api is
    given.
    """
    from mongoping.cli._run import diagnose

    return diagnose("atlas", uri, given)
