"""Assemble the pages of the site from docs/ and the catalog of causes.

The pages in docs/ are written to be read in the repository. On the site, the catalog becomes a
list with a page for each cause, links to the catalog lead to those pages, and files outside docs/
are copied. This module does not depend on the program that turns the pages into HTML.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mongoping import registry
from mongoping.cli.causes import by_layer
from tools.docs.causes import anchor, index, single

CONFIG = "docs/mkdocs.yml"
CATALOG = "causes.md"
COMMANDS_MARKER = "      # the build inserts the page of each command here"
CAUSES_MARKER = "      # the build inserts the page of each cause here"
OUTSIDE = {
    # files outside docs/ that its pages link to, and their paths on the site
    "../README.md": "README.md",
    "../CHANGELOG.md": "changelog.md",
    "../mongoping/formats/report.schema.json": "report.schema.json",
}
ASSETS = (".css", ".svg")
DOWNLOADS = "monitoring"  # a folder of files that a page links to
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)


def slug(heading: str, separator: str) -> str:
    """Return the anchor of a heading for MkDocs, the same as in the repository."""
    return anchor_of(heading).replace("-", separator)


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading: lower case, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")


def pages(root: Path) -> dict[str, str]:
    """Return the text of every file of the site by its path.

    Raises:
        ValueError: a page links to a file that the site does not have.
    """
    folder = root / "docs"
    texts = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.md"))
    }
    texts[CATALOG] = index()
    texts |= {f"causes/{cause.code}.md": single(cause) for cause in registry.causes()}
    texts = {path: rewrite_links(path, text) for path, text in texts.items()}
    for path in sorted(folder.rglob("*")):
        if path.suffix in ASSETS or path.parent == folder / DOWNLOADS:
            texts[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
    texts["changelog.md"] = (root / "CHANGELOG.md").read_text("utf-8")
    texts["report.schema.json"] = (root / "mongoping/formats/report.schema.json").read_text("utf-8")
    return texts


def config(root: Path) -> str:
    """Return MkDocs' configuration, with the pages of commands and causes in the navigation."""
    text = (root / CONFIG).read_text("utf-8")
    names = sorted(path.stem for path in (root / "docs" / "commands").glob("*.md"))
    commands = [f"      - {name}: commands/{name}.md" for name in names]
    text = _insert(text, COMMANDS_MARKER, commands)
    lines: list[str] = []
    for layer, causes in by_layer(registry.causes()).items():
        lines.append(f"      - {layer}:")
        lines += [f"          - {cause.code}: causes/{cause.code}.md" for cause in causes]
    return _insert(text, CAUSES_MARKER, lines)


def _insert(text: str, marker: str, lines: list[str]) -> str:
    if marker not in text:
        raise ValueError(f"{CONFIG} has no line {marker.strip()!r}")
    return text.replace(marker, "\n".join(lines))


def rewrite_links(path: str, text: str) -> str:
    """Return a page whose links fit the site; code blocks stay unchanged."""
    parts: list[str] = []
    end = 0
    for block in _FENCE.finditer(text):
        parts += [_rewrite_prose(path, text[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, _rewrite_prose(path, text[end:])])


def _rewrite_prose(path: str, text: str) -> str:
    """Return prose with links for the site, and with the bars in table code that MkDocs expects."""
    lines = [
        re.sub(r"`[^`\n]*`", lambda span: span[0].replace("\\|", "|"), line)
        if line.startswith("|")
        else line
        for line in text.split("\n")
    ]
    return _LINK.sub(lambda link: f"]({_target(path, link[1])})", "\n".join(lines))


def _target(path: str, link: str) -> str:
    """Return the target of a page's link on the site."""
    if re.match(r"[a-z]+:", link) or link.startswith("#"):
        return link
    file, _, fragment = link.partition("#")
    folder = posixpath.dirname(path)
    target = posixpath.normpath(posixpath.join(folder, file))
    if target == CATALOG and fragment:
        codes = {anchor(cause.code): cause.code for cause in registry.causes()}
        if fragment in codes:
            target, fragment = f"causes/{codes[fragment]}.md", ""
    elif target.startswith("../"):
        if target not in OUTSIDE:
            raise ValueError(f"docs/{path}: the site has no {link}")
        target = OUTSIDE[target]
    return posixpath.relpath(target, folder or ".") + (f"#{fragment}" if fragment else "")
