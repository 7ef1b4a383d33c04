"""The exit code is the contract's in every combination of format and failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mongoping import formats, registry
from mongoping.cli._run import exit_code_of as exit_code
from mongoping.diagnosis import diagnose
from mongoping.exit_codes import EXIT_CODES
from mongoping.formats import nagios
from mongoping.model import LAYERS, Finding, Match, Report
from mongoping.model.waiting import Expectation
from mongoping.smoke.depth import DEPTHS, judge
from mongoping.smoke.expectations import add_verdict
from tests.examples import examples
from tests.formats.samples import (
    STYLE,
    layer,
    refused_report,
    report,
    smoke_report,
    verdict,
    warning_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

FORMS = registry.names("formats")
CODES = [cause.code for cause in registry.causes() if cause.severity == "error"]
FAILURE_MARKS = {
    "junit": "<failure",
    "github": "::error ",
    "sarif": '"level": "error"',
    "tap": "\nnot ok ",
    "html": '<td class="mark fail">',
    "json": '"status": "fail"',
    "markdown": "❌",
    "text": "✗",
}
"""By what each format tells a failure."""

causes = st.sampled_from(CODES)
rows = st.builds(
    Expectation,
    name=st.sampled_from(["members", "server"]),
    expected=st.text(max_size=5),
    found=st.text(max_size=5),
    status=st.sampled_from(["ok", "fail", "skip"]),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report as a smoke test makes it: an error finding has its verdict."""
    code = draw(st.none() | causes)
    sample = report(expectations=tuple(draw(st.lists(rows, max_size=3))))
    if code is not None:
        cause = registry.cause(code)
        assert cause is not None
        finding = Finding(code, cause.layer, "error", "seen", ("h:1",), Match("seen"))
        place = cause.layer if cause.layer in LAYERS else "compat"
        layers = tuple(
            layer(name, "fail", findings=(finding,)) if name == place else layer(name)
            for name in LAYERS
        )
        words = verdict(code).replace(layer=cause.layer)
        sample = sample.replace(layers=layers, verdict=words, status="fail")
    return add_verdict(sample).replace(interrupted=draw(st.booleans()))


@given(st.lists(reports(), min_size=1, max_size=4), st.booleans())
@examples(200)
def test_an_error_never_exits_with_0(every: list[Report], strict: bool) -> None:
    bad = [
        cause
        for cause in every
        if cause.interrupted
        or cause.verdict is not None
        or any(row.status == "fail" for row in cause.expectations)
        or any(f.severity == "error" for part in cause.layers for f in part.findings)
    ]
    code = exit_code(every, strict=strict)
    assert (code == 0) == (not bad)
    if any(cause.interrupted for cause in every):
        assert code == 130
    elif bad:
        first = bad[0]
        assert first.verdict is not None
        assert code == EXIT_CODES[first.verdict.layer]


@given(st.lists(reports().filter(lambda report: not report.interrupted), min_size=1, max_size=2))
@settings(examples(25), suppress_health_check=[HealthCheck.filter_too_much])
def test_every_format_tells_a_failure_and_none_where_there_is_none(every: list[Report]) -> None:
    is_failure = exit_code(every) != 0
    for form, mark in FAILURE_MARKS.items():
        text = formats.render(form, every, STYLE)
        assert (mark in text) == is_failure, form


def test_several_targets_exit_with_the_code_of_the_first_that_failed() -> None:
    assert exit_code([report(), warning_report()]) == 0
    assert exit_code([report(), warning_report()], strict=True) == 1
    assert exit_code([warning_report(), smoke_report(), refused_report()], strict=True) == 18
    assert exit_code([report(), refused_report(), smoke_report()]) == 12
    assert exit_code([refused_report(), report(interrupted=True)]) == 130


def test_a_bug_of_ours_is_70_whatever_else_failed() -> None:
    crash = report(layers=(layer("uri"), layer("tcp", "fail", crashed=True)), status="fail")
    assert exit_code([refused_report(), crash]) == 70


@pytest.mark.parametrize("depth", [*DEPTHS, None])
@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://127.0.0.1:1/", "mongodb://x.invalid/"])
def test_a_depth_never_makes_a_failure_of_its_own_layers_pass(
    depth: str | None, uri: str, run_mongoping: Callable[..., Run]
) -> None:
    args = ("--until", depth) if depth else ()
    code = run_mongoping("smoke", uri, *args).code
    assert code == {"mongodb://": 10, "mongodb://127.0.0.1:1/": 12}.get(uri, 11)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["format", "output", "report", "quiet", "strict", "several"])
def test_the_code_is_the_same_in_every_form_and_every_way_of_writing_it(
    form: str, way: str, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    file = tmp_path / "made"
    args: dict[str, tuple[str, ...]] = {
        "format": ("--format", form),
        "output": ("--format", form, "--output", str(file)),
        "report": ("--report", f"{form}={file}"),
        "quiet": ("--format", form, "--quiet"),
        "strict": ("--format", form, "--strict"),
        "several": ("--format", form, "mongodb://127.0.0.1:1/?appName=b"),
    }
    run = run_mongoping("smoke", "mongodb://127.0.0.1:1/", *args[way])
    plugin = form == "nagios" and way != "report"
    assert run.code == (nagios.CODES["CRITICAL"] if plugin else 12)
    if way in ("output", "report"):
        assert file.read_text()
    if way == "output":
        assert run.out == ""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["check", "smoke"])
def test_health_exits_with_0_in_every_form_of_every_command(
    command: str, form: str, mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    """The formats of this folder are those of the other commands as well.

    A plug-in has an exit code for warnings, such as those about the age of the server.
    """
    run = run_mongoping(command, mongod.uri, "--format", form)
    codes = (nagios.CODES["OK"], nagios.CODES["WARNING"]) if form == "nagios" else (0,)
    assert run.code in codes, run.err
    assert run.out


def test_nothing_seen_is_judged_as_not_ready_at_every_depth() -> None:
    """Evidence without any result, as after a deadline of nothing, is never ready."""
    from mongoping.model import Evidence
    from mongoping.settings import Settings

    empty = Evidence(None, Settings())
    for depth in DEPTHS:
        outcome = judge(empty, diagnose(empty, ()), depth, registry.cause)
        assert outcome.verdict is not None, depth
