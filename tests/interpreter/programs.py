"""Programs that are named with ``--python``: real Pythons, and what is none."""

from __future__ import annotations

import stat
import sys
import venv
from pathlib import Path


def environment(folder: Path, *packages: str, start: str = "") -> Path:
    """A real virtual environment without packages, and the path of its Python.

    ``packages`` are folders that it also searches for packages, and ``start`` is code that it
    runs whenever it starts.
    """
    venv.create(folder, symlinks=True)
    (site,) = (folder / "lib").glob("python3*/site-packages")
    (site / "more.pth").write_text("".join(f"{package}\n" for package in packages))
    if start:
        (site / "sitecustomize.py").write_text(start)
    return folder / "bin" / "python"


def script(path: Path, text: str) -> Path:
    """A shell script that can be run in place of a Python."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


HERE = Path(sys.executable)
