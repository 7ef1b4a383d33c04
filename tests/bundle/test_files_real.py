"""``mongoping.pyz`` and the executable, copied to a place with nothing: no variables, no home.

Both are built from this source tree, and run as a user without rights in any of their folders.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PyInstaller.archive.readers import CArchiveReader

from mongoping import __version__
from mongoping.cli._snippet import LEXERS
from mongoping.sandbox.fault import faults, lending
from mongoping.snippets import all_snippets
from mongoping.uri.target import parse
from tests.bundle.releasing import git
from tools.bundle import build
from tools.docs import man

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.server  # most of them check one, and building takes as long as a server

NOBODY = 65534
BuiltRun = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", params=["archive", "executable"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """The command that starts a built file, in a folder that only its owner can write."""
    file = str(request.getfixturevalue(request.param))
    return [file] if request.param == "executable" else [_python(), file]


def _python() -> str:
    """Return the system's Python if it is new enough: every user may run it."""
    python = "/usr/bin/python3"
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    usable = (
        Path(python).exists() and not subprocess.run([python, "-c", test], check=False).returncode
    )
    return python if usable else sys.executable


def _as_nobody(program: str) -> list[str]:
    """Return the command that takes all rights away, if this user can and the program runs."""
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    process = subprocess.run([*drop, "test", "-x", program], check=False).returncode == 0
    return drop if process else []


@pytest.fixture
def run_bare(command: list[str]) -> BuiltRun:
    """Run a built file with ``env -i``, a home that does not exist, and another folder."""
    away = Path("/")

    def start(*args: str, **env: str) -> Any:
        variables = [f"{name}={value}" for name, value in {"HOME": "/nonexistent", **env}.items()]
        return subprocess.run(
            [*_as_nobody(command[0]), "env", "-i", *variables, *command, *args],
            cwd=away,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return start


@pytest.fixture
def run(run_bare: BuiltRun, open_folder: Path) -> BuiltRun:
    """Run a built file as `run_bare` does, but with a folder for the unpacked archive."""
    cache = open_folder / "cache"
    cache.mkdir(exist_ok=True)
    cache.chmod(0o777)
    return partial(run_bare, XDG_CACHE_HOME=str(cache))


@pytest.fixture
def readable(open_folder: Path) -> Callable[[str], str]:
    """Return a connection string with a copy of its CA file that every user can read."""

    def copy(uri: str) -> str:
        target = parse(uri).target
        assert target is not None
        old = str(target.options["tlsCAFile"])
        new = Path(shutil.copy(old, open_folder / "ca.pem"))
        new.chmod(0o644)
        return uri.replace(old, str(new))

    return copy


def test_the_version_is_that_of_the_source(run_bare: BuiltRun) -> None:
    process = run_bare("--version")
    assert process.stdout == f"mongoping {__version__}\n", process.stderr


def test_a_home_that_does_not_exist_is_not_created(command: list[str], tmp_path: Path) -> None:
    """Also for a user who may create it, as root may create /nonexistent."""
    home = tmp_path / "none"
    process = subprocess.run(
        [*command, "--version"],
        env={"HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == f"mongoping {__version__}\n", process.stderr
    assert not home.exists()


def test_a_healthy_server_is_healthy(run_bare: BuiltRun, mongod: Deployment) -> None:
    process = run_bare("check", mongod.uri, "--format", "json")
    assert process.returncode == 0, process.stdout + process.stderr
    assert json.loads(process.stdout)["verdict"] is None


def test_atlas_works_with_srv_records_and_tls(
    run: BuiltRun, mongod: Deployment, readable: Callable[[str], str]
) -> None:
    with lending(plain=mongod), faults()["atlas.ip-not-allowed"].make() as fault:
        without_access = run("atlas", readable(fault.uri), *fault.args, "--format", "json")
        assert json.loads(without_access.stdout)["verdict"]["cause"] == "atlas.ip-not-allowed"
        assert fault.repair is not None
        fault.repair()
        healthy = run("atlas", readable(fault.uri), *fault.args, "--format", "json")
    report = json.loads(healthy.stdout)
    assert report["verdict"] is None, report["verdict"]


def test_what_needs_no_server_works(run: BuiltRun) -> None:
    process = run("explain", "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017")
    assert "tcp.refused" in process.stdout, process.stderr
    process = run("snippet", "emit", "mongodb://localhost/")
    assert "AsyncMongoClient" in process.stdout, process.stderr
    process = run("causes", "tls.unknown-ca")
    assert "tls.unknown-ca" in process.stdout, process.stderr


def test_the_manual_page_is_included(run: BuiltRun) -> None:
    process = run("--man")
    assert process.stdout == (build.ROOT / man.PATH).read_text("utf-8"), process.stderr


@pytest.mark.parametrize("name", ["mongoping", "mongoping.pyz"])
def test_completion_works_under_the_name_of_the_file(
    name: str, command: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).symlink_to(command[-1])
    script = (
        f'eval "$(_MONGOPING_COMPLETE=bash_source {name})"\n'
        f"COMP_LINE='{name} cau' COMP_POINT={len(name) + 4}\n"
        f"$(complete -p {name} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {name}\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    path = f"{tmp_path}:{Path(_python()).parent}:/usr/bin:/bin"
    process = subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == "causes\n", process.stderr


@pytest.mark.parametrize("folder", ["", "/opt/oracle/lib"])
def test_programs_find_the_libraries_of_the_machine(
    folder: str, run: BuiltRun, open_folder: Path
) -> None:
    """The program is a script in the place of Node.js, which `snippet run` starts."""
    node = open_folder / "programs" / "node"
    node.parent.mkdir(exist_ok=True)
    node.write_text('#!/bin/sh\necho "libraries: $LD_LIBRARY_PATH."\n')
    node.chmod(0o755)
    variables = {"PATH": f"{node.parent}:/usr/bin:/bin"}
    if folder:
        variables["LD_LIBRARY_PATH"] = folder
    process = run("snippet", "run", "node-local", "mongodb://localhost:1/", **variables)
    assert f"libraries: {folder}.\n" in process.stdout, process.stderr


def test_a_fleet_uses_several_processes(run: BuiltRun, open_folder: Path) -> None:
    inventory = open_folder / "inventory.txt"
    inventory.write_text("localhost:1\nlocalhost:2\n")
    options = ("--processes", "2", "--format", "json", "--no-report")
    process = run("fleet", str(inventory), *options)
    *lines, summary = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["cause"] for line in lines] == ["tcp.refused"] * 2, process.stderr
    assert summary["summary"]["fail"] == 2


def test_snippets_are_shown_in_color(run: BuiltRun) -> None:
    """The executable contains the syntax of some languages only."""
    name = {snippet.suffix: snippet.name for snippet in all_snippets() if snippet.suffix in LEXERS}
    assert name.keys() == LEXERS.keys()
    for snippet in (name[".php"], name[".js"]):  # whose syntax is in several modules
        process = run("snippet", "show", snippet, FORCE_COLOR="1")
        assert "\x1b[" in process.stdout, process.stderr


def test_a_python_program_is_run_with_the_driver_in_the_file(
    run: BuiltRun, mongod: Deployment
) -> None:
    process = run("snippet", "run", "pymongo-async-local", mongod.uri, "--format", "json")
    assert process.returncode == 0, process.stdout + process.stderr


def test_smoke_waits_for_a_server(run: BuiltRun, mongod: Deployment) -> None:
    process = run("smoke", mongod.uri, "--wait", "5", "--until", "hello")
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_temporary_folder_is_removed(run_bare: BuiltRun, open_folder: Path) -> None:
    temporary = open_folder / "temporary"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o777)
    process = run_bare("--version", TMPDIR=str(temporary))
    assert process.returncode == 0, process.stderr
    assert list(temporary.iterdir()) == []


def test_any_python_can_read_the_start_of_the_archive() -> None:
    ast.parse(build.START.read_text(), feature_version=(3, 4))


def start_in(python: str, code: str, text: str) -> tuple[int, str]:
    """Run the start of the archive after some code; return the exit code and the message."""
    program = f"import sys; sys.argv = ['mongoping.pyz']\n{code}\n{text}"
    process = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    return process.returncode, process.stderr


def test_a_python_that_is_too_old_says_which_one_is_needed() -> None:
    """The version is a simulated one, so that this works on every machine."""
    code = "sys.version_info = (3, 9, 1)"
    assert start_in(sys.executable, code, build.START.read_text()) == (
        1,
        "mongoping.pyz needs Python 3.11 or newer, but this is Python 3.9. "
        "Start it with a newer one, such as: python3.11 mongoping.pyz\n",
    )


def pythons(*minors: int) -> list[str]:
    """Return the Pythons of version 3 on this machine, on PATH or installed by pyenv."""
    folders = sorted(Path.home().glob(".pyenv/versions/*/bin"))
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)])
    paths = (shutil.which(f"python3.{minor}", path=path) for minor in minors)
    return [python for python in paths if python and "shims" not in python]


def test_the_old_pythons_of_this_machine_say_which_one_is_needed() -> None:
    for python in pythons(6, 7, 8, 9, 10):
        code, message = start_in(python, "", build.START.read_text())
        assert (code, message.count("\n")) == (1, 1)
        assert message.startswith("mongoping.pyz needs Python 3.11 or newer, but this is Python 3.")


def test_a_python_without_compiled_modules_in_the_archive_says_which_one_is_needed(
    site: Path,
) -> None:
    """A Python of another kind is simulated by the suffix of its compiled modules."""
    code = "from importlib import machinery; machinery.EXTENSION_SUFFIXES[:] = ['.cp399-other.so']"
    status, message = start_in(sys.executable, code, build.start(site))
    assert status == 1
    assert message.startswith("mongoping.pyz was built for Python 3.11, 3.12, 3.13, 3.14 on ")
    assert f"but this is CPython {sys.version_info[0]}.{sys.version_info[1]} on " in message


def test_every_newer_python_of_this_machine_can_read_certificates(
    site: Path, archive: Path, mongod: Deployment, tmp_path: Path
) -> None:
    suffixes = " ".join(build.suffixes(site))
    assert [f"3{minor}" in suffixes for minor in range(11, 15)] == [True] * 4
    nothing, as_json = ("env", "-i", f"HOME={tmp_path}"), ("--format", "json")
    with lending(plain=mongod), faults()["tls.unknown-ca"].make() as fault:
        for python in pythons(11, 12, 13, 14):
            process = subprocess.run(
                [*nothing, python, str(archive), "check", fault.uri, *fault.args, *as_json],
                capture_output=True,
                text=True,
                check=False,
            )
            assert json.loads(process.stdout)["verdict"]["cause"] == "tls.unknown-ca", python


def test_the_archive_is_reproducible(
    archive: Path, site: Path, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build it again, from files in another folder that have other permissions and dates."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", git(ready, "log", "-1", "--format=%ct"))
    build.pyz(site, tmp_path)
    assert (tmp_path / "mongoping.pyz").read_bytes() == archive.read_bytes()


def test_the_archive_does_not_say_where_it_was_built(archive: Path, ready: Path) -> None:
    temporary = f"{tempfile.gettempdir()}/mongoping-"
    folders = [str(folder).encode() for folder in (build.ROOT, ready, temporary, sys.prefix)]
    with zipfile.ZipFile(archive) as contents:
        for name in contents.namelist():
            data = contents.read(name)
            assert [folder for folder in folders if folder in data] == [], name
        names = {name.rpartition("/")[2] for name in contents.namelist()}
    assert names.isdisjoint({"direct_url.json", "INSTALLER", "REQUESTED"})


def test_the_executable_does_not_say_where_it_was_built(
    executable: Path, site: Path, open_folder: Path
) -> None:
    """The libraries of Python name the folder in which it was installed, and nothing else does."""
    folders = [str(folder).encode() for folder in (build.ROOT, site.parent, open_folder)]
    reader = CArchiveReader(str(executable))
    contents = {name: reader.extract(name) for name in reader.toc if not name.endswith(".pyz")}
    modules = reader.open_embedded_archive("PYZ.pyz")
    contents |= {name: modules.extract(name, raw=True) or b"" for name in modules.toc}
    assert "mongoping.api" in contents
    for name, data in contents.items():
        assert [folder for folder in folders if folder in data] == [], name


def test_the_record_of_an_installed_package_names_its_files(site: Path) -> None:
    [record] = site.glob("mongoping-*.dist-info/RECORD")
    rows = list(csv.reader(record.read_text().splitlines()))
    assert rows == sorted(rows)
    assert [path for path, *_ in rows if not (site / path).exists()] == []
    assert f"{record.parent.name}/METADATA" in {path for path, *_ in rows}


def test_it_copies_itself_to_a_place(run: BuiltRun, command: list[str], open_folder: Path) -> None:
    """docker is simulated: a script that runs a shell, without Python for the executable."""
    tools = open_folder / f"tools-{len(command)}"
    tools.mkdir()
    names = ("sh", "head", "wc", "rm", "mkdir", "chmod", "uname", "df", "tail", "cat")
    for name in names:
        (tools / name).symlink_to(shutil.which(name) or name)
    if len(command) > 1:
        (tools / "python3").symlink_to(command[0])
    (tools / "docker").write_text(f"#!/bin/sh\nPATH={tools}; exec sh\n")
    (tools / "docker").chmod(0o755)
    options = ("--from", "docker:x", "--format", "json")
    process = run("check", "mongodb://127.0.0.1:1/?tls=true", *options, PATH=str(tools))
    report = json.loads(process.stdout)
    causes = [place_report["verdict"]["cause"] for place_report in (report, *report["places"])]
    assert causes == ["tcp.refused", "tcp.refused"], report["places"][0]["verdict"]
    assert process.stderr == ""
