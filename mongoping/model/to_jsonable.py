"""Convert records to the types of JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mongoping.record import Record
from mongoping.uri.host import Host

MAX_DEPTH = 8  # maximum nesting of records; deeper values are stringified


def to_jsonable(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as types that JSON has; NaN and infinity become None."""
    if depth > MAX_DEPTH:
        return str(value)[:100]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return round(value, 3) if value == value and abs(value) != float("inf") else None
    if isinstance(value, Host):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Record):
        return {name: to_jsonable(field, depth + 1) for name, field in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_jsonable(item, depth + 1) for item in value]
    return str(value)
