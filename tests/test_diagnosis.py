"""From evidence to the root cause: consequences, warnings, unexplained failures.

Causes here are the tests' own, but for the last part, which asks the whole catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from mongoping import registry
from mongoping.diagnosis import MAX_NAMED, diagnose
from mongoping.model import LAYERS, Cause, Diagnosis, Evidence, Failure, Match, Remedy
from tests.evidence import evidence, evidences, failed, result
from tests.examples import examples

if TYPE_CHECKING:
    from mongoping.uri.target import ParsedUri

A, B, C = "a:27017", "b:27017", "c:27017"
OK = result("driver")


def cause(code: str, **more: Any) -> Cause:
    """A cause that is true unless it is told otherwise."""
    if not {"when", "when_host"} & {*more}:
        more["when"] = lambda evidence: code
    fields = {"title": f"{code}!", "explanation": "So it is.", "remedies": ("Mend it.",)} | more
    return Cause(code, **fields)


def on(check: str, kind: str) -> Any:
    """True for a host whose check failed in this way."""

    def when(evidence: Evidence, host: str) -> str | None:
        failure = evidence.failure(check, host)
        return f"{host} is {kind}" if failure is not None and failure.kind == kind else None

    return when


def codes(diagnosis: Diagnosis) -> dict[str, str]:
    return {finding.cause: finding.severity for finding in diagnosis.findings}


def test_health_is_no_finding_and_no_verdict() -> None:
    silent = cause("tcp.refused", when_host=on("tcp", "refused"))
    diagnosis = diagnose(evidence(result("tcp", host=A), OK), [silent])
    assert diagnosis == Diagnosis()


@pytest.mark.parametrize(
    ("host", "atlas"),
    [("db.example.com:27017", False), ("c-shard-00-00.ab1cd.mongodb.net:27017", True)],
)
def test_pages_about_atlas_are_linked_only_for_atlas(host: str, atlas: bool) -> None:
    page = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
    refusal = cause("tcp.refused", when_host=on("tcp", "refused"), links=(page,))
    case = evidence(failed("tcp", "refused", host=host), uri=f"mongodb://{host}/")
    verdict = diagnose(case, [refusal]).verdict
    assert verdict is not None
    assert (verdict.links == (page,)) == atlas
    assert verdict.links != ()


def test_the_lowest_layer_is_the_root() -> None:
    """In whichever order the catalog tells them; the client's own faults come before traffic."""
    every = [cause(f"{layer}.x") for layer in reversed(LAYERS)]
    diagnosis = diagnose(evidence(), every)
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "uri.x"
    assert [finding.layer for finding in diagnosis.findings] == list(LAYERS)
    diagnosis = diagnose(evidence(), [cause("dns.x"), cause("client.x"), cause("tcp.x")])
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "client.x"


@pytest.mark.parametrize("step", [1, -1])
def test_in_one_layer_a_rule_decides_and_not_the_order_of_the_catalog(step: int) -> None:
    """The rule also holds over a cause that is not true here."""
    causes = [
        cause("tls.c", outranks=("tls.b",)),
        cause("tls.b", when=lambda case: None, outranks=("tls.a",)),
        cause("tls.a"),
    ]
    diagnosis = diagnose(evidence(), causes[::step])
    assert [finding.cause for finding in diagnosis.findings] == ["tls.c", "tls.a"]
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "tls.c"


def test_without_a_rule_the_fault_of_more_hosts_comes_first_then_that_of_the_first_host() -> None:
    causes = [
        cause("tcp.a", when_host=on("tcp", "refused")),
        cause("tcp.b", when_host=on("tcp", "timeout")),
    ]
    refusal, timeout = failed("tcp", "refused", A), failed("tcp", "timeout", B)
    more = evidence(refusal, timeout, failed("tcp", "timeout", C))
    assert [finding.cause for finding in diagnose(more, causes).findings] == ["tcp.b", "tcp.a"]
    first = evidence(timeout, refusal)
    assert [finding.cause for finding in diagnose(first, causes).findings] == ["tcp.b", "tcp.a"]


def test_a_cause_that_restates_a_failure_gives_way_to_one_that_accounts_for_it() -> None:
    """Across layers, and only where the other one is a fault and says what it accounts for."""
    restating = cause("ping.refused", restates=("ping",))
    root = cause("topology.x", when=lambda case: Match("x", explains=("ping",)))
    note = cause("topology.x", when=lambda case: Match("x", explains=("ping",), severity="info"))
    silent = cause("topology.x")
    failing_ping = evidence(OK, failed("ping", "command"))
    assert codes(diagnose(failing_ping, [restating, root])) == {"topology.x": "error"}
    assert set(codes(diagnose(failing_ping, [restating, note]))) == {"ping.refused", "topology.x"}
    assert set(codes(diagnose(failing_ping, [restating, silent]))) == {"ping.refused", "topology.x"}


def test_a_warning_is_a_finding_and_no_verdict() -> None:
    diagnosis = diagnose(evidence(OK), [cause("ping.slow", severity="warning")])
    assert codes(diagnosis) == {"ping.slow": "warning"}
    assert diagnosis.verdict is None


def test_an_echo_is_silent() -> None:
    """Not even listed: the cause that explains it says it all."""
    root, echo = cause("tls.required"), cause("hello.closed", hidden_by=("tls.required",))
    assert codes(diagnose(evidence(), [echo, root])) == {"tls.required": "error"}
    assert codes(diagnose(evidence(), [echo])) == {"hello.closed": "error"}


def test_an_echo_on_another_host_is_none() -> None:
    """The cause of one host does not explain another host."""
    root = cause("tls.required", when_host=on("tls", "eof"))
    echo = cause("hello.closed", when_host=on("hello", "eof"), hidden_by=("tls.required",))
    case = evidence(failed("tls", "eof", A), failed("hello", "eof", A), failed("hello", "eof", B))
    hosts_by_cause = {
        finding.cause: finding.hosts for finding in diagnose(case, [root, echo]).findings
    }
    assert hosts_by_cause == {"tls.required": (A,), "hello.closed": (B,)}


def test_three_hosts_with_one_fault_are_one_finding() -> None:
    refusal = cause("tcp.refused", when_host=on("tcp", "refused"))
    case = evidence(*(failed("tcp", "refused", host) for host in (A, B, C)))
    (finding,) = diagnose(case, [refusal]).findings
    assert finding.hosts == (A, B, C)
    assert finding.host is None
    assert finding.detail == f"{A} is refused; {B} is refused; {C} is refused"
    (alone,) = diagnose(evidence(failed("tcp", "refused", B)), [refusal]).findings
    assert alone.host == B


def test_of_many_hosts_some_are_named_and_all_are_listed() -> None:
    refusal = cause("tcp.refused", when_host=on("tcp", "refused"))
    hosts = [f"h{number}:1" for number in range(20)]
    (finding,) = diagnose(
        evidence(*(failed("tcp", "refused", host) for host in hosts)), [refusal]
    ).findings
    assert finding.hosts == tuple(hosts)
    assert finding.detail.count("refused") == MAX_NAMED
    assert finding.detail.endswith("; and 12 more")


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ([failed("tcp", "refused", A), result("hello", host=B), OK], "warning"),
        ([failed("tcp", "refused", A), result("hello", host=B), failed("driver", "x")], "warning"),
        ([failed("tcp", "refused", A), failed("tcp", "refused", B), OK], "warning"),
        ([failed("tcp", "refused", A)], "error"),
        ([failed("tcp", "refused", A), failed("driver", "unreachable")], "error"),
        (
            [
                failed("tcp", "refused", A),
                result("hello", host=B),
                result("driver", status="skipped", reason="an answer was too large for it"),
            ],
            "error",
        ),
    ],
    ids=["another", "another-unused", "driver", "alone", "all", "unjudged"],
)
def test_a_fault_of_one_host_is_a_warning_where_the_driver_can_do_without(
    rows: list[Any], severity: str
) -> None:
    """The driver decides; if it was skipped, the severity stays."""
    refusal = cause("tcp.refused", when_host=on("tcp", "refused"))
    assert codes(diagnose(evidence(*rows), [refusal]))["tcp.refused"] == severity


def test_a_fault_above_the_hosts_is_an_error_whatever_else_works() -> None:
    case = evidence(result("hello", host=A), OK, failed("auth", "command", code=18))
    diagnosis = diagnose(case, [cause("auth.failed")])
    assert diagnosis.verdict is not None


def test_the_evidence_may_weigh_more_or_less_than_usual() -> None:
    mild = cause("api.x", when=lambda case: Match("it is ignored", severity="warning"))
    assert diagnose(evidence(OK), [mild]).verdict is None
    grave = cause("api.x", when=lambda case: Match("x", severity="error"), severity="warning")
    assert diagnose(evidence(OK), [grave]).verdict is not None


def test_the_verdict_is_the_causes_words_with_what_the_evidence_adds() -> None:
    """Specific remedies first, none twice, and no cause as its own alternative."""
    match = Match(
        "seen so",
        remedies=("First.", "Mend it."),
        alternatives=("tcp.reset", "tcp.x"),
        tell_apart=Remedy("Look there."),
        hosts=(A,),
    )
    one = cause(
        "tcp.x",
        when=lambda case: match,
        links=("https://x",),
        alternatives=("tcp.reset", "dns.y"),
    )
    verdict = diagnose(evidence(), [one]).verdict
    assert verdict is not None
    assert tuple(map(str, verdict.remedies)) == ("First.", "Mend it.")
    assert [other.cause for other in verdict.alternatives] == ["tcp.reset", "dns.y"]
    assert (verdict.title, verdict.explanation, verdict.links) == (
        "tcp.x!",
        "So it is.",
        ("https://x",),
    )
    assert (verdict.evidence, verdict.hosts, verdict.tell_apart) == (
        ("seen so",),
        (A,),
        Remedy("Look there."),
    )


def test_remedies_of_all_hosts_come_together() -> None:
    def when(evidence: Evidence, host: str) -> Match:
        return Match(host, (f"Mend {host}.", "Mend all."))

    one = cause("tcp.x", when_host=when)
    verdict = diagnose(evidence(hosts=(A, B)), [one]).verdict
    assert verdict is not None
    assert tuple(map(str, verdict.remedies)) == (
        f"Mend {A}.",
        "Mend all.",
        f"Mend {B}.",
        "Mend it.",
    )


def test_a_failure_that_nobody_explains_is_said_to_be_that() -> None:
    """With its facts, and never under another name."""
    diagnosis = diagnose(evidence(failed("tcp", "odd", A, message="it is odd", code=7)), [])
    assert codes(diagnosis) == {"tcp.unexplained": "error"}
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.evidence == ("it is odd (code 7)",)
    assert diagnosis.verdict.remedies
    assert diagnosis.verdict.alternatives == ()


def test_what_a_lower_error_explains_is_not_unexplained() -> None:
    case = evidence(failed("tls", "eof", A), failed("hello", "eof", A))
    assert set(codes(diagnose(case, [cause("tls.x")]))) == {"tls.x"}
    above = diagnose(case, [cause("topology.x")])
    assert set(codes(above)) == {"tls.unexplained", "hello.unexplained", "topology.x"}


def test_what_explains_one_host_leaves_the_next_unexplained() -> None:
    refusal = cause("tcp.refused", when_host=on("tcp", "refused"))
    case = evidence(failed("tcp", "refused", A), failed("tcp", "odd", B))
    assert codes(diagnose(case, [refusal])) == {"tcp.refused": "error", "tcp.unexplained": "error"}


def test_a_crash_is_told_as_our_own_whatever_else_is_true() -> None:
    crash = result("auth", status="crashed", failure=Failure("crashed", "KeyError: 'x'"))
    diagnosis = diagnose(evidence(OK, crash), [cause("uri.x", severity="warning")])
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "auth.unexplained"
    assert "internal error in mongoping: KeyError: 'x'" in diagnosis.verdict.evidence[0]


def test_a_driver_that_fails_on_a_sound_deployment_is_a_finding_by_itself() -> None:
    case = evidence(result("hello", host=A), failed("driver", "timeout", message="no luck"))
    diagnosis = diagnose(case, [])
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "topology.unexplained"
    assert "all lower layers work, but the driver reports: no luck" in diagnosis.verdict.evidence[0]
    explanation = diagnose(case, [cause("topology.x")])
    assert set(codes(explanation)) == {"topology.x"}


def test_a_run_that_ended_too_soon_says_so() -> None:
    late = result("ping", status="skipped", blocked_by="deadline", reason="the deadline came first")
    diagnosis = diagnose(evidence(result("hello", host=A), OK, late, deadline=3.0), [])
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.evidence == ("not finished within 3 s",)
    assert "--timeout" in str(diagnosis.verdict.remedies[0])
    assert "no known cause" not in diagnosis.verdict.title
    interruption = evidence(result("hello", host=A), late).replace(interrupted=True)
    assert diagnose(interruption, []).verdict is None


def test_causes_for_error_texts_alone_are_not_asked() -> None:
    text_only = Cause("pool.exhausted", "x", "y", ("z",), says=("full",))
    assert diagnose(evidence(), [text_only]) == Diagnosis()


RANKS = {layer: float(number) for number, layer in enumerate(LAYERS)}


@examples(80)
@given(evidences())
def test_the_catalog_weighs_any_evidence(pair: tuple[ParsedUri, Evidence]) -> None:
    """No cause raises; the verdict is the lowest error, once, and its echoes are silent."""
    _, evidence = pair
    diagnosis = diagnose(evidence, registry.causes())
    errors = [finding for finding in diagnosis.findings if finding.severity == "error"]
    assert (diagnosis.verdict is None) == (not errors)
    keys = [(finding.cause, finding.severity) for finding in diagnosis.findings]
    assert len(keys) == len(set(keys))
    for finding in diagnosis.findings:
        assert finding.cause.endswith(".unexplained") or registry.cause(finding.cause) is not None
    if diagnosis.verdict is not None:
        assert diagnosis.verdict.cause == errors[0].cause
        assert diagnosis.verdict.remedies
        lowest = min(RANKS.get(error.layer, 0.5) for error in errors)
        assert RANKS.get(diagnosis.verdict.layer, 0.5) == lowest


@examples(40)
@given(evidences())
def test_no_failure_goes_without_a_finding(pair: tuple[ParsedUri, Evidence]) -> None:
    """A row that failed is explained by a cause or is said to be unexplained; none is lost."""
    _, evidence = pair
    failing_rows = [result for result in evidence.results if result.status in ("failed", "crashed")]
    lower = [finding for finding in failing_rows if finding.check != "driver"]
    assert not lower or diagnose(evidence, registry.causes()).findings


def test_a_verdict_lists_every_error_of_the_same_item_and_of_no_other() -> None:
    def about(code: str, host: str) -> Cause:
        match = Match(f"{code} at {host}", hosts=(host,))
        return cause(code, when=lambda evidence: match, remedies=(f"Correct {code}.", "Or this."))

    root = about("tls.expired", A).replace(outranks=("tls.name", "tls.other"))
    verdict = diagnose(evidence(), [about("tls.name", A), about("tls.other", B), root]).verdict
    assert verdict is not None
    assert verdict.cause == "tls.expired"
    assert verdict.evidence == (f"tls.expired at {A}", f"tls.name at {A}")
    assert [remedy.text for remedy in verdict.remedies] == [
        "Correct tls.expired.",
        "Correct tls.name.",
        "Or this.",
    ]
