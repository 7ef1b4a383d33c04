"""CI systems by their environment, and what their logs are given. A server where it matters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.smoke.ci import SYSTEMS, detect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run


@pytest.mark.parametrize(("variable", "ci"), SYSTEMS)
def test_a_system_is_known_by_its_variable(variable: str, ci: Any) -> None:
    assert detect({variable: "true", "CI": "true"}) == (
        ci if variable != "CI" else detect({"CI": "1"})
    )


@pytest.mark.parametrize("environ", [{}, {"CI": "false"}, {"CI": ""}, {"GITHUB_ACTIONS": "0"}])
def test_outside_of_ci_there_is_none(environ: dict[str, str]) -> None:
    assert detect(environ) is None


@pytest.mark.parametrize(
    ("env", "has_color"),
    [
        ({"GITHUB_ACTIONS": "true"}, True),
        ({"GITLAB_CI": "true"}, True),
        ({"JENKINS_URL": "http://j/"}, False),
        ({"CI": "true"}, False),
        ({}, False),
        ({"GITHUB_ACTIONS": "true", "NO_COLOR": "1"}, False),
        ({"JENKINS_URL": "http://j/", "FORCE_COLOR": "1"}, True),
    ],
)
def test_logs_that_show_colors_get_them(
    env: dict[str, str], has_color: bool, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", "mongodb://127.0.0.1:1/", env=env)
    assert ("\x1b[" in run.out) is has_color
    assert run.code == 12


def test_files_and_other_forms_have_no_colors(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    env = {"GITHUB_ACTIONS": "true", "FORCE_COLOR": "1"}
    run = run_mongoping(
        "smoke", "mongodb://127.0.0.1:1/", "--format", "markdown", "--report", "text=a.txt", env=env
    )
    assert "\x1b" not in run.out
    assert "\x1b" not in (tmp_path / "a.txt").read_text()


def test_progress_is_lines_that_a_log_can_hold(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("smoke", "mongodb://127.0.0.1:1/", "--wait", "0.6", env={"CI": "true"})
    assert "\r" not in run.err
    assert "\x1b" not in run.err
    assert run.err.rstrip().endswith("after 0.1 ms)") or "tcp.refused" in run.err


def test_words_of_a_peer_are_no_command_in_the_log_of_a_runner(
    run_mongoping: Callable[..., Run],
) -> None:
    """The name of a user is foreign text to the runner that obeys lines."""
    uri = "mongodb://%0A%3A%3Aerror%3A%3Apwned@127.0.0.1:1/?appName=%23%23%5Bgroup%5D"
    run = run_mongoping("smoke", uri, "--verbose", env={"GITHUB_ACTIONS": "true"})
    assert not any(line.strip().startswith("::") for line in run.out.splitlines())
    assert "##[" not in run.out


def test_quiet_is_one_line_also_for_several_targets(run_mongoping: Callable[..., Run]) -> None:
    one = run_mongoping("smoke", "--quiet", "mongodb://127.0.0.1:1/")
    two = run_mongoping("smoke", "--quiet", "mongodb://127.0.0.1:1/", "mongodb://127.0.0.1:2/")
    assert one.out.count("\n") == two.out.count("\n") == 1
    assert two.out.startswith("✗ 0 of 2 targets work")


def test_targets_run_at_once_each_with_its_own_verdict(
    mongod: Any, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text(
        f'[targets.well]\nuri = "{mongod.uri}"\nexpect = {{members = 1}}\n'
        f'[targets.wrong]\nuri = "{mongod.uri}"\nexpect = {{members = 2}}\n'
        '[targets.gone]\nuri = "mongodb://127.0.0.1:1/"\n'
        '[targets.bad]\nuri = "mongodb://"\n'
    )
    run = run_mongoping("smoke", "--format", "json")
    assert run.code == 18
    assert run.json["status"] == "fail"
    causes = {
        target["target"]["name"]: (target["verdict"] or {}).get("cause")
        for target in run.json["targets"]
    }
    assert list(causes) == ["well", "wrong", "gone", "bad"]
    assert causes["well"] is None
    assert causes["wrong"] == "expectation.not-met"
    assert causes["gone"] == "tcp.refused"
    assert causes["bad"].startswith("uri.")
    assert run_mongoping("smoke", "--target", "well").code == 0
    assert run_mongoping("smoke", "--target", "gone", "--target", "well").code == 12


def test_sarif_shows_each_target_at_its_line_of_the_configuration(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text(
        '[targets.gone]\nuri = "mongodb://127.0.0.1:1/"\n\n[targets.bad]\nuri = "mongodb://"\n'
    )
    run = run_mongoping("smoke", "--format", "json", "--report", "sarif=found.sarif")
    targets = {row["target"]["name"]: row["target"]["source"] for row in run.json["targets"]}
    assert targets == {"gone": "@gone", "bad": "@bad"}
    (log,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    errors = {row["ruleId"]: row for row in log["results"] if row["level"] == "error"}
    places = {code: row["locations"][0]["physicalLocation"] for code, row in errors.items()}
    assert {place["artifactLocation"]["uri"] for place in places.values()} == {"mongoping.toml"}
    lines = {code: place["region"]["startLine"] for code, place in places.items()}
    assert lines == {"tcp.refused": 1, "uri.missing-host": 4}
