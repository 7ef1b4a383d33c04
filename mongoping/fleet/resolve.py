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

Places = tuple[str, tuple[str, ...]]
"""A deployment and the names of its hosts."""


def resolve(entry: Entry, overrides: Mapping[str, str] = NOTHING) -> ParsedUri:
    """Return the parsed connection string of a target, with its origin.

    ``overrides`` are options of the connection string that replace its own. Raises `InputError`,
    whose text is one sentence, if a variable or a file is missing.
    """
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    text, secret = _string(entry), _password(entry)
    uri = parse(expand(text), password=secret, overrides=dict(overrides))
    source = f"@{entry.name}" if entry.reference.kind == "target" else "inventory"
    return uri.replace(origin=Origin(source, entry.name, entry.path, entry.line))


def _string(entry: Entry) -> str:
    """Return the connection string. Raises `InputError`."""
    reference = entry.reference
    if entry.error is not None:
        raise InputError(entry.error)
    if reference.kind == "env":
        return hidden_unless_uri(_variable(reference.text))
    if reference.kind == "file":
        return hidden_unless_uri(first_line(read_file(reference.text, "connection string")))
    if reference.kind == "target":
        return connection_string(_configured_target(entry))
    return reference.text


def _password(entry: Entry) -> str | None:
    """Return the password if it is given separately. Raises `InputError`."""
    return password(_configured_target(entry)) if entry.reference.kind == "target" else None


def _configured_target(entry: Entry) -> ConfiguredTarget:
    reference = entry.reference
    section = Section(entry.name, reference.values, line=entry.line)
    return ConfiguredTarget(Config(reference.text, ()), section, reference.trusted)


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None or not value.strip():
        state = "not set" if value is None else "empty"
        raise InputError(f"The environment variable {name} is {state}.")
    return readable(value, f"The environment variable {name}")


def places_of(entry: Entry) -> Places:
    """Return the deployment of a target and its hosts, by which runs are kept apart.

    A target that cannot be resolved is a deployment without hosts. No password is read.
    """
    places: Places | None = entry.__dict__.get("_places")
    if places is None:  # a record keeps what is derived from it beside its fields
        places = entry.__dict__["_places"] = _places_of(entry)
    return places


def _places_of(entry: Entry) -> Places:
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    try:
        target = parse(expand(_string(entry)), password="-").target  # noqa: S106 - a placeholder
    except InputError:
        target = None
    if target is None:
        return f"name {entry.name}", ()
    if target.srv_name is not None:
        return f"srv {target.srv_name}", (target.srv_name,)
    deployment = ",".join(sorted(map(str, target.hosts)))
    return deployment, tuple(host.name for host in target.hosts)
