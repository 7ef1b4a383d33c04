"""The rules for a version and its section in the changelog. Pure.

The format of the changelog is that of https://keepachangelog.com/en/1.1.0/.
"""

from __future__ import annotations

import ast
import itertools
import re
from datetime import date
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

UNRELEASED_VERSION = "unreleased"
HEADING = re.compile(r"^## +(?P<title>.+?) *$", re.MULTILINE)
TITLE = re.compile(r"\[?(?P<version>[^\]\s]+)\]?(?: +- +(?P<day>\S+))?")
SUBHEADING = re.compile(r"^#+ .*$", re.MULTILINE)


class Section(NamedTuple):
    """A section of the changelog. ``day`` is None if the heading has no date."""

    version: str
    day: str | None
    text: str

    @property
    def is_empty(self) -> bool:
        """Return whether the section lists no change."""
        return not SUBHEADING.sub("", self.text).strip()


def version_in(source: str) -> str | None:
    """Return the value of ``__version__`` in the source of a module, or None."""
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(found))
            ):
                return found
    return None


def sections(changelog: str) -> list[Section]:
    """Return the sections of a changelog in their order in the file."""
    headings = list(HEADING.finditer(changelog))
    ends = [*(heading.start() for heading in headings), len(changelog)][1:]
    section_list = []
    for heading, end in zip(headings, ends, strict=False):
        title = TITLE.fullmatch(heading["title"])
        version, day = (title["version"], title["day"]) if title else (heading["title"], None)
        section_list.append(Section(version, day, changelog[heading.end() : end].strip()))
    return section_list


def version_problems(version: str | None) -> list[str]:
    """Return what is wrong with a version, in sentences."""
    if version is None:
        return ["mongoping/_version.py does not set __version__ to a string."]
    try:
        parsed_version = Version(version)
    except InvalidVersion:
        return [f"{version!r} in mongoping/_version.py is not a version such as 1.2.3."]
    if str(parsed_version) != version:
        return [f"Write {version!r} in mongoping/_version.py as {str(parsed_version)!r}."]
    if parsed_version.is_devrelease or parsed_version.local:
        return [f"{version} in mongoping/_version.py is a development version."]
    return []


def changelog_problems(version: str, changelog: str, today: date) -> list[str]:
    """Return why a changelog is not ready for the release of a version, in sentences.

    Args:
        version: A valid version.
        changelog: The text of CHANGELOG.md.
        today: The latest date that a release can have.
    """
    section_list = sections(changelog)
    problems = []
    if section_list and section_list[0].version.lower() == UNRELEASED_VERSION:
        first = section_list.pop(0)
        if not first.is_empty:
            problems.append(
                "CHANGELOG.md lists changes under 'Unreleased': "
                f"move them to '## {version} - {today}'."
            )
    if not section_list:
        return problems or [f"CHANGELOG.md has no section: add '## {version} - {today}'."]
    newest = section_list[0]
    if newest.version != version:
        problems.append(
            f"The newest version in CHANGELOG.md is {newest.version}, "
            f"but mongoping/_version.py says {version}."
        )
    if newest.is_empty:
        problems.append(f"The section {newest.version} of CHANGELOG.md lists no change.")
    problems += [problem for section in section_list if (problem := _date_problem(section, today))]
    return problems + _order_problems(section_list)


def _date_problem(section: Section, today: date) -> str | None:
    where = f"The heading {section.version} in CHANGELOG.md"
    try:
        day = date.fromisoformat(section.day or "")
    except ValueError:
        return f"{where} has no date: write '## {section.version} - YYYY-MM-DD'."
    return f"{where} has a date in the future: {day}." if day > today else None


def _order_problems(section_list: list[Section]) -> list[str]:
    """Return a sentence about the first pair of sections that are not in descending order."""
    try:
        versions = [Version(section.version) for section in section_list]
    except InvalidVersion as error:
        return [f"A heading in CHANGELOG.md is not a version: {error}."]
    for newer, older in itertools.pairwise(versions):
        if newer <= older:
            return [f"In CHANGELOG.md, {newer} is above {older}: list the newest version first."]
    return []


def notes(version: str, changelog: str) -> str:
    """Return the text of a version's section, for the page of the release."""
    return next(section.text for section in sections(changelog) if section.version == version)
