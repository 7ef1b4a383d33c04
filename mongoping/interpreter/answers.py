"""Take values from the answers of another Python, which can print anything. Pure."""

from __future__ import annotations

import re
from typing import Any

from mongoping.escape import clip
from mongoping.lazy_re import lazy_compile

MAX_TEXT = 300
MAX_NUMBER = 2**31
_VERSION = lazy_compile(r"\d{1,6}(?:\.\d{1,6}){0,4}[\w.+-]{0,40}", re.ASCII)


def text(document: Any, key: str, limit: int = MAX_TEXT) -> str | None:
    """Return a text of bounded length from a JSON object, or None."""
    value = document.get(key) if isinstance(document, dict) else None
    return clip(value, limit) if isinstance(value, str) and value else None


def version(document: Any, key: str) -> str | None:
    """Return a version number from a JSON object, or None."""
    value = text(document, key)
    return value if value is not None and _VERSION.fullmatch(value) else None


def number(document: Any, key: str) -> int | None:
    """Return a whole number from a JSON object, or None."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if type(value) is int and abs(value) < MAX_NUMBER else None


def milliseconds(document: Any, key: str) -> float | None:
    """Return a duration in ms from a JSON object, or None."""
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < MAX_NUMBER else None
