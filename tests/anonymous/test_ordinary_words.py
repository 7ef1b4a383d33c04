"""Anonymizing changes names only: the keys of a report and ordinary words stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mongoping.anonymous.names import collect
from mongoping.anonymous.pseudonyms import Pseudonyms
from mongoping.anonymous.reports import anonymize_report, anonymized_document
from mongoping.formats.json import document
from mongoping.model import Report
from mongoping.sandbox.deployment import Deployment
from tests.checks.real import check_uri
from tests.comparison.documents import report as written


def changes(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield what differs between two documents: where, before and after."""
    if isinstance(old, dict) and isinstance(new, dict):
        if list(old) != list(new):
            yield path, list(old), list(new)
        for key in old.keys() & new.keys():
            yield from changes(old[key], new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        for before, after in zip(old, new, strict=True):
            yield from changes(before, after, path)
    elif old != new:
        yield path, old, new


def assert_only_names_change(report: Report) -> None:
    """Only the name of the set and the resolvers are names; the hosts are loopback names."""
    before = document(report)
    names = {name for kind, name in collect(before) if kind == "set"}
    data = [layer["data"] for layer in before["layers"]]
    machine = next(facts["machine"] for facts in data if "machine" in facts)
    names |= {*machine["resolvers"], *filter(None, machine["search"])}
    anonymous_document = anonymized_document(before, Pseudonyms(run="run-1"))
    assert anonymous_document.pop("anonymized") == "run-1"
    for where, old, new in changes(before, anonymous_document):
        assert isinstance(old, str), (where, old, new)
        assert any(name in old for name in names), (where, old, new)
    same = document(anonymize_report(report, Pseudonyms(run="run-1")))
    assert [layer["summary"] for layer in same["layers"]] == [
        layer["summary"] for layer in before["layers"]
    ]


@pytest.mark.server
def test_a_standalone(mongod: Deployment) -> None:
    assert_only_names_change(check_uri(f"mongodb://{mongod.hosts[0]}/")[1])


@pytest.mark.server
def test_a_replica_set(replica_set: Deployment) -> None:
    assert_only_names_change(
        check_uri(f"mongodb://{','.join(replica_set.hosts)}/?replicaSet=rs0")[1]
    )


@pytest.mark.parametrize("field", ["servers", "answers", "hosts", "failures", "again", "me"])
def test_the_keys_of_a_record_in_a_list_are_no_names(field: str) -> None:
    report = written("auth.failed")
    record = {"address": "db.example.test:27017", "type": "Standalone", "wire": [0, 17]}
    report["layers"][0]["data"] = {field: [record]}
    report["layers"][0]["summary"] = "wire 0-17, type Single, address"
    layer = anonymized_document(report, Pseudonyms(run="run-1"))["layers"][0]
    assert list(layer["data"][field][0]) == ["address", "type", "wire"]
    assert layer["data"][field][0]["type"] == "Standalone"
    assert layer["data"][field][0]["address"] != record["address"]
    assert layer["summary"] == "wire 0-17, type Single, address"


@pytest.mark.parametrize("host", ["servers", "hosts", "database"])
def test_a_host_may_have_the_name_of_a_field(host: str) -> None:
    """Its contents are still a record with keys and values of mongoping's own."""
    report = written("auth.failed")
    report["layers"][0]["data"] = {"hosts": {host: {"role": "primary", "me": "cnryhost"}}}
    report["layers"][1]["data"] = {"user_found_in": {host: ["SCRAM-SHA-256"]}}
    report["layers"][1]["summary"] = "role primary, SCRAM-SHA-256"
    anonymous_document = anonymized_document(report, Pseudonyms(run="run-1"))
    (host_facts,) = anonymous_document["layers"][0]["data"]["hosts"].items()
    assert host_facts[0] != host
    assert host_facts[1]["role"] == "primary"
    assert host_facts[1]["me"] != "cnryhost"
    assert anonymous_document["layers"][1]["summary"] == "role primary, SCRAM-SHA-256"


def test_a_tag_may_have_the_name_of_a_field() -> None:
    report = written("auth.failed")
    report["layers"][0]["data"] = {"tags": {"type": "cnrytag"}}
    anonymous_document = anonymized_document(report, Pseudonyms(run="run-1"))
    assert anonymous_document["layers"][0]["data"]["tags"]["type"] != "cnrytag"
