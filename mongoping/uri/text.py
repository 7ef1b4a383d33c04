"""The text of a connection string, and the same text without secrets.

The raw text is redacted before it is parsed, because a string that cannot be parsed may still
contain a password. In case of doubt, a part is hidden.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from mongoping.lazy_re import lazy_compile
from mongoping.record import Record
from mongoping.uri import secret_names as names
from mongoping.uri.options import find

HIDDEN = "***"
SCHEMES = ("mongodb://", "mongodb+srv://")
_QUOTED_LENGTH = 60  # longer parts are cut off in sentences

# Text that may precede the scheme in pasted text: quotes, a variable name, `export`. A colon
# counts only after a typical name and before a blank, as in YAML's `uri: mongodb://...`,
# because in `ada:mongodb://x@host` it is part of the password.
_NAME_OF_SCHEME = (
    r"(?:[a-z+]{0,4}mongo[a-z+]{0,12}|mongdb|mogodb|monogdb|mondodb)(?:(?:\+|%2b)\w{1,5})?"
)
SCHEME = rf"{_NAME_OF_SCHEME}(?::(?:\\*/){{1,2}}|:\\\\|//)"  # in foreign text; ignore its case
_SCHEME = lazy_compile(
    r"""[\s"'`(<\[{]{0,3}(?:(?:export|set|setx|env)\s+)?"""
    r"""(?:[a-z_][\w.-]{0,60}\s{0,3}=\s{0,3}|[\w.-]{0,30}(?:ur[il]|mongo|conn|string)\w{0,9}:\s{1,3})?"""
    r"""["'`]?"""
    rf"{_NAME_OF_SCHEME}"
    r"(?:\s?:\s?/{1,2}|:\\\\|//)",
    re.IGNORECASE,
)
_COLON = lazy_compile(r":|%3a", re.IGNORECASE)
_SECRET = lazy_compile(  # bounded, so that no text takes long
    r"(?:pass|pwd|secret|token|credential|(?:api|access|private)[_-]?key)"
    r"[\w.%-]{0,80}?\s?(?:=|%3d)",
    re.IGNORECASE,
)
_PROPERTIES = lazy_compile(r"authMechanismProperties\s?(?:=|%3d)", re.IGNORECASE)
_PART = lazy_compile(r"(.*?)(?:,|%2c|\Z)", re.IGNORECASE | re.DOTALL)
_SEPARATOR = lazy_compile(r"[&;]")
_NAME = lazy_compile(r"([^=&;?]{1,64})=")
# Never hidden: the properties that PyMongo does not treat as secrets.
_OPEN_PROPERTIES = frozenset(
    {
        "CANONICALIZE_HOST_NAME",
        "ENVIRONMENT",
        "SERVICE_HOST",
        "SERVICE_NAME",
        "SERVICE_REALM",
        "TOKEN_RESOURCE",
    }
)
_PORT_DIGITS = 5
_PORT_WORDS = frozenset({"", "port", "undefined", "null", "none", "nan"})
_PORT = lazy_compile(
    r"""[+-]?0*\d{1,5}[\s"'`;)>\]]{0,3}|\d{4,5}[a-z]"""
    r"|<[a-z_ -]{0,9}port[a-z_ -]{0,9}>|\$\{?\w{0,20}PORT\w{0,20}\}?"
)
_HOST_AND_PORT = lazy_compile(r"(?:\[[^\]]*\]|[^:\[]*)(?::0*\d{1,5})?")
# Options whose value may contain an '@'. Elsewhere, an '@' suggests an unescaped password.
_ROOMY_KINDS = frozenset({"text", "path", "properties", "tags"})


class UriWarning(Record):
    """A part of the string that the driver accepts, but not as its author meant it."""

    cause: str
    option: str | None
    detail: str


class Refusal(Exception):  # noqa: N818 - bad input, not an error of the program
    """The reason why a connection string is refused, with its offsets in the raw text."""

    def __init__(self, cause: str, detail: str, start: int, end: int) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.start = start
        self.end = end


class Span(NamedTuple):
    """A part of the raw text: offsets of its first character and of the one after its last."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the part itself."""
        return text[self.start : self.end]


class Text:
    """A connection string as written (``raw``) and as it may be shown (``shown``)."""

    __slots__ = ("_begins", "_ends", "hidden", "raw", "shown", "userinfo")

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.userinfo = userinfo_span(raw)
        self.hidden = () if _is_bare(raw) else tuple(_merge(_hidden_spans(raw, self.userinfo)))
        pieces: list[str] = []
        self._begins: list[int] = []
        self._ends: list[int] = []
        length = position = 0
        for start, end in (*self.hidden, Span(len(raw), len(raw))):
            for char in raw[position:start]:
                piece = visible(char)
                self._begins.append(length)
                length += len(piece)
                self._ends.append(length)
                pieces.append(piece)
            if end > start:
                self._begins += [length] * (end - start)
                length += len(HIDDEN)
                self._ends += [length] * (end - start)
                pieces.append(HIDDEN)
            position = end
        self.shown = "".join(pieces)

    def __repr__(self) -> str:
        return f"Text({self.shown!r})"

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the offset and length in ``shown`` of a part of the raw text."""
        if start >= len(self.raw):
            return len(self.shown), 0
        begin = self._begins[start]
        return begin, (self._ends[end - 1] - begin if end > start else 0)

    def hides(self, span: Span) -> bool:
        """Return whether any of a part is hidden."""
        return any(part.start < span.end and span.start < part.end for part in self.hidden)

    def quote(self, start: int, end: int) -> str:
        """Return a part for use in a sentence: redacted, escaped and cut to a maximum length."""
        offset, length = self.locate(start, end)
        part = self.shown[offset : offset + length]
        return part if len(part) <= _QUOTED_LENGTH else part[: _QUOTED_LENGTH - 1] + "…"


def visible(text: str) -> str:
    r"""Return text with unprintable characters (controls, lone surrogates...) as ``\xNN``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scheme_end(raw: str) -> int:
    """Return where the part after the scheme starts; 0 without a MongoDB scheme."""
    for scheme in SCHEMES:
        if raw.startswith(scheme):
            return len(scheme)
    match = _SCHEME.match(raw)
    return match.end() if match else 0


def userinfo_span(raw: str) -> Span | None:
    """Return user and password, without the '@' after them, or None if there are none.

    They end at the last '@' before the database, as for the driver. A later '@' where none
    belongs, or text before it that cannot be a list of hosts, means that the password was not
    escaped; it then ends at the last '@' of the string.
    """
    start = scheme_end(raw)
    last = raw.rfind("@")
    if last < start:
        return None
    query = raw.find("?", start)
    front = len(raw) if query < 0 else query
    slash = raw.find("/", start, front)
    authority = front if slash < 0 else slash
    at = raw.rfind("@", start, authority)
    hosts = raw[at + 1 if at >= 0 else start : authority]
    end = last if not _plausible(hosts) else max(at, _stray_at(raw, authority, front))
    return Span(start, end) if end >= 0 else None


def _stray_at(raw: str, authority: int, front: int) -> int:
    """Return the last '@' in the database, or in an option that cannot contain one, or -1."""
    position = raw.rfind("@", authority, front)
    start = front + 1
    while start <= len(raw):
        separator = _SEPARATOR.search(raw, start)
        end = separator.start() if separator else len(raw)
        at = raw.rfind("@", start, end)
        if at >= 0:
            option = find(raw[start:end].partition("=")[0])
            roomy = option is not None and option.kind in _ROOMY_KINDS
            position = position if roomy else at
        start = end + 1
    return position


def _plausible(hosts: str) -> bool:
    """Return whether every host of a list has a valid port, or none."""
    return all(_HOST_AND_PORT.fullmatch(host) for host in hosts.split(","))


def port_fault(host: str) -> int | None:
    """Return the offset of text in place of the port that cannot be a port."""
    if host.startswith("["):
        after = host.find("]:")
        start = after + 2 if after >= 0 else len(host)
    else:
        if host.count(":") > 1 and re.fullmatch(r"[0-9a-fA-F:.]+(?:%\w+)?", host):
            return None  # an IPv6 address without its brackets
        colon = host.find(":")
        start = colon + 1 if colon >= 0 else len(host)
    port = host[start:]
    plain = port.isascii() and port.isdigit() and len(port) <= _PORT_DIGITS
    if plain or port.strip().lower() in _PORT_WORDS or _PORT.fullmatch(port):
        return None
    return start


def _is_bare(raw: str) -> bool:
    """Return whether a string has only plain names and ports, so that it cannot contain secrets."""
    scheme = next((prefix for prefix in SCHEMES if raw.startswith(prefix)), None)
    if scheme is None or not raw.isascii():
        return False
    for host in raw[len(scheme) :].removesuffix("/").split(","):
        name, colon, port = host.partition(":")
        if not name.replace(".", "").replace("-", "").replace("_", "").isalnum():
            return False
        if colon and not (port.isdigit() and len(port) <= _PORT_DIGITS):
            return False
    return True


def _hidden_spans(raw: str, userinfo: Span | None) -> list[Span]:
    """Return every part that must not be shown, in any order."""
    start = scheme_end(raw)
    if userinfo is None:
        span = _misplaced_password(raw, start)
        behind = start
    else:
        span = _password(raw, userinfo) + _misplaced_password(raw, userinfo.end + 1)
        # Without a scheme before it or a ':' in it, or with a '/' or '?', this may be options.
        login = userinfo.of(raw)
        is_guess = not start or re.search(r"[/?]", login) or ":" not in login
        behind = start if is_guess else userinfo.end
    if (switch := names.switch(raw)) is not None:
        span.append(Span(switch, len(raw)))  # the end of a shell word is unknown
    return span + _secret_options(raw, behind) + _secret_properties(raw, behind)


def _password(raw: str, userinfo: Span) -> list[Span]:
    text = userinfo.of(raw)
    plain = text.find(":")
    colon = re.compile(":").search(text) if plain >= 0 else _COLON.search(text)
    if colon:
        password_span = Span(userinfo.start + colon.end(), userinfo.end)
        return [password_span] if password_span.end > password_span.start else []
    # No colon, and characters that a user name cannot contain unescaped: hide all of it.
    return [userinfo] if re.search(r"[/?]", text) else []


def _misplaced_password(raw: str, start: int) -> list[Span]:
    """Return everything after an invalid port: without an '@', it may be a cut-off password."""
    if start == 0 and "://" in raw:
        start = raw.index("://") + 3
    position = start
    for host in re.split(r"[/?]", raw[start:], maxsplit=1)[0].split(","):
        fault = port_fault(host)
        if fault is not None and position + fault < len(raw):
            return [Span(position + fault, len(raw))]
        position += len(host) + 1
    return []


def _secret_options(raw: str, behind: int) -> list[Span]:
    """Return the values of options with the name of a secret, even of unknown ones."""
    spans = _until_known(raw, [*names.values(raw, behind), *names.tokens(raw, behind)])
    while match := _SECRET.search(raw, behind):
        behind = _value_end(raw, match.end())
        if behind > match.end():
            spans.append(Span(match.end(), behind))
    return spans


def _until_known(raw: str, starts: list[int]) -> list[Span]:
    """Return the part from each start to the next known option."""
    spans: list[Span] = []
    for start in sorted(starts):
        if not spans or start >= spans[-1].end:
            end = _value_end(raw, start)
            spans += [Span(start, end)] if end > start else []
    return spans


def _value_end(raw: str, start: int) -> int:
    """Return where a secret value ends: before the next option that is known.

    A password with an unescaped '&' looks like another option, so that is hidden too.
    """
    end = start
    while separator := _SEPARATOR.search(raw, end):
        end = separator.start()
        name = _NAME.match(raw, end + 1)
        if name and find(name.group(1)) is not None:
            return end
        end += 1
    return len(raw)


def _secret_properties(raw: str, behind: int) -> list[Span]:
    """Return the parts of authMechanismProperties that are not known to be harmless."""
    spans = []
    matches = [match.end() for match in _PROPERTIES.finditer(raw, behind)]
    starts = sorted({*matches, *names.properties(raw, behind)})
    end = 0
    for start, following in pairwise([*starts, len(raw)]):
        if start >= end:  # otherwise it is in the value of another option
            end = _value_end(raw, start)
        for part in _PART.finditer(raw[start : min(following, end)]):
            first = part.start(1) + _open_length(part.group(1))
            if part.end(1) > first:
                spans.append(Span(start + first, start + part.end(1)))
    return spans


def _open_length(part: str) -> int:
    """Return how much of one property may be shown, from its beginning."""
    colon = _COLON.search(part)
    name = part[: colon.start()] if colon else ""
    if colon and name == "AWS_SESSION_TOKEN":
        return colon.end()
    return len(part) if name in _OPEN_PROPERTIES else 0


def _merge(spans: list[Span]) -> list[Span]:
    """Return the parts in order, with touching or overlapping ones merged."""
    merged_spans: list[Span] = []
    for span in sorted(spans):
        if merged_spans and span.start <= merged_spans[-1].end:
            merged_spans[-1] = Span(merged_spans[-1].start, max(merged_spans[-1].end, span.end))
        else:
            merged_spans.append(span)
    return merged_spans
