"""Correct connection strings, based on their redacted text. Pure.

Each function returns a string that parses, with ``***`` in place of each secret,
or None if the correction does not apply or its result would be refused. All other parts stay
as the user wrote them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from mongoping.lazy_re import lazy_compile
from mongoping.uri.options import closest, find
from mongoping.uri.target import Problem, parse
from mongoping.uri.text import scheme_end, userinfo_span

STANDARD, SRV = "mongodb", "mongodb+srv"
_HOSTS = lazy_compile(r"[\w.-]+(?::\d{1,5})?(?:,[\w.-]+(?::\d{1,5})?)*(?:/[\w.-]*)?")
_VARIABLE = lazy_compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")  # its name, not its value
_SITE = lazy_compile(r"[\w.-]*\bmongodb\.com(?=[:/]|$)")  # its web pages, not a server
_TRAILING = " \t\r\n\"'`;,"
_NODE = lazy_compile(r"[\w-]+-shard-\d\d-\d\d[.-]")
_ESCAPE = lazy_compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def valid(uri: str | None) -> str | None:
    """Return a connection string if a driver accepts it, else None.

    A text with an escaped control character is refused too, because pasting it would not
    restore the character.
    """
    if uri is None or _ESCAPE.search(uri) or parse(uri).problem is not None:
        return None
    return uri


def set_options(uri: str, **options: str | bool | int) -> str | None:
    """Return the string with options set: replaced in place, or appended."""
    return _if_changed(
        uri, rewrite(uri, put={name: _text(value) for name, value in options.items()})
    )


def drop_options(uri: str, *names: str) -> str | None:
    """Return the string without some options."""
    return _if_changed(uri, rewrite(uri, drop=names))


def drop_text(uri: str, start: int, end: int) -> str | None:
    """Return the string without one option, given as offsets, and its separator."""
    before, rest = uri[:start], uri[end:]
    if rest[:1] in ("&", ";"):
        rest = rest[1:]
    else:
        before = before.rstrip("&;?")
    return _if_changed(uri, before + rest)


def rename_option(uri: str, name: str) -> str | None:
    """Return the string with an unknown option under the known name closest to it."""
    close = closest(name)
    if close is None:
        return None
    pattern = rf"(?<=[?&;]){re.escape(name)}="
    return _if_changed(uri, re.sub(pattern, f"{close}=", uri, flags=re.IGNORECASE))


def replace_hosts(uri: str, *hosts: str) -> str | None:
    """Return the string with another list of hosts, each as ``host:port`` or a socket's path."""
    return _if_changed(uri, rewrite(uri, hosts=hosts))


def replace_host(uri: str, old: str, new: str) -> str | None:
    """Return the string with one of its hosts replaced.

    Parameters:
        old: the host as a report shows it: ``name:port``, or the path of a socket.
        new: what to write instead, in the same form.
    """
    target = parse(uri).target
    if target is None or target.srv:
        return None
    hosts = [str(host) for host in target.hosts]
    if old not in hosts:
        return None
    return replace_hosts(uri, *(new if host == old else host for host in hosts))


def replace_scheme(uri: str, scheme: str) -> str | None:
    """Return the string with ``mongodb`` or ``mongodb+srv`` as its scheme.

    An SRV string has no port, so a default port is left out. Other corrections, such as an
    option that SRV implies, are left to the caller.
    """
    if scheme == SRV:
        uri = re.sub(r":27017(?=[/?]|$)", "", uri, count=1)
    return _if_changed(uri, rewrite(uri, scheme=scheme))


def replace_login(uri: str, login: str | None) -> str | None:
    """Return the string with another ``USER:PASSWORD``, or without any for None."""
    return _if_changed(uri, rewrite(uri, login=login or ""))


def _if_changed(uri: str, new: str) -> str | None:
    return None if new == uri else valid(new)


def _text(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def rewrite(
    text: str,
    *,
    hosts: Sequence[str] = (),
    put: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    scheme: str | None = None,
    login: str | None = None,
) -> str:
    """Return the connection string with some parts replaced; the result is not parsed again.

    Parameters:
        hosts: replace those of ``text`` unless empty.
        put: options to replace in place, or to append.
        drop: names of options to remove.
        scheme: replaces that of ``text``.
        login: replaces user and password; "" removes them.
    """
    head, _, rest = text.partition("://")
    span = userinfo_span(text)
    own = f"{text[span.start : span.end]}@" if span else ""
    rest = rest[len(own) :]
    if login is not None:
        own = f"{login}@" if login else ""
    front, _, query = rest.partition("?")
    old, slash, database = front.partition("/")
    options = _options(query, dict(put or {}), {canonical_name(name) for name in drop})
    seeds = ",".join(_host(host) for host in hosts) or old
    path = f"{slash}{database}" if slash or not options else "/"
    return f"{scheme or head}://{own}{seeds}{path}{'?' if options else ''}{options}"


def _host(host: str) -> str:
    """Return a host as a connection string has it: a path and a zone are percent-encoded."""
    if host.startswith("/"):
        return quote(host, safe="")
    return re.sub(r"%(?!25)", "%25", host) if host.startswith("[") else host


def canonical_name(option: str) -> str:
    """Return the documented name of an option, or an unknown one in lower case."""
    documented_option = find(option)
    return documented_option.name if documented_option else option.lower()


def _options(query: str, replacements: dict[str, str], drop: set[str]) -> str:
    match = re.search("[&;]", query)
    separator = match.group() if match else "&"
    rows = []
    for chunk in query.split(separator) if query else []:
        name = canonical_name(chunk.partition("=")[0])
        if name in drop:
            continue
        if name in replacements:
            chunk = f"{name}={_value(replacements.pop(name))}"
        rows.append(chunk)
    rows += [f"{name}={_value(value)}" for name, value in replacements.items()]
    return separator.join(rows)


def _value(text: str) -> str:
    return quote(text, safe=":,-_./~")


def correct(uri: str, problem: Problem) -> str | None:
    """Return a refused string without its problem, or None where the correction is not known.

    Parameters:
        uri: the redacted text, `ParsedUri.shown`.
        problem: why it is refused; its offsets are those of ``uri``.
    """
    find_correction = _CORRECTIONS.get(problem.cause)
    if find_correction is None:
        return None
    new = find_correction(uri, problem.start, problem.start + problem.length)
    return _if_changed(uri, new) if new is not None else None


def _scheme(uri: str, start: int, end: int) -> str | None:
    match = re.search(r"(mongodb(?:\+srv)?://)(.*)", uri, re.IGNORECASE | re.DOTALL)
    if match:
        return match.group(1).lower() + match.group(2).rstrip(_TRAILING)
    if end := scheme_end(uri):  # misspelled, as in mongo:// or mongodb:/
        name = SRV if "srv" in uri[:end].lower() else STANDARD
        return f"{name}://{uri[end:].lstrip('/').rstrip(_TRAILING)}"
    web = re.match(r"https?://", uri, re.IGNORECASE)
    bare = uri[web.end() if web else 0 :].strip(_TRAILING)
    if _VARIABLE.fullmatch(bare):
        return None
    address, _, query = bare.partition("?")
    names = [option.partition("=")[0] for option in query.split("&") if option]
    is_address = _HOSTS.fullmatch(address) and all(map(find, names))
    return f"{STANDARD}://{bare}" if is_address and not _SITE.match(bare) else None


def _without(uri: str, start: int, end: int) -> str:
    return uri[:start] + uri[end:]


def _missing_host(uri: str, start: int, end: int) -> str | None:
    """Return the string with a socket's path encoded, or without a comma that has no host."""
    socket = re.match(r"(/[\w./+-]*\.sock)(?=[/?]|$)", uri[start:])
    if socket:
        return uri[:start] + socket.group().replace("/", "%2F") + uri[start + socket.end() :]
    if uri[start - 1 : start] == ",":
        return uri[: start - 1] + uri[start:]
    return uri[:start] + uri[start + 1 :] if uri[start : start + 1] == "," else None


def _port(uri: str, start: int, end: int) -> str | None:
    """Return the string with only the digits of a port, or without the colon of an empty port."""
    digits = re.search(r"\d{2,5}", uri[start:end])
    if start == end:
        return uri[: start - 1] + uri[start:]
    return uri[:start] + digits.group() + uri[end:] if digits else None


def _without_malformed_part(uri: str, start: int, end: int) -> str | None:
    part = uri[start:end]
    if start == end:  # an empty option
        before = uri[: start - 1] if uri[start - 1 : start] in ("&", ";") else uri[:start]
        return before + uri[start:]
    if part in ("&", ";"):
        path, mark, query = uri.partition("?")
        return path + mark + query.replace(";", "&")
    key, equals, value = part.partition("=")
    option = find(key)
    if not equals and option is not None and option.kind == "boolean":
        return f"{uri[:end]}=true{uri[end:]}"
    if equals and "=" in value:
        return uri[:start] + key + "=" + value.replace("=", "%3D") + uri[end:]
    if part.count(":") > 1:
        return _with_brackets(uri, start, end)
    return None


def _with_brackets(uri: str, start: int, end: int) -> str | None:
    """Return the string with an IPv6 address in brackets, or None if it contains none there."""
    part = uri[start:end]
    name, _, port = part.rpartition(":")
    if _is_v6(part):
        return f"{uri[:start]}[{part}]{uri[end:]}"
    return f"{uri[:start]}[{name}]:{port}{uri[end:]}" if _is_v6(name) else None


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text.replace("%25", "%"))  # of a zone, such as %25eth0
    except ValueError:
        return False
    return True


def _as_standard(uri: str, start: int, end: int) -> str:
    return rewrite(uri, scheme=STANDARD)


def _one_srv_name(uri: str, start: int, end: int) -> str:
    """Return the string with its first name only, or as a seed list if it names Atlas nodes.

    Nodes have addresses and no SRV records, so they belong in a ``mongodb://`` string, in which
    TLS is not implied.
    """
    names = uri[start:end].split(",")
    if any(_NODE.match(name) for name in names):
        return rewrite(uri, scheme=STANDARD, put={"tls": "true"})
    return uri[:start] + names[0] + uri[end:]


_CORRECTIONS: dict[str, Callable[[str, int, int], str | None]] = {
    "uri.invalid-scheme": _scheme,
    "uri.invalid-port": _port,
    "uri.malformed": _without_malformed_part,
    "uri.missing-host": _missing_host,
    "uri.srv-host-too-short": _as_standard,
    "uri.srv-multiple-hosts": _one_srv_name,
    "uri.srv-with-port": _without,
}
