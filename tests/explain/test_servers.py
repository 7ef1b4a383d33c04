"""The view of the deployment in the form of every driver, read into one."""

from __future__ import annotations

import pytest

from mongoping.explaining.conclusions import conclusions
from mongoping.explaining.servers import View, view

PYMONGO = (
    "No primary available for writes, Timeout: 30s, Topology Description: <TopologyDescription "
    "id: 000000000000000000000000, topology_type: ReplicaSetNoPrimary, servers: ["
    "<ServerDescription ('db1.shop.example', 27017) server_type: RSSecondary, rtt: 0.001>, "
    "<ServerDescription ('db2.shop.example', 27018) server_type: Unknown, rtt: None, "
    "error=AutoReconnect('db2.shop.example:27018: [Errno 111] Connection refused')>]>"
)
NODE = """MongoServerSelectionError: connect ECONNREFUSED 192.0.2.7:27018 {
  reason: TopologyDescription {
    type: 'ReplicaSetNoPrimary',
    servers: Map(2) {
      'db1.shop.example:27017' => ServerDescription {
        address: 'db1.shop.example:27017',
        type: 'RSSecondary',
        error: null,
      },
      'db2.shop.example:27018' => ServerDescription {
        address: 'db2.shop.example:27018',
        type: 'Unknown',
        error: MongoNetworkError: connect ECONNREFUSED 192.0.2.7:27018
      }
    },
    setName: 'rs0',
"""
NODE_JSON = (
    '"reason":{"type":"ReplicaSetNoPrimary","servers":{"db1.shop.example:27017":{"address":'
    '"db1.shop.example:27017","type":"RSSecondary","error":null},"db2.shop.example:27018":'
    '{"address":"db2.shop.example:27018","type":"Unknown","error":{"name":"MongoNetworkError",'
    '"message":"connect ECONNREFUSED 192.0.2.7:27018"}}},"setName":"rs0"}'
)
GO = (
    "server selection error: server selection timeout, current topology: { Type: "
    "ReplicaSetNoPrimary, Servers: [{ Addr: db1.shop.example:27017, Type: RSSecondary, Average "
    "RTT: 512000 }, { Addr: db2.shop.example:27018, Type: Unknown, Last error: dial tcp "
    "192.0.2.7:27018: connect: connection refused }, ] }"
)
JAVA = (
    "Client view of cluster state is {type=REPLICA_SET, servers=[{address=db1.shop.example:27017, "
    "type=REPLICA_SET_SECONDARY, roundTripTime=0.9 ms, state=CONNECTED}, "
    "{address=db2.shop.example:27018, type=UNKNOWN, state=CONNECTING, "
    "exception={com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by "
    "{java.net.ConnectException: Connection refused}}]"
)
CSHARP = (
    'Client view of cluster state is { ClusterId : "1", DirectConnection : "False", Type : '
    '"ReplicaSet", State : "Connected", Servers : [{ ServerId: "{ ClusterId : 1, EndPoint : '
    '"Unspecified/db1.shop.example:27017" }", EndPoint: "Unspecified/db1.shop.example:27017", '
    'State: "Connected", Type: "ReplicaSetSecondary" }, { ServerId: "{ ClusterId : 1, EndPoint : '
    '"Unspecified/db2.shop.example:27018" }", EndPoint: "Unspecified/db2.shop.example:27018", '
    'State: "Disconnected", Type: "Unknown", HeartbeatException: "MongoDB.Driver.'
    "MongoConnectionException: An exception occurred while opening a connection to the server. "
    '---> System.Net.Sockets.SocketException (111): Connection refused" }] }.'
)
RUST = (
    "Kind: Server selection timeout: No available servers. Topology: { Type: ReplicaSetNoPrimary, "
    "Set Name: rs0, Servers: [ { Address: db1.shop.example:27017, Type: RSSecondary, Average RTT: "
    "1ms }, { Address: db2.shop.example:27018, Type: Unknown, Error: Kind: I/O error: Connection "
    "refused (os error 111), labels: {} } ] }, labels: {}"
)
FORMS = {
    "pymongo": PYMONGO,
    "pymongo repr": repr(PYMONGO),
    "node": NODE,
    "node json": NODE_JSON,
    "go": GO,
    "java": JAVA,
    "csharp": CSHARP,
    "rust": RUST,
}


def read(text: str) -> View:
    from mongoping.explaining.reading import read as whole

    return whole(text).view


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_driver_lists_the_same_two_servers(text: str) -> None:
    reading = read(text)

    assert [server.host for server in reading.servers] == [
        "db1.shop.example:27017",
        "db2.shop.example:27018",
    ]
    assert [server.type for server in reading.servers] == ["RSSecondary", "Unknown"]
    assert reading.servers[0].error == ""
    assert "refused" in reading.servers[1].error.lower()
    assert reading.topology in ("ReplicaSetNoPrimary", "ReplicaSet")


def test_a_ruby_cluster_is_read_too() -> None:
    reading = read(
        "No primary server is available in cluster: #<Cluster topology=ReplicaSetNoPrimary["
        "db1.shop.example:27017,name=rs0] servers=[#<Server address=db1.shop.example:27017 "
        "SECONDARY replica_set=rs0>]> with timeout=30, LT=0.015"
    )

    assert [(server.host, server.type) for server in reading.servers] == [
        ("db1.shop.example:27017", "RSSecondary")
    ]
    assert (reading.topology, reading.set_name) == ("ReplicaSetNoPrimary", "rs0")


def test_without_a_list_the_headline_names_the_servers() -> None:
    reading = read(
        "ServerSelectionTimeoutError: db1.shop.example:27017: timed out,SSL handshake failed: "
        "db2.shop.example:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error"
    )

    assert [server.host for server in reading.servers] == [
        "db1.shop.example:27017",
        "db2.shop.example:27017",
    ]
    assert not reading.listed


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (PYMONGO, "no primary"),
        (GO.replace("RSSecondary", "RSGhost"), "member RSGhost"),
        ("topology_type: ReplicaSetNoPrimary, servers: []>", "servers none"),
        ("TopologyDescription { type: 'ReplicaSetNoPrimary', servers: Map(0) {}", "servers none"),
        (
            "TopologyDescription { type: 'ReplicaSetNoPrimary', servers: Map(0) {}, setName: 'rs0',"
            " maxElectionId: '7fffffff0000000000000001', maxSetVersion: 1",
            "servers lost",
        ),
        (
            "{type=UNKNOWN, servers=[{address=db:27017, type=UNKNOWN, state=CONNECTING}]",
            "unheard",
        ),
        (
            "{type=REPLICA_SET, servers=[{address=db:27017, type=REPLICA_SET_PRIMARY, "
            "roundTripTime=1 ms, state=CONNECTED}]",
            "all answer",
        ),
        (
            GO.replace("db1.shop.example:27017, Type: RSSecondary, Average RTT: 512000", "x:1, "
            "Type: RSSecondary }, { Addr: y:1, Type: RSSecondary"),
            "primary missing",
        ),
    ],
)  # fmt: skip
def test_what_the_whole_view_says_is_concluded(text: str, mark: str) -> None:
    assert mark in list(conclusions(read(text)))


def test_a_member_that_does_not_resolve_is_not_a_missing_majority() -> None:
    """A primary that works may hide behind a name that means nothing here."""
    text = GO.replace(
        "dial tcp 192.0.2.7:27018: connect: connection refused",
        "dial tcp: lookup db2.shop.example: no such host",
    )

    assert "no primary" not in list(conclusions(read(text)))


@pytest.mark.parametrize("count", [2, 3])
def test_all_nodes_of_an_atlas_cluster_are_seen_as_one(count: int) -> None:
    """In a list of all servers; in a headline it takes three, since it may be cut."""
    host = "cluster0-shard-00-0{}.ab12c.mongodb.net:27017"
    alert = "[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error"
    servers = ", ".join(
        f"<ServerDescription ('{host.format(n)[:-6]}', 27017) server_type: Unknown, rtt: None, "
        f"error=AutoReconnect('SSL handshake failed: {host.format(n)}: {alert}')>"
        for n in range(count)
    )
    headline = ",".join(f"SSL handshake failed: {host.format(n)}: {alert}" for n in range(count))

    assert "every atlas node aborts" in list(
        conclusions(read(f"topology_type: ReplicaSetNoPrimary, servers: [{servers}]>"))
    )
    assert ("every atlas node aborts" in list(conclusions(read(headline)))) == (count == 3)


def test_a_view_without_anything_is_empty() -> None:
    assert view("nothing to see") == View()
