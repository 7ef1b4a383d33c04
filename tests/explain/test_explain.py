"""Error texts of every driver and tool, and the cause that each of them names.

What PyMongo, Motor, Node's driver, mongoose, mongosh and mongod say is covered by the corpus of
real texts; here are the other drivers, in their own words with names of ours, and the cues that
decide between causes of the same surface.
"""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain
from tests.explain.texts import CASES


def test_the_cause_is_named_in_the_words_of_any_driver() -> None:
    expected = {text: cause for cause, texts in CASES.items() for text in texts}

    assert {text: explain(text).cause for text in expected} == expected


@pytest.mark.parametrize(
    ("text", "cause", "alternative"),
    [
        # the failing host is not in the string, and the topology is a set
        (
            "tried mongodb://gate.shop.example:27017/?replicaSet=rs0 in vain: topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('mongo-a', 27017) server_type: "
            "Unknown, rtt: None, error=AutoReconnect('mongo-a:27017: [Errno 111] refused')>]>",
            "topology.member-unresolvable",
            "tcp.refused",
        ),
        # the same host, and the string names it
        (
            "tried mongodb://mongo-a:27017/?replicaSet=rs0 in vain: topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('mongo-a', 27017) server_type: "
            "Unknown, rtt: None, error=AutoReconnect('mongo-a:27017: [Errno 111] refused')>]>",
            "tcp.refused",
            None,
        ),
        # PyMongo says itself that the seeds gave way
        (
            "Could not reach any servers in [('192.0.2.7', 27017)]. Replica set is configured with "
            "internal hostnames or IPs?, Topology Description: <TopologyDescription topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('192.0.2.7', 27017) server_type: "
            "Unknown, rtt: None, error=NetworkTimeout('192.0.2.7:27017: timed out')>]>",
            "topology.direct-connection-needed",
            "topology.member-unresolvable",
        ),
        # SRV against address lookups
        ("Error: querySrv ENOTFOUND _mongodb._tcp.cluster0.ab12c.mongodb.net", "dns.srv-not-found",
         None),
        ("MongoServerSelectionError: getaddrinfo ENOTFOUND cluster0.ab12c.mongodb.net",
         "uri.srv-scheme-needed", "dns.host-not-found"),
        ("MongoServerSelectionError: getaddrinfo ENOTFOUND mongo", "dns.host-not-found",
         "topology.member-unresolvable"),
        # alert 80, of Atlas and of others
        ("MongoServerSelectionError: SSL alert number 80", "tls.alert-internal-error",
         "atlas.ip-not-allowed"),
        # end of stream, with and without TLS
        ("mongodb://db:27017/ : AutoReconnect: db:27017: connection closed",
         "tls.required-by-server", "hello.closed-by-server"),
        ("mongodb://db:27017/?tls=true : AutoReconnect: db:27017: connection closed",
         "tls.client-certificate-required", "tls.client-certificate-rejected"),
        ("mongodb SSL handshake failed: db:27017:  (configured timeouts)",
         "tls.not-enabled-on-server", None),
        # which side complains about a certificate
        ("mongodb [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
         "certificate", "tls.unknown-ca", None),
        ("mongodb [SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca",
         "tls.client-certificate-rejected", None),
        ("2026-01-02T03:04:05.000+0000 E  NETWORK  [conn7] SSL peer certificate validation failed: "
         "self signed certificate", "tls.client-certificate-rejected", None),
        ("2026-01-02T03:04:05.000+0000 E  NETWORK  [js] SSL peer certificate validation failed: "
         "self signed certificate", "tls.unknown-ca", None),
        # 18 against 8000 against 13
        ("OperationFailure: Authentication failed., full error: {'code': 18}", "auth.failed",
         "auth.wrong-auth-source"),
        ("OperationFailure: bad auth, full error: {'code': 8000}", "auth.failed",
         "auth.user-not-found"),
        ("OperationFailure: not authorized on shop to execute command { find: 1 }, full error: "
         "{'code': 13}", "auth.not-authorized", "auth.required"),
        # pool against connect
        ("MongoWaitQueueTimeoutError: Timed out while checking out a connection", "pool.timeout",
         None),
        ("MongoNetworkTimeoutError: connection timed out", "tcp.timeout", None),
        # a length that is letters
        ("pymongo Message length (1347703880) is larger than server max message size (48000000)",
         "hello.not-mongodb", None),
        ("pymongo Message length (66325) is larger than server max message size (48000)",
         "tls.required-by-server", None),
        # a warning beside an error is not its cause
        ("UserWarning: MongoClient opened before fork.\npymongo.errors.ServerSelectionTimeoutError: "
         "db:27017: [Errno 111] Connection refused", "tcp.refused", "client.fork-unsafe"),
    ],
)  # fmt: skip
def test_the_cues_decide_between_causes_of_the_same_surface(
    text: str, cause: str, alternative: str | None
) -> None:
    explanation = explain(text)

    assert explanation.cause == cause
    assert alternative is None or alternative in explanation.alternatives
