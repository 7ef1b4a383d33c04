"""mongoping installed by pip, pipx and uv in fresh environments, without a network.

Each of them installs the built wheel and the source archive. The command that mongoping prints when
an extra is missing is then run as it is, and the extra works.

The commands of the pages about installation run in a checkout, which is the unpacked archive.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

from mongoping import __version__
from mongoping.unfinished import LESS_LOAD
from tests import wheelhouse
from tests.conftest import ROOT, having
from tests.docs import commands
from tests.docs.commands import same

pytestmark = pytest.mark.server  # one starts a server, and installing takes as long


class Place(NamedTuple):
    """An empty home folder, and an environment in which no package comes from a network."""

    home: Path
    env: dict[str, str]

    def run(self, *words: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a program that is on PATH or named by its path, and check its exit code.

        With None, any exit code will do.
        """
        program = shutil.which(words[0], path=self.env["PATH"])
        assert program is not None, words[0]
        process = subprocess.run(
            [program, *map(str, words[1:])],
            cwd=self.home,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert code in (None, process.returncode), process.stdout + process.stderr
        return process


Command = tuple[str | Path, ...]
Install = Callable[[Place, Path], Command]
MIGRATE: Command = ("snippet", "migrate", "app.py")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    wheel, archive = wheelhouse.artefacts(tmp_path_factory.mktemp("built"))
    return {"wheel": wheel, "source archive": archive, "checkout": ROOT}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of the index, and a PATH with uv, uvx, pipx and the Python of these tests."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    for name in ("uv", "uvx"):
        (folder / name).symlink_to(wheelhouse.program("uv", name))
    pipx = folder / "pipx"
    pipx.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pipx "$@"\n')
    pipx.chmod(0o755)
    index = wheelhouse.build(
        tmp_path_factory.mktemp("index"), "migrate", "sandbox", also=["editables"]
    )
    cache = tmp_path_factory.mktemp("cache")
    return {**wheelhouse.settings(index, cache), "PATH": f"{folder}{os.pathsep}{os.defpath}"}


@pytest.fixture
def place(tmp_path: Path, variables: dict[str, str]) -> Place:
    (tmp_path / "app.py").write_text("print('no driver')\n")
    programs = os.pathsep.join([str(tmp_path / ".local" / "bin"), variables["PATH"]])
    return Place(
        tmp_path, {**variables, "HOME": str(tmp_path), "PATH": programs, "LANG": "C.UTF-8"}
    )


def pip(place: Place, source: Path) -> Command:
    """The environment has what mongoping needs, and the pip of these tests: both saves much time.

    `installed` shows that pip finds all of it in a fresh environment.
    """
    place.run("uv", "venv", ".venv")
    place.run("uv", "pip", "install", *wheelhouse.requirements())
    (packages,) = (place.home / ".venv/lib").glob("python*/site-packages")
    (packages / "pip").symlink_to(Path(str(metadata.distribution("pip").locate_file("pip"))))
    python = place.home / ".venv/bin/python"
    place.run(python, "-m", "pip", "install", "--no-build-isolation", source)
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
    command = command_in(lacking.stderr)
    assert command == HINTS[install].format(home=place.home, source=source, url=source.as_uri())
    return tuple(shlex.split(command))


def command_in(message: str) -> str:
    """Return the command at the end of the message."""
    return message.strip().rpartition(" is not installed; install it with: ")[2]


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


@pytest.mark.parametrize("install", [pip, uv_pip, uv_tool, uvx, pipx, pipx_run])
def test_it_is_installed_from_a_source_archive(
    install: Install, sources: dict[str, Path], place: Place
) -> None:
    source = sources["source archive"]
    program = install(place, source)
    hint(install, program, source, place)


def test_an_extra_comes_from_a_checkout_if_the_installed_file_is_gone(
    sources: dict[str, Path], place: Place
) -> None:
    """No tool may look for mongoping in a package index, from which it did not come."""
    wheel = Path(shutil.copy(sources["wheel"], place.home))
    program = uv_tool(place, wheel)
    wheel.unlink()
    command = command_in(place.run(*program, *MIGRATE, code=19).stderr)
    assert command == "uv tool install '/path/to/mongoping[migrate]'"
    place.run(*shlex.split(command.replace("/path/to/mongoping", str(ROOT))))
    place.run(*program, *MIGRATE)


def test_the_manual_page_is_installed(sources: dict[str, Path], place: Place) -> None:
    """pipx puts it where man looks for it."""
    pipx(place, sources["wheel"])
    page = place.home / ".local/share/man/man1/mongoping.1"
    assert page.read_bytes() == (ROOT / "docs/man/mongoping.1").read_bytes()


MAIN = next(command.line for command in commands.every() if "local --sandbox" in command.line)
ATTEMPTS = 5  # the first one compiles all modules, which can take longer than `local` waits
VERSION = "mongoping --version"
BUNDLE = "python -m tools.bundle"  # tests/bundle runs its steps
REPOSITORY = "https://git.example.com/OWNER/mongoping@COMMIT"
INSTALLS = re.compile(
    r"(?:python\S* -m )?(?:pip|pipx|uv tool) install|uvx|python3 -m venv|\. \S+/activate"
)
LINES = {
    same(command.line): command.line
    for command in commands.every()
    if INSTALLS.match(command.line) and not command.needs and "&&" not in command.line
}
STEPS = MAIN.split(" && ")


def documented_lines() -> set[str]:
    """Return the commands about installation that these tests run."""
    return {MAIN, BUNDLE, VERSION, *STEPS, *LINES}


@pytest.fixture(scope="module")
def checkout(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    with tarfile.open(sources["source archive"]) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def checkout_place(checkout: Path, variables: dict[str, str]) -> Place:
    """The checkout, in which the first command of the README has run."""
    place = Place(checkout, {**variables, "HOME": str(checkout.parent), "LANG": "C.UTF-8"})
    install, check = MAIN.rsplit(" && ", 1)
    place.run("sh", "-c", install)
    with having():
        for _ in range(ATTEMPTS):
            process = place.run("sh", "-c", check, code=None)
            if LESS_LOAD not in process.stdout:
                break
    assert process.returncode == 0, process.stdout + process.stderr
    assert ", standalone\n" in process.stdout
    place.run("uv", "pip", "install", "hatchling")
    return place


@pytest.fixture
def user(checkout_place: Place, tmp_path: Path) -> Place:
    """A user with an empty home folder in the checkout.

    pip uses the build tools of the environment: the first command has shown that it gets them.
    """
    env = {**checkout_place.env, "PIP_NO_BUILD_ISOLATION": "0", "HOME": str(tmp_path)}
    programs = os.pathsep.join([str(tmp_path / ".local" / "bin"), env["PATH"]])
    return Place(checkout_place.home, {**env, "PATH": programs})


@pytest.fixture(scope="module")
def commit(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a commit of a repository, as pip writes it."""
    repository = tmp_path_factory.mktemp("repository") / "mongoping"
    shutil.copytree(checkout, repository, ignore=shutil.ignore_patterns(".venv"))
    git = ("git", "-C", repository, "-c", "user.name=ada", "-c", "user.email=ada@example.com")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "Add mongoping")):
        subprocess.run([*git, *words], check=True, env={"PATH": os.environ["PATH"]})
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return f"file://localhost{repository}@{head.stdout.strip()}"


@pytest.mark.parametrize("line", sorted(set(LINES) - set(map(same, STEPS))))
def test_a_documented_command_installs_mongoping(line: str, user: Place, commit: str) -> None:
    script = LINES[line].replace(REPOSITORY, commit)
    if script.startswith("p") and not script.startswith("pipx"):
        script = f". .venv/bin/activate && {script}"
    if VERSION not in script:
        script = f"{script} && {VERSION}"
    output = user.run("sh", "-c", script).stdout
    assert output.endswith(f"mongoping {__version__}\n")
    assert not (user.home / "uv.lock").exists()
