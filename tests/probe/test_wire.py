"""The probe's own reader of MongoDB's protocol: equal to the driver's, and closed to harm."""

from __future__ import annotations

import struct
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.timestamp import Timestamp
from hypothesis import example, given
from hypothesis import strategies as st

from mongoping.probe import wire

NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.floats(allow_nan=False), st.text(max_size=20)
)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=6,
)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(DOCUMENTS)
def test_what_is_sent_is_what_the_driver_would_read(document: dict[str, Any]) -> None:
    assert bson.decode(wire.encode(document)) == document
    assert wire.decode(wire.encode(document)) == document


@given(DOCUMENTS, MOMENTS, st.binary(max_size=40), st.integers(0, 2**32 - 1))
def test_what_the_driver_writes_is_read_alike(
    document: dict[str, Any], moment: datetime, data: bytes, seconds: int
) -> None:
    """The types of a server's reply, dates and binaries included."""
    reply = document | {
        "localTime": moment,
        "data": data,
        "count": Int64(7),
        "nested": {"list": [document, {"at": moment}]},
    }
    assert wire.decode(bson.encode(reply)) == reply
    stamp = wire.decode(bson.encode({"at": Timestamp(seconds, 3)}))["at"]
    assert stamp.seconds == seconds


def test_rarer_types_are_passed_over() -> None:
    """Types that no check reads are skipped: ids, regular expressions, decimals, code."""
    document = {
        "id": bson.ObjectId(),
        "regex": bson.Regex("a.b", "i"),
        "decimal": Decimal128("1.5"),
        "code": bson.Code("f()"),
        "least": bson.MinKey(),
        "most": bson.MaxKey(),
        "last": "here",
    }
    values = wire.decode(bson.encode(document))
    assert list(values) == list(document)
    assert (values["regex"], values["code"], values["last"]) == ("a.b", "f()", "here")
    assert len(values["decimal"]) == 16


@given(st.binary(max_size=400))
@example(b"\x05\0\0\0\0")
@example(b"\x05\0\0\0\x01")
@example(struct.pack("<i", 2**31 - 1) + b"\x10")
def test_any_bytes_are_a_document_or_a_wire_error(data: bytes) -> None:
    with suppress(wire.WireError):
        assert isinstance(wire.decode(data), dict)


@given(DOCUMENTS, st.data())
def test_a_document_with_one_bit_turned_is_a_document_or_a_wire_error(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Nearly right is what breaks parsers."""
    raw = bytearray(wire.encode(document))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with suppress(wire.WireError):
        wire.decode(bytes(raw))


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=200))
def test_any_message_is_a_reply_or_a_wire_error(header: bytes, body: bytes) -> None:
    with suppress(wire.WireError):
        assert wire.body_length(header) <= wire.MAX_REPLY_BYTES
    for opcode in (wire.OP_MSG, wire.OP_REPLY):
        with suppress(wire.WireError):
            assert isinstance(wire.reply(struct.pack("<iiii", 99, 1, 1, opcode), body), dict)


@pytest.mark.parametrize(
    ("length", "opcode", "kind"),
    [
        (-1, wire.OP_MSG, "length"),
        (0, wire.OP_MSG, "length"),
        (16, wire.OP_MSG, "length"),
        (2**31 - 1, wire.OP_MSG, "length"),
        (wire.DRIVER_MAX_MESSAGE + 1, wire.OP_MSG, "length"),
        (100, 2012, "length"),
        (wire.MAX_REPLY_BYTES + 1, wire.OP_MSG, "size"),
    ],
)
def test_a_header_that_lies_is_refused_before_anything_is_read(
    length: int, opcode: int, kind: str
) -> None:
    with pytest.raises(wire.WireError) as error:
        wire.body_length(struct.pack("<iiii", length, 1, 1, opcode))
    assert error.value.kind == kind


def test_depth_and_number_are_bounded() -> None:
    """A reply larger than any server's has its own failure kind."""
    deep: dict[str, Any] = {}
    for _ in range(wire.MAX_DEPTH + 1):
        deep = {"a": deep}
    for document in (deep, {"a": [None] * (wire.MAX_ELEMENTS + 1)}):
        with pytest.raises(wire.WireError) as error:
            wire.decode(bson.encode(document))
        assert error.value.kind == "size"


def test_a_date_beyond_the_calendar_is_none() -> None:
    """BSON dates reach further than Python's."""
    raw = b"\x09d\0" + struct.pack("<q", 2**62)
    document = struct.pack("<i", len(raw) + 5) + raw + b"\0"
    assert wire.decode(document) == {"d": None}


def test_commands_are_messages_that_the_protocol_has() -> None:
    """OP_MSG with ``$db``; OP_QUERY on ``admin.$cmd`` for servers before 3.6."""
    data = wire.message({"ping": 1}, "shop", 7)
    assert struct.unpack_from("<iiii", data) == (len(data), 7, 0, wire.OP_MSG)
    assert bson.decode(data[21:]) == {"ping": 1, "$db": "shop"}
    legacy = wire.legacy_query({"ismaster": 1}, 8)
    assert struct.unpack_from("<iiii", legacy) == (len(legacy), 8, 0, wire.OP_QUERY)
    assert bson.decode(legacy[39:]) == {"ismaster": 1}


def test_a_reply_is_read_in_both_forms() -> None:
    body = bson.encode({"ok": 1.0})
    new = struct.pack("<iiii", 0, 1, 1, wire.OP_MSG), bytes(5) + body
    old = struct.pack("<iiii", 0, 1, 1, wire.OP_REPLY), bytes(20) + body
    assert wire.reply(*new) == wire.reply(*old) == {"ok": 1.0}


def test_a_probe_sends_few_types() -> None:
    with pytest.raises(TypeError, match="sends no ObjectId"):
        wire.encode({"id": bson.ObjectId()})
