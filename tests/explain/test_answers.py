"""Check hosts, confidence, alternatives and quotes of an answer."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.explaining import explain
from mongoping.model import remedy_of
from tests.examples import sample
from tests.explain.texts import CASES, CSHARP_VIEW

ENDED_IN_HANDSHAKE = (
    "System.IO.IOException: Received an unexpected EOF or 0 bytes from the transport stream."
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MongoServerSelectionError: Server selection timed out after 30000 ms", "error.reason"),
        (
            "MongooseError: Operation `orders.findOne()` buffering timed out after 10000ms",
            "mongoose.connect",
        ),
        ("com.mongodb.MongoTimeoutException: Timed out after 30000 ms while waiting", "DEBUG"),
        ("pymongo.errors.ServerSelectionTimeoutError", "topology_description"),
        ("server selection error: server selection timeout (go.mongodb.org)", "err.Error()"),
    ],
)
def test_a_text_that_cannot_tell_says_how_to_print_the_reason(text: str, words: str) -> None:
    """It names nothing, and tells in the words of that driver what to add, and offers check."""
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing is not None
    assert words in explanation.missing
    assert "mongoping check" in explanation.missing


def test_a_line_of_a_program_is_no_host() -> None:
    assert explain("mongodb: certificate has expired (_ssl.c:1007)").hosts == ()
    assert explain("connect ECONNREFUSED at mongo (app.js:3120)").hosts == ()
    assert explain("connect ECONNREFUSED db.shop.rs:27017").hosts == ("db.shop.rs:27017",)


def test_what_names_no_service_is_never_certain() -> None:
    assert explain("[Errno 111] Connection refused").confidence == "possible"


def test_the_words_are_those_of_the_catalog() -> None:
    explanation = explain(
        "OperationFailure: command find requires authentication, full error: {'code': 13}"
    )
    cause = registry.cause("auth.required")

    assert cause is not None
    assert (explanation.title, explanation.remedies, explanation.links) == (
        cause.title,
        tuple(map(remedy_of, cause.remedies)),
        cause.links,
    )


def test_the_hosts_concerned_are_named_as_the_text_has_them() -> None:
    explanation = explain(
        "ServerSelectionTimeoutError: db1:27017: [Errno 111] Connection refused,db2:27018: "
        "[Errno 111] Connection refused"
    )

    assert explanation.hosts == ("db1:27017", "db2:27018")
    assert explanation.host is None
    assert explain("mongodb: connect ECONNREFUSED 192.0.2.7:27017").host == "192.0.2.7:27017"


def test_a_clients_port_in_a_servers_log_is_no_host_of_the_cause() -> None:
    line = (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":'
        '"conn1","msg":"Authentication failed","attr":{"remote":"192.0.2.9:50000","error":'
        '"UserNotFound: Could not find user \\"ada\\" for db \\"admin\\""}}'
    )

    assert explain(line).cause == "auth.user-not-found"
    assert explain(line).hosts == ()


def test_confidence_is_certain_only_where_nothing_else_fits() -> None:
    for texts in CASES.values():
        for text in texts:
            explanation = explain(text)
            assert (explanation.confidence == "certain") <= (explanation.alternatives == ()), text


def test_any_text_of_any_length_is_answered() -> None:
    """Hostile texts of a megabyte, made of what patterns begin with, come to an end."""
    pieces = ("mongodump -u ", "connecting to: mongodb://a ", "lookup a: read udp ", "⟨", "\\\\n",
                  "<ServerDescription ('a', 1) server_type: X", '"address": "a", "type": "b"',
                  "{ Addr: a, Type: b, ", "motor/a.py ", "mongodb://a:b@", "a" * 64, "\n")  # fmt: skip
    for piece in sample(pieces):
        assert explain(piece * (1_000_000 // len(piece))).confidence in (
            "possible",
            "likely",
            "certain",
        )


def test_on_atlas_no_shell_command_changes_a_user() -> None:
    """Its proxy says "bad auth"; elsewhere, a host in the text leaves out the pages of Atlas."""
    atlas = explain("MongoServerError: bad auth : Authentication failed.")
    assert not any("changeUserPassword" in str(remedy) for remedy in atlas.remedies)
    assert any("Database Access" in str(remedy) for remedy in atlas.remedies)
    own = explain("db.example.com:27017: Authentication failed., full error: {'code': 18}")
    assert own.cause == atlas.cause == "auth.failed"
    if own.hosts:
        assert not any(remedy.text.startswith("On Atlas") for remedy in own.remedies)
    assert any("changeUserPassword" in str(remedy) for remedy in own.remedies)


NODE_CLOSED = (
    "MongoServerSelectionError: Client network socket disconnected before secure TLS connection was"
    ' established\n reason: TopologyDescription {{ servers: Map(1) {{ "{}:27017" => [x] }} }}'
)


@pytest.mark.parametrize("text", [NODE_CLOSED, CSHARP_VIEW.replace("{", "{{").replace("}", "}}")])
def test_a_node_of_atlas_that_ends_a_handshake_uses_tls(text: str) -> None:
    """Elsewhere, the same words mean a server without TLS."""
    text = text.replace("db.shop.example", "{}").replace("%s", ENDED_IN_HANDSHAKE)
    atlas = explain(text.replace("{}", "shop-shard-00-00.ab1cd.mongodb.net").format())
    assert (atlas.cause, atlas.confidence) == ("atlas.ip-not-allowed", "possible")
    assert "tls.not-enabled-on-server" not in atlas.alternatives
    own = explain(text.replace("{}", "db.shop.example").format())
    assert own.cause == "tls.not-enabled-on-server"


def test_a_name_server_is_not_the_host_that_failed() -> None:
    explanation = explain(
        "error parsing uri: lookup _mongodb._tcp.c0.ab1cd.mongodb.net on 192.0.2.53:53: no such host"
    )
    assert explanation.cause == "dns.srv-not-found"
    assert "192.0.2.53:53" not in explanation.hosts


OPENING = (
    "com.mongodb.MongoSocketOpenException: Exception opening socket\n"
    "\tat com.mongodb.internal.connection.SocketStream.open(SocketStream.java:85)\n"
    "Caused by: java.net.%s"
)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("ConnectException: Connection refused", "tcp.refused"),
        ("SocketTimeoutException: connect timed out", "tcp.timeout"),
        ("NoRouteToHostException: No route to host", "tcp.unreachable"),
        ("SocketException: Connection reset", "tcp.reset"),
        ("UnknownHostException: db1.example.com", "dns.host-not-found"),
    ],
)
def test_a_result_of_connecting_rules_out_the_others(reason: str, cause: str) -> None:
    explanation = explain(OPENING % reason)

    assert explanation.cause == cause
    assert not {"tcp.refused", "tcp.timeout"} & set(explanation.alternatives)


def test_without_a_result_several_are_possible() -> None:
    explanation = explain(OPENING.partition("\nCaused")[0])

    assert (explanation.cause, explanation.confidence) == ("tcp.refused", "possible")
    assert "tcp.timeout" in explanation.alternatives


def test_a_result_of_one_host_does_not_rule_out_those_of_another() -> None:
    explanation = explain(
        "pymongo.errors.ServerSelectionTimeoutError: a.example.com:27017: [Errno 111] Connection "
        "refused,NetworkTimeout: connection 7 to b.example.com:27017 timed out"
    )

    assert {"tcp.refused", "tcp.timeout"} <= {explanation.cause, *explanation.alternatives}


CONNECTION_END = (
    "com.mongodb.MongoTimeoutException: Timed out while waiting to connect. Client view of cluster "
    "state is {type=REPLICA_SET, servers=[{address=%s:27017, type=UNKNOWN, state=CONNECTING, "
    "exception={com.mongodb.MongoSocketReadException: Prematurely reached end of stream}}]"
)


def test_a_node_of_atlas_that_ends_the_connection_may_not_have_this_address_on_its_list() -> None:
    atlas = explain(CONNECTION_END % "shop-shard-00-00.ab1cd.mongodb.net")
    own = explain(CONNECTION_END % "db.shop.example")

    assert (atlas.cause, atlas.confidence) == ("atlas.ip-not-allowed", "possible")
    assert "tls.required-by-server" in atlas.alternatives
    assert own.cause == "tls.required-by-server"
    assert "atlas.ip-not-allowed" not in own.alternatives


def test_a_quote_keeps_its_closing_quotation_mark() -> None:
    explanation = explain('MongoServerError: Could not find user "ada" for db "shop"')
    bare = explain("Could not find user ada for db shop, says MongoDB")

    assert explanation.quote == 'Could not find user "ada" for db "shop"'
    assert bare.quote == "Could not find user ada for db shop"


@pytest.mark.parametrize("code", ["tls.not-enabled-on-server", "tls.required-by-server"])
def test_an_explanation_claims_no_second_connection(code: str) -> None:
    """Only a check tries the port with and without TLS; its match says so."""
    text = {"tls.not-enabled-on-server": NODE_CLOSED.format("db:27017"),
            "tls.required-by-server": CONNECTION_END % "db.shop.example"}[code]  # fmt: skip
    explanation = explain(text)

    assert explanation.cause == code
    assert "same" not in explanation.explanation
    assert "answers" not in explanation.explanation
