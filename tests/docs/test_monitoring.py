"""The files of docs/monitoring: rules, dashboard and definitions that fit the program."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mongoping.exporter.own_metrics import OwnMetrics
from mongoping.exporter.probes import Prober
from mongoping.formats.prometheus import FAMILIES
from tests.conftest import ROOT, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

PAGE = ROOT / "docs" / "monitoring.md"
FOLDER = ROOT / "docs" / "monitoring"
QUOTATION = re.compile(
    r"<!-- from (monitoring/\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
METRIC = re.compile(r"\bmongoping_\w+")
SELECTOR = re.compile(r"\b(mongoping_\w+)\{([^}]*)\}")
OF_PROMETHEUS = {"job", "instance"}


def promtool(*args: str) -> None:
    tool = shutil.which("promtool") or unavailable("there is no promtool")
    process = subprocess.run(
        [str(tool), *args], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr


def labels_of_metrics() -> dict[str, set[str]]:
    """Return the labels of every metric of a probe and of the exporter itself."""
    from mongoping.exporter.catalog import Catalog
    from mongoping.settings import Settings

    labels = {family.name: set(family.labels) for family in FAMILIES}
    own = OwnMetrics(Prober(Catalog([], Settings(), overrides={}))).text().decode()
    names = re.findall(r"^# TYPE (mongoping_exporter_\w+)", own, re.MULTILINE)
    return labels | {name: {"module", "result", "code", "path", "version"} for name in names}


def expressions(value: Any) -> list[str]:
    """Return every expression in a dashboard or in rules."""
    if isinstance(value, dict):
        own = [text for key, text in value.items() if key in ("expr", "definition")]
        return own + [text for inner in value.values() for text in expressions(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in expressions(inner)]
    return []


@pytest.mark.parametrize("name", ["dashboard.json", "alerts.yml"])
def test_every_expression_uses_metrics_and_labels_that_exist(name: str) -> None:
    texts = expressions(yaml.safe_load((FOLDER / name).read_text()))
    assert len(texts) >= 9
    families = labels_of_metrics()
    for expression in texts:
        metrics = set(METRIC.findall(expression))
        assert metrics <= set(families), expression
        for metric, selector in SELECTOR.findall(expression):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selector))
            assert labels <= families[metric] | OF_PROMETHEUS, expression


def test_every_family_is_on_the_dashboard() -> None:
    text = " ".join(expressions(json.loads((FOLDER / "dashboard.json").read_text())))
    assert {family.name for family in FAMILIES} <= set(METRIC.findall(text))


def test_the_panels_do_not_overlap_and_use_the_chosen_data_source() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for first, other in combinations([panel["gridPos"] for panel in panels], 2):
        apart = (
            first["x"] + first["w"] <= other["x"]
            or other["x"] + other["w"] <= first["x"]
            or first["y"] + first["h"] <= other["y"]
            or other["y"] + other["h"] <= first["y"]
        )
        assert apart, (first, other)


def test_the_rules_are_valid_and_do_what_their_tests_say() -> None:
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts.test.yml")


def test_every_alert_has_a_test() -> None:
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
    alerts = {
        row["alertname"]
        for test in tests
        for row in test["alert_rule_test"]
        if row.get("exp_alerts")
    }
    assert alerts == {rule["alert"] for rule in rules}


def test_the_page_quotes_the_files_to_the_letter() -> None:
    quotations = dict(QUOTATION.findall(PAGE.read_text()))
    assert len(quotations) == 4
    for name, text in quotations.items():
        assert (ROOT / "docs" / name).read_text() == text


def test_prometheus_accepts_the_configuration() -> None:
    promtool("check", "config", "prometheus.yml")


def test_the_container_starts_the_exporter() -> None:
    """Its arguments are options of the command, and its probe is a path of the server."""
    from click import Context

    from mongoping.cli.exporter import command
    from mongoping.exporter.server import PLACES

    deployment, service = yaml.safe_load_all((FOLDER / "kubernetes.yml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    name, *args = container["args"]
    assert name == "exporter"
    params = command.make_context("exporter", list(args), resilient_parsing=True).params
    port = container["ports"][0]["containerPort"]
    assert params["listen"] == f"0.0.0.0:{port}"
    assert container["livenessProbe"]["httpGet"]["path"] in PLACES
    assert service["spec"]["ports"][0]["port"] == port
    assert isinstance(Context(command), Context)


def nagios_command() -> list[str]:
    """Return the words that Nagios runs for the service of the example."""
    text = (FOLDER / "nagios.cfg").read_text()
    line = re.search(r"command_line +(.*)", text)
    call = re.search(r"check_command +\w+!(.*)", text)
    assert line is not None
    assert call is not None
    words = line[1]
    for number, value in enumerate(call[1].split("!"), 1):
        words = words.replace(f"$ARG{number}$", value)
    return shlex.split(words)


def icinga_command() -> list[str]:
    """Return the words that Icinga runs, with the same limits."""
    text = (FOLDER / "icinga2.conf").read_text()
    start = re.search(r"command = \[ (.*) \]", text)
    assert start is not None
    words = [word.strip('"') for word in start[1].split(", ")]
    for name, value in re.findall(r'"(--[\w-]+)" = "([^"]*)"', text):
        words += [name, value]
    values = {"warning": "p95=50ms", "critical": "p95=200ms", "target": "orders"}
    words.append("@$mongodb_target$")
    return [re.sub(r"\$mongodb_(\w+)\$", lambda match: values[match[1]], word) for word in words]


@pytest.mark.parametrize("make", [nagios_command, icinga_command])
def test_the_definition_of_a_plugin_runs(
    make: Callable[[], list[str]], mongod: Any, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    config = tmp_path / "mongoping.toml"
    config.write_text(f'[targets.orders]\nuri = "{mongod.uri}"\n')
    program, *args = make()
    assert program.endswith("/mongoping")
    args = [str(config) if arg.endswith("/mongoping.toml") else arg for arg in args]
    run = run_mongoping(*args)
    assert run.code in (0, 1), run
    assert run.out.startswith("MONGODB ")
    assert ";0.05;0.2;0" in run.out.split("\n")[0]
