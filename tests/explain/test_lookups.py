"""Network errors of a name lookup are about the DNS resolver, not about the MongoDB server."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain
from mongoping.explaining.log import read_log

RUST = "Error: MongoDB error\nKind: An error occurred during DNS resolution: proto error: "
DOH = "ClientException with SocketException: Connection timed out (OS Error: Connection timed out, errno = 110), address = {host}, port = 39830, uri=https://{host}/resolve?name=shop.abc12.mongodb.net&type=16"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("dns.resolver-refused", f"{RUST}io error: Connection refused (os error 111), labels: {{}}"),
        ("dns.resolver-config", f"{RUST}io error: Network is unreachable (os error 101), labels: {{}}"),
        ("dns.resolver-config", f"{RUST}io error: A \nsocket operation was attempted to an unreachable network. (os error 10051), labels: {{}}"),
        ("dns.timeout", f"{RUST}request timed out, labels: {{}}"),
        ("dns.resolver-config", "server selection error: mongo: lookup db1.shop.example on 192.0.2.53:53: dial udp 192.0.2.53:53: connect: network is unreachable"),
        ("dns.timeout", DOH.format(host="dns.google.com")),
        ("dns.timeout", 'error: srv lookup failed: Timeout while contacting DNS servers\n code: "DNS_ETIMEOUT"'),
        ("dns.resolver-failed", 'mongodb: error: srv lookup failed\n code: "DNS_ESERVFAIL"'),
        ("client.driver-defect", 'error: txt lookup failed: No data record of requested type\n code: "DNS_ENODATA"'),
    ],
)  # fmt: skip
def test_the_resolver_is_named(cause: str, text: str) -> None:
    explanation = explain(text)

    assert explanation.cause == cause
    assert not [code for code in explanation.alternatives if code.startswith("tcp.")]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("tcp.refused", "Error: Kind: Server selection timeout: No available servers. Topology: { Type: Unknown, Servers: [ { Address: db1.shop.example:27017, Type: Unknown, Error: Connection refused (os error 111) }, ] }"),
        ("tcp.timeout", "error: srv lookup failed, retrying\nMongoServerSelectionError: connect ETIMEDOUT 192.0.2.7:27017"),
        ("tcp.refused", "mongodb: srv lookup failed, retrying\nconnect ECONNREFUSED 192.0.2.7:27017"),
        ("tcp.timeout", "MongoDB ConnectionException: SocketException: Connection timed out (OS Error: Connection timed out, errno = 110), address = db1.shop.example, port = 27017"),
    ],
)  # fmt: skip
def test_an_error_after_a_lookup_is_about_the_server(cause: str, text: str) -> None:
    assert explain(text).cause == cause


def test_a_log_tells_both_apart() -> None:
    """Records with the same words have one explanation, so the resolver's name must count."""
    log = [
        f"2026-01-02T03:04:0{second}Z ERROR mongodb: SocketException: Connection timed out, "
        f"address = {host}, port = 39830"
        for second, host in ((1, "db1.shop.example"), (2, "dns.google.com"))
    ]

    assert [group.explanation.cause for group in read_log(log).groups] == [
        "tcp.timeout",
        "dns.timeout",
    ]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("uri.invalid-scheme", "pymongo.errors.ServerSelectionTimeoutError: mongodb%3a%2f%2fada%3asecret%40db1.shop.example%2fshop:27017: [Errno 11001] getaddrinfo failed"),
        ("dns.host-not-found", "pymongo.errors.ServerSelectionTimeoutError: mongodb:27017: [Errno 11001] getaddrinfo failed"),
        ("tcp.refused", "GET http://ui.example/?uri=mongodb%3A%2F%2Fdb1:27017: MongoNetworkError: connect ECONNREFUSED 192.0.2.7:27017"),
    ],
)  # fmt: skip
def test_a_connection_string_in_place_of_a_host_is_named(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (None, 'MongooseServerSelectionError: Server selection timed out after 30000 ms\n{"reason":{"type":"ReplicaSetNoPrimary","servers":{},"setName":"rs0"}}'),
        ("topology.set-name-mismatch", "MongooseServerSelectionError: Server selection timed out after 30000 ms\nreason: TopologyDescription { type: 'ReplicaSetNoPrimary', servers: Map(0) {}, setName: 'rs0' }"),
        (None, "INFO MongoClient created with settings MongoClientSettings{credential=MongoCredential{mechanism=null, userName='ada', source='shop', password=<hidden>}, clusterSettings={hosts=[db1.shop.example:27017]}}"),
        ("auth.wrong-auth-source", "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-1, userName='ada', source='shop', password=<hidden>}"),
        (None, "MongooseError: Data invalid\n    at ValidationError (/app/node_modules/mongoose/lib/error/validation.js:23:11)\n    at model.Document.invalidate (/app/node_modules/mongoose/lib/document.js:1501:32)"),
        ("client.driver-defect", "TypeError: Cannot read properties of null\n    at Topology.f (/app/node_modules/mongodb/lib/sdam/topology.js:23:11)\n    at g (/app/node_modules/mongoose/lib/connection.js:1501:32)"),
    ],
)  # fmt: skip
def test_settings_and_dumps_are_no_errors(cause: str | None, text: str) -> None:
    assert explain(text).cause == cause
