"""Errors of other services are ignored, also next to an error of MongoDB."""

from __future__ import annotations

import pytest

from mongoping.explaining import advice, explain
from mongoping.explaining.log import read_log


@pytest.mark.parametrize(
    "text",
    [
        "ERROR 1045 (28000): Access denied for user 'ada'@'localhost' (using password: YES)",
        "ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)",
        "psycopg2.OperationalError: connection to server, port 5432 failed: Connection refused",
        'FATAL:  password authentication failed for user "ada"',
        "redis.exceptions.ConnectionError: Error 111 connecting to db:6379. Connection refused.",
        "Error: connect ECONNREFUSED 127.0.0.1:6379",
        "requests.exceptions.HTTPError: 500 Server Error: Internal Server Error for url: http://x/",
        "HTTP/1.1 500 Internal Server Error",
        "ORA-12541: TNS:no listener",
        "kafka.errors.NoBrokersAvailable: NoBrokersAvailable, connection refused",
        "cassandra.cluster.NoHostAvailable: ('Unable to connect', ConnectionRefusedError(111))",
        "com.rabbitmq.client.AuthenticationFailureException: ACCESS_REFUSED - Login was refused",
        "pika.exceptions.AMQPConnectionError: [Errno 111] Connection refused",
        "elastic_transport.ConnectionError: NewConnectionError: Connection refused",
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Authentication failed')",
        "curl: (7) Failed to connect to localhost port 8080: Connection refused",
        "ssh: connect to host 192.0.2.7 port 22: Connection timed out",
        "npm ERR! network request to https://packages.example/mongodb failed: ENOTFOUND",
        "KeyError: 'orders'",
        "2024-05-01T10:00:00.000+0000\tFailed: Redis connection to cache:6379 was lost",
        'error parsing uri: parse "jdbc://db": first path segment in URL cannot contain colon',
        'Error { kind: ConnectionRefused, message: "the broker is away" }',
        "SQLSTATE[HY000] [2002] the read preference of the pool is unknown",
        "the pool has no free member, minPoolSize is 5",
        "password required for user app",
        "TLS handshake failed",
        "",
        "   \n",
    ],
)
def test_errors_of_other_services_are_left_alone(text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing == advice.NOT_MONGODB


def test_the_error_of_another_service_beside_one_of_mongodb_is_left_alone() -> None:
    explanation = explain(
        'psycopg2.OperationalError: FATAL: password authentication failed for user "app"\n'
        "MongoServerSelectionError: getaddrinfo ENOTFOUND mongo"
    )

    assert explanation.cause == "dns.host-not-found"
    assert not any(code.startswith("auth.") for code in explanation.alternatives)


@pytest.mark.parametrize(
    ("client", "text"),
    [
        ("go", "error parsing uri: an option that this driver has no use for"),
        ("go", "connection pool for db:27017 was cleared because another operation failed"),
        ("tools", "2024-05-01T10:00:00.000+0000\tFailed: error getting the version"),
        ("rust", "Error: Kind: Custom user error: it should not come to this, labels: {}"),
        ("c", "SCRAM Failure: the proof was cut off"),
        ("c", "No suitable servers found: [something odd calling hello on 'db:27017']"),
        ("dart", "Unhandled exception:\nMongoDart Error: the reply was cut off"),
        ("dart", "MongoDB ConnectionException: the reply was cut off"),
        ("elixir", "** (Mongo.Error) the reply was cut off"),
        ("reactivemongo", "r.core.errors.DriverException: MongoError['the reply was cut off']"),
        (None, "max staleness of 17 is too little"),
        (None, "srvMaxHosts makes no sense here"),
    ],
)
def test_a_text_in_the_form_of_a_driver_is_one_of_mongodb(client: str | None, text: str) -> None:
    explanation = explain(text)

    assert explanation.client == client
    assert explanation.missing != advice.NOT_MONGODB
    assert not explanation.missing or advice.reasons(client, text) in explanation.missing


@pytest.mark.parametrize(
    "text",
    [
        # the words of a library in the frames, the port, or the address that Java prints
        "error: login was refused\n    at parse (/srv/node_modules/pg-protocol/parser.js:9:1)",
        'error: password authentication failed for user "shop"',
        "Error: getaddrinfo ENOTFOUND api.example.org\nAxiosError: getaddrinfo ENOTFOUND",
        "dial tcp 192.0.2.9:2379: connect: connection refused",
        "Cannot connect to localhost:7687: Connection refused",
        "Opening socket to server cache/192.0.2.4:2181: Connection refused",
        "bash: connect: Connection refused\nbash: /dev/tcp/db/5432: Connection refused",
        "could not reach the queue: kombu: [Errno 111] Connection refused",
        "could not reach localhost on port 5432: Verbindungsaufbau abgelehnt",
        '{"message":"Authentication failed","statusCode":401}',
        "UnauthorizedException: Authentication failed\n    at login (/srv/auth.service.ts:22:13)",
        "io.grpc.StatusRuntimeException: UNAVAILABLE: Connection refused: /192.0.2.9:50051",
        "failed to connect to all addresses; last error: UNAVAILABLE: ipv4:192.0.2.9:50051: "
        "Failed to connect to remote host: Connection refused",
    ],
)
def test_names_and_ports_of_other_services_are_known(text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing == advice.NOT_MONGODB


@pytest.mark.parametrize(
    "text",
    [
        'Get "https://charts.example.org/mongodb/index.yaml": x509: certificate signed by unknown'
        " authority",
        'push failed: Post "http://gateway:9091/metrics/job/mongodb": lookup gateway: no such host',
        "https://cloud.mongodb.com/api/atlas/v2/groups GET: HTTP 401 Unauthorized, not authorized",
        "go: go.mongodb.org/mongo-driver@v1.17.0: lookup proxy.example.org: no such host",
        "request to https://packages.example.org/mongodb failed, reason: connect ECONNREFUSED",
        "HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /simple/pymongo/"
        " (certificate verify failed: self-signed certificate in certificate chain)",
        'Failed to pull image "mongo:8": lookup registry.example.org: i/o timeout',
        "Could not resolve dependencies for project shop: mongodb-driver: Connection refused",
        "Failed to download crates `mongodb`\nCaused by: [6] Couldn't resolve host name",
        "Failed to download MongoDB: getaddrinfo ENOTFOUND fastdl.mongodb.org",
        "curl: (28) Failed to connect to mongo.example.org port 443: Connection timed out",
        "mongo plug-in: cannot send to statsd: dial udp: lookup statsd: no such host",
        "mongo backup: ssh: connect to host backup.example.org port 22: Connection refused",
        "fatal: Authentication failed for 'https://git.example.org/team/mongo-app.git/'",
        "pull of team/mongo-tools failed: unauthorized: authentication required",
    ],
)
def test_a_request_over_http_is_not_one_of_a_driver_whatever_it_names(text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing == advice.NOT_MONGODB
    assert not read_log([text]).errors


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        # an access log names the request in which a driver failed
        (
            "GET https://shop.example.org/cart: MongoServerSelectionError: connect ECONNREFUSED"
            " 192.0.2.4:27017",
            "tcp.refused",
        ),
        (
            "npm ERR! network request to https://x.example/mongodb failed, reason: ENOTFOUND\n"
            "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017",
            "tcp.refused",
        ),
        (
            "2026-05-05T10:00:00Z error MongoServerSelectionError: connect ECONNREFUSED "
            "192.0.2.4:27017 GET https://shop.example.org/cart failed",
            "tcp.refused",
        ),
        # a driver that was sent to the port of another service
        (
            "server selection error: server selection timeout, current topology: { Type: Single, "
            "Servers: [{ Addr: db:8081, Type: Unknown, Last error: dial tcp 192.0.2.4:8081: "
            "connect: connection refused }, ] }",
            "tcp.refused",
        ),
        ("curl: (7) Failed to connect to mongo port 27017: Connection refused", "tcp.refused"),
    ],
)
def test_an_error_of_a_driver_next_to_a_request_is_explained(text: str, cause: str) -> None:
    assert explain(text).cause == cause


def test_each_line_of_several_services_is_judged_by_itself() -> None:
    explanation = explain(
        "web-1  | connected to MongoDB\n"
        'sql-1  | FATAL:  password authentication failed for user "shop"\n'
        'web-1  | error: password authentication failed for user "shop"\n'
        "web-1  | MailError: 535-5.7.8 Username and Password not accepted. Authentication failed"
    )

    assert explanation.cause is None


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("mongoc: Failed to resolve 'db.example.org'", "dns.host-not-found"),
        ("[Failed to resolve db calling hello on 'db:27017']", "dns.host-not-found"),
        ("MongoDB: Could not resolve host: db.example.org", "dns.host-not-found"),
        ("MongoServerError: Failed to resolve view after max number of retries.", None),
        ('Failed to resolve import "mongodb" from "src/db.ts". Does the file exist?', None),
        ("Unable to resolve module mongodb from App.js", None),
    ],
)
def test_only_names_of_hosts_are_looked_up(text: str, cause: str | None) -> None:
    assert explain(text).cause == cause


def test_lines_of_others_are_not_joined_to_one_that_names_mongodb() -> None:
    """The first line is as long as if the second one had been wrapped."""
    explanation = explain(
        "StackExchange.Redis: It was not possible to connect: Connection refused cache\n"
        "MongoDB.Driver 3.0 was loaded"
    )

    assert explanation.cause is None


def test_words_of_a_stored_document_are_no_error() -> None:
    text = (
        "MongoServerError: E11000 duplicate key error collection: logs.errors index: message_1 "
        'dup key: { message: "connect ECONNREFUSED 127.0.0.1:27017" }'
    )

    assert explain(text).cause is None
    assert explain(f"{text}\nMongoNetworkError: getaddrinfo ENOTFOUND db").cause == (
        "dns.host-not-found"
    )


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("192.0.2.4:27017", "tcp.refused"),
        ("192.0.2.4:27117", "tcp.refused"),
        ("192.0.2.4:3001", None),
        ("[2001:db8::4]:3001", None),
    ],
)
def test_a_bare_error_at_a_port_that_is_not_one_of_mongodb_has_no_cause(
    address: str, cause: str | None
) -> None:
    explanation = explain(f"Error: connect ECONNREFUSED {address}")

    assert explanation.cause == cause
    assert explain(f"mongo: connect ECONNREFUSED {address}").cause == "tcp.refused"


def test_the_port_of_a_resolver_is_no_port_of_another_service() -> None:
    explanation = explain(
        "The resolution lifetime expired after 5.4 seconds: Server Do53:192.0.2.1@5353 answered "
        "The DNS operation timed out."
    )

    assert explanation.cause == "dns.timeout"
    assert explanation.hosts == ()
