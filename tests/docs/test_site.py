"""The site is built strictly, has every page, and makes a browser fetch nothing from elsewhere."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from mongoping import registry
from tests.formats.test_browser import QUIET, browser
from tools.docs import _audit, _build, _site

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CSP = "default-src 'self' 'unsafe-inline' data: blob:; report-uri /told"
SHOWN = ("", "causes/tls.unknown-ca/", "commands/check/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, built by the command of .ci/run."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--site", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_ci_builds_the_site_by_the_documented_command() -> None:
    command = "python -m tools.docs --site build/site"
    assert command in (ROOT / ".ci" / "run").read_text("utf-8")
    assert command in (ROOT / "docs" / "contributing.md").read_text("utf-8")


def test_every_page_and_every_cause_is_there(site: Path) -> None:
    made = {one.parent.relative_to(site).as_posix() for one in site.rglob("index.html")}
    assert made >= {f"causes/{one.code}" for one in registry.causes()}
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        assert ("." if name == "README" else name) in made
    assert (site / "report.schema.json").is_file()
    assert (site / "search" / "search_index.json").is_file()


def test_what_was_built_fetches_nothing_from_elsewhere(site: Path) -> None:
    assert _audit.complaints(site) == []
    bundle = next(site.glob("assets/javascripts/bundle.*.js"))
    assert _audit.FETCHED not in bundle.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<script src="https://cdn.test/x.js"></script>'),
        ("a.html", '<link rel="stylesheet" href="//cdn.test/x.css">'),
        ("a.html", '<link rel="preconnect" href="https://fonts.test">'),
        ("a.html", '<img src="http://cdn.test/x.png">'),
        ("a.html", '<img srcset="https://cdn.test/x.png 2x">'),
        ("a.html", '<p style="background: url(https://cdn.test/x.png)">'),
        ("a.html", '<script>fetch("https://api.test/")</script>'),
        ("a.html", '<meta http-equiv="refresh" content="0; url=https://cdn.test/">'),
        ("a.css", "@import 'https://fonts.test/x.css';"),
        ("a.css", "a{background:url( //cdn.test/x.png)}"),
        ("a.js", 'import("https://unpkg.com/mermaid@11")'),
    ],
)
def test_what_would_fetch_is_noticed(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert len(_audit.complaints(tmp_path)) >= 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<a href="https://www.mongodb.com/docs/">read</a>'),
        ("a.html", '<script src="assets/x.js"></script><img src="data:image/png;base64,AA==">'),
        ("a.html", '<link rel="canonical" href="https://here.test/">'),
        ("a.js", '/* by https://author.test */ x = "http://www.w3.org/2000/svg"'),
    ],
)
def test_links_for_readers_are_no_fetching(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert _audit.complaints(tmp_path) == []


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with a rule against fetching from elsewhere; breaches are told to it."""

    told: ClassVar[list[str]] = []

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy-Report-Only", CSP)
        super().end_headers()

    def do_POST(self) -> None:
        self.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(site: Path) -> Iterator[tuple[str, Path]]:
    """The site over HTTP on loopback: its address, and a page that does fetch beside it."""
    loud = site / "loud.html"
    loud.write_text('<title>loud</title><img src="https://cdn.test/x.png">', "utf-8")
    handler = functools.partial(_Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", site
        finally:
            server.shutdown()
            thread.join()
            loud.unlink()


def visit(address: str, profile: Path) -> str:
    """The page as a browser made it, scripts included."""
    options = [one for one in QUIET if "host-resolver" not in one]
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    done = subprocess.run(
        [
            *(browser(), *options, *sandbox, f"--user-data-dir={profile}"),
            *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--dump-dom", address),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout


def test_a_browser_fetches_nothing_from_elsewhere(served: tuple[str, Path], tmp_path: Path) -> None:
    """Pages work with their scripts, and break no rule; one that fetches shows that it is told."""
    address, _ = served
    _Handler.told.clear()
    for page in SHOWN:
        dom = visit(address + page, tmp_path)
        assert "<title>" in dom
        assert re.search(r'class="[^"]*md-nav__link--active', dom), "the script did not run"
    assert _Handler.told == []
    assert "<title>loud" in visit(f"{address}loud.html", tmp_path)
    assert any("cdn.test" in one for one in _Handler.told)


def copied(tmp_path: Path) -> Path:
    """What the build reads of the project."""
    for name in ("docs", "mongoping/formats"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.py*"))
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    return tmp_path


def test_a_build_with_pages_astray_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A link, an anchor and a page that nothing leads to: each is named, and no site is left."""
    root = copied(tmp_path / "project")
    with (root / "docs" / "local.md").open("a", encoding="utf-8") as page:
        page.write("\n[one](no-such-page.md) [two](commands.md#no-such-place)\n")
    (root / "docs" / "lonely.md").write_text("# Lonely\n", "utf-8")
    assert _build.build(root, tmp_path / "out") == 1
    said = capfd.readouterr().err
    for name in ("no-such-page.md", "no-such-place", "lonely.md"):
        assert name in said
    assert not (tmp_path / "out").exists()


def test_a_link_out_of_the_pages_fails_before_anything_is_built(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = copied(tmp_path / "project")
    (root / "docs" / "local.md").write_text("# Local\n\n[one](../pyproject.toml)\n", "utf-8")
    assert _build.build(root, tmp_path / "out") == 1
    assert "docs/local.md: the site has no ../pyproject.toml" in capfd.readouterr().err


def test_links_to_a_cause_lead_to_its_page() -> None:
    text = "[a](causes.md#tlsunknown-ca), [b](causes.md), [c](causes.md#tls), `[d](e)`\n"
    assert _site.rewritten("local.md", text) == (
        "[a](causes/tls.unknown-ca.md), [b](causes.md), [c](causes.md#tls), `[d](e)`\n"
    )
    assert "../causes/tls.unknown-ca.md" in _site.rewritten(
        "commands/check.md", "[a](../causes.md#tlsunknown-ca)"
    )
    fenced = "```text\n[a](causes.md#tlsunknown-ca)\n```\n"
    assert _site.rewritten("local.md", fenced) == fenced


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Add a check", "add-a-check"),
        ("tls.unknown-ca", "tlsunknown-ca"),
        ("`code` & more", "code--more"),
        ("started_at", "started_at"),
    ],
)
def test_anchors_are_those_that_the_pages_have_where_they_lie(heading: str, anchor: str) -> None:
    assert _site.anchor_of(heading) == anchor
    assert _site.slug(heading, "-") == anchor
