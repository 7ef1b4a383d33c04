"""Find the configuration files, and the targets in them with their credentials.

A file that was found in the current folder may belong to a checkout: it is not trusted with the
user's secrets. A file given with ``--config``, and the one in the user's own configuration folder,
are trusted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mongoping.cli._input import (
    MAX_BYTES,
    hidden_unless_uri,
    read_bytes,
    read_file,
    readable,
    reason,
)
from mongoping.cli._target_options import LocatedTarget
from mongoping.smoke.config import NAMES, Config, ConfigError, Section, parse
from mongoping.smoke.config_keys import SOURCES
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILE_BYTES = 1024 * 1024  # a pyproject.toml may be long
COMMAND_S = 60  # for a password-command; it may ask the user to unlock a store


class ConfiguredTarget(NamedTuple):
    """A target, the file that it is in, and whether that file is trusted."""

    config: Config
    section: Section
    trusted: bool

    @property
    def key(self) -> str:
        """Return the key that says where the connection string comes from."""
        return next(key for key in SOURCES if key in self.section.values)

    def error(self, key: str, words: str) -> ConfigError:
        """Return an error about a key of this target."""
        section = self.section
        return ConfigError(self.config.path, section.line, f"targets.{section.name}.{key}", words)


def project_file(path: str | None) -> Config | None:
    """Return the file that was named, or else that of the current folder; None without one.

    Raises `click.UsageError` for a file that cannot be read or is not valid.
    """
    paths = [path] if path is not None else [name for name in NAMES if Path(name).is_file()]
    for entry in paths:
        config = _parsed(entry)
        if config is not None:
            return config
        if path is not None:
            raise click.UsageError(f"{entry} has no [tool.mongoping] table.")
    return None


def user_path() -> Path:
    """Return the path of the configuration file of the user."""
    from platformdirs import user_config_path

    return user_config_path("mongoping") / NAMES[0]


def all_targets(path: str | None) -> list[ConfiguredTarget]:
    """Return all targets: those of the project or of --config, then those of the user."""
    found = project_targets(path)
    own = user_path()
    if found and _is_users(found[0].config.path):
        return found
    users = _parsed(str(own)) if own.is_file() else None
    if users is not None:
        found += [ConfiguredTarget(users, section, True) for section in users.targets]
    return found


def project_targets(path: str | None) -> list[ConfiguredTarget]:
    """Return the targets of --config, or of the file in the current folder."""
    config = project_file(path)
    if config is None:
        return []
    trusted = path is not None or _is_users(config.path)
    return [ConfiguredTarget(config, section, trusted) for section in config.targets]


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

    shown = printable(name[:60])
    if not targets:
        raise click.UsageError(
            f"There is no target @{shown}, because there is no configuration file: create "
            f"{NAMES[0]} or {user_path()}."
        )
    from mongoping.cli._nearest import nearest

    near = nearest(name, {target.section.name for target in targets}, 1)
    hint = f"Did you mean @{printable(near[0])}?" if near else "List them: mongoping targets"
    raise click.UsageError(f"There is no target @{shown}. {hint}")


def _parsed(path: str) -> Config | None:
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
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise click.UsageError(f"{path}:{line}: not UTF-8 text.") from None


def locate(target: ConfiguredTarget) -> LocatedTarget:
    """Return the connection string and the password of a target. Raises `click.UsageError`."""
    try:
        text = connection_string(target)
        secret = _password(target)
    except ConfigError as error:
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


def connection_string(target: ConfiguredTarget) -> str:
    """Return the connection string of a target. Raises `ConfigError`, `click.UsageError`.

    A file that is not trusted must not send a secret of this machine to an address that it names.
    """
    from mongoping.smoke.trust import forbidden_keys, forbidden_login
    from mongoping.uri.target import parse as parse_uri

    values, key = target.section.values, target.key
    if not target.trusted and (pair := forbidden_keys(values)) is not None:
        raise _refused(target, pair, _why(pair))
    if key == "uri-env":
        text = variable(target, key)
    elif key == "uri-file":
        text = read_file(values[key], "connection string").strip().splitlines()[0]
    else:
        text = values[key]
    if key != "uri" and hidden_unless_uri(text) != text:
        words = "it does not contain a connection string, which begins with mongodb:// or mongodb+srv://"
        raise target.error(key, words)
    own = parse_uri(text).target
    if (
        not target.trusted
        and key != "uri-env"
        and own is not None
        and (use := forbidden_login(own))
    ):
        raise _refused(target, key, use)
    return text


def _why(key: str) -> str:
    return "runs a command" if key == "password-command" else "combines an address with a secret"


def _refused(target: ConfiguredTarget, key: str, words: str) -> ConfigError:
    """Return the error for a file that was found and is not trusted, with both remedies."""
    from mongoping.escape import printable

    name = printable(target.config.path)
    variable_way = "put the connection string into an environment variable and name that in uri-env"
    if key == "password-command":
        variable_way = f"move the target to {user_path()}"
    return target.error(
        key,
        f"{name} was found in this folder and {words}; {variable_way}, or trust the file with "
        f"--config {name}",
    )


def _password(target: ConfiguredTarget) -> str | None:
    """Return the password that the target refers to, else None."""
    values = target.section.values
    if "password-env" in values:
        return variable(target, "password-env")
    if "password-file" in values:
        return read_file(values["password-file"], "password file").rstrip("\r\n")
    if "password-command" in values:
        return _output(target, values["password-command"])
    return None


def variable(target: ConfiguredTarget, key: str) -> str:
    """Return the value of an environment variable. Raises an error that names an unset one."""
    name = target.section.values[key]
    value = os.environ.get(name)
    if value is None or not value.strip():
        state = "not set" if value is None else "empty"
        raise target.error(
            key, f"the environment variable {name} is {state}; set it, or name another one"
        )
    return readable(value, f"The environment variable {name}")


def _output(target: ConfiguredTarget, command: str | Sequence[str]) -> str:
    """Return what a command prints, without the line end; it is never shown.

    The command may ask the user on the terminal; a list of words runs without a shell.
    """
    import subprocess

    from mongoping import signals

    key, words = "password-command", ""
    try:
        with signals.raising():
            ran = subprocess.run(
                command if isinstance(command, str) else list(command),
                shell=isinstance(command, str),
                stdout=subprocess.PIPE,
                timeout=COMMAND_S,
                check=False,
            )
    except subprocess.TimeoutExpired:
        words = f"the command did not end within {COMMAND_S} s"
    except (OSError, ValueError) as error:
        words = f"the command cannot be run: {getattr(error, 'strerror', None) or 'invalid words'}"
    else:
        if ran.returncode:
            words = f"the command failed with exit code {ran.returncode}"
        elif len(ran.stdout) > MAX_BYTES:
            words = f"the command printed more than {MAX_BYTES // 1024} KiB"
        elif not ran.stdout.strip():
            words = "the command printed nothing"
    if words:
        raise target.error(key, words)
    try:
        return ran.stdout.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise target.error(key, "the command did not print UTF-8 text") from None


def missing(target: ConfiguredTarget) -> str | None:
    """Return in one sentence why a target cannot be used now, or None. Runs no command."""
    try:
        connection_string(target)
        _require_password(target)
    except (ConfigError, click.UsageError) as error:
        return str(getattr(error, "message", None) or error)
    return None


def _require_password(target: ConfiguredTarget) -> None:
    values: Mapping[str, object] = target.section.values
    if "password-env" in values or "password-file" in values:
        _password(target)
