"""The command that adds an extra fits the tool that installed mongoping."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mongoping.installation import install_command, is_bundled


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/ada/.local/share/pipx/venvs/mongoping", "pipx install --force"),
        ("/home/ada/.local/share/uv/tools/mongoping", "uv tool install --force"),
        ("/srv/shop/.venv", "python -m pip install"),
        ("/srv/uv/projects/tools/.venv", "python -m pip install"),
        ("/usr", "python -m pip install"),
    ],
)
def test_the_command_is_that_of_the_tool(prefix: str, command: str) -> None:
    assert install_command("sandbox", prefix) == f"{command} 'mongoping[sandbox]'"


def test_a_file_of_the_archive_is_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = tmp_path / "mongoping_0123" / "site-packages" / "mongoping" / "installation.py"
    monkeypatch.setenv("SHIV_ROOT", str(tmp_path))

    assert is_bundled(str(unpacked))
    assert not is_bundled()  # installed, on a machine where SHIV_ROOT is set for other programs
    monkeypatch.delenv("SHIV_ROOT")
    assert not is_bundled(str(unpacked))


def test_a_bundle_says_that_it_does_not_contain_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert install_command("sandbox") == (
        "python -m pip install 'mongoping[sandbox]' (this file does not contain the extra sandbox: "
        "install mongoping with it)"
    )
