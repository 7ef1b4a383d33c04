"""The manual page is well formed for mandoc and groff, and contains the complete command line."""

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
from tools.docs._click import commands, shared_options
from tools.docs._usage import EXAMPLES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / man.PATH


def require(program: str) -> str:
    """Return the path of a program, or skip the test if it is not installed."""
    path = shutil.which(program)
    if path is None:
        unavailable(f"{program} is not installed")
    return str(path)


def plain_text() -> str:
    """Return the page as a reader sees it, without the overstrikes that make letters bold."""
    process = subprocess.run(
        [require("mandoc"), "-T", "utf8", "-O", "width=400", str(PAGE)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return re.sub(r".\x08", "", process.stdout)


def test_mandoc_reports_no_warning() -> None:
    process = subprocess.run(
        [require("mandoc"), "-T", "lint", "-W", "warning", str(PAGE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout + process.stderr) == (0, "")


def test_groff_reports_no_warning() -> None:
    """Skip without groff: CI installs only mandoc."""
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    command = [require("groff"), "-ww", "-man", "-Tutf8", "-z", str(PAGE)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")


def test_the_page_contains_the_complete_command_line() -> None:
    text = plain_text()
    for command in commands():
        assert command.usage in text
        for option in command.own:
            assert option.names in text
    for option in shared_options():
        assert option.names in text
        assert option.help in text
    for examples in EXAMPLES.values():
        for _, line in examples:
            assert line in text
    names = main.list_commands(click.Context(main))
    assert all(re.search(rf"^ +mongoping {name}$", text, re.MULTILINE) for name in names)


def test_options_can_be_copied() -> None:
    """Hyphens in options are ASCII, and no Markdown or roff markup is left."""
    text = plain_text()
    assert "\u2010\u2010" not in text
    assert "\\" not in text.replace("\\fB", "")
    assert "`" not in text


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        (".starts like a request", "\\&.starts like a request"),
        ("'quoted' --x and half-open", "\\&'quoted' \\fB\\-\\-x\\fR and half-open"),
        ("a\\b and an \u2026", "a\\eb and an \\[u2026]"),
        ("[tool.mongoping] in `set`", "\\fB[tool.mongoping]\\fR in \\fBset\\fR"),
    ],
)
def test_text_that_looks_like_a_roff_request_is_escaped(text: str, roff: str) -> None:
    assert man.paragraph(text) == roff


def test_the_wheel_contains_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared_data = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared_data == {man.PATH: "share/man/man1/mongoping.1"}
