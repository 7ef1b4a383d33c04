"""Build the tree from evidence: every member once, with all its names and their problems.

Pure. A member is identified by its name in the set's configuration. A seed that reaches it
under another name (through a tunnel or a container's published port) is an alias of that
member, not another member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.model import CheckName, Evidence, Failure
from mongoping.observations import observation
from mongoping.probe.replset import MemberConfig, MemberState, address
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.record import NOTHING, Record
from mongoping.topology.config import Visit
from mongoping.topology.index import EvidenceIndex

if TYPE_CHECKING:
    from mongoping.observations import HelloFacts, ServerFacts

HOSTNAME_MISMATCH, ADDRESS_MISMATCH = 62, 64  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
LAYERS: Mapping[CheckName, str] = {
    "addresses": "dns",
    "tcp": "tcp",
    "tls": "tls",
    "hello": "hello",
}
LAGGING = ("secondary", "passive", "hidden", "delayed", "recovering")


class Mark(Record):
    """A problem with a name.

    Attributes:
        kind: For programs: unresolvable, refused, silent, unreachable, certificate, tls,
            hello, me-differs, other-set or not-advertised.
        text: The problem as a phrase.
    """

    kind: str
    text: str


class Name(Record):
    """One name of a member.

    Attributes:
        seed: The name is in the seed list.
        advertised: A hello reply lists the name.
        led_by: The hosts whose hello replies list it, seeds first.
        works: Whether a server answered at this name; None if it was not tried.
    """

    host: str
    seed: bool = False
    advertised: bool = False
    led_by: tuple[str, ...] = ()
    works: bool | None = None
    marks: tuple[Mark, ...] = ()


class Node(Record):
    """One member; unknown values are None.

    Attributes:
        role: primary, secondary, passive, hidden, delayed, arbiter, recovering,
            uninitialized, standalone, mongos, load-balancer or unknown.
        via: The name it was reached by, if that is not its name in the set.
        last_write: Seconds since the epoch.
        genuine: Whether its replies fit the MongoDB version that it states.
        wire: The lowest and highest wire version.
        days_left: How many days its certificate remains valid.
        state: Its state in the status reported by another member.
        error: Why it could not be reached.
    """

    host: str
    role: str = "unknown"
    reachable: bool = False
    names: tuple[Name, ...] = ()
    via: str | None = None
    rtt_ms: float | None = None
    driver_rtt_ms: float | None = None
    lag_s: float | None = None
    last_write: float | None = None
    version: str | None = None
    genuine: bool | None = None
    wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    priority: float | None = None
    votes: int | None = None
    hidden: bool | None = None
    arbiter: bool = False
    delay_s: float | None = None
    days_left: float | None = None
    family: str | None = None
    address: str | None = None
    state: str | None = None
    set_name: str | None = None
    driver_role: str = "unknown"
    error: str | None = None


class Tree(Record):
    """The deployment; ``type`` is one of PyMongo's topology type names."""

    type: str
    set_name: str | None
    nodes: tuple[Node, ...]
    notes: tuple[str, ...] = ()


def build(evidence: Evidence) -> Tree:
    """Build the tree of all members that were contacted, advertised or configured."""
    index = EvidenceIndex(evidence)
    nodes = [_build_node(host, index) for host in index.members]
    writes = [node.last_write for node in nodes if node.role == "primary" and node.last_write]
    writes = writes or [node.last_write for node in nodes if node.last_write]
    newest = max(writes, default=None)
    return Tree(
        type=index.driver.type if index.driver else "Unknown",
        set_name=index.set_name,
        nodes=tuple(node.replace(lag_s=_lag(node, newest)) for node in nodes),
        notes=_notes(index),
    )


def _lag(node: Node, newest: float | None) -> float | None:
    if node.role not in LAGGING or node.last_write is None or newest is None:
        return None
    return max(newest - node.last_write, 0.0)


def _notes(index: EvidenceIndex) -> tuple[str, ...]:
    notes = list(index.config.notes)
    if index.config.members or not index.set_name:
        return tuple(notes)
    return (*notes, "priorities, votes, hidden and delayed members are not shown")


def _build_node(host: str, index: EvidenceIndex) -> Node:
    aliases = [host, *(alias for alias, member in index.aliases.items() if member == host)]
    via = next((alias for alias in aliases if alias in index.hellos), None)
    hello = index.hellos.get(via) if via else None
    setting, state = index.setting(host), index.state(host)
    server = next((index.servers[alias] for alias in aliases if alias in index.servers), None)
    names = tuple(_build_name(alias, index) for alias in aliases)
    node = Node(
        host=host,
        role=_role(hello, server, setting, host, index),
        reachable=hello is not None,
        names=names,
        via=via if via != host else None,
        tags=_tags(hello, setting),
        set_name=hello.set_name if hello else None,
        state=state.state if state else None,
        driver_rtt_ms=server.rtt_ms if server else None,
        driver_role=DRIVER_ROLES.get(server.type, "unknown") if server else "unknown",
        last_write=_last_write(hello, state),
        arbiter=host in index.arbiters or bool(setting is not None and setting.arbiter),
        error=None if hello else _error(names, server, state),
    )
    if hello is not None:
        wire = (hello.min_wire, hello.max_wire)
        rtt = index.config.rtts.get(via or host, hello.rtt_ms)
        node = node.replace(rtt_ms=rtt, version=hello.version, genuine=hello.genuine, wire=wire)
    if setting is not None:
        node = node.replace(
            priority=setting.priority,
            votes=setting.votes,
            hidden=setting.hidden,
            delay_s=setting.delay_s,
        )
    elif hello is not None:
        node = node.replace(hidden=hello.hidden)
    return node.replace(**_network_facts(via or host, index))


def _role(
    hello: HelloFacts | None,
    server: ServerFacts | None,
    setting: MemberConfig | None,
    host: str,
    index: EvidenceIndex,
) -> str:
    if hello is None:
        return DRIVER_ROLES.get(server.type, "unknown") if server else "unknown"
    if server is not None and server.type == "LoadBalancer":
        return DRIVER_ROLES[server.type]  # its hello is that of a mongos behind it
    if hello.role not in ("secondary", "hidden"):
        return hello.role
    if setting is not None and setting.delay_s > 0:
        return "delayed"
    if hello.role == "hidden":
        return "hidden"
    return "passive" if host in index.passives else "secondary"


def _tags(hello: HelloFacts | None, setting: MemberConfig | None) -> dict[str, str]:
    if hello is not None and hello.tags:
        return dict(hello.tags)
    return dict(setting.tags) if setting is not None else {}


def _last_write(hello: HelloFacts | None, state: MemberState | None) -> float | None:
    """Return the time of the last write in seconds since the epoch.

    The member's own hello has it; for an unreachable one, the set's status may.
    """
    if hello is not None and hello.last_write is not None:
        return hello.last_write.timestamp()
    if hello is None and state is not None and state.optime is not None and state.healthy:
        return state.optime.timestamp()
    return None


def _network_facts(host: str, index: EvidenceIndex) -> dict[str, Any]:
    """Return the address and family used to reach the member, and its certificate's validity."""
    visit = index.config.visits.get(host)
    if visit is not None:
        return {"family": visit.family, "address": visit.address, "days_left": visit.days_left}
    tcp, tls = observation(index.evidence, "tcp", host), observation(index.evidence, "tls", host)
    attempts = tcp.attempts if tcp else ()
    connected = next((attempt for attempt in attempts if tcp and attempt.address == tcp.used), None)
    return {
        "family": connected.family if connected else None,
        "address": connected.address if connected else None,
        "days_left": tls.days_left if tls else None,
    }


def _error(
    names: Iterable[Name], server: ServerFacts | None, state: MemberState | None
) -> str | None:
    marks = [mark.text for name in names for mark in name.marks]
    if marks:
        return marks[0]
    if server is not None and server.error:
        return server.error
    return state.message if state else None


def _build_name(host: str, index: EvidenceIndex) -> Name:
    """Return a name with the hosts that advertise it, and its problems."""
    seed = host in index.evidence.seed_names
    advertisers = [other for other in index.advertised.get(host, ()) if other != host]
    advertisers.sort(key=lambda other: other not in index.evidence.seed_names)  # seeds first
    is_advertised = host in index.advertised
    marks, works = _find_failure(host, index)
    hello = index.hellos.get(host)
    if hello is not None:
        marks += _find_disagreements(host, hello, index)
    if seed and index.advertised and not is_advertised and host not in index.aliases:
        marks.append(Mark("not-advertised", "not in the set's member list"))
    return Name(host, seed, is_advertised, tuple(advertisers), works, tuple(marks))


def _find_failure(host: str, index: EvidenceIndex) -> tuple[list[Mark], bool | None]:
    """Return a mark for why no server answers at the name, and whether one does."""
    if host in index.hellos:
        return [], True
    visit = index.config.visits.get(host)
    if visit is not None:
        return _visit_marks(visit), False
    for check, layer in LAYERS.items():
        failure = index.evidence.failure(check, host)
        if failure is not None:
            tls_facts = observation(index.evidence, "tls", host) if layer == "tls" else None
            names = tls_facts.chain[0].names if tls_facts is not None and tls_facts.chain else ()
            return [build_mark(layer, failure, names)], False
    return [], None


def _visit_marks(visit: Visit) -> list[Mark]:
    if visit.failure is None or visit.failed is None:
        return []
    return [build_mark(visit.failed, visit.failure)]


def build_mark(layer: str, failure: Failure, names: Iterable[str] = ()) -> Mark:
    """Return the mark for a failure at a layer; ``names`` are those of the certificate."""
    if layer == "dns":
        return Mark("unresolvable", f"does not resolve here ({failure.message})")
    if layer == "tls" and failure.code in (HOSTNAME_MISMATCH, ADDRESS_MISMATCH):
        names_text = ", ".join(list(names)[:5])
        return Mark(
            "certificate",
            "the certificate does not cover this name"
            + (f"; it covers {names_text}" if names_text else ""),
        )
    if layer == "tls" and failure.kind == "certificate":
        return Mark("certificate", f"certificate verification failed: {failure.message}")
    if failure.kind == "refused":
        return Mark("refused", "refuses connections")
    if failure.kind == "timeout":
        texts = {"tls": "no answer to the TLS handshake", "hello": "no answer to hello"}
        return Mark("silent", texts.get(layer, "does not answer"))
    return Mark("unreachable" if layer == "tcp" else layer, failure.message)


def _find_disagreements(host: str, hello: HelloFacts, index: EvidenceIndex) -> list[Mark]:
    """Return marks where the hello reply contradicts the name or the connection string."""
    marks = []
    me = str(address(hello.me)) if hello.me else None
    if me is not None and me != host:
        marks.append(Mark("me-differs", f"calls itself {me}"))
    set_name = index.evidence.options.get("replicaSet")
    if hello.set_name and set_name and hello.set_name != set_name:
        text = f"belongs to set {hello.set_name}, but replicaSet is {set_name}"
        marks.append(Mark("other-set", text))
    elif hello.set_name and index.set_name and hello.set_name != index.set_name:
        marks.append(Mark("other-set", f"belongs to set {hello.set_name}"))
    return marks
