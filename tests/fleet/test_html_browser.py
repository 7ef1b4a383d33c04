"""The page of a fleet in a real browser: the script that sorts and filters runs, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mongoping.fleet.html import page_of
from mongoping.fleet.line import Line
from mongoping.fleet.results import Results
from tests.formats.test_browser import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
CLICK = """
<script>
const heads = document.querySelectorAll("table.fleet th button");
heads[5].click(); heads[5].click();
</script>
"""


def page() -> str:
    lines = [
        Line("b", "ok", {"env": EVIL}, "x", latency_ms=0.5),
        Line("a", "ok", {"env": "prod"}, "x", latency_ms=30.0),
        Line(EVIL, "fail", {"env": "prod"}, "y", cause="tcp.refused", detail=EVIL),
    ]
    results = Results()
    for line in lines:
        results.add(line)
    return page_of(lines, results)


def test_the_table_can_be_sorted_and_filtered(tmp_path: Path) -> None:
    path = tmp_path / "fleet.html"
    path.write_text(page(), encoding="utf-8")
    process = run(path, "--dump-dom")
    assert process.stdout.count('<th><button type="button">') == 7, process.stderr[-2000:]
    assert 'placeholder="Filter: name, label, cause"' in process.stdout
    assert "<title>mongoping: " in process.stdout
    assert "<title>pwned" not in process.stdout
    assert "<img" not in process.stdout


def test_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    """The policy of the page is removed, so that the test can click."""
    path = tmp_path / "fleet.html"
    text = re.sub(r"<meta http-equiv[^>]*>", "", page())
    path.write_text(text.replace("</body>", f"{CLICK}</body>"), encoding="utf-8")
    process = run(path, "--dump-dom")
    rows = re.findall(r'<td class="name">(\w+)</td>', process.stdout.partition("<thead>")[2])
    assert [row for row in rows if row in ("a", "b")] == ["a", "b"], process.stderr[-2000:]
    assert 'aria-sort="descending"' in process.stdout
