"""Find and read the configuration file, and create its targets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._input import hidden_unless_uri, read_bytes, read_file, readable, reason
from mongoping.smoke.config import NAMES, SOURCES, Config, ConfigError, Section, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.cli._settings import Options
    from mongoping.cli._smoke_targets import Found
    from mongoping.settings import Settings
    from mongoping.smoke.targets import Smoke
    from mongoping.uri.target import Parsed

MAX_BYTES = 1024 * 1024  # bytes; a pyproject.toml may be long


def of_file(given: dict[str, Any], options: Options) -> Found | None:
    """Return the targets of the file, or None without a file. Raises `click.UsageError`."""
    from mongoping.cli._smoke_targets import Found
    from mongoping.smoke.targets import PARALLEL

    config = _read(given["config"])
    if config is None:
        if given["target"]:
            raise click.UsageError(
                f"--target needs a configuration file: there is no {' and no '.join(NAMES)}."
            )
        return None
    sections = _select_sections(config, given["target"])
    try:
        found = tuple(_target(config, section, given, options) for section in sections)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    return Found(found, given["parallel"] or config.values.get("parallel") or PARALLEL)


def _read(path: str | None) -> Config | None:
    paths = [path] if path is not None else [name for name in NAMES if Path(name).is_file()]
    for candidate in paths:
        try:
            config = parse(_text(candidate), candidate)
        except ConfigError as error:
            raise click.UsageError(str(error)) from None
        if config is not None:
            return config
        if path is not None:
            raise click.UsageError(f"{candidate} has no [tool.mongoping] table.")
    return None


def _text(path: str) -> str:
    try:
        data = read_bytes(path, MAX_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {reason(error)}.") from None
    if len(data) > MAX_BYTES:
        raise click.UsageError(f"{path} is larger than {MAX_BYTES // 1024} KiB.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise click.UsageError(f"{path}:{line}: not UTF-8 text.") from None


def _select_sections(config: Config, names: tuple[str, ...]) -> list[Section]:
    known = {target.name: target for target in config.targets}
    for name in names:
        if name not in known:
            from mongoping.cli._nearest import nearest

            near = nearest(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(known)}."
            raise click.UsageError(f"{config.path} has no target {name!r}. {hint}")
    return [target for target in config.targets if not names or target.name in names]


def _target(config: Config, one: Section, given: Mapping[str, Any], options: Options) -> Smoke:
    """Return a target of the file, with the options of the command line taking precedence."""
    from mongoping.cli._smoke_targets import check_write_place, plan_of, read_expectations
    from mongoping.smoke.targets import Smoke
    from mongoping.smoke.waiting import Plan

    values = one.values
    plan = Plan(
        wait=values.get("wait", 0.0),
        until=values.get("until"),
        stable=values.get("stable-for", 0.0),
        keep=values.get("keep-waiting", False),
    )
    over = {wanted.kind.name: wanted for wanted in read_expectations(given["expect"])}
    every = {wanted.kind.name: wanted for wanted in one.wanted} | over
    return Smoke(
        parsed=_parsed(config, one, options, found=given["config"] is None),
        settings=_settings(options.settings, values, given),
        plan=plan_of(dict(given), plan),
        wanted=tuple(every.values()),
        write_check=check_write_place(given["write_check"]) or values.get("write-check"),
        name=one.name,
    )


def _settings(base: Settings, values: Mapping[str, Any], given: Mapping[str, Any]) -> Settings:
    changes: dict[str, Any] = {}
    if given["timeout"] is None and "timeout" in values:
        deadline = values["timeout"]
        changes |= {"deadline": deadline, "cap": min(max(base.cap, deadline / 2), deadline)}
    if "count" in values and not _is_given("count"):
        changes["count"] = values["count"]
    if base.stable_api is None and "stable-api" in values:
        changes["stable_api"] = values["stable-api"]
    return base.replace(**changes)


def _is_given(name: str) -> bool:
    """Return whether an option was given explicitly, not just by its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def _parsed(config: Config, one: Section, options: Options, *, found: bool) -> Parsed:
    """Parse the connection string of a target.

    A file that was ``found`` rather than named by the user may be part of a foreign checkout: it
    must not send a secret of this machine to an address that it chooses.
    """
    from mongoping.smoke.trust import forbidden_keys, forbidden_login
    from mongoping.uri.target import parse as parse_uri

    values = one.values
    if found and (pair := forbidden_keys(values)) is not None:
        raise _refused(config, one, pair, "combines an address with a secret")
    if "uri-env" in values:
        text = _variable(config, one, "uri-env")
    elif "uri-file" in values:
        text = read_file(values["uri-file"], "connection string").strip().splitlines()[0]
    else:
        text = values["uri"]
    source = next(key for key in SOURCES if key in values)
    if source != "uri" and hidden_unless_uri(text) != text:
        words = "it does not contain a connection string, which begins with mongodb:// or mongodb+srv://"
        raise ConfigError(config.path, one.line, f"targets.{one.name}.{source}", words)
    secret = None
    if "password-env" in values:
        secret = _variable(config, one, "password-env")
    elif "password-file" in values:
        secret = read_file(values["password-file"], "password file").rstrip("\r\n")
    parsed = parse_uri(text, password=secret, overrides=options.target.overrides)
    own = parse_uri(text).target
    if found and source != "uri-env" and own is not None and (use := forbidden_login(own)):
        raise _refused(config, one, source, use)
    return parsed


def _refused(config: Config, one: Section, key: str, words: str) -> ConfigError:
    """Return the error for a file that was found and is not trusted, with both remedies."""
    from mongoping.escape import printable

    name = printable(config.path)
    words = (
        f"{name} was found in this folder and {words}: put the connection string into an "
        f"environment variable and name that in uri-env, or trust the file: --config {name}"
    )
    return ConfigError(config.path, one.line, f"targets.{one.name}.{key}", words)


def _variable(config: Config, one: Section, key: str) -> str:
    """Return the value of an environment variable. Raises an error that names an unset one."""
    name = one.values[key]
    value = os.environ.get(name)
    if value is None or not value.strip():
        state = "not set" if value is None else "empty"
        words = f"the environment variable {name} is {state}: set it, or name another one"
        raise ConfigError(config.path, one.line, f"targets.{one.name}.{key}", words)
    return readable(value, f"The environment variable {name}")
