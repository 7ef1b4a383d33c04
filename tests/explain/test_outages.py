"""Failed checks of a server are one error, which ends when the server is reached."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from mongoping.explaining.log import read_log
from mongoping.explaining.outages import elapsed_s
from mongoping.explaining.tally import Group

NODE = "{ t: 2026-01-02T03:04:%02d.000Z, c: 'topology', s: 'debug', awaited: false, serverHost: '%s', serverPort: 27017, message: 'Server heartbeat %s }"
REFUSAL = "failed', durationMS: 1, failure: 'connect ECONNREFUSED 192.0.2.%d:27017'"
SUCCESS = "succeeded', durationMS: 1, reply: '{\"ok\":1}'"
PYMONGO = '2026-01-02 03:04:%02d,000 DEBUG pymongo.topology {"message": "Topology description changed", "newDescription": "<TopologyDescription id: 000000000000000000000000, topology_type: ReplicaSetWithPrimary, servers: [<ServerDescription (\'192.0.2.1\', 27017) server_type: Unknown, rtt: None, error=AutoReconnect(\'192.0.2.1:27017: [Errno 111] Connection refused\')>, <ServerDescription (\'192.0.2.2\', 27017) server_type: RSPrimary, rtt: 0.1>]>"}'
PYMONGO_FAILED = '2026-01-02 03:04:%02d,000 DEBUG pymongo.topology {"message": "Server heartbeat failed", "serverHost": "192.0.2.1", "serverPort": 27017, "awaited": false, "failure": "AutoReconnect(\'192.0.2.1:27017: [Errno 111] Connection refused\')"}'
MEMBER = '{"t":{"$date":"2026-01-02T03:04:%02d.000+00:00"},"s":"I",  "c":"REPL_HB",  "id":23974,   "ctx":"ReplCoord-1","msg":"Heartbeat failed after max retries","attr":{"target":"db%d.shop.example:27017","maxHeartbeatRetries":2,"error":{"code":6,"codeName":"HostUnreachable","errmsg":"Error connecting to db%d.shop.example:27017 :: caused by :: Connection refused"}}}'
BACK = '{"t":{"$date":"2026-01-02T03:04:%02d.000+00:00"},"s":"I",  "c":"REPL",     "id":21215,   "ctx":"ReplCoord-1","msg":"Member is in new state","attr":{"hostAndPort":"db%d.shop.example:27017","newState":"SECONDARY"}}'
ACCESS = '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I",  "c":"ACCESS",   "id":1,   "ctx":"conn%d","msg":"%s","attr":{"speculative":%s,"error":"%s"}}'


def groups(*lines: str) -> list[tuple[str | None, int, tuple[str, ...], float | None]]:
    return [
        (group.explanation.cause, group.count, group.hosts, group.seconds)
        for group in read_log(lines).groups
    ]


def failure(second: int, host: int = 1) -> str:
    return NODE % (second, f"192.0.2.{host}", REFUSAL % host)


def answers(second: int, host: int = 1) -> str:
    return NODE % (second, f"192.0.2.{host}", SUCCESS)


def test_repeated_checks_are_one_error_with_its_end() -> None:
    assert groups(failure(1), failure(2), failure(3), answers(5)) == [
        ("tcp.refused", 1, ("192.0.2.1:27017",), 4.0)
    ]


def test_another_server_that_answers_does_not_end_it() -> None:
    assert groups(failure(1), answers(2, host=2), failure(3)) == [
        ("tcp.refused", 1, ("192.0.2.1:27017",), None)
    ]


def test_each_server_and_each_outage_counts() -> None:
    lines = (failure(1), failure(1, host=2), answers(3), failure(7), answers(9), answers(9, host=2))

    assert groups(*lines) == [("tcp.refused", 3, ("192.0.2.1:27017", "192.0.2.2:27017"), 8.0)]


def test_an_operation_that_fails_is_an_error_of_its_own() -> None:
    error = "MongoServerSelectionError: connect ECONNREFUSED 192.0.2.1:27017"

    assert groups(failure(1), error, error) == [("tcp.refused", 3, ("192.0.2.1:27017",), None)]


def test_exceptions_with_a_view_are_errors_of_operations() -> None:
    error = "pymongo.errors.ServerSelectionTimeoutError: 192.0.2.1:27017: [Errno 111] Connection refused, Timeout: 30s, Topology Description: <TopologyDescription id: 000000000000000000000000, topology_type: Unknown, servers: [<ServerDescription ('192.0.2.1', 27017) server_type: Unknown, rtt: None, error=AutoReconnect('192.0.2.1:27017: [Errno 111] Connection refused')>]>"

    assert groups(*[error] * 3) == [("tcp.refused", 3, ("192.0.2.1:27017",), None)]


def test_a_view_that_shows_a_member_explains_its_checks() -> None:
    lines = (PYMONGO_FAILED % 1, PYMONGO % 1, PYMONGO_FAILED % 2, PYMONGO % 2)
    for order in (lines, lines[::-1]):
        assert groups(*order) == [("topology.member-unreachable", 1, ("192.0.2.1:27017",), None)]


def test_a_member_that_another_one_misses_is_one_error() -> None:
    lines = (MEMBER % (1, 2, 2), MEMBER % (2, 2, 2), MEMBER % (2, 3, 3), BACK % (6, 2))

    assert groups(*lines) == [
        (
            "topology.member-unreachable",
            2,
            ("db2.shop.example:27017", "db3.shop.example:27017"),
            None,
        )
    ]
    assert groups(*lines, BACK % (9, 3))[0][3] == 7.0


@pytest.mark.parametrize(
    "success",
    ["2026-01-02 03:05:05 MongoDB connected", "2026-01-02 03:05:05 Connected to MongoDB at db"],
)
def test_a_program_that_says_that_it_is_connected_ends_its_errors(success: str) -> None:
    error = "2026-01-02 03:04:05 MongooseServerSelectionError: connect ECONNREFUSED 192.0.2.1:27017"

    assert groups(error, success) == [("tcp.refused", 1, ("192.0.2.1:27017",), 60.0)]


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-02 03:05:05 MongoDB not connected",
        "2026-01-02 03:05:05 Connected to Redis at cache",
    ],
)
def test_other_lines_do_not_end_them(line: str) -> None:
    error = "2026-01-02 03:04:05 MongooseServerSelectionError: connect ECONNREFUSED 192.0.2.1:27017"

    assert groups(error, line)[0][3] is None


def test_the_attempts_of_one_login_are_one_error() -> None:
    reason = "UserNotFound: Could not find user ada for db admin"
    lines = (
        ACCESS % (7, "Authentication failed", "true", reason),
        ACCESS % (7, "Authentication failed", "false", reason),
        ACCESS % (8, "Authentication failed", "false", reason),
    )

    assert groups(*lines) == [("auth.user-not-found", 2, (), None)]


@pytest.mark.parametrize("success", ["Authentication succeeded", "Successful authentication"])
@pytest.mark.parametrize("speculative", ["true", "false"])
def test_a_login_that_works_with_another_mechanism_is_no_error(
    success: str, speculative: str
) -> None:
    lines = (
        ACCESS % (7, "Authentication failed", speculative, "MechanismUnavailable: no SHA-256"),
        ACCESS % (7, success, "false", ""),
    )

    assert groups(*lines) == []
    assert len(groups(lines[0], lines[1].replace("conn7", "conn8"))) == 1


@pytest.mark.parametrize(
    ("first", "last", "seconds"),
    [
        ("2026-01-02T03:04:05.500Z", "2026-01-02T03:04:07.000Z", 1.5),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:06+00:00", 1.0),
        ("2026-01-02 23:59:59,000", "2026-01-03 00:00:01,000", 2.0),
        ("23:59:59", "00:00:01", 2.0),
        ("Jan 02 03:04:05", "Jan 02 03:04:09", 4.0),
        ("11/22/2025, 11:59:59 AM", "11/22/2025, 12:00:01 PM", 2.0),
        ("2026-01-02 03:04:05", "03:04:09", None),
        ("2026-01-02 03:04:05", "2026-01-01 03:04:05", None),
        ("2026-99-99 03:04:05", "2026-99-99 03:04:05", None),
        (None, "03:04:05", None),
    ],
)
def test_the_time_between_two_lines_is_read_from_any_form(
    first: str | None, last: str, seconds: float | None
) -> None:
    assert elapsed_s(first, last) == seconds


def test_a_group_without_an_end_has_none() -> None:
    (group,) = read_log([failure(1)]).groups

    assert isinstance(group, Group)
    assert (group.resolved, group.seconds) == (None, None)


HANDSHAKE = '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"%s",  "c":"NETWORK",  "id":1,   "ctx":"conn%d","msg":"%s"%s}'


def test_a_client_without_a_certificate_is_no_error_if_it_needs_none() -> None:
    line = HANDSHAKE % ("W", 7, "No SSL certificate provided by peer", "")

    assert groups(line) == []


def test_the_parts_of_a_rejected_handshake_are_one_error() -> None:
    reason = ',"attr":{"error":{"code":141,"codeName":"SSLHandshakeFailed","errmsg":"no SSL certificate provided by peer; connection rejected"}}'
    records = [
        line
        for number in (7, 8)
        for line in (
            HANDSHAKE
            % ("E", number, "No SSL certificate provided by peer; connection rejected", ""),
            HANDSHAKE % ("I", number, "Error receiving request from client", reason),
        )
    ]

    assert groups(*records) == [("tls.client-certificate-required", 2, (), None)]
