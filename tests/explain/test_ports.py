"""Commands to paste have the port that the error names."""

from __future__ import annotations

import pytest

from mongoping.explaining import explain

LISTENER = (
    '{"t":{"$date":"2024-01-01T00:00:00.000+00:00"},"s":"E",  "c":"CONTROL",  "id":20568,   '
    '"ctx":"initandlisten","msg":"Error setting up listener","attr":{"error":{"code":9001,'
    '"codeName":"SocketException","errmsg":"%s :: caused by :: setup bind :: caused by :: '
    'Address already in use"}}}'
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:28017",
            "docker run -d -p 28017:27017 mongo",
        ),
        ("connect ECONNREFUSED 127.0.0.1:27017", "docker run -d -p 27017:27017 mongo"),
        (
            "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:28017, "
            "connect ECONNREFUSED ::1:28017",
            "docker run -d -p 28017:27017 mongo",
        ),
        (
            "MongoServerSelectionError: connect ECONNREFUSED db1:28017, connect ECONNREFUSED "
            "db2:28018",
            "docker run -d -p PORT:27017 mongo",
        ),
        ("connect ECONNREFUSED /tmp/mongodb-28017.sock", "docker run -d -p 28017:27017 mongo"),
        ("MongoNetworkError: connect ECONNREFUSED", "docker run -d -p 27017:27017 mongo"),
        (LISTENER % "127.0.0.1:27019", "sudo ss -ltnp 'sport = :27019'"),
        (
            "Bind for 0.0.0.0:27018 failed: port is already allocated",
            "docker ps --filter publish=27018",
        ),
        (
            "Error: listen EADDRINUSE: address already in use :::27018",
            "sudo ss -ltnp 'sport = :27018'",
        ),
        (
            "Failed to set up listener: SocketException: Address already in use",
            "sudo ss -ltnp 'sport = :27017'",
        ),
    ],
)
def test_a_command_has_the_port_of_the_error(text: str, command: str) -> None:
    assert command in [remedy.command for remedy in explain(text).remedies]


def test_a_port_of_a_client_is_not_that_of_the_server() -> None:
    """In a server's log, the address next to an error is the client's."""
    text = (
        '{"t":{"$date":"2024-01-01T00:00:00.000+00:00"},"s":"I",  "c":"NETWORK",  "id":22988,   '
        '"ctx":"conn7","msg":"Error receiving request from client. Ending connection from remote",'
        '"attr":{"error":{"code":6,"codeName":"HostUnreachable","errmsg":"Connection refused"},'
        '"remote":"10.0.0.7:54012"}}'
    )
    commands = [remedy.command or "" for remedy in explain(text).remedies]
    assert not any("54012" in command for command in commands)
