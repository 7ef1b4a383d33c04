"""The connection string that is right, where the given one works by luck, or not at all. Pure.

It is made by changing the redacted text, so that all else stays as the user wrote it, and
no secret can get in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from mongoping.record import Record
from mongoping.uri.options import find
from mongoping.uri.text import userinfo_span

if TYPE_CHECKING:
    from mongoping.model import Evidence
    from mongoping.topology.tree import Node, Tree

BEARERS = ("primary", "secondary", "passive", "recovering", "unknown")
"""Roles of members that belong in a seed list: they know the set, and may serve one day."""

OF_SRV = ("srvMaxHosts", "srvServiceName", "srvAllowedHostsSuffix")
"""Options that mean something in a mongodb+srv:// string alone."""


class Advice(Record):
    """A better connection string, redacted, and why it is better."""

    uri: str
    reasons: tuple[str, ...]


def rewrite(
    text: str,
    *,
    hosts: Sequence[str] = (),
    put: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    scheme: str | None = None,
) -> str:
    """A valid connection string with other hosts or options; all else stays as it is.

    ``put`` replaces options of the same name in place, or adds them at the end.
    """
    head, _, rest = text.partition("://")
    span = userinfo_span(text)
    login = f"{text[span.start : span.end]}@" if span else ""
    rest = rest[len(login) :]
    front, _, query = rest.partition("?")
    old, slash, database = front.partition("/")
    options = _options(query, dict(put or {}), {_name(one) for one in drop})
    seeds = ",".join(_host(host) for host in hosts) or old
    path = f"{slash}{database}" if slash or not options else "/"
    return f"{scheme or head}://{login}{seeds}{path}{'?' if options else ''}{options}"


def _host(host: str) -> str:
    return quote(host, safe="") if host.startswith("/") else host


def _name(option: str) -> str:
    found = find(option)
    return found.name if found else option.lower()


def _options(query: str, put: dict[str, str], drop: set[str]) -> str:
    mark = re.search("[&;]", query)
    separator = mark.group() if mark else "&"
    rows = []
    for chunk in query.split(separator) if query else []:
        name = _name(chunk.partition("=")[0])
        if name in drop:
            continue
        if name in put:
            chunk = f"{name}={_value(put.pop(name))}"
        rows.append(chunk)
    rows += [f"{name}={_value(value)}" for name, value in put.items()]
    return separator.join(rows)


def _value(text: str) -> str:
    return quote(text, safe=":,-_./~")


def without_srv(evidence: Evidence, shown: str) -> str | None:
    """The ``mongodb://`` string that means the same as one with SRV does now, redacted.

    SRV turns TLS on, and its TXT record may give options that the string does not.
    """
    target, srv = evidence.target, evidence.data("srv")
    if target is None or not target.srv or srv is None or not evidence.seeds:
        return None
    own = {_name(name) for name in target.options}
    put = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in srv.txt_options.items()
        if _name(name) not in own
    }
    if "tls" not in own:
        put["tls"] = "true"
    hosts = [str(host) for host in evidence.seeds]
    return rewrite(shown, hosts=hosts, put=put, drop=OF_SRV, scheme="mongodb")


def better(evidence: Evidence, tree: Tree, shown: str) -> Advice | None:
    """What to write instead, where the given string works by luck or not at all; else None."""
    target = evidence.target
    if target is None or not any(node.reachable for node in tree.nodes):
        return None
    if tree.set_name is None:
        return _without_a_set(evidence, tree, shown)
    own = [node for node in tree.nodes if _by_own_name(node)]
    if not own:
        return _direct(evidence, tree, shown)
    if target.srv:
        return _set_name_alone(evidence, tree, shown)
    return _whole_set(evidence, tree, shown)


def _by_own_name(node: Node) -> bool:
    """Whether the name that the set has for a member leads to that member from here."""
    first = node.names[0]
    return bool(first.works) and (first.advertised or node.priority is not None)


def _without_a_set(evidence: Evidence, tree: Tree, shown: str) -> Advice | None:
    """A server of its own, or a mongos: neither belongs to a set that could be named."""
    alone = any(node.role in ("standalone", "mongos") for node in tree.nodes)
    if not alone or evidence.options.get("replicaSet") is None:
        return None
    what = "a mongos" if tree.nodes[0].role == "mongos" else "a server of its own"
    words = f"{tree.nodes[0].host} is {what}, and belongs to no replica set"
    return Advice(rewrite(shown, drop=("replicaSet",)), (words,))


def _direct(evidence: Evidence, tree: Tree, shown: str) -> Advice | None:
    """No name of the set works here: only the seed itself can be used, and by itself."""
    usable = [node for node in tree.nodes if node.reachable]
    node = next((one for one in usable if one.role == "primary"), usable[0])
    seed = node.via or node.host
    if evidence.options.get("directConnection") or evidence.target is None or evidence.target.srv:
        return None
    named = [one for one in tree.nodes if one.names[0].advertised]
    if not named:
        return None
    return Advice(
        rewrite(shown, hosts=[seed], put={"directConnection": "true"}, drop=("replicaSet",)),
        (
            f"{seed} works, and no name that the set {tree.set_name} gives its members works here",
            "directConnection=true keeps to the one server; after an election it may be no primary",
        ),
    )


def _set_name_alone(evidence: Evidence, tree: Tree, shown: str) -> Advice | None:
    """With SRV the names come from the DNS: only the set's name can be wrong in the string."""
    reasons = _set_name(evidence, tree)
    if not reasons or "replicaSet" not in (evidence.target.options if evidence.target else {}):
        return None
    return Advice(rewrite(shown, put={"replicaSet": tree.set_name or ""}), tuple(reasons))


def _set_name(evidence: Evidence, tree: Tree) -> list[str]:
    wanted = evidence.options.get("replicaSet")
    if wanted == tree.set_name:
        return []
    if wanted is None:
        return ["without replicaSet, the driver takes whatever answers there, set or not"]
    if wanted == "":
        return ["replicaSet= has no name"]
    return [f"the set is called {tree.set_name}, not {wanted}"]


def _whole_set(evidence: Evidence, tree: Tree, shown: str) -> Advice | None:
    """All members that bear data, by the set's own names, and the set's own name."""
    members = [
        node
        for node in tree.nodes
        if node.names[0].advertised
        and node.role in BEARERS
        and not node.hidden
        and not node.arbiter
        and not any(one.kind == "unresolvable" for one in node.names[0].marks)
    ]
    hosts = [node.host for node in members]
    reasons = _seeds(evidence, tree, hosts)
    if evidence.options.get("directConnection") and len(hosts) > 1:
        reasons.append(
            "directConnection=true keeps to one member: after an election it may be no primary"
        )
    several = len(hosts) > 1 or evidence.options.get("replicaSet") is not None
    if several and not evidence.options.get("directConnection"):
        reasons += _set_name(evidence, tree)
    if not reasons:
        return None
    uri = rewrite(
        shown,
        hosts=hosts,
        put={"replicaSet": tree.set_name or ""},
        drop=("directConnection",),
    )
    return Advice(uri, tuple(reasons))


def _seeds(evidence: Evidence, tree: Tree, hosts: Sequence[str]) -> list[str]:
    """What is wrong with the seed list, given the members that belong in one."""
    seeds = [str(host) for host in evidence.seeds or ()]
    reasons = []
    if len(seeds) == 1 and len(hosts) > 1 and not evidence.options.get("directConnection"):
        words = f"{seeds[0]} is the only seed: while it is down, no program can start"
        reasons.append(words)
    owners = {name.host: (name, node) for node in tree.nodes for name in node.names}
    for seed in seeds:
        name, node = owners.get(seed, (None, None))
        if name is None or node is None:
            continue
        if any(one.kind == "unresolvable" for one in name.marks):
            reasons.append(f"{seed} does not resolve here")
        elif not name.advertised:
            known = "the set does not know it"
            if node.host != seed:
                known = f"the set calls it {node.host}"
            reasons.append(f"{seed} is no name of the set: {known}")
    return reasons
