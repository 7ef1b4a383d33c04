"""The options shared by all commands that connect, and the settings they produce."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mongoping import registry
from mongoping.cli._targets import TargetOptions
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


class Seconds(click.FloatRange):
    """A number of seconds in a range, and not NaN, which `click.FloatRange` accepts."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail for NaN."""
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def kebab(name: str) -> str:
    """Return the flag for a URI option: ``tls-ca-file`` for ``tlsCAFile``."""
    for run in ("CA", "CRL", "OCSP"):
        name = name.replace(run, run.capitalize())
    return "".join(f"-{entry.lower()}" if entry.isupper() else entry for entry in name)


def _tls(command: Command) -> Command:
    for name, kind, words in reversed(TLS_OPTIONS):
        flag = kebab(name)
        if kind == "switch":
            option = click.option(f"--{flag}/--no-{flag}", name.lower(), default=None, help=words)
        elif kind == "flag":
            option = click.option(f"--{flag}", name.lower(), is_flag=True, default=None, help=words)
        elif kind == "secret":
            from_file = click.option(
                f"--{flag}-file",
                f"{name.lower()}file",
                metavar="FILE",
                help="Read the password of that key from a file.",
            )
            command = from_file(command)
            option = click.option(f"--{flag}", name.lower(), metavar="PASSWORD", help=words)
        else:
            option = click.option(
                f"--{flag}",
                name.lower(),
                metavar="FILE",
                envvar=f"MONGOPING_{flag.replace('-', '_').upper()}",
                help=words,
            )
        command = option(command)
    return command


def _all(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Add options to a command, in the order in which the help lists them."""
    for option in reversed(options):
        command = option(command)
    return command


def _connect(command: Command) -> Command:
    """Add the options that say how to reach the deployment."""
    options = [
        click.option("--uri-file", metavar="FILE", help="Read the connection string from a file."),
        click.option("--password-file", metavar="FILE", help="Read the password from a file."),
        click.option("--ask-password", is_flag=True, help="Ask for the password."),
        click.option(
            "--stable-api/--no-stable-api",
            default=None,
            help="Declare version 1 of the Stable API, as ServerApi('1') does.",
        ),
        click.option(
            "--api-version",
            default="1",
            show_default=True,
            metavar="VERSION",
            help="Declare this API version.",
        ),
        click.option(
            "--api-strict", is_flag=True, help="Fail on commands outside that API version."
        ),
        click.option("--api-deprecation-errors", is_flag=True, help="Fail on deprecated commands."),
        click.option(
            "--timeout",
            type=Seconds(0.1, 3600),
            metavar="SECONDS",
            help="Finish within this time."
            f"  [default: {DEADLINE_S:g}; local: {DEADLINE_LOCAL_S:g}]",
        ),
        click.option(
            "--count",
            type=click.IntRange(1, 100_000),
            default=PINGS,
            show_default=True,
            metavar="N",
            help="Send this many pings.",
        ),
        click.option(
            "--resolver",
            metavar="HOST[:PORT]",
            envvar="MONGOPING_RESOLVER",
            help="Resolve SRV, TXT and address records with this name server.",
        ),
    ]
    return _all(command, [*options, _trace])


def _trace(command: Command) -> Command:
    """Add ``--trace``, which acts by itself: the code that connects asks for the observer."""
    words = (
        "Print every DNS question, connection, TLS message, command and reply on standard error, "
        "without secrets."
    )
    option = click.option(
        "--trace", is_flag=True, expose_value=False, callback=_start_trace, help=words
    )
    return option(command)


def _start_trace(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import sys

        from mongoping.cli._trace import Trace
        from mongoping.observer import observed_by

        ctx.with_resource(observed_by(Trace(sys.stderr)))


def _thresholds(command: Command) -> Command:
    """Add the options that set the thresholds for warnings."""
    options = [
        click.option(
            "--certificate-days",
            type=click.IntRange(0),
            default=CERTIFICATE_DAYS,
            show_default=True,
            metavar="N",
            help="Warn if a certificate expires within this many days.",
        ),
        click.option(
            "--clock-skew",
            type=Seconds(0),
            default=CLOCK_SKEW_S,
            show_default=True,
            metavar="SECONDS",
            help="Warn if the clocks differ by more.",
        ),
        click.option(
            "--max-lag",
            type=Seconds(0),
            default=LAG_S,
            show_default=True,
            metavar="SECONDS",
            help="Warn if a secondary lags by more.",
        ),
    ]
    return _all(command, options)


def _output(command: Command, *, snippet: bool = True) -> Command:
    """Add the options of the report, with ``snippet`` also those for a waterfall and a program."""
    options = [
        click.option(
            "--format",
            "form",
            type=click.Choice(registry.names("formats")),
            default="text",
            show_default=True,
            help="Write the report in this format.",
        ),
        click.option("--output", "-o", metavar="FILE", help="Write the report to a file."),
        click.option("--quiet", "-q", is_flag=True, help="Print one line only."),
        click.option("--verbose", "-v", is_flag=True, help="Show every fact, remedy and line."),
        click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings."),
    ]
    if snippet:
        words = "Print a program that connects to this deployment if the report is healthy."
        options.insert(3, click.option("--snippet", is_flag=True, help=words))
        words = "Measure where the time of the first ping goes, over --count runs."
        options.insert(3, click.option("--waterfall", is_flag=True, help=words))
    return _all(command, options)


def testing(command: Command) -> Command:
    """Add the shared options to a command whose reports are mainly for programs."""
    return reaching(_output(command, snippet=False))


def connecting(command: Command) -> Command:
    """Add all shared options to a command that connects; `Options.of` parses them."""
    return reaching(_output(command))


def reaching(command: Command) -> Command:
    """Add the options that connect, for a command that writes its own reports."""
    return _connect(_thresholds(_tls(command)))


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
        if stable is None and (given["api_strict"] or given["api_deprecation_errors"]):
            stable = True
        if given["api_version"] != "1":
            raise click.UsageError(
                f"--api-version {given['api_version']} does not exist: drivers support only 1."
            )
        settings = Settings(
            preset=preset,
            deadline=deadline,
            extension=0.0 if given["timeout"] or local else EXTENSION_S,
            cap=min(cap, deadline),
            count=given["count"],
            stable_api=stable,
            api_version=given["api_version"],
            api_strict=given["api_strict"],
            api_deprecation_errors=given["api_deprecation_errors"],
            resolver=_resolver(given["resolver"]),
            certificate_days=given["certificate_days"],
            clock_skew=given["clock_skew"],
            lag=given["max_lag"],
            sandbox_ports=sandbox_ports(os.environ.get(SANDBOX_VARIABLE)),
        )
        output = Output(
            given["form"],
            given["output"],
            given["quiet"],
            given["verbose"],
            given["strict"],
            given.get("snippet", False),
            given.get("waterfall", False),
        )
        return cls(settings, output, TargetOptions.of(given, _overrides(given)))


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
    """Return the TLS flags as URI options."""
    from mongoping.cli._input import read_file

    stated = {name: given[name.lower()] for name, _, _ in TLS_OPTIONS}
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
