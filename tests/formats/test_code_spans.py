"""Code in the sentences of the catalog: one rule, kept by every format."""

from __future__ import annotations

from importlib import import_module

import pytest

from mongoping.code_spans import mark_code, plain
from mongoping.model import Alternative, Finding, Remedy, Report, Style
from tests.formats.samples import layer, report, verdict

SENTENCE = "Compare it with the limit (`ulimit -n`)"
PEER = "the server says `rm -rf`"  # evidence: its backticks are only characters


def code_everywhere() -> Report:
    """Return a failing report and a warning with code in every sentence of the catalog."""
    bad = verdict(text=PEER).replace(
        title=f"{SENTENCE} 1",
        explanation=f"{SENTENCE} 2. Nothing in the title says that.",
        remedies=(Remedy(f"{SENTENCE} 3:", command="echo `date`"),),
        alternatives=(Alternative("tcp.timeout", f"{SENTENCE} 4"),),
    )
    odd = Finding(
        "tcp.slow", "tcp", "warning", PEER,
        remedies=(Remedy(f"{SENTENCE} 5"),), title=f"{SENTENCE} 6", explanation=f"{SENTENCE} 7",
    )  # fmt: skip
    return report(status="fail", verdict=bad, layers=(layer("tcp", "fail", findings=(odd,)),))


@pytest.mark.parametrize("form", ["text", "junit", "tap", "github"])
def test_formats_that_are_read_as_plain_text_leave_the_backticks_out(form: str) -> None:
    output = import_module(f"mongoping.formats.{form}").render(code_everywhere(), Style(width=200))
    assert "(ulimit -n)" in output
    assert "`ulimit" not in output
    assert "`rm -rf`" in output
    assert "echo `date`" in output


def test_html_has_an_element_for_code() -> None:
    output = import_module("mongoping.formats.html").render(code_everywhere(), Style())
    assert "(<code>ulimit -n</code>)" in output
    assert "`ulimit" not in output
    assert "`rm -rf`" in output


def test_markdown_keeps_the_backticks_of_the_catalog_and_escapes_those_of_a_peer() -> None:
    output = import_module("mongoping.formats.markdown").render(code_everywhere(), Style())
    assert "(`ulimit -n`)" in output
    assert "\\`rm -rf\\`" in output


def test_json_keeps_the_sentence_as_it_is() -> None:
    output = import_module("mongoping.formats.json").render(code_everywhere(), Style())
    assert "(`ulimit -n`)" in output


def test_code_is_escaped_like_the_rest() -> None:
    output = mark_code(
        "<a> `<b>` `", lambda text: text.replace("<", "&lt;"), lambda text: f"[{text}]"
    )
    assert output == "&lt;a> [<b>] `"
    assert plain("`code` is bare, a lone ` stays") == "code is bare, a lone ` stays"
