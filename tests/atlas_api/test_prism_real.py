"""Requests to an independent implementation of the schema: the mock server Prism from npm.

Prism makes documents of the right shape with values of no meaning, and rejects requests that do
not fit the schema.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mongoping.atlas_api.client import AtlasApi
from mongoping.atlas_api.credentials import ApiCredentials
from mongoping.atlas_api.survey import Survey
from mongoping.observations import AtlasCluster, AtlasFacts
from mongoping.sandbox.process import free_port

pytestmark = pytest.mark.server  # Prism is one

SCHEMA = Path(__file__).parent / "openapi.json"
TOOLS = Path(__file__).parents[2] / "build" / "prism"
PACKAGE = "@stoplight/prism-cli@5"
PATIENCE_S = 30.0
GROUP = "5f0c1d2e3a4b5c6d7e8f9a0b"


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """Yield the address of Prism, which npm installs into the build folder."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            pytest.fail("npm is not installed")
        pytest.skip("npm is not installed")
    program = TOOLS / "node_modules" / ".bin" / "prism"
    if not program.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(TOOLS), "--no-audit", "--no-fund", PACKAGE]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    port = free_port()
    running = subprocess.Popen(
        [str(program), "mock", "--multiprocess", "false", "-p", str(port), str(SCHEMA)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if "Prism is listening" in line:
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.communicate()


def api_at(url: str) -> AtlasApi:
    return AtlasApi(ApiCredentials("account", "id", "secret", "here"), url, PATIENCE_S)


def test_every_request_is_valid_and_every_answer_is_understood(prism: str) -> None:
    async def ask() -> AtlasFacts:
        api = api_at(prism)
        survey = Survey(api, datetime.now(UTC))
        cluster = AtlasCluster("Cluster0", "Shop", GROUP)
        async with api:
            await survey._read_access_list(cluster)
            await survey._read_user(cluster, "ada")
            await survey._read_history(cluster, "ada")
            await survey._each_project([(GROUP, "Shop")], lambda clusters: False)
        return survey.facts

    facts = asyncio.run(ask())
    assert facts.notes == ()
    assert facts.access is not None
    assert facts.users is not None
    assert facts.projects == 1


def test_prism_rejects_what_the_schema_does_not_have(prism: str) -> None:
    """The other test would be worthless if any request passed."""

    async def ask() -> dict[str, Any]:
        async with api_at(prism) as api:
            return await api.get("groups", "not-an-id", "clusters")

    with pytest.raises(Exception, match="HTTP 422"):
        asyncio.run(ask())


def test_the_schema_is_the_part_that_is_read() -> None:
    """A resource that is no longer asked for must leave the schema too."""
    paths = [path for path in json.loads(SCHEMA.read_text())["paths"] if path.startswith("/api/a")]
    assert len(paths) == 8
