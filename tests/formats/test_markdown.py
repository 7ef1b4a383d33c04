"""Markdown: read by a parser of the dialect, and nothing in it was written by a peer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from mongoping.formats import markdown
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    refused_report,
    report,
    smoke_report,
    texts,
    warning_report,
    waterfall_report,
)

READ = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ROW = re.compile(r"(?<!\\)\|")
OUR_HTML = {"<sub>", "</sub>", "<br>"}


def kinds(text: str) -> list[str]:
    types = []
    for token in READ.parse(text):
        types.append(token.type)
        types += [child.type for child in token.children or ()]
    return types


def html(text: str) -> set[str]:
    markup = set()
    for token in READ.parse(text):
        if token.type == "html_block":
            markup.add(token.content.strip())
        markup |= {child.content for child in token.children or () if child.type == "html_inline"}
    return markup


def test_the_verdict_comes_first() -> None:
    lines = markdown.render(refused_report(), STYLE).splitlines()
    assert lines[0] == "### ❌ `mongodb://ada:***@h:1/` does not work: `tcp.refused`"
    assert "**Nothing listens on that port** (exit code 12)" in lines
    place = lines.index("**Try first:** Start the server:")
    assert lines[place + 1 : place + 5] == ["", "```text", "systemctl start mongod", "```"]
    assert "**Also try:** Use the port that listens:" in lines
    assert not [line for line in lines if re.match(r"\d+\.", line)]


def test_a_warning_has_its_title_and_its_remedies() -> None:
    text = markdown.render(warning_report(), STYLE)
    assert "**It expires soon** (`tls.certificate-expiring`)" in text
    assert "```text\ncertbot renew\n```" in text


def test_the_waterfall_is_a_block() -> None:
    text = markdown.render(waterfall_report(), STYLE)
    (block,) = [token.content for token in READ.parse(text) if token.type == "fence"]
    assert "a.example.test:27017" in block
    assert "█" in block
    assert "█" not in markdown.render(waterfall_report(), STYLE.replace(unicode=False))


def test_no_text_ends_the_block_that_it_is_in() -> None:
    evil = "x ``` y `````"
    (token,) = READ.parse(markdown.block([evil, "next"]))
    assert (token.type, token.content) == ("fence", f"{evil}\nnext\n")


def test_layers_and_expectations_are_tables() -> None:
    text = markdown.render(smoke_report(), STYLE)
    assert kinds(text).count("table_open") == 2
    assert "| ❌ | members | 3 | 1 |" in text
    assert "Ready after 3.2 s and 7 attempts" in text


def test_quiet_is_one_line_and_several_have_an_overview() -> None:
    assert markdown.render(warning_report(), STYLE.replace(quiet=True)).count("\n") == 1
    text = markdown.render_all([report(), refused_report()], STYLE)
    assert "| ❌ | `mongodb://ada:***@h:1/` | `tcp.refused` |" in text


@pytest.mark.parametrize("name", EVERY)
def test_every_report_has_its_status_in_the_first_line(name: str) -> None:
    first = markdown.render(EVERY[name], STYLE).splitlines()[0]
    if EVERY[name].interrupted:
        assert "was interrupted" in first
    else:
        assert ("does not work" in first) == (EVERY[name].status == "fail")


@given(texts)
@examples(60)
def test_no_text_can_become_markup(text: str) -> None:
    """No link, image or HTML but our own; no table has a column more for it."""
    output = markdown.render(hostile(text), STYLE)
    assert html(output) <= OUR_HTML
    tokens = READ.parse(output)
    links = [
        child.attrGet("href")
        for token in tokens
        for child in token.children or ()
        if child.type == "link_open"
    ]
    assert links == ["https://www.mongodb.com/docs/manual/"]
    assert "image" not in kinds(output)
    assert len([kind for kind in kinds(output) if kind == "heading_open"]) == 1
    for line in output.splitlines():
        if line.startswith("| "):
            assert len(ROW.findall(line)) == 5, line


def test_nobody_is_mentioned_and_no_address_becomes_a_link() -> None:
    output = markdown.escape(
        "@everyone #12 https://evil.example www.evil.example mail@evil.example"
    )
    assert not re.search(r"[@#]\w", output)
    assert "https:" not in output
    assert "www." not in output
