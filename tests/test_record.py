"""Records behave as frozen dataclasses do, at a fraction of their price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from mongoping.record import NOTHING, Record


class Point(Record):
    """Two numbers."""

    x: int
    y: int = 0


class NamedPoint(Point):
    """A point with a name."""

    name: str = "here"
    tags: Mapping[str, Any] = NOTHING


class DerivedRecord(Record):
    """A record with a field that others make."""

    code: str
    layer: str = ""

    def __post_init__(self) -> None:
        if not self.layer:
            self.__dict__["layer"] = self.code.partition(".")[0]


def test_fields_come_by_place_by_name_and_by_default() -> None:
    assert Point(1) == Point(x=1) == Point(1, 0) == Point(y=0, x=1)
    assert NamedPoint(1, 2, "there").name == "there"
    assert NamedPoint(1).tags == {}


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "needs 'x'"),
        ((1, 2, 3), {}, "takes 2 arguments, not 3"),
        ((1,), {"x": 2}, "got twice 'x'"),
        ((1,), {"z": 2}, "does not have 'z'"),
    ],
)
def test_a_wrong_argument_is_a_type_error(
    args: tuple[int, ...], kwargs: dict[str, int], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        Point(*args, **kwargs)


def test_a_record_is_frozen() -> None:
    """No field can be set, added or deleted."""
    point = Point(1)
    for name in ("x", "new"):
        with pytest.raises(AttributeError, match="frozen"):
            setattr(point, name, 2)
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    with pytest.raises(TypeError):
        NOTHING["key"] = 1  # type: ignore[index]
    assert point == Point(1)


def test_replace_makes_another_one() -> None:
    one = NamedPoint(1, 2)
    other = one.replace(y=3, name="there")
    assert (one.y, other.y, other.x, type(other)) == (2, 3, 1, NamedPoint)
    with pytest.raises(TypeError):
        one.replace(z=1)


def test_records_are_equal_by_kind_and_fields() -> None:
    assert Point(1) != NamedPoint(1)
    assert Point(1) != Point(2)
    assert Point(1) != (1, 0)
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_repr_is_what_would_make_it() -> None:
    assert repr(NamedPoint(1)) == "NamedPoint(x=1, y=0, name='here', tags=mappingproxy({}))"
    assert eval(repr(Point(1, 2))) == Point(1, 2)  # noqa: S307 - our own text


def test_a_field_may_be_made_from_others() -> None:
    assert DerivedRecord("auth.failed").layer == "auth"
    assert DerivedRecord("atlas.paused", "dns").layer == "dns"
    assert DerivedRecord("auth.failed").replace(code="x").layer == "auth"


def test_the_model_is_made_of_records_and_hides_no_dataclass() -> None:
    """All data from checks to formats is frozen."""
    from mongoping import model, registry

    kinds = [var for var in vars(model).values() if isinstance(var, type)]
    records = [kind for kind in kinds if issubclass(kind, Record) and kind is not Record]
    assert len(records) > 10
    mutable = [
        f"{module.__name__}.{name}"
        for module in registry.modules("checks")
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and name[0] != "_"
        if not issubclass(kind, (Record, tuple, Exception))
    ]
    assert mutable == []


def test_every_type_in_a_report_from_another_place_is_known() -> None:
    """`wire` reads the annotations: a module of records that is new there has to be listed."""
    from mongoping.model import Report
    from mongoping.places.wire import types_of
    from mongoping.smoke.waiting import Plan
    from mongoping.topology.view import PreferenceOptions, View

    waiting: list[Any] = [Report, View, PreferenceOptions, Plan]
    record_types: set[Any] = set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and hasattr(kind, "_fields") and kind not in record_types:
            record_types.add(kind)
            waiting += types_of(kind).values()
        waiting += get_args(kind)
    assert len(record_types) > 30
