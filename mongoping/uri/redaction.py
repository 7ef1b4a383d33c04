"""Merge separate secrets into a connection string, and remove secrets from other text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from mongoping.lazy_re import lazy_compile
from mongoping.uri.query import merge
from mongoping.uri.spellings import pattern
from mongoping.uri.text import HIDDEN, SCHEMES, Span, userinfo_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SEPARATOR = lazy_compile("[&;]")
_MAX_SPELLING = 24  # characters that one character of a secret may take up in another text
_MAX_REACH = 256 * 1024


def effective(text: str, password: str | None, overrides: Mapping[str, str]) -> str:
    """Return the string with a separate password and options merged in.

    A text without MongoDB's scheme is returned unchanged, and the password is ignored if the
    string has no user. Overrides replace options of the same name.
    """
    scheme = next((prefix for prefix in SCHEMES if text.startswith(prefix)), None)
    if scheme is None:
        return text
    userinfo = userinfo_span(text)
    if password is not None and userinfo is not None:
        user = userinfo.of(text).partition(":")[0]
        login = f"{user}:{_quote(password)}"
        text = text[: userinfo.start] + login + text[userinfo.end :]
    return _with_options(text, len(scheme), overrides) if overrides else text


def with_username(text: str, user: str) -> str:
    """Return the string with a user name, unless it has one or is no connection string."""
    scheme = next((prefix for prefix in SCHEMES if text.startswith(prefix)), None)
    if scheme is None or userinfo_span(text) is not None:
        return text
    return f"{scheme}{_quote(user)}@{text[len(scheme) :]}"


def _with_options(text: str, start: int, overrides: Mapping[str, str]) -> str:
    userinfo = userinfo_span(text)
    front, mark, query = text[userinfo.end if userinfo else start :].partition("?")
    front = text[: userinfo.end if userinfo else start] + front
    if not mark and "/" not in front[start:]:
        front += "/"
    return f"{front}?{merge(query, overrides)}"


def encoded_colon(userinfo: str) -> bool:
    """Return whether user and password were percent-encoded together with the colon."""
    return ":" not in userinfo and "%3a" in userinfo.lower()


def _quote(text: str, safe: str = "") -> str:
    return quote(text, safe=safe, errors="surrogatepass")


def hidden_values(raw: str, spans: Iterable[Span]) -> tuple[str, ...]:
    """Return the secrets of a connection string: each hidden part, as written and decoded.

    A part without a known end also hides what may be further options; its first piece is the
    value if they are.
    """
    values: set[str] = set()
    for span in spans:
        part = span.of(raw)
        for spelling in (part, _SEPARATOR.split(part)[0]):
            values |= {spelling, unquote_plus(spelling)}
    return tuple(sorted(filter(None, values), key=lambda secret: (-len(secret), secret)))


def remove(text: str, secrets: tuple[str, ...], limit: int) -> str:
    """Return the first ``limit`` characters of ``text`` with ``***`` in place of every secret.

    The text after that is not read, except for the end of a secret that begins before it.
    """
    if not secrets:
        return text[:limit]
    reach = min(_MAX_SPELLING * len(secrets[0]) + _MAX_SPELLING, _MAX_REACH)
    pieces: list[str] = []
    position = 0
    for match in pattern(secrets).finditer(text, 0, limit + reach):
        if match.start() >= limit:
            break
        pieces += [text[position : match.start()], HIDDEN]
        position = match.end()
    return "".join([*pieces, text[position : max(position, limit)]])
