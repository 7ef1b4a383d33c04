"""What the Dockerfile says agrees with the rest of the project, whether or not it can be built."""

from __future__ import annotations

import re

from mongoping import __version__
from tests.conftest import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def test_it_names_the_version_of_the_source() -> None:
    label = re.search(r'image\.version="(.*)"', TEXT)
    assert label is not None
    assert label[1] == __version__
    assert TEXT.startswith(
        f"# Builds the image mongoping: docker build -t mongoping:{__version__} .\n"
    )


def test_its_arguments_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)=.*?` \| (.*?) \|$", page, re.MULTILINE))
    defaults = dict(re.findall(r"^ARG (\w+)=(.+)$", TEXT, re.MULTILINE))
    assert rows.keys() == defaults.keys()
    for name in ("PYTHON", "EXTRAS"):
        assert f"`{defaults[name]}`" in rows[name]
