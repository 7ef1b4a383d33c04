"""HTML: one file that refers to nothing, in which no text of a peer is markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given

from mongoping.formats import html
from tests.examples import examples
from tests.formats.samples import EVERY, STYLE, hostile, refused, report, smoked, texts, warned

VOID = {"meta", "br", "hr"}
LOADS = {"src", "srcset", "background", "poster", "data", "action", "formaction", "ping"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; raises where elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def inert(page: Page) -> None:
    """Nothing is loaded, nothing runs; what is linked is MongoDB's documentation."""
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, name, value in page.attributes:
        assert name not in LOADS, (tag, name)
        assert not name.startswith("on")
        assert name != "style"
        if name == "href":
            assert tag == "a"
            assert value.startswith(("#r", "https://www.mongodb.com/"))


@pytest.mark.parametrize("name", EVERY)
def test_every_report_is_a_page_that_refers_to_nothing(name: str) -> None:
    text = html.render(EVERY[name], STYLE)
    inert(Page(text))
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_the_page_tells_what_the_report_does() -> None:
    page = Page(html.render(smoked(), STYLE))
    for words in ("orders", "members", "expectation.not-met", "exit code 18", "Start the server"):
        assert words in page.text
    assert "h:1 refused the connection" in Page(html.render(refused(), STYLE)).text
    assert "It works, with warnings" in Page(html.render(warned(), STYLE)).text


def test_several_targets_have_an_overview_whose_links_lead_somewhere() -> None:
    page = Page(html.render_all([report(), refused()], STYLE))
    ids = {value for _, name, value in page.attributes if name == "id"}
    links = {value[1:] for _, name, value in page.attributes if name == "href" and value[0] == "#"}
    assert links == {"r0", "r1"} <= ids


@given(texts)
@examples(60)
def test_no_text_can_become_markup(text: str) -> None:
    page = Page(html.render(hostile(text), STYLE))
    inert(page)
    assert page.tags == Page(html.render(hostile("x"), STYLE)).tags
