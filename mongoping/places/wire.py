"""Send records between two processes of mongoping, as types of JSON.

What another place sends may be anything: `decode` returns records whose fields have exactly the
types that their classes declare, and raises ValueError otherwise. Texts are cut, then cleaned.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mongoping.record import Record
from mongoping.uri.host import Host

MAX_TEXT = 8000  # characters
MAX_ITEMS = 100_000  # of a list, such as pings
MAX_DEPTH = 24
MAX_NUMBER = 1e18
Value = TypeVar("Value")
Clean = Callable[[str], str]


def encode(value: Any, depth: int = 0) -> Any:
    """Return a value as types of JSON. NaN and infinity become None."""
    if depth > MAX_DEPTH or value is None or isinstance(value, (bool, int, str)):
        return value if depth <= MAX_DEPTH else None
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Host):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Record):
        return {name: encode(getattr(value, name), depth + 1) for name in value._fields}
    if isinstance(value, Mapping):
        return {str(key): encode(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(item, depth + 1) for item in value]
    return str(value)


def decode(kind: type[Value], value: Any, clean: Clean = lambda text: text) -> Value:
    """Return the record of a class that `encode` turned into types of JSON.

    Args:
        kind: The class.
        value: The types of JSON, from anywhere.
        clean: Changes each text, for example to remove secrets.

    Raises:
        ValueError: The value does not have the fields or the types of the class.
    """
    decoded_value: Value = _decode(kind, value, clean, 0)
    return decoded_value


def _decode(kind: Any, value: Any, clean: Clean, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("is nested too deeply")
    if kind is Any:
        return plain(value, clean, depth)
    origin = get_origin(kind)
    if origin is Literal:
        if value in get_args(kind) and not isinstance(value, (list, dict)):
            return value
        raise ValueError("has a word that is not known")
    if origin in (Union, types.UnionType):
        return _of_union(get_args(kind), value, clean, depth)
    if origin is tuple:
        return _of_tuple(get_args(kind), value, clean, depth)
    if origin is not None and issubclass(origin, Mapping):
        return _of_mapping(get_args(kind)[1], value, clean, depth)
    if isinstance(kind, type) and issubclass(kind, Record):
        return _of_record(kind, value, clean, depth)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _of_named_tuple(kind, value, clean, depth)
    return _scalar(kind, value, clean)


def _scalar(kind: Any, value: Any, clean: Clean) -> Any:
    if kind is str and isinstance(value, str):
        return clean(value[:MAX_TEXT])
    if kind is bool and isinstance(value, bool):
        return value
    if kind in (int, float) and _is_number(value) and isinstance(value, (int, kind)):
        return kind(value)
    if kind in (None, type(None)) and value is None:
        return None
    raise ValueError(f"has {type(value).__name__} in place of {getattr(kind, '__name__', kind)}")


def _is_number(value: Any) -> bool:
    """Return whether a value is a number that formats can print; infinity and NaN are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -MAX_NUMBER <= value <= MAX_NUMBER


def plain(value: Any, clean: Clean, depth: int = 0) -> Any:
    """Return a value of any type that JSON has, cut and cleaned. Raises ValueError."""
    if depth > MAX_DEPTH:
        raise ValueError("is nested too deeply")
    if isinstance(value, str):
        return clean(value[:MAX_TEXT])
    if isinstance(value, list):
        return [plain(item, clean, depth + 1) for item in value[:MAX_ITEMS]]
    if isinstance(value, dict):
        return {_key(key, clean): plain(item, clean, depth + 1) for key, item in value.items()}
    return value if value is None or isinstance(value, bool) or _is_number(value) else None


def _key(key: str, clean: Clean) -> str:
    """Return a key: those of mongoping itself are identifiers, and others may be anything."""
    return key[:MAX_TEXT] if key.isidentifier() and len(key) < 40 else clean(key[:MAX_TEXT])


def _of_union(kinds: Sequence[Any], value: Any, clean: Clean, depth: int) -> Any:
    problem = ValueError("has a value of an unknown type")
    for kind in kinds:
        try:
            return _decode(kind, value, clean, depth)
        except ValueError as error:
            problem = error
    raise problem


def _of_tuple(kinds: Sequence[Any], value: Any, clean: Clean, depth: int) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ValueError("has no list, or a very long one, where a list belongs")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item, clean, depth + 1) for item in value)
    if len(value) != len(kinds):
        raise ValueError("has a list of the wrong length")
    pairs = zip(kinds, value, strict=True)
    return tuple(_decode(kind, item, clean, depth + 1) for kind, item in pairs)


def _of_mapping(kind: Any, value: Any, clean: Clean, depth: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("has no object where an object belongs")  # noqa: TRY004 - as documented
    return {_key(key, clean): _decode(kind, item, clean, depth + 1) for key, item in value.items()}


def _of_record(kind: Any, value: Any, clean: Clean, depth: int) -> Any:
    if not isinstance(value, dict) or value.keys() != set(kind._fields):
        raise ValueError(f"does not have the fields of {kind.__name__}")
    hints = types_of(kind)
    fields = {name: _decode(hints[name], value[name], clean, depth + 1) for name in kind._fields}
    return kind(**fields)


def _of_named_tuple(kind: Any, value: Any, clean: Clean, depth: int) -> Any:
    hints = types_of(kind)
    return kind(*_of_tuple([hints[name] for name in kind._fields], value, clean, depth))


@cache
def types_of(kind: type) -> Mapping[str, Any]:
    """Return the types of the fields, with the names that are imported only for type checkers.

    Raises NameError for a name in a module that `_names` does not list.
    """
    return get_type_hints(kind, localns=_names())


@cache
def _names() -> dict[str, Any]:
    from mongoping import model, settings
    from mongoping.interpreter import record as interpreter
    from mongoping.model import headline, waiting, waterfall

    names: dict[str, Any] = {"Mapping": Mapping, "Sequence": Sequence}
    for module in (settings, interpreter, headline, waiting, waterfall, model):
        names |= {name: item for name, item in vars(module).items() if name[:1].isupper()}
    return names
