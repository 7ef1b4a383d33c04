"""The connection string as it was probably meant, where that can be told.

All of it works on the redacted text, so that what comes out can be shown.
"""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile
from mongoping.uri.target import Problem, parse
from mongoping.uri.text import SCHEMES

STANDARD, SRV = SCHEMES
_HOSTS = lazy_compile(r"[\w.-]+(?::\d{1,5})?(?:,[\w.-]+(?::\d{1,5})?)*(?:/[\w.-]*)?")
_TRAILING = " \t\r\n\"'`;,"


def fixed(uri: str, problem: Problem) -> str | None:
    """The refused string with what is wrong put right, or None where nobody can tell.

    What is returned is valid: it was parsed again.
    """
    find = _FIXES.get(problem.cause)
    guess = find(uri, problem.start, problem.start + problem.length) if find else None
    if guess is None or guess == uri or parse(guess).problem is not None:
        return None
    return guess


def as_srv(uri: str) -> str | None:
    """The same string with the SRV scheme and without a port."""
    if not uri.startswith(STANDARD):
        return None
    rest = re.sub(r":27017(?=[/?]|$)", "", uri.removeprefix(STANDARD), count=1)
    return SRV + rest


def as_standard(uri: str) -> str | None:
    """The same string with the scheme that names servers themselves."""
    return STANDARD + uri.removeprefix(SRV) if uri.startswith(SRV) else None


def _scheme(uri: str, start: int, end: int) -> str | None:
    match = re.search(r"(mongodb(?:\+srv)?://)(.*)", uri, re.IGNORECASE | re.DOTALL)
    if match:
        return match.group(1).lower() + match.group(2).rstrip(_TRAILING)
    bare = uri.strip(_TRAILING)
    return STANDARD + bare if _HOSTS.fullmatch(bare) else None


def _without(uri: str, start: int, end: int) -> str:
    return uri[:start] + uri[end:]


def _host(uri: str, start: int, end: int) -> str | None:
    """Without the comma that has no host beside it, or with a socket's path encoded."""
    socket = re.match(r"(/[\w./+-]*\.sock)(?=[/?]|$)", uri[start:])
    if socket:
        return uri[:start] + socket.group().replace("/", "%2F") + uri[start + socket.end() :]
    if uri[start - 1 : start] == ",":
        return uri[: start - 1] + uri[start:]
    return uri[:start] + uri[start + 1 :] if uri[start : start + 1] == "," else None


def _port(uri: str, start: int, end: int) -> str | None:
    """A port without what stands around its digits; none at all where nothing was given."""
    digits = re.search(r"\d{2,5}", uri[start:end])
    if start == end:
        return uri[: start - 1] + uri[start:]
    return uri[:start] + digits.group() + uri[end:] if digits else None


def _malformed(uri: str, start: int, end: int) -> str | None:
    part = uri[start:end]
    if start == end:  # an empty option
        before = uri[: start - 1] if uri[start - 1 : start] in ("&", ";") else uri[:start]
        return before + uri[start:]
    if part in ("&", ";"):
        path, mark, query = uri.partition("?")
        return path + mark + query.replace(";", "&")
    key, equals, value = part.partition("=")
    if equals and "=" in value:
        return uri[:start] + key + "=" + value.replace("=", "%3D") + uri[end:]
    if part.count(":") > 1:
        name, _, port = part.rpartition(":")
        whole = parse(f"{STANDARD}[{part}]").problem is None and _is_v6(part)
        inner = f"[{part}]" if whole else f"[{name}]:{port}"
        return uri[:start] + inner + uri[end:]
    return None


def _is_v6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


_FIXES = {
    "uri.invalid-scheme": _scheme,
    "uri.invalid-port": _port,
    "uri.malformed": _malformed,
    "uri.missing-host": _host,
    "uri.srv-host-too-short": lambda uri, start, end: as_standard(uri),
    "uri.srv-multiple-hosts": lambda uri, start, end: as_standard(uri),
    "uri.srv-with-port": _without,
}
