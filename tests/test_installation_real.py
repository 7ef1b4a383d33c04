"""mongoping installed by pip, pipx and uv in fresh environments, without a network.

Each of them installs the built wheel and the source archive. The command that mongoping prints when
an extra is missing is then run as it is, and the extra works.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

from mongoping import __version__
from tests import wheelhouse
from tests.conftest import ROOT


class Place(NamedTuple):
    """An empty home folder, and an environment in which no package comes from a network."""

    home: Path
    env: dict[str, str]

    def run(self, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a program that is on PATH or named by its path, and check its exit code."""
        program = shutil.which(words[0], path=self.env["PATH"])
        assert program is not None, words[0]
        done = subprocess.run(
            [program, *map(str, words[1:])],
            cwd=self.home,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done


Command = tuple[str | Path, ...]
Install = Callable[[Place, Path], Command]
MIGRATE: Command = ("snippet", "migrate", "app.py")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    wheel, archive = wheelhouse.artefacts(tmp_path_factory.mktemp("built"))
    return {"wheel": wheel, "source archive": archive, "checkout": ROOT}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of the index, and a PATH with uv, uvx, pipx and the Python of these tests."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    for file in metadata.distribution("uv").files or ():
        if file.name in ("uv", "uvx") and file.parent.name == "bin":
            (folder / file.name).symlink_to(Path(str(file.locate())).resolve())
    pipx = folder / "pipx"
    pipx.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pipx "$@"\n')
    pipx.chmod(0o755)
    index = wheelhouse.build(tmp_path_factory.mktemp("index"), "migrate", also=("editables", "pip"))
    cache = tmp_path_factory.mktemp("cache")
    return {**wheelhouse.settings(index, cache), "PATH": f"{folder}{os.pathsep}{os.defpath}"}


@pytest.fixture
def place(tmp_path: Path, shared: dict[str, str]) -> Place:
    (tmp_path / "app.py").write_text("print('no driver')\n")
    programs = os.pathsep.join([str(tmp_path / ".local" / "bin"), shared["PATH"]])
    return Place(tmp_path, {**shared, "HOME": str(tmp_path), "PATH": programs, "LANG": "C.UTF-8"})


def pip(place: Place, source: Path) -> Command:
    place.run("uv", "venv", ".venv")
    place.run("uv", "pip", "install", "pip")  # as ensurepip does, in a tenth of the time
    place.run(place.home / ".venv/bin/python", "-m", "pip", "install", source)
    return (place.home / ".venv/bin/mongoping",)


def uv_pip(place: Place, source: Path, *options: str) -> Command:
    place.run("uv", "venv", ".venv")
    place.run("uv", "pip", "install", *options, source)
    return (place.home / ".venv/bin/mongoping",)


def uv_pip_editable(place: Place, source: Path) -> Command:
    return uv_pip(place, source, "--editable")


def uv_tool(place: Place, source: Path) -> Command:
    place.run("uv", "tool", "install", source)
    return ("mongoping",)


def uvx(place: Place, source: Path) -> Command:
    return ("uvx", "--from", source, "mongoping")


def pipx(place: Place, source: Path) -> Command:
    place.run("pipx", "install", source)
    return ("mongoping",)


def pipx_run(place: Place, source: Path) -> Command:
    return ("pipx", "run", "--spec", source, "mongoping")


ONCE = (uvx, pipx_run)  # their commands run mongoping and keep no environment
HINTS: dict[Install, str] = {
    pip: "{home}/.venv/bin/python -m pip install 'mongoping[migrate]'",
    uv_pip: "uv pip install --python {home}/.venv 'mongoping[migrate]'",
    uv_tool: "uv tool install 'mongoping[migrate] @ {url}'",
    uvx: "uvx --from 'mongoping[migrate] @ {url}' mongoping",
    pipx: "pipx inject --force mongoping 'mongoping[migrate] @ {url}'",
    pipx_run: "pipx run --spec 'mongoping[migrate] @ {url}' mongoping",
    uv_pip_editable: "uv pip install --python {home}/.venv -e '{source}[migrate]'",
}


def hint(install: Install, program: Command, source: Path, place: Place) -> Command:
    """Return the command that mongoping prints because an extra is missing."""
    lacking = place.run(*program, *MIGRATE, code=19)
    command = lacking.stderr.splitlines()[-1].strip()
    assert command == HINTS[install].format(home=place.home, source=source, url=source.as_uri())
    return tuple(shlex.split(command))


@pytest.mark.parametrize("install", HINTS)
def test_it_is_installed_from_a_wheel_and_extended_by_the_command_that_it_prints(
    install: Install, sources: dict[str, Path], place: Place
) -> None:
    """Only an editable installation is one of a checkout."""
    source = sources["checkout" if install is uv_pip_editable else "wheel"]
    program = install(place, source)
    assert place.run(*program, "--version").stdout == f"mongoping {__version__}\n"
    command = hint(install, program, source, place)
    if install in ONCE:
        program = command
    else:
        place.run(*command)
    place.run(*program, *MIGRATE)


@pytest.mark.parametrize("install", [name for name in HINTS if name is not uv_pip_editable])
def test_it_is_installed_from_a_source_archive(
    install: Install, sources: dict[str, Path], place: Place
) -> None:
    source = sources["source archive"]
    program = install(place, source)
    hint(install, program, source, place)


def test_the_manual_page_is_installed(sources: dict[str, Path], place: Place) -> None:
    """pipx puts it where man looks for it."""
    pipx(place, sources["wheel"])
    page = place.home / ".local/share/man/man1/mongoping.1"
    assert page.read_bytes() == (ROOT / "docs/man/mongoping.1").read_bytes()
