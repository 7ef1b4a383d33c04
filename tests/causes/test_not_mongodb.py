"""Services that are not a MongoDB server."""

from __future__ import annotations

import pytest

from mongoping.causes import hello
from mongoping.checks._silence import reason_to_skip
from mongoping.model import Evidence, Match
from mongoping.observations import TlsFacts
from tests.evidence import evidence, failed, result

HOST, OTHER = "a:27017", "b:27017"
MYSQL = "\x4a\x00\x00\x00\x0a8.0.36\x00" + "x" * 50


def _foreign(**facts: object) -> Evidence:
    row = failed("hello", "not-mongodb", HOST, message="opcode 8 is no reply", **facts)
    return evidence(result("tcp", None, HOST), row)


def test_a_known_protocol_is_named_without_what_the_parser_made_of_it() -> None:
    match = hello.not_mongodb(_foreign(head=MYSQL), HOST)
    assert isinstance(match, Match)
    assert match.detail.startswith(f"{HOST} is a MySQL server: it sends ")
    assert "opcode" not in match.detail


def test_the_bytes_of_an_unknown_protocol_are_shown() -> None:
    match = hello.not_mongodb(_foreign(head="\x00\x01"), HOST)
    assert isinstance(match, Match)
    assert match.detail == f'{HOST} is not a MongoDB server: it sends "\\x00\\x01"'


def test_a_reply_that_no_server_sends_is_described() -> None:
    match = hello.not_mongodb(_foreign(), HOST)
    assert isinstance(match, Match)
    assert "opcode 8 is no reply" in match.detail


def test_a_reply_of_too_many_members_is_hello_all_the_same() -> None:
    match = hello.not_mongodb(_foreign(wire="size"), HOST)
    assert isinstance(match, Match)
    assert "reply to hello" in match.detail


SSH = failed("tls", "tls", HOST, data=TlsFacts(first_bytes="SSH-2.0-x"))


@pytest.mark.parametrize(
    ("case", "is_asked"),
    [
        (_foreign(), False),
        (evidence(result("tcp", None, HOST), SSH), False),
        (evidence(result("tcp", None, HOST), failed("tls", "tls", HOST, data=TlsFacts())), True),
        (evidence(result("tcp", None, HOST), failed("hello", "eof", HOST)), True),
        (
            evidence(
                *_foreign().results, result("tcp", None, OTHER), failed("hello", "eof", OTHER)
            ),
            True,
        ),
        (evidence(), True),
    ],
)
def test_the_driver_is_not_asked_of_what_is_known_to_be_no_server(
    case: Evidence, is_asked: bool
) -> None:
    assert (reason_to_skip(case) is None) is is_asked
