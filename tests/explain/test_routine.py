"""Lines that healthy programs write are no errors; the same lines with an error in them are."""

# ruff: noqa: E501

from __future__ import annotations

import contextlib
import logging
from typing import Any

import pytest

from mongoping.explaining import advice, explain
from mongoping.explaining.log import read_log
from mongoping.sandbox.deployment import replica_set
from mongoping.sandbox.replication import until
from mongoping.sandbox.users import User
from tests.conftest import having

PYMONGO = '2026-01-02 03:04:05,678 DEBUG pymongo.serverSelection {"message": "Server selection started", "selector": "Primary()", "topologyDescription": "<TopologyDescription id: 000000000000000000000000, topology_type: ReplicaSetNoPrimary, servers: [<ServerDescription (\'db1.shop.example\', 27017) server_type: Unknown, rtt: None%s>]>"}'
JAVA = "2026-01-02T03:04:05.678Z  INFO 1 --- [main] org.mongodb.driver.cluster : No server chosen by ReadPreferenceServerSelector{readPreference=primary} from cluster description ClusterDescription{type=REPLICA_SET, connectionMode=MULTIPLE, serverDescriptions=[ServerDescription{address=db1.shop.example:27017, type=UNKNOWN, state=CONNECTING%s}]}. Waiting for 30000 ms before timing out"
GO = '{"level":"debug","msg":"Topology description changed","previousDescription":"Type: Unknown, Servers: [{ Addr: db1.shop.example:27017, Type: Unknown%s }]","newDescription":"Type: ReplicaSetNoPrimary, Servers: [{ Addr: db1.shop.example:27017, Type: Unknown%s }]"}'
REFUSALS = {
    PYMONGO: ", error=AutoReconnect('db1.shop.example:27017: [Errno 111] Connection refused')",
    JAVA: ", exception={com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.ConnectException: Connection refused}",
    GO: ", Last error: dial tcp 192.0.2.7:27017: connect: connection refused",
}  # fmt: skip


def fill(text: str, error: str) -> str:
    return text.replace("%s", error)


@pytest.mark.parametrize("text", [PYMONGO, JAVA, GO])
def test_a_view_without_an_error_is_none(text: str) -> None:
    assert read_log([fill(text, "")]).groups == ()
    assert explain(fill(text, "")).cause is None


@pytest.mark.parametrize("text", [PYMONGO, JAVA, GO])
def test_the_same_view_with_an_error_is_one(text: str) -> None:
    (group,) = read_log([fill(text, REFUSALS[text])]).groups

    assert group.explanation.cause == "tcp.refused"


def test_a_healthy_line_is_called_one() -> None:
    explanation = explain(fill(PYMONGO, ""))

    assert (explanation.missing, explanation.client) == (advice.ROUTINE, "pymongo")


def test_an_error_of_the_past_is_none() -> None:
    healthy = GO.replace("%s", REFUSALS[GO], 1).replace("%s", "")

    assert read_log([healthy]).groups == ()


@pytest.mark.parametrize(
    "text",
    [
        '2026-01-02T03:04:05.678+0000 I COMMAND  [conn7] command admin.$cmd appName: "MongoDB Shell" command: replSetGetStatus { replSetGetStatus: 1.0, forShell: 1.0, $db: "admin" } numYields:0 ok:0 errMsg:"not running with --replSet" errName:NoReplicationEnabled errCode:76 reslen:122 locks:{} protocol:op_msg 0ms',
        "2026-01-02T03:04:05.678+0000 I CONTROL  [LogicalSessionCacheRefresh] Failed to refresh session cache: NotYetInitialized: Replication has not yet been configured",
        '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"I",  "c":"-",        "id":4939300, "ctx":"monitoring-keys-for-HMAC","msg":"Failed to refresh key cache","attr":{"error":"KeyNotFound: No keys found after refresh","nextWakeupMillis":600}}',
    ],
)
def test_what_mongod_logs_in_a_normal_life_is_no_error(text: str) -> None:
    assert read_log([text]).groups == ()
    assert explain(text).cause is None


def test_the_same_message_in_a_client_is_an_error() -> None:
    text = "MongoServerError: not running with --replSet { ok: 0, code: 76, codeName: 'NoReplicationEnabled' }"

    assert explain(text).cause == "topology.not-a-replica-set"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            "topology.member-unreachable",
            '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"I",  "c":"NETWORK",  "id":4712102, "ctx":"ReplicaSetMonitor-TaskExecutor","msg":"Host failed in replica set","attr":{"replicaSet":"rs0","host":"db2.shop.example:27017","error":{"code":202,"codeName":"NetworkInterfaceExceededTimeLimit","errmsg":"Couldn\'t get a connection within the time limit"}}}',
        ),
        (
            "topology.member-unreachable",
            "2026-01-02T03:04:05.678+0000 I REPL_HB  [replexec-1] Error in heartbeat (requestId: 7) to db2.shop.example:27017, response status: HostUnreachable: Error connecting to db2.shop.example:27017 (192.0.2.7:27017) :: caused by :: Connection refused",
        ),
        (
            "topology.member-unresolvable",
            "2026-01-02T03:04:05.678+0000 I ASIO     [Replication] Failed to connect to db2.shop.example:27017 - HostUnreachable: Could not find address for db2.shop.example:27017: SocketException: Host not found (authoritative)",
        ),
        (
            "topology.member-unreachable",
            "Error: exception: socket exception [CONNECT_ERROR] for cfg1.shop.example:27019",
        ),
        (
            "topology.member-unreachable",
            'MongoServerError: Could not find host matching read preference { mode: "nearest" } for set rs0 { ok: 0, code: 133 }',
        ),
        (
            "topology.member-unresolvable",
            "MongoServerError: No host described in new configuration with {version: 1, term: 0} for replica set rs0 maps to this node",
        ),
        (
            "tls.required-by-server",
            '2026-01-02T03:04:05.678Z ERROR [documentdb_gateway] Failed to create SslStream: SSLError(Error { code: ErrorCode(1), cause: Some(Ssl(ErrorStack([Error { code: 167772427, library: "SSL routines", function: "ssl3_get_record", reason: "wrong version number" }]))) })',
        ),
    ],
)
def test_what_a_server_says_of_another_host_is_about_that_host(cause: str, text: str) -> None:
    assert explain(text).cause == cause
    assert [group.explanation.cause for group in read_log([text]).groups] == [cause]


@pytest.mark.server
def test_a_member_that_restarts_is_one_error_with_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Of the other members and of PyMongo at DEBUG, whichever sees it."""
    from pymongo import MongoClient

    caplog.handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    with (
        having(),
        caplog.at_level(logging.DEBUG, "pymongo"),
        replica_set() as deployment,
        MongoClient[dict[str, Any]](deployment.uri, heartbeatFrequencyMS=500) as client,
    ):
        client.shop.orders.insert_one({"_id": 1})
        first, member, _ = deployment.servers
        log = first.folder / "log"
        place = ("127.0.0.1", member.port)
        member.stop()
        until(lambda: place not in client.secondaries, "The loss of the member")
        until(lambda: "DOWN" in log.read_text(), "The loss of the member in the log")
        member.restart()
        until(lambda: place in client.secondaries, "The return of the member")
        until(lambda: "SECONDARY" in log.read_text().rpartition("DOWN")[2], "The same in the log")
        logs = [caplog.text, log.read_text()]

    for text in logs:
        (group,) = read_log(text.split("\n")).groups
        assert (group.count, group.hosts) == (1, (member.address,))
        assert group.explanation.cause in (
            "tcp.refused",
            "topology.member-unreachable",
            "tcp.reset",  # which comes first varies
        )
        assert group.resolved is not None


@pytest.mark.server
@pytest.mark.parametrize("version", ["6.0", "4.4"])
def test_a_set_that_elects_another_primary_logs_no_error(
    version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the members nor PyMongo at DEBUG, from their start to a step-down."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    caplog.handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    user = User("ada", "s3cret-of-ada")
    with (
        having(version),
        caplog.at_level(logging.DEBUG, "pymongo"),
        replica_set(users=(user,), version=version) as deployment,
    ):
        client: MongoClient[dict[str, Any]] = MongoClient(deployment.uri)
        with client:
            client.shop.orders.insert_one({"_id": 1})
            driver = caplog.text
            with contextlib.suppress(PyMongoError):  # older servers close the connection
                client.admin.command("replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)
            client.shop.orders.insert_one({"_id": 2})
        logs = [(server.folder / "log").read_text() for server in deployment.servers]

    for log in (driver, *logs):
        lines = log.split("\n")
        groups = read_log(lines).groups
        assert [(group.explanation.cause, lines[group.line - 1]) for group in groups] == []
