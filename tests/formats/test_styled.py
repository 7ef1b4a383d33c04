"""Lines of styled text look as Rich would print them, whatever their characters and styles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len as rich_cell_len

from mongoping.columns import ASCII
from mongoping.formats._text.styled import ONE_COLUMN, Text, cell_len
from mongoping.formats.text import console_of
from mongoping.model import Style
from tests.examples import examples

STYLES = st.sampled_from(["", "bold", "dim", "red", "bold red", "bold underline", "green"])
PARTS = st.lists(st.tuples(st.text("ab ✓é漢", max_size=6), STYLES), max_size=5)
LINK_ID = re.compile("(\x1b]8;)id=[^;]*;")


def by_rich(text: Text) -> str:
    """Return what Rich prints for the same text, without its random numbers for links."""
    console = console_of(Style(width=80, color=True))
    console.print(text.to_rich(), soft_wrap=True, end="")
    return LINK_ID.sub(r"\1;", console.file.getvalue())  # type: ignore[attr-defined]


@examples(100)
@given(PARTS, PARTS, STYLES, st.integers(0, 9), st.integers(0, 9))
def test_styles_are_written_as_rich_writes_them(
    parts: list[tuple[str, str]],
    more: list[tuple[str, str]],
    style: str,
    start: int,
    end: int,
) -> None:
    text = Text.assemble(*parts).append_text(Text.assemble(*more))
    text.stylize(style, start, end)
    assert text.ansi() == by_rich(text)
    assert text.skip(start).ansi() == by_rich(Text(spans=()).append_text(text).skip(start))
    assert text.skip(start).plain == text.plain[start:]
    text.truncate(end)
    assert text.cell_len <= end
    assert text.ansi() == by_rich(text)


def test_a_hyperlink_is_written_as_rich_writes_it() -> None:
    text = Text("see ").append("https://a.example/x", "dim")
    text.link("https://a.example/x")
    assert text.ansi() == by_rich(text)
    assert "\x1b]8;;https://a.example/x\x1b\\" in text.ansi()


@pytest.mark.parametrize("char", sorted(ONE_COLUMN))
def test_every_drawing_character_takes_one_column(char: str) -> None:
    assert rich_cell_len(char) == 1


def test_wide_characters_take_two_columns() -> None:
    assert cell_len("漢字" + "".join(ASCII)) == 4 + len(ASCII)


def test_lines_keep_their_styles_when_wrapped() -> None:
    text = Text("alpha ", "bold").append("beta gamma", "red")
    lines = text.wrap(10)
    assert [line.plain.rstrip() for line in lines] == ["alpha beta", "gamma"]
    assert lines[1].ansi() == "\x1b[31mgamma\x1b[0m"
