"""Note what this machine adds to a connection: name servers, hosts file and proxy variables.

Nothing is sent. These facts explain why a deployment works from one machine and not from another
(`mongoping.comparison`), so they are collected in every run, also in one that succeeds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.lazy_re import lazy_compile
from mongoping.model import Outcome
from mongoping.observations import MachineFacts
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
MAX_HOSTS_BYTES = 4_000_000  # lists that block advertisements have up to 200,000 lines
MAX_ADDRESSES = 8  # of one name
MAX_SERVERS = 8
MAX_PROXY_CHARS = 200
_PLACE = lazy_compile(r"[\w.:\[\]-]{1,200}")


def hosts_file() -> str:
    """Return the path of this system's hosts file."""
    if sys.platform == "win32":
        root = os.environ.get("SYSTEMROOT", r"C:\Windows")
        return rf"{root}\System32\drivers\etc\hosts"
    return "/etc/hosts"


def entries(text: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the addresses that a hosts file has for each of these names (hosts(5)). Pure."""
    rows: dict[str, list[str]] = {name.lower().rstrip("."): [] for name in names}
    for line in text.splitlines():
        address, *others = line.partition("#")[0].split() or [""]
        for other in others:
            addresses = rows.get(other.lower())
            if addresses is not None and len(addresses) < MAX_ADDRESSES:
                addresses.append(address)
    return {name: tuple(dict.fromkeys(rows[name.lower().rstrip(".")])) for name in names}


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy variables that are set, with the host and port of each. Pure.

    A user name, a password and a path are left out. Programs prefer the name in lower case.
    """
    proxies_by_variable = {}
    for name in PROXY_VARIABLES:
        value = environment.get(name.lower()) or environment.get(name)
        if value:
            proxies_by_variable[name] = (
                value[:MAX_PROXY_CHARS] if name == "NO_PROXY" else _place(value)
            )
    return proxies_by_variable


def _place(value: str) -> str:
    """Return the host and port in the URL of a proxy; ``set`` if it cannot be read."""
    rest = value.rpartition("@")[2] if "@" in value else value.rpartition("://")[2]
    place = rest.partition("/")[0].partition("?")[0]
    return place if _PLACE.fullmatch(place) else "set"


def _addresses(hosts: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the entries of the hosts file for pairs of host and name."""
    try:
        with Path(hosts_file()).open("rb") as file:
            text = file.read(MAX_HOSTS_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    addresses = entries(text, [name for _, name in hosts])
    return {host: addresses[name] for host, name in hosts}


async def run(ctx: Context) -> Outcome:
    """Read the configuration of this machine. Never fails."""
    from mongoping.probe.dns import search_domains, system_servers

    names = [(str(host), host.name) for host in ctx.evidence.hosts if not host.is_socket]
    return Outcome(
        MachineFacts(
            resolvers=system_servers()[:MAX_SERVERS],
            search=search_domains()[0][:MAX_SERVERS],
            hosts_file=_addresses(names),
            proxies=proxies(os.environ),
            hosts_path=hosts_file(),
        )
    )


CHECK = OnceCheck(
    name="machine",
    layer="compat",
    summary="name servers, hosts file and proxy variables of this machine",
    run=run,
    after=("hello",),
)
