"""The settings of a run, from the options of a command."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._anonymous import pseudonyms_of
from mongoping.cli._options import KEY_PASSWORD, TLS_OPTIONS
from mongoping.cli._target_options import TargetOptions
from mongoping.environment import SANDBOX_VARIABLE, sandbox_ports
from mongoping.record import Record
from mongoping.settings import (
    CAP_LOCAL_S,
    CAP_S,
    DEADLINE_LOCAL_S,
    DEADLINE_S,
    EXTENSION_S,
    Preset,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.anonymous.pseudonyms import Pseudonyms


class Output(Record):
    """The destination and the style of the report."""

    form: str
    path: str | None
    quiet: bool
    verbose: bool
    strict: bool
    snippet: bool = False
    waterfall: bool = False
    pseudonyms: Pseudonyms | None = None


class Options(Record):
    """The parsed shared options."""

    settings: Settings
    output: Output
    target: TargetOptions

    @classmethod
    def of(cls, preset: Preset, given: dict[str, Any]) -> Options:
        """Return the options that click parsed for a command.

        Raises `click.UsageError` for values that contradict each other.
        """
        local = preset == "local"
        if given.get("snippet") and given["form"] != "text":
            raise click.UsageError(
                f"--snippet cannot be combined with --format {given['form']}: remove --format, "
                "or use mongoping snippet emit."
            )
        deadline = given["timeout"] or (DEADLINE_LOCAL_S if local else DEADLINE_S)
        cap = CAP_LOCAL_S if local else CAP_S
        if given["timeout"]:
            cap = max(cap, deadline / 2)
        stable = given["stable_api"]
        declared = ("api_version", "api_strict", "api_deprecation_errors")
        if stable is None and any(given[name] for name in declared):
            stable = True
        version = given["api_version"] or "1"
        if version != "1":
            raise click.UsageError(
                f"--api-version {version} does not exist: drivers support only 1."
            )
        settings = Settings(
            preset=preset,
            deadline=deadline,
            extension=0.0 if given["timeout"] else EXTENSION_S,
            cap=min(cap, deadline),
            count=given["count"],
            stable_api=stable,
            api_version=version,
            api_strict=given["api_strict"],
            api_deprecation_errors=given["api_deprecation_errors"],
            **_resolvers(given["resolver"]),
            certificate_days=given["certificate_days"],
            clock_skew=given["clock_skew"],
            lag=given["max_lag"],
            sandbox_ports=sandbox_ports(os.environ.get(SANDBOX_VARIABLE)),
            language=_language(given.get("language")),
        )
        if "python" in given:
            from mongoping.cli._python import with_python

            settings = with_python(settings, given["python"], given["timeout"])
        if given.get("warning") or given.get("critical"):
            from mongoping.cli._limits import with_limits

            settings = with_limits(settings, given)
        output = Output(
            form_of(given["form"], given["output"]),
            given["output"],
            given["quiet"],
            given["verbose"],
            given["strict"],
            given.get("snippet", False),
            given.get("waterfall", False),
            pseudonyms_of(given),
        )
        return cls(settings, output, TargetOptions.of(given, _overrides(given)))


SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".prom": "prometheus",
    ".sarif": "sarif",
    ".svg": "svg",
    ".tap": "tap",
    ".txt": "text",
    ".xml": "junit",
}
"""The formats of files by their suffix."""


def form_of(form: str, path: str | None) -> str:
    """Return the format of the report: --format, or that of the file's suffix.

    Raises `click.UsageError` if the file has the name or the suffix of a format that does not fit.
    """
    ctx = click.get_current_context(silent=True)
    if ctx is None or path is None:
        return form
    kinds = (param.type for param in ctx.command.params if param.name == "form")
    choices = tuple(getattr(next(kinds, None), "choices", ()))
    if path in choices:
        raise click.UsageError(f"-o takes a file: for this format, use --format {path}.")
    source = ctx.get_parameter_source("form")
    if source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP"):
        return form
    found = SUFFIXES.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - pathlib costs 5 ms
    if found is None or found in choices:
        return found or form
    raise click.UsageError(
        f"--output {path}: this command has no format {found}; use one of {', '.join(choices)}."
    )


def _language(word: str | None) -> str | None:
    if word is None:
        return None
    from mongoping.reader_language import CLIENTS, language_named

    language = language_named(word)
    if language is None:
        raise click.UsageError(f"--language {word} is unknown. Use one of: {', '.join(CLIENTS)}.")
    return language


def _resolvers(texts: Sequence[str]) -> dict[str, Any]:
    """Return the settings of the name servers. Raises `click.UsageError`."""
    from mongoping.settings import MAX_RESOLVERS, SYSTEM_RESOLVER

    if not texts:
        return {}
    from mongoping.probe.dns import parse_server

    found = []
    for text in texts:
        try:
            found.append(text if text == SYSTEM_RESOLVER else str(parse_server(text)))
        except ValueError as error:
            raise click.UsageError(f"--resolver {text}: {error}.") from None
    chosen = tuple(dict.fromkeys(found))
    if len(chosen) > MAX_RESOLVERS:
        raise click.UsageError(f"--resolver: compare at most {MAX_RESOLVERS} name servers.")
    first = None if chosen[0] == SYSTEM_RESOLVER else chosen[0]
    return {"resolver": first, "resolvers": chosen if len(chosen) > 1 else ()}


def _overrides(given: dict[str, Any]) -> dict[str, str]:
    """Return the flags that set options of the connection string."""
    from mongoping.cli._input import read_file

    stated = {name: given[name.lower()] for name, _, _ in TLS_OPTIONS}
    stated["authSource"] = given.get("auth_source")
    stated["authMechanism"] = given.get("auth_mechanism")
    found = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in stated.items()
        if value is not None
    }
    if file := given[f"{KEY_PASSWORD.lower()}file"]:
        if KEY_PASSWORD in found:
            raise click.UsageError(
                "Give the key's password only once: as an argument or in a file."
            )
        found[KEY_PASSWORD] = read_file(file, "password file").rstrip("\r\n")
    return found
