"""Secrets that come from elsewhere put into a string, and secrets taken out of foreign text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from mongoping.patterns import lazy
from mongoping.uri.query import merged
from mongoping.uri.text import HIDDEN, SCHEMES, userinfo_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHORT = 4  # shorter ones are removed as whole words only, or nothing would be left to read
_HEX = lazy(r"%[0-9A-F]{2}")


def effective(text: str, password: str | None, overrides: Mapping[str, str]) -> str:
    """The string with a password and options from elsewhere merged in.

    A text without MongoDB's scheme is left as it is; so is one without a user, as to the
    password. Overrides replace options of the same name.
    """
    scheme = next((one for one in SCHEMES if text.startswith(one)), None)
    if scheme is None:
        return text
    userinfo = userinfo_span(text)
    if password is not None and userinfo is not None:
        user = userinfo.of(text).partition(":")[0]
        login = f"{user}:{_quote(password)}"
        text = text[: userinfo.start] + login + text[userinfo.end :]
    return _with_options(text, len(scheme), overrides) if overrides else text


def _with_options(text: str, start: int, overrides: Mapping[str, str]) -> str:
    userinfo = userinfo_span(text)
    front, mark, query = text[userinfo.end if userinfo else start :].partition("?")
    front = text[: userinfo.end if userinfo else start] + front
    if not mark and "/" not in front[start:]:
        front += "/"
    return f"{front}?{merged(query, overrides)}"


def encoded_colon(userinfo: str) -> bool:
    """Whether user and password were percent-encoded together, the colon included."""
    return ":" not in userinfo and "%3a" in userinfo.lower()


def _quote(text: str, safe: str = "") -> str:
    return quote(text, safe=safe, errors="surrogatepass")


def forms(found: Iterable[str | None]) -> tuple[str, ...]:
    """Every secret as it is and as others would write it, the longest first."""
    every: set[str] = set()
    for secret in filter(None, found):
        import json  # for strings with a secret alone

        quoted = {_quote(secret), _quote(secret, "/"), _quote(secret, " ").replace(" ", "+")}
        quoted |= {_HEX.sub(lambda match: match.group().lower(), one) for one in quoted}
        every |= {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], *quoted}
    return tuple(sorted(every, key=lambda one: (-len(one), one)))


def remove(text: str, secrets: Iterable[str]) -> str:
    """The text with ``***`` in the place of every secret."""
    for secret in secrets:
        if len(secret) >= _SHORT:
            text = text.replace(secret, HIDDEN)
        else:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text
