"""Pages that repeat the code are what the code says, and the generator tells when not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mongoping.compat.facts import facts
from tools.docs import __main__ as generator
from tools.docs import compatibility

ROOT = Path(__file__).parents[2]


def test_every_generated_page_is_up_to_date() -> None:
    """Update the pages with: python -m tools.docs"""
    assert [path.name for path in generator.stale(ROOT)] == []


def test_the_page_shows_every_series() -> None:
    text = compatibility.page()
    for one in (*facts().servers, *facts().motor):
        assert re.search(rf"^\| {re.escape(one.series)} \|", text, re.MULTILINE), one.series
    assert facts().pymongo[-1].series in text


def test_the_page_tells_how_it_is_made_and_holds_whole_tables() -> None:
    text = compatibility.page()
    assert "python -m tools.docs" in text.splitlines()[0]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 50
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.docs", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def test_the_generator_compares_writes_and_is_content(tmp_path: Path) -> None:
    missing = run("--check", "--root", str(tmp_path))
    assert missing.returncode == 1
    assert "docs/compatibility.md differs" in missing.stdout.replace("\\", "/")
    assert not list(tmp_path.iterdir())
    assert run("--root", str(tmp_path)).returncode == 0
    assert (tmp_path / compatibility.PATH).read_text("utf-8") == compatibility.page()
    again = run("--check", "--root", str(tmp_path))
    assert (again.returncode, again.stdout) == (0, "")


def test_a_page_that_was_edited_by_hand_is_noticed(tmp_path: Path) -> None:
    assert run("--root", str(tmp_path)).returncode == 0
    page = tmp_path / compatibility.PATH
    page.write_text(page.read_text("utf-8").replace("4.4", "4.5"), "utf-8")
    assert page in generator.stale(tmp_path)
