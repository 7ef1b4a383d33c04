"""SARIF: valid by the standard's demands, each result with its rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from mongoping.formats import sarif
from tests.examples import examples
from tests.formats.samples import EVERY, STYLE, hostile, refused, report, smoked, texts, warned

SCHEMA = json.loads(Path(__file__).with_name("sarif.schema.json").read_text())


def read(text: str) -> dict[str, Any]:
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    return run


@pytest.mark.parametrize("name", EVERY)
def test_every_report_is_valid_and_an_error_where_the_exit_code_is_one(name: str) -> None:
    run = read(sarif.render(EVERY[name], STYLE))
    failed = any(one["level"] == "error" for one in run["results"])
    assert failed == (EVERY[name].exit_code() != 0)
    assert run["invocations"][0]["exitCode"] == EVERY[name].exit_code()


def test_a_rule_has_the_words_of_its_cause() -> None:
    run = read(sarif.render(refused(), STYLE))
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["id"] == "tcp.refused"
    assert rule["shortDescription"]["text"] == "Nothing listens on that port"
    assert rule["helpUri"].startswith("https://")
    assert len(run["results"]) == 1


def test_warnings_are_warnings_and_health_has_no_result() -> None:
    assert [one["level"] for one in read(sarif.render(warned(), STYLE))["results"]] == ["warning"]
    assert read(sarif.render(report(), STYLE))["results"] == []


def test_several_targets_are_one_run() -> None:
    run = read(sarif.render_all([smoked(), refused()], STYLE))
    assert run["invocations"][0]["properties"]["target"] == "orders"
    assert {one["ruleId"] for one in run["results"]} == {"expectation.not-met", "tcp.refused"}


@given(texts)
@examples(60)
def test_no_text_can_break_it(text: str) -> None:
    read(sarif.render(hostile(text), STYLE))
