"""Errors of other services are ignored, also next to an error of MongoDB."""

from __future__ import annotations

import pytest

from mongoping.explaining import advice, explain


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
    found = explain(text)

    assert found.cause is None
    assert found.missing == advice.NOT_MONGODB


def test_the_error_of_another_service_beside_one_of_mongodb_is_left_alone() -> None:
    found = explain(
        'psycopg2.OperationalError: FATAL: password authentication failed for user "app"\n'
        "MongoServerSelectionError: getaddrinfo ENOTFOUND mongo"
    )

    assert found.cause == "dns.host-not-found"
    assert not any(code.startswith("auth.") for code in found.alternatives)


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
    found = explain(text)

    assert found.client == client
    assert found.missing != advice.NOT_MONGODB
    assert not found.missing or advice.reasons(client, text) in found.missing
