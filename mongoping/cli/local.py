"""``mongoping local``: diagnose a server on this machine."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._options import connecting_locally
from mongoping.cli._places import options as place_options
from mongoping.cli._places import places_of
from mongoping.cli._server import server_option, serving
from mongoping.cli._settings import Options
from mongoping.exit_codes import EXIT_CODES, EXIT_UNEXPLAINED
from mongoping.settings import DEADLINE_S

DEFAULT = "localhost:27017"


@click.command("local", cls=Command)
@click.argument("address", required=False, metavar="[HOST[:PORT]]")
@click.option(
    "--sandbox",
    is_flag=True,
    help="Start a temporary server, check it, and remove it.",
)
@server_option
@place_options
@connecting_locally
def command(address: str | None, sandbox: bool, server: str | None, **given: Any) -> int:
    """Diagnose a server on this machine, localhost:27017 by default.

    Timeouts are short. Tries IPv4, IPv6 and the UNIX socket; if nothing listens there, reports
    which other ports are open and how to start a server. HOST may also be the path of a socket,
    a complete connection string, or - to read it from standard input. With --from PLACE, checks
    localhost of that place instead.
    """
    from mongoping.cli._run import report_on
    from mongoping.cli._targets import prepare

    places = places_of(given)
    if places is not None:
        places = places.without_here()
        if sandbox:
            raise click.UsageError("--sandbox starts its server on this machine: leave out --from.")
        if given["python"] is not None:
            raise click.UsageError("--python names a Python of this machine: leave out --from.")
        given["timeout"] = given["timeout"] or DEADLINE_S  # a copy starts without compiled files
    options = Options.of("local", given)
    if sandbox:
        if address is not None or options.target.names_target:
            raise click.UsageError("--sandbox starts its own server: remove HOST.")
        return _sandbox(options, server, quiet=given["quiet"])
    if server is not None:
        raise click.UsageError("--server needs --sandbox.")
    return report_on(*prepare(address, options, default=DEFAULT), places=places)


def _sandbox(options: Options, server: str | None, *, quiet: bool) -> int:
    """Check a temporary server and return the exit code."""
    from mongoping.cli._run import report_on
    from mongoping.sandbox.deployment import standalone
    from mongoping.sandbox.mongods import NoMongod
    from mongoping.sandbox.process import ServerDied
    from mongoping.uri.target import parse

    try:
        with serving(server, quiet=quiet), standalone() as deployment:
            uri = parse(deployment.uri, overrides=options.target.overrides)
            settings = options.settings.replace(
                sandbox_ports=tuple(deployment.ports), sandbox_command=sandbox_command(server)
            )
            return report_on(uri, options.replace(settings=settings))
    except NoMongod as error:
        click.echo(f"Error: {error}", err=True)
        return EXIT_CODES["client"]
    except ServerDied as error:
        click.echo(f"Error: {error}", err=True)
        return EXIT_UNEXPLAINED


def sandbox_command(server: str | None) -> str:
    """Return the command that starts such a server and keeps it."""
    from mongoping.shell import quote

    return "mongoping sandbox" + ("" if server is None else f" --server {quote(server)}")
