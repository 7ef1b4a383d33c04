"""What a snippet says of itself in the comment lines at its top. Pure."""

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
"""How a comment begins, for each file name ending that a snippet may have."""

REQUIRED = ("title", "language", "driver", "auth", "stable-api", "for", "tested")
OPTIONAL = ("needs", "install", "deprecated", "instead")
PLACEHOLDER = "<mongodb:// connection string>"
"""Refused by every driver at once: without a slash, PyMongo would look for a host of that name."""
VARIABLE = "MONGODB_URI"

_LINE = re.compile(r"([a-z-]+): (.+)")
_DRIVER = re.compile(r"(.+) (\d[\w.]*) or later")


class BadHeaderError(ValueError):
    """The header of a snippet lacks something or says something unknown."""


class Snippet(Record):
    """One program of the collection.

    ``name`` is its file name without the ending, ``suffix`` the ending. ``minimum`` is the
    oldest version of the driver, ``deployment`` what it is for, ``tested`` the servers on
    which the tests run it or how far its form is checked, ``instead`` the snippet that
    replaces a deprecated one. ``text`` is the whole program as it lies in the folder.
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
        """What ``snippet list --format json`` tells of it."""
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
    """Read the header of one program. Raises `BadHeaderError` naming what is wrong with it."""
    said = header(suffix, text)
    missing = [key for key in REQUIRED if key not in said]
    unknown = [key for key in said if key not in REQUIRED + OPTIONAL]
    if missing or unknown:
        raise BadHeaderError(f"{name}{suffix}: lacks {missing}, does not know {unknown}")
    driver = _DRIVER.fullmatch(said["driver"])
    if driver is None or said["stable-api"] not in ("yes", "no"):
        raise BadHeaderError(f"{name}{suffix}: driver or stable-api is not of the known form")
    return Snippet(
        name=name,
        suffix=suffix,
        title=said["title"],
        language=said["language"],
        driver=driver[1],
        minimum=driver[2],
        auth=said["auth"],
        stable_api=said["stable-api"] == "yes",
        deployment=said["for"],
        tested=said["tested"],
        needs=said.get("needs"),
        install=said.get("install"),
        deprecated=said.get("deprecated"),
        instead=said.get("instead"),
        text=text,
    )


def folded(text: str) -> str:
    """A name as filters compare it: ``Node.js`` and ``nodejs``, ``C#`` and ``csharp`` are one."""
    spelled = text.casefold().replace("#", "sharp")
    return "".join(entry for entry in spelled if entry.isalnum())


def header(suffix: str, text: str) -> dict[str, str]:
    """The ``key: value`` lines at the top of a program, in their order."""
    mark = COMMENTS[suffix]
    said: dict[str, str] = {}
    for line in text.removeprefix("<?php\n").splitlines():
        match = _LINE.fullmatch(line.removeprefix(mark).strip()) if line.startswith(mark) else None
        if match is None:
            break
        said[match[1]] = match[2]
    return said


def script_metadata(text: str) -> str | None:
    """The TOML of the inline script metadata (PEP 723), None where there is none."""
    match = re.search(r"^# /// script\n((?:#(?: .*)?\n)+?)# ///$", text, re.MULTILINE)
    if match is None:
        return None
    return "".join(line[2:] or "\n" for line in match[1].splitlines(keepends=True))


def dependencies(text: str) -> tuple[str, ...]:
    """The packages that the metadata of a Python program asks for (PEP 508 strings)."""
    import tomllib

    metadata = script_metadata(text)
    found = tomllib.loads(metadata).get("dependencies", []) if metadata else []
    return tuple(str(entry) for entry in found)
