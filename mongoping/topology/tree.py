"""Build the tree from evidence: every member once, with all its names and their problems.

Pure. A member is identified by its name in the set's configuration. A seed that reaches it
under another name (through a tunnel or a container's published port) is an alias of that
member, not another member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.model import CheckName, Evidence, Failure
from mongoping.observations import hellos, observation
from mongoping.probe.replset import MemberConfig, MemberState, address
from mongoping.probe.roles import DRIVER_ROLES
from mongoping.record import NOTHING, Record
from mongoping.topology.config import Visit, config_of, find_horizon

if TYPE_CHECKING:
    from mongoping.observations import DriverFacts, HelloFacts, ServerFacts

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
    sight = _Sight(evidence)
    nodes = [_build_node(host, sight) for host in sight.members]
    writes = [node.last_write for node in nodes if node.role == "primary" and node.last_write]
    writes = writes or [node.last_write for node in nodes if node.last_write]
    newest = max(writes, default=None)
    return Tree(
        type=sight.driver.type if sight.driver else "Unknown",
        set_name=sight.set_name,
        nodes=tuple(node.replace(lag_s=_lag(node, newest)) for node in nodes),
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
    """The evidence indexed by host, with aliases resolved to members."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.driver: DriverFacts | None = observation(evidence, "driver")
        self.servers = (
            {server.address: server for server in self.driver.servers} if self.driver else {}
        )
        self.config = config_of(evidence)
        self.configured = {member.host: member for member in self.config.members}
        self.states = {state.host: state for state in self.config.states}
        self.hellos = hellos(evidence)
        for host, visit in self.config.visits.items():
            if visit.hello is not None:
                self.hellos.setdefault(host, visit.hello)
        known = {str(host) for host in evidence.hosts}
        self.external = find_horizon(self.config.members, known)
        self.advertised = self._advertised()
        replies = self.hellos.values()
        self.arbiters = {self._member_name(name) for reply in replies for name in reply.arbiters}
        self.passives = {self._member_name(name) for reply in replies for name in reply.passives}
        named = [seen.set_name for seen in replies if seen.set_name]
        # the driver reports the name in the connection string even if no server has it
        wanted = self.driver.set_name if self.driver else None
        self.set_name = wanted if wanted in named else next(iter(named), None)
        self.aliases = self._aliases()
        self.members = self._members()

    def _member_name(self, name: str) -> str:
        """Return the set's name for a member, in the horizon that is in use here."""
        host = str(address(name))
        for member in self.configured.values():
            if host == member.host or host in member.horizons.values():
                return self.external.get(member.host, member.host)
        return host

    def _advertised(self) -> dict[str, tuple[str, ...]]:
        """Map each name in the hello replies to the hosts that advertise it."""
        rows: dict[str, tuple[str, ...]] = {}
        for host, seen in self.hellos.items():
            for text in (*seen.hosts, *seen.passives, *seen.arbiters):
                name = self._member_name(text)
                rows[name] = (*rows.get(name, ()), host)
        return rows

    def _aliases(self) -> dict[str, str]:
        """Map each alias to the name of its member.

        A name that is advertised is never an alias, whichever server answers there.
        """
        official = {*self.advertised, *(self._member_name(host) for host in self.configured)}
        rows = {}
        for host, seen in self.hellos.items():
            me = self._member_name(seen.me) if seen.me else host
            if me != host and me in official and host not in official:
                rows[host] = me
        return rows

    def _members(self) -> list[str]:
        """Return every member once: in the order of the configuration, then seeds first."""
        names = [
            *(self._member_name(host) for host in self.configured),
            *(str(host) for host in self.evidence.hosts),
            *self.servers,
            *self.advertised,
        ]
        return [name for name in dict.fromkeys(names) if name not in self.aliases]

    def setting(self, host: str) -> MemberConfig | None:
        """Return the configuration of a member by its own or its horizon's name."""
        if host in self.configured:
            return self.configured[host]
        members = self.configured.values()
        return next((member for member in members if host in member.horizons.values()), None)

    def state(self, host: str) -> MemberState | None:
        """Return the state of a member in the set's status."""
        setting = self.setting(host)
        return self.states.get(setting.host if setting else host)


def _build_node(host: str, sight: _Sight) -> Node:
    aliases = [host, *(alias for alias, member in sight.aliases.items() if member == host)]
    via = next((alias for alias in aliases if alias in sight.hellos), None)
    seen = sight.hellos.get(via) if via else None
    setting, state = sight.setting(host), sight.state(host)
    server = next((sight.servers[alias] for alias in aliases if alias in sight.servers), None)
    names = tuple(_build_name(alias, sight) for alias in aliases)
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
        node = node.replace(rtt_ms=rtt, version=seen.version, genuine=seen.genuine, wire=wire)
    if setting is not None:
        node = node.replace(
            priority=setting.priority,
            votes=setting.votes,
            hidden=setting.hidden,
            delay_s=setting.delay_s,
        )
    elif seen is not None:
        node = node.replace(hidden=seen.hidden)
    return node.replace(**_network_facts(via or host, sight))


def _role(
    seen: HelloFacts | None,
    server: ServerFacts | None,
    setting: MemberConfig | None,
    host: str,
    sight: _Sight,
) -> str:
    if seen is None:
        return DRIVER_ROLES.get(server.type, "unknown") if server else "unknown"
    if server is not None and server.type == "LoadBalancer":
        return DRIVER_ROLES[server.type]  # its hello is that of a mongos behind it
    if seen.role not in ("secondary", "hidden"):
        return seen.role
    if setting is not None and setting.delay_s > 0:
        return "delayed"
    if seen.role == "hidden":
        return "hidden"
    return "passive" if host in sight.passives else "secondary"


def _tags(seen: HelloFacts | None, setting: MemberConfig | None) -> dict[str, str]:
    if seen is not None and seen.tags:
        return dict(seen.tags)
    return dict(setting.tags) if setting is not None else {}


def _last_write(seen: HelloFacts | None, state: MemberState | None) -> float | None:
    """Return the time of the last write in seconds since the epoch.

    The member's own hello has it; for an unreachable one, the set's status may.
    """
    if seen is not None and seen.last_write is not None:
        return seen.last_write.timestamp()
    if seen is None and state is not None and state.optime is not None and state.healthy:
        return state.optime.timestamp()
    return None


def _network_facts(host: str, sight: _Sight) -> dict[str, Any]:
    """Return the address and family used to reach the member, and its certificate's validity."""
    visit = sight.config.visits.get(host)
    if visit is not None:
        return {"family": visit.family, "address": visit.address, "days_left": visit.days_left}
    tcp, tls = observation(sight.evidence, "tcp", host), observation(sight.evidence, "tls", host)
    attempts = tcp.attempts if tcp else ()
    used = next((attempt for attempt in attempts if tcp and attempt.address == tcp.used), None)
    return {
        "family": used.family if used else None,
        "address": used.address if used else None,
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


def _build_name(host: str, sight: _Sight) -> Name:
    """Return a name with the hosts that advertise it, and its problems."""
    seed = host in sight.evidence.seed_names
    advertisers = [other for other in sight.advertised.get(host, ()) if other != host]
    advertisers.sort(key=lambda other: other not in sight.evidence.seed_names)  # seeds first
    advertised = host in sight.advertised
    marks, works = _find_failure(host, sight)
    seen = sight.hellos.get(host)
    if seen is not None:
        marks += _find_disagreements(host, seen, sight)
    if seed and sight.advertised and not advertised and host not in sight.aliases:
        marks.append(Mark("not-advertised", "not in the set's member list"))
    return Name(host, seed, advertised, tuple(advertisers), works, tuple(marks))


def _find_failure(host: str, sight: _Sight) -> tuple[list[Mark], bool | None]:
    """Return a mark for why no server answers at the name, and whether one does."""
    if host in sight.hellos:
        return [], True
    visit = sight.config.visits.get(host)
    if visit is not None:
        return _visit_marks(visit), False
    for check, layer in LAYERS.items():
        failure = sight.evidence.failure(check, host)
        if failure is not None:
            seen = observation(sight.evidence, "tls", host) if layer == "tls" else None
            names = seen.chain[0].names if seen is not None and seen.chain else ()
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
        listed = ", ".join(list(names)[:5])
        return Mark(
            "certificate",
            "the certificate does not cover this name"
            + (f"; it covers {listed}" if listed else ""),
        )
    if layer == "tls" and failure.kind == "certificate":
        return Mark("certificate", f"certificate verification failed: {failure.message}")
    if failure.kind == "refused":
        return Mark("refused", "refuses connections")
    if failure.kind == "timeout":
        texts = {"tls": "no answer to the TLS handshake", "hello": "no answer to hello"}
        return Mark("silent", texts.get(layer, "does not answer"))
    return Mark("unreachable" if layer == "tcp" else layer, failure.message)


def _find_disagreements(host: str, seen: HelloFacts, sight: _Sight) -> list[Mark]:
    """Return marks where the hello reply contradicts the name or the connection string."""
    marks = []
    me = str(address(seen.me)) if seen.me else None
    if me is not None and me != host:
        marks.append(Mark("me-differs", f"calls itself {me}"))
    wanted = sight.evidence.options.get("replicaSet")
    if seen.set_name and wanted and seen.set_name != wanted:
        text = f"belongs to set {seen.set_name}, but replicaSet is {wanted}"
        marks.append(Mark("other-set", text))
    elif seen.set_name and sight.set_name and seen.set_name != sight.set_name:
        marks.append(Mark("other-set", f"belongs to set {seen.set_name}"))
    return marks
