"""``mongoping atlas`` with a key of the Atlas API, which the sandbox plays (simulated)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.atlas_account import (
    ADDRESS,
    PROJECT,
    Account,
    AccountServer,
    cluster_document,
)
from mongoping.sandbox.fault import faults
from mongoping.sandbox.process import free_port

SRV = "cluster0.ab1cd.mongodb.net"
FORMATS = ("json", "text", "html", "markdown", "junit", "sarif", "github", "tap", "svg")


@pytest.fixture(scope="module")
def api() -> Iterator[AccountServer]:
    account = Account(
        clusters=[
            cluster_document("Cluster0", SRV, private="cluster0-pl-0.ab1cd.mongodb.net"),
            cluster_document("Reporting", "reporting.ab1cd.mongodb.net", paused=True),
        ],
        entries={ADDRESS: "ACTIVE"},
    )
    with AccountServer(account) as running:
        yield running


def test_list_shows_the_clusters_of_the_key(api: AccountServer, run_mongoping: Any) -> None:
    run = run_mongoping("atlas", "--list", *api.args, env=api.key)
    assert run.code == 0, run.err
    assert run.out == (
        "Shop\n"
        "  Cluster0  idle, MongoDB 8.0.12, M10, AWS EU_WEST_1, allowed\n"
        f"    mongodb+srv://{SRV}\n"
        "  Reporting  paused, MongoDB 8.0.12, M10, AWS EU_WEST_1, allowed\n"
        "    mongodb+srv://reporting.ab1cd.mongodb.net\n"
    )


def test_list_says_if_atlas_did_not_answer(
    api: AccountServer, run_mongoping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.account, "clusters", [])
    assert run_mongoping("atlas", "--list", *api.args, env=api.key).out.startswith("The key can")
    args = ("--atlas-api-url", f"http://127.0.0.1:{free_port()}")
    run = run_mongoping("atlas", "--list", *args, env=api.key)
    assert (run.code, run.out) == (19, "The clusters could not be listed.\n")


def test_list_as_json_has_what_an_inventory_needs(api: AccountServer, run_mongoping: Any) -> None:
    run = run_mongoping("atlas", "--list", "--format", "json", *api.args, env=api.service_account)
    clusters = json.loads(run.out)["clusters"]
    assert [cluster["name"] for cluster in clusters] == ["Cluster0", "Reporting"]
    assert clusters[0]["private_uris"] == ["mongodb+srv://cluster0-pl-0.ab1cd.mongodb.net"]
    assert clusters[0]["allowed"] is True


@pytest.mark.parametrize(
    ("args", "environment", "words"),
    [
        (("--list",), {}, "--list needs a key of the Atlas API"),
        (("--list", "mongodb://a/"), {"MONGODB_ATLAS_CLIENT_ID": "a"}, "CLIENT_SECRET is not"),
        (("--atlas-api-url", "http://api.example.test"), {}, "must begin with https://"),
        (("--atlas-api-url", "ftp://127.0.0.1"), {}, "must be like https://cloud.mongodb.com"),
        (("--atlas-api-url", "https://u:canary@h"), {}, "without a login"),
    ],
)
def test_bad_input_is_one_sentence(
    args: tuple[str, ...], environment: dict[str, str], words: str, run_mongoping: Any
) -> None:
    run = run_mongoping("atlas", *args, env=environment)
    assert run.code == 2
    assert words in " ".join(run.err.split())
    assert "canary" not in run.err
    assert not run.out


def test_the_configuration_refers_to_the_key(
    api: AccountServer, tmp_path: Path, run_mongoping: Any
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'[atlas]\npublic-key = "{api.public}"\nprivate-key-env = "OWN_KEY"\n')
    args = ("atlas", "--list", "--config", str(file), *api.args)
    assert run_mongoping(*args, env={"OWN_KEY": api.private}).code == 0
    run = run_mongoping(*args)
    assert run.code == 2
    assert "the environment variable OWN_KEY (private-key-env in [atlas]) is not set" in " ".join(
        run.err.split()
    )


def test_a_file_that_was_found_may_not_name_a_file_with_a_secret(
    api: AccountServer, tmp_path: Path, run_mongoping: Any
) -> None:
    (tmp_path / "key").write_text(api.private)
    table = f'[atlas]\npublic-key = "{api.public}"\nprivate-key-file = "key"\n'
    (tmp_path / "mongoping.toml").write_text(table)
    run = run_mongoping("atlas", "--list", *api.args)
    assert run.code == 2
    assert "private-key-file is allowed only in a file given with --config" in " ".join(
        run.err.split()
    )
    assert run_mongoping("atlas", "--list", "--config", "mongoping.toml", *api.args).code == 0


@pytest.mark.server
def test_an_api_that_is_slow_costs_three_seconds_at_most_and_is_a_note(
    api: AccountServer, run_mongoping: Any
) -> None:
    silence = listeners.Listener(listeners.silent)
    with faults()["atlas.ip-not-allowed"].make() as fault, silence as silent:
        url = f"http://127.0.0.1:{silent.port}"
        args = (*fault.args, "--atlas-api-url", url, "--format", "json")
        run = run_mongoping("atlas", fault.uri, *args, env=api.key)
    assert run.json["verdict"]["cause"] == "atlas.ip-not-allowed"
    assert "did not answer within 3.0 s" in run.json["verdict"]["evidence"][-1]
    assert run.json["duration_ms"] < 9000


@pytest.mark.server
def test_neither_key_nor_token_is_in_any_report(run_mongoping: Any) -> None:
    with faults()["atlas.ip-not-allowed:api"].make() as fault:
        for form in FORMATS:
            args = (*fault.args, "--format", form, "-v", "--trace")
            run = run_mongoping("atlas", fault.uri, *args, env=fault.env)
            assert run.code == 13, form
            assert fault.env["MONGODB_ATLAS_PRIVATE_API_KEY"] not in run.out + run.err, form


@pytest.mark.server
def test_without_a_key_nothing_is_asked(api: AccountServer, run_mongoping: Any) -> None:
    before = len(api.requests)
    with faults()["atlas.ip-not-allowed"].make() as fault:
        run = run_mongoping(
            "atlas", fault.uri, *fault.args, "--no-atlas-api", *api.args, env=api.key
        )
    assert run.code == 13
    assert len(api.requests) == before


def test_fleet_runs_the_clusters_of_the_key(api: AccountServer, run_mongoping: Any) -> None:
    args = ("--from-atlas", *api.args, "--select", "cluster=Cluster0", "--timeout", "2")
    run = run_mongoping("fleet", *args, "--format", "json", "--no-report", env=api.key)
    rows = run.json
    assert [row["name"] for row in rows if "name" in row] == ["Shop/Cluster0"]
    assert rows[0]["labels"] == {
        "project": "Shop",
        "project_id": PROJECT,
        "cluster": "Cluster0",
        "region": "AWS EU_WEST_1",
        "tier": "M10",
        "state": "idle",
    }


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--from-atlas",), "--from-atlas needs a key of the Atlas API"),
        (("--from-atlas", "targets.txt"), "Give one inventory"),
        (("--atlas-api-url", "https://h"), "--atlas-api-url needs --from-atlas"),
    ],
)
def test_bad_input_of_fleet_is_one_sentence(
    args: tuple[str, ...], words: str, run_mongoping: Any
) -> None:
    run = run_mongoping("fleet", *args)
    assert run.code == 2
    assert words in " ".join(run.err.split())
