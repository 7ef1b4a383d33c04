"""``mongoping snippet migrate``: output, files and exit codes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.installation import install_command
from mongoping.migrate import names
from tests.snippets.test_migrate import CLIENT, IMPORT, NEW, NEW_CLIENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

    Mongoping = Callable[..., Run]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(IMPORT + CLIENT)
    return path


def test_it_prints_a_diff_and_writes_nothing(run_mongoping: Mongoping, program: Path) -> None:
    run = run_mongoping("snippet", "migrate", str(program))
    assert run.code == 0
    assert run.out.startswith(f"--- a/{program}\n+++ b/{program}\n@@ ")
    assert f"-{IMPORT}" in run.out
    assert f"+{NEW}" in run.out
    assert "1 file to change." in run.err
    assert program.read_text() == IMPORT + CLIENT


def test_the_diff_can_be_applied(run_mongoping: Mongoping, program: Path, tmp_path: Path) -> None:
    """The last line may lack a line feed."""
    program.write_text(IMPORT + CLIENT.rstrip())
    (tmp_path / "a.diff").write_text(run_mongoping("snippet", "migrate", "app.py").out)
    git = ["git", "apply", "--unsafe-paths", "a.diff"]
    subprocess.run(git, cwd=tmp_path, check=True, capture_output=True)
    assert program.read_text() == NEW + NEW_CLIENT.rstrip()


def test_write_changes_the_file(run_mongoping: Mongoping, program: Path) -> None:
    assert run_mongoping("snippet", "migrate", "--write", str(program)).code == 0
    assert program.read_text() == NEW + NEW_CLIENT


def test_write_keeps_line_ends_encoding_and_mode(run_mongoping: Mongoping, program: Path) -> None:
    text = f"# -*- coding: latin-1 -*-\r\n{IMPORT.strip()}\r\nx = 'caf\u00e9'\r\n"
    program.write_bytes(text.encode("latin-1"))
    program.chmod(0o750)
    assert run_mongoping("snippet", "migrate", "--write", str(program)).code == 0
    assert program.read_bytes() == text.replace(IMPORT.strip(), NEW.strip()).encode("latin-1")
    assert program.stat().st_mode & 0o777 == 0o750


def test_check_exits_with_1_if_something_is_left(run_mongoping: Mongoping, program: Path) -> None:
    """Something is left if there is a change to make or a mark to resolve."""
    check = ("snippet", "migrate", "--check", str(program))
    assert run_mongoping(*check).code == 1
    assert run_mongoping(*check, "--write").code == 0
    assert run_mongoping(*check).code == 0
    program.write_text(IMPORT + CLIENT + "client.close()\n")
    assert run_mongoping(*check, "--write").code == 1
    run = run_mongoping(*check)
    assert run.code == 1
    assert "1 place for you to decide" in run.err
    program.write_text(program.read_text().replace(f"# {names.MARK}", "#"))
    assert run_mongoping(*check).code == 0


def test_marks_are_reported_with_file_and_line(run_mongoping: Mongoping, program: Path) -> None:
    program.write_text(IMPORT + CLIENT + "client.close()\n")
    run = run_mongoping("snippet", "migrate", str(program))
    assert f"{program}:3: to decide: close() is a coroutine now" in run.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"# coding: klingon\n"])
def test_an_unreadable_file_is_a_usage_error(
    run_mongoping: Mongoping, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "x.py"
    if content is not None:
        path.write_bytes(content)
    run = run_mongoping("snippet", "migrate", str(path))
    assert run.code == 2
    assert str(path) in run.err


def test_a_program_that_is_not_python_fails(run_mongoping: Mongoping, program: Path) -> None:
    program.write_text("def (:\n")
    run = run_mongoping("snippet", "migrate", str(program))
    assert run.code == 1
    assert "this is not Python" in run.err


def test_a_missing_parser_is_reported_with_the_extra(
    run_mongoping: Mongoping, program: Path, tmp_path: Path
) -> None:
    """Simulated: the parser cannot be imported."""
    folder = tmp_path / "hidden"
    folder.mkdir()
    (folder / "libcst.py").write_text("raise ModuleNotFoundError('no', name='libcst')")
    environment = {"PYTHONPATH": str(folder)}
    run = run_mongoping("snippet", "migrate", str(program), env=environment)
    assert run.code == 19
    assert run.err.endswith(
        f"libcst is not installed; install it with: {install_command('migrate')}\n"
    )
