"""Find the host that an error is about, and where its name comes from. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mongoping.explaining.servers import ServerSeen, folded
from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import is_atlas as is_atlas
from mongoping.uri.hosts import is_loopback as is_loopback
from mongoping.uri.hosts import name_of

if TYPE_CHECKING:
    from mongoping.explaining.reading import Reading

MOST_PORT = 65_535
# Of files of programs, whose lines are written like hosts with their ports.
# fmt: off
SOURCES = frozenset((
    "c", "cc", "cpp", "cs", "ex", "exs", "go", "h", "java", "js", "jsx", "kt", "mjs", "cjs", "php",
    "py", "rb", "rs", "scala", "ts", "tsx", "vue",
))
# fmt: on
BEFORE, AFTER = 160, 220  # characters around a match in which to look for its host
# Ports of other services: what fails there is no failure of MongoDB's.
# fmt: off
FOREIGN_PORTS = frozenset((
    22, 25, 80, 443, 587, 1433, 1521, 2181, 2375, 2376, 3000, 3306, 4222, 5000, 5432, 5672, 6379,
    6380, 8000, 8080, 8086, 8443, 8888, 9000, 9042, 9092, 9200, 9300, 11211, 15672, 26257, 33060,
))
# fmt: on


# ``host:port``, or the path of a UNIX socket, in group 1
_ADDRESS = lazy_compile(
    r"(?<![\w.:/@-])(\[[0-9a-f:.]{2,45}\]:\d{2,5}|::1:\d{2,5}"
    # a number behind one of these words, or before an '@', is a secret
    r"|(?!\w{0,40}(?:pass|pwd|secret|token|key|pin)\w{0,20}:)"
    r"[a-z0-9_][a-z0-9_.-]{0,250}:\d{2,5}|/[^\s'\",@=]{1,200}\.sock)(?!\w|:\d|@)",
    re.IGNORECASE,
)


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Match every ``host:port`` in a text, in group 1, with a valid port."""
    for found in _ADDRESS.finditer(text):
        port = port_of(found[1])
        line = name_of(found[1]).rpartition(".")[2].lower() in SOURCES and not port.startswith("27")
        if not line and (not port.isdigit() or int(port) <= MOST_PORT):
            yield found


# the name in a failed lookup, which has no port
_LOOKED_UP = lazy_compile(
    r"(?:ENOTFOUND|EAI_\w{1,10}+|ENODATA|UnknownHostException:?|lookup|resolve|gaierror:?) "
    r"['\"]?(?:⟨\w{1,20}+⟩ )?['\"]?([a-z0-9_][a-z0-9_.-]{0,250}[a-z0-9_])",
    re.IGNORECASE,
)


def concerned(reading: Reading, start: int, end: int) -> str | None:
    """Return the host that a match is about: the server that contains it, or the nearest one."""
    for server in reading.view.servers:
        if server.start <= start < server.end:
            return server.host
    line_start = reading.text.rfind("\n", 0, start) + 1
    line_end = reading.text.find("\n", end)
    line_end = len(reading.text) if line_end < 0 else line_end
    before = reading.text[max(line_start, start - BEFORE) : start]
    around = reading.text[start : min(line_end, end + AFTER)]
    named = _LOOKED_UP.search(around)
    near = [*addresses(before)]
    own = next(addresses(around[: end - start]), None)
    if own:
        return _same(reading, own[1])
    if near and len(before) - near[-1].end() <= 4:  # "host:port: what happened"
        return _same(reading, near[-1][1])
    behind = next(addresses(around), None)
    if named and (not behind or named.start() <= behind.start()):
        return _same(reading, named[1])
    if behind:
        return _same(reading, behind[1])
    return _same(reading, near[-1][1]) if near else None


def _same(reading: Reading, host: str) -> str:
    """Return the host as the driver's view names it, with its port."""
    host = host.lower()
    for server in reading.view.servers:
        if server.host == host or server.host.rpartition(":")[0] == host:
            return server.host
    return host


def port_of(host: str | None) -> str:
    """Return the port of ``host:port``, empty if there is none."""
    return host.rpartition(":")[2] if host and ":" in host else ""


def is_foreign(host: str | None) -> bool:
    """Return whether a host belongs to another service, by its port."""
    port = port_of(host)
    return port.isdigit() and int(port) in FOREIGN_PORTS


def is_node(host: str) -> bool:
    """Return whether a name is that of one node of an Atlas cluster."""
    return is_atlas(host) and "-shard-" in name_of(host)


def is_private(host: str) -> bool:
    """Return whether an Atlas name is for a private endpoint or a peered network."""
    name = name_of(host)
    return is_atlas(host) and ("-pri." in name or name.startswith("pl-") or "-pl-" in name)


# Zones that exist only inside a network of containers, a cluster or a home.
_INSIDE = (
    ".internal", ".local", ".localdomain", ".lan", ".svc", ".docker", ".intranet", ".home",
)  # fmt: skip


def is_inside(host: str) -> bool:
    """Return whether a name looks like one of a container network: short, or in a private zone."""
    name = name_of(host)
    if is_loopback(host):
        return False
    short = "." not in name and ":" not in name
    return short or name.endswith(_INSIDE) or ".svc." in name or is_container_address(host)


def is_container_id(host: str) -> bool:
    """Return whether a name is the ID that Docker gives to a container without a name."""
    return bool(re.fullmatch(r"[0-9a-f]{12}", name_of(host)))


def provenance(reading: Reading, host: str) -> str:
    """Return the origin of a host: ``seed``, ``advertised``, ``probably`` or ``unknown``.

    A ``seed`` is in a connection string of the same text, or all that the driver knows before it
    reaches a set. Advertised hosts come from the set's own configuration.
    """
    topology = reading.view.topology
    others = [server for server in reading.view.servers if server.host != host]
    in_set = (topology or "").startswith("ReplicaSet")
    if reading.seeds and name_of(host) in {name_of(seed) for seed in reading.seeds}:
        return "seed"
    if replaced(reading) or (reading.seeds and in_set) or is_container_id(host):
        return "advertised"
    if any(other.answered and other.type.startswith("RS") for other in others):
        return "advertised"
    if topology is not None and not in_set:
        return "seed"
    return _guess(reading, host, others, in_set=in_set)


def _guess(reading: Reading, host: str, others: list[ServerSeen], *, in_set: bool) -> str:
    """Guess the origin without a connection string: by kind of name, and by number of hosts."""
    if reading.view.unheard:
        return "unknown"  # no server has ever answered: these are the seeds, or might be
    named = folded(reading.text)
    members = {host, *(other.host for other in others), *named}
    several = len(members) > 1
    if (in_set or several) and all(map(is_inside, members)):
        return "probably"
    if in_set and len(named) > 1 and (reading.view.heard or all(map(is_loopback, members))):
        return "probably"
    return "probably" if is_container_address(host) else "unknown"


def replaced(reading: Reading) -> bool:
    """Return whether PyMongo reports that it replaced the seeds by unreachable names."""
    return "configured with internal hostnames" in reading.text


def is_container_address(host: str) -> bool:
    """Return whether an address is in the range that Docker uses for its networks."""
    return bool(re.fullmatch(r"172\.(?:1[7-9]|2\d|3[01])\.\d+\.\d+", name_of(host)))
