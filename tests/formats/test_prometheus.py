"""Prometheus: what promtool and prometheus_client accept, with the families of the contract."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from prometheus_client.parser import text_string_to_metric_families

from mongoping import formats
from mongoping.formats import prometheus
from mongoping.model.measurements import Measurements
from tests.conftest import unavailable
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    refused_report,
    report,
    texts,
    warning_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.conftest import Run

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read_samples(text: str) -> Values:
    """Return the samples of a text; each is there once, with a declared family."""
    values: Values = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in values
            values[key] = sample.value
    return values


def value(values: Values, name: str, **labels: str) -> float | None:
    return values.get((name, frozenset(labels.items())))


@pytest.mark.parametrize("name", EVERY)
def test_every_sample_has_the_labels_of_its_family(name: str) -> None:
    families = {family.name: set(family.labels) for family in prometheus.FAMILIES}
    for sample in prometheus.samples(EVERY[name]):
        assert {label for label, _ in sample.labels} == families[sample.family]
    assert read_samples(formats.render("prometheus", [EVERY[name]], STYLE))


def test_promtool_accepts_every_family() -> None:
    """Its check also reports names, units and types that differ from the conventions."""
    promtool = shutil.which("promtool") or unavailable("there is no promtool")
    measurements = Measurements((), {"h:1": 1.8e9}, {"h:1": 0.5})
    member = warning_report().topology
    assert member is not None
    lagging = member.replace(members=(member.members[0].replace(lag_s=3.0),))
    full = warning_report().replace(measurements=measurements, topology=lagging)
    text = formats.render("prometheus", [full, refused_report(), hostile()], STYLE)
    assert {family.name for family in prometheus.FAMILIES} == {
        line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")
    }
    process = subprocess.run(
        [str(promtool), "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


@given(texts)
@examples(60)
def test_no_text_can_become_a_sample(text: str) -> None:
    samples = prometheus.samples(hostile(text), {text: text})
    assert len(read_samples(prometheus.exposition(samples))) == len(set(samples))


def test_a_failure_names_its_layer_and_cause_and_skipped_layers_are_absent() -> None:
    values = read_samples(prometheus.render(refused_report(), STYLE))
    assert value(values, "mongoping_up") == 1
    assert value(values, "mongoping_probe_success") == 0
    assert value(values, "mongoping_layer_status", layer="dns") == 1
    assert value(values, "mongoping_layer_status", layer="tcp") == 0
    assert value(values, "mongoping_layer_status", layer="tls") is None
    info = {"cause": "tcp.refused", "layer": "tcp", "severity": "error"}
    assert value(values, "mongoping_cause_info", **info) == 1
    assert value(values, "mongoping_member_up", host="h:1", role="unknown") == 0
    assert not any(name == "mongoping_ping_seconds" for name, _ in values)


def test_a_warning_is_half_a_status_and_no_failure() -> None:
    values = read_samples(prometheus.render(warning_report(), STYLE))
    assert value(values, "mongoping_probe_success") == 1
    assert value(values, "mongoping_layer_status", layer="tls") == 0.5
    info = {"cause": "tls.certificate-expiring", "layer": "tls", "severity": "warning"}
    assert value(values, "mongoping_cause_info", **info) == 1


def test_an_interrupted_run_says_nothing_about_the_deployment() -> None:
    values = read_samples(prometheus.render(EVERY["interrupted"], STYLE))
    assert value(values, "mongoping_up") == 0
    assert value(values, "mongoping_probe_success") is None


def test_targets_have_their_names_and_labels_of_an_inventory_never_replace_ours() -> None:
    values = read_samples(prometheus.render_all([report(name="orders"), refused_report()], STYLE))
    assert value(values, "mongoping_probe_success", target="orders") == 1
    assert value(values, "mongoping_probe_success", target="mongodb://ada:***@h:1/") == 0
    labels: Mapping[str, str] = {"target": "orders", "layer": "db", "data-center": "a"}
    values = read_samples(prometheus.exposition(prometheus.samples(report(), labels)))
    own_labels = {"target": "orders", "exported_layer": "db", "data_center": "a"}
    assert value(values, "mongoping_layer_status", layer="tcp", **own_labels) == 1


def test_a_result_without_a_report_has_the_same_names() -> None:
    rows = [
        *prometheus.result_samples("fail", "tcp.refused", duration_s=0.5, labels={"target": "a"}),
        *prometheus.result_samples("ok", labels={"target": "b"}),
        *prometheus.not_run({"target": "c"}),
    ]
    values = read_samples(prometheus.exposition(rows))
    info = {"cause": "tcp.refused", "layer": "tcp", "severity": "error", "target": "a"}
    assert value(values, "mongoping_cause_info", **info) == 1
    assert value(values, "mongoping_probe_success", target="b") == 1
    assert value(values, "mongoping_up", target="c") == 0
    assert value(values, "mongoping_probe_success", target="c") is None


def test_a_file_is_replaced_as_a_whole(run_mongoping: Callable[..., Run], tmp_path: Path) -> None:
    """The former content stays until the new one is complete, also if the run cannot start."""
    path = tmp_path / "orders.prom"
    path.write_text("former\n")
    before = path.stat().st_ino
    failure = run_mongoping(
        "check", "mongodb://127.0.0.1:1/", "-o", "orders.prom", "--resolver", "x"
    )
    assert (failure.code, path.read_text()) == (2, "former\n")
    assert run_mongoping("check", "mongodb://127.0.0.1:1/", "-o", "orders.prom").code == 12
    assert value(read_samples(path.read_text()), "mongoping_probe_success") == 0
    assert path.stat().st_ino != before, "written in place, where a reader may see half of it"
    assert not list(tmp_path.glob("*.tmp"))


def test_a_healthy_server_has_members_pings_and_versions(
    mongod_tls: object, run_mongoping: Callable[..., Run]
) -> None:
    uri = mongod_tls.uri  # type: ignore[attr-defined]
    values = read_samples(run_mongoping("check", uri, "--format", "prometheus").out)
    (host,) = {dict(labels)["host"] for name, labels in values if name == "mongoping_member_up"}
    assert value(values, "mongoping_probe_success") == 1
    assert value(values, "mongoping_member_up", host=host, role="standalone") == 1
    assert value(values, "mongoping_clock_skew_seconds", host=host) is not None
    expiry = value(values, "mongoping_certificate_expiry_timestamp_seconds", host=host)
    assert expiry is not None
    assert expiry > 1.7e9
    assert (value(values, "mongoping_ping_seconds", quantile="0.5") or 0) > 0
