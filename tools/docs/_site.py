"""The pages of the site, put together from the tree and the catalogue. Pure but for reading.

The pages in docs/ are written to be read where they lie. For the site, the catalogue becomes a
list with a page for each cause, links to the one become links to the other, and files that stand
outside of docs/ come along. Nothing here knows what turns the pages into HTML.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mongoping import registry
from mongoping.cli.causes import by_layer
from tools.docs.causes import anchor, index, single

CONFIG = "docs/mkdocs.yml"
CAUSES = "causes.md"
CAUSES_MARKER = "      # the build inserts the page of each cause here"
OUTSIDE = {
    # files beside docs/ that its pages link to, and what they are on the site
    "../README.md": "README.md",
    "../CHANGELOG.md": "changelog.md",
    "../mongoping/formats/report.schema.json": "report.schema.json",
}
BESIDE = (".css", ".svg")  # files that pages show or are shown by
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)


def slug(words: str, separator: str) -> str:
    """The anchor of a heading, as where the pages lie: see `anchor_of`."""
    return anchor_of(words).replace("-", separator)


def anchor_of(heading: str) -> str:
    """The anchor of a heading: lower case, no punctuation, each blank a hyphen."""
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")


def pages(root: Path) -> dict[str, str]:
    """Every file of the site by its path, as Markdown. Raises `ValueError` for a link astray."""
    folder = root / "docs"
    found = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.md"))
    }
    found[CAUSES] = index()
    found |= {f"causes/{cause.code}.md": single(cause) for cause in registry.causes()}
    found = {path: rewritten(path, text) for path, text in found.items()}
    for path in sorted(folder.rglob("*")):
        if path.suffix in BESIDE:
            found[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
    found["changelog.md"] = (root / "CHANGELOG.md").read_text("utf-8")
    found["report.schema.json"] = (root / "mongoping/formats/report.schema.json").read_text("utf-8")
    return found


def config(root: Path) -> str:
    """The configuration, with the pages of the causes in the navigation."""
    text = (root / CONFIG).read_text("utf-8")
    lines: list[str] = []
    for layer, causes in by_layer(registry.causes()).items():
        lines.append(f"      - {layer}:")
        lines += [f"          - {one.code}: causes/{one.code}.md" for one in causes]
    if CAUSES_MARKER not in text:
        raise ValueError(f"{CONFIG} has no place for the causes")
    return text.replace(CAUSES_MARKER, "\n".join(lines))


def rewritten(path: str, text: str) -> str:
    """A page whose links lead to where things are on the site; text in blocks stays."""
    parts: list[str] = []
    at = 0
    for fenced in _FENCED.finditer(text):
        parts += [_prose(path, text[at : fenced.start()]), fenced[0]]
        at = fenced.end()
    return "".join([*parts, _prose(path, text[at:])])


def _prose(path: str, text: str) -> str:
    lines = [
        re.sub(r"`[^`\n]*`", lambda found: found[0].replace("\\|", "|"), line)
        if line.startswith("|")
        else line
        for line in text.split("\n")
    ]
    return _LINK.sub(lambda found: f"]({_target(path, found[1])})", "\n".join(lines))


def _target(path: str, link: str) -> str:
    """Where a link of a page leads on the site."""
    if re.match(r"[a-z]+:", link) or link.startswith("#"):
        return link
    file, _, place = link.partition("#")
    folder = posixpath.dirname(path)
    whole = posixpath.normpath(posixpath.join(folder, file))
    if whole == CAUSES and place:
        codes = {anchor(one.code): one.code for one in registry.causes()}
        if place in codes:
            whole, place = f"causes/{codes[place]}.md", ""
    elif whole.startswith("../"):
        if whole not in OUTSIDE:
            raise ValueError(f"docs/{path}: the site has no {link}")
        whole = OUTSIDE[whole]
    return posixpath.relpath(whole, folder or ".") + (f"#{place}" if place else "")
