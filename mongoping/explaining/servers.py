"""The servers that a driver lists in its error, each with its own reason. Pure.

Every driver prints its view of the deployment in its own form; this module unifies them. Each
form is split at the text that begins a server, so that no pattern spans more than one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mongoping.lazy_re import lazy_compile
from mongoping.record import Record

MAX_SERVERS = 50
MAX_ENTRY = 4_000  # characters of one server that are read
MAX_HEADLINE = 300  # characters per server in a headline

_TYPES = {
    "rsprimary": "RSPrimary",
    "replicasetprimary": "RSPrimary",
    "rssecondary": "RSSecondary",
    "replicasetsecondary": "RSSecondary",
    "rsarbiter": "RSArbiter",
    "replicasetarbiter": "RSArbiter",
    "rsother": "RSOther",
    "replicasetother": "RSOther",
    "rsghost": "RSGhost",
    "replicasetghost": "RSGhost",
    "standalone": "Standalone",
    "mongos": "Mongos",
    "shardrouter": "Mongos",
    "loadbalancer": "LoadBalancer",
    "primary": "RSPrimary",
    "secondary": "RSSecondary",
    "arbiter": "RSArbiter",
    "ghost": "RSGhost",
    "other": "RSOther",
}
_TOPOLOGIES = {
    "replicaset": "ReplicaSet",
    "replicasetnoprimary": "ReplicaSetNoPrimary",
    "replicasetwithprimary": "ReplicaSetWithPrimary",
    "single": "Single",
    "sharded": "Sharded",
    "loadbalanced": "LoadBalanced",
    "unknown": "Unknown",
}
DATA = ("RSPrimary", "RSSecondary", "RSArbiter", "RSOther", "RSGhost", "Standalone", "Mongos")


class ServerFacts(Record):
    """One server of a driver's view: its position in the text, its type, its error.

    ``error`` is empty if the driver shows none.
    """

    host: str
    type: str
    error: str
    start: int
    end: int

    @property
    def answered(self) -> bool:
        """Return whether the server has ever replied to hello."""
        return self.type in DATA


class View(Record):
    """A driver's view of the deployment.

    ``listed`` is False if the text has none; the servers are then those of the headline.
    """

    topology: str | None = None
    set_name: str | None = None
    servers: tuple[ServerFacts, ...] = ()
    listed: bool = False
    heard: bool = False  # what a driver keeps of a set that it has met is there
    unheard: bool = False  # the driver prints what it would keep, and there is nothing
    answered: bool = False  # some server has said which wire protocol it speaks
    alive: bool = False  # a member that holds data is known at this moment
    reasonless: bool = False  # the headline says that selection timed out, and no more


def view(text: str) -> View:
    """Return the view of servers in a text; of several, the last one that lists servers."""
    name = topology(text)
    servers, is_listed = listed_servers(text)
    return View(
        topology=name,
        set_name=_set_name(text),
        servers=servers,
        listed=is_listed,
        heard=bool(_HEARD_MEMBERS.search(text)),
        unheard=bool(_NO_SET_VERSION.search(text)) and not _HEARD_MEMBERS.search(text),
        answered=bool(_WIRE.search(text)),
        alive=bool(_SESSIONS.search(text)),
        reasonless=bool(_REASONLESS.search(text)),
    )


def listed_servers(text: str) -> tuple[tuple[ServerFacts, ...], bool]:
    """Return the servers in a text, and whether it has a list of them, which may be empty.

    Without a list, they are those of the headline.
    """
    servers = tuple(_unique(server for form in _FORMS for server in _entries(text, *form)))
    is_listed = bool(servers) or bool(_EMPTY.search(text))
    if not is_listed:
        servers = tuple(_unique(_from_headline(text)))
    return servers[:MAX_SERVERS], is_listed


# PyMongo's headline, which has a reason for each host, separated by commas
_HEADLINE = lazy_compile(
    r"(?:^|[\s,\"'(=])(?:SSL handshake failed: )?([\w.-]{1,250}:\d{2,5}): "
    r"(?=\[(?:Errno|WinError|SSL)|timed out|[Cc]onnection|The read operation)",
    re.MULTILINE,
)


def _from_headline(text: str) -> Iterator[ServerFacts]:
    headlines = list(_HEADLINE.finditer(text))[:MAX_SERVERS]
    for number, match in enumerate(headlines):
        following = headlines[number + 1].start() if number + 1 < len(headlines) else len(text)
        end = min(following, match.end() + MAX_HEADLINE)
        yield ServerFacts(match[1].lower(), "Unknown", text[match.end() : end], match.start(1), end)


def _unique(servers: Iterator[ServerFacts]) -> Iterator[ServerFacts]:
    """Yield each host once, because drivers repeat their view in nested causes."""
    facts_by_host: dict[str, ServerFacts] = {}
    for server in servers:
        former = facts_by_host.get(server.host)
        if former is None or (server.error and not former.error):
            facts_by_host[server.host] = server
    yield from sorted(facts_by_host.values(), key=lambda server: server.start)


_TOPOLOGY = lazy_compile(
    r"topology_type: (\w{1,30}+)"
    r"|TopologyDescription \{\s{0,60}+type: '(\w{1,30}+)'"
    r"|\"reason\":\s{0,20}+\{\s{0,40}+\"type\":\s{0,4}+\"(\w{1,30}+)\""
    r"|\{ Type: (\w{1,30}+), (?:Set Name: [^,]{0,80}+, )?(?:Max Set|Max Election|Servers)"
    r"|current topology: Type: (\w{1,30}+)"
    r"|cluster state is \{type=(\w{1,30}+),"
    r"|ClusterDescription\{type=(\w{1,30}+),"
    r"|ClusterId : \"\d{1,6}\"[^\n]{0,80}?, Type : \"(\w{1,30}+)\", State"
    r"|#<Cluster topology=(\w{1,30}+)"
    r"|Topology type: (\w{1,30}+)",
    re.IGNORECASE,
)


def topology(text: str) -> str | None:
    """Return the topology type in the words of the specification; None if there is none."""
    names = [next(filter(None, match.groups()), "") for match in _TOPOLOGY.finditer(text)]
    types = [_TOPOLOGIES.get(name.replace("_", "").lower()) for name in names]
    return next((name for name in reversed(types) if name), None)


_SET = lazy_compile(
    r"setName['\"]?[:=]\s{0,4}+['\"]([\w.-]{1,80}+)['\"]|Set Name: ([\w.-]{1,80})"
    r"|replica set name [\"']([\w.-]{1,80})"
    r"|topology=\w{1,30}+\[[^\]]{0,300},name=([\w.-]{1,80}+)"
)


def _set_name(text: str) -> str | None:
    match = _SET.search(text)
    return next(filter(None, match.groups()), None) if match else None


# An empty list of servers. JSON's ``"servers": {}`` is none: JSON.stringify prints every Map so.
_EMPTY = lazy_compile(
    r"servers: \[\]|servers: Map(?:\(0\))? ?\{\}"
    r"|Servers: \[ ?\]"
    r"|servers=\[\]|Servers : \[\]|all=\[\]"
)


# the fields that a driver fills in once it has reached a set
_HEARD_MEMBERS = lazy_compile(
    r"maxElectionId['\"]?: ?(?:new )?(?:ObjectId|['\"]?[0-9a-f]{24})"
    r"|maxSetVersion['\"]?:\s{0,2}\d|logicalSessionTimeoutMinutes['\"]?:\s{0,2}\d"
)


_NO_SET_VERSION = lazy_compile(r"maxSetVersion['\"]?:\s{0,2}(?:null|undefined)")


# Node's wire version, which is 0 until a server has replied
_WIRE = lazy_compile(r"commonWireVersion['\"]?:\s{0,2}[1-9]")


# Node's view, which has a session timeout if a data-bearing member is known
_SESSIONS = lazy_compile(
    r"commonWireVersion['\"]?:\s{0,2}\d{1,3}+,\s{0,40}+['\"]?logicalSessionTimeoutMinutes['\"]?:\s{0,2}\d"
)


_REASONLESS = lazy_compile(r"\bServer selection timed out after \d")


_PYMONGO = lazy_compile(
    r"\('([^'\n]{1,300}+)', (\d{1,5}+|None)\) server_type: (\w{1,30}+)(?:, rtt: [^,>]{1,40})?"
)


def _from_pymongo(chunk: str) -> tuple[str, str, str] | None:
    match = _PYMONGO.match(chunk)
    if not match:
        return None
    name, port, kind = match.groups()
    host = name if port == "None" else f"{name}:{port}"
    return host, kind, chunk[match.end() :].partition("]>")[0]


def _from_fields(
    pattern: re.Pattern[str],
) -> Callable[[str], tuple[str, str, str] | None]:
    """Return a form whose servers begin with an address and a type, in this order."""

    def read(chunk: str) -> tuple[str, str, str] | None:
        match = pattern.match(chunk)
        return (match[1], match[2], chunk[match.end() :]) if match else None

    return read


_GO = lazy_compile(r"([^\s,]{1,300}+), Type: (\w{1,30}+)")


_JAVA = lazy_compile(r"([^\s,}]{1,300}+), type=(\w{1,30}+)", re.IGNORECASE)


_CSHARP = lazy_compile(
    r"(?>[^{}]{0,60}?EndPoint : \")(?:Unspecified/|InterNetwork\w{0,2}+/)?([^\s\"]{1,100}+)\""
    r"[\s\S]{0,400}?Type: \"(\w{1,30}+)\""
)


# the beginning of a server; since version 4, a parsed address precedes it
_NODE_ADDRESS = lazy_compile(
    r"\s{0,40}+(?:_hostAddress: HostAddress \{[^{}]{0,200}+\},\s{1,40}+)?"
    r"address: '([^'\n]{1,300}+)',"
)


# the type after the address, or (before version 4) after the error
_NODE_TYPE = lazy_compile(r"\stype: '(\w{1,30}+)'")


def _from_node(chunk: str) -> tuple[str, str, str] | None:
    """Read a server as Node's inspect prints it."""
    match = _NODE_ADDRESS.match(chunk)
    kind = _NODE_TYPE.search(chunk, match.end()) if match else None
    if not match or not kind:
        return None
    return match[1], kind[1], chunk[match.end() :]


_NODE_JSON = lazy_compile(
    r"\s{0,40}+\"([^\"\n]{1,300}+)\",\s{0,40}+\"type\":\s{0,4}+\"(\w{1,30}+)\""
)


_RUBY = lazy_compile(r"([^\s>]{1,300}+) (\w{1,30}+)")


Form = tuple[str, Callable[[str], "tuple[str, str, str] | None"]]
_FORMS: tuple[Form, ...] = (
    ("<ServerDescription ", _from_pymongo),
    ("ServerDescription {", _from_node),
    ('"address":', _from_fields(_NODE_JSON)),
    ("Addr: ", _from_fields(_GO)),
    ("{ Address: ", _from_fields(_GO)),
    ("{address=", _from_fields(_JAVA)),
    ('ServerId: "{ ', _from_fields(_CSHARP)),
    ("#<Server address=", _from_fields(_RUBY)),
)


def _entries(
    text: str, mark: str, read: Callable[[str], tuple[str, str, str] | None]
) -> Iterator[ServerFacts]:
    """Return the servers of one form; each begins at a match of its mark."""
    start = text.find(mark)
    while start >= 0:
        behind = start + len(mark)
        following = text.find(mark, behind)
        end = min(behind + MAX_ENTRY, len(text) if following < 0 else following)
        entry = read(text[behind:end])
        if entry:
            host, kind, error = entry
            type_name = _TYPES.get(kind.replace("_", "").lower(), "Unknown")
            yield ServerFacts(host.lower(), type_name, _reason(error), start, end)
        start = following


_SILENT = lazy_compile(
    r"\W?(?:error|exception)['\"]?[=:] ?(?:None|null|undefined)\b", re.IGNORECASE
)


_FAULT = lazy_compile(
    r"error[=:] ?|\"error\":|Last error: |exception=|HeartbeatException: |Error: Kind",
    re.IGNORECASE,
)


def _reason(rest: str) -> str:
    """Return the error of a server, or an empty text."""
    match = _FAULT.search(rest)
    if not match or _SILENT.match(rest[match.start() :]):
        return ""
    return rest[match.start() :]


def folded_addresses(text: str) -> list[str]:
    """Return the addresses of Node's ``'h:p' => [ServerDescription]``, where inspect stopped."""
    addresses = (address.lower() for address in _FOLDED_SERVER.findall(text)[:MAX_SERVERS])
    return list(dict.fromkeys(addresses))


_FOLDED_SERVER = lazy_compile(r"'([^'\n]{1,300})' => \[ServerDescription\]")
