"""HTML: one file that refers to nothing, in which no text of a peer is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from mongoping.formats import html
from mongoping.formats._page import SCRIPT
from mongoping.model import Vantage
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
        self.scripts: list[str] = []
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
        if self.open[-1:] == ["script"]:
            self.scripts.append(data)


def inert(page: Page) -> None:
    """Require that nothing is loaded, and that nothing runs but the script that copies."""
    assert not page.tags & {"link", "img", "iframe", "object", "embed", "base", "form"}
    assert page.scripts == [SCRIPT]
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
    page = Page(text)
    inert(page)
    assert "@import" not in text
    assert "url(" not in text
    (policy,) = [value for _, name, value in page.attributes if value.startswith("default-src")]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_the_verdict_is_at_the_top_with_what_to_paste() -> None:
    text = html.render(refused_report(), STYLE)
    assert text.index("Nothing listens on that port") < text.index("<h2>Layers</h2>")
    assert "<pre>systemctl start mongod</pre>" in text
    assert "<pre>mongodb://ada:***@h:27017/</pre>" in text
    assert "<ol>" not in text
    page = Page(text)
    assert page.text.index("Try first Start the server:") < page.text.index("Also try Use the port")


def test_a_warning_has_its_title_and_its_remedies() -> None:
    text = html.render(warning_report(), STYLE)
    assert "<h3>It expires soon</h3>" in text
    assert "<pre>certbot renew</pre>" in text


def test_the_waterfall_has_a_bar_for_each_step() -> None:
    text = html.render(waterfall_report(), STYLE)
    assert text.count("<rect ") == 10
    assert "not measured: Connection refused" in text
    ends = [
        float(x) + float(width)
        for x, width in re.findall(r'<rect [^>]*x="([\d.]+)"[^>]*width="([\d.]+)"', text)
    ]
    assert 999 <= max(ends) <= 1003
    assert "Waterfall" not in html.render(report(), STYLE)


def test_the_page_says_where_the_target_comes_from() -> None:
    sample = report(source="MONGODB_URI", vantage=Vantage("bastion", "ssh:b.example.com"))
    text = Page(html.render(sample, STYLE)).text
    assert "from MONGODB_URI, checked from bastion (ssh:b.example.com)" in text


def test_the_page_tells_what_the_report_does() -> None:
    page = Page(html.render(smoke_report(), STYLE))
    for words in ("orders", "members", "expectation.not-met", "exit code 18", "Start the server"):
        assert words in page.text
    assert "h:1 refused the connection" in Page(html.render(refused_report(), STYLE)).text
    assert "It works, with warnings" in Page(html.render(warning_report(), STYLE)).text


def test_several_targets_have_an_overview_whose_links_lead_somewhere() -> None:
    page = Page(html.render_all([report(), refused_report()], STYLE))
    ids = {value for _, name, value in page.attributes if name == "id"}
    links = {value[1:] for _, name, value in page.attributes if name == "href" and value[0] == "#"}
    assert links == {"r0", "r1"} <= ids


@given(texts)
@examples(60)
def test_no_text_can_become_markup(text: str) -> None:
    page = Page(html.render(hostile(text), STYLE))
    inert(page)
    assert page.tags <= Page(html.render(hostile("x"), STYLE)).tags
