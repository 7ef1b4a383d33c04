"""SVG: well-formed, refers to nothing outside, and its text is the report's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given

from mongoping.formats import svg
from tests.examples import examples
from tests.formats.samples import EVERY, STYLE, hostile, refused_report, report, texts

NAMESPACE = "http://www.w3.org/2000/svg"


def read(text: str) -> ET.Element:
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == f"{{{NAMESPACE}}}svg"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "image", "a", "use", "foreignObject", "animate"}
    for element in root.iter():
        for name, value in element.attrib.items():
            assert "href" not in name
            assert not name.startswith("on")
            assert "url(" not in value or value.startswith("url(#")
    style = "".join(element.text or "" for element in root.iter(f"{{{NAMESPACE}}}style"))
    assert "@font-face" not in style
    assert "@import" not in style
    assert "url(" not in style
    return root


def words(root: ET.Element) -> str:
    content = "".join(element.text or "" for element in root.iter(f"{{{NAMESPACE}}}text"))
    return re.sub(r"\s+", " ", content.replace("\xa0", " "))


@pytest.mark.parametrize("name", EVERY)
def test_every_report_is_a_picture_that_refers_to_nothing(name: str) -> None:
    text = svg.render(EVERY[name], STYLE)
    read(text)
    assert text.count("http") == text.count(NAMESPACE) + words(read(text)).count("http")


def test_the_picture_is_searchable_and_the_same_each_time() -> None:
    text = svg.render(refused_report(), STYLE)
    content = words(read(text))
    assert "tcp.refused" in content
    assert "Nothing listens on that port" in content
    assert text == svg.render(refused_report(), STYLE)


def test_several_reports_are_one_picture() -> None:
    content = words(read(svg.render_all([report(), refused_report()], STYLE)))
    assert content.index("It works") < content.index("tcp.refused")


@given(texts)
@examples(30)
def test_no_text_can_break_it(text: str) -> None:
    read(svg.render(hostile(text), STYLE))
