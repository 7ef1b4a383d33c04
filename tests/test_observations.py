"""Evidence is typed: mypy reports a misspelled check and a missing test for None."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import mongoping
from mongoping import registry
from mongoping.model import CheckName
from mongoping.smoke.measures import CHECKS as OF_SMOKE
from mongoping.topology.config import CHECK as OF_TOPOLOGY

PACKAGE = Path(mongoping.__file__).parent
TYPED = ("observations.py", "record.py", "model", "checks/hello.py")

SOURCE = """
from mongoping.model import Evidence
from mongoping.observations import observation


def read(evidence: Evidence) -> None:
    reply = observation(evidence, "hello", "a:1")
    {line}
"""
WRONG = {
    'observation(evidence, "neighbors")': "call-overload",
    'evidence.failure("helo")': "arg-type",
    "reply.role": "union-attr",
    "assert reply; reply.wire": "attr-defined",
    'observation(evidence, "hello")': "call-overload",
}
RIGHT = "assert reply; reply.role.upper()"


def test_every_check_is_in_the_literal() -> None:
    checks = {check.name for check in registry.checks()} | {*OF_SMOKE, OF_TOPOLOGY.name}
    assert checks == set(get_args(CheckName))


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what mypy reports for each line, all in one run.

    Only the modules in TYPED are read, so that it takes a second or two.
    """
    folder = tmp_path_factory.mktemp("typed")
    lines = [*WRONG, RIGHT]
    for number, line in enumerate(lines):
        (folder / f"line{number}.py").write_text(SOURCE.format(line=line), "utf-8")
    files = [str(PACKAGE / name) for name in TYPED] + [str(path) for path in folder.iterdir()]
    options = ["--config-file=", f"--cache-dir={folder / 'cache'}", "--follow-imports=skip"]
    command = [sys.executable, "-m", "mypy", *options, *files]
    output = subprocess.run(
        command, capture_output=True, text=True, cwd=PACKAGE.parent, check=False
    ).stdout
    return {
        line: "\n".join(row for row in output.splitlines() if f"line{number}.py" in row)
        for number, line in enumerate(lines)
    }


@pytest.mark.parametrize("line", WRONG)
def test_mypy_reports_a_mistake(line: str, reported: dict[str, str]) -> None:
    assert f"[{WRONG[line]}]" in reported[line]


def test_mypy_accepts_correct_use(reported: dict[str, str]) -> None:
    assert reported[RIGHT] == ""
