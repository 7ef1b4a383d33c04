"""Facts that follow from the name of a host. Pure.

Hosts are `Host` records or texts such as ``name``, ``name:port``, ``[::1]:27017`` or the path of
a UNIX socket.
"""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile
from mongoping.uri.host import Host

ATLAS_DOMAINS = (".mongodb.net", ".mongodb-dev.net", ".mongodb-qa.net", ".mongodb-stage.net")
"""Domains of Atlas clusters; all but the first are MongoDB's own test environments."""

LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "::1"})
_LOOPBACK = lazy_compile(r"127(?:\.\d{1,3}){1,3}|.*\.localhost|::1:\d{1,5}", re.DOTALL)


def name_of(host: Host | str) -> str:
    """Return the name of a host in lower case, without a port and without a trailing dot."""
    if isinstance(host, Host):
        name = host.name
    elif host.startswith("["):
        name = host[1:].partition("]")[0]
    else:
        name = host.partition(":")[0] if host.count(":") == 1 else host
    return name.rstrip(".").lower()


def is_atlas(host: Host | str) -> bool:
    """Return whether the name is in a domain of Atlas."""
    return name_of(host).endswith(ATLAS_DOMAINS)


def is_loopback(host: Host | str) -> bool:
    """Return whether the name can only mean this machine.

    True for UNIX sockets, for 127.0.0.0/8 and ::1, and for ``localhost`` with its subdomains
    (RFC 6761, section 6.3). Java writes ``localhost/127.0.0.1:27017``, where the name decides.
    """
    name = name_of(host)
    if name.endswith(".sock"):
        return True
    name = name.partition("/")[0]
    return name in LOOPBACK_NAMES or _LOOPBACK.fullmatch(name) is not None
