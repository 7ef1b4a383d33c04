"""Smoke tests as processes, beside which a test changes what they look at."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from mongoping.sandbox.process import Server
    from tests.conftest import Run


@pytest.fixture
def beside(run_mongoping: Callable[..., Run]) -> Iterator[Callable[..., Future[Run]]]:
    """Start ``mongoping smoke ARGS`` and go on: the result is a future."""
    with ThreadPoolExecutor(4) as pool:
        yield lambda *args, **more: pool.submit(run_mongoping, "smoke", *args, **more)


def ended(report: dict[str, Any]) -> datetime:
    """When the run that the report is made of was over."""
    began = datetime.fromisoformat(report["started_at"])
    return began + timedelta(milliseconds=report["duration_ms"])


def logged(server: Server, number: int) -> list[datetime]:
    """When mongod wrote the messages of that number, by its own log."""
    found = []
    for line in (server.folder / "log").read_text(errors="replace").splitlines():
        if f'"id":{number},' in line:
            found.append(datetime.fromisoformat(json.loads(line)["t"]["$date"]))
    return found
