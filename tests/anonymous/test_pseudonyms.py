"""Which pseudonym a name gets: the same one each time, with the structure that matters."""

from __future__ import annotations

import pytest

from mongoping.anonymous.pseudonyms import Pseudonyms


def test_hosts_of_one_domain_still_share_it() -> None:
    names = Pseudonyms()
    assert names.host("db1.acme.com") == "name-1.name-2.com"
    assert names.host("db2.acme.com") == "name-3.name-2.com"
    assert names.host("DB1.ACME.com") == "name-1.name-2.com"
    assert names.host("*.acme.com") == "*.name-2.com"
    assert names.host("mongo") == "name-4"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("cluster0.ab1cd.mongodb.net", "name-1.name-2.mongodb.net"),
        ("cluster0-shard-00-02.ab1cd.mongodb.net", "name-1-shard-00-02.name-2.mongodb.net"),
        ("cluster0-pl-0.ab1cd.mongodb.net", "name-1-pl-0.name-2.mongodb.net"),
        ("_mongodb._tcp.cluster0.ab1cd.mongodb.net", "_mongodb._tcp.name-1.name-2.mongodb.net"),
        ("mongo-0.mongo.shop.svc.cluster.local", "name-1.name-2.name-3.svc.cluster.local"),
        ("localhost", "localhost"),
        ("127.0.0.5", "127.0.0.5"),
        ("::1", "::1"),
        ("10.0.0.5", "private-ip-1"),
        ("100.64.1.1", "shared-ip-1"),
        ("169.254.1.1", "link-local-ip-1"),
        ("8.8.8.8", "public-ip-1"),
        ("fd00::5", "private-ip6-1"),
        ("fe80::1%eth0", "link-local-ip6-1"),
        ("2001:4860:4860::8888", "public-ip6-1"),
    ],
)
def test_what_matters_for_a_diagnosis_stays(name: str, result: str) -> None:
    assert Pseudonyms().host(name) == result


def test_a_key_gives_the_same_pseudonyms_in_every_run() -> None:
    first, second = Pseudonyms(b"k" * 32), Pseudonyms(b"k" * 32)
    second.of("user", "somebody else first")
    assert first.of("user", "ada") == second.of("user", "ada")
    assert first.identifier == second.identifier


def test_another_key_gives_other_pseudonyms() -> None:
    first, second = Pseudonyms(b"k" * 32), Pseudonyms(b"l" * 32)
    assert first.host("10.0.0.5") != second.host("10.0.0.5")
    assert first.identifier != second.identifier


def test_names_that_identify_nobody_stay() -> None:
    names = Pseudonyms()
    assert [names.of("database", name) for name in ("admin", "local", "$external", "shop")] == [
        "admin",
        "local",
        "$external",
        "database-1",
    ]
