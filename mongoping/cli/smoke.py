"""``mongoping smoke``: wait until ready, check expectations, write reports; for CI."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import Function, with_options
from mongoping.cli._options import testing
from mongoping.cli._places import options as from_places
from mongoping.cli._types import Duration, Integer

DEPTHS = ("tcp", "hello", "primary", "auth", "write")  # as in mongoping.smoke.depth
MAX_S = 86_400


def _waiting(command: Function) -> Function:
    """Add the options for waiting and for expectations."""
    seconds = Duration(0, MAX_S)
    options = [
        click.option(
            "--wait", type=seconds, metavar="TIME", help="Retry for up to this time until ready."
        ),
        click.option(
            "--until",
            type=click.Choice(DEPTHS),
            help="Choose what counts as ready.  [default: what check calls healthy]",
        ),
        click.option(
            "--stable-for",
            type=seconds,
            metavar="TIME",
            help="Require readiness for this long, without a restart or an election.",
        ),
        click.option(
            "--keep-waiting",
            is_flag=True,
            default=None,
            help="Keep waiting even if waiting cannot help, as with a wrong password.",
        ),
        click.option(
            "--expect",
            multiple=True,
            metavar="NAME[=VALUE]",
            help="Require a condition, such as server='>=6.0'; --expect help lists all.",
        ),
        click.option(
            "--write-check",
            metavar="DB[.COLLECTION]",
            help="Write a document, read it with read concern majority, and delete it.",
        ),
    ]
    return with_options(command, options)


def _files(command: Function) -> Function:
    """Add the options for the configuration file and for reports."""
    options = [
        click.option(
            "--target",
            multiple=True,
            metavar="NAME",
            help="Test only this target of the file; repeat for more.",
        ),
        click.option(
            "--parallel",
            type=Integer(1, 64),
            metavar="N",
            help="Test this many targets at once.  [default: 4]",
        ),
        click.option("--init", is_flag=True, help="Write a commented mongoping.toml and exit."),
        click.option("--dry-run", is_flag=True, help="Show what would be checked and exit."),
        click.option(
            "--report",
            multiple=True,
            metavar="FORMAT=FILE",
            help="Write another report, such as junit=mongoping.xml; repeat for more.",
        ),
    ]
    return with_options(command, options)


def _probing(command: Function) -> Function:
    """Add the options of the lightweight health check."""
    options = [
        click.option("--probe", is_flag=True, help="Send only hello: no driver, no login."),
        click.option(
            "--listen",
            metavar="PATH|[HOST:]PORT",
            help="With --probe: keep running, and answer health requests over HTTP.",
        ),
        click.option(
            "--every",
            type=Duration(0.1, 3600),
            default=5.0,
            show_default=True,
            metavar="TIME",
            help="With --listen: probe at this interval.",
        ),
    ]
    return with_options(command, options)


@click.command(
    cls=Command,
    name="smoke",
    short_help="Wait until ready, check expectations, and write reports, for CI.",
)
@click.argument("uris", nargs=-1, metavar="[URI]...")
@_waiting
@_files
@_probing
@from_places
@testing
def command(uris: tuple[str, ...], **given: Any) -> int:
    """Wait until a deployment is ready, check expectations, and write reports.

    Without a URI, tests all targets in mongoping.toml or in [tool.mongoping] of pyproject.toml in
    parallel; without such a file, uses the environment, as check does. Exits with the code of the
    first target that failed.
    """
    if given["init"]:
        from mongoping.cli._smoke_init import initialize

        return initialize(given["config"])
    if given["probe"] or given["listen"]:
        from mongoping.cli._smoke_probe import probe

        return probe(uris, given)
    from mongoping.cli._smoke import smoke

    return smoke(uris, given)
