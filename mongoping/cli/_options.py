"""The options shared by all commands that connect, and the settings they produce."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mongoping import registry
from mongoping.cli._help import Option
from mongoping.cli._targets import ASK, TargetOptions
from mongoping.cli._types import Duration
from mongoping.environment import SANDBOX_VARIABLE, sandbox_ports
from mongoping.record import Record
from mongoping.settings import (
    CAP_LOCAL_S,
    CAP_S,
    CERTIFICATE_DAYS,
    CLOCK_SKEW_S,
    DEADLINE_LOCAL_S,
    DEADLINE_S,
    EXTENSION_S,
    LAG_S,
    PINGS,
    Preset,
    Settings,
)

Command = TypeVar("Command", bound=Callable[..., Any])

KEY_PASSWORD = "tlsCertificateKeyFilePassword"  # noqa: S105 - a name, not a password
TLS_OPTIONS = (
    # URI option, kind, help; the flag is the name in kebab case
    ("tls", "switch", "Turn TLS on or off."),
    ("tlsCAFile", "file", "Trust the CA certificates in this PEM file."),
    ("tlsCertificateKeyFile", "file", "Use the client certificate and key in this PEM file."),
    (
        KEY_PASSWORD,
        "secret",
        "Decrypt that key with this password, which other users can see in the process list.",
    ),
    ("tlsCRLFile", "file", "Reject the revoked certificates in this PEM file."),
    ("tlsAllowInvalidCertificates", "flag", "Do not verify the server's certificate."),
    ("tlsAllowInvalidHostnames", "flag", "Do not verify the host name in the certificate."),
    ("tlsInsecure", "flag", "Verify neither the certificate nor the host name."),
    ("tlsDisableOCSPEndpointCheck", "flag", "Do not contact the certificate's OCSP responder."),
)


def kebab(name: str) -> str:
    """Return the flag for a URI option: ``tls-ca-file`` for ``tlsCAFile``."""
    for run in ("CA", "CRL", "OCSP"):
        name = name.replace(run, run.capitalize())
    return "".join(f"-{entry.lower()}" if entry.isupper() else entry for entry in name)


def _in_group(group: str, *names: str, **settings: Any) -> Callable[[Command], Command]:
    return click.option(*names, cls=Option, group=group, **settings)


def _tls_options() -> list[Callable[[Command], Command]]:
    """Return the options that override those of the connection string; the name in kebab case."""
    options: list[Callable[[Command], Command]] = []
    for name, kind, words in TLS_OPTIONS:
        flag, dest = kebab(name), name.lower()
        settings: dict[str, Any] = {"help": words, "default": None}
        names = [f"--{flag}", dest]
        if kind == "switch":
            names[0] = f"--{flag}/--no-{flag}"
        elif kind == "flag":
            settings["is_flag"] = True
        elif kind == "secret":
            settings["metavar"] = "PASSWORD"
        else:
            settings["metavar"] = "FILE"
            settings["envvar"] = f"MONGOPING_{flag.replace('-', '_').upper()}"
        options.append(_in_group("TLS", *names, **settings))
        if kind == "secret":
            words = "Read the password of that key from a file."
            names = [f"--{flag}-file", f"{dest}file"]
            options.append(_in_group("TLS", *names, metavar="FILE", help=words))
    return options


def _added(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Add options to a command, in the order in which the help lists them."""
    for option in reversed(options):
        command = option(command)
    return command


def target_options() -> list[Callable[[Command], Command]]:
    """Return the options that say which deployment is meant, and how to log in."""
    group = "Connection"
    return [
        _in_group(
            group, "--uri-file", metavar="FILE", help="Read the connection string from a file."
        ),
        _in_group(group, "--host", metavar="HOST", help="Connect to this host, as mongosh does."),
        _in_group(
            group,
            "--port",
            type=click.IntRange(1, 65535),
            metavar="PORT",
            help="Connect to this port of --host, or of localhost.",
        ),
        _in_group(group, "--username", "-u", metavar="NAME", help="Log in as this user."),
        _in_group(
            group,
            "--password",
            "-p",
            is_flag=False,
            flag_value=ASK,
            metavar="[PASSWORD]",
            help="Ask for the password; one given here can be seen by other users.",
        ),
        _in_group(group, "--password-file", metavar="FILE", help="Read the password from a file."),
        _in_group(group, "--ask-password", is_flag=True, help="Ask for the password."),
        _in_group(group, "--auth-source", metavar="DATABASE", help="Log in to this database."),
        _in_group(group, "--auth-mechanism", metavar="NAME", help="Log in with this mechanism."),
    ]


def _resolver_option() -> Callable[[Command], Command]:
    return _in_group(
        "Connection",
        "--resolver",
        metavar="HOST[:PORT]",
        envvar="MONGOPING_RESOLVER",
        help="Resolve SRV, TXT and address records with this name server.",
    )


def stable_api_options() -> list[Callable[[Command], Command]]:
    """Return the options that declare the Stable API."""
    group = "Stable API"
    return [
        _in_group(
            group,
            "--stable-api/--no-stable-api",
            default=None,
            help="Declare version 1 of the Stable API, as ServerApi('1') does.",
        ),
        _in_group(
            group,
            "--api-version",
            metavar="VERSION",
            help="Declare this API version; drivers support only 1.",
        ),
        _in_group(
            group, "--api-strict", is_flag=True, help="Fail on commands outside that API version."
        ),
        _in_group(
            group, "--api-deprecation-errors", is_flag=True, help="Fail on deprecated commands."
        ),
    ]


def _limits(deadline: float, count: int) -> list[Callable[[Command], Command]]:
    """Return the options that bound a run, and the thresholds for warnings."""
    group = "Limits"
    return [
        _in_group(
            group,
            "--timeout",
            type=Duration(0.1, 3600),
            metavar="TIME",
            help=f"Finish within this time, such as 5s or 500ms.  [default: {deadline:g}s]",
        ),
        _in_group(
            group,
            "--count",
            type=click.IntRange(1, 100_000),
            default=count,
            show_default=True,
            metavar="N",
            help="Send this many pings.",
        ),
        _in_group(
            group,
            "--certificate-days",
            type=click.IntRange(0),
            default=CERTIFICATE_DAYS,
            show_default=True,
            metavar="N",
            help="Warn if a certificate expires within this many days.",
        ),
        _in_group(
            group,
            "--clock-skew",
            type=Duration(0),
            default=CLOCK_SKEW_S,
            metavar="TIME",
            help=f"Warn if the clocks differ by more.  [default: {CLOCK_SKEW_S:g}s]",
        ),
        _in_group(
            group,
            "--max-lag",
            type=Duration(0),
            default=LAG_S,
            metavar="TIME",
            help=f"Warn if a secondary lags by more.  [default: {LAG_S:g}s]",
        ),
    ]


def _trace(command: Command) -> Command:
    """Add ``--trace``, which acts by itself: the code that connects asks for the observer."""
    words = (
        "Print every DNS question, connection, TLS message, command and reply on standard error, "
        "without secrets."
    )
    option = _in_group(
        "Output", "--trace", is_flag=True, expose_value=False, callback=_start_trace, help=words
    )
    return option(command)


def _start_trace(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import sys

        from mongoping.cli._trace import Trace
        from mongoping.observer import observed_by

        ctx.with_resource(observed_by(Trace(sys.stderr)))


def _output(*, snippet: bool) -> list[Callable[[Command], Command]]:
    """Return the options of the report, with ``snippet`` also for a waterfall and a program."""
    group = "Output"
    options: list[Callable[[Command], Command]] = [
        _in_group(
            group,
            "--format",
            "form",
            type=click.Choice(registry.names("formats")),
            default="text",
            show_default=True,
            help="Write the report in this format.",
        ),
        _in_group(
            group,
            "--output",
            "-o",
            metavar="FILE",
            help="Write the report to a file, in the format of its suffix.",
        ),
        _in_group(group, "--quiet", "-q", is_flag=True, help="Print one line only."),
        _in_group(group, "--verbose", "-v", is_flag=True, help="Show every fact, remedy and line."),
        _in_group(group, "--strict", is_flag=True, help="Exit with 1 if there are warnings."),
    ]
    if snippet:
        words = "Print a program that connects to this deployment if the report is healthy."
        options.insert(3, _in_group(group, "--snippet", is_flag=True, help=words))
        words = "Measure where the time of the first ping goes, over --count runs."
        options.insert(3, _in_group(group, "--waterfall", is_flag=True, help=words))
    return options


def testing(command: Command) -> Command:
    """Add the shared options to a command whose reports are mainly for programs."""
    return reaching(_added(command, _output(snippet=False)))


def connecting(command: Command) -> Command:
    """Add all shared options to a command that connects; `Options.of` parses them."""
    return reaching(_added(command, _output(snippet=True)))


def connecting_locally(command: Command) -> Command:
    """Add the same options, with the defaults for this machine."""
    return reaching(_added(command, _output(snippet=True)), deadline=DEADLINE_LOCAL_S)


def reaching(command: Command, *, deadline: float = DEADLINE_S, count: int = PINGS) -> Command:
    """Add the options that connect, for a command that writes its own reports.

    Args:
        deadline: the default of ``--timeout`` in seconds, which `Options.of` applies.
        count: the default number of pings.
    """
    options = [
        *target_options(),
        _resolver_option(),
        *_tls_options(),
        *stable_api_options(),
        *_limits(deadline, count),
        _trace,
    ]
    return _added(command, options)


class Output(Record):
    """The destination and the style of the report."""

    form: str
    path: str | None
    quiet: bool
    verbose: bool
    strict: bool
    snippet: bool = False
    waterfall: bool = False


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
            extension=0.0 if given["timeout"] or local else EXTENSION_S,
            cap=min(cap, deadline),
            count=given["count"],
            stable_api=stable,
            api_version=version,
            api_strict=given["api_strict"],
            api_deprecation_errors=given["api_deprecation_errors"],
            resolver=_resolver(given["resolver"]),
            certificate_days=given["certificate_days"],
            clock_skew=given["clock_skew"],
            lag=given["max_lag"],
            sandbox_ports=sandbox_ports(os.environ.get(SANDBOX_VARIABLE)),
        )
        output = Output(
            _form(given["form"], given["output"]),
            given["output"],
            given["quiet"],
            given["verbose"],
            given["strict"],
            given.get("snippet", False),
            given.get("waterfall", False),
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


def _form(form: str, path: str | None) -> str:
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


def _resolver(text: str | None) -> str | None:
    if text is None:
        return None
    from mongoping.probe.dns import parse_server

    try:
        parse_server(text)
    except ValueError as error:
        raise click.UsageError(f"--resolver {text}: {error}.") from None
    return text


def _overrides(given: dict[str, Any]) -> dict[str, str]:
    """Return the flags that set options of the connection string."""
    from mongoping.cli._input import read_file

    stated = {name: given[name.lower()] for name, _, _ in TLS_OPTIONS}
    stated |= {"authSource": given["auth_source"], "authMechanism": given["auth_mechanism"]}
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
