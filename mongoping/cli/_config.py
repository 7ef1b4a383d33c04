"""Find the configuration files, and the targets in them with their credentials.

A file that was found in the current folder may belong to a checkout: it is not trusted with the
user's secrets. A file given with ``--config``, and the one in the user's own configuration folder,
are trusted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mongoping.cli._input import read_bytes, reason
from mongoping.cli._target_options import LocatedTarget
from mongoping.decoding import decode
from mongoping.smoke.config import NAMES, Config, ConfigError, parse
from mongoping.smoke.files import InputError
from mongoping.smoke.references import ConfiguredTarget, connection_string, password, user_path
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILE_BYTES = 1024 * 1024  # a pyproject.toml may be long


def project_file(path: str | None) -> Config | None:
    """Return the file that was named, or else that of the current folder; None without one.

    Raises `click.UsageError` for a file that cannot be read or is not valid.
    """
    paths = [path] if path is not None else [name for name in NAMES if Path(name).is_file()]
    for entry in paths:
        config = _parse_file(entry)
        if config is not None:
            return config
        if path is not None:
            raise click.UsageError(f"{entry} has no [tool.mongoping] table.")
    return None


def all_targets(path: str | None) -> list[ConfiguredTarget]:
    """Return all targets: those of the project or of --config, then those of the user."""
    configured_targets = project_targets(path)
    own = user_path()
    if configured_targets and _is_users(configured_targets[0].config.path):
        return configured_targets
    users = _parse_file(str(own)) if own.is_file() else None
    if users is not None:
        configured_targets += [ConfiguredTarget(users, section, True) for section in users.targets]
    return configured_targets


def project_targets(path: str | None) -> list[ConfiguredTarget]:
    """Return the targets of --config, or of the file in the current folder."""
    config = project_file(path)
    if config is None:
        return []
    is_trusted = path is not None or _is_users(config.path)
    return [ConfiguredTarget(config, section, is_trusted) for section in config.targets]


def _is_users(path: str) -> bool:
    """Return whether a path is that of the user's own configuration file."""
    return os.path.realpath(path) == os.path.realpath(user_path())


def require_valid(targets: Sequence[ConfiguredTarget]) -> None:
    """Raise `click.UsageError` for the first target with an error."""
    for target in targets:
        if target.section.error is not None:
            raise click.UsageError(target.section.error)


def find(name: str, path: str | None) -> ConfiguredTarget:
    """Return the target with that name; errors of other targets do not matter.

    Raises `click.UsageError` for an unknown name, with the nearest one, or a target with an error.
    """
    targets: Sequence[ConfiguredTarget] = ()
    for read in (project_targets, all_targets):  # the user's file only if it is needed
        targets = read(path)
        for target in targets:
            if target.section.name == name:
                require_valid((target,))
                return target
    from mongoping.escape import printable

    shown_name = printable(name[:60])
    if not targets:
        raise click.UsageError(
            f"There is no target @{shown_name}, because there is no configuration file: create "
            f"{NAMES[0]} or {user_path()}."
        )
    from mongoping.cli._nearest import nearest

    near = nearest(name, {target.section.name for target in targets}, 1)
    hint = f"Did you mean @{printable(near[0])}?" if near else "List them: mongoping targets"
    raise click.UsageError(f"There is no target @{shown_name}. {hint}")


def _parse_file(path: str) -> Config | None:
    try:
        return parse(_text(path), path, partial=True)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def _text(path: str) -> str:
    try:
        data = read_bytes(path, MAX_FILE_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {reason(error)}.") from None
    if len(data) > MAX_FILE_BYTES:
        raise click.UsageError(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB.")
    try:
        return decode(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise click.UsageError(f"{path}:{line}: not UTF-8 text.") from None


def locate(target: ConfiguredTarget) -> LocatedTarget:
    """Return the connection string and the password of a target. Raises `click.UsageError`."""
    try:
        text = connection_string(target)
        secret = password(target)
    except InputError as error:
        raise click.UsageError(str(error)) from None
    section = target.section
    return LocatedTarget(
        text,
        Origin(f"@{section.name}", section.name, target.config.path, section.line),
        trusted=target.trusted or target.key == "uri-env",
        password=secret,
        ambient=False,
        values=section.values,
    )


def missing(target: ConfiguredTarget) -> str | None:
    """Return in one sentence why a target cannot be used now, or None. Runs no command."""
    try:
        connection_string(target)
        _require_password(target)
    except InputError as error:
        return str(error)
    return None


def _require_password(target: ConfiguredTarget) -> None:
    values: Mapping[str, object] = target.section.values
    if "password-env" in values or "password-file" in values:
        password(target)
