"""Trees from evidence: every member once, with all its names and their problems."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mongoping.model import Failure
from mongoping.observations import TlsFacts
from mongoping.probe.certificates import CertificateFacts
from mongoping.probe.replset import MemberConfig, MemberState
from mongoping.topology.config import (
    ConfigFacts,
    Visit,
    find_horizon,
    find_unvisited,
    parse_replies,
)
from mongoping.topology.tree import Node, Tree, build, build_mark
from tests.topology.evidence import MOMENT, EvidenceBuilder, hello

HOSTS = ("a:27017", "b:27017")


def node(tree: Tree, host: str) -> Node:
    return next(node for node in tree.nodes if node.host == host)


def kinds(tree: Tree, host: str, name: str | None = None) -> set[str]:
    names = [entry for entry in node(tree, host).names if name in (None, entry.host)]
    return {mark.kind for entry in names for mark in entry.marks}


def test_members_that_answer_by_their_own_names_have_no_mark() -> None:
    builder = EvidenceBuilder("mongodb://a,b/?replicaSet=rs0")
    builder.answers("a:27017", hello("primary", hosts=HOSTS, me="a:27017", tags={"dc": "east"}))
    builder.answers("b:27017", hello("secondary", hosts=HOSTS, me="b:27017"))
    tree = build(builder.evidence)
    assert [(node.host, node.role) for node in tree.nodes] == [
        ("a:27017", "primary"),
        ("b:27017", "secondary"),
    ]
    assert not any(kinds(tree, host) for host in HOSTS)
    assert node(tree, "a:27017").tags == {"dc": "east"}
    assert node(tree, "a:27017").family == "ipv4"


def test_lag_is_the_time_behind_the_primarys_last_write() -> None:
    builder = EvidenceBuilder("mongodb://a,b/")
    builder.answers("a:27017", hello("primary", hosts=HOSTS))
    late = MOMENT - timedelta(seconds=40)
    builder.answers("b:27017", hello("secondary", hosts=HOSTS, last_write=late))
    tree = build(builder.evidence)
    assert node(tree, "b:27017").lag_s == 40
    assert node(tree, "a:27017").lag_s is None


def test_a_seed_with_another_name_is_an_alias_not_a_member() -> None:
    """As with containers: the published port works, the container's name does not resolve."""
    builder = EvidenceBuilder("mongodb://localhost:27018/")
    builder.answers("localhost:27018", hello("primary", hosts=("mongo:27017",), me="mongo:27017"))
    builder.fails("mongo:27017", "addresses", Failure("nxdomain", "Name or service not known"))
    tree = build(builder.evidence)
    assert [node.host for node in tree.nodes] == ["mongo:27017"]
    member = node(tree, "mongo:27017")
    assert (member.role, member.reachable, member.via) == ("primary", True, "localhost:27018")
    own, alias = member.names
    assert (own.works, own.led_by) == (False, ("localhost:27018",))
    assert {mark.kind for mark in own.marks} == {"unresolvable"}
    assert (alias.seed, alias.advertised, alias.works) == (True, False, True)
    assert {mark.kind for mark in alias.marks} == {"me-differs"}


def test_a_seed_that_the_set_does_not_list_is_marked() -> None:
    builder = EvidenceBuilder("mongodb://a,old/")
    builder.answers("a:27017", hello("primary", hosts=("a:27017",), me="a:27017"))
    builder.fails("old:27017", "tcp", Failure("refused", "Connection refused", "ECONNREFUSED"))
    tree = build(builder.evidence)
    assert kinds(tree, "old:27017") == {"refused", "not-advertised"}
    assert node(tree, "old:27017").role == "unknown"


def test_a_name_that_reaches_a_member_of_another_set_is_marked() -> None:
    builder = EvidenceBuilder("mongodb://a/")
    builder.answers("a:27017", hello("primary", hosts=HOSTS, me="a:27017"))
    builder.answers("b:27017", hello("primary", hosts=("b:27017",), me="b:27017", set_name="rs1"))
    assert kinds(build(builder.evidence), "b:27017") == {"other-set"}


@pytest.mark.parametrize(
    ("layer", "failure", "kind"),
    [
        ("dns", Failure("nxdomain", "no such name"), "unresolvable"),
        ("tcp", Failure("refused", "Connection refused"), "refused"),
        ("tcp", Failure("timeout", "no answer in time"), "silent"),
        ("tcp", Failure("unreachable", "No route to host"), "unreachable"),
        ("tls", Failure("certificate", "Hostname mismatch", code=62), "certificate"),
        ("tls", Failure("certificate", "certificate has expired", code=10), "certificate"),
        ("tls", Failure("eof", "closed during TLS"), "tls"),
        ("hello", Failure("timeout", "no answer in time"), "silent"),
        ("hello", Failure("eof", "closed after 0 of 16 bytes"), "hello"),
    ],
)
def test_each_kind_of_failure_has_its_mark(layer: str, failure: Failure, kind: str) -> None:
    assert build_mark(layer, failure).kind == kind


def test_the_mark_of_a_certificate_lists_the_names_it_covers() -> None:
    certificate = CertificateFacts("CN=x", "CN=y", MOMENT, MOMENT, names=("db.example.com",))
    builder = EvidenceBuilder("mongodb://a/?tls=true")
    builder.answers("a:27017", hello("primary", hosts=HOSTS))
    failure = Failure("certificate", "Hostname mismatch", code=62)
    builder.fails("b:27017", "tls", failure, TlsFacts(chain=(certificate,)))
    (mark,) = node(build(builder.evidence), "b:27017").names[0].marks
    assert mark.text == "the certificate does not cover this name; it covers db.example.com"


CONFIG = ConfigFacts(
    members=(
        MemberConfig("a:27017", 2.0, 1),
        MemberConfig("b:27017", 0.0, 1),
        MemberConfig("h:27017", 0.0, 0, hidden=True, tags={"use": "backup"}),
        MemberConfig("d:27017", 0.0, 0, hidden=True, delay_s=3600.0),
        MemberConfig("x:27017", 1.0, 1, arbiter=True),
    ),
    states=(
        MemberState("x:27017", "(NOT REACHABLE/HEALTHY)", False, None, "Connection refused"),
        MemberState("d:27017", "SECONDARY", True, MOMENT - timedelta(hours=1)),
    ),
    visits={
        "h:27017": Visit(hello("hidden", hosts=HOSTS), "ipv6", "::1", 12.0),
        "d:27017": Visit(failed="tcp", failure=Failure("timeout", "no answer in time")),
        "x:27017": Visit(failed="tcp", failure=Failure("refused", "Connection refused")),
    },
)


def test_the_configuration_adds_members_that_no_hello_lists() -> None:
    builder = EvidenceBuilder("mongodb://a/?replicaSet=rs0")
    builder.answers("a:27017", hello("primary", hosts=HOSTS))
    builder.answers("b:27017", hello("secondary", hosts=("a:27017",), passives=("b:27017",)))
    tree = build(builder.configure(CONFIG).evidence)
    assert [node.host for node in tree.nodes] == [member.host for member in CONFIG.members]
    assert node(tree, "a:27017").priority == 2.0
    assert node(tree, "b:27017").role == "passive"
    hidden_member = node(tree, "h:27017")
    assert (hidden_member.role, hidden_member.family, hidden_member.days_left) == (
        "hidden",
        "ipv6",
        12.0,
    )
    assert hidden_member.names[0].advertised is False
    delayed_member = node(tree, "d:27017")
    assert (delayed_member.reachable, delayed_member.delay_s, delayed_member.state) == (
        False,
        3600.0,
        "SECONDARY",
    )
    arbiter = node(tree, "x:27017")
    assert (arbiter.role, arbiter.arbiter, arbiter.reachable) == ("unknown", True, False)


def test_a_delayed_member_that_answers_has_the_role_delayed() -> None:
    config = CONFIG.replace(visits={"d:27017": Visit(hello("hidden", hosts=HOSTS))})
    builder = EvidenceBuilder("mongodb://a/").answers("a:27017", hello("primary", hosts=HOSTS))
    delayed_member = node(build(builder.configure(config).evidence), "d:27017")
    assert (delayed_member.role, delayed_member.hidden) == ("delayed", True)


def test_without_the_configuration_a_note_says_what_is_missing() -> None:
    builder = EvidenceBuilder("mongodb://a/").answers("a:27017", hello("primary", hosts=HOSTS))
    builder.configure(ConfigFacts(notes=("this user may not run replSetGetConfig",)))
    tree = build(builder.evidence)
    assert "this user may not run replSetGetConfig" in tree.notes
    assert any("not shown" in note for note in tree.notes)


def test_a_member_with_a_horizon_is_one_member() -> None:
    """The set lists in:27017, clients use out:27017: one member, under the clients' name."""
    config = ConfigFacts(members=(MemberConfig("in:27017", 3.0, 1, horizons={"o": "out:27017"}),))
    builder = EvidenceBuilder("mongodb://out/")
    builder.answers("out:27017", hello("primary", hosts=("out:27017",), me="out:27017"))
    tree = build(builder.configure(config).evidence)
    assert [(node.host, node.priority) for node in tree.nodes] == [("out:27017", 3.0)]


def test_a_hidden_member_is_contacted_by_its_name_in_the_same_horizon() -> None:
    """Inner names in hello replies are resolved to the same members."""
    config = ConfigFacts(
        members=(
            MemberConfig("in1:27017", 1.0, 1, horizons={"o": "out1:27017", "vpn": "far1:1"}),
            MemberConfig("in2:27017", 0.0, 0, True, horizons={"o": "out2:27017", "vpn": "far2:1"}),
        )
    )
    builder = EvidenceBuilder("mongodb://out1/")
    builder.answers("out1:27017", hello("primary", hosts=("out1:27017",), me="out1:27017"))
    assert find_unvisited(builder.evidence, config) == ["out2:27017"]
    inner = hello("hidden", hosts=("in1:27017",), me="in2:27017", hidden=True)
    visits = {"out2:27017": Visit(hello=inner)}
    tree = build(builder.configure(config.replace(visits=visits)).evidence)
    assert [(node.host, node.role, node.reachable) for node in tree.nodes] == [
        ("out1:27017", "primary", True),
        ("out2:27017", "hidden", True),
    ]


def test_without_a_horizon_members_keep_their_configured_names() -> None:
    members = (MemberConfig("in1:27017", horizons={"o": "out1:27017"}),)
    assert find_horizon(members, {"in1:27017"}) == {}
    assert find_horizon(members, {"out1:27017"}) == {"in1:27017": "out1:27017"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": None},
        {"config": {"members": "none", "settings": 3}},
        {"config": {"members": [None, 7, {"host": 3}, {"host": "a:99999", "priority": "high"}]}},
        {"config": {"members": [{"host": "a", "votes": float("inf"), "tags": ["x"]}] * 500}},
        {"config": {"members": [{"host": "\x1b[31m:1", "secondaryDelaySecs": 1e300}]}},
    ],
)
def test_a_malformed_configuration_is_parsed_without_an_error(document: dict[str, object]) -> None:
    replies = parse_replies(
        document, {"members": [{"name": 1, "optimeDate": "now", "health": "yes"}]}
    )
    assert len(replies.members) <= 60
    assert all(member.delay_s == 0.0 for member in replies.members)
