"""Parse the text of an option into its value, by the driver's own rules.

Source: the validators of PyMongo's ``common.py``. AsyncMongoClient ignores a value that they
refuse, with a Python warning, and uses the default (`IgnoredValue`). For a few values, its
constructor raises (`Fatal`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from mongoping.uri.options import CHOICES, find
from mongoping.uri.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.uri.options import Option

_MOST_MS = 1e9  # PyMongo's own bound for every time
_APP_NAME_BYTES = 128
_CONVERSIONS = ("DATETIME", "DATETIME_AUTO", "DATETIME_CLAMP", "DATETIME_MS")
_PROPERTIES = frozenset(
    {
        "AWS_SESSION_TOKEN",
        "CANONICALIZE_HOST_NAME",
        "ENVIRONMENT",
        "SERVICE_HOST",
        "SERVICE_NAME",
        "SERVICE_REALM",
        "TOKEN_RESOURCE",
    }
)
_CANONICAL_NAMES = ("true", "false", "none", "forward", "forwardAndReverse")


class IgnoredValue(Exception):  # noqa: N818 - what happens to the value, not a bug
    """A value that the driver ignores."""


class Fatal(Exception):  # noqa: N818
    """A value for which the driver refuses the string. ``cause`` is a code of the catalog."""

    def __init__(self, words: str, cause: str = "uri.invalid-option") -> None:
        super().__init__(words)
        self.cause = cause


def read(option: Option, text: str) -> Any:
    """Return the value of an option from its text, percent-decoded except tags and properties.

    Raises `IgnoredValue` or `Fatal`, whose messages do not repeat the text.
    """
    return _READERS[option.kind](option, text)


def tags(texts: list[str]) -> list[dict[str, str]]:
    """Return the tag sets of all readPreferenceTags; raises `IgnoredValue` if one is invalid."""
    tag_sets = []
    for text in texts:
        pairs = [pair.split(":") for pair in text.split(",")] if text else []
        if any(len(pair) != 2 for pair in pairs):
            raise IgnoredValue("tags must be key:value pairs, separated by commas")
        tag_sets.append({unquote_plus(key): unquote_plus(value) for key, value in pairs})
    return tag_sets


def mask(name: str, value: Any) -> Any:
    """Return the value of an option as it may be shown."""
    option = find(name)
    if option is None or option.secret:
        return HIDDEN
    if isinstance(value, dict) and "AWS_SESSION_TOKEN" in value:
        return {**value, "AWS_SESSION_TOKEN": HIDDEN}
    return value


def _boolean(option: Option, text: str) -> bool:
    if text not in ("true", "false"):
        raise IgnoredValue("it must be true or false, in lower case")
    return text == "true"


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise IgnoredValue("it must be an integer") from None


def _count(option: Option, text: str) -> int:
    number = _integer(text)
    if number < 0:
        raise IgnoredValue("it must be an integer, 0 or more")
    return number


def _positive(option: Option, text: str) -> int:
    number = _integer(text)
    if number <= 0:
        raise IgnoredValue("it must be an integer, 1 or more")
    return number


def _milliseconds(option: Option, text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise IgnoredValue("it must be a number of milliseconds") from None
    if not 0 < number < _MOST_MS:
        raise IgnoredValue("it must be more than 0 and less than 1000000000")
    if option.name == "heartbeatFrequencyMS" and number < 500:
        raise Fatal("heartbeatFrequencyMS must be 500 or more")
    return int(number) if number.is_integer() else number


def _milliseconds0(option: Option, text: str) -> int | float:
    return 0 if text == "0" else _milliseconds(option, text)


def _text(option: Option, text: str) -> str:
    if option.name == "authSource" and not text:
        raise Fatal("authSource is empty")
    if option.name == "appName" and not _encodes(text, "strict", _APP_NAME_BYTES):
        raise IgnoredValue(f"it must have at most {_APP_NAME_BYTES} bytes")
    return text


def _encodes(text: str, errors: str, limit: int | None = None) -> bool:
    """Return whether text can be encoded as UTF-8, in at most ``limit`` bytes."""
    try:
        length = len(text.encode("utf-8", errors))
    except UnicodeEncodeError:
        return False
    return limit is None or length <= limit


def _choice(option: Option, text: str) -> str:
    if text not in CHOICES[option.name]:
        raise IgnoredValue(f"it must be one of {', '.join(CHOICES[option.name])}")
    return text


def _list(option: Option, text: str) -> list[str]:
    return [name for name in text.split(",") if name in CHOICES[option.name]]


def _path(option: Option, text: str) -> str:
    if not text:
        raise Fatal(f"{option.name} is empty, but must be the path of a file", "uri.file-not-found")
    if "\0" in text or not _encodes(text, "surrogateescape"):
        raise IgnoredValue("a file cannot have this name")
    return text


def _properties(option: Option, text: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for part in unquote_plus(text).split(","):
        name, _, value = part.partition(":")
        if not value:
            raise IgnoredValue("properties must be KEY:value pairs, separated by commas")
        if name not in _PROPERTIES:
            raise IgnoredValue(f"each property must be one of {', '.join(sorted(_PROPERTIES))}")
        properties[name] = value
        if name == "CANONICALIZE_HOST_NAME":
            if value not in _CANONICAL_NAMES:
                raise Fatal(f"CANONICALIZE_HOST_NAME must be one of {', '.join(_CANONICAL_NAMES)}")
            properties[name] = {"true": True, "false": False}.get(value, value)
    return properties


def _level(option: Option, text: str) -> int:
    number = _integer(text)
    if not -1 <= number <= 9:
        raise IgnoredValue("it must be between -1 and 9")
    return number


def _staleness(option: Option, text: str) -> int:
    return -1 if text == "-1" else _positive(option, text)


def _concern(option: Option, text: str) -> int | str:
    try:
        number = int(text)
    except ValueError:
        return text
    if number < 0:
        raise IgnoredValue(
            "it must be a number from 0, majority, or the name of a write concern mode"
        )
    return number


def _conversion(option: Option, text: str) -> str:
    if text.isdigit():
        try:
            number = int(text)
        except ValueError:
            number = 0
        if not 1 <= number <= len(_CONVERSIONS):
            raise IgnoredValue(f"it must be one of {', '.join(_CONVERSIONS)}")
        return text
    if text not in _CONVERSIONS:
        raise Fatal(f"datetime_conversion must be one of {', '.join(_CONVERSIONS)}")
    return text


def _never(option: Option, text: str) -> Any:
    raise IgnoredValue("it can be set in code only")


_READERS: dict[str, Callable[[Option, str], Any]] = {
    "boolean": _boolean,
    "choice": _choice,
    "concern": _concern,
    "conversion": _conversion,
    "count": _count,
    "level": _level,
    "list": _list,
    "milliseconds": _milliseconds,
    "milliseconds0": _milliseconds0,
    "never": _never,
    "path": _path,
    "positive": _positive,
    "properties": _properties,
    "staleness": _staleness,
    "tags": lambda option, text: tags([text]),
    "text": _text,
}
