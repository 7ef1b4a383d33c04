"""Parts of a template that were never replaced: ``<password>``, ``${DB_HOST}``, ``undefined``.

Stricter than the driver on purpose: PyMongo takes ``<password>`` for a password and
``undefined`` for a host, and fails much later with an unrelated message. No deployment has
such a user or host. Text that could be a real name or password only causes a warning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import is_atlas
from mongoping.uri.text import HIDDEN, Refusal, Span, Text

if TYPE_CHECKING:
    from mongoping.uri.parts import Parts

CAUSE = "uri.placeholder-not-replaced"
_WORDS = (
    "pass|passwd|password|pwd|secret|user|username|login|account|credentials|admin|host|hostname|"
    "server|cluster|mongo|mongodb|atlas|url|uri|address|region|port|database|dbname|db|name|"
    "project|id|your|my|the|enter|insert|replace|change|with|me|new|value|string|key|app|set|rs|"
    "replica|connection|source|path|file|here|for|encoded|and|or"
)
_PHRASE = rf"(?:{_WORDS})[\s_.:-]*(?:(?:{_WORDS}|\d)[\s_.:-]*)*"
_LONGEST = 64  # bounds the backtracking of the patterns
_ANGLES = lazy_compile(f"<{_PHRASE}>", re.IGNORECASE)
_TEMPLATE = lazy_compile(
    r"\$\{[A-Za-z_][\w.:?-]*\}|\{\{[^{}]+\}\}|%\([A-Za-z_]\w*\)s|%[sd]|\{\d{0,2}\}"
    r"|#\{[A-Za-z_][\w.]*\}|\$\([A-Za-z_]\w*\)"
)
_BRACES = lazy_compile(rf"\{{{_PHRASE}\}}", re.IGNORECASE)
_SHELL = lazy_compile(r"\$[A-Z_][A-Z0-9_]{2,80}|%[A-Z_][A-Z0-9_]{2,80}%")
_NOTHING = frozenset({"undefined", "null", "none", "nan", "[object object]"})
_OPENS = frozenset("<{$%#")  # what every pattern above begins with
_IN_HOST = lazy_compile(r"<[^<>]*>|\$\{|\{\{|^\{|\}$|^%s$")
_YOURS = lazy_compile(r"your[_-]?(?:cluster|host|id|project|server|url)[\w-]*|x{4,}", re.IGNORECASE)
_TEMPLATE_PASSWORDS = frozenset(
    {"PASSWORD", "YOUR_PASSWORD", "YOURPASSWORD", "your_password", "yourpassword", "your-password"}
)


def in_whole(text: Text) -> None:
    """Refuse a text that consists of a placeholder, as when a variable was not set."""
    stripped_text = text.raw.strip().strip("\"'")
    if (
        _is_nothing(stripped_text)
        or _is_shell(stripped_text)
        or _certain(stripped_text)
        or (stripped_text[:1] in _OPENS and _TEMPLATE.match(stripped_text))
    ):
        words = "this is a placeholder that was never replaced, not a connection string"
        raise Refusal(CAUSE, words, 0, len(text.raw))


def in_parts(text: Text, parts: Parts) -> str | None:
    """Refuse certain placeholders; return a warning about text that may be one, or None."""
    warning = _in_userinfo(text, parts.userinfo) if parts.userinfo else None
    start = parts.hosts.start
    for host in parts.hosts.of(text.raw).split(","):
        _in_host(text, Span(start, start + len(host)), host)
        start += len(host) + 1
    database = unquote_plus(parts.database.of(text.raw))
    if _certain(database):
        words = f"the database is still a placeholder: {text.quote(*parts.database)}"
        raise Refusal(CAUSE, words, *parts.database)
    return warning


def in_value(value: str) -> bool:
    """Return whether the value of an option is a placeholder."""
    return _certain(value)


def _certain(part: str) -> bool:
    is_open = part[:1] in _OPENS and len(part) <= _LONGEST
    return is_open and any(pattern.fullmatch(part) for pattern in (_ANGLES, _TEMPLATE, _BRACES))


def _is_nothing(part: str) -> bool:
    return part.lower() in _NOTHING


def _is_shell(part: str) -> bool:
    return part[:1] in _OPENS and _SHELL.fullmatch(part) is not None


def _in_userinfo(text: Text, span: Span) -> str | None:
    raw = span.of(text.raw)
    if _certain(unquote_plus(raw)):
        raise Refusal(CAUSE, "the user name and password are still a placeholder", *span)
    user, _, password = raw.partition(":")
    middle = span.start + len(user)
    name, secret = unquote_plus(user), unquote_plus(password)
    if _certain(name) or name == "undefined":
        words = f"the user name is still a placeholder: {text.quote(span.start, middle)}"
        raise Refusal(CAUSE, words, span.start, middle)
    if _certain(secret) or secret == "undefined":  # noqa: S105 - no secret, but the lack of one
        words = "the password is still a placeholder"
        raise Refusal(CAUSE, words, middle + 1, span.end)
    if password == HIDDEN:  # in the raw text: a real password of stars can be percent-encoded
        return f"the password is {HIDDEN}, which mongoping prints in place of a password"
    return _doubt(name, secret)


def _doubt(name: str, secret: str) -> str | None:
    """Return a warning about a name or password that is more likely a placeholder."""
    if _is_enclosed(secret, "<>") or _is_enclosed(secret, "[]") or _is_enclosed(secret, "{}"):
        return f"the password is in {secret[0]} {secret[-1]}, which may belong to a template"
    if _is_enclosed(name, "<>"):
        return "the user name is in < >, which may belong to a template"
    if _is_shell(secret) or secret in _TEMPLATE_PASSWORDS:
        return "the password looks like the name of a variable or a placeholder"
    if _is_nothing(secret) or _is_nothing(name):
        return "the user name or password is null, None or a similar text for a missing value"
    return None


def _is_enclosed(part: str, pair: str) -> bool:
    return len(part) > 2 and part[0] == pair[0] and part[-1] == pair[1]


def _in_host(text: Text, span: Span, host: str) -> None:
    name, _, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    labels = name.split(".")
    wrong = (
        (not _OPENS.union("}").isdisjoint(host) and _IN_HOST.search(host))
        or _is_nothing(name)
        or _is_shell(name)
        or _is_nothing(port)
        or _is_shell(port)
        or (is_atlas(name) and any(map(_YOURS.fullmatch, labels)))
    )
    if wrong:
        words = f"the host is still a placeholder: {text.quote(*span)}"
        raise Refusal(CAUSE, words, *span)
