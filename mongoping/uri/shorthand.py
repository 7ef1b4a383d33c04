"""Connection strings from what people type instead: ``localhost``, ``h1:27017,h2/shop``. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import is_atlas, is_loopback
from mongoping.uri.text import SCHEME, scheme_end

MAX_CHARS = 16 * 1024  # longer texts are left to the parser
_HOST = r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[A-Za-z0-9_](?:[\w.-]{0,253}))"
_ADDRESS = lazy_compile(
    rf"(?P<login>[^@/?]*@)?(?P<hosts>{_HOST}(?::\d{{1,5}})?(?:,{_HOST}(?::\d{{1,5}})?)*)"
    r"(?P<rest>/[^/:@?,]*)?(?P<query>\?.*)?",
    re.DOTALL,
)
_BARE_V6 = lazy_compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?")
_VARIABLE = lazy_compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")  # MONGODB_URI, a name without its $
_NODE = lazy_compile(r"-shard-\d\d-\d\d[.-]")
_SET = lazy_compile(rf"(?P<set>[\w.-]{{1,120}})/(?P<hosts>{_HOST}(?::\d+)?(?:,{_HOST}(?::\d+)?)*)")
_LIKE_SCHEME = lazy_compile(rf"{SCHEME}|mongo(?:db)?(?:srv)?/", re.IGNORECASE)
_OPENS = frozenset("<{$%")  # what placeholders begin with
_PLACEHOLDER = "uri.placeholder-not-replaced"


def expand(text: str) -> str:
    """Return the connection string for an address, or ``text`` itself if it is none.

    An address is a list of hosts, with ports, a database and options if they are given, or the
    path of a UNIX socket. A placeholder and a mistyped scheme are not addresses: the parser names
    them. The name of an Atlas cluster gets the scheme ``mongodb+srv``.
    """
    bare = text.strip()
    if not bare or len(bare) > MAX_CHARS or "://" in bare or scheme_end(bare):
        return text
    host, _, port = bare.partition(":")
    if (host == "localhost" or _is_v4(host)) and port.isascii() and port.isdecimal():
        return f"mongodb://{bare}"  # what most people type needs none of the rules below
    if _is_socket(bare):
        return f"mongodb://{quote(bare, safe='')}"
    if _BARE_V6.fullmatch(bare):
        return f"mongodb://[{bare.replace('%', '%25')}]"
    match = _ADDRESS.fullmatch(bare)
    if match is None:
        return _with_scheme_if_clear(bare) or text
    if _is_no_address(bare, match["hosts"]):
        return text
    scheme = "mongodb+srv" if _names_cluster(match["hosts"]) else "mongodb"
    front = f"{match['login'] or ''}{match['hosts']}{match['rest'] or ''}"
    query = match["query"] or ""
    return f"{scheme}://{front}{'/' if query and not match['rest'] else ''}{query}"


def is_plain_address(text: str) -> bool:
    """Return whether a text can only be an address, and no secret that is held by mistake.

    True for hosts that all have a port, are IP addresses, or mean this machine, without a login.
    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or match["login"] or match["query"] or expand(text) == text:
        return False
    return all(
        re.search(r":\d{2,5}$", host) or host.startswith("[") or is_loopback(host) or _is_v4(host)
        for host in match["hosts"].split(",")
    )


def from_host_options(host: str | None, port: int | None) -> str:
    """Return the connection string for mongosh's ``--host`` and ``--port``.

    ``host`` is a list of hosts, also with a replica set before it: ``rs0/h1:27017,h2``. Raises
    ValueError, with a sentence for the user, if the two contradict each other.
    """
    if host is not None and ("://" in host or _is_socket(host)):
        if port is not None and not host.endswith(f":{port}"):
            raise ValueError("--host is a complete address: remove --port")
        return expand(host)
    hosts, options = host or "localhost", ""
    if match := _SET.fullmatch(hosts):
        hosts, options = match["hosts"], f"/?replicaSet={match['set']}"
    if _BARE_V6.fullmatch(hosts):
        hosts = f"[{hosts}]"
    if port is not None:
        hosts = ",".join(_with_port(host, port) for host in hosts.split(","))
    return f"mongodb://{hosts}{options}"


def _with_port(host: str, port: int) -> str:
    name, colon, own = host.rpartition(":")
    if not colon or host.endswith("]"):
        return f"{host}:{port}"
    if own != str(port):
        raise ValueError(f"--host {host} has another port than --port {port}")
    return f"{name}:{port}"


def _is_socket(text: str) -> bool:
    return text.startswith("/") and text.endswith(".sock") and "?" not in text


def _with_scheme_if_clear(bare: str) -> str | None:
    """Return a malformed address with a scheme if it is clear that only the scheme is missing.

    The parser can then name what is wrong: the port of this machine, or a placeholder.
    """
    from mongoping.uri.target import parse

    host, colon, port = bare.partition(":")
    with_scheme = f"mongodb://{bare}"
    if colon and is_loopback(host) and "/" not in port:
        return with_scheme
    if "//" in bare or not _OPENS.intersection(bare):
        return None
    causes = [
        problem and problem.cause for problem in (parse(bare).problem, parse(with_scheme).problem)
    ]
    return with_scheme if causes == ["uri.invalid-scheme", _PLACEHOLDER] else None


def _is_no_address(text: str, hosts: str) -> bool:
    """Return whether a text is rather a placeholder, the name of a variable, or a typo."""
    from mongoping.uri.target import parse

    if _VARIABLE.fullmatch(text) or _LIKE_SCHEME.match(text):
        return True
    problem = parse(f"mongodb://{hosts}").problem
    whole = parse(text).problem
    causes = [candidate.cause for candidate in (problem, whole) if candidate is not None]
    return _PLACEHOLDER in causes


def _names_cluster(hosts: str) -> bool:
    """Return whether a list of hosts is the name of an Atlas cluster, which has SRV records."""
    single = "," not in hosts and ":" not in hosts
    return single and is_atlas(hosts) and not _NODE.search(hosts)


def _is_v4(host: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", host) is not None
