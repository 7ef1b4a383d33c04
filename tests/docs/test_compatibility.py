"""Generated pages are up to date, and the generator reports those that are not."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from mongoping.compat.facts import facts
from tools.docs import __main__ as generator
from tools.docs import compatibility


def test_the_page_shows_every_series() -> None:
    text = compatibility.page()
    for product in (*facts().servers, *facts().motor):
        assert re.search(rf"^\| {re.escape(product.series)} \|", text, re.MULTILINE), product.series
    assert facts().pymongo[-1].series in text


def test_the_page_names_its_generator_and_has_complete_tables() -> None:
    text = compatibility.page()
    assert "python -m tools.docs" in text.splitlines()[0]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 50
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def run(*arguments: str) -> Result:
    return CliRunner().invoke(generator.main, arguments)


def test_the_generator_compares_and_writes_pages(tmp_path: Path) -> None:
    missing = run("--check", "--root", str(tmp_path))
    assert missing.exit_code == 1
    assert "docs/compatibility.md differs" in missing.output.replace("\\", "/")
    assert not list(tmp_path.iterdir())
    assert run("--root", str(tmp_path)).exit_code == 0
    assert (tmp_path / compatibility.PATH).read_text("utf-8") == compatibility.page()
    again = run("--check", "--root", str(tmp_path))
    assert (again.exit_code, again.output) == (0, "")


def test_a_generated_page_that_was_edited_is_found(tmp_path: Path) -> None:
    assert run("--root", str(tmp_path)).exit_code == 0
    page = tmp_path / compatibility.PATH
    page.write_text(page.read_text("utf-8").replace("4.4", "4.5"), "utf-8")
    assert page in generator.stale(tmp_path)
