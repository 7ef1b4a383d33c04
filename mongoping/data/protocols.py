"""Recognize services by the first bytes that they send. Pure.

Bytes are given as text (latin-1), one character for each byte.
"""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile

BEGINNINGS = (
    ("HTTP/", "a web server (HTTP)"),
    ("<!do", "a web server (HTTP)"),
    ("<html", "a web server (HTTP)"),
    ("SSH-", "an SSH server"),
    ("AMQP", "a message broker (AMQP, such as RabbitMQ)"),
    ("-ERR", "a Redis server"),
    ("-NOAUTH", "a Redis server"),
    ("-DENIED", "a Redis server"),
    ("-LOADING", "a Redis server"),
    ("+PONG", "a Redis server"),
    ("+OK", "a mail server (POP3)"),
    ("* OK", "a mail server (IMAP)"),
    ("* BYE", "a mail server (IMAP)"),
    ("ERROR\r\n", "a memcached server"),
    ("CLIENT_ERROR ", "a memcached server"),
    ("SERVER_ERROR ", "a memcached server"),
    ("INFO {", "a NATS server"),
    ("UNKNOWN_COMMAND\r\n", "a beanstalkd server"),
    ("RFB 00", "a VNC server"),
    ("@RSYNCD:", "an rsync server"),
    ("<stream:", "an XMPP server"),
    ("\x05\xff", "a SOCKS proxy"),
    ("GET / HTTP/1.0\r\n", "an echo server, which returns what it receives"),
)
_MAIL = lazy_compile(r"(?:220|421|554)[ -][^\r\n]*\b(?:E?SMTP|mail)\b")
_FTP = lazy_compile(r"(?:220|421|530)[ -][^\r\n]*\bFTP")
_REPLY_CODE = lazy_compile(r"(?:220|421|530|554)[ -]")
_POSTGRESQL = lazy_compile("[EN]\0\0..S[A-Z]{4,10}\0", re.DOTALL)
_MYSQL = lazy_compile("..\0\0(?:\n[0-9]|\xff)", re.DOTALL)
_CASSANDRA = lazy_compile("[\x83-\x85]..[\0\x01]?\0[\\s\\S]{4,}protocol version", re.DOTALL)
_HTTP2 = lazy_compile("\0\0.\x04\0\0\0\0\0", re.DOTALL)
_LDAP = lazy_compile("0.\x02\x01\0\x78", re.DOTALL)
_SOCKS4 = lazy_compile("\0[\\x5a-\\x5d]\0{6}$")
_TLS = lazy_compile("[\x15\x16]\x03[\0-\x04]")


def recognize(text: str) -> str | None:
    """Return the service that the first bytes of a peer identify, with its article, or None."""
    for beginning, service in BEGINNINGS:
        if text.startswith(beginning) or text[:5].lower().startswith(beginning):
            return service
    for pattern, service in (
        (_MAIL, "a mail server (SMTP)"),
        (_FTP, "an FTP server"),
        (_REPLY_CODE, "a mail or FTP server"),
        (_MYSQL, "a MySQL server"),
        (_POSTGRESQL, "a PostgreSQL server"),
        (_CASSANDRA, "a Cassandra server"),
        (_HTTP2, "a web server (HTTP/2, such as gRPC)"),
        (_LDAP, "a directory server (LDAP)"),
        (_SOCKS4, "a SOCKS proxy"),
    ):
        if pattern.match(text):
            return service
    return None


def is_tls(text: str) -> bool:
    """Return whether these bytes begin a TLS alert or handshake (RFC 8446, section 5.1)."""
    return _TLS.match(text) is not None


def is_text(text: str) -> bool:
    """Return whether these bytes are printable ASCII and line ends, as no MongoDB reply begins."""
    return bool(text) and all(" " <= letter <= "~" or letter in "\r\n\t" for letter in text)
