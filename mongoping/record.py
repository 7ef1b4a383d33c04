"""Frozen records whose classes cost next to nothing to make.

A frozen dataclass is compiled when its module is imported: some 0.6 ms of CPU each (CPython
3.11), and `dataclasses` itself imports `inspect`. A run of mongoping needs some sixty
records, which is as much as a quarter of the driver's own import. These behave the same to
readers and type checkers, and their classes are made in microseconds; the instances, of
which there are few, take somewhat longer. See docs/performance.md for the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self, dataclass_transform

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""The default of a field that maps: empty, and of no use to anyone who would change it."""


@dataclass_transform(frozen_default=True)
class Record:
    """Base of all records: fields from annotations, a constructor, equality and repr.

    Raises TypeError for a missing, unknown or doubled argument, AttributeError on any
    attempt to change a field.
    """

    _fields: tuple[str, ...] = ()
    _defaults: Mapping[str, Any] = NOTHING

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("__annotations__", {})
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))
        given = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        cls._defaults = {**cls._defaults, **given}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} arguments, not {len(args)}")
        values = dict(zip(fields, args, strict=False))
        for name, value in kwargs.items():
            if name in values or name not in fields:
                word = "got twice" if name in values else "does not have"
                raise TypeError(f"{type(self).__name__} {word} {name!r}")
            values[name] = value
        for name in fields:
            if name not in values:
                if name not in self._defaults:
                    raise TypeError(f"{type(self).__name__} needs {name!r}")
                values[name] = self._defaults[name]
        self.__dict__.update(values)
        self.__post_init__()

    def __post_init__(self) -> None:
        """For a record that derives a field from others."""

    def replace(self, **changes: Any) -> Self:
        """The same record with other values in the named fields."""
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
        shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"
