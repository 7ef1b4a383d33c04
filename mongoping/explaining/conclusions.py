"""Derive marks from a driver's complete view, which no single word shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mongoping.explaining.hosts import is_node, is_private
from mongoping.explaining.servers import ServerFacts, View
from mongoping.lazy_re import lazy_compile

MEMBERS_OF_A_CLUSTER = 3  # the least that an Atlas cluster has


def conclusions(view: View, folded_names: Sequence[str] = (), text: str = "") -> Iterator[str]:
    """Return the marks of a view, without their brackets.

    ``folded_names`` are servers that are listed without their state; the headline, somewhere in
    ``text``, describes one of them.
    """
    servers = view.servers
    replica_set = bool(view.topology and view.topology.startswith("ReplicaSet"))
    if view.listed and not servers and (replica_set or view.set_name):
        # a set that was met and lost keeps what it was; one that never fitted is forgotten
        yield "servers lost" if view.heard else "servers none"
    elif view.listed and not servers and view.topology == "Unknown":
        yield "servers dropped"  # none of several seeds was of a set or a cluster
    if view.heard and not view.alive and not any(server.answered for server in servers):
        yield "set lost"  # it was met once, and now none of its members answers
    if any(server.type == "RSGhost" for server in servers):
        yield "member RSGhost"
    if servers and all(server.type == "Unknown" and not server.error for server in servers):
        yield "unheard"
    primary = any(server.type in ("RSPrimary", "Mongos", "Standalone") for server in servers)
    if primary and all(server.answered and not server.error for server in servers):
        yield "all answer"
    yield from _marks_of_folded(view, folded_names)
    yield from _primary(servers)
    failed_hosts = [server.host for server in servers if server.error] or folded_names
    if failed_hosts and len(failed_hosts) >= len(servers) and all(map(is_private, failed_hosts)):
        yield "every atlas node is private"
    if view.listed or len(servers) >= MEMBERS_OF_A_CLUSTER:
        yield from _atlas(servers)
    elif folded_names and all(map(is_node, folded_names)):
        if "⟨alert 80⟩" in text:
            yield "every atlas node aborts"
        elif _NAME_IS_GONE.search(text):
            yield "every atlas node is gone"


def _marks_of_folded(view: View, folded_names: Sequence[str]) -> Iterator[str]:
    """Yield the marks of a view without listed servers, which apply to all of them."""
    if not folded_names or view.listed:
        return
    if view.topology == "ReplicaSetWithPrimary" and view.reasonless:
        yield "all answer"
    if view.topology != "ReplicaSetNoPrimary":
        if view.reasonless and not view.answered:
            yield "unheard"
        return
    if view.alive or (view.heard and len(folded_names) > 1):
        yield "no primary"  # some member has answered, or nothing were known of the set
    elif view.answered and view.reasonless and not view.heard:
        yield "member RSGhost"  # it answers, and belongs to no set yet


def _primary(servers: tuple[ServerFacts, ...]) -> Iterator[str]:
    """Yield the marks of a set without a primary: no majority, or only out of reach."""
    alive = [server for server in servers if server.type in ("RSSecondary", "RSArbiter", "RSOther")]
    if not alive or any(server.type == "RSPrimary" for server in servers):
        return
    missing = [server for server in servers if server not in alive]
    if any(_NAME_IS_GONE.search(host.error) for host in missing):
        return  # a name that means nothing here hides a primary that works
    yield "primary missing" if missing and 2 * len(alive) > len(servers) else "no primary"


def _atlas(servers: tuple[ServerFacts, ...]) -> Iterator[str]:
    """Yield the marks of a failure that every node of an Atlas cluster shares."""
    nodes = [server for server in servers if is_node(server.host)]
    if not nodes or len(nodes) < len(servers):
        return
    if all("⟨alert 80⟩" in node.error for node in nodes):
        yield "every atlas node aborts"
    if all(_NAME_IS_GONE.search(node.error) for node in nodes):
        yield "every atlas node is gone"


_NAME_IS_GONE = lazy_compile(
    r"⟨EAI_NO\w{2,5}⟩|ENOTFOUND|no such host|UnknownHost|No such host|resolve"
)
