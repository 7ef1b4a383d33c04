"""Messages of the operating system in other languages, from programs that print no numbers."""

from __future__ import annotations

import pytest

from mongoping.data.translated_errors import TRANSLATED
from mongoping.explaining import advice, explain
from mongoping.explaining.log import read_log

SHELL = (
    "Error: couldn't connect to server 192.0.2.4:27017, connection attempt failed: "
    "SocketException: Error connecting to 192.0.2.4:27017 :: caused by :: %s :"
)
CAUSES = {
    "ECONNREFUSED": "tcp.refused",
    "ETIMEDOUT": "tcp.timeout",
    "ECONNRESET": "tcp.reset",
    "EHOSTUNREACH": "tcp.unreachable",
    "ENETUNREACH": "tcp.unreachable",
    "EAI_NONAME": "dns.host-not-found",
    "EAI_AGAIN": "dns.resolver-failed",
}


@pytest.mark.parametrize(
    ("words", "cause"),
    [(words, CAUSES[name]) for name, every in TRANSLATED.items() for words in every],
)
def test_translated_messages_have_the_cause_of_the_english_one(words: str, cause: str) -> None:
    line = SHELL % words.capitalize()

    assert explain(line).cause == cause
    assert [group.explanation.cause for group in read_log([line]).groups] == [cause]


def test_an_apostrophe_of_windows_is_one_of_ascii() -> None:
    explanation = explain(
        SHELL % "Aucune connexion car l\u2019ordinateur cible l\u2019a expressément refusée"
    )

    assert explanation.cause == "tcp.refused"


def test_messages_of_two_errors_do_not_overlap() -> None:
    words = [(name, word) for name, every in TRANSLATED.items() for word in every]

    assert all(word == word.lower() for _, word in words)
    assert not [
        (word, other)
        for name, word in words
        for other_name, other in words
        if word in other and (name != other_name or word != other)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "redis: localhost:6379: da der Zielcomputer die Verbindung verweigerte",
        "ssh: connect to host git.example.org port 22: Connexion refusée",
    ],
)
def test_other_services_are_translated_too(text: str) -> None:
    assert explain(text).missing == advice.NOT_MONGODB
