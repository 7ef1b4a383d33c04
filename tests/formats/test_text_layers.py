"""Text reports: layers, warnings, and what is shown of each."""

from __future__ import annotations

import re

import pytest

from mongoping.model import (
    Finding,
    Latency,
    Line,
    Match,
    Remedy,
)
from mongoping.model.headline import Headline
from tests.formats.reports import layer, render, report, verdict, warning


def test_the_layers_of_a_failing_report_are_one_row() -> None:
    """Without a time for what was not measured; what the failure blocked is only named."""
    layers = [
        layer(name="uri", duration_ms=0.2),
        layer(name="dns", duration_ms=1.24),
        layer(name="tls", status="skip"),
        layer(name="hello", status="fail", duration_ms=31.2),
        layer(name="api", status="skip"),
        layer(name="auth", status="skip"),
        layer(name="compat", status="warn"),
    ]
    sample = report(layers=tuple(layers), verdict=verdict())
    row = "  uri ✓  dns ✓ 1.2 ms  tls –  handshake ✗ 31 ms  compat !  api, auth skipped"
    assert render(sample).splitlines()[:3] == ["  mongodb://a:27017/  12 ms", row, ""]
    narrow = render(sample, width=40).splitlines()[1:4]
    assert " ".join(part.strip() for part in narrow).split() == row.split()


def test_details_and_layers_are_for_verbose() -> None:
    sample = report(layers=(layer(Line("option", "rarely asked for", detail=True)),))
    assert "rarely asked for" not in render(sample)
    assert "rarely asked for" in render(sample, verbose=True)


def test_the_first_line_of_verbose_keeps_the_time_together() -> None:
    uri = "mongodb://a:27017/?appName=" + "a" * 31
    fits = f"mongoping check  {uri}  12 ms"
    sample = report(uri=uri)
    assert render(sample, verbose=True, width=len(fits)).splitlines()[0] == fits
    narrow = render(sample, verbose=True, width=len(fits) - 1).splitlines()
    assert narrow[:2] == ["mongoping check  12 ms", f"  {uri}"]


@pytest.mark.parametrize(
    ("status", "mark", "plain"),
    [("ok", "✓", "+"), ("warn", "!", "!"), ("fail", "✗", "x"), ("skip", "–", "-")],
)
def test_a_layer_has_a_mark_that_is_read_without_color(status: str, mark: str, plain: str) -> None:
    sample = report(layers=(layer(status=status),))
    assert f"\n{mark} tcp " in render(sample, verbose=True)
    assert f"\n{plain} tcp " in render(sample, verbose=True, unicode=False)


def test_a_duration_is_beside_its_layer_unless_it_was_skipped() -> None:
    assert "0.4 ms" in render(report(layers=(layer(),)), verbose=True)
    assert "0.4 ms" not in render(report(layers=(layer(status="skip"),)), verbose=True)


def test_a_warning_has_its_code_and_its_first_remedy() -> None:
    """With --verbose all of them; --strict says that warnings are why the command fails."""
    remedies = (Remedy("Renew it:", command="certbot renew"), Remedy("Or wait."))
    findings = (warning("old", *remedies), warning("odd"))
    sample = report(status="warn", layers=(layer(findings=findings),))
    rows = render(sample).splitlines()
    assert rows[2].startswith("! it is old  ")
    assert rows[2].endswith("  tls.old")
    assert rows[3:5] == ["  → Renew it:", "  certbot renew"]
    assert rows[5].endswith("  tls.odd")
    assert "Or wait." not in render(sample)
    assert "Or wait." in render(sample, verbose=True)
    assert render(sample, strict=True).endswith("\nexit 1: --strict, 2 warnings\n")
    assert "exit" not in render(sample)
    assert render(sample, strict=True, quiet=True).endswith("tls.old, tls.odd (exit 1: --strict)\n")


def test_warnings_never_push_the_verdict_off_the_screen() -> None:
    """Another error is shown before the warnings; the rest is counted."""
    findings = tuple(warning(f"w{number}", Remedy("Do it.")) for number in range(20))
    error = Finding("tls.bad", "tls", "error", "b:1 is bad", ("b:1",), Match(""))
    sample = report(verdict=verdict(), layers=(layer(findings=(*findings, error)),))
    rows = render(sample).splitlines()
    assert len(rows) <= 24
    assert next(row for row in rows[2:] if row).startswith("✗ b:1 is bad")
    count = next(re.search("(tls.w.*), (\\d+) more: -v", row) for row in rows if " more: -v" in row)
    assert count is not None
    name_count = count[1].count(",") + 1
    assert int(count[2]) + name_count + sum("! it is" in row for row in rows) == 20


@pytest.mark.parametrize(
    ("days", "words"), [(4.9, "certificate 5 days"), (-3.2, "certificate expired 3 days ago")]
)
def test_the_validity_of_a_certificate_is_in_whole_days(days: float, words: str) -> None:
    sample = report(headline=Headline("a", "MongoDB 6.0.5", ("standalone",), ("TLS 1.3",), days))
    assert words in render(sample)


def test_a_healthy_report_is_two_lines() -> None:
    """The deployment, and what applies to the connection."""
    latency = Latency(10, 0, 0.1, 0.3, 0.0, 0.61, 0.4, 0.4, 0.4)
    facts = ("3 members", "primary db1.example.com:27017")
    headline = Headline("rs0", "MongoDB 6.0.5", facts, ("TLS 1.3",), 284.4, "app@admin")
    sample = report(headline=headline, latency=latency, source="MONGODB_URI")
    assert render(sample, width=120).splitlines() == [
        "✓ rs0  MongoDB 6.0.5, 3 members, primary db1.example.com:27017",
        "  ping 0.6 ms (median of 10) · TLS 1.3, certificate 284 days · signed in as app@admin"
        " · target from MONGODB_URI",
    ]
    assert render(report(headline=Headline("a:27017", "MongoDB 6.0.5", ("standalone",)))) == (
        "✓ a:27017  MongoDB 6.0.5, standalone\n"
    )
    assert render(sample, unicode=False).isascii()
    assert max(map(len, render(sample, width=40).splitlines())) <= 40
