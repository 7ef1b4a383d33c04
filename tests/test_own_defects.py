"""A bug in one check or cause only affects its own part of the report.

The checks and causes here are the tests' own, and broken on purpose.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.exit_codes import EXIT_BUG, EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.model import Cause, Failure, Line, Outcome, Report, Style
from mongoping.report import build
from mongoping.runnable import HostCheck, OnceCheck, RunnableCheck
from mongoping.runner import gather
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import parse
from tests.conftest import validate

SECRET = "K4narie"
URI = f"mongodb://ada:{SECRET}@a,b/"
A, B = "a:27017", "b:27017"
FORMS = registry.names("formats")


def raise_bug(*arguments: Any) -> Any:
    """Raise an exception with a secret in its message, like a bug of our own."""
    raise KeyError(f"no {SECRET} in {arguments!r}")


def check(
    name: str,
    layer: str,
    failure: Failure | None = None,
    *,
    per_host: bool = False,
    **more: Any,
) -> RunnableCheck:
    async def run(ctx: Any, host: Host | None = None) -> Outcome:
        return Outcome(f"seen by {name}", failure)

    texts = {"summarize": lambda data: data, "lines": lambda data: [Line("", f"{data}, told")]}
    kind = HostCheck if per_host else OnceCheck
    return kind(name=name, layer=layer, summary=name, run=run, **texts | more)


def cause(code: str, **more: Any) -> Cause:
    words = {"title": f"{code}!", "explanation": "So it is.", "remedies": ("Mend it.",)}
    return Cause(code, **words | more)


def report(checks: list[RunnableCheck], causes: list[Cause] | None = None) -> Report:
    parsed_uri = parse(URI)
    evidence = asyncio.run(gather(parsed_uri, Settings(deadline=5.0), checks))
    return build(evidence, diagnose(evidence, causes or []), checks, parsed_uri)


def find_hosts() -> RunnableCheck:
    """The check that brings the hosts of the string, as the real one does."""
    return check("srv", "dns", expands=lambda data: [Host("a"), Host("b")], seeds=True)


def text_of(report: Report, form: str = "text", *, verbose: bool = False) -> str:
    import importlib

    render = importlib.import_module(f"mongoping.formats.{form}").render
    text: str = render(report, Style(width=100, verbose=verbose))
    return text


@pytest.mark.parametrize("part", ["lines", "summarize"])
@pytest.mark.parametrize("per_host", [False, True])
def test_words_that_fail_are_a_note_and_all_else_is_told(part: str, per_host: bool) -> None:
    bad = check("tcp", "tcp", per_host=per_host, needs=("srv",), **{part: raise_bug})
    result = report([find_hosts(), bad, check("ping", "ping")])
    assert result.exit_code() == EXIT_OK
    assert result.status == "warn"
    tcp = next(layer for layer in result.layers if layer.name == "tcp")
    (note,) = tcp.findings
    assert (note.cause, note.severity) == ("tcp.unexplained", "warning")
    assert note.hosts == ((A, B) if per_host else ())
    assert "internal error (KeyError at test_own_defects.py:" in note.detail
    assert tcp.status == "warn"
    text = text_of(result)
    assert text.count("internal error") == 1
    assert "seen by ping, told" in text_of(result, verbose=True)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_tells_what_a_bug_said(form: str) -> None:
    """Its message may hold anything; the place is enough to find it by."""
    bad = check("tcp", "tcp", per_host=True, needs=("srv",), lines=raise_bug)
    result = report(
        [find_hosts(), bad], [cause("tcp.x", when=raise_bug), cause("dns.y", when=raise_bug)]
    )
    text = text_of(result, form)
    assert text
    assert SECRET not in text
    assert "Traceback" not in text
    if form == "json":
        validate(json.loads(text))


def test_a_cause_that_fails_is_left_out_and_a_note_says_so() -> None:
    """Once, however many hosts it is asked for; and what it would have hidden stands."""
    bad = cause("tcp.root", when_host=raise_bug)
    echo = cause("dns.echo", when=lambda evidence: "it is so", hidden_by=("tcp.root",))
    checks = [find_hosts(), check("tcp", "tcp", per_host=True, needs=("srv",))]
    result = report(checks, [bad, echo])
    assert result.verdict is not None
    assert result.verdict.cause == "dns.echo"
    assert result.exit_code() == EXIT_CODES["dns"]
    notes = [
        finding.detail
        for layer in result.layers
        for finding in layer.findings
        if finding.hosts == ()
    ]
    assert [note.startswith("mongoping could not check for tcp.root: ") for note in notes] == [
        False,
        True,
    ]
    assert "seen by tcp, told" in text_of(result, verbose=True)


def test_a_bug_in_weighing_a_healthy_deployment_is_a_warning() -> None:
    result = report([check("ping", "ping")], [cause("ping.slow", when=raise_bug)])
    assert result.verdict is None
    assert (result.status, result.exit_code()) == ("warn", EXIT_OK)
    assert result.exit_code(strict=True) == EXIT_UNEXPLAINED
    assert "mongoping could not check for ping.slow" in " ".join(text_of(result).split())


def test_a_failure_that_nothing_explains_is_laid_to_the_bug() -> None:
    """The cause that was left out may be the one; without a bug it is just unexplained."""
    failing = [check("tcp", "tcp", Failure("odd", "it went oddly"))]
    result = report(failing, [cause("tcp.odd", when=raise_bug)])
    assert result.verdict is not None
    assert result.verdict.cause == "tcp.unexplained"
    assert result.verdict.evidence == ("it went oddly",)
    assert result.exit_code() == EXIT_BUG
    assert report(failing).exit_code() == EXIT_UNEXPLAINED


def test_what_a_check_kept_and_cannot_tell_is_a_crash_of_that_check_alone() -> None:
    async def run(ctx: Any, host: Host | None = None) -> Outcome:
        ctx.keep_partial("ping", raise_bug)
        await asyncio.sleep(60)
        return Outcome()

    checks = [OnceCheck(name="ping", layer="ping", summary="ping", run=run), check("tcp", "tcp")]
    parsed_uri = parse(URI)

    async def interrupt() -> Any:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)
        return await gather(parsed_uri, Settings(), checks, stop=stop)

    evidence = asyncio.run(interrupt())
    assert [result.status for result in evidence.results] == ["crashed", "ok"]
    assert SECRET not in repr(evidence)
