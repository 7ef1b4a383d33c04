"""What the driver takes without a word, and should not be left unsaid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.lazy_re import lazy_compile
from mongoping.uri import placeholders
from mongoping.uri.hosts import is_loopback
from mongoping.uri.options import find
from mongoping.uri.rules import CONFLICT, Seen, implied_tls

if TYPE_CHECKING:
    from mongoping.uri.host import Host
    from mongoping.uri.text import Text

RISKY = "uri.risky-option"
_UNESCAPED = "uri.unescaped-credentials"
_MALFORMED = "uri.malformed"
_SRV_NAME = lazy_compile(
    r"(?!atlas-stream|pl-)(?!.*-shard-)(?![^.]*-lb\.)"
    r"[a-z0-9][a-z0-9-]*\.[a-z0-9-]{4,}\.mongodb(?:-dev|-qa|-stage)?\.net"
)
_BLANK = lazy_compile(r"[\s\x00-\x1f\x7f]")
_TWICE = lazy_compile(r"%25[0-9a-f]{2}", re.IGNORECASE)


def is_srv_name(host: Host) -> bool:
    """Return whether a host looks like the SRV name of an Atlas cluster, which has no address."""
    return host.port == 27017 and _SRV_NAME.fullmatch(host.name) is not None


def placeholder_values(seen: Seen) -> None:
    """Refuse placeholders in options that decide about the connection; warn about others."""
    for one in seen.query.given.values():
        option = find(one.key)
        if option is None or not placeholders.in_value(one.text):
            continue
        words = f"the value of {option.name} is still a placeholder"
        if option.matters:
            raise seen.refuse(words, one.key, cause=placeholders.CAUSE)
        seen.query.warn(option.name, words, placeholders.CAUSE)


def add(text: Text, seen: Seen, database: str | None, collection: str | None) -> None:
    """Add the warnings that no part by itself gave rise to."""
    if seen.parts.userinfo:
        _userinfo(seen, seen.parts.userinfo.of(text.raw))
    _hosts(seen)
    if database is not None and database != database.strip():
        words = "white space at the beginning or end of the database is part of its name"
        seen.query.warn(None, words, _MALFORMED)
    if database is not None and re.search("[&=;]", database):
        words = "options stand behind a '?'; without it they are part of the database's name"
        seen.query.warn(None, words, _MALFORMED)
    if collection is not None:
        words = f"the database is {database or 'not given'}; the rest after the dot is left out"
        seen.query.warn(None, words, _MALFORMED)
    _options(seen)


def _userinfo(seen: Seen, raw: str) -> None:
    warn = seen.query.warn
    if "+" in raw:
        words = "PyMongo reads a '+' in user name or password as a blank; a plus is %2B"
        warn(None, words, _UNESCAPED)
    if found := sorted({char for char in raw if char in "[]#"}):
        words = f"{' '.join(found)} unescaped: PyMongo takes it, other drivers and tools do not"
        warn(None, words, _UNESCAPED)
    for what, value in (("user name", seen.username), ("password", seen.password)):
        if value and (value != value.strip() or _BLANK.search(value[0] + value[-1])):
            warn(None, f"the {what} begins or ends with white space", _UNESCAPED)
    if _TWICE.search(raw):
        warn(None, "user name or password look percent-encoded twice", _UNESCAPED)


def _hosts(seen: Seen) -> None:
    warn = seen.query.warn
    for host in seen.hosts:
        if not host.is_socket and _BLANK.search(host.name):
            words = "a host holds white space, so that no resolver can find it"
            if host.name.strip().split() == [host.name.strip()]:
                words = "white space before or after a host is part of its name: nobody finds it"
            warn(None, words, _MALFORMED)
    first = seen.hosts[0]
    if seen.parts.srv and len(first.name.strip(".").split(".")) < 3:
        words = (
            f"{first.name} has fewer than three parts, which most drivers refuse for mongodb+srv"
        )
        warn(None, words, "uri.srv-host-too-short")
    if not seen.parts.srv and len(seen.hosts) == 1 and is_srv_name(first):
        words = f"{first.name} looks like the name of an Atlas cluster, which needs mongodb+srv://"
        warn(None, words, "uri.srv-scheme-needed")


READ_CONCERNS = ("local", "available", "majority", "linearizable", "snapshot")
"""The levels that servers accept (MongoDB manual, read concern); PyMongo accepts any text."""


def _options(seen: Seen) -> None:
    values, warn = seen.values, seen.query.warn
    tls = values.get("tls", seen.parts.srv or implied_tls(values))
    for name in ("tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"):
        if values.get(name) and not tls:
            warn(name, "it changes nothing, since TLS is not on", CONFLICT)
    if values.get("authMechanism") == "MONGODB-X509" and not tls:
        words = "MONGODB-X509 needs TLS with a client certificate, and TLS is not on"
        warn("authMechanism", words, CONFLICT)
    if values.get("maxPoolSize") == 0 and values.get("minPoolSize"):
        words = "PyMongo 4.15 refuses a minPoolSize without a maxPoolSize"
        warn("minPoolSize", words, CONFLICT)
    if values.get("readConcernLevel", READ_CONCERNS[0]) not in READ_CONCERNS:
        known = f"{', '.join(READ_CONCERNS[:-1])} and {READ_CONCERNS[-1]}"
        words = f"servers know {known}; with any other level every read fails"
        warn("readConcernLevel", words, "uri.invalid-option")
    if not all(map(is_loopback, seen.hosts)):
        _risks(seen, tls=tls)


_UNSAFE = {
    "tlsInsecure": "neither the server's certificate nor its name is checked",
    "tlsAllowInvalidCertificates": "the server's certificate is not checked",
    "tlsAllowInvalidHostnames": "the name in the server's certificate is not checked",
}


def _risks(seen: Seen, *, tls: bool) -> None:
    """Warn about options that weaken security, which are harmless only on loopback."""
    for name, words in _UNSAFE.items():
        if tls and seen.values.get(name):
            seen.query.warn(name, f"{words}: anybody on the way can be the server", RISKY)
    if seen.values.get("w") == 0:
        words = "no write is acknowledged: an error, a full disk or a lost connection is not told"
        seen.query.warn("w", words, RISKY)
    elif seen.values.get("w") == 1:
        words = "only the primary acknowledges a write, which is lost if it fails right then"
        seen.query.warn("w", words, RISKY)
