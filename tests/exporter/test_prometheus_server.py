"""Debian's Prometheus scrapes the exporter as the page on monitoring says, and is queried."""

from __future__ import annotations

import copy
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bcrypt
import httpx
import pytest
import yaml

from mongoping.sandbox.process import free_port
from tests.conftest import ROOT, unavailable
from tests.exporter.serving import Exporter, exporting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates

FOLDER = ROOT / "docs" / "monitoring"
PASSWORD = "K4narie"
PATIENCE_S = 60.0
PAUSE_S = 0.1
ADDRESS = "127.0.0.1:9927"  # of the exporter, in the page's configuration
Labels = dict[str, str]


class Prometheus:
    """A running Prometheus, asked through its HTTP API."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=PATIENCE_S)

    def query(self, expression: str) -> list[tuple[Labels, float]]:
        """Return the samples of an expression as soon as it has any."""
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            try:
                answer = self._client.get("/api/v1/query", params={"query": expression})
                series = answer.json()["data"]["result"] if answer.status_code == 200 else []
            except httpx.TransportError:  # it is starting
                series = []
            if series:
                return [(row["metric"], float(row["value"][1])) for row in series]
            time.sleep(PAUSE_S)  # it has no event to wait for
        raise AssertionError(f"{expression} has no value: {self.targets()}")

    def targets(self) -> list[dict[str, Any]]:
        """Return all targets with their last errors."""
        rows = self._client.get("/api/v1/targets").json()["data"]["activeTargets"]
        return [{"url": row["scrapeUrl"], "error": row["lastError"]} for row in rows]


def configuration(plain: Exporter, tls_exporter: Exporter, authority: Path) -> dict[str, Any]:
    """Return the configuration of the page for these exporters, with short intervals."""
    text = (FOLDER / "prometheus.yml").read_text()
    assert text.count(ADDRESS) == 3
    text = text.replace(ADDRESS, plain.address.removeprefix("http://"))
    config: dict[str, Any] = yaml.safe_load(text)
    config["global"] = dict.fromkeys(config["global"], "2s") | {"evaluation_interval": "1s"}
    config["rule_files"] = [str(FOLDER / "alerts.yml")]
    tls = copy.deepcopy(config["scrape_configs"][0])
    access = {
        "basic_auth": {"username": "prometheus", "password": PASSWORD},
        "tls_config": {"ca_file": str(authority), "server_name": "localhost"},
    }
    tls |= {"job_name": "protected", "scheme": "https", **access}
    tls["http_sd_configs"] = [{"url": f"{tls_exporter.address}/-/targets", **access}]
    tls["relabel_configs"][-1]["replacement"] = tls_exporter.address.removeprefix("https://")
    config["scrape_configs"].append(tls)
    return config


@contextmanager
def running(folder: Path, config: dict[str, Any]) -> Iterator[Prometheus]:
    program = shutil.which("prometheus") or unavailable("there is no prometheus")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    words = [
        str(program),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as stream, subprocess.Popen(words, stdout=stream, stderr=stream) as process:
        try:
            yield Prometheus(f"http://{address}")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def prometheus(
    mongod: Any, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Prometheus with two exporters: one plain, one with TLS and a password."""
    folders = [tmp_path_factory.mktemp(name) for name in ("plain", "protected", "server")]
    config = (
        f'[targets.orders]\nuri = "{mongod.uri}"\nlabels = {{env = "prod"}}\n'
        f'[targets.down]\nuri = "mongodb://127.0.0.1:{free_port()}/"\n'
    )
    password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    web = folders[1] / "web.yml"
    web.write_text(
        f"tls_server_config: {{cert_file: {certificates.good}, key_file: {certificates.good}}}\n"
        f"basic_auth_users: {{prometheus: {password_hash}}}\n"
    )
    secure = ("--web.config.file", str(web))
    with (
        exporting(folders[0], config) as plain,
        exporting(folders[1], f'[targets.vault]\nuri = "{mongod.uri}"\n', *secure) as tls_exporter,
        running(folders[2], configuration(plain, tls_exporter, certificates.authority)) as server,
    ):
        yield server


def test_a_healthy_deployment_has_its_name_as_instance_and_its_labels(
    prometheus: Prometheus,
) -> None:
    ((labels, _),) = prometheus.query('mongoping_probe_success{instance="orders"} == 1')
    assert (labels["job"], labels["env"]) == ("mongoping", "prod")
    samples = prometheus.query('mongoping_ping_seconds{instance="orders",quantile="0.5"}')
    assert samples[0][1] > 0


def test_a_deployment_that_is_down_is_scraped_with_its_cause(prometheus: Prometheus) -> None:
    ((labels, _),) = prometheus.query('mongoping_cause_info{instance="down",severity="error"}')
    assert (labels["cause"], labels["layer"]) == ("tcp.refused", "tcp")
    for expression, value in {
        'up{instance="down"}': 1,
        'mongoping_up{instance="down"}': 1,
        'mongoping_probe_success{instance="down"}': 0,
        'mongoping_layer_status{instance="down",layer="tcp"}': 0,
    }.items():
        assert [sample for _, sample in prometheus.query(expression)] == [value], expression


def test_an_exporter_with_tls_and_a_password_is_scraped(prometheus: Prometheus) -> None:
    assert prometheus.query('mongoping_probe_success{job="protected",instance="vault"} == 1')


def test_the_exporter_itself_is_scraped(prometheus: Prometheus) -> None:
    ((_, targets),) = prometheus.query('mongoping_exporter_targets{job="mongoping-exporter"}')
    assert targets == 2


def test_the_alert_for_the_failing_deployment_is_pending(prometheus: Prometheus) -> None:
    expression = 'ALERTS{alertname="MongoDBConnectionFails",alertstate="pending"}'
    assert {labels["instance"] for labels, _ in prometheus.query(expression)} == {"down"}
