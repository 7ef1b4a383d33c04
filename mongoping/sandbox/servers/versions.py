"""Versions of MongoDB as people and archives write them. Pure."""

from __future__ import annotations

import re

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}(-[a-z0-9]{1,20})?")
_RELEASE = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(-[a-z0-9]{1,20})?")
_FINAL_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")


def is_version(text: str) -> bool:
    """Return whether a text is the version of a series or a release: ``8``, ``8.0``, ``8.0.4``."""
    return _VERSION.fullmatch(text) is not None


def is_release(version: str) -> bool:
    """Return whether a version is that of one release, such as ``8.0.4`` or ``8.0.0-rc9``."""
    return _RELEASE.fullmatch(version) is not None


def is_finished(version: str) -> bool:
    """Return whether a version is that of a release which is no release candidate."""
    return _FINAL_VERSION.fullmatch(version) is not None


def belongs(version: str, series: str | None) -> bool:
    """Return whether a version is the wanted one or in the wanted series; None is any."""
    return series is None or version == series or version.startswith(f"{series}.")


def key(version: str) -> tuple[int, ...]:
    """Return a key that sorts versions by their numbers, and finished releases last of their kind.

    A text that is no version comes first.
    """
    if not is_version(version):
        return ()
    numbers, _, candidate = version.partition("-")
    parts = [int(part) for part in numbers.split(".")]
    digits = re.search(r"\d{1,9}", candidate)
    rank = (int(digits[0]) if digits else 0) if candidate else 10**9
    return (*parts, *[0] * (3 - len(parts)), rank)
