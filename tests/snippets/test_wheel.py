"""The snippets in an installed wheel, as most users have them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from mongoping.snippets import all_snippets
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import fill
from tests.conftest import ROOT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

EMIT_ALL = """
import contextlib, io, json
import mongoping
from mongoping.cli import main

found = {}
for row in json.loads(input()):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main(["snippet", "emit", row], standalone_mode=False)
    found[row] = out.getvalue()
print(json.dumps({"file": mongoping.__file__, "found": found}))
"""


@pytest.fixture(scope="module")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this source tree and unpack it into an empty folder."""
    place = tmp_path_factory.mktemp("wheel")
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "--target",
            "wheel",
            "--directory",
            str(place),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    (wheel,) = place.glob("mongoping-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def test_every_snippet_can_be_emitted_from_an_installed_wheel(
    site_folder: Path, tmp_path: Path
) -> None:
    """The output is the same as from the source tree."""
    process = subprocess.run(
        [sys.executable, "-c", EMIT_ALL],
        input=json.dumps([snippet.name for snippet in all_snippets()]),
        env={**clean_environment(tmp_path), "PYTHONPATH": str(site_folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(process.stdout)
    assert answer["file"].startswith(str(site_folder))
    assert answer["found"] == {snippet.name: fill(snippet, Choices()) for snippet in all_snippets()}


def test_the_wheel_has_the_files_of_the_folder_and_no_others(site_folder: Path) -> None:
    """They are those of the source tree."""
    files = sorted(path.name for path in (site_folder / "mongoping" / "_snippets").glob("*/*"))
    assert files == sorted(f"{snippet.name}{snippet.suffix}" for snippet in all_snippets())
