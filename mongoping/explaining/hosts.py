"""Recognize hosts in a text, and what their names and ports show about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import is_atlas as is_atlas
from mongoping.uri.hosts import is_loopback as is_loopback
from mongoping.uri.hosts import name_of

MOST_PORT = 65_535
NAME_SERVER_PORT = "53"  # Go names the name server that did not know a host
# Of files of programs, whose lines are written like hosts with their ports.
# fmt: off
SOURCES = frozenset((
    "c", "cc", "cpp", "cs", "ex", "exs", "go", "h", "java", "js", "jsx", "kt", "mjs", "cjs", "php",
    "py", "rb", "rs", "scala", "ts", "tsx", "vue",
))
# fmt: on
# Ports of other services: what fails there is no failure of MongoDB's.
# fmt: off
FOREIGN_PORTS = frozenset((
    22, 25, 80, 389, 443, 587, 636, 1433, 1521, 1883, 2181, 2375, 2376, 2379, 2380, 3000, 3100,
    3306, 4222, 4317, 4318, 5000, 5044, 5432, 5433, 5601, 5671, 5672, 5984, 6379, 6380, 6432, 6443,
    7474, 7687, 8000, 8080, 8081, 8086, 8091, 8123, 8200, 8443, 8500, 8529, 8888, 8983, 9000, 9042,
    9090, 9091, 9092, 9093, 9094, 9200, 9300, 10250, 11210, 11211, 15672, 26257, 33060,
))
# fmt: on


# ``host:port``, or the path of a UNIX socket, in group 1
_ADDRESS = lazy_compile(
    r"(?<![\w.:/@-])(\[[0-9a-f:.]{2,45}\]:\d{2,5}|::1:\d{2,5}"
    # a number behind one of these words, or before an '@', is a secret
    r"|(?!\w{0,40}(?:pass|pwd|secret|token|key|pin)\w{0,20}:)"
    r"[a-z0-9_][a-z0-9_.-]{0,250}:\d{2,5}|/[^\s'\",@=]{1,200}\.sock)(?!\w|:\d|\.\d|@)",
    re.IGNORECASE,
)


# a time of day or a time zone, which is written like a host with its port
_CLOCK = lazy_compile(r"\d{1,4}:")


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Match every ``host:port`` in a text, in group 1, with a valid port that is not of DNS."""
    for match in _ADDRESS.finditer(text):
        if _CLOCK.match(match[1]):
            continue
        port = port_of(match[1])
        if port == NAME_SERVER_PORT:
            continue
        line = name_of(match[1]).rpartition(".")[2].lower() in SOURCES and not port.startswith("27")
        if not line and (not port.isdigit() or int(port) <= MOST_PORT):
            yield match


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


def is_container_address(host: str) -> bool:
    """Return whether an address is in the range that Docker uses for its networks."""
    return bool(re.fullmatch(r"172\.(?:1[7-9]|2\d|3[01])\.\d+\.\d+", name_of(host)))
