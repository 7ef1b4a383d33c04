"""Decide which deployment a command is about, where that was said, and with which password.

Every command that takes a connection string calls `resolve`. The order is fixed: what the command
line names, then the environment, then ``.env`` in the current folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mongoping import signals
from mongoping.cli._input import (
    first_line,
    hidden_unless_uri,
    read_file,
    readable,
    refuse_file,
)
from mongoping.cli._target_options import ASK, IP_VERSION, LocatedTarget, TargetOptions
from mongoping.environment import PASSWORD_VARIABLE, URI_VARIABLES, find_uri
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from mongoping.cli._settings import Options
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

STDIN = "-"


def prepare(
    argument: str | None, options: Options, *, default: str | None = None
) -> tuple[ParsedUri, Options]:
    """Return the parsed connection string, and the options with the settings of its target."""
    located_target = locate(argument, options.target, default=default)
    settings = with_configured_settings(options.settings, located_target.values)
    return parse_located(located_target, options.target), options.replace(settings=settings)


def with_configured_settings(base: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with those of a configured target, unless an option sets them."""
    from mongoping.smoke.references import with_values

    option_names = [name for name in ("timeout", "count") if name in values and _is_given(name)]
    return with_values(
        base, {name: value for name, value in values.items() if name not in option_names}
    )


def _is_given(name: str) -> bool:
    """Return whether an option was given explicitly, not just by its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def resolve(
    argument: str | None, options: TargetOptions, *, default: str | None = None
) -> ParsedUri:
    """Return the connection string that a command is about, parsed, with its origin.

    Args:
        argument: what the user gave as TARGET, if anything.
        default: the address to use without any, instead of the environment.

    Raises `click.UsageError`, in one sentence, if there is none or more than one.
    """
    return parse_located(locate(argument, options, default=default), options)


def locate(
    argument: str | None, options: TargetOptions, *, default: str | None = None
) -> LocatedTarget:
    """Return the text that names the deployment, before it is expanded and parsed."""
    _require_one(argument, options)
    if argument == STDIN:
        text = first_line(read_file(STDIN, "connection string"))
        return LocatedTarget(_shown_only_if_safe(text), Origin("standard input"))
    if options.uri_file is not None:
        text = first_line(read_file(options.uri_file, "connection string"))
        return LocatedTarget(_shown_only_if_safe(text), Origin("file", path=options.uri_file))
    if argument is not None and is_name(argument):
        from mongoping.cli import _config

        return _config.locate(_config.find(argument[1:], options.config))
    if argument == "@":
        raise click.UsageError("A name is missing after @. List the names: mongoping targets")
    if argument is not None:
        require_text(argument, "The connection string")
        refuse_file(argument)
        return LocatedTarget(readable(argument, "The connection string"))
    if options.host is not None or options.port is not None:
        return _from_host(options)
    _refuse_address_as_password(options)
    if default is not None:
        return LocatedTarget(default, Origin("default"))
    return _from_environment() or _from_dotenv() or _refuse(options)


def require_text(value: str | None, what: str) -> None:
    """Raise `click.UsageError` for an empty value, as of "$URI" where URI is not set."""
    if value is not None and not value.strip():
        raise click.UsageError(f"{what} is empty: check that the variable it comes from is set.")


def _refuse_address_as_password(options: TargetOptions) -> None:
    """Raise `click.UsageError` if --password took the address, as in ``-p localhost:27017``.

    It is not shown, because it may be a password after all.
    """
    from mongoping.uri.shorthand import is_plain_address

    if options.takes_password and is_plain_address(options.password or ""):
        raise click.UsageError(
            "--password took what looks like an address as the password: put the address before "
            "it. If it is the password, use --password-file."
        )


def is_name(argument: str) -> bool:
    """Return whether an argument is the name of a configured target: ``@orders``."""
    return argument.startswith("@") and len(argument) > 1 and "://" not in argument


def _require_one(argument: str | None, options: TargetOptions) -> None:
    """Raise `click.UsageError` if the deployment is given in more than one way."""
    ways = [
        way
        for way, is_given in (
            ("as an argument", argument is not None),
            ("with --uri-file", options.uri_file is not None),
            ("with --host and --port", options.host is not None or options.port is not None),
        )
        if is_given
    ]
    if len(ways) > 1:
        raise click.UsageError(f"Give the connection string only once: {' or '.join(ways)}.")


def _from_host(options: TargetOptions) -> LocatedTarget:
    from mongoping.uri.shorthand import from_host_options

    try:
        text = from_host_options(options.host, options.port)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    return LocatedTarget(
        readable(text, "--host"), Origin("--port" if options.host is None else "--host")
    )


def _from_environment() -> LocatedTarget | None:
    variable = find_uri(os.environ)
    if variable is None:
        return None
    name, value = variable
    what = f"The environment variable {name}"
    if not value.strip():
        raise click.UsageError(f"{what} is empty.")
    return LocatedTarget(_shown_only_if_safe(readable(value, what)), Origin(name))


def _from_dotenv() -> LocatedTarget | None:
    from mongoping.cli import _dotenv

    values = _dotenv.read()
    variable = find_uri(values)
    if variable is None:
        return None
    name, value = variable
    if not value.strip():
        raise click.UsageError(f"{name} in {_dotenv.NAME} is empty.")
    text = _shown_only_if_safe(readable(value, f"{name} in {_dotenv.NAME}"))
    _refuse_foreign_login(text, _dotenv.NAME)
    return LocatedTarget(
        text,
        Origin(f"{name} in {_dotenv.NAME}", path=_dotenv.NAME),
        trusted=False,
        password=values.get(PASSWORD_VARIABLE) or None,
    )


def _refuse_foreign_login(text: str, path: str) -> None:
    """Raise `click.UsageError` for a string that would use credentials of this machine."""
    from mongoping.smoke.trust import forbidden_login
    from mongoping.uri.target import parse

    target = parse(text).target
    use = None if target is None else forbidden_login(target)
    if use is not None:
        raise click.UsageError(
            f"The connection string in {path}, which was found in this folder, {use}. "
            "If you trust it, pass it as an argument."
        )


class NoTargetError(click.UsageError):
    """Nothing names the deployment: no argument, no option, no variable and no ``.env``."""


def _refuse(options: TargetOptions) -> LocatedTarget:
    from mongoping.cli import _dotenv

    if options.takes_password:
        raise NoTargetError(
            "No connection string is left: --password took the text after it as the password. Put "
            "the connection string before --password."
        )
    why = _dotenv.unusable()
    raise NoTargetError(
        "No connection string: give it as an argument, with --uri-file FILE, on standard input "
        f"with -, in {', '.join(URI_VARIABLES[:-1])} or {URI_VARIABLES[-1]}, or in .env"
        f"{'' if why is None else f', which {why}'}."
    )


def _shown_only_if_safe(text: str) -> str:
    """Return a text from a file or a variable, or ``***`` if it may be an unrelated secret."""
    from mongoping.uri.shorthand import is_plain_address

    address = text.strip().removeprefix("https://").removeprefix("http://")
    return text if is_plain_address(address) else hidden_unless_uri(text)


def parse_located(located_target: LocatedTarget, options: TargetOptions) -> ParsedUri:
    """Expand and parse a located text, with the login from elsewhere."""
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    text = expand(located_target.text)
    with_login = with_user(text, options.username)
    secret = _password(located_target, options, with_login)
    uri = parse(with_login, password=secret, overrides=options.overrides)
    origin = located_target.origin
    if text != located_target.text and origin.source != "default":
        shown_uri = parse(located_target.text).shown.strip()
        origin = origin.replace(note=f"{shown_uri} was read as {parse(text).shown}")
    elif origin.source in ("--host", "--port"):
        origin = origin.replace(note=f"{origin.source} was read as {parse(text).shown}")
    return _note_family(uri.replace(origin=origin))


def _note_family(uri: ParsedUri) -> ParsedUri:
    """Return a target with a note about -4 or -6. Raises `click.UsageError` if it cannot apply."""
    ctx = click.get_current_context(silent=True)
    version = None if ctx is None else ctx.meta.get(IP_VERSION)
    if ctx is None or version is None:
        return uri
    if ctx.params.get("resolver"):
        raise click.UsageError(f"-{version} cannot be combined with --resolver: remove one.")
    for host in uri.target.hosts if uri.target is not None else ():
        other = _other_version(host.name, version)
        if other is not None:
            raise click.UsageError(f"-{version} does not apply to {host.name}: {other}.")
    note = f"only IPv{version} addresses are used, because of -{version}"
    notes = filter(None, (uri.origin.note, note))
    return uri.replace(origin=uri.origin.replace(note="; ".join(notes)))


def _other_version(name: str, version: int) -> str | None:
    """Return why a host cannot be reached over an IP version whatever its name resolves to."""
    import ipaddress

    if name == "localhost" and version == 6:
        return "PyMongo connects to it over IPv4 only; use [::1]"
    try:
        own = ipaddress.ip_address(name).version
    except ValueError:
        return None
    return f"it is an IPv{own} address" if own != version else None


def with_user(text: str, user: str | None) -> str:
    """Return a connection string with a user name. Raises `click.UsageError` for another one."""
    from mongoping.uri.redaction import with_username
    from mongoping.uri.target import parse

    if user is None:
        return text
    readable(user, "--username")
    own = parse(text, password="-").target  # noqa: S106 - a placeholder
    if own is not None and own.username not in (None, user):
        raise click.UsageError("--username is not the user of the connection string: remove one.")
    return with_username(text, user)


def _password(located_target: LocatedTarget, options: TargetOptions, text: str) -> str | None:
    """Return the password that is given separately from the connection string, else None.

    Only a prompt, which shows the address, can add one to an address that a found file names.
    """
    _require_user(options, text)
    if options.password == ASK:
        return ask_password(text)
    if options.password is not None:
        return _of_argument(located_target, options.password)
    if options.password_file is not None:
        _require_trust(located_target, "--password-file")
        return read_file(options.password_file, "password file").rstrip("\r\n")
    if located_target.password is not None:
        return located_target.password
    value = os.environ.get(PASSWORD_VARIABLE) if located_target.ambient else None
    if value is None:
        return None
    what = f"The environment variable {PASSWORD_VARIABLE}"
    if not value:
        raise click.UsageError(f"{what} is empty.")
    _require_trust(located_target, PASSWORD_VARIABLE)
    return readable(value, what)


def _require_user(options: TargetOptions, text: str) -> None:
    """Raise `click.UsageError` for a password without a user, which the driver would ignore."""
    from mongoping.uri.target import parse

    if options.password is None and options.password_file is None:
        return
    target = parse(text, password="-").target  # noqa: S106 - a placeholder
    if target is not None and target.username is None:
        flag = "--password" if options.password_file is None else "--password-file"
        raise click.UsageError(f"{flag} needs the name of a user: add --username NAME.")


def _of_argument(located_target: LocatedTarget, password: str) -> str:
    _require_trust(located_target, "--password")
    click.echo(
        "Warning: other users of this machine can see the password in the process list. "
        "Use --password without a value.",
        err=True,
    )
    return readable(password, "--password")


def _require_trust(located_target: LocatedTarget, secret: str) -> None:
    if not located_target.trusted:
        raise click.UsageError(
            f"{secret} is not sent to an address from {located_target.origin.path}, which was "
            "found in this folder. If you trust it, pass the connection string as an argument."
        )


def ask_password(text: str) -> str:
    """Ask for a password, without echo, and name the user and the host it is for.

    Raises `click.UsageError` without a terminal, where getpass would warn and echo the password.
    """
    if not _has_terminal():
        raise click.UsageError(
            "The password cannot be asked for without a terminal: set "
            f"{PASSWORD_VARIABLE}, or use --password-file."
        )
    with signals.raising():  # the prompt has switched the terminal's echo off
        return str(
            click.prompt(_label(text), hide_input=True, err=True, default="", show_default=False)
        )


def _has_terminal() -> bool:
    """Return whether getpass finds a terminal: the controlling one, or standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:  # also on Windows, where getpass needs a console as standard input
        return False
    return True


def _label(text: str) -> str:
    from mongoping.escape import printable
    from mongoping.uri.target import parse

    target = parse(text, password="-").target  # noqa: S106 - a placeholder
    if target is None or target.username is None:
        return "Password"
    return printable(f"Password for {target.username} at {_places(target.hosts)}")


def _places(hosts: Sequence[object]) -> str:
    more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
    return f"{hosts[0]}{more}"
