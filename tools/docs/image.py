"""The name of the container image, with its version, in the Dockerfile and in the pages."""

from __future__ import annotations

import re
from pathlib import Path

from mongoping import __version__

PROJECT = Path(__file__).parents[2]
PATH = "Dockerfile"
TAG = re.compile(r"(?<=\bmongoping:)\d+(?:\.\w+)+")
LABEL = re.compile(r'(?<=image\.version=")[^"]*')


def page() -> str:
    """Return the Dockerfile."""
    return LABEL.sub(__version__, _with_tag(PROJECT / PATH))


def more() -> dict[str, str]:
    """Return the files of the documentation that name the image, by their paths."""
    files = [path for path in (PROJECT / "docs").rglob("*") if path.suffix in (".md", ".yml")]
    files_with_tag = [path for path in sorted(files) if TAG.search(path.read_text("utf-8"))]
    return {path.relative_to(PROJECT).as_posix(): _with_tag(path) for path in files_with_tag}


def _with_tag(path: Path) -> str:
    return TAG.sub(__version__, path.read_text("utf-8"))
