"""The page and the picture in a real browser: they are drawn, and nothing is fetched."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from mongoping.formats import html, svg
from tests.conftest import unavailable
from tests.formats.samples import STYLE, hostile, refused_report, smoke_report
from tests.marks import require

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000"),
)
SIZE = (1000, 1600)


def browser() -> str:
    require("browser")
    path = next((shutil.which(name) for name in NAMES if shutil.which(name)), None)
    if path is None:
        unavailable("there is no Chromium: apt-get install chromium")
    return str(path)


def run(page: Path, *args: str) -> subprocess.CompletedProcess[str]:
    profile = page.parent / "profile"
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return subprocess.run(
        [browser(), *QUIET, *sandbox, f"--user-data-dir={profile}", *args, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def colors(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG, by its header."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("form", ["html", "svg"])
@pytest.mark.parametrize("name", ["smoked", "refused", "hostile"])
def test_it_is_drawn(form: str, name: str, tmp_path: Path) -> None:
    """A blank page of this size would be a few kilobytes; a drawn one holds text."""
    report = {"smoked": smoke_report, "refused": refused_report, "hostile": hostile}[name]()
    module = {"html": html, "svg": svg}[form]
    page = tmp_path / f"report.{form}"
    page.write_text(module.render(report, STYLE), encoding="utf-8")
    picture = tmp_path / "shot.png"
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    process = run(page, size, f"--screenshot={picture}")
    assert picture.exists(), process.stderr[-2000:]
    assert colors(picture.read_bytes()) == SIZE
    assert picture.stat().st_size > 20_000
    if keep := os.environ.get("MONGOPING_SCREENSHOTS"):
        shutil.copy(picture, os.path.join(keep, f"{form}-{name}.png"))  # noqa: PTH118


def test_no_script_of_a_peer_runs_in_the_page(tmp_path: Path) -> None:
    """The title would tell: a script that got through could change it."""
    evil = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    page = tmp_path / "report.html"
    page.write_text(html.render(hostile(evil), STYLE), encoding="utf-8")
    process = run(page, "--dump-dom")
    assert "<title>mongoping: " in process.stdout, process.stderr[-2000:]
    assert "<title>pwned" not in process.stdout
    assert process.stdout.count("<script>") == 1
    assert "<img" not in process.stdout


def test_each_block_to_paste_has_a_button_that_copies(tmp_path: Path) -> None:
    """The script adds them, so that without it no button is shown that does nothing."""
    page = tmp_path / "report.html"
    text = html.render(refused_report(), STYLE)
    page.write_text(text, encoding="utf-8")
    assert "<button" not in text
    process = run(page, "--dump-dom")
    assert process.stdout.count('<button type="button">Copy</button>') == 2, process.stderr[-2000:]
