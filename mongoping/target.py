"""From the text of a connection string to what may be shared and what may not.

Everything here is pure: no file is opened, no name is looked up, no clock is read. The
judge of what is valid is PyMongo's own constructor; where this module knowingly differs,
the reason stands beside the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from mongoping.model import Host

EXTERNAL = "$external"
EXTERNAL_MECHANISMS = frozenset({"GSSAPI", "MONGODB-AWS", "MONGODB-OIDC", "MONGODB-X509"})
HIDDEN = "***"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class UriWarning:
    """Something that the driver takes, but not as its writer meant it."""

    cause: str
    option: str | None
    detail: str


@dataclass(frozen=True)
class Problem:
    """Why a connection string is refused, and where: offsets into `Parsed.shown`."""

    cause: str
    detail: str
    start: int
    length: int


@dataclass(frozen=True)
class Target:
    """What a connection string says, without any secret: fit for reports and for sharing.

    ``options`` maps the documented names to normalised values: ``ssl`` becomes ``tls``,
    secrets are shown as ``***``. ``hosts`` holds the one name with port None for SRV.
    """

    uri: str
    scheme: str
    hosts: tuple[Host, ...]
    username: str | None
    has_password: bool
    database: str | None
    options: Mapping[str, Any]
    warnings: tuple[UriWarning, ...] = ()

    @property
    def srv(self) -> bool:
        """Whether the seed list comes from DNS."""
        return self.scheme == "mongodb+srv"

    @property
    def srv_name(self) -> str | None:
        """The name under which the SRV records are looked up, None without SRV."""
        return self.hosts[0].name if self.srv else None

    @property
    def mechanism(self) -> str | None:
        """The authentication mechanism as the string names it; None leaves it to the server."""
        value = self.options.get("authMechanism")
        return None if value is None else str(value)

    @property
    def auth_source(self) -> str:
        """The database that the user is looked for in, by the rules of the driver."""
        if self.mechanism in EXTERNAL_MECHANISMS:
            return EXTERNAL
        if self.options.get("authSource"):
            return str(self.options["authSource"])
        return self.database or (EXTERNAL if self.mechanism == "PLAIN" else "admin")

    @property
    def replica_set(self) -> str | None:
        """The replica set that the servers must belong to, None where any will do."""
        value = self.options.get("replicaSet")
        return None if value is None else str(value)

    @property
    def direct_connection(self) -> bool:
        """Whether the driver keeps to the one host and does not discover others."""
        return bool(self.options.get("directConnection"))

    @property
    def load_balanced(self) -> bool:
        """Whether the driver expects a load balancer in front of the deployment."""
        return bool(self.options.get("loadBalanced"))


@dataclass(frozen=True, repr=False)
class Credentials:
    """What must never be shown. Its repr is empty, and no report can reach it.

    ``uri`` is the whole string for the driver, ``secrets`` every secret in the forms in
    which it could turn up in foreign text.
    """

    uri: str
    username: str | None = None
    password: str | None = None
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Credentials(***)"


@dataclass(frozen=True)
class Parsed:
    """A connection string taken apart: either ``target`` and ``credentials``, or ``problem``.

    ``shown`` is the redacted text, safe to print however broken the string is.
    """

    shown: str
    target: Target | None = None
    credentials: Credentials | None = field(default=None, repr=False)
    problem: Problem | None = None


def parse(
    text: str, *, password: str | None = None, overrides: Mapping[str, str] = _NOTHING
) -> Parsed:
    """Take a connection string apart. Never raises; what is wrong is in ``problem``.

    ``password`` is one that was given apart. ``overrides`` are option names with the text
    of their values, and win over those of the string.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("mongodb", "mongodb+srv"):
        problem = Problem("uri.invalid-scheme", "it must begin with mongodb://", 0, 1)
        return Parsed(shown=HIDDEN, problem=problem)
    front, _, query = rest.partition("?")
    authority, _, database = front.partition("/")
    userinfo, at, hosts = authority.rpartition("@")
    user, colon, own = userinfo.partition(":")
    secret = password if password is not None else unquote_plus(own) if colon else None
    found = [_host(one, srv=scheme == "mongodb+srv") for one in hosts.split(",") if one]
    if not found:
        problem = Problem("uri.missing-host", "it names no host", 0, 1)
        return Parsed(shown=HIDDEN, problem=problem)
    options: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        options[name] = {"true": True, "false": False}.get(value, unquote_plus(value))
    options.update(overrides)
    tail = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in options.items())
    end = f"{hosts}/{database}" + (f"?{tail}" if tail else "")
    hidden = (user + (f":{HIDDEN}" if secret else "") + "@") if at else ""
    login = (user + (f":{quote_plus(secret)}" if secret else "") + "@") if at else ""
    shown = f"{scheme}://{hidden}{end}"
    name = unquote_plus(user) or None
    target = Target(
        uri=shown,
        scheme=scheme,
        hosts=tuple(found),
        username=name,
        has_password=bool(secret),
        database=unquote_plus(database) or None,
        options=MappingProxyType(options),
    )
    forms = {secret, quote(secret, safe=""), quote_plus(secret)} if secret else set()
    credentials = Credentials(f"{scheme}://{login}{end}", name, secret, tuple(sorted(forms)))
    return Parsed(shown, target, credentials)


def _host(text: str, *, srv: bool) -> Host:
    if srv or text.endswith(".sock"):
        return Host(unquote_plus(text), None)
    match = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+)(?::(\d+))?", text)
    if match is None:
        return Host(text.lower())
    name, port = match[1] or match[3], match[2] or match[4]
    return Host(name.lower(), int(port) if port else 27017)


def scrub(text: str, credentials: Credentials | None) -> str:
    """Take every secret out of text that someone else wrote, such as a driver's message."""
    for secret in sorted(credentials.secrets if credentials else (), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return re.sub(r"(mongodb(?:\+srv)?://[^\s:/@]*):[^\s]*@", rf"\1:{HIDDEN}@", text)


def parse_txt(text: str) -> dict[str, Any] | str:
    """The options of a TXT record, or what is wrong with it in words.

    PyMongo allows authSource, replicaSet and loadBalanced there, and nothing else.
    """
    options: dict[str, Any] = {}
    allowed = {"authsource": "authSource", "replicaset": "replicaSet"}
    allowed["loadbalanced"] = "loadBalanced"
    for pair in text.split("&"):
        name, equals, value = pair.partition("=")
        if not equals or name.lower() not in allowed:
            return "it may hold authSource, replicaSet and loadBalanced only"
        known = allowed[name.lower()]
        options[known] = value == "true" if known == "loadBalanced" else unquote_plus(value)
    return options
