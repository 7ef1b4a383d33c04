"""Find the working copy to which the results of a SARIF report belong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.model import Checkout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import Style

FORMAT = "sarif"
CONFIGURATION = ("mongoping.toml", "pyproject.toml")
WORKFLOWS = ".github/workflows/"


def for_format(form: str, style: Style) -> Style:
    """Return the style, with the working copy if the format shows places in files."""
    if form != FORMAT:
        return style
    return style.replace(checkout=checkout(Path.cwd(), os.environ))


def checkout(folder: Path, environment: Mapping[str, str]) -> Checkout:
    """Return the working copy that contains a folder.

    Its default file is the workflow that runs mongoping (GitHub), otherwise an existing
    configuration file. GITHUB_WORKFLOW_REF is ``OWNER/NAME/.github/workflows/FILE@REF``:
    https://docs.github.com/actions/reference/workflows-and-actions/variables
    """
    root = _root(folder, environment.get("GITHUB_WORKSPACE"))
    workflow = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    path = workflow.partition("/")[2].partition("/")[2]
    if not path.startswith(WORKFLOWS):
        places = [place / name for place in (folder, root) for name in CONFIGURATION]
        file = next((place for place in places if place.is_file()), root / CONFIGURATION[0])
        path = file.relative_to(root).as_posix()
    return Checkout(root=str(root), folder=str(folder), default=path)


def _root(folder: Path, workspace: str | None) -> Path:
    """Return the top folder: GitHub's workspace, the nearest folder with .git, or ``folder``."""
    if workspace and folder.is_relative_to(workspace):
        return Path(workspace)
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
