"""A picture of a terminal is an SVG that any reader takes, whatever is written in it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from mongoping.terminal_svg import svg


def text_of(picture: str) -> str:
    """The text in a picture; raises where it is no XML."""
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return "".join(root.itertext()).replace("\xa0", " ")


def test_text_stays_text_and_the_same_lines_are_the_same_bytes() -> None:
    lines = [Text("a primary", "bold green"), Text.assemble(("b ", "red"), "<lost> & back")]
    picture = svg(lines, 60, "mongoping watch", "watch")
    assert "a primary" in text_of(picture)
    assert "<lost> & back" in text_of(picture)
    assert picture == svg(lines, 60, "mongoping watch", "watch")
    assert picture.count("http") == 1, "it refers to nothing but the namespace"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\ufffe", "\ud800", "\U0010ffff"])
def test_characters_that_xml_does_not_know_do_not_break_it(character: str) -> None:
    assert "before" in text_of(svg([Text(f"before{character}after")], 40, "title", "name"))


@given(st.text(max_size=80))
def test_no_text_can_break_it(text: str) -> None:
    text_of(svg([Text(text)], 40, "title", "name"))


@pytest.mark.parametrize("name", ["topology", "watch", "waterfall"])
def test_the_pictures_in_the_pages_are_small_and_name_no_machine(name: str) -> None:
    """Draw them again with: python -m benchmarks.pictures"""
    path = Path(__file__).parents[1] / "docs" / f"{name}.svg"
    picture = path.read_text("utf-8")
    assert len(picture) < 100_000
    assert picture.count("http") == 1
    text = text_of(picture)
    assert "db1" in text
    assert ":***@" in text or "signed in as ada@admin" in text
    assert not re.search(r"/(?:tmp|home|root|var|work|Users)\b", text)
