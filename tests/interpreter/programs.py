"""Programs that are named with ``--python``: real Pythons, and what is none."""

from __future__ import annotations

import stat
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

from mongoping.interpreter.inspect import inspect
from mongoping.interpreter.record import Interpreter, Place

HERE = Path(sys.executable)
SITE = Path(str(distribution("pymongo").locate_file("")))
PYMONGO = ("pymongo", "pymongo-*", "gridfs", "bson")
"""What belongs to PyMongo among the packages that are installed here."""
MOTOR = ("motor", "motor-*")


def environment(folder: Path, *packages: str, path: Path | None = None, start: str = "") -> Path:
    """A real virtual environment, and the path of its Python.

    Args:
        folder: where to create it.
        packages: patterns of the installed packages that it has too, as links.
        path: a folder that it also searches for packages.
        start: code that it runs whenever it starts.
    """
    venv.create(folder, symlinks=True)
    (site,) = (folder / "lib").glob("python3*/site-packages")
    for pattern in packages:
        for package in SITE.glob(pattern):
            (site / package.name).symlink_to(package)
    if path is not None:
        (site / "more.pth").write_text(f"{path}\n")
    if start:
        (site / "sitecustomize.py").write_text(start)
    return folder / "bin" / "python"


def add_package(site: Path, name: str, version: str) -> None:
    """Add the metadata of a package that is not there."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def describe(python: Path) -> Interpreter:
    """The versions and packages of that Python."""
    return inspect(Place(str(python)))


def script(path: Path, text: str) -> Path:
    """A shell script that can be run in place of a Python."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
