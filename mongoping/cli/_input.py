"""Read the connection string and the password from wherever they are given, for a command."""

from __future__ import annotations

import os
import stat

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
    "refuse_file",
]

SUFFIXES = (".txt", ".env", ".conf", ".cfg", ".ini", ".json", ".toml", ".yaml", ".yml")
"""The ends of names that are files and no hosts: none is a top-level domain."""
MAX_SHOWN = 200  # characters of a path


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


def refuse_file(argument: str) -> None:
    """Raise `click.UsageError` for a path of a file in place of a connection string.

    A name without a separator is that of a host, unless it ends like one of a file: a folder
    is often named like a container.
    """
    is_path = "/" in argument or os.sep in argument or argument.endswith(SUFFIXES)
    if not is_path or "://" in argument or argument.endswith(".sock"):
        return
    try:
        mode = os.stat(argument).st_mode  # noqa: PTH116 - pathlib is imported late
    except (OSError, ValueError):
        return
    from mongoping.escape import clip, printable

    name = printable(clip(argument, MAX_SHOWN))
    if stat.S_ISDIR(mode):
        raise click.UsageError(f"{name} is a folder, not a connection string.")
    if stat.S_ISSOCK(mode):
        raise click.UsageError(f"{name} is a socket; the path of mongod's socket ends in .sock.")
    words = f"{name} is a file: to read the connection string from it, use --uri-file {name}"
    raise click.UsageError(words)
