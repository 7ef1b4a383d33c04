"""Read the connection string and the password from wherever they are given, for a command."""

from __future__ import annotations

import click

from mongoping.smoke import files
from mongoping.smoke.files import (
    MAX_BYTES,
    InputError,
    first_line,
    hidden_unless_uri,
    read_bytes,
    reason,
)

__all__ = [
    "MAX_BYTES",
    "first_line",
    "hidden_unless_uri",
    "read_bytes",
    "read_file",
    "readable",
    "reason",
]


def read_file(path: str, what: str, *, empty: bool = False) -> str:
    """Return the text of a small file, as `files.read_file`. Raises `click.UsageError`."""
    try:
        return files.read_file(path, what, empty=empty)
    except InputError as error:
        raise click.UsageError(str(error)) from None


def readable(value: str, what: str) -> str:
    """Return ``value``. Raises `click.UsageError` if it is not valid text."""
    try:
        return files.readable(value, what)
    except InputError as error:
        raise click.UsageError(str(error)) from None
