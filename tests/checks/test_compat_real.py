"""The compat layer of whole runs: against real servers, and against played ones that say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.compat import rules as compat
from mongoping.sandbox import scripts
from mongoping.sandbox.played import SimulatedServer

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

Mongoping = Callable[..., Any]


def layer(report: dict[str, Any]) -> dict[str, Any]:
    (compat,) = [layer for layer in report["layers"] if layer["name"] == "compat"]
    return dict(compat)


def causes(report: dict[str, Any]) -> dict[str, str]:
    """Every finding of the report, with its severity."""
    return {
        finding["cause"]: finding["severity"]
        for row in report["layers"]
        for finding in row["findings"]
    }


def test_a_real_server_is_known_by_its_version(
    mongod: Deployment, run_mongoping: Mongoping
) -> None:
    run = run_mongoping("check", mongod.uri, "--format", "json")
    assert run.code == 0
    (version,) = layer(run.json)["data"]["servers"].values()
    assert version == mongod.servers[0].mongod.version
    assert compat.series(version) == "6.0"
    assert causes(run.json)["compat.server-end-of-life"] == "warning"


def test_a_real_old_server_is_a_warning_while_the_driver_works(
    old_mongod: Deployment, run_mongoping: Mongoping
) -> None:
    run = run_mongoping("check", old_mongod.uri, "--format", "json")
    assert run.code == 0
    assert causes(run.json)["compat.server-end-of-life"] == "warning"
    assert "compat.server-too-old" not in causes(run.json)


@pytest.mark.parametrize("old_mongod", ["4.4"], indirect=True)
def test_a_server_without_stable_api_is_told_once(
    old_mongod: Deployment, run_mongoping: Mongoping
) -> None:
    """Ping works on 4.4 with the Stable API declared; queries would not. The api layer says so."""
    run = run_mongoping("check", old_mongod.uri, "--stable-api", "--format", "json")
    assert run.code == 15
    assert run.json["verdict"]["cause"] == "api.unsupported"
    assert "compat.server-too-old" not in causes(run.json)


def test_a_played_server_below_the_floor_is_told_once(run_mongoping: Mongoping) -> None:
    """MongoDB 3.6 is played: no driver that mongoping runs with talks to it."""
    with SimulatedServer(scripts.too_old()) as server:
        run = run_mongoping("check", f"mongodb://{server.address}", "--format", "json")
    assert run.code == 14
    assert run.json["verdict"]["cause"] == "hello.wire-version-too-old"
    commands = [remedy["command"] for remedy in run.json["verdict"]["remedies"]]
    assert "mongoping compat --server 3.6" in commands
    assert not {"compat.server-too-old", "compat.server-end-of-life"} & set(causes(run.json))
    (row,) = [row for row in layer(run.json)["data"]["rows"] if row["status"] == "fail"]
    assert "pymongo<4.11" in row["remedy"]["command"]


@pytest.mark.parametrize("service", ["cosmos", "documentdb", "ferretdb"])
def test_a_played_imitation_is_no_genuine_server(service: str, run_mongoping: Mongoping) -> None:
    """Look-alikes are played with the fields by which MongoDB's own tools know them."""
    with SimulatedServer(getattr(scripts, service)()) as server:
        run = run_mongoping("check", f"mongodb://{server.address}", "--format", "json")
    severities = causes(run.json)
    assert severities["compat.not-genuine"] == "warning"
    assert "compat.server-end-of-life" not in severities


def test_motor_and_compressors_never_stop_a_run_that_works(
    mongod: Deployment, run_mongoping: Mongoping
) -> None:
    uri = mongod.uri + ("&" if "?" in mongod.uri else "?") + "compressors=snappy,zstd"
    run = run_mongoping("check", uri, "--format", "json")
    assert run.code == 0
    assert run.json["verdict"] is None
    missing = layer(run.json)["data"]["compressors_missing"]
    assert ("client.compressor-missing" in causes(run.json)) is bool(missing)
