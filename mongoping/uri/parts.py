"""Split a connection string into its parts, by PyMongo's own rules.

Source: ``_validate_uri``, ``parse_userinfo``, ``split_hosts`` and ``parse_host`` in PyMongo
4.20's ``uri_parser_shared``. 4.15 differs in one thing: it decodes percent signs in host
names, which 4.20 refuses, as this module does.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote_plus

from mongoping.lazy_re import lazy_compile
from mongoping.record import Record
from mongoping.uri.host import Host
from mongoping.uri.text import SCHEMES, Refusal, Span, Text

_BAD_DATABASE = lazy_compile(r'[/ "$]')
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_MAX_PORT = 65535
EMPTY = "the connection string is empty"
SOCKET_WORDS = "the path of a socket must be percent-encoded"


class Parts(Record):
    """Positions of the parts of a string; empty ones have equal start and end."""

    srv: bool
    userinfo: Span | None
    hosts: Span
    database: Span
    options: Span


def cut(text: Text) -> Parts:
    """Return the parts, found as the driver does: first '?', then first '/', then last '@'."""
    raw = text.raw
    scheme = next((prefix for prefix in SCHEMES if raw.startswith(prefix)), None)
    if scheme is None:
        raise _bad_scheme(text)
    start = len(scheme)
    if len(raw) == start:
        raise Refusal("uri.missing-host", f"nothing follows {scheme}", start, start)
    query = raw.find("?", start)
    front = len(raw) if query < 0 else query
    slash = raw.find("/", start, front)
    authority = front if slash < 0 else slash
    if authority == start:
        raise _no_host(text, Span(start, start))
    at = raw.rfind("@", start, authority)
    if text.userinfo is not None and text.userinfo.end != at:
        # Stricter than the driver, which reads `mongodb://ada:12/x@host` as the host ada with
        # port 12 and the database x@host. More likely, a password contains a '/' or a '?', and
        # accepting the string would print it.
        raise _unescaped_character(
            text.userinfo, "up to the last '@', they contain '/', '?' or '@'"
        )
    return Parts(
        srv=scheme == SCHEMES[1],
        userinfo=Span(start, at) if at >= 0 else None,
        hosts=Span(at + 1 if at >= 0 else start, authority),
        database=Span(min(authority + 1, front), front),
        options=Span(min(front + 1, len(raw)), len(raw)),
    )


def _bad_scheme(text: Text) -> Refusal:
    """Return a refusal that describes what is in place of the scheme."""
    raw = text.raw
    if not raw.strip():
        return Refusal("uri.malformed", EMPTY, 0, len(raw))
    match = re.search(r"mongodb(?:\+srv)?://", raw, re.IGNORECASE)
    before = raw[: match.start()] if match else ""
    if match and before:
        if not before.strip():
            words = "there is white space before the scheme"
        elif before.strip() in _QUOTES:
            words = "the string begins with a quote, which some env files keep as part of the value"
        elif "@" in before:
            words = "it must begin with mongodb:// or mongodb+srv://"
        else:
            words = "there is other text before the scheme"
        return Refusal("uri.invalid-scheme", words, 0, match.start())
    if match:
        words = "the scheme must be in lower case: mongodb:// or mongodb+srv://"
        return Refusal("uri.invalid-scheme", words, 0, match.end())
    other = re.match(r"[A-Za-z][\w+.-]*:?(?:/{1,3}|\\\\)", raw)
    if other:
        words = f"{text.quote(0, other.end())} is not mongodb:// or mongodb+srv://"
        return Refusal("uri.invalid-scheme", words, 0, other.end())
    # Stricter than the driver, which reads a text without any '/' as a list of hosts: other
    # tools and drivers require the scheme, and a bare text is more often a mistake.
    words = "it must begin with mongodb:// or mongodb+srv://"
    return Refusal("uri.invalid-scheme", words, 0, len(raw))


def _unescaped_character(span: Span, why: str) -> Refusal:
    return Refusal(
        "uri.unescaped-credentials",
        f"user name and password are not percent-encoded: {why}",
        span.start,
        span.end,
    )


def half_encoded(text: str) -> int:
    """Return the offset of the first '%' that is not part of an escape, or -1.

    A triplet counts as encoded when decoding changes it, which is the driver's own test.
    """
    at = text.find("%")
    while at >= 0:
        triplet = text[at : at + 3]
        if unquote_plus(triplet) == triplet:
            return at
        at = text.find("%", at + 1)
    return -1


def userinfo(text: Text, span: Span) -> tuple[str, str]:
    """Return the decoded user name and password; the driver treats an empty password as none."""
    raw = span.of(text.raw)
    if "@" in raw:
        raise _unescaped_character(span, "'@' must be written as %40")
    if raw.count(":") > 1:
        raise _unescaped_character(span, "a second ':' must be written as %3A")
    if (at := half_encoded(raw)) >= 0:
        bad = Span(span.start + at, min(span.start + at + 3, span.end))
        raise _unescaped_character(
            bad, "a '%' that is not part of an escape must be written as %25"
        )
    user, _, password = raw.partition(":")
    if not user:
        words = "there is no user name before the '@'"
        raise Refusal("uri.empty-credentials", words, span.start, span.end)
    return unquote_plus(user), unquote_plus(password)


def hosts(text: Text, parts: Parts) -> tuple[Host, ...]:
    """Return the seed list. With SRV it is one name, whose port is None."""
    entities = []
    start = parts.hosts.start
    for entity in parts.hosts.of(text.raw).split(","):
        entities.append((Span(start, start + len(entity)), entity))
        start += len(entity) + 1
    if parts.srv and len(entities) > 1 and all(entity for _, entity in entities):
        words = f"mongodb+srv allows one host name, not {len(entities)}: the hosts come from DNS"
        raise Refusal("uri.srv-multiple-hosts", words, *parts.hosts)
    return tuple(_host(text, span, entity, srv=parts.srv) for span, entity in entities)


def _host(text: Text, span: Span, entity: str, *, srv: bool) -> Host:
    if not entity:
        raise _no_host(text, span)
    if entity.endswith(".sock"):
        return _socket(span, entity)
    if entity.startswith("["):
        name, port = _in_brackets(text, span, entity.replace("%25", "%"))
    elif "%" in entity:
        words = f"a host name cannot contain '%': {text.quote(*span)}"
        raise Refusal("uri.malformed", words, *span)
    else:
        name, port = _plain(text, span, entity)
    number = _port(text, span, port, srv=srv)
    if not name:
        # Stricter than the driver, which keeps an empty name that no resolver can find.
        raise _no_host(text, span)
    return Host(name.lower(), number)


def _no_host(text: Text, span: Span) -> Refusal:
    words = "there is no host"
    if "," in text.raw[max(span.start - 1, 0) : span.end + 1]:
        words = "a host is missing next to a comma"
    elif text.raw[span.end : span.end + 1] == "/" and ".sock" in text.raw[span.end :]:
        words = f"{SOCKET_WORDS}: '/' is %2F"
    return Refusal("uri.missing-host", words, *span)


def _socket(span: Span, entity: str) -> Host:
    """Return a UNIX socket, which keeps its case and has no port."""
    name = unquote_plus(entity)
    if name.startswith("["):  # the driver looks for an address in brackets first
        if "]" not in name:
            raise Refusal("uri.malformed", "a '[' without its ']'", *span)
        if "]:" in name:
            raise Refusal("uri.invalid-port", "a UNIX socket has no port", *span)
        return Host(name[1:-1].lower(), None)
    return Host(name, None)


def _in_brackets(text: Text, span: Span, entity: str) -> tuple[str, str | None]:
    if "]" not in entity:
        words = f"an IPv6 address must be in brackets ([...]): {text.quote(*span)}"
        raise Refusal("uri.malformed", words, *span)
    closing = entity.find("]:")
    return (entity[1:-1], None) if closing < 0 else (entity[1:closing], entity[closing + 2 :])


def _plain(text: Text, span: Span, entity: str) -> tuple[str, str | None]:
    if entity.count(":") > 1:
        if _is_address(entity) or _is_address(entity.rpartition(":")[0]):
            words = f"an IPv6 address must be in brackets ([...]): {text.quote(*span)}"
        else:
            words = f"a host may contain one ':', before its port: {text.quote(*span)}"
        raise Refusal("uri.malformed", words, *span)
    name, colon, port = entity.partition(":")
    return name, port if colon else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _port(text: Text, span: Span, port: str | None, *, srv: bool) -> int | None:
    if port is None:
        return None if srv else 27017
    where = Span(span.end - len(port), span.end)
    port_text = text.quote(*where)
    if not port.isdigit():
        words = f"the port is not a number: {port_text}" if port else "no port follows the ':'"
        if port.strip().isdigit():
            words = f"there is white space next to the port: {port_text}"
        elif text.hidden and text.hidden[-1].start <= where.start < text.hidden[-1].end:
            words = "the text after the ':' is not a port; it may be a password, so it is hidden"
        raise Refusal("uri.invalid-port", words, *where)
    try:
        number = int(port)
    except ValueError:  # digits that int() rejects, such as superscripts or too many
        number = 0
    if not 0 < number <= _MAX_PORT:
        words = f"the port must be between 1 and {_MAX_PORT}, not {port_text}"
        raise Refusal("uri.invalid-port", words, *where)
    if srv:
        words = f"mongodb+srv allows no port ({port_text}): ports come from DNS"
        raise Refusal("uri.srv-with-port", words, where.start - 1, where.end)
    return number


def no_options_in(text: Text, parts: Parts) -> None:
    """Refuse secrets in hosts or database.

    Stricter than the driver, which takes ``mongodb://h/db&tlsCertificateKeyFilePassword=x`` for
    a long database name: the '?' is missing, and accepting the string would print the secret.
    """
    for span in (parts.hosts, parts.database):
        if text.hides(span):
            words = "options must come after a '?', which is missing"
            raise _command_line(text, span) or Refusal("uri.malformed", words, *span)


def _command_line(text: Text, span: Span) -> Refusal | None:
    """Return a refusal if command line options follow, as in ``mongodb://h/ --username ada``."""
    switch = re.search(r"""["']?\s+--?[A-Za-z]""", span.of(text.raw))
    if switch is None:
        return None
    words = "command line options follow the connection string"
    return Refusal("uri.malformed", words, span.start + switch.start(), span.end)


def database(text: Text, span: Span) -> tuple[str | None, str | None]:
    """Return the database, and the collection that may follow it after a dot."""
    name = unquote_plus(span.of(text.raw))
    if not name:
        return None, None
    name, dot, collection = name.partition(".")
    if bad := _BAD_DATABASE.search(name):
        char = "a blank" if bad.group() == " " else f"'{bad.group()}'"
        words = f"a database name cannot contain {char}: {text.quote(*span)}"
        raise _command_line(text, span) or Refusal("uri.malformed", words, *span)
    return name or None, collection if dot else None
