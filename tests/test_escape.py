"""Text from elsewhere is shown, and nothing in it controls the terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.escape import MAX_CHARS, clip, harmless_json, printable

TEXT = st.text(st.characters(codec=None), max_size=200)
OBEYED_CATEGORIES = {"Cc", "Zl", "Zp", "Cs"}
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def obeyed_characters(text: str) -> list[str]:
    """Characters that a terminal, or its writing direction, would obey."""
    return [
        char
        for char in text
        if unicodedata.category(char) in OBEYED_CATEGORIES
        or unicodedata.bidirectional(char) in TURNS
    ]


@given(TEXT)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    """Controls, reversed writing, line separators and half characters become escapes."""
    output = printable(text)
    assert not obeyed_characters(output)
    assert "\n" not in output
    assert printable(output) == output
    output.encode()


@given(TEXT)
def test_newlines_may_be_kept(text: str) -> None:
    output = printable(text, newlines=True)
    assert output.count("\n") == text[:MAX_CHARS].count("\n")
    assert "\r" not in output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\tb", "a b"),
        ("a\nb", "a\\nb"),
        ("a\r\nb", "a\\x0d\\nb"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("日本語 é", "日本語 é"),
    ],
)
def test_escapes_are_those_of_python(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_what_is_left_out_is_counted_once() -> None:
    """A text that was cut already keeps its note."""
    assert clip("x" * MAX_CHARS) == "x" * MAX_CHARS
    assert clip("x" * 100, 4) == "xxxx… (96 more characters)"
    assert len(printable("x" * 1_000_000)) < MAX_CHARS + 50
    assert clip(clip("x" * 1_000_000)) == clip("x" * 1_000_000)


@given(TEXT)
def test_json_keeps_the_text_and_shows_no_control(text: str) -> None:
    """The same characters as JSON's own escapes: harmless to print, equal when read."""
    raw = json.dumps({"text": text}, ensure_ascii=False)
    safe = harmless_json(raw)
    assert json.loads(safe) == json.loads(raw)
    assert not obeyed_characters(safe)
    safe.encode()
