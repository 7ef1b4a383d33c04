"""Rules about imports that import-linter cannot state."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

PURE = """
import sys
from mongoping import registry
registry.causes()
import mongoping.diagnosis, mongoping.report, mongoping.explaining
print(*sorted(name for name in sys.modules if name.startswith("mongoping.checks")))
print(*sorted({"asyncio", "ssl", "pymongo", "rich"} & set(sys.modules)))
"""


def test_what_decides_imports_no_check_and_nothing_that_does_io() -> None:
    """Causes import the checks' records for their types only."""
    done = subprocess.run([sys.executable, "-c", PURE], capture_output=True, text=True, check=True)
    checks, io = done.stdout.split("\n")[:2]
    assert (checks, io) == ("", "")


def test_the_page_shows_the_layers_that_are_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    enforced = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    block = page.partition("<!-- layers -->\n```text\n")[2].partition("\n```")[0]
    shown = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()]
    assert shown == [layer.replace("mongoping.", "") for layer in enforced]
