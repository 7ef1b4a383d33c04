"""A file of the user that hides a module is named; an error of another kind is not laid to it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mongoping
from mongoping.shadowing import shadow_behind, shadow_of

URI = "mongodb://127.0.0.1:1/"


def run(folder: Path, uri: str, *, by_path: bool = False) -> subprocess.CompletedProcess[str]:
    """Run mongoping in a folder, or from elsewhere with the folder on PYTHONPATH."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "mongoping"]
    if by_path:
        env["PYTHONPATH"] = str(folder)
        argv = [str(Path(sys.executable).with_name("mongoping"))]
    return subprocess.run(
        [*argv, "check", uri, "--timeout", "3"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent if by_path else folder,
        env=env,
        timeout=60,
    )


@pytest.mark.parametrize("by_path", [False, True])
@pytest.mark.parametrize(
    "module", ["bson", "pymongo", "dns", "ssl", "click", "asyncio", "typing", "socket"]
)
def test_a_file_that_hides_a_module_is_named(
    module: str, by_path: bool, tmp_path: Path, mongod: object
) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    file = folder / f"{module}.py"
    file.write_text("notes = 'mine'\n")
    uri = "mongodb+srv://db.example.test/" if module == "dns" else str(getattr(mongod, "uri"))  # noqa: B009
    ran = run(folder, uri, by_path=by_path)
    assert ran.returncode == 19, ran.stdout + ran.stderr
    output = " ".join((ran.stdout + ran.stderr).split())
    assert "client.module-shadowed" in output
    assert f"{module}.py" in output
    assert "Traceback" not in output


def test_a_file_that_ends_the_process_when_it_is_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "hmac.py").write_text("import sys\nsys.exit(3)\n")
    ran = run(tmp_path, URI)
    assert ran.returncode == 19
    assert "hmac.py instead of the module hmac" in ran.stderr


def test_a_file_that_hides_nothing_important_is_not_mentioned(tmp_path: Path) -> None:
    """It is there and has a module's name, but nothing that runs needs that module."""
    (tmp_path / "turtle.py").write_text("raise RuntimeError\n")
    (tmp_path / "bson.py").write_text("this is not Python\n")
    ran = run(tmp_path, URI)  # refused: the driver is never imported
    assert ran.returncode == 12
    assert "bson.py" not in ran.stdout


@pytest.mark.parametrize(
    "file",
    [
        importlib.import_module("json").__file__,
        importlib.import_module("mongoping.formats.json").__file__,
        importlib.import_module("bson").__file__,
        str(Path(mongoping.__path__[0], "probe", "dns.py")),  # also in a checkout
        str(Path(mongoping.__path__[0], "formats", "json.py")),
        "/home/ada/app/models.py",
        None,
    ],
)
def test_libraries_and_other_files_hide_nothing(file: str | None) -> None:
    assert shadow_of(file) is None


def test_a_checkout_of_the_driver_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the only one there is: an error in it is that of a broken installation."""
    (tmp_path / "bson").mkdir()
    file = tmp_path / "bson" / "__init__.py"
    file.touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert shadow_of(str(file)) is None


def test_an_error_without_such_a_file_is_laid_to_nothing() -> None:
    with pytest.raises(ImportError) as error:
        importlib.import_module("no_such_module_anywhere")
    assert shadow_behind(error.value) is None
