"""Numbers, names and ends of streams become marks, whatever driver or system wrote them."""

from __future__ import annotations

import pytest

from mongoping.explaining.clean import clean
from mongoping.explaining.numbers import alert, letters
from mongoping.explaining.reading import read


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("db:27017: [Errno 111] Connection refused", "⟨ECONNREFUSED⟩"),
        ("db:27017: [Errno 61] Connection refused", "⟨ECONNREFUSED⟩"),
        ("db:27017: [WinError 10061] anything at all", "⟨ECONNREFUSED⟩"),
        ("I/O error: Connection refused (os error 111)", "⟨ECONNREFUSED⟩"),
        ("SocketException (10060): ...", "⟨ETIMEDOUT⟩"),
        ("[Errno -2] Name or service not known", "⟨EAI_NONAME⟩"),
        ("[Errno 8] nodename nor servname provided", "⟨EAI_NONAME⟩"),
        ("[Errno 11001] getaddrinfo failed", "⟨EAI_NONAME⟩"),
        ("[Errno -3] Temporary failure", "⟨EAI_AGAIN⟩"),
        ("{ errno: -111, code: 'ECONNREFUSED' }", "⟨ECONNREFUSED⟩"),
        ("full error: {'ok': 0.0, 'code': 18}", "⟨code 18⟩"),
        ('{"ok":0,"code":8000,"codeName":"AtlasError"}', "⟨code 8000⟩"),
        ("(Unauthorized) command find requires authentication", "⟨code 13⟩"),
        ("Command failed with error 13435 (NotPrimaryNoSecondaryOk)", "⟨code 13435⟩"),
        ("[18:AuthenticationFailed]: Authentication failed.", "⟨code 18⟩"),
        ("[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error", "⟨alert 80⟩"),
        ("SSL routines:ssl3_read_bytes:tlsv13 alert certificate required", "⟨alert 116⟩"),
        ("...:SSL alert number 48", "⟨alert 48⟩"),
        ("remote error: tls: handshake failure", "⟨alert 40⟩"),
        ("SSLException: Received fatal alert: protocol_version", "⟨alert 70⟩"),
        ("received fatal alert: InternalError", "⟨alert 80⟩"),
        ("Message length (1347703880) is larger than", "⟨says HTTP⟩"),
        ("Message length (759714643) is larger than", "⟨says SSH-⟩"),
        ("Got response id 808464432 but expected 5", "⟨says 0000⟩"),
        ("message msgLen 33620758 is invalid", "⟨says TLS⟩"),
        ("recv(): message msgLen 542393671 is invalid. Min 16", "⟨says GET ⟩"),
        ("Prematurely reached end of stream", "⟨eof⟩"),
        ("connection <monitor> to 192.0.2.7:27017 closed", "⟨eof⟩"),
        ("mongodb://db/?tls=false then: incomplete read of message header: EOF", "⟨eof in plain⟩"),
        ("mongodb://db/?tls=true then: incomplete read of message header: EOF", "⟨eof in tls⟩"),
        ("connection() error occurred during connection handshake: EOF", "⟨eof in handshake⟩"),
        ("SSL handshake failed: db:27017:  (configured timeouts: 1)", "⟨eof in handshake⟩"),
        ("Client network socket disconnected before secure TLS connection was established",
         "⟨eof in handshake⟩"),
    ],
)  # fmt: skip
def test_what_is_said_in_many_ways_is_marked_in_one(text: str, mark: str) -> None:
    assert mark in read(text).text


@pytest.mark.parametrize(
    "text",
    [
        "Message length (70000) is larger than server max message size",
        "[Errno 5] Input/output error",
        "SSL alert number",
        "exit code unknown",
    ],
)
def test_what_stands_for_nothing_gets_no_mark(text: str) -> None:
    assert "⟨" not in read(text).text


def test_marks_that_stand_in_a_text_already_are_no_marks() -> None:
    """A text cannot say of itself what only its reading says."""
    assert "⟨code 18⟩" not in read("⟨code 18⟩ mongodb").text


def test_in_a_servers_log_an_alert_is_the_clients() -> None:
    line = (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"NETWORK","id":22988,'
        '"ctx":"conn9","msg":"Error receiving request from client","attr":{"error":{"code":141,'
        '"errmsg":"SSL handshake failed: tlsv1 alert unknown ca"}}}'
    )
    reading = read(line)

    assert reading.server_log
    assert "⟨peer alert 48⟩" in reading.text


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        ("mongodb+srv://cluster0.example.net/ failed", True),
        ("mongodb+srv://cluster0.example.net/?tls=false failed", False),
        ("mongodb://db:27017/?ssl=true failed", True),
        ("mongodb://db:27017/ failed", False),
        ("certificate verify failed", True),
        ("connection closed", None),
    ],
)
def test_whether_tls_is_in_use_is_read_where_it_shows(text: str, tls: bool | None) -> None:
    assert read(text).tls is tls


def test_the_hosts_of_a_string_are_its_seeds_and_its_login_is_dropped() -> None:
    reading = read("tried mongodb://ada:s3cret@db1,db2:27018/shop?replicaSet=rs0 in vain")

    assert reading.seeds == {"db1:27017", "db2:27018"}
    assert "s3cret" not in repr(reading.uris)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("\x1b[31mMongoNetworkError\x1b[0m: closed", "MongoNetworkError: closed"),
        ('{\\"code\\": 18}', '{"code": 18}'),
        ("first\\nsecond", "first\nsecond"),
        ("web_1  | connect refused", "connect refused"),
        ("it&#39;s &quot;refused&quot;", 'it\'s "refused"'),
        ("│ Connection refused                │", "Connection refused"),
        ("“Connection refused”", '"Connection refused"'),
    ],
)
def test_what_others_have_wrapped_around_a_text_is_undone(raw: str, plain: str) -> None:
    assert clean(raw) == plain


@pytest.mark.parametrize("words", ["internal_error", "internal error", "InternalError"])
def test_an_alert_is_known_in_any_spelling(words: str) -> None:
    assert alert(words) == 80


@pytest.mark.parametrize(
    ("number", "expected"), [(1347703880, "HTTP"), (48_000_000, None), (-1, None), (2**40, None)]
)
def test_a_length_that_is_text_is_read_as_text(number: int, expected: str | None) -> None:
    assert letters(number) == expected
