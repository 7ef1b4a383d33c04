"""``mongoping atlas --list``: the clusters that the key of the Atlas API can see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mongoping.exit_codes import EXIT_CODES, EXIT_OK

if TYPE_CHECKING:
    import asyncio

    from mongoping.atlas_api.credentials import ApiCredentials
    from mongoping.atlas_api.survey import InventoryRow
    from mongoping.cli._settings import Options

LIST_S = 30.0  # for all requests; an organization with 100 projects takes some 300
FORMS = ("text", "json")
ACCESS_TEXTS = {True: "allowed", False: "not on the access list", None: "access unknown"}


NO_CLUSTERS = {True: "The key can see no cluster.", False: "The clusters could not be listed."}


def print_clusters(key: ApiCredentials | None, url: str, options: Options) -> int:
    """Print the clusters, and return the exit code. Raises `click.UsageError` without a key."""
    from mongoping.cli._run import open_output, run, tell_written
    from mongoping.output import write_form

    api_key = need_key(key, "--list")
    if options.output.form not in FORMS:
        raise click.UsageError(
            f"--list cannot be combined with --format {options.output.form}: use text or json."
        )
    if options.output.pseudonyms is not None:
        raise click.UsageError("--list shows names: leave out --anonymize.")
    rows, notes = run(lambda stop: inventory(api_key, url, stop))
    for note in notes:
        click.echo(f"Note: {note}.", err=True)
    stream = open_output(options.output)
    output_text = (
        as_json(rows) if options.output.form == "json" else as_text(rows, is_known=not notes)
    )
    write_form(stream, output_text, options.output.form)
    if options.output.path not in (None, "-"):
        stream.close()
        tell_written(stream, options.output)
    return EXIT_OK if rows or not notes else EXIT_CODES["client"]


def need_key(key: ApiCredentials | None, option: str) -> ApiCredentials:
    """Return the key of the Atlas API. Raises `click.UsageError` if there is none."""
    if key is None:
        raise click.UsageError(
            f"{option} needs a key of the Atlas API: set MONGODB_ATLAS_PUBLIC_API_KEY and "
            "MONGODB_ATLAS_PRIVATE_API_KEY, or MONGODB_ATLAS_CLIENT_ID and "
            "MONGODB_ATLAS_CLIENT_SECRET."
        )
    return key


async def inventory(
    key: ApiCredentials, url: str, stop: asyncio.Event, seconds: float = LIST_S
) -> tuple[list[InventoryRow], tuple[str, ...]]:
    """Return the clusters, and notes on what could not be read. Raises `click.UsageError`."""
    import asyncio
    from datetime import UTC, datetime

    from mongoping.atlas_api.client import ApiError, AtlasApi
    from mongoping.atlas_api.survey import Survey
    from mongoping.installation import import_problem, install_command

    api = AtlasApi(key, url, seconds)
    survey = Survey(api, datetime.now(UTC), key.project)
    rows: list[InventoryRow] = []
    try:
        async with asyncio.timeout(seconds), api:
            rows = await survey.inventory()
    except TimeoutError:
        survey.note(f"the Atlas API did not answer within {seconds:g} s")
    except ApiError as error:
        survey.note(str(error))
    except ImportError as error:
        problem = import_problem(error, install_command("atlas"))
        raise click.UsageError(f"The Atlas API cannot be asked: {problem}") from None
    return rows, survey.facts.notes


def as_rows(rows: Sequence[InventoryRow]) -> list[dict[str, Any]]:
    """Return the clusters as JSON objects. The strings of Atlas contain no login."""
    return [
        {
            "name": row.cluster.name,
            "project": row.cluster.project,
            "project_id": row.cluster.project_id,
            "state": row.cluster.state,
            "paused": row.cluster.paused,
            "version": row.cluster.version,
            "region": row.cluster.region,
            "tier": row.cluster.tier,
            "uri": row.cluster.standard_srv or row.cluster.standard,
            "private_uris": list(row.cluster.private),
            "allowed": row.allowed,
        }
        for row in rows
    ]


def as_json(rows: Sequence[InventoryRow]) -> str:
    """Return the clusters as one JSON document."""
    return json.dumps({"schema": 1, "clusters": as_rows(rows)}, indent=1) + "\n"


def as_text(rows: Sequence[InventoryRow], *, is_known: bool = True) -> str:
    """Return the clusters by project: name, state, version, access, and the string below.

    Without rows, ``is_known`` says whether the key can see no cluster, or Atlas did not answer.
    """
    from mongoping.escape import printable

    lines: list[str] = []
    project = None
    for row in rows:
        cluster = row.cluster
        if cluster.project_id != project:
            lines += ["", printable(cluster.project)] if lines else [printable(cluster.project)]
            project = cluster.project_id
        state = "paused" if cluster.paused else (cluster.state or "unknown").lower()
        words = (
            state,
            f"MongoDB {cluster.version}" if cluster.version else "",
            cluster.tier or "",
            cluster.region or "",
            ACCESS_TEXTS[row.allowed],
        )
        items_text = ", ".join(printable(word) for word in words if word)
        lines.append(f"  {printable(cluster.name)}  {items_text}")
        if uri := cluster.standard_srv or cluster.standard:
            lines.append(f"    {printable(uri)}")
    return "\n".join(lines or [NO_CLUSTERS[is_known]]) + "\n"
