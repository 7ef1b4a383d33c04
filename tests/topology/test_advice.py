"""Suggested connection strings: the redacted one with only the necessary changes."""

from __future__ import annotations

import pytest

from mongoping.model import Failure
from mongoping.topology.advice import Advice, suggest, without_srv
from mongoping.topology.tree import build
from mongoping.uri.edit import rewrite
from mongoping.uri.target import parse
from tests.topology.evidence import EvidenceBuilder, hello

SET = ("a:27017", "b:27017", "c:27017")


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("mongodb://h", {"put": {"tls": "true"}}, "mongodb://h/?tls=true"),
        ("mongodb://h/", {"put": {"tls": "true"}}, "mongodb://h/?tls=true"),
        ("mongodb://h/db", {"hosts": ["x:1", "y:2"]}, "mongodb://x:1,y:2/db"),
        (
            "mongodb://ada:***@h:1/db?replicaSet=old&w=1",
            {"put": {"replicaSet": "new"}},
            "mongodb://ada:***@h:1/db?replicaSet=new&w=1",
        ),
        ("mongodb://h/?REPLICASET=a;w=1", {"drop": ["replicaSet"]}, "mongodb://h/?w=1"),
        ("mongodb://h/?ssl=false", {"put": {"tls": "true"}}, "mongodb://h/?tls=true"),
        ("mongodb://h/?replicaSet=a", {"drop": ["replicaSet"]}, "mongodb://h/"),
        (
            "mongodb+srv://ada@c.example.test/?w=1",
            {"scheme": "mongodb", "hosts": ["h:1"]},
            "mongodb://ada@h:1/?w=1",
        ),
        ("mongodb://h", {"hosts": ["/tmp/m-1.sock"]}, "mongodb://%2Ftmp%2Fm-1.sock"),
    ],
)
def test_rewrite_changes_only_what_was_asked(
    text: str, changes: dict[str, object], expected: str
) -> None:
    assert rewrite(text, **changes) == expected  # type: ignore[arg-type]


def advise(builder: EvidenceBuilder) -> Advice | None:
    evidence = builder.evidence
    return suggest(evidence, build(evidence), builder.uri.shown)


def a_set(uri: str, kind: str = "ReplicaSetWithPrimary") -> EvidenceBuilder:
    builder = EvidenceBuilder(uri, kind)
    builder.answers("a:27017", hello("primary", hosts=SET, me="a:27017"))
    builder.answers("b:27017", hello("secondary", hosts=SET, me="b:27017"))
    return builder.answers("c:27017", hello("secondary", hosts=SET, me="c:27017"))


def test_a_good_string_gets_no_advice() -> None:
    assert advise(a_set("mongodb://ada:secret@a,b/?replicaSet=rs0")) is None


def test_one_seed_of_three_members_becomes_three_seeds() -> None:
    advice = advise(a_set("mongodb://ada:s3cret-word@a/shop?w=majority"))
    assert advice is not None
    assert advice.uri == (
        "mongodb://ada:***@a:27017,b:27017,c:27017/shop?w=majority&replicaSet=rs0"
    )
    assert any("only seed" in reason for reason in advice.reasons)
    assert any("without replicaSet" in reason for reason in advice.reasons)


@pytest.mark.parametrize(
    ("option", "explanation"), [("rs1", "is rs0, not rs1"), ("", "replicaSet is empty")]
)
def test_a_wrong_set_name_is_replaced(option: str, explanation: str) -> None:
    advice = advise(a_set(f"mongodb://a,b/?replicaSet={option}", "ReplicaSetNoPrimary"))
    assert advice is not None
    assert "replicaSet=rs0" in advice.uri
    assert any(explanation in reason for reason in advice.reasons)


def test_a_direct_connection_is_replaced_if_all_member_names_work() -> None:
    advice = advise(a_set("mongodb://b/?directConnection=true", "Single"))
    assert advice is not None
    assert advice.uri == "mongodb://a:27017,b:27017,c:27017/?replicaSet=rs0"
    assert any("when an election" in reason for reason in advice.reasons)


def test_a_direct_connection_is_suggested_if_no_member_name_works() -> None:
    builder = EvidenceBuilder("mongodb://localhost:27018/app?replicaSet=rs0", "ReplicaSetNoPrimary")
    builder.answers("localhost:27018", hello("primary", hosts=("mongo:27017",), me="mongo:27017"))
    builder.fails("mongo:27017", "addresses", Failure("nxdomain", "not known"))
    advice = advise(builder)
    assert advice is not None
    assert advice.uri == "mongodb://localhost:27018/app?directConnection=true"


def test_a_necessary_direct_connection_gets_no_advice() -> None:
    builder = EvidenceBuilder("mongodb://localhost:27018/?directConnection=true", "Single")
    builder.answers("localhost:27018", hello("primary", hosts=("mongo:27017",), me="mongo:27017"))
    assert advise(builder) is None


def test_arbiters_and_unresolvable_names_are_not_suggested_as_seeds() -> None:
    builder = EvidenceBuilder("mongodb://a/?replicaSet=rs0")
    hosts = ("a:27017", "b:27017", "gone:27017")
    builder.answers("a:27017", hello("primary", hosts=hosts, arbiters=("x:27017",), me="a:27017"))
    builder.answers("b:27017", hello("secondary", hosts=hosts, me="b:27017"))
    builder.answers("x:27017", hello("arbiter", hosts=hosts, me="x:27017"))
    builder.fails("gone:27017", "addresses", Failure("nxdomain", "not known"))
    advice = advise(builder)
    assert advice is not None
    assert advice.uri == "mongodb://a:27017,b:27017/?replicaSet=rs0"


def test_a_member_that_is_down_is_still_suggested_as_a_seed() -> None:
    builder = EvidenceBuilder("mongodb://a/?replicaSet=rs0")
    builder.answers("a:27017", hello("primary", hosts=SET[:2], me="a:27017"))
    builder.fails("b:27017", "tcp", Failure("refused", "Connection refused"))
    advice = advise(builder)
    assert advice is not None
    assert advice.uri == "mongodb://a:27017,b:27017/?replicaSet=rs0"


@pytest.mark.parametrize("role", ["standalone", "mongos"])
def test_replica_set_is_dropped_if_the_server_is_not_in_a_set(role: str) -> None:
    builder = EvidenceBuilder("mongodb://a/?replicaSet=rs0&w=1", "Unknown", name="")
    builder.name = None
    builder.answers("a:27017", hello(role))
    advice = advise(builder)
    assert advice is not None
    assert advice.uri == "mongodb://a/?w=1"


def test_an_unreachable_deployment_gets_no_advice() -> None:
    builder = EvidenceBuilder("mongodb://a/", "Unknown")
    builder.fails("a:27017", "tcp", Failure("refused", "Connection refused"))
    assert advise(builder) is None


def test_an_srv_string_has_an_equivalent_without_srv() -> None:
    builder = EvidenceBuilder(
        "mongodb+srv://ada:s3cret-word@db.example.test/shop?srvMaxHosts=0&w=1"
    )
    builder.srv({"replicaSet": "rs0", "authSource": "admin"}, "a.example.test:27017", "b.x.test:2")
    text = without_srv(builder.evidence, builder.uri.shown)
    assert text == (
        "mongodb://ada:***@a.example.test:27017,b.x.test:2/shop"
        "?w=1&replicaSet=rs0&authSource=admin&tls=true"
    )


def test_options_of_the_string_override_those_of_the_txt_record() -> None:
    builder = EvidenceBuilder("mongodb+srv://db.example.test/?authSource=mine&tls=false")
    builder.srv({"authSource": "admin"}, "a.example.test:27017")
    text = without_srv(builder.evidence, builder.uri.shown)
    assert text == "mongodb://a.example.test:27017/?authSource=mine&tls=false"


def test_a_suggested_string_is_valid() -> None:
    advice = advise(a_set("mongodb://ada:s3cret-word@a/shop?w=majority"))
    assert advice is not None
    assert parse(advice.uri.replace("***", "other")).problem is None
