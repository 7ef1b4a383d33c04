"""The scanner finds exactly the strings that occur in a text, at any position."""

from __future__ import annotations

import pytest

from mongoping.explaining.scan import Scanner

WORDS = (
    "a",
    "bc",
    "mgo",
    "bson",
    "mongo",
    "mongod",
    "refused",
    "connection refused",
    "é-mongo",
    "übung",
)
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("before", range(9))
@pytest.mark.parametrize("filler", ["x", "é", "€"])
def test_a_string_is_found_at_every_offset(word: str, before: int, filler: str) -> None:
    scanner = Scanner(WORDS)
    for behind in range(9):
        text = filler * before + word + filler * behind

        assert scanner.found(text) == {other for other in WORDS if other in text}


@pytest.mark.parametrize(
    "text", ["", "b", "mon", "mong", "ongo", "refuse", "connection  refuse", "\ud800"]
)
def test_a_part_of_a_string_is_not_found(text: str) -> None:
    assert Scanner(WORDS).found(text) == set()


def test_strings_with_the_same_characters_are_told_apart() -> None:
    """Every string shares all its characters with others, so no choice of them is rare."""
    words = [f"{first}{second}cdef" for first in ALPHABET for second in ALPHABET]
    scanner = Scanner(words)

    assert scanner.found("xx abcdef zzcdef") == {"abcdef", "zzcdef"}
