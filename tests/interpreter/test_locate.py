"""Where the Python of a program is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mongoping.interpreter.locate import find, find_other, locate
from mongoping.interpreter.record import Interpreter, InterpreterError, Place
from tests.interpreter.programs import script


def project(folder: Path, name: str = ".venv", *, lock: bool = False) -> str:
    """A folder that looks like an environment: nothing in it is ever started."""
    (folder / name / "bin").mkdir(parents=True)
    (folder / name / "pyvenv.cfg").touch()
    if lock:
        (folder / "uv.lock").touch()
    return str(script(folder / name / "bin" / "python", "exit 1"))


def test_auto_prefers_the_active_environment(tmp_path: Path) -> None:
    own = project(tmp_path)
    active = project(tmp_path / "other", "env")
    variables = {"VIRTUAL_ENV": str(tmp_path / "other" / "env")}
    assert locate("auto", variables, tmp_path) == Place(active, "VIRTUAL_ENV")
    assert locate("auto", {}, tmp_path) == Place(own, ".venv")
    missing_environment = {"VIRTUAL_ENV": str(tmp_path / "gone")}
    assert locate("auto", missing_environment, tmp_path) == Place(own, ".venv")


def test_a_folder_above_the_repository_is_not_searched(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "source").mkdir()
    assert find({}, tmp_path / "repository" / "source") is None
    with pytest.raises(InterpreterError, match="--python auto found no environment"):
        locate("auto", {}, tmp_path / "repository")


def test_uv_may_keep_the_environment_elsewhere(tmp_path: Path) -> None:
    """The variable is uv's, so it counts only for a project of uv."""
    elsewhere = project(tmp_path / "other", "env")
    variables = {"UV_PROJECT_ENVIRONMENT": str(tmp_path / "other" / "env")}
    assert find(variables, tmp_path) is None
    (tmp_path / "uv.lock").touch()
    assert find(variables, tmp_path) == Place(elsewhere, "uv.lock", str(tmp_path))
    with pytest.raises(InterpreterError, match=r"found .*uv\.lock, but not its environment"):
        locate("auto", {}, tmp_path)


def test_the_python_of_this_process_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environments are compared: their Pythons are links to the same file."""
    own = project(tmp_path)
    assert find_other({}, tmp_path) == Place(own, ".venv")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert find_other({}, tmp_path) is None


def test_an_environment_is_named_by_its_folder_or_on_path(tmp_path: Path) -> None:
    python = project(tmp_path, lock=True)
    expected = Place(python, "--python", str(tmp_path))
    assert locate(str(tmp_path / ".venv"), {}, tmp_path) == expected
    assert locate("python", {"PATH": str(Path(python).parent)}, tmp_path) == expected
    with pytest.raises(InterpreterError, match="is a folder without a Python"):
        locate(str(tmp_path), {}, tmp_path)


@pytest.mark.parametrize("value", ["", " ", "a\0b"])
def test_what_is_no_path_is_one_sentence(value: str, tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="needs the path of the program's Python"):
        locate(value, {}, tmp_path)


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({}, "'/a b/python' -m pip install 'pymongo[srv]'"),
        ({"has_pip": False}, "uv pip install --python '/a b/python' 'pymongo[srv]'"),
        (
            {"has_pip": False, "needs_ensurepip": True},
            "'/a b/python' -m ensurepip && '/a b/python' -m pip install 'pymongo[srv]'",
        ),
        ({"lock_folder": "/a b"}, "uv add --project '/a b' 'pymongo[srv]'"),
    ],
)
def test_packages_are_installed_with_what_manages_them(
    fields: dict[str, object], command: str
) -> None:
    python = Interpreter("/a b/python", "--python", "3.12.1", **fields)  # type: ignore[arg-type]
    assert python.install_command("pymongo[srv]") == command
