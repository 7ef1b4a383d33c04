"""Find the cluster that owns a connection string. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mongoping.observations import AtlasCluster
from mongoping.uri.hosts import name_of
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from mongoping.uri.target import Target

SIMILAR = 0.6  # of SequenceMatcher: below it, a name is no likely misspelling


def names_in(string: str | None) -> frozenset[str]:
    """Return the host names in a connection string, in lower case."""
    target = parse(string).target if string else None
    return frozenset(name_of(host) for host in target.hosts) if target is not None else frozenset()


def owner(target: Target, clusters: Iterable[AtlasCluster]) -> tuple[AtlasCluster, bool] | None:
    """Return the cluster of a connection string, and whether the string is a private one.

    A string with several hosts belongs to the cluster that has any of them.
    """
    host_names = {name_of(host) for host in target.hosts}
    for cluster in clusters:
        for string in (cluster.standard_srv, cluster.standard):
            if host_names & names_in(string):
                return cluster, False
        if any(host_names & names_in(string) for string in cluster.private):
            return cluster, True
    return None


def nearest(target: Target, clusters: Iterable[AtlasCluster]) -> str | None:
    """Return the most similar host name of all clusters, or None if none is similar."""
    host_name = name_of(target.hosts[0]) if target.hosts else ""
    best, name = SIMILAR, None
    for cluster in clusters:
        for string in (cluster.standard_srv, *cluster.private):
            for candidate in sorted(names_in(string)):
                score = SequenceMatcher(None, _own_part(host_name), _own_part(candidate)).ratio()
                if score > best:
                    best, name = score, candidate
    return name


def _own_part(name: str) -> str:
    """Return a name without the domain that all clusters share, which would make all similar."""
    return name.removesuffix(".mongodb.net")


def likely_first(target: Target, names_of_project: Iterable[str]) -> bool:
    """Return whether a project has a cluster whose name begins the host name, as Atlas makes it."""
    label = name_of(target.hosts[0]).partition(".")[0] if target.hosts else ""
    return any(label.startswith(name.lower()) for name in names_of_project if name)
