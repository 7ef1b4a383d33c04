"""The site builds strictly, has every page, and makes browsers fetch nothing from other sites."""

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
from tests.conftest import building
from tests.formats.test_browser import QUIET, browser
from tools.docs import _audit, _build, _site

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CSP = "default-src 'self' 'unsafe-inline' data: blob:; report-uri /violations"
VISITS = ("", "causes/tls.unknown-ca/", "commands/check/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the complete site, built with the documented command."""
    building()
    folder = tmp_path_factory.mktemp("site") / "site"
    process = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--site", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return folder


def test_the_command_that_builds_the_site_is_documented() -> None:
    command = "python -m tools.docs --site build/site"
    assert command in (ROOT / "docs" / "contributing.md").read_text("utf-8")


def test_the_site_has_every_page_and_every_cause(site: Path) -> None:
    pages = {path.parent.relative_to(site).as_posix() for path in site.rglob("index.html")}
    assert pages >= {f"causes/{cause.code}" for cause in registry.causes()}
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        assert ("." if name == "README" else name) in pages
    assert (site / "report.schema.json").is_file()
    assert (site / "search" / "search_index.json").is_file()


def test_the_built_site_fetches_nothing_from_other_sites(site: Path) -> None:
    assert _audit.complaints(site) == []
    bundle = next(site.glob("assets/javascripts/bundle.*.js"))
    assert _audit.CDN not in bundle.read_text("utf-8")


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
def test_content_that_fetches_from_another_site_is_found(
    name: str, text: str, tmp_path: Path
) -> None:
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
def test_links_for_readers_do_not_count_as_fetching(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert _audit.complaints(tmp_path) == []


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with a policy against fetching from other sites; browsers post violations."""

    violations: ClassVar[list[str]] = []

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy-Report-Only", CSP)
        super().end_headers()

    def do_POST(self) -> None:
        self.violations.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site_server(site: Path) -> Iterator[tuple[str, Path]]:
    """Serve the site, and a page that fetches from another site, on loopback; yield the address."""
    fetching = site / "fetching.html"
    fetching.write_text('<title>fetching</title><img src="https://cdn.test/x.png">', "utf-8")
    handler = functools.partial(_Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", site
        finally:
            server.shutdown()
            thread.join()
            fetching.unlink()


def visit(address: str, profile: Path) -> str:
    """Return the DOM of a page in a browser, after its scripts have run."""
    options = [option for option in QUIET if "host-resolver" not in option]
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    process = subprocess.run(
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
    return process.stdout


@pytest.mark.browser
def test_a_browser_fetches_nothing_from_other_sites(
    site_server: tuple[str, Path], tmp_path: Path
) -> None:
    """Pages work with their scripts and without violations; a page that fetches causes one."""
    address, _ = site_server
    _Handler.violations.clear()
    for page in VISITS:
        dom = visit(address + page, tmp_path)
        assert "<title>" in dom
        assert re.search(r'class="[^"]*md-nav__link--active', dom), "the script did not run"
    assert _Handler.violations == []
    assert "<title>fetching" in visit(f"{address}fetching.html", tmp_path)
    assert any("cdn.test" in violation for violation in _Handler.violations)


def copy_sources(tmp_path: Path) -> Path:
    """Copy the files that the build reads, and return their folder."""
    for name in ("docs", "mongoping/formats"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.py*"))
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    return tmp_path


def test_a_build_with_broken_links_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The build names a broken link, a missing anchor and an orphan page, and leaves no site."""
    building()
    root = copy_sources(tmp_path / "project")
    with (root / "docs" / "local.md").open("a", encoding="utf-8") as page:
        page.write("\n[page](no-such-page.md) [anchor](commands.md#no-such-place)\n")
    (root / "docs" / "orphan.md").write_text("# Orphan\n", "utf-8")
    assert _build.build(root, tmp_path / "out") == 1
    errors = capfd.readouterr().err
    for name in ("no-such-page.md", "no-such-place", "orphan.md"):
        assert name in errors
    assert not (tmp_path / "out").exists()


def test_a_link_to_a_file_outside_the_site_fails_before_the_build(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = copy_sources(tmp_path / "project")
    (root / "docs" / "local.md").write_text("# Local\n\n[project](../pyproject.toml)\n", "utf-8")
    assert _build.build(root, tmp_path / "out") == 1
    assert "docs/local.md: the site has no ../pyproject.toml" in capfd.readouterr().err


def test_links_to_a_cause_lead_to_its_page() -> None:
    text = "[a](causes.md#tlsunknown-ca), [b](causes.md), [c](causes.md#tls), `[d](e)`\n"
    assert _site.rewrite_links("local.md", text) == (
        "[a](causes/tls.unknown-ca.md), [b](causes.md), [c](causes.md#tls), `[d](e)`\n"
    )
    assert "../causes/tls.unknown-ca.md" in _site.rewrite_links(
        "commands/check.md", "[a](../causes.md#tlsunknown-ca)"
    )
    code_block = "```text\n[a](causes.md#tlsunknown-ca)\n```\n"
    assert _site.rewrite_links("local.md", code_block) == code_block


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Add a check", "add-a-check"),
        ("tls.unknown-ca", "tlsunknown-ca"),
        ("`code` & more", "code--more"),
        ("started_at", "started_at"),
    ],
)
def test_anchors_on_the_site_are_the_same_as_in_the_repository(heading: str, anchor: str) -> None:
    assert _site.anchor_of(heading) == anchor
    assert _site.slug(heading, "-") == anchor
