"""Resolve the references of a fleet's targets, on the machine that connects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mongoping.record import NOTHING
from mongoping.smoke.config import Config, Section
from mongoping.smoke.files import InputError, first_line, hidden_unless_uri, read_file, readable
from mongoping.smoke.references import ConfiguredTarget, connection_string, password
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from mongoping.fleet.entry import Entry
    from mongoping.uri.target import ParsedUri


def resolve(entry: Entry, overrides: Mapping[str, str] = NOTHING) -> ParsedUri:
    """Return the parsed connection string of a target, with its origin.

    ``overrides`` are options of the connection string that replace its own. Raises `InputError`,
    whose text is one sentence, if a variable or a file is missing.
    """
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    if entry.error is not None:
        raise InputError(entry.error)
    text, secret = _read(entry)
    parsed = parse(expand(text), password=secret, overrides=dict(overrides))
    source = f"@{entry.name}" if entry.reference.kind == "target" else "inventory"
    return parsed.replace(origin=Origin(source, entry.name, entry.path, entry.line))


def _read(entry: Entry) -> tuple[str, str | None]:
    """Return the connection string, and the password if it is given separately."""
    reference = entry.reference
    if reference.kind == "env":
        return hidden_unless_uri(_variable(reference.text)), None
    if reference.kind == "file":
        return hidden_unless_uri(first_line(read_file(reference.text, "connection string"))), None
    if reference.kind == "target":
        section = Section(entry.name, reference.values, line=entry.line)
        target = ConfiguredTarget(Config(reference.text, ()), section, reference.trusted)
        return connection_string(target), password(target)
    return reference.text, None


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None or not value.strip():
        state = "not set" if value is None else "empty"
        raise InputError(f"The environment variable {name} is {state}.")
    return readable(value, f"The environment variable {name}")
