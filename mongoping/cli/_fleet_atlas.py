"""The inventory of ``fleet --from-atlas``: the clusters that a key of the Atlas API sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mongoping.fleet.entry import Entry, Reference

if TYPE_CHECKING:
    from mongoping.atlas_api.survey import InventoryRow
    from mongoping.observations import AtlasCluster

SOURCE = "Atlas"


def read_clusters(config: str | None, url: str | None) -> list[Entry]:
    """Return the clusters as targets. Raises `click.UsageError` without a key or an answer."""
    from mongoping.cli import _atlas_key
    from mongoping.cli._atlas_list import inventory, need_key
    from mongoping.cli._run import run

    key = need_key(_atlas_key.find(config), "--from-atlas")
    address = _atlas_key.api_url(url)
    rows, notes = run(lambda stop: inventory(key, address, stop))
    if not rows:
        reason = f": {notes[0]}" if notes else ", because the key can see none"
        raise click.UsageError(f"--from-atlas found no cluster{reason}.")
    for note in notes:
        click.echo(f"Note: {note}.", err=True)
    return entries(rows)


def entries(rows: Sequence[InventoryRow]) -> list[Entry]:
    """Return a target for each cluster that has a connection string, with its labels."""
    clusters = [row.cluster for row in rows]
    counts = Counter(_name(cluster) for cluster in clusters)
    entries = []
    for cluster in clusters:
        uri, name = cluster.standard_srv or cluster.standard, _name(cluster)
        if counts[name] > 1:  # projects of two organizations may have the same name
            name = f"{cluster.project_id}/{cluster.name}"
        if uri is not None:
            entries.append(Entry(name, Reference("text", uri), _labels(cluster), SOURCE))
    return entries


def _name(cluster: AtlasCluster) -> str:
    return f"{cluster.project}/{cluster.name}"


def _labels(cluster: AtlasCluster) -> dict[str, str]:
    state = "paused" if cluster.paused else (cluster.state or "").lower()
    labels = {
        "project": cluster.project,
        "project_id": cluster.project_id,
        "cluster": cluster.name,
        "region": cluster.region,
        "tier": cluster.tier,
        "state": state,
    }
    return {name: text for name, text in labels.items() if text}
