"""Errors of other services are ignored, also next to an error of MongoDB."""

from __future__ import annotations

import pytest

from mongoping.explaining import explain


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
        "",
        "   \n",
    ],
)
def test_errors_of_other_services_are_left_alone(text: str) -> None:
    found = explain(text)

    assert found.cause is None
    assert found.missing is not None
    assert "not a MongoDB client's error" in found.missing


def test_the_error_of_another_service_beside_one_of_mongodb_is_left_alone() -> None:
    found = explain(
        'psycopg2.OperationalError: FATAL: password authentication failed for user "app"\n'
        "MongoServerSelectionError: getaddrinfo ENOTFOUND mongo"
    )

    assert found.cause == "dns.host-not-found"
    assert not any(code.startswith("auth.") for code in found.alternatives)
