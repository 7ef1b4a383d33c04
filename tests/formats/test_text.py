"""The report for people: it fits, it obeys nobody, and the verdict says what to do."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.formats import text
from mongoping.model import (
    Alternative,
    Finding,
    Latency,
    LayerReport,
    Line,
    Match,
    Remedy,
    Report,
    Style,
    Verdict,
    remedy_of,
)
from mongoping.report import build
from mongoping.sandbox.scripts import CONTROL, MARKUP
from tests.evidence import evidences
from tests.examples import examples

if TYPE_CHECKING:
    from mongoping.model import Evidence
    from mongoping.uri.target import Parsed

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COLORS = re.compile("\x1b\\[[0-9;]*m")
STYLES = st.builds(
    Style,
    width=st.sampled_from([40, 80, 200]),
    color=st.booleans(),
    unicode=st.booleans(),
    verbose=st.booleans(),
    quiet=st.booleans(),
)


def verdict(**more: object) -> Verdict:
    fields = {
        "cause": "tcp.refused",
        "layer": "tcp",
        "title": "Nothing listens on that port",
        "explanation": "The machine was reached and refused the connection.",
        "remedies": ("Start the server.", "Use another port."),
        "links": ("https://www.mongodb.com/docs/",),
        "alternatives": (),
        "evidence": ("a:27017 refused the connection",),
    }
    fields |= more
    return Verdict(**{**fields, "remedies": tuple(map(remedy_of, fields["remedies"]))})


def report(**more: object) -> Report:
    fields = {
        "tool": {},
        "uri": "mongodb://a:27017/",
        "preset": "check",
        "hosts": ("a:27017",),
        "deployment": "unknown",
        "started_at": "2026-11-22T12:00:00.000Z",
        "duration_ms": 12.0,
        "status": "fail" if more.get("verdict") else "ok",
        "verdict": None,
        "layers": (),
    }
    return Report(**{**fields, **more})


def layer(*lines: Line, **more: object) -> LayerReport:
    fields = {
        "name": "tcp",
        "status": "ok",
        "duration_ms": 0.42,
        "summary": "connected",
        "data": {},
        "lines": lines,
    }
    return LayerReport(**{**fields, **more})


def shown(made: Report, **style: object) -> str:
    return text.render(made, Style(**style))


@examples(60)
@given(evidences(), STYLES)
def test_any_report_fits_and_obeys_nobody(pair: tuple[Parsed, Evidence], style: Style) -> None:
    """Whatever checks saw: printable, within the width, colours only where they are wanted."""
    parsed, evidence = pair
    checks = registry.checks()
    made = build(evidence, diagnose(evidence, registry.causes()), checks, parsed)
    out = text.render(made, style)
    assert bool(COLORS.search(out)) == (style.color and not style.quiet)
    plain = COLORS.sub("", out)
    assert not UNSAFE.search(plain)
    assert out.endswith("\n")
    if style.quiet:
        assert plain.count("\n") == 1
    else:
        assert max(cell_len(line) for line in plain.splitlines()) <= style.width
        assert made.verdict is None or made.verdict.cause in re.sub(r"\s", "", plain)


def test_a_verdict_ends_the_report_with_all_that_helps() -> None:
    """What happened, the evidence, what to do first, where to read more, and the code."""
    made = verdict(
        alternatives=(Alternative("tcp.timeout", "No answer"),), tell_apart="nc -vz a 27017"
    )
    out = shown(report(verdict=made))
    order = [
        "Nothing listens on that port",
        "Evidence        a:27017 refused the connection",
        "What it means   The machine was reached",
        "Try first       Start the server.",
        "Also try        Use another port.",
        "Or it could be  tcp.timeout",
        "To find out     nc -vz a 27017",
        "Docs            https://www.mongodb.com/docs/",
        "Cause           tcp.refused  (exit code 12)",
    ]
    places = [out.index(one) for one in order]
    assert places == sorted(places)


def test_the_likeliest_remedies_are_shown_and_verbose_shows_all() -> None:
    made = report(verdict=verdict(remedies=tuple(f"Do {n}." for n in range(9))))
    assert "Do 3." in shown(made)
    assert "Do 4." not in shown(made)
    assert "Do 8." in shown(made, verbose=True)


def test_details_and_long_layers_are_for_verbose() -> None:
    lines = [Line("", f"line {n}") for n in range(50)]
    made = report(layers=(layer(Line("option", "rarely asked for", detail=True), *lines),))
    brief, full = shown(made), shown(made, verbose=True)
    assert "rarely asked for" not in brief
    assert "rarely asked for" in full
    assert "(10 more lines; --verbose shows them)" in brief
    assert "line 49" in full


@pytest.mark.parametrize(
    ("status", "mark", "plain"),
    [("ok", "✓", "+"), ("warn", "!", "!"), ("fail", "✗", "x"), ("skip", "–", "-")],
)
def test_a_layer_has_a_mark_that_is_read_without_color(status: str, mark: str, plain: str) -> None:
    made = report(layers=(layer(status=status),))
    assert f"\n{mark} tcp " in shown(made)
    assert f"\n{plain} tcp " in shown(made, unicode=False)


def test_a_duration_stands_beside_its_layer_unless_it_was_skipped() -> None:
    assert "0.4 ms" in shown(report(layers=(layer(),)))
    assert "0.4 ms" not in shown(report(layers=(layer(status="skip"),)))


def test_warnings_stand_with_their_layer_and_are_counted() -> None:
    found = tuple(
        Finding(f"tls.{name}", "tls", "warning", f"it is {name}", (), Match(""))
        for name in ("old", "odd")
    )
    out = shown(report(status="warn", layers=(layer(findings=found),)))
    assert "! it is old  [tls.old]" in out
    assert "It works, with 2 warnings." in out
    assert "with a warning" in shown(report(status="warn", layers=(layer(findings=found[:1]),)))


def test_health_is_told_with_the_median() -> None:
    seen = Latency(10, 0, 0.1, 0.3, 0.0, 0.25, 0.4, 0.4, 0.4)
    assert "✓ It works.  ping p50 0.25 ms over 10" in shown(report(latency=seen))


def test_an_interrupted_report_says_so_and_claims_nothing() -> None:
    out = shown(report(interrupted=True, status="warn"))
    assert "Interrupted" in out
    assert "It works" not in out


def test_quiet_is_one_line_with_the_code() -> None:
    assert shown(report(verdict=verdict()), quiet=True) == (
        "✗ tcp.refused mongodb://a:27017/: a:27017 refused the connection\n"
    )
    assert shown(report(), quiet=True) == "✓ ok mongodb://a:27017/\n"
    assert shown(report(), quiet=True, unicode=False).startswith("+ ok")


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(("start", "length"), [(0, 7), (10, 3), (30, 12), (75, 1), (99, 5)])
def test_a_caret_stands_under_what_is_wrong(width: int, start: int, length: int) -> None:
    """Also where the string takes several rows."""
    uri = "".join(chr(ord("a") + n % 26) for n in range(100))
    out = shown(report(uri=uri, caret=(start, length), verdict=verdict()), width=width)
    rows = out.splitlines()
    marked = ""
    for above, row in pairwise(rows):
        if re.fullmatch(r" {4} *\^+", row):
            marked += above[row.index("^") : len(row)]
    assert marked == uri[start : start + length]


@pytest.mark.parametrize("foreign", [CONTROL, MARKUP], ids=["control", "markup"])
def test_foreign_text_is_shown_in_every_place(foreign: str) -> None:
    """Fields of all records that a peer can fill; markup stays as it was sent."""
    found = Finding("tls.x", "tls", "warning", foreign, (foreign,), Match(foreign))
    made = report(
        uri=f"mongodb://{foreign}/",
        layers=(layer(Line(foreign, foreign), summary=foreign, findings=(found,)),),
        verdict=verdict(evidence=(foreign,), remedies=(Remedy(foreign),), tell_apart=foreign),
    )
    for style in ({}, {"quiet": True}, {"verbose": True}, {"color": True}):
        out = COLORS.sub("", shown(made, width=200, **style))
        assert not UNSAFE.search(out)
        assert ("[bold red]rs0[/]" if foreign == MARKUP else "\\x1b[2J") in out


def test_a_caret_counts_the_columns_of_a_terminal() -> None:
    """Wide characters take two, combining ones none."""
    uri = "mongodb://\u6570\u636e\u5e93e\u0301,b:x/"
    out = shown(report(uri=uri, caret=(uri.index("x"), 1), verdict=verdict()), width=80)
    above, row = next(two for two in pairwise(out.splitlines()) if two[1].strip() == "^")
    assert cell_len(above[: above.index("x")]) == len(row) - 1
    wide = report(uri="mongodb://" + "\u6570" * 60, caret=(40, 2), verdict=verdict())
    rows = shown(wide, width=60).splitlines()
    assert all(cell_len(one) <= 60 for one in rows)
    assert sum(one.count("^") for one in rows) == 4


def test_an_error_that_was_seen_elsewhere_is_told_where_its_layer_has_the_mark() -> None:
    """As a reset of a connection that was made and used; a line that failed tells it by itself."""
    found = Finding("tcp.reset", "tcp", "error", "it was reset at hello", ("a:1",), Match(""))
    fine = layer(Line("", "127.0.0.1"), status="fail", findings=(found,))
    assert "it was reset at hello" in shown(report(layers=(fine,)))
    failed = layer(Line("", "it was reset", "fail"), status="fail", findings=(found,))
    assert "at hello" not in shown(report(layers=(failed,)))
