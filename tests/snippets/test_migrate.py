"""Leaving Motor: programs do after the migration what they did before."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.migrate import names
from mongoping.migrate.programs import Migrated, migrate
from mongoping.snippets import every

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

    Mongoping = Callable[..., Run]

PROGRAMS = Path(__file__).parent / "motor_programs"
SINGLE = sorted(PROGRAMS.glob("*.py"))
TORNADO = ("tornado_app",)


def run(folder: Path, name: str, uri: str) -> str:
    """What a program prints; a program that fails fails the test."""
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", name],
        cwd=folder,
        env={**os.environ, "MONGODB_URI": uri},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "was never awaited" not in done.stderr
    return done.stdout


def one(text: str) -> Migrated:
    """Migrate one program that stands in a test."""
    return migrate({"program.py": text})["program.py"]


def imports_motor(text: str) -> bool:
    modules = [
        name
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    return any(name.partition(".")[0] == "motor" for name in modules)


def test_there_are_a_dozen_programs() -> None:
    assert len(SINGLE) >= 12
    assert all(imports_motor(path.read_text()) for path in SINGLE)


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: path.stem)
def test_a_migrated_program_prints_what_it_printed_before(
    path: Path, tmp_path: Path, replica_set: Deployment
) -> None:
    """On a real server, with Motor before and without it afterwards."""
    found = one(path.read_text())
    assert not imports_motor(found.new)
    assert bool(found.pending) == (path.stem in TORNADO), found.marks
    (tmp_path / "after.py").write_text(found.new)
    before = run(PROGRAMS, path.name, replica_set.uri)
    assert before.count("\n") > 0
    assert run(tmp_path, "after.py", replica_set.uri) == before


def test_files_of_one_program_are_migrated_together(
    tmp_path: Path, replica_set: Deployment
) -> None:
    """A file that never names Motor still uses its cursors."""
    paths = sorted((PROGRAMS / "package").glob("*.py"))
    found = migrate({path.name: path.read_text() for path in paths})
    for name, migrated in found.items():
        (tmp_path / name).write_text(migrated.new)
    assert found["main.py"].changed
    before = run(PROGRAMS / "package", "main.py", replica_set.uri)
    assert run(tmp_path, "main.py", replica_set.uri) == before


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: path.stem)
def test_a_migrated_program_is_left_as_it_is(path: Path) -> None:
    """Migrating twice is migrating once."""
    once = one(path.read_text()).new
    again = one(once)
    assert again.new == once
    assert not again.changed
