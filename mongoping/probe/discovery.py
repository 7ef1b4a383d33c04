"""Decide what the driver's discovery of a deployment has found so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mongoping.model import DiscoveryState
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from pymongo.server_description import ServerDescription
    from pymongo.topology_description import TopologyDescription

Address = tuple[str, int | None]

USABLE = frozenset({"Standalone", "RSPrimary", "RSSecondary", "Mongos", "LoadBalancer"})
DIRECT_USABLE = USABLE | {"RSOther", "RSArbiter", "RSGhost"}  # a direct connection accepts any role


def pending(
    topology: TopologyDescription, former: Mapping[Address, ServerDescription | None]
) -> bool:
    """Return whether a member has answered and the topology does not show it yet.

    PyMongo publishes a heartbeat before it updates the topology. ``former`` is what the
    topology held for each member when its heartbeat arrived.
    """
    servers = topology.server_descriptions()
    return any(servers[address] is former.get(address) for address in servers if address in former)


def outcome(
    topology: TopologyDescription, beats: Mapping[str, object], *, is_applied: bool
) -> DiscoveryState | None:
    """Return the discovery state, or None while a server has not answered yet. Pure.

    ``beats`` has an entry for each address that answered or failed; ``is_applied`` states that
    the topology reflects all of them.
    """
    addresses = {str(Host(*address)) for address in topology.server_descriptions()}
    if not is_applied:
        return None
    all_heard = bool(beats) and addresses <= set(beats)
    usable_types = DIRECT_USABLE if topology.topology_type_name == "Single" else USABLE
    usable = any(server.server_type_name in usable_types for server in topology.known_servers)
    if usable and (all_heard or topology.topology_type_name != "ReplicaSetNoPrimary"):
        return "ready"
    if not all_heard:
        return None
    if not addresses:
        return "removed"
    return "no-usable-member" if topology.known_servers else "unreachable"
