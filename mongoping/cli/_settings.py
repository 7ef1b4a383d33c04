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
    def of(cls, preset: Preset, params: dict[str, Any]) -> Options:
        """Return the options that click parsed for a command.

        Raises `click.UsageError` for values that contradict each other.
        """
        local = preset == "local"
        if params.get("snippet") and params["form"] != "text":
            raise click.UsageError(
                f"--snippet cannot be combined with --format {params['form']}: remove --format, "
                "or use mongoping snippet emit."
            )
        deadline = params["timeout"] or (DEADLINE_LOCAL_S if local else DEADLINE_S)
        cap = CAP_LOCAL_S if local else CAP_S
        if params["timeout"]:
            cap = max(cap, deadline / 2)
        stable = params["stable_api"]
        names = ("api_version", "api_strict", "api_deprecation_errors")
        if stable is None and any(params[name] for name in names):
            stable = True
        version = params["api_version"] or "1"
        if version != "1":
            raise click.UsageError(
                f"--api-version {version} does not exist: drivers support only 1."
            )
        settings = Settings(
            preset=preset,
            deadline=deadline,
            extension=0.0 if params["timeout"] else EXTENSION_S,
            cap=min(cap, deadline),
            count=params["count"],
            stable_api=stable,
            api_version=version,
            api_strict=params["api_strict"],
            api_deprecation_errors=params["api_deprecation_errors"],
            **_resolvers(params["resolver"]),
            certificate_days=params["certificate_days"],
            clock_skew=params["clock_skew"],
            lag=params["max_lag"],
            sandbox_ports=sandbox_ports(os.environ.get(SANDBOX_VARIABLE)),
            language=_language(params.get("language")),
        )
        if "python" in params:
            from mongoping.cli._python import with_python

            settings = with_python(settings, params["python"], params["timeout"])
        if params.get("warning") or params.get("critical"):
            from mongoping.cli._limits import with_limits

            settings = with_limits(settings, params)
        output = Output(
            form_of(params["form"], params["output"]),
            params["output"],
            params["quiet"],
            params["verbose"],
            params["strict"],
            params.get("snippet", False),
            params.get("waterfall", False),
            pseudonyms_of(params),
        )
        return cls(settings, output, TargetOptions.of(params, _overrides(params)))


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
    form_name = SUFFIXES.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - pathlib costs 5 ms
    if form_name is None or form_name in choices:
        return form_name or form
    raise click.UsageError(
        f"--output {path}: this command has no format {form_name}; use one of {', '.join(choices)}."
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

    resolvers = []
    for text in texts:
        try:
            resolvers.append(text if text == SYSTEM_RESOLVER else str(parse_server(text)))
        except ValueError as error:
            words = f"--resolver takes IP[:PORT] or {SYSTEM_RESOLVER}: {error}."
            raise click.UsageError(words) from None
    resolver_names = tuple(dict.fromkeys(resolvers))
    if len(resolver_names) > MAX_RESOLVERS:
        raise click.UsageError(f"--resolver: compare at most {MAX_RESOLVERS} name servers.")
    first = None if resolver_names[0] == SYSTEM_RESOLVER else resolver_names[0]
    return {"resolver": first, "resolvers": resolver_names if len(resolver_names) > 1 else ()}


def _overrides(params: dict[str, Any]) -> dict[str, str]:
    """Return the flags that set options of the connection string."""
    from mongoping.cli._input import read_file

    tls_values = {name: params[name.lower()] for name, _, _ in TLS_OPTIONS}
    tls_values["authSource"] = params.get("auth_source")
    tls_values["authMechanism"] = params.get("auth_mechanism")
    overrides = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in tls_values.items()
        if value is not None
    }
    if file := params[f"{KEY_PASSWORD.lower()}file"]:
        if KEY_PASSWORD in overrides:
            raise click.UsageError(
                "Give the key's password only once: as an argument or in a file."
            )
        overrides[KEY_PASSWORD] = read_file(file, "password file").rstrip("\r\n")
    return overrides
