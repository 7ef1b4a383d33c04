"""Check that a built site fetches nothing from other sites, and remove what would.

Files are read as a browser reads them: elements that fetch on their own, styles, and every address
in a script.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

EXTERNAL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
FETCHING = {
    # elements that fetch the address in an attribute without a click
    "audio": ("src",),
    "embed": ("src",),
    "form": ("action",),
    "iframe": ("src", "srcdoc"),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
HARMLESS_LINKS = {"canonical", "next", "prev", "author", "license"}
STYLES = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
ADDRESS = re.compile(r"""(?:https?|wss?)://[^\s"'`<>()\\]*""")
XML_NAMESPACES = "http://www.w3.org/"  # identifiers that are never fetched
INERT = {
    # fetched only if the configuration names a repository; ours names none
    "https://api.github.com/",
    "https://${",
    "https://bit.ly/2s3ChXG",  # printed in a warning on the console, never fetched
}
REPOSITORY_COMPONENT = re.compile(r"""data-md-component="source\"""")
UNUSED_FILES = ("assets/javascripts/lunr", "*.map")  # search in other languages; maps for debuggers
CDN = "https://unpkg.com/"  # the theme's script fetches polyfills and diagrams from it
NOWHERE = "about:blank#"


def clean(site: Path) -> None:
    """Remove the theme's files that the site does not use, and its CDN address."""
    for pattern in UNUSED_FILES:
        for path in sorted(site.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in site.rglob("*.js"):
        text = path.read_text("utf-8")
        if CDN in text:
            path.write_text(text.replace(CDN, NOWHERE), "utf-8")


def complaints(site: Path) -> list[str]:
    """Return one sentence for each thing that a browser would fetch from another site."""
    complaints_found: list[str] = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in (".html", ".svg"):
            complaints_found += [
                f"{name} fetches {item}" for item in in_html(path.read_text("utf-8"))
            ]
        elif path.suffix == ".css":
            complaints_found += [
                f"{name} fetches {url}" for url in STYLES.findall(path.read_text("utf-8"))
            ]
        elif path.suffix in (".js", ".mjs"):
            complaints_found += [
                f"{name} may fetch {url}" for url in in_script(path.read_text("utf-8"))
            ]
    return complaints_found


def in_html(text: str) -> Iterator[str]:
    """Yield what a page fetches from other sites on its own."""
    reader = _Reader()
    reader.feed(text)
    yield from reader.found
    yield from STYLES.findall(text)
    if REPOSITORY_COMPONENT.search(text):
        yield "facts about a repository, through the theme's scripts"


def in_script(text: str) -> Iterator[str]:
    """Yield each address in a script, except those that are known never to be fetched."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for address in dict.fromkeys(ADDRESS.findall(code)):
        if not address.startswith((XML_NAMESPACES, *INERT)):
            yield address


class _Reader(HTMLParser):
    """Collects in ``found`` what the elements and inline scripts of a page fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.in_script = tag == "script"
        if tag == "link" and set(values.get("rel", "").split()) <= HARMLESS_LINKS:
            return
        for name in FETCHING.get(tag, ()):
            if EXTERNAL.match(values.get(name, "")):
                self.found.append(f"{values[name]} ({tag})")
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.append(f"{values.get('content', '')} (refresh)")

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.found += in_script(data)

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False
