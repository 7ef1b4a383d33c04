"""The manual page: well formed by those who print it, and with all that the command line has."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from mongoping.cli import main
from tests.conftest import unavailable
from tools.docs import man
from tools.docs._click import commands, shared
from tools.docs._usage import EXAMPLES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / man.PATH


def needing(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        unavailable(f"there is no {program} here")
    return str(found)


def shown() -> str:
    """The page as a reader sees it, without the way in which a terminal draws bold letters."""
    done = subprocess.run(
        [needing("mandoc"), "-T", "utf8", "-O", "width=400", str(PAGE)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return re.sub(r".\x08", "", done.stdout)


def test_mandoc_has_nothing_to_complain_of() -> None:
    done = subprocess.run(
        [needing("mandoc"), "-T", "lint", "-W", "warning", str(PAGE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_groff_has_nothing_to_complain_of() -> None:
    """It is there where man is; mandoc alone is what CI fetches."""
    if shutil.which("groff") is None:
        pytest.skip("there is no groff here")
    command = [needing("groff"), "-ww", "-man", "-Tutf8", "-z", str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_of_the_command_line_is_on_it() -> None:
    text = shown()
    for one in commands():
        assert one.usage in text
        for row in one.own:
            assert row.names in text
    for row in shared():
        assert row.names in text
        assert row.words in text
    for some in EXAMPLES.values():
        for _, line in some:
            assert line in text
    names = main.list_commands(click.Context(main))
    assert all(re.search(rf"^ +mongoping {name}$", text, re.MULTILINE) for name in names)


def test_options_can_be_copied() -> None:
    """A hyphen in an option is an ASCII one, and no mark of Markdown or roff is left."""
    text = shown()
    assert "\u2010\u2010" not in text
    assert "\\" not in text.replace("\\fB", "")
    assert "`" not in text


@pytest.mark.parametrize(
    ("words", "roff"),
    [
        (".starts like a request", "\\&.starts like a request"),
        ("'quoted' --x and half-open", "\\&'quoted' \\fB\\-\\-x\\fR and half-open"),
        ("a\\b and an \u2026", "a\\eb and an \\[u2026]"),
        ("[tool.mongoping] in `set`", "\\fB[tool.mongoping]\\fR in \\fBset\\fR"),
    ],
)
def test_what_roff_would_obey_is_printed(words: str, roff: str) -> None:
    assert man.running(words) == roff


def test_it_comes_with_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared_data = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared_data == {man.PATH: "share/man/man1/mongoping.1"}
