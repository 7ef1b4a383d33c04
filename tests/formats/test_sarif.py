"""SARIF: valid, and accepted by code scanning on GitHub.

GitHub's rules are those of "SARIF support for code scanning", and what its validator for
uploads (rules GH1001 to GH1006) requires.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from mongoping.cli._checkout import checkout
from mongoping.formats import sarif
from mongoping.model import Checkout, Location
from tests import schemas
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    refused_report,
    report,
    smoke_report,
    texts,
    warning_report,
)

SCHEMA = Path(__file__).with_name("sarif.schema.json")
FINGERPRINT = re.compile(r"[0-9a-f]{16}:[0-9]+")


def read(text: str) -> dict[str, Any]:
    """Return the only run of a log that GitHub accepts."""
    document = json.loads(text)
    schemas.validate(document, SCHEMA)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    for rule in rules:
        accepted_rule(rule)
    for result in run["results"]:
        accepted_result(result)
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(prints)) == len(prints), "GitHub merges results with equal fingerprints"
    return run


def accepted_rule(rule: dict[str, Any]) -> None:
    assert rule["id"]
    assert len(rule["name"]) <= 255
    for name in ("shortDescription", "fullDescription"):
        assert 0 < len(rule[name]["text"]) <= 1024
    assert rule["help"]["text"]
    assert rule["help"]["markdown"]
    assert rule["helpUri"].startswith("https://")
    assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert len(rule["properties"]["tags"]) <= 10


def accepted_result(result: dict[str, Any]) -> None:
    assert result["message"]["text"].strip()
    assert result["level"] in ("error", "warning", "note")
    (location,) = result["locations"]  # GitHub shows only the first
    place = location["physicalLocation"]
    uri = place["artifactLocation"]["uri"]
    assert uri
    assert not uri.startswith(("/", "..", "file:"))
    assert "://" not in uri
    region = place["region"]
    assert 1 <= region["startLine"] <= region["endLine"]
    assert 1 <= region["startColumn"] < region["endColumn"]
    assert FINGERPRINT.fullmatch(result["partialFingerprints"]["primaryLocationLineHash"])


def place_of(text: str) -> tuple[str, int]:
    place = read(text)["results"][0]["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


@pytest.mark.parametrize("name", EVERY)
def test_every_report_is_accepted_and_has_an_error_if_the_exit_code_is_one(name: str) -> None:
    run = read(sarif.render(EVERY[name], STYLE))
    has_error = any(result["level"] == "error" for result in run["results"])
    assert has_error == (EVERY[name].exit_code() != 0)
    assert run["invocations"][0]["exitCode"] == EVERY[name].exit_code()


def test_a_rule_describes_the_cause_and_a_result_what_to_do() -> None:
    run = read(sarif.render(refused_report(), STYLE))
    rule = run["tool"]["driver"]["rules"][0]
    assert (rule["id"], rule["name"]) == ("tcp.refused", "TcpRefused")
    assert rule["shortDescription"]["text"] == "Nothing listens on that port"
    assert rule["fullDescription"]["text"] == "The machine refused the connection."
    assert "`mongoping causes tcp.refused`" in rule["help"]["markdown"]
    assert rule["helpUri"] == "https://www.mongodb.com/docs/manual/"
    (result,) = run["results"]
    assert result["message"]["text"].splitlines() == [
        "mongodb://ada:***@h:1/: h:1 refused the connection",
        "Try first: Start the server:",
        "  systemctl start mongod",
        "Also try: Use the port that listens:",
        "  mongodb://ada:***@h:27017/",
    ]


def test_a_warning_is_described_and_has_its_remedies() -> None:
    run = read(sarif.render(warning_report(), STYLE))
    (result,) = run["results"]
    assert result["level"] == "warning"
    assert "  certbot renew" in result["message"]["text"].splitlines()
    assert run["tool"]["driver"]["rules"][0]["shortDescription"]["text"] == "It expires soon"
    assert read(sarif.render(report(), STYLE))["results"] == []


def test_several_targets_are_one_run_and_equal_causes_are_told_apart() -> None:
    run = read(
        sarif.render_all(
            [smoke_report(), refused_report(), refused_report().replace(name="b")], STYLE
        )
    )
    assert run["invocations"][0]["properties"]["target"] == "orders"
    codes = [result["ruleId"] for result in run["results"]]
    assert codes == ["expectation.not-met", "tcp.refused", "tcp.refused"]


def test_the_fingerprint_outlives_a_change_of_the_line_and_of_the_evidence() -> None:
    def fingerprint(**changes: Any) -> Any:
        sample = refused_report().replace(**changes)
        return read(sarif.render(sample, STYLE))["results"][0]["partialFingerprints"]

    assert fingerprint() == fingerprint(location=Location("targets.toml", 7), duration_ms=99.0)
    assert fingerprint() != fingerprint(name="orders")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("mongoping.toml", ("ci/mongoping.toml", 3)),
        ("../shop db.uri", ("shop%20db.uri", 3)),
        ("/repo/ci/x.toml", ("ci/x.toml", 3)),
        ("/home/ada/.config/mongoping.toml", ("default.yml", 1)),
        ("../../x.toml", ("default.yml", 1)),
        ("/repository/x.toml", ("default.yml", 1)),
    ],
)
def test_the_place_is_in_the_repository(path: str, expected: tuple[str, int]) -> None:
    """A file outside of the repository means nothing to GitHub."""
    style = STYLE.replace(checkout=Checkout("/repo", "/repo/ci", "default.yml"))
    assert (
        place_of(sarif.render(refused_report().replace(location=Location(path, 3)), style))
        == expected
    )


def test_a_target_that_no_file_contains_is_shown_in_the_default_file() -> None:
    style = STYLE.replace(checkout=Checkout("/repo", "/repo", ".github/workflows/ci.yml"))
    assert place_of(sarif.render(refused_report(), style)) == (".github/workflows/ci.yml", 1)


def test_the_default_file_is_the_workflow_or_a_configuration_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "service"
    folder.mkdir()
    assert checkout(folder, {}) == Checkout(str(tmp_path), str(folder), "mongoping.toml")
    (tmp_path / "pyproject.toml").touch()
    assert checkout(folder, {}).default == "pyproject.toml"
    (folder / "mongoping.toml").touch()
    assert checkout(folder, {}).default == "service/mongoping.toml"
    workflow = "ada/shop/.github/workflows/ci.yml@refs/heads/main"
    result = checkout(folder, {"GITHUB_WORKFLOW_REF": workflow, "GITHUB_WORKSPACE": str(folder)})
    assert result == Checkout(str(folder), str(folder), ".github/workflows/ci.yml")
    assert checkout(folder, {"GITHUB_WORKFLOW_REF": "../../etc/passwd"}).default != "etc/passwd"


@given(texts)
@examples(60)
def test_no_text_can_break_it(text: str) -> None:
    read(sarif.render(hostile(text).replace(location=Location(text, 1)), STYLE))
