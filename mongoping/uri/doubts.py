"""Warnings about values that the driver accepts without a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.lazy_re import lazy_compile
from mongoping.uri import placeholders
from mongoping.uri.hosts import ATLAS_DOMAINS, is_loopback
from mongoping.uri.options import find
from mongoping.uri.rules import CONFLICT, Contents, implied_tls

if TYPE_CHECKING:
    from mongoping.uri.host import Host
    from mongoping.uri.text import Text

RISKY = "uri.risky-option"
_UNESCAPED_CODE = "uri.unescaped-credentials"
_MALFORMED_CODE = "uri.malformed"
_SRV_NAME = lazy_compile(
    r"(?!atlas-stream|pl-)(?!.*-shard-)(?![^.]*-lb\.)"
    rf"[a-z0-9][a-z0-9-]*\.[a-z0-9-]{{4,}}(?:{'|'.join(map(re.escape, ATLAS_DOMAINS))})"
)
_BLANK = lazy_compile(r"[\s\x00-\x1f\x7f]")
_TWICE = lazy_compile(r"%25[0-9a-f]{2}", re.IGNORECASE)


def is_srv_name(host: Host) -> bool:
    """Return whether a host looks like the SRV name of an Atlas cluster, which has no address."""
    return host.port == 27017 and _SRV_NAME.fullmatch(host.name) is not None


def placeholder_values(contents: Contents) -> None:
    """Refuse placeholders in options that decide about the connection; warn about others."""
    for raw in contents.query.raw_options.values():
        option = find(raw.key)
        if option is None or not placeholders.in_value(raw.text):
            continue
        words = f"the value of {option.name} is still a placeholder"
        if option.matters:
            raise contents.refuse(words, raw.key, cause=placeholders.CAUSE)
        contents.query.warn(option.name, words, placeholders.CAUSE)


def add(text: Text, contents: Contents, database: str | None, collection: str | None) -> None:
    """Add the warnings that need more than one part of the string."""
    if contents.parts.userinfo:
        _userinfo(contents, contents.parts.userinfo.of(text.raw))
    _hosts(contents)
    if database is not None and database != database.strip():
        words = "white space at the beginning or end of the database becomes part of its name"
        contents.query.warn(None, words, _MALFORMED_CODE)
    if database is not None and re.search("[&=;]", database):
        words = "options must come after a '?'; without it, they are part of the database name"
        contents.query.warn(None, words, _MALFORMED_CODE)
    if collection is not None:
        words = f"the database is {database or 'not given'}; PyMongo ignores the part after the dot"
        contents.query.warn(None, words, _MALFORMED_CODE)
    _options(contents)


def _userinfo(contents: Contents, raw: str) -> None:
    warn = contents.query.warn
    if "+" in raw:
        words = "PyMongo decodes '+' in user name and password as a blank; write plus as %2B"
        warn(None, words, _UNESCAPED_CODE)
    if characters := sorted({char for char in raw if char in "[]#"}):
        words = (
            f"{' '.join(characters)} unescaped: PyMongo accepts this, "
            "but other drivers and tools do not"
        )
        warn(None, words, _UNESCAPED_CODE)
    for what, value in (("user name", contents.username), ("password", contents.password)):
        if value and (value != value.strip() or _BLANK.search(value[0] + value[-1])):
            warn(None, f"the {what} begins or ends with white space", _UNESCAPED_CODE)
    if _TWICE.search(raw):
        warn(None, "the user name or password looks percent-encoded twice", _UNESCAPED_CODE)


def _hosts(contents: Contents) -> None:
    warn = contents.query.warn
    for host in contents.hosts:
        if not host.is_socket and _BLANK.search(host.name):
            words = "a host contains white space, so its name is invalid"
            if not any(map(str.isspace, host.name)):
                words = "a host contains a control character, so its name is invalid"
            elif host.name.strip().split() == [host.name.strip()]:
                words = "white space before or after a host makes its name invalid"
            warn(None, words, _MALFORMED_CODE)
    first = contents.hosts[0]
    if contents.parts.srv and len(first.name.strip(".").split(".")) < 3:
        words = (
            f"{first.name} has fewer than three parts, which most drivers refuse for mongodb+srv"
        )
        warn(None, words, "uri.srv-host-too-short")
    if not contents.parts.srv and len(contents.hosts) == 1 and is_srv_name(first):
        words = f"{first.name} looks like the name of an Atlas cluster, which needs mongodb+srv://"
        warn(None, words, "uri.srv-scheme-needed")


READ_CONCERNS = ("local", "available", "majority", "linearizable", "snapshot")
"""The levels that servers accept (MongoDB manual, read concern); PyMongo accepts any text."""


def _options(contents: Contents) -> None:
    values, warn = contents.values, contents.query.warn
    tls = values.get("tls", contents.parts.srv or implied_tls(values))
    for name in ("tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"):
        if values.get(name) and not tls:
            warn(name, "it has no effect, because TLS is off", CONFLICT)
    if values.get("authMechanism") == "MONGODB-X509" and not tls:
        words = "MONGODB-X509 needs TLS with a client certificate, but TLS is off"
        warn("authMechanism", words, CONFLICT)
    if values.get("maxPoolSize") == 0 and values.get("minPoolSize"):
        words = "PyMongo 4.15 refuses a minPoolSize without a maxPoolSize"
        warn("minPoolSize", words, CONFLICT)
    if values.get("readConcernLevel", READ_CONCERNS[0]) not in READ_CONCERNS:
        names_text = f"{', '.join(READ_CONCERNS[:-1])} and {READ_CONCERNS[-1]}"
        words = f"servers accept {names_text}; with any other level, every read fails"
        warn("readConcernLevel", words, "uri.invalid-option")
    if not all(map(is_loopback, contents.hosts)):
        _risks(contents, tls=tls)


_UNSAFE = {
    "tlsInsecure": "neither the server's certificate nor its host name is verified",
    "tlsAllowInvalidCertificates": "the server's certificate is not verified",
    "tlsAllowInvalidHostnames": "the host name in the server's certificate is not verified",
}


def _risks(contents: Contents, *, tls: bool) -> None:
    """Warn about options that weaken security, which are harmless only on loopback."""
    for name, words in _UNSAFE.items():
        if tls and contents.values.get(name):
            contents.query.warn(
                name, f"{words}: anyone on the network path can pose as the server", RISKY
            )
    if contents.values.get("w") == 0:
        words = "writes are not acknowledged, so failed ones go unnoticed"
        contents.query.warn("w", words, RISKY)
    elif contents.values.get("w") == 1:
        words = "only the primary acknowledges a write, which is lost if it fails right then"
        contents.query.warn("w", words, RISKY)
