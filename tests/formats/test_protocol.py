"""A format needs only ``render``; several reports then follow each other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from unicodedata import category

import pytest

import mongoping
from mongoping import formats, registry
from mongoping.model import Style
from mongoping.sandbox.process import free_port
from tests.formats.samples import EVERY, STYLE, refused_report, report

RIGHT_TO_LEFT = "\u202e"
BRIEF = '''"""One line for each report."""


def render(report, style):
    """Return the status and the connection string."""
    return f"{report.status} {report.uri}\\n"
'''


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package that has one more format."""
    folder = tmp_path_factory.mktemp("package")
    source = Path(mongoping.__file__).parent
    shutil.copytree(source, folder / "mongoping", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "mongoping/formats/brief.py").write_text(BRIEF, "utf-8")
    return folder


@pytest.mark.parametrize("count", [1, 2])
def test_a_format_with_render_alone_takes_any_number_of_reports(root: Path, count: int) -> None:
    uris = [f"mongodb://127.0.0.1:{free_port()}/" for _ in range(count)]
    command = [sys.executable, "-m", "mongoping", "smoke", *uris, "--format", "brief"]
    process = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert process.stdout == "\n".join(f"fail {uri}\n" for uri in uris), process.stderr
    assert process.returncode == 12


@pytest.mark.parametrize("name", registry.names("formats"))
def test_every_format_ends_its_text_with_a_newline(name: str) -> None:
    for reports in ([report()], [report(), refused_report()]):
        assert formats.render(name, reports, Style()).endswith("\n")


@pytest.mark.parametrize("name", registry.names("formats"))
@pytest.mark.parametrize("sample", EVERY)
def test_every_format_renders_every_report_without_control_characters(
    name: str, sample: str
) -> None:
    """A terminal or an editor would interpret them. Surrogates cannot be written at all."""
    text = formats.render(name, [EVERY[sample]], STYLE)
    harmful = {char for char in text if category(char) in ("Cc", "Cs") or char == RIGHT_TO_LEFT}
    assert harmful <= {"\n"}, "escape the report's texts with mongoping.escape"
