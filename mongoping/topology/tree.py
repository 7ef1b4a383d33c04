"""From evidence to the tree: every member once, with all its names and what is wrong with them.

Pure. A member is known by the name that the set has for it. A seed that leads to it under
another name (a tunnel, a container's published port) is an alias of that member, not a
member of its own; whether the two names mean the same is what the marks tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence, Failure
from mongoping.probe.replset import MemberConfig, MemberState, address
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.record import NOTHING, Record
from mongoping.topology.config import ConfigSeen, Visited, outside

if TYPE_CHECKING:
    from mongoping.checks.driver import DriverSeen, ServerSeen
    from mongoping.checks.hello import HelloSeen

HOSTNAME_MISMATCH, ADDRESS_MISMATCH = 62, 64  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
LAYERS = (("addresses", "dns"), ("tcp", "tcp"), ("tls", "tls"), ("hello", "hello"))
LAGGING = ("secondary", "passive", "hidden", "delayed", "recovering")


class Mark(Record):
    """One disagreement between names. ``kind`` is a word for programs, ``text`` for people.

    unresolvable, refused, silent, unreachable, certificate, tls, hello, me-differs,
    other-set, not-advertised.
    """

    kind: str
    text: str


class Name(Record):
    """One name of a member. ``led_by`` are the hosts whose hello, or whose configuration, has it.

    ``works`` is None where nobody looked.
    """

    host: str
    seed: bool = False
    advertised: bool = False
    led_by: tuple[str, ...] = ()
    works: bool | None = None
    marks: tuple[Mark, ...] = ()


class Node(Record):
    """One member. Times in milliseconds or seconds by their names, ``days_left`` in days.

    ``role`` is what it is to a driver and to the set: primary, secondary, passive, hidden,
    delayed, arbiter, recovering, uninitialized, standalone, mongos, load-balancer, unknown.
    ``via`` is the name by which it was reached, where that is not the set's own. ``state``
    is what the member that was asked says of it. What is not known is None.
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
    """The deployment. ``type`` is one of PyMongo's topology type names."""

    type: str
    set_name: str | None
    nodes: tuple[Node, ...]
    notes: tuple[str, ...] = ()


def build(evidence: Evidence) -> Tree:
    """The tree of everything that was seen, advertised or configured."""
    sight = _Sight(evidence)
    nodes = [_node(host, sight) for host in sight.members]
    writes = [one.last_write for one in nodes if one.role == "primary" and one.last_write]
    writes = writes or [one.last_write for one in nodes if one.last_write]
    newest = max(writes, default=None)
    return Tree(
        type=sight.driver.type if sight.driver else "Unknown",
        set_name=sight.set_name,
        nodes=tuple(one.replace(lag_s=_lag(one, newest)) for one in nodes),
        notes=_notes(sight),
    )


def _lag(node: Node, newest: float | None) -> float | None:
    if node.role not in LAGGING or node.last_write is None or newest is None:
        return None
    return max(newest - node.last_write, 0.0)


def _notes(sight: _Sight) -> tuple[str, ...]:
    notes = list(sight.config.notes)
    if sight.config.members or not sight.set_name:
        return tuple(notes)
    return (*notes, "priorities, votes, hidden and delayed members are not shown")


class _Sight:
    """The evidence, sorted by host, and who is who."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.driver: DriverSeen | None = evidence.data("driver")
        self.servers = {one.address: one for one in self.driver.servers} if self.driver else {}
        self.config: ConfigSeen = evidence.data("set-config") or ConfigSeen()
        self.configured = {one.host: one for one in self.config.members}
        self.states = {one.host: one for one in self.config.states}
        self.hellos: dict[str, HelloSeen] = {
            str(one.host): one.data for one in evidence.of("hello") if one.ok
        }
        for host, visited in self.config.visited.items():
            if visited.hello is not None:
                self.hellos.setdefault(host, visited.hello)
        known = {str(one) for one in evidence.hosts}
        self.outer = outside(self.config.members, known)
        self.advertised = self._advertised()
        rows = self.hellos.values()
        self.arbiters = {self._own(name) for one in rows for name in one.arbiters}
        self.passives = {self._own(name) for one in rows for name in one.passives}
        named = [seen.set_name for seen in self.hellos.values() if seen.set_name]
        # the driver goes by the connection string, as long as nothing fits it
        wanted = self.driver.set_name if self.driver else None
        self.set_name = wanted if wanted in named else next(iter(named), None)
        self.aliases = self._aliases()
        self.members = self._members()

    def _own(self, name: str) -> str:
        """The set's name for a member as it is seen from here: by a horizon, if there is one."""
        host = str(address(name))
        for one in self.configured.values():
            if host == one.host or host in one.horizons.values():
                return self.outer.get(one.host, one.host)
        return host

    def _advertised(self) -> dict[str, tuple[str, ...]]:
        """Every name that a hello has for a member, and the hosts that said it."""
        rows: dict[str, tuple[str, ...]] = {}
        for host, seen in self.hellos.items():
            for text in (*seen.hosts, *seen.passives, *seen.arbiters):
                name = self._own(text)
                rows[name] = (*rows.get(name, ()), host)
        return rows

    def _aliases(self) -> dict[str, str]:
        """Names that lead to a member which the set knows by another name.

        A name that is itself advertised is the set's own, whoever answers to it.
        """
        official = {*self.advertised, *(self._own(host) for host in self.configured)}
        rows = {}
        for host, seen in self.hellos.items():
            me = self._own(seen.me) if seen.me else host
            if me != host and me in official and host not in official:
                rows[host] = me
        return rows

    def _members(self) -> list[str]:
        """Every member once: in the configuration's order, else seeds first."""
        names = [
            *(self._own(host) for host in self.configured),
            *(str(host) for host in self.evidence.hosts),
            *self.servers,
            *self.advertised,
        ]
        return [name for name in dict.fromkeys(names) if name not in self.aliases]

    def setting(self, host: str) -> MemberConfig | None:
        """The configuration of a member, by its own name or by that of a horizon."""
        if host in self.configured:
            return self.configured[host]
        rows = self.configured.values()
        return next((one for one in rows if host in one.horizons.values()), None)

    def state(self, host: str) -> MemberState | None:
        """What the set says of a member."""
        setting = self.setting(host)
        return self.states.get(setting.host if setting else host)


def _node(host: str, sight: _Sight) -> Node:
    ways = [host, *(alias for alias, member in sight.aliases.items() if member == host)]
    via = next((way for way in ways if way in sight.hellos), None)
    seen = sight.hellos.get(via) if via else None
    setting, state = sight.setting(host), sight.state(host)
    server = next((sight.servers[way] for way in ways if way in sight.servers), None)
    names = tuple(_name(way, sight) for way in ways)
    node = Node(
        host=host,
        role=_role(seen, server, setting, host, sight),
        reachable=seen is not None,
        names=names,
        via=via if via != host else None,
        tags=_tags(seen, setting),
        set_name=seen.set_name if seen else None,
        state=state.state if state else None,
        driver_rtt_ms=server.rtt_ms if server else None,
        driver_role=DRIVER_ROLES.get(server.type, "unknown") if server else "unknown",
        last_write=_last_write(seen, state),
        arbiter=host in sight.arbiters or bool(setting is not None and setting.arbiter),
        error=None if seen else _error(names, server, state),
    )
    if seen is not None:
        wire = (seen.min_wire, seen.max_wire)
        rtt = sight.config.rtts.get(via or host, seen.rtt_ms)
        node = node.replace(rtt_ms=rtt, version=seen.version, wire=wire)
    if setting is not None:
        node = node.replace(
            priority=setting.priority,
            votes=setting.votes,
            hidden=setting.hidden,
            delay_s=setting.delay_s,
        )
    elif seen is not None:
        node = node.replace(hidden=seen.hidden)
    return node.replace(**_way(via or host, sight))


def _role(
    seen: HelloSeen | None,
    server: ServerSeen | None,
    setting: MemberConfig | None,
    host: str,
    sight: _Sight,
) -> str:
    if seen is None:
        return DRIVER_ROLES.get(server.type, "unknown") if server else "unknown"
    if server is not None and server.type == "LoadBalancer":
        return DRIVER_ROLES[server.type]  # which answers as the mongos behind it do
    if seen.role not in ("secondary", "hidden"):
        return seen.role
    if setting is not None and setting.delay_s > 0:
        return "delayed"
    if seen.role == "hidden":
        return "hidden"
    return "passive" if host in sight.passives else "secondary"


def _tags(seen: HelloSeen | None, setting: MemberConfig | None) -> dict[str, str]:
    if seen is not None and seen.tags:
        return dict(seen.tags)
    return dict(setting.tags) if setting is not None else {}


def _last_write(seen: HelloSeen | None, state: MemberState | None) -> float | None:
    """Seconds since the epoch: the member's own word, else what the set knows of it."""
    if seen is not None and seen.last_write is not None:
        return seen.last_write.timestamp()
    if seen is None and state is not None and state.optime is not None and state.healthy:
        return state.optime.timestamp()
    return None


def _way(host: str, sight: _Sight) -> dict[str, Any]:
    """How the member was reached: address, family, and what its certificate says."""
    visited = sight.config.visited.get(host)
    if visited is not None:
        return {
            "family": visited.family,
            "address": visited.address,
            "days_left": visited.days_left,
        }
    tcp, tls = sight.evidence.data("tcp", host), sight.evidence.data("tls", host)
    used = next((one for one in tcp.attempts if one.address == tcp.used), None) if tcp else None
    return {
        "family": used.family if used else None,
        "address": used.address if used else None,
        "days_left": tls.days_left if tls else None,
    }


def _error(
    names: Iterable[Name], server: ServerSeen | None, state: MemberState | None
) -> str | None:
    marks = [mark.text for name in names for mark in name.marks]
    if marks:
        return marks[0]
    if server is not None and server.error:
        return server.error
    return state.message if state else None


def _name(host: str, sight: _Sight) -> Name:
    """A name, who led to it, and where it disagrees with what answers to it."""
    seed = host in sight.evidence.seed_names
    led = [one for one in sight.advertised.get(host, ()) if one != host]
    led.sort(key=lambda one: one not in sight.evidence.seed_names)  # seeds led to it first
    advertised = host in sight.advertised
    marks, works = _works(host, sight)
    seen = sight.hellos.get(host)
    if seen is not None:
        marks += _disagreements(host, seen, sight)
    if seed and sight.advertised and not advertised and host not in sight.aliases:
        marks.append(Mark("not-advertised", "the set does not have this name"))
    return Name(host, seed, advertised, tuple(led), works, tuple(marks))


def _works(host: str, sight: _Sight) -> tuple[list[Mark], bool | None]:
    """Whether the name leads to a server, and the mark where it does not."""
    if host in sight.hellos:
        return [], True
    visited = sight.config.visited.get(host)
    if visited is not None:
        return _failed(visited), False
    for check, layer in LAYERS:
        failure = sight.evidence.failure(check, host)
        if failure is not None:
            seen = sight.evidence.data("tls", host) if layer == "tls" else None
            names = seen.chain[0].names if seen is not None and seen.chain else ()
            return [mark(layer, failure, names)], False
    return [], None


def _failed(visited: Visited) -> list[Mark]:
    if visited.failure is None or visited.failed is None:
        return []
    return [mark(visited.failed, visited.failure)]


def mark(layer: str, failure: Failure, names: Iterable[str] = ()) -> Mark:
    """What a failure at a layer says of the name that was tried."""
    if layer == "dns":
        return Mark("unresolvable", f"does not resolve here ({failure.message})")
    if layer == "tls" and failure.code in (HOSTNAME_MISMATCH, ADDRESS_MISMATCH):
        listed = ", ".join(list(names)[:5])
        return Mark(
            "certificate",
            "the certificate does not cover this name"
            + (f": it is for {listed}" if listed else ""),
        )
    if layer == "tls" and failure.kind == "certificate":
        return Mark("certificate", f"its certificate is refused: {failure.message}")
    if failure.kind == "refused":
        return Mark("refused", "refuses connections")
    if failure.kind == "timeout":
        words = {"tcp": "does not answer", "tls": "says nothing in TLS", "hello": "says nothing"}
        return Mark("silent", words.get(layer, "does not answer"))
    return Mark("unreachable" if layer == "tcp" else layer, failure.message)


def _disagreements(host: str, seen: HelloSeen, sight: _Sight) -> list[Mark]:
    marks = []
    me = str(address(seen.me)) if seen.me else None
    if me is not None and me != host:
        marks.append(Mark("me-differs", f"calls itself {me}"))
    wanted = sight.evidence.options.get("replicaSet")
    if seen.set_name and wanted and seen.set_name != wanted:
        words = f"belongs to the set {seen.set_name}, and replicaSet is {wanted}"
        marks.append(Mark("other-set", words))
    elif seen.set_name and sight.set_name and seen.set_name != sight.set_name:
        marks.append(Mark("other-set", f"belongs to the set {seen.set_name}"))
    return marks
