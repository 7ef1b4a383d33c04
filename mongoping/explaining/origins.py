"""Find the host that an error is about, and where its name comes from. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.explaining import hosts
from mongoping.explaining.servers import ServerFacts, folded_addresses
from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import name_of

if TYPE_CHECKING:
    from mongoping.explaining.reading import Reading

BEFORE, AFTER = 160, 220  # characters around a match in which to look for its host

# the name in a failed lookup, which has no port
_LOOKED_UP = lazy_compile(
    r"(?:ENOTFOUND|EAI_\w{1,10}+|ENODATA|UnknownHostException:?|lookup|resolve|gaierror:?) "
    r"['\"]?(?:⟨\w{1,20}+⟩ )?['\"]?([a-z0-9_][a-z0-9_.-]{0,250}[a-z0-9_])"
    r"(?!\S{0,250}@)",  # the end of a password that contains an '@'
    re.IGNORECASE,
)


def concerned_host(reading: Reading, start: int, end: int) -> str | None:
    """Return the host that a match is about: the server that contains it, or the nearest one."""
    for server in reading.view.servers:
        if server.start <= start < server.end:
            return server.host
    line_start = reading.text.rfind("\n", 0, start) + 1
    line_end = reading.text.find("\n", end)
    line_end = len(reading.text) if line_end < 0 else line_end
    before = reading.text[max(line_start, start - BEFORE) : start]
    nearby_text = reading.text[start : min(line_end, end + AFTER)]
    match = _LOOKED_UP.search(nearby_text)
    near = [*hosts.addresses(before)]
    own = next(hosts.addresses(nearby_text[: end - start]), None)
    if own:
        return _same(reading, own[1])
    if near and len(before) - near[-1].end() <= 4:  # "host:port: what happened"
        return _same(reading, near[-1][1])
    behind = next(hosts.addresses(nearby_text), None)
    if match and (not behind or match.start() <= behind.start()):
        return _same(reading, match[1])
    if behind:
        return _same(reading, behind[1])
    return _same(reading, near[-1][1]) if near else None


# a line that says that a connection succeeded
_CONNECTION_WORDS = lazy_compile(
    r"\b(?:connected(?: successfully)?(?: to|:)|connection (?:established|succeeded)"
    r"|connected successfully|successfully connected)\b",
    re.IGNORECASE,
)
_NODE_NAME = lazy_compile(
    r"\b[a-z0-9][a-z0-9-]{0,60}+((?:\.[a-z0-9-]{1,60}+){1,4})\b", re.IGNORECASE
)


def connected_clusters(text: str) -> frozenset[str]:
    """Return the Atlas clusters to which a text reports a connection, as domains of their nodes."""
    return frozenset(
        match[1].lower()
        for line in text.split("\n")
        if _CONNECTION_WORDS.search(line)
        for match in _NODE_NAME.finditer(line)
        if hosts.is_node(match[0].lower())
    )


def domain(host: str) -> str:
    """Return the domain of a host, with the dot before it."""
    return "".join(name_of(host).partition(".")[1:])


def named_host(text: str) -> str | None:
    """Return the first host that an error names, with its port if it has one."""
    looked_up = _LOOKED_UP.search(text)
    if looked_up:
        return looked_up[1].lower()
    address = next(hosts.addresses(text), None)
    return address[1].lower() if address else None


def _same(reading: Reading, host: str) -> str:
    """Return the host as the driver's view names it, with its port."""
    host = host.lower()
    for server in reading.view.servers:
        if server.host == host or server.host.rpartition(":")[0] == host:
            return server.host
    return host


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
    if replaces_seeds(reading) or (reading.seeds and in_set) or hosts.is_container_id(host):
        return "advertised"
    if any(other.answered and other.type.startswith("RS") for other in others):
        return "advertised"
    if topology is not None and not in_set:
        return "seed"
    return _guess(reading, host, others, in_set=in_set)


def _guess(reading: Reading, host: str, others: list[ServerFacts], *, in_set: bool) -> str:
    """Guess the origin without a connection string: by kind of name, and by number of hosts."""
    if reading.view.unheard:
        return "unknown"  # no server has ever answered: these are the seeds, or might be
    folded_names = folded_addresses(reading.text)
    members = {host, *(other.host for other in others), *folded_names}
    several = len(members) > 1
    if (in_set or several) and all(map(hosts.is_inside, members)):
        return "probably"
    if (
        in_set
        and len(folded_names) > 1
        and (reading.view.heard or all(map(hosts.is_loopback, members)))
    ):
        return "probably"
    return "probably" if hosts.is_container_address(host) else "unknown"


def replaces_seeds(reading: Reading) -> bool:
    """Return whether PyMongo reports that it replaced the seeds by unreachable names."""
    return "configured with internal hostnames" in reading.text
