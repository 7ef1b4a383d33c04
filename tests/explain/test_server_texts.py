"""Wordings of a server that does not run: its log, its runtime, and look-alikes of others."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from mongoping.explaining import explain
from mongoping.explaining.log import read_log

TEXT = "2026-01-02T03:04:05.678+0000 %s [initandlisten] %s"
REFUSAL = (
    "shop-1   | pymongo.errors.ServerSelectionTimeoutError: mongo:27017: [Errno 111] Connection "
    "refused, Timeout: 30s, Topology Description: <TopologyDescription id: "
    "000000000000000000000000, topology_type: Unknown, servers: [<ServerDescription ('mongo', "
    "27017) server_type: Unknown, rtt: None, error=AutoReconnect('mongo:27017: [Errno 111] "
    "Connection refused')>]>"
)
UNKNOWN_HOST = (
    "shop-1   | MongoServerSelectionError: getaddrinfo ENOTFOUND mongo\n"
    "shop-1   |     at Timeout._onTimeout (/app/node_modules/mongodb/lib/sdam/topology.js:277:38)"
)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            "server.port-in-use",
            TEXT % ("E STORAGE ", "Failed to set up listener: SocketException: Address already in use"),
        ),
        (
            "server.port-in-use",
            TEXT % ("E NETWORK ", "listen(): bind() failed errno:98 Address already in use for socket"),
        ),
        (
            "server.port-in-use",
            "Error response from daemon: driver failed programming external connectivity on endpoint "
            "shop-mongo-1: Bind for 0.0.0.0:27017 failed: port is already allocated",
        ),
        (
            "server.data-directory",
            TEXT
            % (
                "I STORAGE ",
                "exception in initAndListen: NonExistentPath: Data directory /data/db not found., "
                "terminating",
            ),
        ),
        (
            "server.data-directory",
            TEXT
            % (
                "E STORAGE ",
                "WiredTiger error (1) [1767323045:0][1:0x7f], file:WiredTiger.wt, connection: "
                "/data/db/WiredTiger.wt: handle-open: open: Operation not permitted",
            ),
        ),
        (
            "server.data-directory",
            TEXT
            % (
                "E NETWORK ",
                "Failed to unlink socket file /tmp/mongodb-27017.sock Operation not permitted",
            ),
        ),
        ("server.data-directory", "chown: changing ownership of '/data/db': Operation not permitted"),
        (
            "server.key-file",
            "2026-01-02T03:04:05.678+0000 I ACCESS   [main] permissions on /etc/mongo.key are too open",
        ),
        (
            "server.key-file",
            "BadValue: security.keyFile is required when authorization is enabled with replica sets",
        ),
        (
            "server.no-avx",
            "WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not "
            "appear to have that!",
        ),
        ("server.no-avx", "/start.sh: line 7:    12 Illegal instruction     (core dumped) mongod"),
        (
            "server.no-avx",
            "Jan 02 03:04:05 db1 systemd[1]: mongod.service: Main process exited, code=dumped, "
            "status=4/ILL",
        ),
        ("server.no-avx", "mongo-1 exited with code 132"),
        (
            "server.out-of-memory",
            "Jan 02 03:04:05 db1 kernel: Out of memory: Killed process 812 (mongod) "
            "total-vm:9123456kB, anon-rss:7123456kB",
        ),
        (
            "server.out-of-memory",
            "Jan 02 03:04:05 db1 systemd[1]: mongod.service: Failed with result 'oom-kill'.",
        ),
        ("server.out-of-memory", "mongo-1 exited with code 137"),
        (
            "server.disk-full",
            TEXT
            % (
                "E STORAGE ",
                "WiredTiger error (28) [1767323045:0][1:0x7f], log-server: "
                "/data/db/journal/WiredTigerTmplog.0000000001: handle-write: pwrite: failed to "
                "write 128 bytes at offset 0: No space left on device",
            ),
        ),
        (
            "server.disk-full",
            TEXT % ("E JOURNAL ", "Insufficient free space for journal files"),
        ),
        (
            "server.feature-compatibility",
            TEXT
            % (
                "F CONTROL ",
                "** IMPORTANT: UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion "
                "document",
            ),
        ),
        (
            "server.keys-not-found",
            "com.mongodb.MongoCommandException: Command failed with error 211 (KeyNotFound): 'Cache "
            "Reader No keys found for HMAC that is valid for time: { ts: Timestamp(1, 1) } with id: 7' "
            "on server db1.shop.example:27017",
        ),
        (
            "server.not-started",
            "Unrecognized option: security.authorisation\n"
            "try '/usr/bin/mongod --help' for more information",
        ),
    ],
)  # fmt: skip
def test_a_server_that_does_not_run_is_recognized(cause: str, text: str) -> None:
    explanation = explain(text)
    causes = [group.explanation.cause for group in read_log(text.split("\n")).groups]

    assert explanation.cause == cause
    if "mongo" in text.lower():
        assert causes == [cause]


@pytest.mark.parametrize(
    "text",
    [
        "Error: listen EADDRINUSE: address already in use :::3000",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "/run.sh: line 3:    12 Illegal instruction     (core dumped) python -m tensorflow",
        "Jan 02 03:04:05 db1 kernel: Out of memory: Killed process 812 (java) total-vm:9123456kB",
        "OSError: [Errno 28] No space left on device: '/var/lib/docker/tmp/layer'",
        "Permissions 0644 for '/home/ada/.ssh/id_rsa' are too open.",
        "worker-1 exited with code 137",
        "jwt.KeyNotFoundError: no key",
    ],
)
def test_the_same_words_of_another_program_are_no_server_error(text: str) -> None:
    explanation = explain(text)

    assert not (explanation.cause or "").startswith("server."), explanation


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            "server.no-avx",
            "mongodb 14:24 INFO  ==> Deploying MongoDB from scratch...\n"
            'libos.sh: line 346:    47 Illegal instruction     "$@" > /dev/null 2>&1',
        ),
        ("server.no-avx", "root@shop:~# mongod\nIllegal instruction (core dumped)"),
        ("server.key-file", "Error reading file /etc/mongodb-keyfile: Permission denied"),
        (
            "server.data-directory",
            TEXT % ("I STORAGE ", "exception in initAndListen: 28595 1: Operation not permitted"),
        ),
        (
            "topology.not-a-replica-set",
            "MongoServerError: This node was not started with replication enabled.",
        ),
        ("client.http-to-mongodb", "Client sent an HTTP request over a native MongoDB connection"),
    ],
)
def test_what_a_server_says_in_two_lines_or_other_words(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    "text",
    [
        "postgres: starting\nIllegal instruction (core dumped)\nMongoDB is up",
        "Error reading file /etc/mongod.conf: No such file or directory",
    ],
)
def test_similar_words_are_no_other_server_error(text: str) -> None:
    assert explain(text).cause not in ("server.no-avx", "server.key-file")


def test_an_exit_code_is_not_certain() -> None:
    """The kernel and `docker kill` end a container with the same code."""
    explanation = explain("mongo-1 exited with code 137")

    assert (explanation.cause, explanation.confidence) == ("server.out-of-memory", "possible")


@pytest.mark.parametrize("client", [REFUSAL, UNKNOWN_HOST])
@pytest.mark.parametrize(
    ("cause", "server"),
    [
        ("server.no-avx", "mongo-1  | /entrypoint.sh: line 12: 8 Illegal instruction (core dumped) mongod"),
        (
            "server.port-in-use",
            "mongo-1  | " + TEXT % ("E STORAGE ", "Failed to set up listener: SocketException: Address already in use"),
        ),
    ],
)  # fmt: skip
def test_a_server_that_does_not_run_is_the_root_of_what_its_clients_report(
    client: str, cause: str, server: str
) -> None:
    text = "\n".join([server, client, client])
    groups = read_log(text.split("\n")).groups

    assert explain(text).cause == cause
    assert groups[0].explanation.cause == cause
    assert len(groups) == 2


def test_a_refusal_without_a_server_error_keeps_its_cause() -> None:
    startup = "mongo-1  | " + TEXT % ("I NETWORK ", "waiting for connections on port 27017")

    assert explain(f"{startup}\n{REFUSAL}").cause == "tcp.refused"


def test_a_restarting_server_counts_once_per_start() -> None:
    start = TEXT % ("I CONTROL ", "MongoDB starting : pid=1 port=27017 dbpath=/data/db 64-bit")
    failure = TEXT % ("E STORAGE ", "Failed to set up listener: SocketException: Address already in use")  # fmt: skip
    end = TEXT % ("I CONTROL ", "shutting down with code:48")
    (group,) = read_log([start, failure, end] * 3).groups

    assert (group.explanation.cause, group.count) == ("server.port-in-use", 3)


JSON = (
    '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"%s",  "c":"%s",  "id":1,   "ctx":"%s",'
    '"msg":"%s","attr":%s}'
)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        # a fatal error that no other cause has words for
        ("server.not-started", JSON % ("F", "STORAGE", "initandlisten", "The oil ran out", "{}")),
        ("server.not-started", TEXT % ("F -       ", "The oil ran out")),
        ("server.not-started", JSON % ("E", "CONTROL", "initandlisten", "No oil", "{}")),
        (
            "server.feature-compatibility",
            JSON
            % ("F", "REPL", "initandlisten", "no featureCompatibilityVersion document here", "{}"),
        ),
        (
            "auth.failed",
            JSON
            % ("I", "ACCESS", "conn7", "Failed to authenticate", '{"error":"BadValue: no oil"}'),
        ),
        (
            "topology.member-unreachable",
            JSON
            % (
                "I",
                "REPL_HB",
                "ReplCoord-1",
                "Heartbeat failed after max retries",
                '{"target":"db2.shop.example:27017","error":{"code":2,"errmsg":"no oil"}}',
            ),
        ),
        # refused options are no part of a connection string
        (
            "server.not-started",
            "BadValue: Cannot specify both --oil and --water\ntry 'mongod --help' for more information",
        ),
    ],
)
def test_the_form_of_a_servers_message_names_a_cause(cause: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (
        cause,
        "mongod" if "msg" in text or "[" in text else None,
    )
    assert [group.explanation.cause for group in read_log([text]).groups] == [cause]


@pytest.mark.parametrize("severity", ["I", "D1", "W"])
def test_the_same_message_at_another_severity_is_no_error(severity: str) -> None:
    text = JSON % (severity, "CONTROL", "initandlisten", "The oil ran out", "{}")

    assert read_log([text]).groups == ()


@pytest.mark.parametrize(
    "text",
    [
        "MongoServerError[NewReplicaSetConfigurationIncompatible]: the new configuration has no oil",
        "MongoServerError[BadValue]: Replica set configuration must have oil",
        "MongoServerError[BadValue]: the horizon must have water",
    ],
)
def test_a_refused_configuration_is_no_connection_error(text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (None, "mongosh")
    assert "not a connection error" in (explanation.missing or "")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            "server.not-started",
            "2026-01-02T03:04:05.678+0000 F  CONTROL  [conn7] Got signal: 6 (Aborted).",
        ),
        (
            "hello.too-many-connections",
            JSON
            % (
                "E",
                "NETWORK",
                "listener",
                "Error accepting new connection on local endpoint",
                '{"error":"Too many open files"}',
            ),
        ),
        (
            "hello.too-many-connections",
            JSON % ("E", "NETWORK", "conn7", "pthread_create failed", '{"error":"Resource"}'),
        ),
        (
            "server.not-started",
            JSON
            % (
                "E",
                "STORAGE",
                "initandlisten",
                "WiredTiger error",
                '{"error":"Too many open files"}',
            ),
        ),
    ],
)
def test_a_limit_that_a_server_reaches_is_not_its_clients(cause: str, text: str) -> None:
    assert explain(text).cause == cause
    assert [group.explanation.cause for group in read_log([text]).groups] == [cause]


@pytest.mark.parametrize(
    ("thread", "cause"), [("initandlisten", "server.not-started"), ("conn7", None)]
)
def test_corrupt_data_files_keep_a_server_from_starting(thread: str, cause: str | None) -> None:
    line = (
        f'{{"s":"E","c":"WT","id":22435,"ctx":"{thread}","msg":"WiredTiger error message",'
        '"attr":{"message":{"msg":"__wt_bm_corrupt_dump:77:{0: 12288, 4096, 0x4e646a1f}"}}}'
    )

    assert explain(line).cause == cause
