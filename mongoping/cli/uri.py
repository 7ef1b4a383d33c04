"""``mongoping uri``: explain connection strings without network traffic."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._help import Command
from mongoping.cli._input import MAX_BYTES, refuse_file
from mongoping.cli._option_lists import format_option
from mongoping.cli._target_options import LocatedTarget, TargetOptions
from mongoping.cli._targets import STDIN, is_name, locate, parse_located
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.output import set_form
from mongoping.uri.host import Host
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mongoping.model import Outcome
    from mongoping.observations import UriFacts


@click.command("uri", cls=Command, short_help="Explain connection strings without network traffic.")
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option("--uri-file", metavar="FILE", help="Read the connection string from a file.")
@click.option("--config", metavar="FILE", help="Read the targets of this file.")
@format_option("Print text, or one JSON object per line.")
@click.option(
    "--fix", is_flag=True, help="Print the corrected string, with its password percent-encoded."
)
@click.pass_context
def command(
    ctx: click.Context,
    uris: tuple[str, ...],
    uri_file: str | None,
    config: str | None,
    form: str,
    fix: bool,
) -> None:
    """Explain connection strings without network traffic: parts, options, defaults, warnings.

    Applies the rules of PyMongo's AsyncMongoClient. With - as URI, reads one connection string per
    line from standard input. Never shows a password, except that --fix prints the string with the
    password that it contains, or that it asks for.

    Exits with 0 if all are valid, 10 if any is not, 2 if there is none.
    """
    from mongoping.checks.uri import look
    from mongoping.cli import _uri_text
    from mongoping.cli._display import uses_color

    color = uses_color(sys.stdout)
    code = EXIT_OK
    options = TargetOptions(uri_file, config=config)
    if fix:
        if form == "json":
            raise click.UsageError("--fix prints only the corrected string: remove --format json.")
        ctx.exit(_print_fixed(_locate_all(uris, options)))
    for number, located_target in enumerate(_locate_all(uris, options)):
        uri = parse_located(located_target, options)
        outcome = look(uri)
        if outcome.failure is not None:
            code = EXIT_CODES["uri"]
        if form == "json":
            set_form(sys.stdout, "json")
            click.echo(json.dumps(as_json(outcome)))
        else:
            click.echo(
                ("\n" if number else "") + _uri_text.render(outcome, uri.origin.note),
                color=color,
            )
    ctx.exit(code)


def _print_fixed(every: Iterable[LocatedTarget]) -> int:
    """Print corrected strings on standard output, everything else on standard error."""
    from mongoping.cli._targets import ask_password, require_text
    from mongoping.cli._uri_fix import fix
    from mongoping.escape import printable
    from mongoping.uri.target import parse

    code = EXIT_OK
    for located_target in every:
        require_text(located_target.text, "The connection string")
        fixed_uri = fix(located_target.text, ask_password)
        if fixed_uri.uri is None:
            code = EXIT_CODES["uri"]
            shown_uri = parse(located_target.text).shown
            words = f"{shown_uri} cannot be corrected automatically: {'; '.join(fixed_uri.steps)}."
        else:
            words = (
                f"Corrected: {'; '.join(fixed_uri.steps)}."
                if fixed_uri.steps
                else "Nothing to correct."
            )
            click.echo(fixed_uri.uri)
        click.echo(printable(words), err=True)
    return code


def _locate_all(uris: Sequence[str], options: TargetOptions) -> Iterator[LocatedTarget]:
    """Yield the strings to explain. Raises `click.UsageError` if there is none."""
    if uris and options.uri_file is not None:
        raise click.UsageError("Give connection strings as arguments or with --uri-file, not both.")
    if not uris:
        yield locate(None, options)
    for uri in uris:
        if uri == STDIN:
            yield from (LocatedTarget(line, Origin("standard input")) for line in _lines())
        elif is_name(uri):
            yield locate(uri, options)
        else:
            refuse_file(uri)
            yield LocatedTarget(uri)


def _lines() -> Iterator[str]:
    """Yield the non-empty lines of standard input, without their line ends."""
    is_any = False
    for line in _all_lines():
        if line.strip():
            is_any = True
            yield line
    if not is_any:
        raise click.UsageError("Standard input contains no connection string.")


def _all_lines() -> Iterator[str]:
    """Yield the lines of standard input as they arrive; UTF-16 is read to its end first."""
    from mongoping.decoding import decode, encoding_of

    stream = sys.stdin.buffer
    while line := stream.readline(MAX_BYTES + 1):
        if encoding_of(line) == "utf-16":
            line += stream.read(MAX_BYTES - len(line) + 1)
        if len(line) > MAX_BYTES:
            words = f"A line of standard input is longer than {MAX_BYTES // 1024} KiB."
            raise click.UsageError(words)
        try:
            yield from (row.rstrip("\r") for row in decode(line).split("\n"))
        except UnicodeDecodeError:
            raise click.UsageError("Standard input is not UTF-8 text.") from None


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return one connection string as a JSON object, without any secret."""
    facts: UriFacts = outcome.data
    failure = outcome.failure
    return {
        "uri": facts.uri,
        "valid": failure is None,
        "cause": failure.facts["cause"] if failure else None,
        "scheme": facts.scheme,
        "hosts": [
            {"host": host.name, "port": host.port, "kind": kind(host)} for host in facts.hosts
        ],
        "username": facts.username,
        "auth_source": facts.auth_source,
        "database": facts.database,
        "options": dict(facts.options),
        "fixed_uri": _fixed_uri(outcome),
        "warnings": [
            {"cause": warning.cause, "option": warning.option, "detail": warning.detail}
            for warning in facts.warnings
        ],
    }


def _fixed_uri(outcome: Outcome) -> str | None:
    facts: UriFacts = outcome.data
    if outcome.failure is None and not facts.warnings:
        return None  # there is nothing to correct
    from mongoping.cli._uri_text import fixed_uri

    return fixed_uri(outcome)


def kind(host: Host) -> str:
    """Return the kind of a host: hostname, ipv4, ipv6 or unix."""
    import ipaddress

    if host.is_socket:
        return "unix"
    try:
        return f"ipv{ipaddress.ip_address(host.name).version}"
    except ValueError:
        return "hostname"
