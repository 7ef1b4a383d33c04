"""Parse the header comments of a snippet. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMENTS: Mapping[str, str] = {
    ".cs": "//",
    ".go": "//",
    ".java": "//",
    ".js": "//",
    ".php": "//",
    ".py": "#",
    ".rb": "#",
    ".rs": "//",
}
"""Comment markers by the suffix of a snippet file."""

REQUIRED_KEYS = ("title", "language", "driver", "auth", "stable-api", "for", "tested")
OPTIONAL = ("needs", "install", "deprecated", "instead")
PLACEHOLDER = "<mongodb:// connection string>"
"""Every driver rejects this at once; without slashes, PyMongo would resolve it as a host."""
VARIABLE = "MONGODB_URI"

_LINE = re.compile(r"([a-z-]+): (.+)")
_DRIVER = re.compile(r"(.+) (\d[\w.]*) or later")


class BadHeaderError(ValueError):
    """The header of a snippet has missing or unknown fields."""


class Snippet(Record):
    """One program of the collection.

    Attributes:
        name: The file name without its suffix.
        minimum: The oldest driver version.
        deployment: What it connects to.
        tested: The servers on which the tests run it, or how its syntax is checked.
        instead: The snippet that replaces a deprecated one.
        text: The complete program, not filled in.
    """

    name: str
    suffix: str
    title: str
    language: str
    driver: str
    minimum: str
    auth: str
    stable_api: bool
    deployment: str
    tested: str
    needs: str | None = None
    install: str | None = None
    deprecated: str | None = None
    instead: str | None = None
    text: str = ""

    def __repr__(self) -> str:
        return f"Snippet({self.name})"

    def row(self) -> dict[str, str | bool]:
        """Return its row in ``snippet list --format json``."""
        return {
            "name": self.name,
            "title": self.title,
            "language": self.language,
            "driver": self.driver,
            "auth": self.auth,
            "stable_api": self.stable_api,
            "deprecated": self.deprecated is not None,
        }


def parse(name: str, suffix: str, text: str) -> Snippet:
    """Parse a program with its header. Raises `BadHeaderError`, which says what to correct."""
    fields = header(suffix, text)
    missing = [key for key in REQUIRED_KEYS if key not in fields]
    unknown_keys = [key for key in fields if key not in REQUIRED_KEYS + OPTIONAL]
    file = f"{name}{suffix}"
    if missing:
        raise BadHeaderError(f"{file}: add to the header: {', '.join(missing)}")
    if unknown_keys:
        keys_text = ", ".join(REQUIRED_KEYS + OPTIONAL)
        raise BadHeaderError(
            f"{file}: the header has {unknown_keys[0]!r}, which is none of {keys_text}"
        )
    driver = _DRIVER.fullmatch(fields["driver"])
    if driver is None:
        example = "'PyMongo Async 4.13 or later'"
        raise BadHeaderError(f"{file}: write driver as {example}, not {fields['driver']!r}")
    if fields["stable-api"] not in ("yes", "no"):
        raise BadHeaderError(f"{file}: stable-api is yes or no, not {fields['stable-api']!r}")
    return Snippet(
        name=name,
        suffix=suffix,
        title=fields["title"],
        language=fields["language"],
        driver=driver[1],
        minimum=driver[2],
        auth=fields["auth"],
        stable_api=fields["stable-api"] == "yes",
        deployment=fields["for"],
        tested=fields["tested"],
        needs=fields.get("needs"),
        install=fields.get("install"),
        deprecated=fields.get("deprecated"),
        instead=fields.get("instead"),
        text=text,
    )


def normalize_name(text: str) -> str:
    """Normalize a name for filters: ``Node.js`` equals ``nodejs``, ``C#`` equals ``csharp``."""
    spelling = text.casefold().replace("#", "sharp")
    return "".join(char for char in spelling if char.isalnum())


def header(suffix: str, text: str) -> dict[str, str]:
    """Return the ``key: value`` lines at the top of a program, in their order."""
    mark = COMMENTS[suffix]
    fields: dict[str, str] = {}
    for line in text.removeprefix("<?php\n").splitlines():
        match = _LINE.fullmatch(line.removeprefix(mark).strip()) if line.startswith(mark) else None
        if match is None:
            break
        fields[match[1]] = match[2]
    return fields


def script_metadata(text: str) -> str | None:
    """Return the TOML of the inline script metadata (PEP 723), or None."""
    match = re.search(r"^# /// script\n((?:#(?: .*)?\n)+?)# ///$", text, re.MULTILINE)
    if match is None:
        return None
    return "".join(line[2:] or "\n" for line in match[1].splitlines(keepends=True))


def dependencies(text: str) -> tuple[str, ...]:
    """Return the dependencies in the metadata of a Python program (PEP 508 strings)."""
    import tomllib

    metadata = script_metadata(text)
    requirements = tomllib.loads(metadata).get("dependencies", []) if metadata else []
    return tuple(str(requirement) for requirement in requirements)
