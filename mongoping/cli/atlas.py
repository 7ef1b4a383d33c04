"""``mongoping atlas``: diagnose a deployment on MongoDB Atlas, or list the clusters of a key."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command, Option
from mongoping.cli._options import connecting
from mongoping.cli._places import options as from_places
from mongoping.cli._places import places_of

GROUP = "Atlas API"


@click.command("atlas", cls=Command)
@click.argument("uri", required=False)
@click.option(
    "--list",
    "listing",
    cls=Option,
    group=GROUP,
    is_flag=True,
    help="List the clusters that the key of the Atlas API can see.",
)
@click.option(
    "--atlas-api/--no-atlas-api",
    "asks",
    cls=Option,
    group=GROUP,
    default=True,
    help="Ask the Atlas API if there is a key for it.  [default: ask]",
)
@click.option(
    "--atlas-api-url",
    cls=Option,
    group=GROUP,
    metavar="URL",
    help="Use this API, such as that of Atlas for Government.",
)
@from_places
@connecting
def command(
    uri: str | None, listing: bool, asks: bool, atlas_api_url: str | None, **given: Any
) -> int:
    """Diagnose a deployment on Atlas, expecting TLS, mongodb+srv and the Stable API.

    Declares the Stable API, as the connection snippets of Atlas do, unless --no-stable-api is
    given. With a key of the Atlas API, also reads the state of the cluster, the IP access list and
    the database user from Atlas: see MONGODB_ATLAS_PUBLIC_API_KEY in the documentation.
    """
    from mongoping.cli import _atlas_key
    from mongoping.cli._run import report_on
    from mongoping.cli._settings import Options
    from mongoping.cli._targets import prepare

    places = places_of(given)
    options = Options.of("atlas", given)
    url = _atlas_key.api_url(atlas_api_url)
    key = _atlas_key.find(options.target.config) if asks else None
    if listing:
        from mongoping.cli._atlas_list import print_clusters

        if uri is not None:
            raise click.UsageError("--list shows all clusters of the key: remove the URI.")
        return print_clusters(key, url, options)
    if key is not None:
        options = options.replace(settings=options.settings.replace(atlas_api_url=url))
    return report_on(*prepare(uri, options), atlas=key, places=places)
