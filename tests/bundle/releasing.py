"""Run ``python -m tools.release`` in a repository with a copy of this source tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mongoping import __version__

ROOT = Path(__file__).parents[2]
NOT_SOURCE = shutil.ignore_patterns(
    ".*_cache", "__pycache__", ".git", ".venv", ".servers", "build", "dist"
)
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
HEADING = re.compile(r"^## (?:Unreleased|\[?\d).*$", re.MULTILINE | re.IGNORECASE)


def git(repository: Path, *args: str) -> str:
    """Run git in a repository and return its output."""
    command = ["git", "-C", str(repository), *IDENTITY, *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_repository(folder: Path) -> None:
    """Make a repository whose only commit is this source tree, ready for a release."""
    shutil.copytree(ROOT, folder, ignore=NOT_SOURCE)
    changelog = folder / "CHANGELOG.md"
    heading = f"## {__version__} - 2026-01-01"
    changelog.write_text(HEADING.sub(heading, changelog.read_text("utf-8"), count=1), "utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Release")


def release(repository: Path, *args: str, python: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run the tool and return the exit code and what it prints."""
    command = [sys.executable, *python, "-m", "tools.release", *args]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    return process.returncode, process.stdout + process.stderr
