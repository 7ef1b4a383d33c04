"""``mongoping atlas``: a deployment on MongoDB Atlas."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._options import connecting


@click.command("atlas")
@click.argument("uri", required=False)
@connecting
def command(uri: str | None, **given: Any) -> int:
    """Diagnose a deployment on Atlas: TLS, mongodb+srv and the Stable API are expected.

    The Stable API is declared unless --no-stable-api is given, as the connection snippets
    of Atlas do.
    """
    from mongoping.cli._run import diagnose

    return diagnose("atlas", uri, given)
