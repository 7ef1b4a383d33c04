"""From evidence to the report: every host has its place, every layer its status and its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from mongoping import registry
from mongoping.checks.ping import latency
from mongoping.diagnosis import diagnose
from mongoping.exit_codes import EXIT_CODES
from mongoping.model import (
    LAYERS,
    Cause,
    Check,
    Diagnosis,
    Evidence,
    Failure,
    Finding,
    Line,
    Match,
    Member,
    Outcome,
    Remedy,
    Report,
    Result,
    Verdict,
)
from mongoping.observations import HelloFacts, MembersFacts
from mongoping.record import Record
from mongoping.report import build
from mongoping.runnable import HostCheck, OnceCheck
from mongoping.uri.host import Host
from mongoping.uri.origin import Origin
from mongoping.uri.target import Credentials, parse
from tests.evidence import START_TIME, evidence, evidences, failed, host_of, result, topology
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mongoping.uri.target import ParsedUri

A, B = "a:27017", "b:27017"
URI = "mongodb://a:27017/"


async def nothing(ctx: Any, host: Host | None = None) -> Outcome:
    return Outcome()


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (Origin("MONGODB_URI"), '"$MONGODB_URI"'),
        (Origin("MONGO_URL"), '"$MONGO_URL"'),
        (Origin("@orders", name="orders"), "@orders"),
        (Origin("file", path="my uri"), "--uri-file 'my uri'"),
        (Origin("argument"), "mongodb://a:27017/"),
    ],
)
def test_a_command_names_the_target_as_the_user_did(origin: Origin, name: str) -> None:
    row = failed("addresses", "timeout", A)
    case = evidence(row, uri=URI)
    cause = Cause(
        code="dns.timeout",
        title="t",
        explanation="e",
        remedies=(Remedy("Try:", command='mongoping check "$MONGODB_URI" --count 2'),),
        links=(),
        when=lambda _: "seen",
    )
    report = build(case, diagnose(case, (cause,)), (), parse(URI).replace(origin=origin))
    assert report.verdict is not None
    assert report.verdict.remedies[0].command == f"mongoping check {name} --count 2"


def check(name: str, layer: str, *, per_host: bool = False, **more: Any) -> Check:
    kind = HostCheck if per_host else OnceCheck
    return kind(name=name, layer=layer, summary=name, run=nothing, **more)


def row(name: str, layer: str, host: str | None = None, **more: Any) -> Result:
    status = more.pop("status", "failed" if more.get("failure") else "ok")
    return Result(name, layer, host, status, **more)


def report_of(*rows: Result, checks: list[Check], findings: tuple[Finding, ...] = ()) -> Report:
    names = dict.fromkeys(row.host for row in rows if row.host)
    case = evidence(hosts=()).replace(results=rows, hosts=tuple(map(host_of, names)))
    return build(case, Diagnosis(findings), checks, parse(URI))


def finding(cause: str, severity: Any = "warning", hosts: tuple[str, ...] = ()) -> Finding:
    return Finding(cause, cause.partition(".")[0], severity, f"it is {cause}", hosts, Match(""))


ONE = [check("tcp", "tcp", per_host=True)]
REFUSAL = Failure("refused", "it was refused")


def test_layers_come_in_their_order_and_each_that_has_checks() -> None:
    every = [check(layer, layer) for layer in reversed(LAYERS)]
    assert [layer.name for layer in report_of(checks=every).layers] == list(LAYERS)
    assert [layer.name for layer in report_of(checks=ONE).layers] == ["tcp"]


@pytest.mark.parametrize(
    ("rows", "findings", "status"),
    [
        ([row("tcp", "tcp", A)], (), "ok"),
        ([row("tcp", "tcp", A), row("tcp", "tcp", B, failure=REFUSAL)], (), "warn"),
        ([row("tcp", "tcp", A, failure=REFUSAL)], (), "fail"),
        ([row("tcp", "tcp", A)], (finding("tcp.slow"),), "warn"),
        ([row("tcp", "tcp", A)], (finding("tcp.x", "info"),), "ok"),
        ([row("tcp", "tcp", A)], (finding("tcp.x", "error"),), "fail"),
        ([row("tcp", "tcp", A, status="crashed", failure=REFUSAL)], (), "fail"),
        ([row("tcp", "tcp", A, status="skipped", blocked_by="dns")], (), "skip"),
        ([], (), "skip"),
    ],
)
def test_a_layer_stands_as_its_rows_and_findings_do(
    rows: list[Result], findings: tuple[Finding, ...], status: str
) -> None:
    (layer,) = report_of(*rows, checks=ONE, findings=findings).layers
    assert layer.status == status


def test_a_check_that_runs_once_fails_its_layer() -> None:
    checks = [check("tls-files", "tls"), check("tls", "tls", per_host=True)]
    rows = [row("tls-files", "tls", failure=REFUSAL), row("tls", "tls", A)]
    assert report_of(*rows, checks=checks).layers[0].status == "fail"


def test_hosts_at_once_cost_the_longest_and_checks_add_up() -> None:
    checks = [check("srv", "dns"), check("addresses", "dns", per_host=True)]
    rows = [
        row("srv", "dns", duration_ms=5.0),
        row("addresses", "dns", A, duration_ms=2.0),
        row("addresses", "dns", B, duration_ms=7.0),
    ]
    assert report_of(*rows, checks=checks).layers[0].duration_ms == 12.0


def test_every_host_is_in_the_data_reachable_or_not() -> None:
    """With its status and, where it failed, the facts of it."""
    rows = [
        row("tcp", "tcp", A, data=None, duration_ms=1.0),
        row("tcp", "tcp", B, failure=REFUSAL.replace(errno="ECONNREFUSED", facts={"x": 1})),
    ]
    hosts = report_of(*rows, checks=ONE).layers[0].data["hosts"]
    assert hosts[A]["status"] == "ok"
    assert hosts[B]["failure"] == {
        "kind": "refused",
        "message": "it was refused",
        "errno": "ECONNREFUSED",
        "code": None,
        "facts": {"x": 1},
    }


def test_data_of_single_checks_stands_under_their_names() -> None:
    """That of the layer's own check at the top, and a reason where one was skipped."""
    checks = [check("tls", "tls"), check("tls-files", "tls")]
    rows = [
        row("tls", "tls", data=HelloFacts("standalone", 0, 21)),
        row("tls-files", "tls", status="skipped", reason="no need"),
    ]
    data = report_of(*rows, checks=checks).layers[0].data
    assert data["role"] == "standalone"
    assert data["tls_files"]["reason"] == "no need"


def test_the_summary_is_the_worst_or_what_the_checks_say() -> None:
    speaking = [check("tcp", "tcp", per_host=True, summarize=lambda data: f"saw {data}")]
    good = [row("tcp", "tcp", A, data="x"), row("tcp", "tcp", B, data="x")]
    assert report_of(*good, checks=speaking).layers[0].summary == "saw x"
    bad = [*good[:1], row("tcp", "tcp", B, failure=REFUSAL)]
    assert report_of(*bad, checks=speaking).layers[0].summary == "it was refused"
    error = (finding("tcp.x", "error"),)
    assert report_of(*bad, checks=speaking, findings=error).layers[0].summary == "it is tcp.x"


def test_what_was_not_tried_says_what_failed_before() -> None:
    """Not the check that stood before it, but the layer at the bottom."""
    checks = [
        check("tcp", "tcp", per_host=True),
        check("hello", "hello", per_host=True, needs=("tcp",)),
        check("api", "api", needs=("hello",)),
    ]
    rows = [
        row("tcp", "tcp", A, failure=REFUSAL),
        row("hello", "hello", A, status="skipped", blocked_by="tcp"),
        row("api", "api", status="skipped", blocked_by="hello"),
    ]
    assert report_of(*rows, checks=checks).layers[2].summary == "skipped: tcp failed"


def test_lines_name_their_host_where_there_are_several() -> None:
    speaking = [check("tcp", "tcp", per_host=True, lines=lambda data: [Line("", f"at {data}")])]
    alone = report_of(row("tcp", "tcp", A, data="1 ms"), checks=speaking)
    assert [line.text for line in alone.layers[0].lines] == ["at 1 ms"]
    two = report_of(
        row("tcp", "tcp", A, data="1 ms"), row("tcp", "tcp", B, data="2 ms"), checks=speaking
    )
    assert [line.text for line in two.layers[0].lines] == [f"{A}  at 1 ms", f"{B}  at 2 ms"]


def test_a_failure_has_a_line_with_its_words_and_its_code() -> None:
    failure = Failure("command", "no", code=18)
    (line,) = report_of(row("tcp", "tcp", A, failure=failure), checks=ONE).layers[0].lines
    assert (line.status, "no (code 18)" in line.text) == ("fail", True)


def test_findings_of_the_client_stand_with_compat() -> None:
    checks = [check("compat", "compat")]
    client_findings = (finding("client.motor-end-of-life"),)
    assert (
        report_of(row("compat", "compat"), checks=checks, findings=client_findings)
        .layers[0]
        .findings
        == client_findings
    )


def test_latency_and_topology_are_told_apart_from_their_layers() -> None:
    latency_facts = latency([0.5, None])
    tree = topology("Single", Member("a:27017", "standalone", True))
    report = build(
        evidence(result("ping", latency_facts), result("members", MembersFacts(tree, {}))),
        Diagnosis(),
        registry.checks(),
        parse(URI),
    )
    assert report.latency == latency_facts
    assert report.topology == tree
    empty = evidence(result("members", MembersFacts(topology("Unknown"), {})))
    assert build(empty, Diagnosis(), registry.checks(), parse(URI)).topology is None


@pytest.mark.parametrize(
    ("rows", "uri", "hosts", "deployment"),
    [
        ([], "mongodb://a/", (A,), "unknown"),
        ([], "mongodb+srv://c0.ab.mongodb.net/", (), "atlas"),
        ([], "mongodb://a/", ("x.ab.mongodb.net:27017",), "atlas"),
        ([result("hello", HelloFacts("standalone", 0, 21, "ferretdb"), A)], URI, (A,), "ferretdb"),
        ([failed("hello", "eof", A)], "mongodb://a.mongodb.net.example.test/", (A,), "unknown"),
    ],
)
def test_the_deployment_is_what_answered_or_what_the_names_say(
    rows: list[Result], uri: str, hosts: tuple[str, ...], deployment: str
) -> None:
    report = build(
        evidence(*rows, uri=uri, hosts=hosts), Diagnosis(), registry.checks(), parse(uri)
    )
    assert report.deployment == deployment


def test_a_broken_string_has_its_caret() -> None:
    case = evidence(failed("uri", "invalid", start=10, length=0), failed("tcp", "x", A))
    assert build(case, Diagnosis(), registry.checks(), parse(URI)).caret == (10, 1)
    assert build(evidence(), Diagnosis(), registry.checks(), parse(URI)).caret is None


def test_stamps_are_those_of_the_evidence() -> None:
    case = evidence(hosts=(A, B), preset="local").replace(duration_ms=7.0)
    report = build(case, Diagnosis(), registry.checks(), parse(URI))
    assert (report.started_at, report.duration_ms, report.preset) == (START_TIME, 7.0, "local")
    assert report.hosts == (A, B)
    assert build(case.replace(seeds=None), Diagnosis(), registry.checks(), parse(URI)).hosts is None


def verdict(layer: str, cause: str = "x") -> Verdict:
    return Verdict(f"{layer}.{cause}", layer, "t", "e", ("r",), (), ())


@pytest.mark.parametrize("layer", [*LAYERS, "client"])
def test_the_exit_code_is_that_of_the_layer(layer: str) -> None:
    """`ping` is 18, `compat` and `client` are 19; a failure without a cause is 1."""
    report = report_of(checks=ONE)
    expected = {"ping": 18, "compat": 19, "client": 19}.get(layer, EXIT_CODES[layer])
    assert report.replace(verdict=verdict(layer)).exit_code() == expected
    assert report.replace(verdict=verdict(layer, "unexplained")).exit_code() == 1


def test_the_exit_code_of_what_works() -> None:
    """0, also with warnings unless they are strict."""
    report = report_of(checks=ONE)
    assert report.replace(status="ok").exit_code(strict=True) == 0
    assert report.replace(status="warn").exit_code() == 0
    assert report.replace(status="warn").exit_code(strict=True) == 1


def test_an_interruption_comes_before_a_bug_and_that_before_a_verdict() -> None:
    crash = row("tcp", "tcp", A, status="crashed", failure=REFUSAL)
    report = report_of(crash, checks=ONE).replace(verdict=verdict("tcp"))
    assert report.exit_code() == 70
    assert report.replace(interrupted=True).exit_code() == 130


def test_an_interrupted_run_is_never_reported_as_ok() -> None:
    """Later checks might have failed, even if everything so far was healthy."""
    case = evidence(row("tcp", "tcp", A, status="ok"))
    assert build(case, Diagnosis(), registry.checks(), parse(URI)).status == "ok"
    interruption = build(case.replace(interrupted=True), Diagnosis(), registry.checks(), parse(URI))
    assert interruption.status == "warn"
    assert interruption.exit_code() == 130


def types_in(value: Any) -> Iterator[type]:
    """Yield the types of a value and of all that it holds.

    Generated texts may be any literal of the source code, so that no text tells them apart.
    """
    yield type(value)
    inner: Iterable[Any] = ()
    if isinstance(value, Record):
        inner = vars(value).values()
    elif isinstance(value, Mapping):
        inner = (*value.keys(), *value.values())
    elif isinstance(value, (tuple, list, set, frozenset)):
        inner = value
    for part in inner:
        yield from types_in(part)


@examples(40)
@given(evidences())
def test_any_evidence_becomes_a_report_with_every_host(pair: tuple[ParsedUri, Evidence]) -> None:
    """Nothing raises, nothing that was looked at goes missing, and no secret can be reached."""
    uri, evidence = pair
    checks = registry.checks()
    report = build(evidence, diagnose(evidence, registry.causes()), checks, uri)
    data = {layer.name: layer.data for layer in report.layers}
    for row in evidence.results:
        if row.host is not None:
            assert row.host in data[row.layer]["hosts"]
    assert Credentials not in set(types_in(report))


def test_a_layer_that_was_skipped_says_what_it_warns_of() -> None:
    """Its status is a warning, so the reason for the skip would contradict it."""
    checks = [check("tcp", "tcp", per_host=True), check("compat", "compat", needs=("tcp",))]
    rows = [
        row("tcp", "tcp", A, failure=REFUSAL),
        row("compat", "compat", status="skipped", blocked_by="tcp"),
    ]
    assert report_of(*rows, checks=checks).layers[1].summary == "skipped: tcp failed"
    warnings = (finding("compat.x"),)
    layer = report_of(*rows, checks=checks, findings=warnings).layers[1]
    assert (layer.status, layer.summary) == ("warn", "it is compat.x")


def test_the_compat_row_shows_the_installed_versions_even_if_nothing_was_reached() -> None:
    """The import of the driver waits for a connection; the versions are known without it."""
    checks = [check("import", "compat", needs=("tcp",)), check("compat", "compat", summarize=str)]
    rows = [
        row("import", "compat", status="skipped", blocked_by="tcp"),
        row("compat", "compat", data="PyMongo 4.15"),
    ]
    layer = report_of(*rows, checks=checks).layers[0]
    assert (layer.status, layer.summary) == ("ok", "PyMongo 4.15")


def test_files_on_this_machine_are_no_handshake() -> None:
    """The row of TLS is ok only if a handshake succeeded."""
    checks = [check("tls-files", "tls"), check("tls", "tls", per_host=True)]
    rows = [row("tls-files", "tls"), row("tls", "tls", A, status="skipped", blocked_by="tcp")]
    assert report_of(*rows, checks=checks).layers[0].status == "skip"
    rows[1] = row("tls", "tls", A)
    assert report_of(*rows, checks=checks).layers[0].status == "ok"


def test_members_that_only_the_string_names_are_no_discovery() -> None:
    """The row of the topology is ok only if the driver discovered a deployment."""
    checks = [check("driver", "topology"), check("members", "topology")]
    rows = [row("driver", "topology", status="skipped"), row("members", "topology")]
    assert report_of(*rows, checks=checks).layers[0].status == "skip"
    rows[0] = row("driver", "topology")
    assert report_of(*rows, checks=checks).layers[0].status == "ok"
