"""``--trace``: one line on standard error for each step and message on the network.

Passwords, keys and login payloads are hidden: those that are known, and by the name of the field
those that are computed. Everything is cut to `MAX_TEXT` characters, then redacted, then escaped.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TextIO

from mongoping.escape import clip, printable
from mongoping.uri.target import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mongoping.observer import Kind
    from mongoping.uri.target import Credentials

MAX_TEXT = 1000  # characters of a line: a hello reply fits
MAX_VALUE = 100
MAX_SECRET = 4096  # how much behind the limit is searched for the end of a secret
MAX_DEPTH = 6
SECRET_FIELDS = frozenset(
    {"payload", "pwd", "password", "key", "nonce", "signature", "token", "jwt", "digestpassword"}
)
"""Fields of commands and replies that hold a secret, or what one could be computed from."""


class Trace:
    """Writes each event as a line: seconds since the start, kind, peer, text, milliseconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start = time.perf_counter()
        self._credentials: list[Credentials] = []

    def learn(self, credentials: Credentials) -> None:
        """Hide these secrets from now on."""
        self._credentials.append(credentials)

    def note(self, kind: Kind, peer: str, text: str, ms: float | None = None) -> None:
        """Write an event. A stream that cannot be written is ignored: the run matters more."""
        now = time.perf_counter() - self._start
        took = "" if ms is None else f"  {ms:.1f} ms"
        line = f"{now:9.4f} s  {kind:<6} {self._printable(peer)}  {self._printable(text)}{took}\n"
        try:
            self._stream.write(line)
            self._stream.flush()
        except (OSError, ValueError):
            return

    def message(
        self,
        kind: Kind,
        peer: str,
        document: Mapping[str, Any] | bytes,
        *,
        is_sent: bool,
        ms: float | None = None,
    ) -> None:
        """Write a command or a reply."""
        if isinstance(document, bytes):
            message_text = f"{len(document)} bytes"
        else:
            message_text = render(document, self._hide)
        self.note(kind, peer, f"{'>' if is_sent else '<'} {message_text}", ms)

    def _hide(self, text: str, limit: int) -> str:
        """Return the beginning of a text without secrets, also if one is cut by the limit."""
        shown_text = text[: limit + MAX_SECRET]
        for credentials in (None, *self._credentials):
            shown_text = scrub(shown_text, credentials, len(shown_text))
        return clip(shown_text, limit)

    def _printable(self, text: str) -> str:
        return printable(self._hide(text, MAX_TEXT))


def render(document: Mapping[str, Any], hide: Callable[[str, int], str]) -> str:
    """Return a document as one line of limited length, with its secrets hidden.

    ``hide(text, limit)`` returns the beginning of a text without secrets.
    """
    text = ""
    for part in _parts(document, hide, 0):
        if len(text) + len(part) > MAX_TEXT:
            return f"{text}…"
        text += part
    return text


def _parts(value: Any, hide: Callable[[str, int], str], depth: int) -> Iterator[str]:
    """Yield the text of a value piece by piece, so that a long one need not be rendered fully."""
    if depth > MAX_DEPTH:
        yield "…"
    elif isinstance(value, dict) or hasattr(value, "items"):
        yield "{"
        for number, (name, item) in enumerate(value.items()):
            yield f"{', ' if number else ''}{hide(str(name), MAX_VALUE)}: "
            if str(name).lower() in SECRET_FIELDS:
                yield "***"
            else:
                yield from _parts(item, hide, depth + 1)
        yield "}"
    elif isinstance(value, (list, tuple)):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _parts(item, hide, depth + 1)
        yield "]"
    elif isinstance(value, bytes):
        yield f"<{len(value)} bytes>"
    elif isinstance(value, str):
        yield repr(hide(value, MAX_VALUE))
    else:
        yield hide(str(value), MAX_VALUE)
