"""The options shared by all commands that connect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mongoping import registry
from mongoping.cli._anonymous import options as anonymous_options
from mongoping.cli._help import Option
from mongoping.cli._option_lists import format_option, with_options
from mongoping.cli._target_options import ASK, IP_VERSION
from mongoping.cli._types import Duration, Integer
from mongoping.settings import (
    CERTIFICATE_DAYS,
    CLOCK_SKEW_S,
    DEADLINE_LOCAL_S,
    DEADLINE_S,
    LAG_S,
    PINGS,
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
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name)


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


def _config_option() -> Callable[[Command], Command]:
    return _in_group(
        "Connection",
        "--config",
        metavar="FILE",
        help="Read the named targets of this file.  [default: mongoping.toml, pyproject.toml]",
    )


def target_options() -> list[Callable[[Command], Command]]:
    """Return the options that say which deployment is meant, and how to log in."""
    group = "Connection"
    return [
        _in_group(
            group, "--uri-file", metavar="FILE", help="Read the connection string from a file."
        ),
        _config_option(),
        _in_group(group, "--host", metavar="HOST", help="Connect to this host, as mongosh does."),
        _in_group(
            group,
            "--port",
            type=Integer(1, 65535),
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


def _family_options() -> list[Callable[[Command], Command]]:
    """Return -4 and -6, which act by themselves, for the whole run."""
    return [
        _in_group(
            "Connection",
            f"-{version}",
            f"--ipv{version}",
            is_flag=True,
            expose_value=False,
            callback=_restrict,
            help=f"Use only IPv{version} addresses, also in the driver.",
        )
        for version in (4, 6)
    ]


def _restrict(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    if IP_VERSION in ctx.meta:
        raise click.UsageError("-4 and -6 exclude each other.")
    from mongoping.probe.family import restrict

    version = ctx.meta[IP_VERSION] = int((param.name or "")[-1])
    ctx.with_resource(restrict(version))


def _resolver_option() -> Callable[[Command], Command]:
    return _in_group(
        "Connection",
        "--resolver",
        multiple=True,
        metavar="HOST[:PORT]",
        envvar="MONGOPING_RESOLVER",
        help="Resolve names with this name server, or with that of this machine (system). Repeat "
        "it to compare the answers of several; the first is used to connect.",
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
            type=Integer(1, 100_000),
            default=count,
            show_default=True,
            metavar="N",
            help="Send this many pings.",
        ),
        _in_group(
            group,
            "--certificate-days",
            type=Integer(0),
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


def limit_options() -> list[Callable[[Command], Command]]:
    """Return the options that set limits for figures; `mongoping.cli._limits` reads them."""
    group = "Limits"
    return [
        _in_group(
            group,
            "--warning",
            multiple=True,
            metavar="NAME=LIMIT",
            help="Warn beyond these limits, such as p95=50ms,lag=10s,certificate-days=21.",
        ),
        _in_group(
            group,
            "--critical",
            multiple=True,
            metavar="NAME=LIMIT",
            help="Fail beyond these limits of p50, p95, p99, connect, lag or certificate-days.",
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


def _output(
    *, snippet: bool, formats: Sequence[str] | None = None
) -> list[Callable[[Command], Command]]:
    """Return the options of the report, with ``snippet`` also for a waterfall and a program."""
    group = "Output"
    options: list[Callable[[Command], Command]] = [
        format_option(
            "Write the report in this format.",
            formats or registry.names("formats"),
            cls=Option,
            group=group,
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
        *limit_options(),
        *anonymous_options(),
    ]
    if snippet:
        words = "Print a program that connects to this deployment if the report is healthy."
        options.insert(3, _in_group(group, "--snippet", is_flag=True, help=words))
        words = "Fit remedies and programs to this language, such as node or go."
        options.insert(3, _in_group(group, "--language", metavar="NAME", help=words))
        words = "Measure where the time of the first ping goes, over --count runs."
        options.insert(3, _in_group(group, "--waterfall", is_flag=True, help=words))
    return options


def reaching_many(command: Command, formats: Sequence[str]) -> Command:
    """Add the options of a command that connects to many targets, each with its own login."""
    options = [python_option(), *_output(snippet=False, formats=formats)]
    return probing(with_options(command, options))


def anonymizing(command: Command) -> Command:
    """Add the options of pseudonyms to a command that lists its options of output itself."""
    return with_options(command, anonymous_options())


def testing(command: Command) -> Command:
    """Add the shared options to a command whose reports are mainly for programs."""
    return reaching(with_options(command, [python_option(), *_output(snippet=False)]))


def python_option() -> Callable[[Command], Command]:
    """Return the option that names the program's Python, which `Options.of` inspects."""
    return _in_group(
        "Connection",
        "--python",
        metavar="PATH|auto",
        help="Also connect with the Python of your program, and explain what differs; auto finds "
        "that of the project.",
    )


def connecting(command: Command) -> Command:
    """Add all shared options to a command that connects; `Options.of` parses them."""
    return reaching(with_options(command, [python_option(), *_output(snippet=True)]))


def connecting_locally(command: Command) -> Command:
    """Add the same options, with the defaults for this machine."""
    options = [python_option(), *_output(snippet=True)]
    return reaching(with_options(command, options), deadline=DEADLINE_LOCAL_S)


def probing(command: Command) -> Command:
    """Add the options that connect, for a server that probes the configured targets."""
    return with_options(command, [_config_option(), *_reaching_options(DEADLINE_S, PINGS)])


def reaching(command: Command, *, deadline: float = DEADLINE_S, count: int = PINGS) -> Command:
    """Add the options that connect, for a command that writes its own reports.

    Args:
        deadline: the default of ``--timeout`` in seconds, which `Options.of` applies.
        count: the default number of pings.
    """
    return with_options(command, [*target_options(), *_reaching_options(deadline, count)])


def _reaching_options(deadline: float, count: int) -> list[Callable[[Command], Command]]:
    """Return the options of every connection, wherever the targets come from."""
    return [
        _resolver_option(),
        *_family_options(),
        *_tls_options(),
        *stable_api_options(),
        *_limits(deadline, count),
        _trace,
    ]
