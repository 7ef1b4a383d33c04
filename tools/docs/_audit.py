"""A built site fetches nothing from elsewhere: what would is taken out, the rest is looked at.

Files are read as a browser would: elements that fetch by themselves, styles, and every address
that stands in a script.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
FETCHING = {
    # elements that fetch what an attribute names, without a click
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
NAMES = "http://www.w3.org/"  # names of XML, which are no addresses
INERT = {
    # asked where the configuration names a repository; ours names none
    "https://api.github.com/",
    "https://${",
    "https://bit.ly/2s3ChXG",  # told in a warning on the console, and never asked
}
TRIGGERS = re.compile(r"""data-md-component="source\"""")
UNUSED = ("assets/javascripts/lunr", "*.map")  # searching in other languages; maps for debuggers
FETCHED = "https://unpkg.com/"  # where the theme's script takes what old browsers and diagrams need
NOWHERE = "about:blank#"


def cleaned(site: Path) -> None:
    """Take away what no page of ours uses, and the address that the theme's script resorts to."""
    for pattern in UNUSED:
        for path in sorted(site.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in site.rglob("*.js"):
        text = path.read_text("utf-8")
        if FETCHED in text:
            path.write_text(text.replace(FETCHED, NOWHERE), "utf-8")


def complaints(site: Path) -> list[str]:
    """One sentence for each thing that a reader's browser would fetch from elsewhere."""
    found: list[str] = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in (".html", ".svg"):
            found += [f"{name} fetches {one}" for one in in_html(path.read_text("utf-8"))]
        elif path.suffix == ".css":
            found += [f"{name} fetches {one}" for one in STYLES.findall(path.read_text("utf-8"))]
        elif path.suffix in (".js", ".mjs"):
            found += [f"{name} may fetch {one}" for one in in_script(path.read_text("utf-8"))]
    return found


def in_html(text: str) -> Iterator[str]:
    """What a page fetches from elsewhere by itself."""
    reader = _Reader()
    reader.feed(text)
    yield from reader.found
    yield from STYLES.findall(text)
    if TRIGGERS.search(text):
        yield "what the theme's scripts ask about a repository"


def in_script(text: str) -> Iterator[str]:
    """Addresses in a script of which nothing says that they are never used."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for address in dict.fromkeys(ADDRESS.findall(code)):
        if not address.startswith((NAMES, *INERT)):
            yield address


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.in_script = tag == "script"
        if tag == "link" and set(given.get("rel", "").split()) <= HARMLESS_LINKS:
            return
        for name in FETCHING.get(tag, ()):
            if ELSEWHERE.match(given.get(name, "")):
                self.found.append(f"{given[name]} ({tag})")
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.found.append(f"{given.get('content', '')} (refresh)")

    def handle_data(self, data: str) -> None:
        if self.in_script:
            self.found += in_script(data)

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False
