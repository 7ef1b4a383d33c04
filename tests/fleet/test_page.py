"""The page about fleets: its commands run as they are, on the files that it shows."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

PAGE = Path(__file__).parents[2] / "docs" / "fleet.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
LISTS = ("targets.txt", "mongoping.toml")


def blocks() -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in BLOCK.finditer(PAGE.read_text("utf-8"))]


def files() -> dict[str, str]:
    """Return the files that the page shows: those that begin with their name in a comment."""
    contents = {}
    for _, text in blocks():
        first, _, rest = text.partition("\n")
        if first.startswith("# ") and first[2:] in LISTS:
            contents[first[2:]] = rest
    return contents


def commands() -> list[str]:
    """Return the commands of the page that need neither a cluster nor Atlas, nor a machine.

    tests/places run fleets from other machines.
    """
    lines = "".join(text for language, text in blocks() if language == "sh")
    rows = lines.replace("\\\n", " ").splitlines()
    elsewhere = ("--dask", "--from-atlas", "--from ssh:")
    return [row for row in rows if not any(option in row for option in elsewhere)]


def test_the_page_shows_the_files_that_its_commands_read() -> None:
    assert set(files()) == set(LISTS)
    assert len(commands()) >= 8


@pytest.fixture
def environment(tmp_path: Path, mongod: Deployment) -> dict[str, str]:
    """Write the files of the page, with addresses of this machine; return the environment."""
    for name, text in files().items():
        local = re.sub(r"(db\d|reports)\.example\.com(:27017)?", mongod.host, text)
        local = local.replace(f"{mongod.host},{mongod.host}/?replicaSet=rs0", f"{mongod.host}/?w=1")
        (tmp_path / name).write_text(
            local.replace("@billing ", "@orders ").replace(
                "/run/secrets/orders-uri", str(tmp_path / "orders-uri")
            )
        )
    (tmp_path / "orders-uri").write_text(mongod.uri)
    (tmp_path / ".venv").symlink_to(sys.prefix)  # has PyMongo
    return {"ORDERS_URI": mongod.uri, "REPORTS_URI": mongod.uri}


def test_the_commands_of_the_page_run(environment: dict[str, str], run_mongoping: Any) -> None:
    for line in commands():
        run = run_mongoping(*shlex.split(line)[1:], "--count", "1", env=environment)
        assert (run.code, "Traceback" in run.err) == (0, False), (line, run.out, run.err)
