"""Which versions and changelogs can be released."""

from __future__ import annotations

from datetime import date

import pytest

from tools.release.versions import (
    Section,
    changelog_problems,
    notes,
    sections,
    version_in,
    version_problems,
)

TODAY = date(2026, 11, 29)
READY = """# Changelog

## Unreleased

## 1.2.0 - 2026-11-29

### Added

- `mongoping lint`.

## [1.1.0] - 2026-10-01

- Fixed something.
"""


@pytest.mark.parametrize(
    ("source", "version"),
    [
        ('"""Text."""\n__version__ = "1.2.0"\n', "1.2.0"),
        ("version = '1.2.0'", None),
        ("__version__ = 2", None),
        ("", None),
    ],
)
def test_the_version_is_read_without_running_the_file(source: str, version: str | None) -> None:
    assert version_in(source) == version


@pytest.mark.parametrize("version", ["0.1.0", "1.0.0rc1", "2.3.4.post1", "10.0"])
def test_versions_that_can_be_released(version: str) -> None:
    assert version_problems(version) == []


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, "does not set __version__"),
        ("one", "'one' in mongoping/_version.py is not a version"),
        ("1.0.0-rc1", "as '1.0.0rc1'"),
        ("v1.0", "as '1.0'"),
        ("1.0.dev1", "a development version"),
        ("1.0+local", "a development version"),
    ],
)
def test_versions_that_cannot_be_released(version: str | None, words: str) -> None:
    [problem] = version_problems(version)
    assert words in problem


def test_sections_are_read_with_and_without_brackets() -> None:
    draft, newest, oldest = sections(READY)
    assert draft == Section("Unreleased", None, "")
    assert newest == Section("1.2.0", "2026-11-29", "### Added\n\n- `mongoping lint`.")
    assert (oldest.version, oldest.day) == ("1.1.0", "2026-10-01")
    assert notes("1.2.0", READY) == newest.text


def test_a_changelog_that_is_ready() -> None:
    assert changelog_problems("1.2.0", READY, TODAY) == []
    without_unreleased = READY.replace("## Unreleased\n", "")
    assert changelog_problems("1.2.0", without_unreleased, TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## Unreleased\n", "## Unreleased\n\n- More.\n", "under 'Unreleased': move them to"),
        ("## 1.2.0 - 2026-11-29", "## 1.3.0 - 2026-11-29", "is 1.3.0, but"),
        ("- `mongoping lint`.", "", "The section 1.2.0 of CHANGELOG.md lists no change"),
        (" - 2026-11-29", "", "1.2.0 in CHANGELOG.md has no date"),
        (" - 2026-11-29", " - soon", "1.2.0 in CHANGELOG.md has no date"),
        (" - 2026-11-29", " - 2026-11-30", "a date in the future: 2026-11-30"),
        ("[1.1.0]", "[1.2.0]", "1.2.0 is above 1.2.0"),
        ("[1.1.0]", "[1.10.0]", "1.2.0 is above 1.10.0"),
        ("[1.1.0]", "[first]", "A heading in CHANGELOG.md is not a version"),
    ],
)
def test_a_changelog_that_is_not_ready(old: str, new: str, words: str) -> None:
    assert old in READY
    [problem] = changelog_problems("1.2.0", READY.replace(old, new), TODAY)
    assert words in problem


@pytest.mark.parametrize("text", ["", "# Changelog\n", "## Unreleased\n"])
def test_a_changelog_without_a_section(text: str) -> None:
    assert changelog_problems("1.2.0", text, TODAY) == [
        "CHANGELOG.md has no section: add '## 1.2.0 - 2026-11-29'."
    ]


def test_changes_that_wait_for_the_first_release_are_one_problem() -> None:
    [problem] = changelog_problems("0.1.0", "## Unreleased\n\n### Added\n\n- All.\n", TODAY)
    assert "move them to '## 0.1.0 - 2026-11-29'" in problem
