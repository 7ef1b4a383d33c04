"""How mongoping was installed, for the commands that add an extra."""

from __future__ import annotations

import itertools
import sys
from pathlib import PurePath


def install_command(extra: str, prefix: str | None = None) -> str:
    """Return the command that adds an extra, for the tool that installed mongoping.

    Args:
        extra: The name of the extra, as in ``mongoping[sandbox]``.
        prefix: The folder of the environment; by default, that of this interpreter. pipx keeps
            environments in a folder ``pipx/venvs``, and uv its tools in ``uv/tools``.
    """
    parts = PurePath(sys.prefix if prefix is None else prefix).parts
    requirement = f"'mongoping[{extra}]'"
    folders = set(itertools.pairwise(parts))
    if ("pipx", "venvs") in folders:
        return f"pipx install --force {requirement}"
    if ("uv", "tools") in folders:
        return f"uv tool install --force {requirement}"
    return f"python -m pip install {requirement}"
