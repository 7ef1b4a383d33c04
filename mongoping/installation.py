"""How mongoping was installed, for the commands that add an extra."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path, PurePath


def install_command(extra: str, prefix: str | None = None) -> str:
    """Return the command that adds an extra, for the tool that installed mongoping.

    Args:
        extra: The name of the extra, as in ``mongoping[sandbox]``.
        prefix: The folder of the environment; by default, that of this interpreter. pipx keeps
            environments in a folder ``pipx/venvs``, and uv its tools in ``uv/tools``.

    To the files that contain all of mongoping, no extra can be added. A sentence in brackets then
    says so behind the command, which installs mongoping.
    """
    if prefix is None and is_bundled():
        return (
            f"python -m pip install 'mongoping[{extra}]' (this file does not contain the extra "
            f"{extra}: install mongoping with it)"
        )
    parts = PurePath(sys.prefix if prefix is None else prefix).parts
    requirement = f"'mongoping[{extra}]'"
    folders = set(itertools.pairwise(parts))
    if ("pipx", "venvs") in folders:
        return f"pipx install --force {requirement}"
    if ("uv", "tools") in folders:
        return f"uv tool install --force {requirement}"
    return f"python -m pip install {requirement}"


def is_bundled(package: str = __file__) -> bool:
    """Return whether mongoping runs from ``mongoping.pyz`` or its standalone executable.

    shiv unpacks the archive below the folder in ``SHIV_ROOT``, and the standalone executable sets
    ``sys.frozen``.

    Args:
        package: A file of mongoping.
    """
    if getattr(sys, "frozen", False):
        return True
    root = os.environ.get("SHIV_ROOT")
    if not root:
        return False
    return Path(package).resolve().is_relative_to(Path(root).expanduser().resolve())
