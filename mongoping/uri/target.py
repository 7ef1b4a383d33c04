"""Parse a connection string into a part that may be shared and a part that may not.

Everything here is pure: no file is opened, no name is looked up, no clock is read. A
string is valid if PyMongo's own constructor accepts it; where `parse` differs on purpose, a
comment at the rule says why (`mongoping.uri`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mongoping.escape import MAX_CHARS, NOTE_LENGTH, with_rest
from mongoping.lazy_re import lazy_compile
from mongoping.record import Record
from mongoping.uri import doubts, placeholders, rules, values
from mongoping.uri import parts as parts_of
from mongoping.uri import query as queries
from mongoping.uri import redaction as secrets_of
from mongoping.uri.origin import Origin
from mongoping.uri.text import HIDDEN, SCHEME, Refusal, Span, Text, UriWarning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.uri.host import Host

__all__ = [
    "HIDDEN",
    "Credentials",
    "ParsedUri",
    "Problem",
    "Target",
    "UriWarning",
    "parse",
    "parse_txt",
    "scrub",
]

_USUAL_PORT = 4  # digits; fewer are rather the beginning of a password
_TXT_OPTIONS = frozenset({"authSource", "replicaSet", "loadBalanced"})
TXT_LIMIT = "it may only set authSource, replicaSet and loadBalanced"
_TOKEN = lazy_compile(rf"(({SCHEME})\S*)((?:(?!{SCHEME})[^\n])*@)?", re.IGNORECASE)
# In these, what may be a password is possessive: no text makes them look at it twice.
_LOGIN = lazy_compile(
    r"\b([a-z][a-z0-9+.-]{0,20}:(?:\\*/){1,3}[^\s:/@]{0,80})(:)[^\s@]*+(@(?:[^\s/?#@]*+@)*+)?",
    re.IGNORECASE,
)
_ENCODED_AT_SIGN = lazy_compile(
    r"\b([a-z][a-z0-9+.-]{0,20}%(?:25)*3a(?:%(?:25)*2f){1,3})(\S*+)", re.IGNORECASE
)
_ENCODED_AT = lazy_compile("%(?:25)*40")
_ESCAPED_SLASH = lazy_compile(r"\\+/")  # in JSON, and in the repr of JSON
_CUT_OFF = lazy_compile(
    rf"((?:{SCHEME})(?=[^\n@]*\Z)|\b[a-z][a-z0-9+.-]{{0,20}}(?::|%3a)(?:\\*/|%2f){{1,3}}(?=\S*\Z)).*",
    re.IGNORECASE,
)


class Problem(Record):
    """The reason why a connection string is refused, with its offsets in `ParsedUri.shown`."""

    cause: str
    detail: str
    start: int
    length: int


class Target(Record):
    """The contents of a connection string without secrets, safe for reports.

    ``options`` maps the documented names to the values in force: ``ssl`` becomes ``tls``,
    ``tls`` is there as well when other options turn it on, times are in the unit of their name, and
    secrets are shown as ``***``. With SRV, ``hosts`` holds the one name with port None.
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
        """Return whether the seed list comes from DNS."""
        return self.scheme == "mongodb+srv"

    @property
    def srv_name(self) -> str | None:
        """Return the name under which the SRV records are looked up, None without SRV."""
        return self.hosts[0].name if self.srv else None

    @property
    def mechanism(self) -> str | None:
        """Return the authentication mechanism in the URI; None leaves it to the server."""
        value = self.options.get("authMechanism")
        return None if value is None else str(value)

    @property
    def auth_source(self) -> str:
        """Return the database in which the driver looks up the user."""
        if self.mechanism in rules.EXTERNAL_MECHANISMS:
            return rules.EXTERNAL
        if self.options.get("authSource"):
            return str(self.options["authSource"])
        return self.database or (rules.EXTERNAL if self.mechanism == "PLAIN" else "admin")

    @property
    def replica_set(self) -> str | None:
        """Return the replica set that the servers must belong to, None where any will do."""
        value = self.options.get("replicaSet")
        return None if value is None else str(value)

    @property
    def direct_connection(self) -> bool:
        """Return whether the driver keeps to the one host and does not discover others."""
        return bool(self.options.get("directConnection"))

    @property
    def load_balanced(self) -> bool:
        """Return whether the driver expects a load balancer in front of the deployment."""
        return bool(self.options.get("loadBalanced"))


class Credentials:
    """The secrets of a connection string. Not a `Record`, so reports cannot contain it.

    ``uri`` is the whole string for the driver, ``key_password`` decrypts the client's private
    key, ``secrets`` has every secret in the forms in which it may appear in other text.
    """

    __slots__ = ("key_password", "password", "secrets", "uri", "username")

    def __init__(
        self,
        uri: str,
        username: str | None = None,
        password: str | None = None,
        key_password: str | None = None,
        secrets: tuple[str, ...] = (),
    ) -> None:
        values = (key_password, password, secrets, uri, username)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    uri: str
    username: str | None
    password: str | None
    key_password: str | None
    secrets: tuple[str, ...]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Credentials are frozen: {name!r} cannot be set")

    def __repr__(self) -> str:
        return f"Credentials({HIDDEN})"


class ParsedUri(Record):
    """A parsed connection string: either ``target`` and ``credentials``, or ``problem``.

    ``shown`` is the redacted text, safe to print however broken the string is.
    """

    shown: str
    target: Target | None = None
    credentials: Credentials | None = None
    problem: Problem | None = None
    origin: Origin = Origin()


def parse(
    text: str, *, password: str | None = None, overrides: Mapping[str, str] | None = None
) -> ParsedUri:
    """Parse a connection string. Never raises; ``problem`` describes what is wrong.

    ``password`` comes from outside the string. ``overrides`` maps option names to the text of
    their values, and takes precedence over the string.
    """
    shown_text = Text(secrets_of.effective(text, password, overrides or {}))
    try:
        target, credentials = _read(shown_text, is_unused=password is not None)
    except Refusal as refusal:
        start, length = shown_text.locate(refusal.start, refusal.end)
        return ParsedUri(
            shown_text.shown, problem=Problem(refusal.cause, refusal.detail, start, length)
        )
    return ParsedUri(shown_text.shown, target, credentials)


def _read(text: Text, *, is_unused: bool) -> tuple[Target, Credentials]:
    placeholders.in_whole(text)
    parts = parts_of.cut(text)
    doubt = placeholders.in_parts(text, parts)
    user = secret = None
    if parts.userinfo:
        user, secret = parts_of.userinfo(text, parts.userinfo)
    hosts = parts_of.hosts(text, parts)
    parts_of.no_options_in(text, parts)
    database, collection = parts_of.database(text, parts.database)
    query = queries.parse(text, parts.options)
    contents = rules.Contents(parts, query, hosts, user, secret or None)
    doubts.placeholder_values(contents)
    rules.check(contents)
    if doubt:
        query.warn(None, doubt, placeholders.CAUSE)
    if is_unused and user is None:
        words = "a password was given separately, but the string has no user name"
        query.warn(None, words, "uri.empty-credentials")
    doubts.add(text, contents, database, collection)
    if not parts.srv and "tls" not in query.values and rules.implied_tls(query.values):
        query.values["tls"] = True
    return _target(text, contents, database), _credentials(text, contents)


def _target(text: Text, contents: rules.Contents, database: str | None) -> Target:
    options = {name: values.mask(name, value) for name, value in contents.values.items()}
    for name in options:
        if name != "authMechanismProperties" and text.hides(contents.query.span(name)):
            options[name] = HIDDEN  # something in it looks like a secret
    user = contents.username
    if user and text.userinfo and secrets_of.encoded_colon(text.userinfo.of(text.raw)):
        user = f"{user.partition(':')[0]}:{HIDDEN}"
    return Target(
        uri=text.shown,
        scheme="mongodb+srv" if contents.parts.srv else "mongodb",
        hosts=contents.hosts,
        username=user,
        has_password=contents.password is not None,
        database=database,
        options=options,
        warnings=tuple(contents.query.warnings),
    )


def _credentials(text: Text, contents: rules.Contents) -> Credentials:
    key = contents.values.get("tlsCertificateKeyFilePassword")
    return Credentials(
        uri=text.raw,
        username=contents.username,
        password=contents.password,
        key_password=key or None,
        secrets=secrets_of.hidden_values(text.raw, text.hidden),
    )


def scrub(text: str, credentials: Credentials | None, limit: int = MAX_CHARS) -> str:
    """Return the beginning of other text, such as a driver's message, without secrets.

    The password of every connection string in it is hidden, with or without ``credentials``.
    At most ``limit`` characters are kept, and the rest is not read, because a peer decides how
    long the text is.
    """
    if len(text) - limit <= NOTE_LENGTH:  # as for `clip`: it may end with a note already
        limit = len(text)
    clean_text = secrets_of.remove(text, credentials.secrets if credentials else (), limit)
    left_out = len(text) - limit
    if left_out > 0:
        clean_text = _CUT_OFF.sub(rf"\1{HIDDEN}", clean_text)
    clean_text = _ENCODED_AT_SIGN.sub(
        _hide_encoded, _LOGIN.sub(_hide_login, _TOKEN.sub(_scrub_token, clean_text))
    )
    return with_rest(clean_text, left_out) if left_out > 0 else clean_text


def _hide_login(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{HIDDEN}@" if match[3] else match[0]


def _hide_encoded(match: re.Match[str]) -> str:
    """Hide a login in a connection string that is percent-encoded as a whole."""
    at = max((hit.start() for hit in _ENCODED_AT.finditer(match[2])), default=-1)
    return f"{match[1]}{HIDDEN}{match[2][at:]}" if at >= 0 else match[0]


def _scrub_token(match: re.Match[str]) -> str:
    token, scheme, rest = match[1], match[2], match[3] or ""
    plain_scheme = _ESCAPED_SLASH.sub("/", scheme)
    text = Text(plain_scheme + token[len(scheme) :])
    shown_token = _with_scheme(scheme, plain_scheme, text)
    start = text.userinfo.end if text.userinfo else len(plain_scheme)
    if not rest:
        return shown_token
    if any(span.start >= start for span in text.hidden):
        return f"{shown_token}@"
    if _goes_on(text.raw[start:].removeprefix("@"), rest):
        colon = match[0].find(":", len(scheme))
        if colon >= 0:  # a password with blanks in it, which ends at the '@'
            front = Text(plain_scheme + match[0][len(scheme) : colon])
            return f"{_with_scheme(scheme, plain_scheme, front)}:{HIDDEN}@"
    return shown_token + rest


def _with_scheme(scheme: str, plain_scheme: str, text: Text) -> str:
    """Return what may be shown of a text, with the scheme as it was written."""
    rest = text.shown.removeprefix(plain_scheme)
    return scheme + rest if len(rest) < len(text.shown) else text.shown


def _goes_on(hosts: str, rest: str) -> bool:
    """Decide whether text up to an '@' on the same line belongs to a connection string.

    It does if the string so far has no host or no likely port, and in case of doubt.
    """
    name, slash, path = hosts.partition("/")
    if rest.lstrip().startswith(":"):
        return True
    if slash:
        return ":" in path
    port = name.partition(":")[2]
    complete = name and (":" not in name or (port.isdigit() and len(port) >= _USUAL_PORT))
    return not complete or len(rest.split()) == 1


def parse_txt(text: str) -> dict[str, Any] | str:
    """Return the options of a TXT record, or a sentence that says why the driver refuses it.

    It may set authSource, replicaSet and loadBalanced. PyMongo refuses every other option
    that it knows, and ignores unknown ones.
    """
    if not text:
        return {}
    try:
        query = queries.parse(Text(text), Span(0, len(text)))
    except Refusal as refusal:
        return refusal.detail
    others = sorted(set(query.values) - _TXT_OPTIONS)
    if others:
        return f"{TXT_LIMIT}, not {', '.join(others)}"
    return query.values
