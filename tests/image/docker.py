"""The ``docker`` commands of the documentation, carried out by buildah and runc."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.docs import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.image.containers import Container, Image

PAGES = ("docs/install.md", "docs/monitoring.md", "docs/ci.md")


def find_commands(start: str) -> list[str]:
    """Return the commands of the pages that start with these words."""
    lines = [
        command.line
        for page in PAGES
        for command in commands.commands(page, (ROOT / page).read_text("utf-8"))
    ]
    return [line for line in dict.fromkeys(lines) if line.startswith(start)]


def build_without_an_index() -> list[str]:
    """Return the arguments of the documented build that needs no package index."""
    (line,) = (line for line in find_commands("docker build") if "PIP_NO_INDEX" in line)
    return shlex.split(line)[2:]


def container(
    image: Image,
    line: str,
    folder: Path,
    variables: Mapping[str, str],
    change: Callable[[list[str]], list[str]] = list,
) -> Container:
    """Return the container that a documented ``docker run`` describes.

    Args:
        image: The image to run.
        line: The command.
        folder: The current folder, for ``-v ./FILE:PLACE``.
        variables: The environment, of which ``-e NAME`` selects variables.
        change: Applied to the arguments of the program.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("--rm", "-d", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("-e", "-v", "-p", "--network", "--cap-drop"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("args", nargs=argparse.REMAINDER)
    options = parser.parse_args(shlex.split(line)[2:])
    mounts = {}
    for volume in options.v:
        file, place, mode = volume.split(":")
        assert mode == "ro"
        mounts[place] = folder / file
    return image.container(
        *change(options.args), env={name: variables[name] for name in options.e}, mounts=mounts
    )
