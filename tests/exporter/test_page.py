"""The page: what a browser shows, for outcomes that hold hostile text too."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given

from mongoping.exporter.page import page
from mongoping.exporter.probes import Outcome, outcome_of
from tests.examples import examples
from tests.formats.samples import refused_report, report, texts, warning_report


class Elements(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def outcome(text: str = "", **changes: object) -> Outcome:
    result = Outcome("full", (), "fail", "tcp.refused", text, 0.5, 1000.0)
    return result._replace(**changes)  # type: ignore[arg-type]


def test_every_target_has_a_row_with_its_last_verdict() -> None:
    last = {
        "orders": outcome_of(report(), "full", 0.1)._replace(at=940.0),
        "users": outcome_of(warning_report(), "hello", 0.1)._replace(at=1000.0),
        "carts": outcome_of(refused_report(), "auth", 0.1)._replace(at=1000.0),
        "stock": outcome(status=None, cause=None, text="the variable is not set"),
    }
    page_text = Elements(
        page(["orders", "users", "carts", "stock", "new"], last, 1000.0, "1.0")
    ).words
    for words in (
        "5 targets, 1 fail, 1 warn, 1 ok",
        "✓ ok",
        "1 min ago",
        "tls.certificate-expiring",
        "tcp.refused h:1 refused the connection",
        "the variable is not set",
        "not probed yet",
    ):
        assert words in page_text


@given(texts)
@examples(60)
def test_no_text_becomes_an_element(text: str) -> None:
    plain = Elements(page(["a"], {"a": outcome("x", cause="x")}, 0.0, "1"))
    hostile = Elements(page([text], {text: outcome(text or "x", cause=text or "x")}, 0.0, "1"))
    assert hostile.tags == plain.tags


def test_it_fetches_nothing_and_refreshes_itself() -> None:
    text = page([], {}, 0.0, "1")
    assert '<meta http-equiv="refresh" content="15">' in text
    assert "default-src 'none'" in text
    assert "src=" not in text.replace("-src", "")
