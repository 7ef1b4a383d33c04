"""The command that adds an extra fits the tool that installed mongoping."""

from __future__ import annotations

import pytest

from mongoping.installation import install_command


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
