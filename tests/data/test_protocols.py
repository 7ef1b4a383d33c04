"""Services are recognized by their first bytes, and by nothing less."""

from __future__ import annotations

import pytest

from mongoping.data import protocols

MYSQL = "\x4a\x00\x00\x00\x0a8.0.36\x00" + "x" * 50


@pytest.mark.parametrize(
    ("data", "service"),
    [
        ("HTTP/1.1 200 OK", "a web server (HTTP)"),
        ("<!DOCTYPE HTML PUBLIC", "a web server (HTTP)"),
        ("<html><head>", "a web server (HTTP)"),
        ("\0\0\x12\x04\0\0\0\0\0\0\x03", "a web server (HTTP/2, such as gRPC)"),
        ("SSH-2.0-OpenSSH_9.2p1", "an SSH server"),
        ("220 mail.example.test ESMTP", "a mail server (SMTP)"),
        ("220-ftp.example.test FTP server ready", "an FTP server"),
        ("220 ready", "a mail or FTP server"),
        ("* OK IMAP4rev1", "a mail server (IMAP)"),
        ("+OK ready", "a mail server (POP3)"),
        ("-ERR unknown command", "a Redis server"),
        ("-NOAUTH Authentication required.", "a Redis server"),
        ("ERROR\r\n", "a memcached server"),
        ("AMQP\0\0\x09\x01", "a message broker (AMQP, such as RabbitMQ)"),
        ('INFO {"server_id":"x"}', "a NATS server"),
        ("RFB 003.008\n", "a VNC server"),
        (MYSQL, "a MySQL server"),
        ("I\x00\x00\x00\x0a5.7.44", "a MySQL server"),
        ("\x47\x00\x00\x00\xff\x6a\x04Host '10.0.0.1' is not allowed", "a MySQL server"),
        ("E\0\0\0\x90SFATAL\0C08P01\0Minvalid length", "a PostgreSQL server"),
        ("\x4a\x00\x00\x00\x0a\x00\x00\x00", None),
        ("\x4a\x00\x00\x01\x0a8.0.36\x00", None),
        ("\x40\x00\x00\x00\x01\x00\x00\x00", None),
        ("ERROR in line 3", None),
        ("E\0\0\0", None),
        ("hello", None),
        ("", None),
    ],
)
def test_a_service_is_recognized_by_its_first_bytes(data: str, service: str | None) -> None:
    assert protocols.recognize(data) == service


@pytest.mark.parametrize(
    ("data", "tls"),
    [
        ("\x15\x03\x01\x00\x02\x02\x46", True),
        ("\x16\x03\x03\x00\x7a", True),
        ("\x15\x00\x00\x00", False),
        ("HTTP/1.1", False),
    ],
)
def test_tls_is_recognized_by_its_record(data: str, tls: bool) -> None:
    assert protocols.is_tls(data) is tls
