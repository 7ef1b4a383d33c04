"""Resolve what a configured target refers to: variables, files, and the output of a command.

A target keeps its references until it is used, so that no secret is read earlier, or on another
machine, than where the connection is made.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from mongoping.smoke.config import NAMES, Config, ConfigError, Section
from mongoping.smoke.config_keys import SOURCES
from mongoping.smoke.files import MAX_BYTES, hidden_unless_uri, read_file, readable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mongoping.settings import Settings

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


def user_path() -> Path:
    """Return the path of the configuration file of the user."""
    from platformdirs import user_config_path

    return user_config_path("mongoping") / NAMES[0]


def connection_string(target: ConfiguredTarget) -> str:
    """Return the connection string of a target. Raises `ConfigError` or `InputError`.

    A file that is not trusted must not send a secret of this machine to an address that it names.
    """
    from mongoping.smoke.trust import forbidden_keys, forbidden_login
    from mongoping.uri.target import parse as parse_uri

    values, key = target.section.values, target.key
    if not target.trusted and (pair := forbidden_keys(values)) is not None:
        raise _refused_file(target, pair, _why(pair))
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
        raise _refused_file(target, key, use)
    return text


def _why(key: str) -> str:
    return "runs a command" if key == "password-command" else "combines an address with a secret"


def _refused_file(target: ConfiguredTarget, key: str, words: str) -> ConfigError:
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


def password(target: ConfiguredTarget) -> str | None:
    """Return the password that the target refers to, else None.

    Raises `ConfigError` or `InputError`.
    """
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


def with_values(base: Settings, values: Mapping[str, object]) -> Settings:
    """Return the settings with those of a configured target: timeout, count, stable-api."""
    changes: dict[str, object] = {}
    timeout = values.get("timeout")
    if isinstance(timeout, (int, float)):
        cap = min(max(base.cap, timeout / 2), timeout)
        changes |= {"deadline": float(timeout), "cap": cap}
    if "count" in values:
        changes["count"] = values["count"]
    if base.stable_api is None and "stable-api" in values:
        changes["stable_api"] = values["stable-api"]
    return base.replace(**changes) if changes else base
