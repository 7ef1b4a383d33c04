"""Addresses without a scheme: which texts are read as one, and which are left to the parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.uri.shorthand import expand, from_host_options, is_plain_address
from mongoping.uri.target import parse

ADDRESSES = [
    ("localhost", "mongodb://localhost"),
    (" localhost:27017\n", "mongodb://localhost:27017"),
    ("mongodb:27017", "mongodb://mongodb:27017"),  # a service of Docker Compose
    ("db.example.com/shop", "mongodb://db.example.com/shop"),
    (
        "h1:27017,h2:27018/db?replicaSet=rs0",
        "mongodb://h1:27017,h2:27018/db?replicaSet=rs0",
    ),
    ("h?tls=true", "mongodb://h/?tls=true"),
    ("ada:s3cret@h/shop", "mongodb://ada:s3cret@h/shop"),
    ("[::1]:27017", "mongodb://[::1]:27017"),
    ("::1", "mongodb://[::1]"),
    ("fe80::1%eth0", "mongodb://[fe80::1%25eth0]"),
    ("/tmp/mongodb-27017.sock", "mongodb://%2Ftmp%2Fmongodb-27017.sock"),
    ("c0.ab1cd.mongodb.net", "mongodb+srv://c0.ab1cd.mongodb.net"),
    ("c0.ab1cd.mongodb.net/shop", "mongodb+srv://c0.ab1cd.mongodb.net/shop"),
    ("c0-shard-00-00.ab1cd.mongodb.net", "mongodb://c0-shard-00-00.ab1cd.mongodb.net"),
    ("c0.ab1cd.mongodb.net:27017", "mongodb://c0.ab1cd.mongodb.net:27017"),
]


@pytest.mark.parametrize(("text", "uri"), ADDRESSES)
def test_an_address_gets_its_scheme(text: str, uri: str) -> None:
    assert expand(text) == uri
    assert parse(uri).problem is None


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("http://h:27017", "uri.invalid-scheme"),
        ("mongodb//localhost", "uri.invalid-scheme"),
        ("mongodb:/localhost", "uri.invalid-scheme"),
        ("mongodb/localhost", "uri.invalid-scheme"),
        ("mongodb:localhost", "uri.invalid-scheme"),
        ("mongodbsrv//c0.ab1cd.mongodb.net", "uri.invalid-scheme"),
        ("mongo://localhost", "uri.invalid-scheme"),
        ("MONGODB_URI", "uri.invalid-scheme"),
        ("two words", "uri.invalid-scheme"),
        ("h,,b", "uri.invalid-scheme"),
        ("", "uri.malformed"),
        ("undefined", "uri.placeholder-not-replaced"),
        ("${MONGODB_URI}", "uri.placeholder-not-replaced"),
        ("<host>:27017", "uri.placeholder-not-replaced"),
        ("db.${REGION}.example.com:27017", "uri.placeholder-not-replaced"),
        ("localhost:port", "uri.invalid-port"),
        ("localhost:270l7", "uri.invalid-port"),
        ("localhost:99999", "uri.invalid-port"),
    ],
)
def test_a_typo_or_a_placeholder_still_has_its_cause(text: str, cause: str) -> None:
    problem = parse(expand(text)).problem
    assert problem is not None
    assert problem.cause == cause


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("localhost", True),
        ("db:27017", True),
        ("10.0.0.1", True),
        ("h1:27017,h2:27018/shop", True),
        ("[::1]", True),
        ("db", False),
        ("ghp0a1b2c3d4e5f6", False),
        ("db.example.com", False),
        ("ada:s3cret@h:27017", False),
        ("ada:s3cret", False),
    ],
)
def test_a_value_that_may_be_any_secret_is_no_plain_address(text: str, plain: bool) -> None:
    assert is_plain_address(text) is plain


@pytest.mark.parametrize(
    ("host", "port", "uri"),
    [
        (None, 27018, "mongodb://localhost:27018"),
        ("h", None, "mongodb://h"),
        ("h", 27018, "mongodb://h:27018"),
        ("h:27018", 27018, "mongodb://h:27018"),
        ("::1", 27017, "mongodb://[::1]:27017"),
        ("rs0/h1:27017,h2", None, "mongodb://h1:27017,h2/?replicaSet=rs0"),
        ("rs0/h1,h2", 27019, "mongodb://h1:27019,h2:27019/?replicaSet=rs0"),
    ],
)
def test_host_and_port_of_mongosh(host: str | None, port: int | None, uri: str) -> None:
    assert from_host_options(host, port) == uri


@pytest.mark.parametrize(("host", "port"), [("h:1", 2), ("mongodb://h", 2)])
def test_a_port_that_contradicts_the_host_is_refused(host: str, port: int) -> None:
    with pytest.raises(ValueError, match="--port"):
        from_host_options(host, port)


@given(st.text(max_size=60))
def test_an_expanded_text_keeps_its_secrets_hidden(text: str) -> None:
    """The scheme is all that is added, so whatever was hidden stays hidden."""
    uri = expand(text)
    assert uri == text or uri.startswith(("mongodb://", "mongodb+srv://"))
    secret = "ca9nary"
    assert secret not in parse(expand(f"ada:{secret}@h{text}")).shown.partition("@")[0]
