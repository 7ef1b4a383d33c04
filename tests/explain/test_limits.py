"""What a log can make `explain` keep or read is bounded, and a text is never a file name."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest

from mongoping.cli import _explain_input as given
from mongoping.explaining import tally
from mongoping.explaining.log import read_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

REFUSAL = "MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017"
CHECK = (
    'DEBUG pymongo.topology {"message": "Server heartbeat failed", "serverHost": "db%d.shop.example'
    '", "serverPort": 27017, "awaited": false, "failure": "AutoReconnect(\'db%d.shop.example:'
    "27017: [Errno 111] Connection refused')\"}"
)


def test_only_one_level_of_compression_is_undone() -> None:
    """Each level could multiply the size by a thousand."""
    archive = gzip.compress(gzip.compress(REFUSAL.encode() * 10))

    with pytest.raises(given.NotText):
        "".join(given.text(given.chunks(io.BytesIO(archive))))


def test_a_text_is_not_read_as_a_file_even_if_there_is_one(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_text(REFUSAL)
    run = run_mongoping("explain", str(path), "--format", "json")

    assert (run.code, run.json["cause"]) == (1, None)
    assert "--file" in run.json["missing"]


@pytest.mark.parametrize("size", [255, 256, 1_023, 4_096, 100_000])
def test_a_text_of_any_length_is_a_text(run_mongoping: Callable[..., Run], size: int) -> None:
    """Names of files are limited to 255 characters, and paths to 4,095."""
    run = run_mongoping("explain", "x" * size, "--format", "json")

    assert (run.code, run.err) == (1, "")
    assert run.json["cause"] is None


def test_the_servers_that_are_followed_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One beyond the bound, which is lowered here, counts again with each failed check."""
    lines = [CHECK % (number, number) for number in range(30) for _ in range(2)]
    (group,) = read_log(lines).groups
    monkeypatch.setattr(tally, "MAX_FOLLOWED", 25)
    (bounded_group,) = read_log(lines).groups

    assert (group.count, bounded_group.count) == (30, 25 + 2 * 5)
    assert len(group.hosts) == tally.MAX_HOSTS
