"""The report for programs: one object, as the schema says, whatever was seen."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.formats import json as form
from mongoping.model import (
    Alternative,
    Evidence,
    Finding,
    Latency,
    Match,
    Member,
    Remedy,
    Report,
    Style,
    Topology,
    Vantage,
    Verdict,
)
from mongoping.report import build
from mongoping.uri.target import ParsedUri
from tests.conftest import SCHEMA, validate
from tests.evidence import evidences
from tests.examples import examples
from tests.formats.reports import layer, report, verdict

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
STYLE = Style()


def document(report: Report) -> dict:
    text = form.render(report, STYLE)
    content = json.loads(text)
    validate(content)
    return content


@examples(60)
@given(evidences())
def test_any_report_is_what_the_schema_says(pair: tuple[ParsedUri, Evidence]) -> None:
    """One line that no terminal obeys; a verdict exactly where the status is fail."""
    uri, evidence = pair
    checks = registry.checks()
    report = build(evidence, diagnose(evidence, registry.causes()), checks, uri)
    text = form.render(report, STYLE)
    assert text.count("\n") == 1
    assert not UNSAFE.search(text)
    text.encode()
    content = json.loads(text)
    validate(content)
    assert (content["verdict"] is not None) == (content["status"] == "fail")
    errors = [
        finding
        for layer in content["layers"]
        for finding in layer["findings"]
        if finding["severity"] == "error"
    ]
    assert (content["verdict"] is not None) == bool(errors)
    assert (report.exit_code() != 0) == (bool(errors) or report.interrupted or _has_crashed(report))


def _has_crashed(report: Report) -> bool:
    return any(layer.crashed for layer in report.layers)


def test_style_changes_nothing() -> None:
    sample = report(verdict=verdict())
    loud = Style(width=40, color=True, unicode=False, verbose=True, quiet=True)
    assert form.render(sample, loud) == form.render(sample, STYLE)


def test_every_field_of_the_contract_is_there() -> None:
    content = document(report(tool=dict.fromkeys(["mongoping", "python", "platform"], "x") | NONE))
    assert list(content) == [
        "schema",
        "tool",
        "target",
        "vantage",
        "started_at",
        "duration_ms",
        "status",
        "verdict",
        "layers",
        "latency",
        "topology",
    ]
    assert content["schema"] == 2
    assert content["latency"] is content["topology"] is content["verdict"] is None


NONE = {"pymongo": None, "openssl": None}
TOOL = {"mongoping": "0", "python": "3", "platform": "x", **NONE}


def test_a_verdict_has_its_evidence_and_what_to_paste() -> None:
    remedies = (
        Remedy("Start the server:", command="systemctl start mongod"),
        Remedy("Use the port that listens:", uri="mongodb://h:27018/"),
        Remedy("Check the address."),
    )
    others = (Alternative("tcp.timeout", "The host does not answer"),)
    conclusion = verdict(tell_apart=Remedy("Ask:", "nc"), remedies=remedies, alternatives=others)
    content = document(report(tool=TOOL, verdict=conclusion))["verdict"]
    assert set(content) - {"exit_code", "fixed_uri"} == set(Verdict._fields) - {
        "hosts",
        "tell_apart",
        "inconclusive",
    }
    assert content["evidence"] == ["a:27017 refused the connection"]
    assert content["exit_code"] == 12
    assert content["fixed_uri"] == "mongodb://h:27018/"
    assert content["alternatives"] == [
        {"cause": "tcp.timeout", "title": "The host does not answer"}
    ]
    assert content["remedies"] == [
        {"text": "Start the server:", "command": "systemctl start mongod", "uri": None},
        {"text": "Use the port that listens:", "command": None, "uri": "mongodb://h:27018/"},
        {"text": "Check the address.", "command": None, "uri": None},
    ]


def test_the_target_says_where_it_comes_from_and_from_where_it_was_checked() -> None:
    plain = document(report(tool=TOOL))
    assert (plain["target"]["name"], plain["target"]["source"]) == (None, "argument")
    assert plain["vantage"] is None
    seen_from = Vantage("bastion", "ssh:bastion.example.com")
    content = document(report(tool=TOOL, name="orders", source="@orders", vantage=seen_from))
    assert (content["target"]["name"], content["target"]["source"]) == ("orders", "@orders")
    assert content["vantage"] == {"name": "bastion", "host": "ssh:bastion.example.com"}


def test_a_warning_has_remedies_to_paste() -> None:
    remedy = Remedy("Renew it:", command="certbot renew")
    finding = Finding(
        "tls.certificate-expiring", "tls", "warning", "6 days left", remedies=(remedy,)
    )
    content = document(report(tool=TOOL, layers=(layer(findings=(finding,)),)))
    (row,) = content["layers"][0]["findings"]
    assert row["remedies"] == [{"text": "Renew it:", "command": "certbot renew", "uri": None}]


def test_a_finding_of_one_host_names_it_and_of_several_names_none() -> None:
    findings = tuple(
        Finding("tcp.refused", "tcp", "error", "it is so", hosts, Match(""))
        for hosts in (("a:1",), ("a:1", "b:2"), ())
    )
    content = document(report(tool=TOOL, layers=(layer(findings=findings),)))
    assert [layer["host"] for layer in content["layers"][0]["findings"]] == ["a:1", None, None]


def test_numbers_that_json_has_not_are_null() -> None:
    """NaN and infinity are no JSON, wherever they come from."""
    odd = Latency(1, 0, float("nan"), float("inf"), 0.123456, 1.0, 1.0, 1.0, None, (1.0,))
    member = Member("a:1", "primary", True, float("inf"), float("nan"), (0, float("nan")))  # type: ignore[arg-type]
    sample = report(tool=TOOL, latency=odd, layers=(layer(data={"x": float("nan")}),))
    text = form.render(sample, STYLE)
    content = json.loads(text, parse_constant=pytest.fail)
    assert content["latency"]["min_ms"] is content["latency"]["mean_ms"] is None
    assert content["latency"]["stddev_ms"] == 0.123
    assert "samples_ms" not in content["latency"]
    assert content["layers"][0]["data"]["x"] is None
    output = form.render(sample.replace(topology=Topology("Single", None, (member,))), STYLE)
    (row,) = json.loads(output, parse_constant=pytest.fail)["topology"]["members"]
    assert row["rtt_ms"] is row["lag_s"] is None


def test_every_member_is_there_reachable_or_not() -> None:
    members = (
        Member("a:1", "primary", True, 0.5, None, (0, 21), {"dc": "x"}, seed=True),
        Member("b:2", "unknown", False, error="Connection refused"),
    )
    topology = Topology("ReplicaSetNoPrimary", "rs0", members)
    content = document(report(tool=TOOL, topology=topology))["topology"]
    assert [(member["host"], member["reachable"]) for member in content["members"]] == [
        ("a:1", True),
        ("b:2", False),
    ]
    assert content["members"][0]["version_wire"] == [0, 21]
    assert content["members"][1]["version_wire"] == []
    assert content["members"][1]["error"] == "Connection refused"


def test_hosts_are_null_where_they_could_not_be_had() -> None:
    assert document(report(tool=TOOL, hosts=None))["target"]["hosts"] is None
    assert document(report(tool=TOOL, hosts=()))["target"]["hosts"] == []


def test_the_schema_is_one_and_refuses_what_it_does_not_know() -> None:
    """A schema that allows anything would test nothing."""
    import jsonschema

    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    content = document(report(tool=TOOL, verdict=verdict(), layers=(layer(),)))
    for spoilt in (
        {**content, "extra": 1},
        {**content, "schema": 1},
        {**content, "target": {**content["target"], "extra": 1}},
        {**content, "verdict": {**content["verdict"], "remedies": ["Start the server."]}},
        {**content, "verdict": {**content["verdict"], "alternatives": ["tcp.timeout"]}},
        {**content, "status": "unhealthy"},
        {**content, "started_at": "yesterday"},
        {**content, "verdict": {**content["verdict"], "remedies": []}},
        {**content, "layers": [{**content["layers"][0], "name": "http"}]},
        {name: value for name, value in content.items() if name != "topology"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validate(spoilt)
