"""Real replica sets, and `mongoping topology` as a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mongoping.topology
from tests import schemas
from tests.conftest import having, slow_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

SCHEMA = Path(mongoping.topology.__file__).parent / "topology.schema.json"
DELAY_S = 600


@pytest.fixture(scope="package")
def five() -> Iterator[Deployment]:
    """Provide five members (primary, secondary, arbiter, hidden, delayed) with access control."""
    from mongoping.sandbox.deployment import replica_set
    from mongoping.sandbox.users import User

    members: list[dict[str, Any]] = [
        {"priority": 3, "tags": {"dc": "east", "use": "app"}},
        {"priority": 1, "tags": {"dc": "west"}},
        {"arbiterOnly": True},
        {"priority": 0, "hidden": True, "votes": 0, "tags": {"use": "backup"}},
        {"priority": 0, "hidden": True, "votes": 0, "secondaryDelaySecs": DELAY_S},
    ]
    users = [
        User("ada"),
        User("watcher", roles=["clusterMonitor", "read"]),
        User("reader", roles=[{"role": "read", "db": "test"}]),
        User("roleless", roles=[]),
    ]
    with having(), replica_set(members, users=users) as running:
        slow_down(running)
        yield running


@pytest.fixture
def topology(run_mongoping: Callable[..., Run]) -> Callable[..., dict[str, Any]]:
    """Run ``topology … --format json`` and return the validated object with its exit code."""

    def run(*args: str, **how: Any) -> dict[str, Any]:
        run = run_mongoping("topology", *args, "--format", "json", **how)
        assert run.json is not None, run
        schemas.validate(run.json, SCHEMA)
        assert run.err == "", run.err
        report: dict[str, Any] = {**run.json, "exit": run.code}
        return report

    return run
