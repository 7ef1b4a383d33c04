"""Frozen records whose classes are cheap to create.

A frozen dataclass is compiled when its module is imported, which takes about 0.6 ms of CPU
(CPython 3.11), and `dataclasses` itself imports `inspect`. A run of mongoping needs about sixty
records: as dataclasses, a quarter of the time of the driver's own import. `Record` behaves the
same for readers and type checkers, and creates a class in microseconds. Instances take somewhat
longer, but there are few. See docs/performance.md for the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self, dataclass_transform

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""The default of mapping fields: empty and immutable."""


@dataclass_transform(frozen_default=True)
class Record:
    """Base of all records: fields from annotations, a constructor, equality and repr.

    Raise TypeError for a missing, unknown or repeated argument, and AttributeError for an attempt
    to change a field. ``kw_only`` is for type checkers: a subclass whose own required fields
    follow inherited ones with defaults needs it.
    """

    _fields: tuple[str, ...] = ()
    _defaults: Mapping[str, Any] = NOTHING
    _initial: Mapping[str, Any] = NOTHING
    _required: frozenset[str] = frozenset()

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        own = cls.__dict__.get("__annotations__", {})
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))
        defaults = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        cls._defaults = {**cls._defaults, **defaults}
        cls._initial = {name: cls._defaults.get(name) for name in cls._fields}
        cls._required = frozenset(cls._fields).difference(cls._defaults)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = self._fields
        values = dict(self._initial)  # in the order of the fields
        values.update(zip(fields, args, strict=False), **kwargs)
        names = fields[: len(args)]
        if (
            len(values) != len(fields)
            or len(args) > len(fields)
            or not kwargs.keys().isdisjoint(names)
            or not self._required <= kwargs.keys() | names
        ):
            raise TypeError(self._misuse(args, kwargs))
        self.__dict__.update(values)
        self.__post_init__()

    def _misuse(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """Return what is wrong with the arguments of the constructor."""
        name, fields = type(self).__name__, self._fields
        if len(args) > len(fields):
            return f"{name} takes {len(fields)} arguments, not {len(args)}"
        values_by_name = dict(zip(fields, args, strict=False))
        for argument in kwargs:
            if argument in values_by_name or argument not in fields:
                verb = "got twice" if argument in values_by_name else "does not have"
                return f"{name} {verb} {argument!r}"
        lacking = self._required - values_by_name.keys() - kwargs.keys()
        missing = next(field for field in fields if field in lacking)
        return f"{name} needs {missing!r}"

    def __post_init__(self) -> None:
        """Derive fields from others; subclasses override it."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values in the named fields."""
        return type(self)(**{**{name: self.__dict__[name] for name in self._fields}, **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        return all(self.__dict__[name] == other.__dict__[name] for name in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self._fields)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
