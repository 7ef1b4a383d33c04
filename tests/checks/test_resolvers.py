"""Several resolvers, asked for the same names: real name servers that differ or are silent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import formats, registry
from mongoping.anonymous.pseudonyms import Pseudonyms
from mongoping.anonymous.reports import anonymize_report
from mongoping.model import Report, Style
from mongoping.observations import NameAnswers, observation
from mongoping.sandbox.nameserver import EVERYTHING, NameServer, Silence, srv
from mongoping.sandbox.played import SimulatedServer, standalone
from tests.checks.real import check_uri

if TYPE_CHECKING:
    from mongoping.sandbox.nameserver import Zone
    from tests.conftest import Run

CLUSTER, HOST = "cluster.example.test", "db1.example.test"
URI = f"mongodb+srv://{CLUSTER}/?tls=false"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return the port of a simulated server."""
    with SimulatedServer(standalone()) as server:
        yield server.port


def zone(port: int, **changes: Any) -> Zone:
    """Return the records of a cluster with one host."""
    return {
        (f"_mongodb._tcp.{CLUSTER}", "SRV"): srv([(HOST, port)]),
        (CLUSTER, "TXT"): ['"authSource=admin"'],
        (HOST, "A"): ["127.0.0.1"],
    } | {(HOST, "A") if name == "a" else name: value for name, value in changes.items()}


def report_of(*servers: NameServer, uri: str = URI, deadline: float = 6.0) -> Report:
    """Return the report of a run that uses the first server and asks all of them."""
    places = tuple(server.address for server in servers)
    return check_uri(uri, resolver=places[0], resolvers=places, deadline=deadline)[1]


def detail_of(report: Report) -> str | None:
    """Return the evidence of the disagreement, if it was found."""
    findings = [finding for layer in report.layers for finding in layer.findings]
    disagreements = [finding for finding in findings if finding.cause == "dns.resolvers-disagree"]
    return disagreements[0].detail if disagreements else None


def test_the_same_answers_are_no_finding(port: int) -> None:
    with NameServer(zone(port)) as first, NameServer(zone(port)) as second:
        report = report_of(first, second)
    assert report.verdict is None
    assert detail_of(report) is None


def test_another_address_is_named_with_the_server_that_gave_it(port: int) -> None:
    other = zone(port) | {(HOST, "A"): ["127.0.0.9"]}
    with NameServer(zone(port)) as first, NameServer(other) as second:
        report = report_of(first, second)
        assert report.verdict is None  # the run uses the first, where it works
        assert detail_of(report) == (
            f"{HOST} (A): 127.0.0.1 from {first.address}; 127.0.0.9 from {second.address}. "
            f"This run uses {first.address}"
        )


def test_the_verdict_is_that_of_the_first_server(port: int) -> None:
    empty: Zone = {key: value for key, value in zone(port).items() if key[0] != HOST}
    with NameServer(empty) as first, NameServer(zone(port)) as second:
        report = report_of(first, second)
        assert report.verdict is not None
        assert report.verdict.cause == "dns.host-not-found"
        detail = detail_of(report)
    assert detail is not None
    assert f"(no such name) from {first.address}; 127.0.0.1 from {second.address}" in detail


def test_other_srv_and_txt_records(port: int) -> None:
    other = zone(port) | {
        (f"_mongodb._tcp.{CLUSTER}", "SRV"): srv([("db2.example.test", port)]),
        (CLUSTER, "TXT"): ['"authSource=shop"'],
    }
    with NameServer(zone(port)) as first, NameServer(other) as second:
        detail = detail_of(report_of(first, second)) or ""
    assert f"_mongodb._tcp.{CLUSTER} (SRV): 0 0 {port} {HOST}. from" in detail
    assert f'{CLUSTER} (TXT): "authSource=admin" from' in detail


def test_a_silent_server_is_named_within_the_time_of_the_run(port: int) -> None:
    with (
        NameServer(zone(port)) as first,
        NameServer(zone(port), {EVERYTHING: Silence()}) as second,
    ):
        report = report_of(first, second)
        assert report.verdict is None
        assert detail_of(report) == (
            f"{second.address} does not answer. This run uses {first.address}"
        )


def test_every_answer_is_in_the_json_report(port: int) -> None:
    other = zone(port) | {(HOST, "A"): ["127.0.0.9"]}
    with NameServer(zone(port)) as first, NameServer(other) as second:
        report = report_of(first, second)
        document = json.loads(formats.render("json", [report], Style()))
        resolvers = document["layers"][1]["data"]["resolvers"]
        assert resolvers["servers"] == [first.address, second.address]
        (row,) = [row for row in resolvers["answers"] if row["type"] == "A"]
        answers = {first.address: ["127.0.0.1"], second.address: ["127.0.0.9"]}
        assert row == {"name": HOST, "type": "A", "answers": answers}


def test_answers_are_anonymized(port: int) -> None:
    other = zone(port) | {
        (f"_mongodb._tcp.{CLUSTER}", "SRV"): srv([("cnryhost.cnrydom.foo", port)]),
        (CLUSTER, "TXT"): ['"authSource=cnryauth"'],
        (HOST, "A"): ["10.99.99.99"],
    }
    with NameServer(zone(port)) as first, NameServer(other) as second:
        anonymous_report = anonymize_report(report_of(first, second), Pseudonyms(run="run-1"))
    for form in registry.names("formats"):
        text = formats.render(form, [anonymous_report], Style(verbose=True))
        for canary in ("cnry", "10.99.99.99", "db1", "cluster."):
            assert canary not in text, form


def test_topology_lists_the_answers_too(port: int, run_mongoping: Callable[..., Run]) -> None:
    other = zone(port) | {(HOST, "A"): ["127.0.0.9"]}
    with NameServer(zone(port)) as first, NameServer(other) as second:
        args = (*first.args, *second.args, "--format", "json", "--count", "1")
        run = run_mongoping("topology", URI, *args)
        assert f"127.0.0.9 from {second.address}" in str(run.json["notes"])
        assert run.code == 0


@pytest.mark.parametrize(
    ("resolvers", "sentence"),
    [
        (("127.0.0.1", "nowhere"), "IP[:PORT] or system: 'nowhere' is not an IP address."),
        (tuple(f"127.0.0.{last}" for last in range(1, 10)), "compare at most 8 name servers."),
    ],
)
def test_what_is_no_resolver_is_one_sentence(
    run_mongoping: Callable[..., Run], resolvers: tuple[str, ...], sentence: str
) -> None:
    args = [word for text in resolvers for word in ("--resolver", text)]
    run = run_mongoping("check", "mongodb://localhost:9/", *args)
    assert run.code == 2
    assert sentence in run.err


def test_one_resolver_is_not_compared(port: int) -> None:
    with NameServer(zone(port)) as only:
        evidence, _ = check_uri(URI, resolver=only.address)
    assert observation(evidence, "resolvers") is None


@pytest.mark.parametrize(
    ("kind", "first", "second", "differ"),
    [
        ("A", ("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.3"), False),
        ("A", ("10.0.0.1",), ("10.0.0.2",), True),
        ("SRV", ("0 0 1 a.", "0 0 1 b."), ("0 0 1 a.",), True),
        ("A", ("10.0.0.1",), ("(no such name)",), True),
        ("A", ("10.0.0.1",), ("(no answer)",), False),
    ],
)
def test_what_counts_as_different(
    kind: str, first: tuple[str, ...], second: tuple[str, ...], differ: bool
) -> None:
    assert NameAnswers("a", kind, {"x": first, "y": second}).differ is differ
