"""Rules about imports that import-linter cannot state."""

from __future__ import annotations

import subprocess
import sys

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
