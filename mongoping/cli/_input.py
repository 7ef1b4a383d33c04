"""Where the connection string and the password come from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mongoping import signals

VARIABLES = ("MONGOPING_URI", "MONGODB_URI")
PASSWORD_VARIABLE = "MONGOPING_PASSWORD"  # noqa: S105 - a name, not a password
MAX_BYTES = 64 * 1024  # no connection string is longer


def read_file(path: str, what: str) -> str:
    """The text of a small file (``-``: standard input); raises `click.UsageError`."""
    where = f"The {what if what.endswith('file') else 'file'} {path}"
    if path == "-":
        where = f"The {what} on standard input"
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"{where} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise click.UsageError(f"{where} is larger than {MAX_BYTES // 1024} KiB.")
    try:
        text = data.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError:
        raise click.UsageError(f"{where} is not text in UTF-8.") from None
    if not text.strip():
        raise click.UsageError(f"{where} is empty.")
    return text


def readable(value: str, what: str) -> str:
    """``value``; raises `click.UsageError` where the system gave bytes that are no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"{what} is not text in UTF-8.") from None
    return value


def connection_string(argument: str | None, file: str | None) -> str:
    """The connection string from the argument, a file, standard input or the environment.

    Raises `click.UsageError` where there is none, naming the ways to give one.
    """
    if argument is not None and file is not None:
        raise click.UsageError("Give the connection string once: as an argument or by --uri-file.")
    if argument == "-" or file is not None:
        return _first_line(read_file(file or "-", "connection string"))
    if argument is not None:
        return readable(argument, "The connection string")
    for name in VARIABLES:
        value = os.environ.get(name)
        if value is None:
            continue
        if not value.strip():
            raise click.UsageError(f"The environment variable {name} is set, and empty.")
        return readable(value, f"The environment variable {name}")
    raise click.UsageError(
        "No connection string: give it as an argument, by --uri-file FILE, as - on standard "
        f"input, or in {' or '.join(VARIABLES)}."
    )


def _first_line(text: str) -> str:
    return next(line for line in text.splitlines() if line.strip())


def password(file: str | None, ask: bool) -> str | None:
    """The password where it comes apart from the string, else None."""
    if file is not None and ask:
        raise click.UsageError("Give the password once: by --password-file or by --ask-password.")
    if file is not None:
        return read_file(file, "password file").rstrip("\r\n")
    if ask:
        with signals.raising():  # the prompt has switched the terminal's echo off
            return str(
                click.prompt("Password", hide_input=True, err=True, default="", show_default=False)
            )
    value = os.environ.get(PASSWORD_VARIABLE)
    if value is not None and not value:
        raise click.UsageError(f"The environment variable {PASSWORD_VARIABLE} is set, and empty.")
    return (
        None if value is None else readable(value, f"The environment variable {PASSWORD_VARIABLE}")
    )
