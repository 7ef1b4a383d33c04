"""``mongoping uri``: explain connection strings without network traffic."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._input import MAX_BYTES, connection_string
from mongoping.environment import URI_VARIABLES
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.output import set_form
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mongoping.checks.uri import UriSeen
    from mongoping.model import Outcome

STDIN = "-"


@click.command(name="uri", short_help="Explain connection strings without network traffic.")
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option("--uri-file", metavar="FILE", help="Read the connection string from a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print text, or one JSON object per line.",
)
@click.pass_context
def command(ctx: click.Context, uris: tuple[str, ...], uri_file: str | None, form: str) -> None:
    """Explain connection strings without network traffic: parts, options, defaults, warnings.

    Applies the rules of PyMongo's AsyncMongoClient; never shows passwords. With - as URI, reads
    one connection string per line from standard input. Without a URI, uses MONGOPING_URI or
    MONGODB_URI from the environment.

    Exits with 0 if all are valid, 10 if any is not, 2 if there is none.
    """
    from mongoping.checks.uri import look
    from mongoping.cli import _uri_text
    from mongoping.cli._run import colored
    from mongoping.uri.target import parse

    color = colored(sys.stdout)
    code = EXIT_OK
    for number, text in enumerate(_texts(uris, uri_file)):
        outcome = look(parse(text))
        if outcome.failure is not None:
            code = EXIT_CODES["uri"]
        if form == "json":
            set_form(sys.stdout, "json")
            click.echo(json.dumps(as_json(outcome)))
        else:
            click.echo(("\n" if number else "") + _uri_text.render(outcome), color=color)
    ctx.exit(code)


def _texts(uris: Sequence[str], file: str | None) -> Iterator[str]:
    """Yield the strings to explain. Raises `click.UsageError` if there is none."""
    if uris and file is not None:
        raise click.UsageError("Give connection strings as arguments or with --uri-file, not both.")
    if not uris:
        yield connection_string(None, file)
    for uri in uris:
        if uri == STDIN:
            yield from _lines()
        else:
            yield uri


def _lines() -> Iterator[str]:
    """Yield the non-empty lines of standard input, without their line ends."""
    found = False
    while line := sys.stdin.buffer.readline(MAX_BYTES + 1):
        if len(line) > MAX_BYTES:
            words = f"A line of standard input is longer than {MAX_BYTES // 1024} KiB."
            raise click.UsageError(words)
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise click.UsageError("Standard input is not UTF-8 text.") from None
        if text.strip():
            found = True
            yield text
    if not found:
        ways = " or ".join(URI_VARIABLES)
        words = (
            f"Standard input contains no connection string; give one as an argument or in {ways}."
        )
        raise click.UsageError(words)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return one connection string as a JSON object, without any secret."""
    seen: UriSeen = outcome.data
    failure = outcome.failure
    return {
        "uri": seen.uri,
        "valid": failure is None,
        "cause": failure.facts["cause"] if failure else None,
        "scheme": seen.scheme,
        "hosts": [
            {"host": host.name, "port": host.port, "kind": kind(host)} for host in seen.hosts
        ],
        "username": seen.username,
        "auth_source": seen.auth_source,
        "database": seen.database,
        "options": dict(seen.options),
        "warnings": [
            {"cause": warning.cause, "option": warning.option, "detail": warning.detail}
            for warning in seen.warnings
        ],
    }


def kind(host: Host) -> str:
    """Return the kind of a host: hostname, ipv4, ipv6 or unix."""
    import ipaddress

    if host.is_socket:
        return "unix"
    try:
        return f"ipv{ipaddress.ip_address(host.name).version}"
    except ValueError:
        return "hostname"
