"""``mongoping completion``: what it writes, and that shells accept it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mongoping.cli.completion import COMPINIT, LINES, addition
from tests.conftest import clean_environment, unavailable

FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "fish": ".config/fish/completions/mongoping.fish",
}


@pytest.mark.parametrize("shell", FILES)
def test_a_second_time_changes_nothing(shell: str, run_mongoping: Any, tmp_path: Path) -> None:
    file = tmp_path / FILES[shell]
    run = run_mongoping("completion", "install", env={"SHELL": f"/usr/bin/{shell}"})
    assert (run.code, run.out) == (0, "")
    assert f"Added to {file}" in run.err
    assert LINES[shell] in run.err
    text = file.read_text()
    assert text.count(LINES[shell]) == 1
    again = run_mongoping("completion", "install", shell)
    assert "already loads the completion" in again.err
    assert file.read_text() == text


def test_the_rest_of_a_file_is_kept() -> None:
    assert addition("bash", "alias a=b") == f"\n{LINES['bash']}\n"
    assert addition("zsh", "autoload compinit; compinit\n") == f"{LINES['zsh']}\n"
    assert addition("zsh", "") == f"{COMPINIT}\n{LINES['zsh']}\n"


@pytest.mark.parametrize(
    ("env", "message"),
    [({"SHELL": "/bin/tcsh"}, "The shell tcsh has no completion"), ({}, "SHELL is not set")],
)
def test_another_shell_is_an_error(env: dict[str, str], message: str, run_mongoping: Any) -> None:
    run = run_mongoping("completion", "install", env=env)
    assert (run.code, message in run.err) == (2, True)


def test_a_file_that_cannot_be_written(run_mongoping: Any, tmp_path: Path) -> None:
    (tmp_path / ".bashrc").mkdir()
    run = run_mongoping("completion", "install", "bash")
    assert (run.code, ".bashrc cannot be written: Is a directory" in run.err) == (2, True)


@pytest.mark.parametrize("shell", FILES)
def test_a_home_that_does_not_exist_is_not_created(
    shell: str, run_mongoping: Any, tmp_path: Path
) -> None:
    home = tmp_path / "none"
    run = run_mongoping("completion", "install", shell, env={"HOME": str(home)})
    assert run.code == 2
    assert run.err.endswith(f" cannot be written: There is no home folder {home}.\n")
    assert not home.exists()


@pytest.mark.shell
@pytest.mark.parametrize("shell", FILES)
def test_the_script_is_one_that_the_shell_reads(
    shell: str, run_mongoping: Any, tmp_path: Path
) -> None:
    run = run_mongoping("completion", "show", shell)
    assert run.code == 0
    assert "mongoping" in run.out
    if shutil.which(shell) is None:
        unavailable(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(run.out)
    env = clean_environment(tmp_path)
    subprocess.run([shell, "-n", str(script)], env=env, check=True, capture_output=True)


def test_the_line_for_the_start_up_file_prints_the_script(run_mongoping: Any) -> None:
    run = run_mongoping(env={"_MONGOPING_COMPLETE": "bash_source"})
    assert (run.code, run.err) == (0, "")
    assert "mongoping_completion() {" in run.out


@pytest.mark.parametrize("line", ["mongoping nosuch --f", "mongoping mongodb://h/ --f"])
def test_completion_after_an_unknown_command_is_silent(line: str, run_mongoping: Any) -> None:
    env = {"_MONGOPING_COMPLETE": "bash_complete", "COMP_LINE": line}
    run = run_mongoping(env=env)
    assert (run.code, run.out.strip(), run.err) == (0, "", "")
