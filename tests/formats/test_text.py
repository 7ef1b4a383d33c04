"""The text report: it fits the width, escapes foreign text, and says what to do."""

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
from mongoping.formats._text.page import Page, changed_part
from mongoping.model import (
    Alternative,
    Finding,
    Line,
    Match,
    NextStep,
    Remedy,
    Report,
    Style,
)
from mongoping.report import build
from mongoping.sandbox.scripts import CONTROL, MARKUP
from tests.evidence import evidences
from tests.examples import examples

if TYPE_CHECKING:
    from mongoping.model import Evidence
    from mongoping.uri.target import ParsedUri
from tests.formats.reports import layer, render, report, verdict, warning

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


def remedies_of(report: Report) -> list[Remedy]:
    """Return all remedies of a report."""
    findings = [finding for layer in report.layers for finding in layer.findings]
    verdicts = [report.verdict] if report.verdict is not None else []
    return [remedy for source in (*verdicts, *findings) for remedy in source.remedies]


@examples(60)
@given(evidences(), STYLES)
def test_any_report_fits_and_obeys_nobody(pair: tuple[ParsedUri, Evidence], style: Style) -> None:
    """Printable, within the width except for what is copied, and with colors only on request."""
    uri, evidence = pair
    checks = registry.checks()
    report = build(evidence, diagnose(evidence, registry.causes()), checks, uri)
    out = text.render(report, style)
    assert bool(COLORS.search(out)) == (style.color and not style.quiet)
    plain = COLORS.sub("", out)
    assert not UNSAFE.search(plain)
    assert style.unicode or plain.isascii()
    assert out.endswith("\n")
    if style.quiet:
        assert plain.count("\n") == 1
        return
    strings = [part for remedy in remedies_of(report) for part in (remedy.command, remedy.uri)]
    page = Page(style)
    code_lines = {page.code(part).plain for part in strings if part}
    for line in plain.splitlines():
        assert cell_len(line) <= style.width or line in code_lines or "://" in line
    assert report.verdict is None or report.verdict.cause in re.sub(r"\s", "", plain)


def test_an_interrupted_report_fits_a_narrow_terminal() -> None:
    out = render(report(interrupted=True), width=40)
    assert all(cell_len(line) <= 40 for line in out.splitlines())
    assert "Interrupted: these are the results so far." in " ".join(out.split())


def test_a_verdict_has_all_that_helps_in_the_order_of_reading() -> None:
    alternative = Alternative("tcp.timeout", "The server does not answer")
    conclusion = verdict(alternatives=(alternative,), tell_apart=Remedy("nc -vz a 27017"))
    out = render(report(verdict=conclusion))
    order = [
        "✗ Nothing listens on that port",
        "tcp.refused\n",
        "Evidence        a:27017 refused the connection",
        "What it means   The machine was reached: no server",
        "Try first       Start the server.",
        "Also try        Use another port.",
        "Or it could be  The server does not answer (tcp.timeout)",
        "To find out     nc -vz a 27017",
        "Docs            https://www.mongodb.com/docs/",
        "exit 12 · details: -v",
    ]
    places = [out.index(part) for part in order]
    assert places == sorted(places)


def test_a_next_step_has_its_own_label() -> None:
    step = NextStep("To be certain", "export KEY=VALUE", "sh", "Let mongoping ask Atlas:")
    rows = render(report(verdict=verdict(), next_steps=(step,))).splitlines()
    at = next(index for index, row in enumerate(rows) if "To be certain" in row)
    assert rows[at].split("  ")[1:] == ["To be certain", "Let mongoping ask Atlas:"]
    assert rows[at + 1] == "  export KEY=VALUE"


def test_the_code_is_at_the_right_of_the_title() -> None:
    line = next(row for row in render(report(verdict=verdict())).splitlines() if "✗ N" in row)
    assert cell_len(line) == 80
    assert line.endswith("  tcp.refused")
    long = verdict(title="Nothing listens on that port, and this title takes more than a line")
    first, second = render(report(verdict=long)).splitlines()[3:5]
    assert first.endswith("  tcp.refused")
    assert second == "  line"
    narrow = render(report(verdict=verdict()), width=40).splitlines()
    assert narrow[3].startswith("✗ Nothing listens")


def test_what_repeats_the_evidence_is_left_out() -> None:
    """An explanation that only repeats title and evidence takes room from the remedies."""
    conclusion = verdict(explanation="The connection was refused: nothing listens.")
    assert "What it means" not in render(report(verdict=conclusion))
    assert "What it means" in render(report(verdict=conclusion), verbose=True)


def test_the_likeliest_remedies_are_shown_and_verbose_shows_all() -> None:
    """A verdict takes at most fifteen rows, so that it is seen at once."""
    remedies = tuple(Remedy(f"Do {number}.") for number in range(30))
    sample = report(verdict=verdict(remedies=remedies))
    brief = render(sample).splitlines()
    start = next(at for at, row in enumerate(brief) if row.startswith("✗ "))
    assert len(brief) - start == 15
    texts = [remedy.text for remedy in remedies if any(remedy.text in row for row in brief)]
    assert texts == [remedy.text for remedy in remedies[: len(texts)]]
    assert f"{30 - len(texts)} more remedies, details: -v" in brief[-1]
    assert "Do 29." in render(sample, verbose=True)


def test_a_command_and_a_string_are_lines_of_their_own() -> None:
    """They stay in one piece at any width, so that they work when they are pasted."""
    command = 'python3 -c "' + "print('x'); " * 12 + '"'
    uri = "mongodb://a:27017/?tls=true&replicaSet=" + "r" * 60
    remedies = (Remedy("Run:", command=command), Remedy("Use:", uri=uri))
    for width in (40, 80, 100):
        rows = render(report(verdict=verdict(remedies=remedies)), width=width).splitlines()
        assert f"  {command}" in rows
        assert f"  {uri}" in rows


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("mongodb://a/", "mongodb://a/?tls=true", "?tls=true"),
        ("mongodb://a/?replicaSet=rs1", "mongodb://a/?replicaSet=rs0", "replicaSet=rs0"),
        ("mongodb://a:27017/?w=1", "mongodb://a:27018/?w=1", "a:27018"),
        ("mongodb://a/?w=1&x=2", "mongodb://a/?w=1", ""),
        ("mongodb://a/", "mongodb://a/", ""),
        ("", "mongodb://a/", ""),
    ],
)
def test_the_changed_part_of_a_string_is_marked(old: str, new: str, expected: str) -> None:
    start, end = changed_part(old, new)
    assert new[start:end] == expected
    out = render(report(uri=old, verdict=verdict(remedies=(Remedy("", uri=new),))), color=True)
    assert (f"\x1b[1;4m{expected}\x1b[0m" in out) == bool(expected)


def test_links_are_hyperlinks_only_where_the_terminal_shows_them() -> None:
    url = "https://www.mongodb.com/docs/"
    sample = report(verdict=verdict(links=(url,)))
    out = render(sample, color=True, hyperlinks=True)
    assert f"\x1b]8;;{url}\x1b\\" in out
    assert out == render(sample, color=True, hyperlinks=True)
    assert "\x1b]8" not in render(sample, color=True)


def test_a_long_link_is_never_broken() -> None:
    url = "https://www.mongodb.com/docs/" + "x" * 80
    for width in (40, 80):
        out = render(report(verdict=verdict(links=(url,))), width=width)
        assert any(row.endswith(url) for row in out.splitlines())


def test_an_interrupted_report_says_so_and_claims_nothing() -> None:
    out = render(report(interrupted=True, status="warn"))
    assert "Interrupted" in out
    assert "✓" not in out


def test_quiet_is_one_line_with_the_code() -> None:
    assert render(report(verdict=verdict()), quiet=True) == (
        "✗ tcp.refused mongodb://a:27017/: a:27017 refused the connection\n"
    )
    assert render(report(), quiet=True) == "✓ ok mongodb://a:27017/\n"
    assert render(report(), quiet=True, unicode=False).startswith("+ ok")


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(("start", "length"), [(0, 7), (10, 3), (30, 12), (75, 1), (99, 5)])
def test_a_caret_stands_under_what_is_wrong(width: int, start: int, length: int) -> None:
    """Also where the string takes several rows."""
    uri = "".join(chr(ord("a") + n % 26) for n in range(100))
    out = render(report(uri=uri, caret=(start, length), verdict=verdict()), width=width)
    rows = out.splitlines()
    part = ""
    for above, row in pairwise(rows):
        if re.fullmatch(r" {2} *\^+", row):
            part += above[row.index("^") : len(row)]
    assert part == uri[start : start + length]


@pytest.mark.parametrize("foreign", [CONTROL, MARKUP], ids=["control", "markup"])
def test_foreign_text_is_shown_in_every_place(foreign: str) -> None:
    """Fields of all records that a peer can fill; markup stays as it was sent."""
    finding = Finding("tls.x", "tls", "warning", foreign, (foreign,), Match(foreign))
    sample = report(
        uri=f"mongodb://{foreign}/",
        layers=(layer(Line(foreign, foreign), summary=foreign, findings=(finding,)),),
        verdict=verdict(
            evidence=(foreign,), remedies=(Remedy(foreign),), tell_apart=Remedy(foreign)
        ),
    )
    for style in ({}, {"quiet": True}, {"verbose": True}, {"color": True}):
        out = COLORS.sub("", render(sample, width=200, **style))
        assert not UNSAFE.search(out)
        assert ("[bold red]rs0[/]" if foreign == MARKUP else "\\x1b[2J") in out


def test_a_caret_counts_the_columns_of_a_terminal() -> None:
    """Wide characters take two, combining ones none."""
    uri = "mongodb://\u6570\u636e\u5e93e\u0301,b:x/"
    out = render(report(uri=uri, caret=(uri.index("x"), 1), verdict=verdict()), width=80)
    above, row = next(two for two in pairwise(out.splitlines()) if two[1].strip() == "^")
    assert cell_len(above[: above.index("x")]) == len(row) - 1
    wide = report(uri="mongodb://" + "\u6570" * 60, caret=(40, 2), verdict=verdict())
    rows = render(wide, width=60).splitlines()
    assert all(cell_len(row) <= 60 for row in rows)
    assert sum(row.count("^") for row in rows) == 4


def test_an_error_seen_elsewhere_is_shown_with_its_layer() -> None:
    """As a reset of a connection that was made and used; a line that failed shows it already."""
    finding = Finding("tcp.reset", "tcp", "error", "it was reset at hello", ("a:1",), Match(""))
    conclusion = verdict(cause="tcp.reset")
    fine = layer(Line("", "127.0.0.1"), status="fail", findings=(finding,))
    assert "it was reset at hello" in render(
        report(layers=(fine,), verdict=conclusion), verbose=True
    )
    failure = layer(Line("", "it was reset", "fail"), status="fail", findings=(finding,))
    assert "at hello" not in render(report(layers=(failure,), verdict=conclusion), verbose=True)


def test_how_the_target_was_found_and_read_is_shown() -> None:
    """Unless the user typed a complete connection string."""
    sample = report(
        source="MONGODB_URI", target_note="a was read as mongodb://a", verdict=verdict()
    )
    assert "\n  target from MONGODB_URI · a was read as mongodb://a\n" in render(sample)
    assert "target from" not in render(report(verdict=verdict()))


def test_verbose_shows_what_the_driver_raises() -> None:
    sample = report(verdict=verdict(), driver_message="AutoReconnect: connection closed")
    assert "AutoReconnect" not in render(sample)
    assert re.search("The driver +AutoReconnect: connection closed", render(sample, verbose=True))


def test_several_reports_show_a_warning_once() -> None:
    """As one about this machine, which is the same for every target."""
    findings = (warning("old", Remedy("Renew it.")),)
    first = report(name="a", source="@a", status="warn", layers=(layer(findings=findings),))
    second = report(name="b", source="@b", verdict=verdict(), layers=(layer(findings=findings),))
    out = text.render_all((first, second), Style())
    assert out.count("it is old") == out.count("Renew it.") == 1
    assert out.endswith("\n✗ 1 of 2 targets work: b tcp.refused\n")
    assert "target from" not in out


def test_only_the_mark_of_a_warning_is_yellow() -> None:
    sample = report(status="warn", layers=(layer(findings=(warning("old"),)),))
    line = next(row for row in render(sample, color=True).splitlines() if "it is old" in row)
    assert re.fullmatch("\x1b\\[33m!\x1b\\[0m it is old *\x1b\\[2mtls.old\x1b\\[0m", line)
