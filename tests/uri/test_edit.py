"""Corrected connection strings keep what they do not correct, and always parse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.uri import edit
from mongoping.uri.target import parse

LOGIN = "mongodb://ada:***@db.example.test:27017/shop?w=1"


def test_options_are_replaced_in_place_or_appended() -> None:
    assert edit.set_options(LOGIN, tls=True) == f"{LOGIN}&tls=true"
    assert edit.set_options(LOGIN, w="majority") == LOGIN.replace("w=1", "w=majority")
    assert edit.set_options("mongodb://h", replicaSet="rs0") == "mongodb://h/?replicaSet=rs0"
    assert edit.set_options("mongodb://h/", authSource="$external") == (
        "mongodb://h/?authSource=%24external"
    )


def test_options_are_removed_with_their_separator() -> None:
    assert edit.drop_options(LOGIN, "w") == LOGIN.removesuffix("?w=1")
    assert edit.drop_options("mongodb://h/?w=1&ssl=true", "tls") == "mongodb://h/?w=1"
    assert edit.drop_options("mongodb://h/", "w") is None


def test_a_host_is_replaced_and_the_others_stay() -> None:
    uri = "mongodb://a:1,b:2/?w=1"
    assert edit.replace_host(uri, "b:2", "c:3") == "mongodb://a:1,c:3/?w=1"
    assert edit.replace_host(uri, "d:4", "c:3") is None
    socket = edit.replace_host("mongodb://a/", "a:27017", "/tmp/mongodb-27017.sock")
    assert socket == "mongodb://%2Ftmp%2Fmongodb-27017.sock/"
    assert edit.replace_host("mongodb+srv://a.b.c/", "a.b.c:27017", "d:1") is None


def test_the_zone_of_an_address_is_percent_encoded() -> None:
    assert edit.replace_host("mongodb://a/", "a:27017", "[fe80::1%eth0]:27017") == (
        "mongodb://[fe80::1%25eth0]:27017/"
    )


def test_a_scheme_is_replaced() -> None:
    assert edit.replace_scheme("mongodb://a.b.c:27017/db", edit.SRV) == "mongodb+srv://a.b.c/db"
    assert edit.replace_scheme("mongodb://a.b.c:27018/db", edit.SRV) is None
    assert edit.replace_scheme("mongodb+srv://localhost/", edit.STANDARD) == "mongodb://localhost/"


def test_a_login_is_replaced_or_removed() -> None:
    assert edit.replace_login(LOGIN, None) == LOGIN.replace("ada:***@", "")
    assert edit.replace_login("mongodb://h/", "ada:x") == "mongodb://ada:x@h/"


def test_a_misspelt_option_gets_its_name() -> None:
    assert edit.rename_option("mongodb://h/?retryWrite=true", "retryWrite") == (
        "mongodb://h/?retryWrites=true"
    )
    assert edit.rename_option("mongodb://h/?colour=red", "colour") is None


def test_what_a_driver_refuses_is_not_offered() -> None:
    assert edit.set_options("mongodb://h/?tls=true&tlsCAFile=/ca.pem", tls=False) is None
    assert edit.set_options("mongodb://a,b/", directConnection=True) is None


def test_a_string_with_a_control_character_is_not_offered() -> None:
    """A report shows it as an escape, and pasting that would give another string."""
    uri = parse("mongodb://h/?appName=a\x07b").shown
    assert "\\x07" in uri
    assert edit.set_options(uri, w=1) is None


@given(st.text(max_size=30), st.text(max_size=10))
def test_what_is_offered_parses(text: str, host: str) -> None:
    uri = parse(f"mongodb://{text}").shown
    for new in (
        edit.set_options(uri, tls=True),
        edit.drop_options(uri, "tls"),
        edit.replace_hosts(uri, host),
        edit.replace_scheme(uri, edit.SRV),
        edit.replace_login(uri, None),
    ):
        assert new is None or parse(new).problem is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mongodb://::1:27017", "mongodb://[::1]:27017"),
        ("mongodb://fe80::1", "mongodb://[fe80::1]"),
        ("mongodb://[::1", None),  # PyMongo accepts mongodb://[[:]:1, which names no address
        ("mongodb://a:b:1", None),
    ],
)
def test_only_an_ipv6_address_gets_brackets(text: str, expected: str | None) -> None:
    result = parse(text)
    assert result.problem is not None
    assert edit.correct(result.shown, result.problem) == expected
