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


def broken(*given: Any) -> Any:
    """Raise an exception with a secret in its message, like a bug of our own."""
    raise KeyError(f"no {SECRET} in {given!r}")


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

    said = {"summarize": lambda data: data, "lines": lambda data: [Line("", f"{data}, told")]}
    kind = HostCheck if per_host else OnceCheck
    return kind(name=name, layer=layer, summary=name, run=run, **said | more)


def cause(code: str, **more: Any) -> Cause:
    words = {"title": f"{code}!", "explanation": "So it is.", "remedies": ("Mend it.",)}
    return Cause(code, **words | more)


def report(checks: list[RunnableCheck], causes: list[Cause] | None = None) -> Report:
    parsed = parse(URI)
    evidence = asyncio.run(gather(parsed, Settings(deadline=5.0), checks))
    return build(evidence, diagnose(evidence, causes or []), checks, parsed)


def find_hosts() -> RunnableCheck:
    """The check that brings the hosts of the string, as the real one does."""
    return check("srv", "dns", expands=lambda data: [Host("a"), Host("b")], seeds=True)


def shown(made: Report, form: str = "text", *, verbose: bool = False) -> str:
    import importlib

    render = importlib.import_module(f"mongoping.formats.{form}").render
    text: str = render(made, Style(width=100, verbose=verbose))
    return text


@pytest.mark.parametrize("part", ["lines", "summarize"])
@pytest.mark.parametrize("per_host", [False, True])
def test_words_that_fail_are_a_note_and_all_else_is_told(part: str, per_host: bool) -> None:
    bad = check("tcp", "tcp", per_host=per_host, needs=("srv",), **{part: broken})
    made = report([find_hosts(), bad, check("ping", "ping")])
    assert made.exit_code() == EXIT_OK
    assert made.status == "warn"
    tcp = next(layer for layer in made.layers if layer.name == "tcp")
    (note,) = tcp.findings
    assert (note.cause, note.severity) == ("tcp.unexplained", "warning")
    assert note.hosts == ((A, B) if per_host else ())
    assert "internal error (KeyError at test_own_defects.py:" in note.detail
    assert tcp.status == "warn"
    text = shown(made)
    assert text.count("internal error") == 1
    assert "seen by ping, told" in shown(made, verbose=True)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_tells_what_a_bug_said(form: str) -> None:
    """Its message may hold anything; the place is enough to find it by."""
    bad = check("tcp", "tcp", per_host=True, needs=("srv",), lines=broken)
    made = report([find_hosts(), bad], [cause("tcp.x", when=broken), cause("dns.y", when=broken)])
    text = shown(made, form)
    assert text
    assert SECRET not in text
    assert "Traceback" not in text
    if form == "json":
        validate(json.loads(text))


def test_a_cause_that_fails_is_left_out_and_a_note_says_so() -> None:
    """Once, however many hosts it is asked for; and what it would have hidden stands."""
    bad = cause("tcp.root", when_host=broken)
    echo = cause("dns.echo", when=lambda evidence: "it is so", hidden_by=("tcp.root",))
    checks = [find_hosts(), check("tcp", "tcp", per_host=True, needs=("srv",))]
    made = report(checks, [bad, echo])
    assert made.verdict is not None
    assert made.verdict.cause == "dns.echo"
    assert made.exit_code() == EXIT_CODES["dns"]
    notes = [
        finding.detail for layer in made.layers for finding in layer.findings if finding.hosts == ()
    ]
    assert [note.startswith("mongoping could not check for tcp.root: ") for note in notes] == [
        False,
        True,
    ]
    assert "seen by tcp, told" in shown(made, verbose=True)


def test_a_bug_in_weighing_a_healthy_deployment_is_a_warning() -> None:
    made = report([check("ping", "ping")], [cause("ping.slow", when=broken)])
    assert made.verdict is None
    assert (made.status, made.exit_code()) == ("warn", EXIT_OK)
    assert made.exit_code(strict=True) == EXIT_UNEXPLAINED
    assert "mongoping could not check for ping.slow" in " ".join(shown(made).split())


def test_a_failure_that_nothing_explains_is_laid_to_the_bug() -> None:
    """The cause that was left out may be the one; without a bug it is just unexplained."""
    failing = [check("tcp", "tcp", Failure("odd", "it went oddly"))]
    made = report(failing, [cause("tcp.odd", when=broken)])
    assert made.verdict is not None
    assert made.verdict.cause == "tcp.unexplained"
    assert made.verdict.evidence == ("it went oddly",)
    assert made.exit_code() == EXIT_BUG
    assert report(failing).exit_code() == EXIT_UNEXPLAINED


def test_what_a_check_kept_and_cannot_tell_is_a_crash_of_that_check_alone() -> None:
    async def run(ctx: Any, host: Host | None = None) -> Outcome:
        ctx.keep_partial("ping", broken)
        await asyncio.sleep(60)
        return Outcome()

    checks = [OnceCheck(name="ping", layer="ping", summary="ping", run=run), check("tcp", "tcp")]
    parsed = parse(URI)

    async def stopped() -> Any:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)
        return await gather(parsed, Settings(), checks, stop=stop)

    evidence = asyncio.run(stopped())
    assert [result.status for result in evidence.results] == ["crashed", "ok"]
    assert SECRET not in repr(evidence)
