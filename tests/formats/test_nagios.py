"""Nagios: one line with the state, performance data after the only bar, and exit codes 0 to 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from mongoping import formats
from mongoping.formats import nagios
from mongoping.model import Finding, Match
from mongoping.model.measurements import Measurement, Measurements
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    layer,
    refused_report,
    report,
    texts,
    verdict,
    warning_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

FIRST = re.compile(r"MONGODB (OK|WARNING|CRITICAL|UNKNOWN): ([^|]*)( \| (.+))?")
NUMBER = r"-?\d+(\.\d+)?"
FIGURE = re.compile(rf"[a-z0-9-]+={NUMBER}s?(;({NUMBER}:?)?){{2}}(;({NUMBER})?){{0,2}}")
STATES = {
    "well": "OK",
    "refused": "CRITICAL",
    "smoked": "CRITICAL",
    "warned": "WARNING",
    "measured": "OK",
    "hostile": "CRITICAL",
    "interrupted": "UNKNOWN",
    "client": "UNKNOWN",
}


@pytest.mark.parametrize("name", EVERY)
def test_every_report_has_its_state_and_its_exit_code(name: str) -> None:
    text = formats.render("nagios", [EVERY[name]], STYLE)
    first, *rest = text.rstrip("\n").split("\n")
    match = FIRST.fullmatch(first)
    assert match is not None
    assert match[1] == STATES[name]
    assert "|" not in "".join(rest)
    assert formats.exit_code("nagios", [EVERY[name]]) == nagios.CODES[STATES[name]]  # type: ignore[index]
    for figure in match[4].split():
        assert FIGURE.fullmatch(figure), figure


@given(texts)
@examples(60)
def test_no_text_can_begin_performance_data_or_markup(text: str) -> None:
    output = nagios.render(hostile(text), STYLE)
    assert output.count("|") == 1
    assert not {"<", ">"} & set(output)


def test_figures_have_their_limits() -> None:
    figures = (
        Measurement("p95", 0.012, "12 ms", warning=0.05, critical=0.2),
        Measurement("certificate-days", 20.5, "20 days", warning=30, critical=10),
        Measurement("lag", None, "no secondary", applies=False, warning=5),
    )
    first = nagios.render(report(measurements=Measurements(figures)), STYLE).split("\n")[0]
    assert "p95=0.012000s;0.05;0.2;0" in first
    assert "certificate-days=20.5;30:;10:" in first
    assert "lag=" not in first


def test_a_failure_names_its_cause_its_evidence_and_what_to_do() -> None:
    first, *rest = nagios.render(refused_report(), STYLE).split("\n")
    assert "tcp.refused: Nothing listens on that port (h:1 refused the connection)" in first
    assert "try first: Start the server: systemctl start mongod" in rest
    assert "skip tls: tcp has to succeed first" in rest


def test_what_kept_the_deployment_from_being_checked_is_unknown() -> None:
    """A connection string that is wrong, or a limit of this machine or of mongoping."""
    for cause in ("uri.malformed", "client.fd-limit"):
        assert nagios.state(report(status="fail", verdict=verdict(cause))) == "UNKNOWN"
    late = verdict("tcp.unexplained").replace(inconclusive=True)
    assert nagios.state(report(status="fail", verdict=late)) == "UNKNOWN"
    assert nagios.state(report(status="fail", verdict=verdict("tcp.unexplained"))) == "CRITICAL"


def test_the_python_of_the_plugin_is_no_warning_about_the_deployment() -> None:
    """Motor's end of life matters to a program that uses it, not to the monitored deployment."""
    text = "Motor 3.7.1: end of life"
    finding = Finding("client.motor-end-of-life", "client", "warning", text, (), Match(text))
    own = report(status="warn", layers=(layer("compat", "warn", findings=(finding,)),))
    output = nagios.render(own, STYLE)
    assert nagios.state(own) == "OK"
    assert f"warning: client.motor-end-of-life: {text}" in output
    assert nagios.state(warning_report()) == "WARNING"


def test_several_targets_have_the_worst_state_and_a_line_each() -> None:
    every = [
        report(name="a"),
        warning_report().replace(name="b"),
        refused_report().replace(name="c"),
    ]
    first, *rest = nagios.render_all(every, STYLE).rstrip("\n").split("\n")
    assert first.startswith("MONGODB CRITICAL: 3 targets, 1 CRITICAL, 1 WARNING, 1 OK; c: tcp.ref")
    assert first.endswith(" | critical=1;;;0 warning=1;;;0 unknown=0;;;0 ok=1;;;0")
    assert [line.split(":")[0] for line in rest] == ["CRITICAL c", "WARNING b", "OK a"]
    assert nagios.exit_code(every) == 2
    assert nagios.exit_code(every[:2]) == 1
    assert nagios.exit_code([]) == 3


def test_a_usage_error_is_unknown_and_not_critical(run_mongoping: Callable[..., Run]) -> None:
    """Exit code 2 would tell the monitoring system that the deployment is down."""
    run = run_mongoping("check", "--format", "nagios", "--warning", "p96=1s", "mongodb://a/")
    assert run.code == 3
    assert run.out == (
        "MONGODB UNKNOWN: --warning p96=1s: there is no figure 'p96'. Did you mean p95?\n"
    )
    assert run_mongoping("check", "--warning", "p96=1s", "mongodb://a/").code == 2
