"""Records and other values as data that JSON has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mongoping.model.to_jsonable import MAX_DEPTH, to_jsonable
from mongoping.record import Record
from mongoping.uri.host import Host


class Inner(Record):
    """A record in a record."""

    at: datetime
    host: Host


def test_plain_data_is_what_json_has() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    value = {1: (Inner(moment, Host("::1", 5)),), "s": {2}, "f": 0.12345, "n": float("nan")}
    assert to_jsonable(value) == {
        "1": [{"at": "2026-01-02T03:04:05+00:00", "host": "[::1]:5"}],
        "s": [2],
        "f": 0.123,
        "n": None,
    }
    assert to_jsonable([True, None, 7, "x"]) == [True, None, 7, "x"]
    assert to_jsonable(b"x") == "b'x'"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=20,
    )
)
def test_anything_becomes_plain_data(value: Any) -> None:
    import json

    json.dumps(to_jsonable(value), allow_nan=False)


def test_depth_ends_somewhere() -> None:
    """Values nested deeper than any record become text, which bounds the stack."""
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    value = to_jsonable(deep)
    for _ in range(MAX_DEPTH + 1):
        (value,) = value
    assert isinstance(value, str)
