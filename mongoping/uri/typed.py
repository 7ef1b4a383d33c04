"""Hide passwords in messages that quote what a user typed, with or without a scheme. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.lazy_re import lazy_compile
from mongoping.uri.redaction import remove
from mongoping.uri.target import scrub
from mongoping.uri.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_ARGUMENTS = 200
MAX_LENGTH = 4096  # characters of one argument
MIN_PIECE = 2  # characters of a piece of a password that a message may quote by itself
_OPTION = r"(?:--?[\w-]+=)?+"
_PLACE = r"(?:(?:ssh|docker|kubectl):)?"
_HARMLESS = r"(?:(?:ssh|docker|kubectl):[^\s:@]*@|[a-z]:[\\/])"  # no password, or a drive
_TYPED_URI = lazy_compile(
    rf"\s*{_OPTION}(?!{_HARMLESS}){_PLACE}(?:@[^:@]*:(.+)|[^:@]*:(.*)@.*)",
    re.IGNORECASE | re.DOTALL,
)
_WITH_SCHEME = lazy_compile(
    rf"\s*{_OPTION}[a-z][a-z0-9+.-]*:(?:\\*/){{2}}|.*mongodb(?:\+srv)?:/", re.IGNORECASE | re.DOTALL
)
_LOGIN = lazy_compile(
    rf"(?<![^\s'\"`(=])(?!{_OPTION}{_HARMLESS})({_OPTION}{_PLACE}[^\s:@'\"]{{0,80}}:)(?!/)[^\s@]*+@(?:[^\s/?#@]*+@)*+",
    re.IGNORECASE,
)
_MARKS = lazy_compile(r"[\s:@/?#&;,=\\]+")


def scrub_message(message: str, arguments: Sequence[str]) -> str:
    """Return a message about wrong arguments without the passwords in it.

    Args:
        message: The message, which may quote arguments, pieces of them, or lines of a file.
        arguments: The arguments of the command line.
    """
    shown_message = scrub(message, None)
    secrets = tuple(sorted(set(_secrets(arguments)), key=lambda text: (-len(text), text)))
    return _LOGIN.sub(rf"\1{HIDDEN}@", remove(shown_message, secrets, len(shown_message)))


def holds_login(value: str) -> bool:
    """Return whether a value that should be a path is a login, or a string with a password."""
    text = value[:MAX_LENGTH]
    if _WITH_SCHEME.match(text):
        return scrub(text, None) != text
    match = _TYPED_URI.match(text)
    return match is not None and bool(match[2]) and not re.search(r"[/\\]", text.split(":")[0])


def _secrets(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the password in each ``user:password@host`` or ``@user:password``, and its pieces.

    `scrub` knows those of connection strings and URLs.
    """
    for argument in list(arguments)[:MAX_ARGUMENTS]:
        text = argument[:MAX_LENGTH]
        match = None if _WITH_SCHEME.match(text) else _TYPED_URI.match(text)
        password = (match[1] or match[2]) if match else None
        if password:
            yield password
            yield from (part for part in _MARKS.split(password) if len(part) >= MIN_PIECE)
