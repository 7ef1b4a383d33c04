"""Reading hello replies, from arbitrary documents and from real servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.checks.hello import flavour, interpret, refusal
from mongoping.observations import HelloFacts
from mongoping.probe.greeting import hello_command
from mongoping.sandbox import scripts
from mongoping.sandbox.played import SimulatedServer, Wire, error, standalone
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host
from tests.checks.real import look
from tests.evidence import evidence

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOST = Host("a")
FIELDS = [
    "ok",
    "isWritablePrimary",
    "ismaster",
    "secondary",
    "arbiterOnly",
    "hidden",
    "passive",
    "setName",
    "me",
    "primary",
    "hosts",
    "passives",
    "arbiters",
    "tags",
    "msg",
    "isreplicaset",
    "serviceId",
    "minWireVersion",
    "maxWireVersion",
    "localTime",
    "lastWrite",
    "saslSupportedMechs",
    "info",
    "internal",
    "_t",
    "errmsg",
    "code",
    "codeName",
    "ferretdb",
]
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
REPLIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=12)


def read(reply: dict[str, Any], **more: Any) -> HelloFacts:
    fields = {"build": {}, "rtt_ms": 1.0, "requires_api": False, "now": NOW, **more}
    return interpret(reply, HOST, fields.pop("evidence", evidence()), **fields)


@given(REPLIES, REPLIES)
def test_any_document_is_read_or_refused(reply: dict[str, Any], build: dict[str, Any]) -> None:
    """Whatever types a server puts into its fields, the record has its own."""
    failure = refusal(reply)
    if failure is not None:
        assert failure.kind in ("not-mongodb", "command")
        assert failure.message
        return
    facts = read(reply, build=build)
    assert isinstance(facts.max_wire, int)
    assert facts.set_name is None or isinstance(facts.set_name, str)
    assert all(isinstance(host, str) for host in facts.hosts)
    assert all(isinstance(host, Host) for host in facts.advertised)
    assert all(isinstance(text, str) for pair in facts.tags.items() for text in pair)
    assert len(facts.advertised) <= 3 * MAX_MEMBERS


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({}, "not-mongodb"),
        ({"ok": 1}, "not-mongodb"),
        ({"maxWireVersion": 21}, "not-mongodb"),
        ({"ok": 1, "maxWireVersion": "21"}, "not-mongodb"),
        ({"ok": 1, "maxWireVersion": float("nan")}, "not-mongodb"),
        ({"ok": 1, "ismaster": True, "hosts": ["x"] * 61}, "not-mongodb"),
        ({"ok": 1, "ismaster": True, "hosts": ["x"] * 30, "passives": ["y"] * 31}, "not-mongodb"),
        ({"ok": 0}, "command"),
        ({"ok": 0.0, "errmsg": "no", "code": 13}, "command"),
        ({"ok": 1, "ismaster": True}, None),
        ({"ok": 1, "maxWireVersion": 21.0, "hosts": ["x"] * 50}, None),
    ],
)
def test_what_is_no_hello_is_refused(reply: dict[str, Any], kind: str | None) -> None:
    """A reply without its fields, with more members than a set has, or an error."""
    failure = refusal(reply)
    assert (failure.kind if failure else None) == kind


@pytest.mark.parametrize(
    ("reply", "build", "host", "service"),
    [
        ({}, {}, "db.example.test", "self-managed"),
        ({}, {}, "c0-shard-00-00.ab.mongodb.net", "atlas"),
        ({"setName": "atlas-x1-shard-0"}, {}, "db.example.test", "atlas"),
        ({"setName": "atlas"}, {}, "db.example.test", "self-managed"),
        ({}, {}, "x.mongodb.net.example.test", "self-managed"),
        ({"_t": "IsMasterResponse"}, {}, "a", "cosmosdb"),
        ({}, {}, "x.mongo.cosmos.azure.com", "cosmosdb"),
        ({}, {}, "x.docdb.amazonaws.com", "documentdb"),
        ({"internal": {"documentdb_versions": []}}, {}, "a", "documentdb"),
        ({}, {"ferretdb": {}}, "a", "ferretdb"),
        ({"setName": 7, "internal": "x"}, {}, "a", "self-managed"),
    ],
)
def test_a_service_is_known_by_what_it_says_then_by_its_name(
    reply: dict[str, Any], build: dict[str, Any], host: str, service: str
) -> None:
    assert flavour(reply, build, host) == service


@pytest.mark.parametrize(
    ("host_text", "host"),
    [
        ("db.example.test:27018", Host("db.example.test", 27018)),
        ("DB.Example.Test:1", Host("db.example.test", 1)),
        ("[::1]:5", Host("::1", 5)),
        ("db.example.test", Host("db.example.test", 27017)),
        ("db:99999", Host("db:99999", 27017)),
        ("db:x", Host("db:x", 27017)),
        ("", Host("", 27017)),
    ],
)
def test_members_are_read_as_the_driver_compares_them(host_text: str, host: Host) -> None:
    """In lower case; what is no port belongs to the name."""
    facts = read({"ok": 1, "ismaster": True, "setName": "s", "hosts": [host_text]})
    assert facts.advertised == (host,)


@pytest.mark.parametrize("option", ["directConnection=true", "loadBalanced=true"])
def test_members_are_not_followed_where_the_driver_would_not(option: str) -> None:
    case = evidence(uri=f"mongodb://a/?{option}")
    facts = read({"ok": 1, "ismaster": True, "setName": "s", "hosts": ["b:1"]}, evidence=case)
    assert facts.advertised == ()
    assert facts.hosts == ("b:1",)


def test_the_clocks_are_compared_in_the_middle_of_the_round_trip() -> None:
    """Local minus the server's: positive where the local clock is ahead."""
    late = NOW - timedelta(seconds=90)
    assert read({"localTime": late}, rtt_ms=2000.0).skew_s == 89.0
    assert read({"localTime": NOW}, rtt_ms=0.0).skew_s == 0.0
    assert read({"localTime": "noon"}).skew_s is None


def test_the_hello_command_is_the_one_that_pymongo_sends() -> None:
    """Legacy hello with helloOk; with the Stable API or a load balancer, hello itself."""
    plain = hello_command(evidence())
    assert (plain["ismaster"], plain["helloOk"]) == (1, True)
    assert "saslSupportedMechs" not in plain
    stable = hello_command(evidence(stable_api=True, api_strict=True))
    assert (stable["hello"], stable["apiVersion"], stable["apiStrict"]) == (1, "1", True)
    balancer = hello_command(evidence(uri="mongodb://a/?loadBalanced=true"))
    assert (balancer["hello"], balancer["loadBalanced"]) == (1, True)


@pytest.mark.parametrize(
    ("uri", "mechanisms_of"),
    [
        ("mongodb://ada:x@a/", "admin.ada"),
        ("mongodb://ada:x@a/shop", "shop.ada"),
        ("mongodb://ada:x@a/shop?authSource=other", "other.ada"),
        ("mongodb://ada:x@a/?authMechanism=SCRAM-SHA-1", None),
        ("mongodb://a/", None),
    ],
)
def test_the_users_mechanisms_are_asked_for_as_the_driver_does(
    uri: str, mechanisms_of: str | None
) -> None:
    """Only where it has to negotiate."""
    assert hello_command(evidence(uri=uri)).get("saslSupportedMechs") == mechanisms_of


def test_a_real_standalone_is_told(mongod: Deployment) -> None:
    facts = look(mongod.uri).data("hello", mongod.host)
    assert (facts.role, facts.flavour, facts.set_name) == ("standalone", "self-managed", None)
    assert facts.version == mongod.servers[0].mongod.version
    assert facts.max_wire == 17
    assert abs(facts.skew_s) < 5


def test_a_real_set_is_followed_from_one_seed(replica_set: Deployment) -> None:
    """All members are asked, and each says who it is."""
    uri = replica_set.uri_with(hosts=[replica_set.hosts[1]])
    evidence = look(uri)
    assert {str(host) for host in evidence.hosts} == set(replica_set.hosts)
    roles = sorted(result.data.role for result in evidence.of("hello"))
    assert roles == ["primary", "secondary", "secondary"]
    assert [str(host) for host in evidence.seeds or ()] == [replica_set.hosts[1]]


def test_a_user_is_known_before_any_login(mongod_auth: Deployment) -> None:
    """The mechanisms of one that exists; None for one that does not."""
    evidence = look(mongod_auth.uri_with(user=mongod_auth.named("sha1")))
    assert evidence.data("hello", mongod_auth.host).mechanisms == ("SCRAM-SHA-1",)
    from mongoping.sandbox.users import User

    nobody = look(mongod_auth.uri_with(user=User("eve", "x")))
    assert nobody.data("hello", mongod_auth.host).mechanisms is None


@pytest.mark.parametrize(
    "reply", [None, Wire(b""), error(59, "no"), {"version": 7, "ok": 1}], ids=str
)
def test_a_server_without_build_info_is_one_all_the_same(reply: Any) -> None:
    """No driver asks for it: the server is played, and hangs up, waits, refuses or babbles."""
    with SimulatedServer(standalone() | {"buildInfo": reply}) as server:
        evidence = look(f"mongodb://{server.address}/")
    assert evidence.result("hello", server.address).ok  # type: ignore[union-attr]
    assert evidence.result("driver").ok  # type: ignore[union-attr]
    assert evidence.data("hello", server.address).version is None


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (scripts.cosmos, "cosmosdb"),
        (scripts.documentdb, "documentdb"),
        (scripts.ferretdb, "ferretdb"),
    ],
)
def test_look_alikes_are_known(script: Any, cause: str) -> None:
    with SimulatedServer(script()) as server:
        assert look(f"mongodb://{server.address}/").data("hello", server.address).flavour == cause
