"""Records read out of documents of the API, of which any field may be missing or nonsense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.atlas_api import documents, matching
from mongoping.observations import AtlasCluster
from mongoping.sandbox.atlas_account import cluster_document, failed_login, user_document
from mongoping.uri.target import parse

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "connectionStrings", "privateEndpoint", "scopes", "type", "username"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_document_is_too_odd(document: Any) -> None:
    documents.user(document, NOW)
    documents.access_list([document], "203.0.113.7", NOW)
    documents.failed_logins(document, "ada", None)
    if isinstance(document, dict):
        documents.cluster(document, "Shop", "1", flex=False)
        documents.cluster(document, "Shop", "1", flex=True)


@pytest.mark.parametrize(
    ("entry", "address", "expected"),
    [
        ("0.0.0.0/0", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.0/24", "203.0.113.7", True),
        ("198.51.100.0/24", "203.0.113.7", False),
        ("2001:db8::/32", "203.0.113.7", False),
        ("sg-0123456789abcdef0", "203.0.113.7", None),  # only AWS knows its addresses
        ("203.0.113.7", None, None),
    ],
)
def test_an_entry_covers_an_address(entry: str, address: str | None, expected: bool | None) -> None:
    assert documents.covers(entry, address) is expected


def test_an_access_list_begins_with_the_entries_for_this_machine() -> None:
    rows = [
        {"cidrBlock": "198.51.100.0/24"},
        {"ipAddress": "203.0.113.7", "cidrBlock": "203.0.113.7/32"},
        {"cidrBlock": "203.0.113.0/24", "deleteAfterDate": "2026-10-31T00:00:00Z"},
    ]
    entries = documents.access_list(rows, "203.0.113.7", NOW)
    assert [entry.value for entry in entries] == [
        "203.0.113.7",
        "203.0.113.0/24",
        "198.51.100.0/24",
    ]
    assert [entry.expired for entry in entries] == [False, True, False]


def test_failed_logins_of_other_users_are_dropped() -> None:
    rows = [failed_login("grace", "no"), failed_login("ada", "wrong", address="198.51.100.1")]
    (login,) = documents.failed_logins({"accessLogs": rows}, "ada", "203.0.113.7")
    assert (login.reason, login.here) == ("wrong", False)


def test_a_user_of_data_lakes_may_use_no_cluster() -> None:
    row = user_document("ada", scopes=[{"name": "Lake", "type": "DATA_LAKE"}])
    user = documents.user(row, NOW)
    assert user is not None
    assert (user.name, user.clusters) == ("ada", ("Lake",))


def test_a_user_keeps_its_name_next_to_the_clusters_it_may_use() -> None:
    scopes = [{"name": name, "type": "CLUSTER"} for name in ("Reporting", "Cluster1")]
    user = documents.user(user_document("ada", scopes=scopes), NOW)
    assert user is not None
    assert (user.name, user.clusters) == ("ada", ("Reporting", "Cluster1"))


def _cluster(srv: str, private: str | None = None) -> AtlasCluster:
    atlas_cluster = documents.cluster(
        cluster_document("Cluster0", srv, private=private), "Shop", "1", flex=False
    )
    assert atlas_cluster is not None
    return atlas_cluster


@pytest.mark.parametrize(
    ("uri", "private"),
    [
        ("mongodb+srv://cluster0.ab1cd.mongodb.net/", False),
        ("mongodb+srv://CLUSTER0.ab1cd.mongodb.net/", False),
        ("mongodb+srv://cluster0-pl-0.ab1cd.mongodb.net/", True),
    ],
)
def test_a_string_belongs_to_the_cluster_that_has_its_name(uri: str, private: bool) -> None:
    cluster = _cluster("cluster0.ab1cd.mongodb.net", "cluster0-pl-0.ab1cd.mongodb.net")
    target = parse(uri).target
    assert target is not None
    assert matching.owner(target, [_cluster("other.ab1cd.mongodb.net"), cluster]) == (
        cluster,
        private,
    )


def test_the_same_name_in_another_project_is_another_cluster() -> None:
    target = parse("mongodb+srv://cluster0.zz9zz.mongodb.net/").target
    assert target is not None
    assert matching.owner(target, [_cluster("cluster0.ab1cd.mongodb.net")]) is None


def test_the_nearest_name_is_a_likely_misspelling_or_none() -> None:
    clusters = [_cluster("orders.ab1cd.mongodb.net"), _cluster("reporting.ab1cd.mongodb.net")]
    near, far = (
        parse(f"mongodb+srv://{name}.mongodb.net/").target for name in ("oders.ab1cd", "x.q2w3e")
    )
    assert near is not None
    assert far is not None
    assert matching.nearest(near, clusters) == "orders.ab1cd.mongodb.net"
    assert matching.nearest(far, clusters) is None
