"""The options --anonymize and --anonymize-key: pseudonyms in place of names in a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping.cli._help import Option

if TYPE_CHECKING:
    from mongoping.anonymous.pseudonyms import Pseudonyms
    from mongoping.model import Report

Command = TypeVar("Command", bound=Callable[..., Any])
KEY_BYTES = 32
MAX_KEY_BYTES = 4096
MIN_NAME = 3  # characters of a name of this machine that is looked for in texts


def options() -> list[Callable[[Command], Command]]:
    """Return the options, for every command that prints a report."""
    return [
        click.option(
            "--anonymize",
            is_flag=True,
            cls=Option,
            group="Output",
            help="Replace hosts, addresses, users, databases, sets and paths by pseudonyms.",
        ),
        click.option(
            "--anonymize-key",
            metavar="FILE",
            cls=Option,
            group="Output",
            help="Use the pseudonyms of this secret key, which is created if it does not exist.",
        ),
    ]


def pseudonyms_of(params: Mapping[str, Any]) -> Pseudonyms | None:
    """Return the pseudonyms that the options ask for, or None.

    Raises `click.UsageError` if the key cannot be used.
    """
    path = params.get("anonymize_key")
    if not params.get("anonymize") and path is None:
        return None
    import secrets

    from mongoping.anonymous.pseudonyms import Pseudonyms
    from mongoping.observer import current

    if current() is not None:
        raise click.UsageError("--trace shows names: leave it out with --anonymize.")
    if path is None:
        return Pseudonyms(run=f"run-{secrets.token_hex(4)}")
    return Pseudonyms(_key(path))


def _key(path: str) -> bytes:
    """Return the key in a file, which is created if it is missing. Raises `click.UsageError`."""
    import secrets

    from mongoping.anonymous.pseudonyms import MIN_KEY_BYTES
    from mongoping.cli._files import create
    from mongoping.cli._input import read_bytes, reason

    try:
        create(path, secrets.token_hex(KEY_BYTES).encode() + b"\n", 0o600)
    except FileExistsError:
        pass
    except (OSError, ValueError) as error:
        words = reason(error) if isinstance(error, OSError) else "the name is not valid"
        raise click.UsageError(f"--anonymize-key {path} cannot be created: {words}.") from None
    else:
        click.echo(f"Created {path}. Keep it secret, and use it for every report.", err=True)
    try:
        key = read_bytes(path, MAX_KEY_BYTES).strip()
    except OSError as error:
        raise click.UsageError(f"--anonymize-key {path} cannot be read: {reason(error)}.") from None
    if len(key) < MIN_KEY_BYTES:
        raise click.UsageError(
            f"--anonymize-key {path} has fewer than {MIN_KEY_BYTES} bytes, which can be guessed. "
            "Name a file that does not exist, and mongoping creates a key in it."
        )
    return key


def as_printed(report: Report, pseudonyms: Pseudonyms | None) -> Report:
    """Return the report as it is printed: with pseudonyms if there are any."""
    if pseudonyms is None:
        return report
    from mongoping.anonymous.reports import anonymize_report

    return anonymize_report(report, pseudonyms, more=own_names())


def own_names() -> tuple[str, ...]:
    """Return the names of this machine and of its user, which error texts may hold."""
    import socket

    user = os.environ.get("USER") or os.environ.get("USERNAME") or ""
    host = socket.gethostname()
    names = (user, host, host.partition(".")[0])
    return tuple(name for name in names if len(name) >= MIN_NAME)
