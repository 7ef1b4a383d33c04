"""Names of Atlas and of this machine, in every spelling that a host has."""

from __future__ import annotations

import pytest

from mongoping.uri.host import Host
from mongoping.uri.hosts import is_atlas, is_loopback, name_of


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("A.example.com:27017", "a.example.com"),
        ("a.example.com.", "a.example.com"),
        ("[::1]:27017", "::1"),
        ("::1", "::1"),
        ("2001:db8::1", "2001:db8::1"),
        (Host("A.example.com", 1), "a.example.com"),
        (Host("::1"), "::1"),
    ],
)
def test_the_name_has_no_port_brackets_or_capitals(host: Host | str, name: str) -> None:
    assert name_of(host) == name


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:27017",
        "LOCALHOST.",
        "db.localhost",
        "localhost.localdomain:1",
        "localhost/127.0.0.1:27017",
        "127.0.0.1",
        "127.1:27018",
        "127.255.255.254",
        "::1",
        "::1:27017",
        "[::1]:27017",
        "/tmp/mongodb-27017.sock",
        Host("localhost"),
        Host("::1", 27018),
        Host("/tmp/mongodb-27017.sock", None),
    ],
)
def test_this_machine(host: Host | str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.com",
        "localhosts:27017",
        "127.example.com",
        "127.0.0.1.example.com:27017",
        "128.0.0.1",
        "::10",
        "::1:2:3",
        "[::2]:27017",
        "db.example.com",
        "",
        Host("notlocalhost"),
    ],
)
def test_names_that_only_look_like_this_machine(host: Host | str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "atlas"),
    [
        ("cluster0.ab1cd.mongodb.net", True),
        ("Cluster0-shard-00-00.ab1cd.MONGODB.net.:27017", True),
        (Host("c.ab1cd.mongodb-dev.net"), True),
        ("c.ab1cd.mongodb-qa.net:27017", True),
        ("mongodb.net", False),
        ("cluster0.mongodb.net.example.com", False),
        ("evilmongodb.net", False),
        ("localhost", False),
    ],
)
def test_names_of_atlas(host: Host | str, atlas: bool) -> None:
    assert is_atlas(host) is atlas
