"""``mongoping compat`` as people and scripts run it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from mongoping.columns import MAX_COLUMNS
from mongoping.compat.facts import facts
from mongoping.interpreter.locate import find
from mongoping.interpreter.record import Place
from tests.interpreter.programs import script

COMMAND_PREFIXES = ("  mongoping ", "  python -m pip ")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process, without the colors that a developer may have forced."""
    variables = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")
    }
    return subprocess.run(
        [sys.executable, "-m", "mongoping", "compat", *arguments],
        capture_output=True,
        text=True,
        env=variables | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--server", "8.0"), 0),
        (("--server", "4.4"), 0),
        (("--server", "4.2", "--pymongo", "4.17"), 0),
        (("--server", "4.2", "--pymongo", "4.20"), 19),
        (("--python", "3.8", "--pymongo", "4.20"), 19),
        (("--python", "3.13", "--pymongo", "4.20"), 0),
        (("--motor", "3.6.1", "--pymongo", "4.20"), 19),
        (("--motor", "3.7.1", "--pymongo", "4.20"), 0),
        (("--motor", "3.3", "--pymongo", "4.9"), 19),
        (("--server", "1000"), 0),
        (("--server", "latest"), 2),
        (("--server", ""), 2),
        (("--pymongo", "4."), 2),
        (("--python", "three"), 2),
        (("--motor", "3.7;"), 2),
        (("--format", "xml"), 2),
        (("8.0",), 2),
    ],
)
def test_the_exit_code_says_whether_the_combination_can_work(
    arguments: tuple[str, ...], code: int
) -> None:
    """0 with warnings or without, 19 where it cannot work, 2 for what is no version."""
    process = run(*arguments)
    assert process.returncode == code, process.stdout + process.stderr
    assert "Traceback" not in process.stderr


def test_text_gives_a_row_its_remedy_and_its_cause() -> None:
    process = run("--server", "4.2", "--pymongo", "4.20")
    assert 'python -m pip install "pymongo<4.18"' in process.stdout
    assert "Try first  Install a version that works:\n  python -m pip" in process.stdout
    assert "Cause      compat.server-too-old" in process.stdout
    assert "\n  mongoping causes compat.server-too-old\n" in process.stdout
    assert process.stderr == ""


def test_without_options_it_shows_this_machine_and_the_general_table() -> None:
    import pymongo

    process = run()
    assert pymongo.version in process.stdout
    assert "{}.{}.{}".format(*sys.version_info[:3]) in process.stdout
    assert facts().pymongo[-1].series in process.stdout
    assert "async API" in process.stdout
    assert "async API" not in run("--server", "8.0").stdout


def test_json_is_one_object_and_nothing_else() -> None:
    process = run("--server", "v4.2", "--pymongo", "4.20", "--format", "json")
    document = json.loads(process.stdout)
    assert process.returncode == 19
    assert document["schema"] == 2
    assert document["status"] == "fail"
    assert document["versions"]["server"] == "4.2"
    (row,) = [row for row in document["rows"] if row["status"] == "fail"]
    assert row["subject"] == "MongoDB"
    assert row["cause"] == "compat.server-too-old"
    assert row["source"]
    assert row["remedies"] == [
        {
            "text": "Install a version that works:",
            "command": 'python -m pip install "pymongo<4.18"',
            "uri": None,
        }
    ]
    assert all("remedy" not in row for row in document["rows"])
    assert {"first", "last", "servers", "python", "async_api"} == set(document["pymongo"][0])


def test_status_is_a_word_that_no_other_holds() -> None:
    document = json.loads(run("--server", "8.0", "--format", "json").stdout)
    assert {row["status"] for row in document["rows"]} <= {"ok", "warn", "fail"}


def test_colors_follow_the_environment() -> None:
    """NO_COLOR wins over FORCE_COLOR; a pipe has none by itself; JSON never has any."""
    versions = ("--server", "4.2", "--pymongo", "4.20")
    assert "\x1b[" not in run(*versions).stdout
    assert "\x1b[31m" in run(*versions, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(*versions, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" not in run(*versions, "--format", "json", FORCE_COLOR="1").stdout


def test_columns_line_up_and_fit_the_terminal() -> None:
    lines = run("--server", "4.2", "--pymongo", "4.20", COLUMNS="200").stdout.splitlines()
    rows = [line for line in lines if line.startswith(("✓ ", "! ", "✗ "))]
    assert len(rows) > 4
    assert len({line.index("4.2") for line in rows if line[2:].startswith("MongoDB")}) == 1
    for columns in (40, 80, 300):
        process = run("--server", "4.2", COLUMNS=str(columns))
        for line in process.stdout.splitlines():
            assert len(line) <= min(columns, MAX_COLUMNS) or line.startswith(COMMAND_PREFIXES)


def test_it_starts_without_the_driver_and_without_rich() -> None:
    code = (
        "import sys; from mongoping.cli import main;"
        "main(['compat', '--server', '8.0'], standalone_mode=False);"
        "print([name for name in ('pymongo', 'rich', 'asyncio', 'ssl') if name in sys.modules])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.splitlines()[-1] == "[]"


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real environment without packages, except for metadata of old versions."""
    folder = tmp_path_factory.mktemp("project")
    venv.create(folder / ".venv", symlinks=True)
    (packages,) = (folder / ".venv" / "lib").glob("python3*/site-packages")
    (packages / "pymongo.py").touch()
    for name, version in (("pymongo", "4.0"), ("motor", "2.5")):
        place = packages / f"{name}-{version}.dist-info"
        place.mkdir()
        (place / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    return folder


def test_the_packages_of_another_python_are_compared(
    other_python: Path, run_mongoping: Any
) -> None:
    python = str(other_python / ".venv" / "bin" / "python")
    run = run_mongoping("compat", "--python", python, "--server", "8.0", "--format", "json")
    versions = run.json["versions"]
    assert (versions["pymongo"], versions["motor"]) == ("4.0", "2.5")
    assert run.json["interpreter"]["path"] == python
    assert run.json["interpreter"]["openssl"].startswith("OpenSSL")
    text = run_mongoping("compat", "--python", python).out
    assert text.startswith(f"Python at {python}\n")
    assert "Motor" in text


@pytest.mark.parametrize("has_uv", [True, False])
def test_what_to_install_is_for_the_python_that_is_named(
    other_python: Path, run_mongoping: Any, tmp_path: Path, has_uv: bool
) -> None:
    """That environment has no pip, so the command is one of uv, or first installs pip."""
    python = str(other_python / ".venv" / "bin" / "python")
    arguments = ("compat", "--python", python, "--server", "3.4")
    if has_uv:
        script(tmp_path / "uv", "exit 1")
        command = f"uv pip install --python {shlex.quote(python)} 'pymongo<4.0'"
    else:
        own = shlex.quote(python)
        command = f"{own} -m ensurepip && {own} -m pip install 'pymongo<4.0'"
    env = {"PATH": str(tmp_path)}
    assert f"\n  {command}\n" in run_mongoping(*arguments, env=env).out
    rows = run_mongoping(*arguments, "--format", "json", env=env).json["rows"]
    assert command in [remedy["command"] for row in rows for remedy in row["remedies"]]


def test_the_other_python_runs_no_file_of_the_current_folder(
    other_python: Path, tmp_path: Path
) -> None:
    """A folder that was only cloned or unpacked may have any file in it."""
    mark = tmp_path / "it-ran"
    hostile = tmp_path / "cloned"
    hostile.mkdir()
    for module in ("json", "os", "platform", "importlib", "ssl", "certifi", "pymongo"):
        (hostile / f"{module}.py").write_text(f"open({str(mark)!r}, 'w')")
    python = str(other_python / ".venv" / "bin" / "python")
    command = [sys.executable, "-P", "-m", "mongoping", "compat", "--format", "json"]
    process = subprocess.run(
        [*command, "--python", python],
        cwd=hostile,
        capture_output=True,
        text=True,
    )
    assert json.loads(process.stdout)["versions"]["pymongo"] == "4.0", process.stderr
    assert not mark.exists()


def test_auto_finds_the_environment_of_the_project(other_python: Path, run_mongoping: Any) -> None:
    active = {"VIRTUAL_ENV": str(other_python / ".venv")}
    run = run_mongoping("compat", "--python", "auto", "--format", "json", env=active)
    assert run.json["interpreter"]["found_by"] == "VIRTUAL_ENV"
    assert run.json["versions"]["pymongo"] == "4.0"


def test_a_python_without_pymongo_is_one_sentence(tmp_path: Path, run_mongoping: Any) -> None:
    """To ask which PyMongo it could have, state one."""
    venv.create(tmp_path / "bare", symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    run = run_mongoping("compat", "--python", python)
    assert run.code == 2
    assert f"{python} has no PyMongo: " in " ".join(run.err.split())
    assert not run.out
    run = run_mongoping("compat", "--python", python, "--pymongo", "4.20")
    assert run.code == 0
    assert not run.err


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("/bin/ls", "/bin/ls is not a Python"),
        ("/nowhere/python", "/nowhere/python cannot be started: No such file"),
        ("auto", "--python auto found no environment"),
    ],
)
def test_what_is_no_python_is_one_sentence(python: str, words: str, run_mongoping: Any) -> None:
    run = run_mongoping("compat", "--python", python)
    assert run.code == 2
    assert words in " ".join(run.err.split())
    assert not run.out


def test_the_environment_of_a_folder_above_is_found(other_python: Path) -> None:
    below = other_python / "source" / "package"
    below.mkdir(parents=True, exist_ok=True)
    python = str(other_python / ".venv" / "bin" / "python")
    assert find({}, below) == Place(python, ".venv")
    (other_python / "uv.lock").touch()
    assert find({}, below) == Place(python, "uv.lock", str(other_python))


def test_a_pymongo_that_is_newer_than_the_table_is_named() -> None:
    words = "not in mongoping's table; compared as PyMongo "
    assert words in run("--pymongo", "99").stdout
    assert words not in run("--pymongo", "4.15").stdout
