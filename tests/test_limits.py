"""Limits: a finding in every format, the exit code of an unmet expectation, and their syntax."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.checks.ping import latency
from mongoping.limits import KINDS, add_limits
from mongoping.model import Evidence, Report
from mongoping.settings import Limit, Settings
from tests.conftest import validate
from tests.evidence import evidence, hello, result
from tests.formats.samples import refused_report, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run


def test_every_kind_belongs_to_a_layer_and_a_known_cause() -> None:
    from mongoping.model import LAYERS

    for kind in KINDS.values():
        assert kind.layer in LAYERS
        assert kind.cause is None or registry.cause(kind.cause) is not None


@pytest.fixture(scope="module")
def report_with(mongod: Any) -> Callable[..., Any]:
    """Return a function that checks a healthy server with limits, in this process."""
    import asyncio

    from mongoping.api import examine
    from mongoping.uri.target import parse

    seen, _ = asyncio.run(examine(parse(mongod.uri), Settings(count=20)))

    # as on an idle machine: stalls would make some limits impossible to check
    pings = seen.data("ping").replace(stalls_ms=())
    rows = (row.replace(stalled_ms=0.0) for row in seen.results)
    still = seen.replace(
        results=tuple(row.replace(data=pings) if row.check == "ping" else row for row in rows)
    )

    def check(*limits: Limit) -> Report:
        own = still.replace(settings=Settings(limits=limits))
        return add_limits(report(), own)

    return check


def test_limits_that_hold_change_nothing(report_with: Callable[..., Report]) -> None:
    report = report_with(Limit("p95", True, 60.0), Limit("connect", False, 60.0))
    assert (report.status, report.exit_code()) == ("ok", 0)
    figure = report.measurements.figure("p95")
    assert figure is not None
    assert figure.value is not None
    assert (figure.warning, figure.critical) == (None, 60.0)


def test_a_warning_is_a_finding_and_no_failure(report_with: Callable[..., Report]) -> None:
    report = report_with(Limit("p95", False, 1e-6), Limit("p95", True, 60.0))
    assert (report.status, report.verdict, report.exit_code()) == ("warn", None, 0)
    (ping,) = [layer for layer in report.layers if layer.name == "ping"]
    (finding,) = ping.findings
    assert (ping.status, finding.cause, finding.severity) == (
        "warn",
        "expectation.not-met",
        "warning",
    )
    assert finding.detail.startswith("p95 is ")


def test_two_critical_limits_make_one_verdict(report_with: Callable[..., Report]) -> None:
    report = report_with(Limit("p50", True, 1e-6), Limit("connect", True, 1e-6))
    assert report.verdict is not None
    assert (report.verdict.cause, report.exit_code()) == ("expectation.not-met", 18)
    assert report.verdict.title == "Several figures are beyond their limits"
    assert [text.partition(" is ")[0] for text in report.verdict.evidence] == ["p50", "connect"]
    failing_layers = {layer.name for layer in report.layers if layer.status == "fail"}
    assert failing_layers == {"ping", "hello"}


def test_what_does_not_exist_exceeds_no_limit_and_what_is_unknown_is_said(
    report_with: Callable[..., Report],
) -> None:
    """A standalone without TLS has no lag and no certificate; but it has pings."""
    report = report_with(Limit("lag", True, 1.0), Limit("certificate-days", True, 10.0))
    assert report.status == "ok"
    report = report_with(Limit("p99", True, 1.0))
    assert (report.status, report.exit_code()) == ("warn", 0)
    details = [finding.detail for layer in report.layers for finding in layer.findings]
    assert details == ["p99 could not be compared with its limit: only 20 pings came back"]


@pytest.mark.parametrize(
    ("stall_ms", "code", "word"), [(290.0, 0, "so it may be within its limit"), (5.0, 18, "")]
)
def test_a_figure_that_stalls_of_this_machine_explain_exceeds_no_limit(
    stall_ms: float, code: int, word: str
) -> None:
    """Without the stalls, 310 ms are 20 ms or 305 ms, and only the latter are the deployment's."""
    pings = result("ping", latency([310.0] * 20, 20, [stall_ms] * 20))
    reply = hello("a:27017", rtt_ms=310.0).replace(duration_ms=310.0, stalled_ms=stall_ms)
    limits = (Limit("p95", True, 0.01), Limit("connect", True, 0.01))
    made = add_limits(report(), evidence(pings, reply, limits=limits))
    details = [finding.detail for layer in made.layers for finding in layer.findings]
    assert made.exit_code() == code
    assert len(details) == 2
    assert all(word in detail for detail in details), details


def test_a_failure_below_stays_the_verdict() -> None:
    seen = Evidence(None, Settings(limits=(Limit("p95", True, 1.0),)))
    assert (
        add_limits(refused_report(), seen).replace(measurements=refused_report().measurements)
        == refused_report()
    )


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--warning", "p95"), "write a figure and its limit, such as p95=50ms"),
        (("--warning", "p95=50"), "'50' has no unit: write 50ms or 50s."),
        (("--critical", "lag=0s"), "the limit must be more than 0."),
        (("--critical", "certificate-days=soon"), "'soon' is not a number of days"),
        (("--warning", "p95=1s,p95=2s"), "--warning sets p95 twice: remove one."),
        (("--warning", "lags=1s"), "there is no figure 'lags'. Did you mean lag?"),
        (
            ("--warning", "certificate-days=7", "--critical", "certificate-days=21d"),
            "certificate-days (7 days) must be more than the critical one (21 days)",
        ),
        (
            ("--warning", "p95=2s", "--critical", "p95=1s"),
            "p95 (2 s) must be less than the critical one (1 s)",
        ),
    ],
)
def test_bad_syntax_is_one_sentence(
    args: tuple[str, ...], sentence: str, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("check", "mongodb://127.0.0.1:1/", *args)
    assert run.code == 2
    assert sentence in run.err.splitlines()[-1]


def test_a_certificate_that_expires_before_the_limit(
    mongod_tls: Any, run_mongoping: Callable[..., Run]
) -> None:
    """A limit for a warning replaces the catalog's own, so the report warns only once."""
    warning_run = run_mongoping(
        "check", mongod_tls.uri, "--warning", "certificate-days=90000", "--format", "json"
    )
    findings = [finding for layer in warning_run.json["layers"] for finding in layer["findings"]]
    causes = [finding["cause"] for finding in findings if finding["severity"] == "warning"]
    assert causes.count("tls.certificate-expiring") == 1
    assert "expectation.not-met" not in causes
    critical_run = run_mongoping(
        "check", mongod_tls.uri, "--critical", "certificate-days=90000d", "--format", "json"
    )
    assert (critical_run.code, critical_run.json["verdict"]["cause"]) == (18, "expectation.not-met")


def test_limits_raise_the_number_of_pings_and_set_the_state(
    mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    args = ("--warning", "p50=1m", "--critical", "connect=60s,p95=0.001ms", "--format", "nagios")
    run = run_mongoping("check", mongod.uri, *args)
    assert run.code == 2
    first = run.out.split("\n")[0]
    assert first.startswith("MONGODB CRITICAL: expectation.not-met: The 95th percentile of ping")
    assert "p95=" in first
    assert ";60;;0" in first
    smoke = run_mongoping("smoke", mongod.uri, *args, "--report", "json=r.json")
    assert smoke.code == 2


def test_the_json_report_of_a_limit_is_valid(report_with: Callable[..., Report]) -> None:
    from mongoping.formats.json import document

    validate(json.loads(json.dumps(document(report_with(Limit("p50", True, 1e-6))))))
