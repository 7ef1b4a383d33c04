"""Suggest a better connection string where the given one is fragile or does not work. Pure.

The suggestion edits the redacted text, so everything else stays as the user wrote it and no
secret can leak into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mongoping.observations import observation
from mongoping.record import Record
from mongoping.uri.edit import canonical_name, rewrite

if TYPE_CHECKING:
    from mongoping.model import Evidence
    from mongoping.topology.tree import Node, Tree

SEED_ROLES = ("primary", "secondary", "passive", "recovering", "unknown")
"""Roles of members that belong in a seed list: they know the set and may hold data again."""

SRV_OPTIONS = ("srvMaxHosts", "srvServiceName", "srvAllowedHostsSuffix")
"""Options that are valid only in a mongodb+srv:// string."""


class Advice(Record):
    """A better connection string, redacted, and the reasons for it."""

    uri: str
    reasons: tuple[str, ...]


def without_srv(evidence: Evidence, uri: str) -> str | None:
    """Return the redacted ``mongodb://`` string equivalent to an SRV string, or None without SRV.

    SRV enables TLS by default, and the TXT record may set options that the string omits
    (Initial DNS Seedlist Discovery specification).
    """
    target, srv = evidence.target, observation(evidence, "srv")
    if target is None or not target.srv or srv is None or not evidence.seeds:
        return None
    own = {canonical_name(name) for name in target.options}
    put = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in srv.txt_options.items()
        if canonical_name(name) not in own
    }
    if "tls" not in own:
        put["tls"] = "true"
    hosts = [str(host) for host in evidence.seeds]
    return rewrite(uri, hosts=hosts, put=put, drop=SRV_OPTIONS, scheme="mongodb")


def suggest(evidence: Evidence, tree: Tree, uri: str) -> Advice | None:
    """Return a better connection string, or None if the given one (``uri``, redacted) is good."""
    target = evidence.target
    if target is None or not any(node.reachable for node in tree.nodes):
        return None
    if tree.set_name is None:
        return _drop_set_name(evidence, tree, uri)
    own = [node for node in tree.nodes if _reachable_by_own_name(node)]
    if not own:
        return _connect_directly(evidence, tree, uri)
    if target.srv:
        return _fix_set_name(evidence, tree, uri)
    return _list_all_members(evidence, tree, uri)


def _reachable_by_own_name(node: Node) -> bool:
    """Return whether the member's name in the set's configuration works from here."""
    first = node.names[0]
    return bool(first.works) and (first.advertised or node.priority is not None)


def _drop_set_name(evidence: Evidence, tree: Tree, uri: str) -> Advice | None:
    """Remove ``replicaSet``: neither a standalone server nor a mongos belongs to a set."""
    setless = any(node.role in ("standalone", "mongos") for node in tree.nodes)
    if not setless or evidence.options.get("replicaSet") is None:
        return None
    kind = "a mongos" if tree.nodes[0].role == "mongos" else "a standalone server"
    reason = f"{tree.nodes[0].host} is {kind}, not a member of a replica set"
    return Advice(rewrite(uri, drop=("replicaSet",)), (reason,))


def _connect_directly(evidence: Evidence, tree: Tree, uri: str) -> Advice | None:
    """Connect directly to one server: no member name of the set works from here."""
    reachable = [node for node in tree.nodes if node.reachable]
    node = next((node for node in reachable if node.role == "primary"), reachable[0])
    seed = node.via or node.host
    if evidence.options.get("directConnection") or evidence.target is None or evidence.target.srv:
        return None
    if not any(node.names[0].advertised for node in tree.nodes):
        return None
    return Advice(
        rewrite(uri, hosts=[seed], put={"directConnection": "true"}, drop=("replicaSet",)),
        (
            f"{seed} works, but none of the member names of set {tree.set_name} works from here",
            "with directConnection=true the driver uses only this server, even when an election "
            "has made another one the primary",
        ),
    )


def _fix_set_name(evidence: Evidence, tree: Tree, uri: str) -> Advice | None:
    """Correct ``replicaSet`` in an SRV string; the host names come from DNS."""
    reasons = _set_name_reasons(evidence, tree)
    if not reasons or "replicaSet" not in (evidence.target.options if evidence.target else {}):
        return None
    return Advice(rewrite(uri, put={"replicaSet": tree.set_name or ""}), tuple(reasons))


def _set_name_reasons(evidence: Evidence, tree: Tree) -> list[str]:
    set_name = evidence.options.get("replicaSet")
    if set_name == tree.set_name:
        return []
    if set_name is None:
        return ["without replicaSet, the driver accepts any server there, even one outside the set"]
    if set_name == "":
        return ["replicaSet is empty"]
    return [f"the name of the set is {tree.set_name}, not {set_name}"]


def _list_all_members(evidence: Evidence, tree: Tree, shown_uri: str) -> Advice | None:
    """List all data-bearing members by the set's own names, and the set's name."""
    members = [
        node
        for node in tree.nodes
        if node.names[0].advertised
        and node.role in SEED_ROLES
        and not node.hidden
        and not node.arbiter
        and not any(mark.kind == "unresolvable" for mark in node.names[0].marks)
    ]
    hosts = [node.host for node in members]
    reasons = _seed_reasons(evidence, tree, hosts)
    if evidence.options.get("directConnection") and len(hosts) > 1:
        reasons.append(
            "with directConnection=true the driver uses only one member, even when an election "
            "has made another one the primary"
        )
    several = len(hosts) > 1 or evidence.options.get("replicaSet") is not None
    if several and not evidence.options.get("directConnection"):
        reasons += _set_name_reasons(evidence, tree)
    if not reasons:
        return None
    uri = rewrite(
        shown_uri,
        hosts=hosts,
        put={"replicaSet": tree.set_name or ""},
        drop=("directConnection",),
    )
    return Advice(uri, tuple(reasons))


def _seed_reasons(evidence: Evidence, tree: Tree, hosts: Sequence[str]) -> list[str]:
    """Return what is wrong with the seed list; ``hosts`` are the members that belong in it."""
    seeds = [str(host) for host in evidence.seeds or ()]
    reasons = []
    if len(seeds) == 1 and len(hosts) > 1 and not evidence.options.get("directConnection"):
        reasons.append(f"{seeds[0]} is the only seed: programs cannot connect while it is down")
    owners = {name.host: (name, node) for node in tree.nodes for name in node.names}
    for seed in seeds:
        name, node = owners.get(seed, (None, None))
        if name is None or node is None:
            continue
        if any(mark.kind == "unresolvable" for mark in name.marks):
            reasons.append(f"{seed} does not resolve here")
        elif not name.advertised:
            reason_text = "the set does not list it"
            if node.host != seed:
                reason_text = f"the set lists this member as {node.host}"
            reasons.append(f"{seed} is not a member name of the set: {reason_text}")
    return reasons
