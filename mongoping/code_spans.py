"""Show code in the sentences of the catalog. Pure.

Titles, explanations and remedies put code between backticks. Markdown and JSON keep them, HTML
has an element for code, and the formats that are read as plain text leave them out. Evidence can
quote a peer, so its backticks are only characters.
"""

from __future__ import annotations

from collections.abc import Callable

from mongoping.lazy_re import lazy_compile

_SPAN = lazy_compile(r"`([^`\n]{1,300})`")


def plain(text: str) -> str:
    """Return a sentence without the backticks around code."""
    return _SPAN.sub(r"\1", text) if "`" in text else text


def mark_code(text: str, escape: Callable[[str], str], code: Callable[[str], str]) -> str:
    """Return an escaped sentence in which ``code`` marks what was between backticks."""
    parts = _SPAN.split(text)  # code is at the odd positions
    return "".join((code if at % 2 else escape)(part) for at, part in enumerate(parts))
